package report

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// The buckets of a Histogram: eight for each doubling from 1 ms on, so that a
// quantile is right within 5 %. The last takes everything above 17 minutes.
const (
	bucketsEach  = 8
	bucketCount  = 20*bucketsEach + 1
	bucketsBegin = time.Millisecond
)

// A Histogram counts durations in constant size.
type Histogram struct{ counts [bucketCount]int }

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	i := 0
	if d > bucketsBegin {
		i = int(math.Log2(float64(d)/float64(bucketsBegin)) * bucketsEach)
	}
	h.counts[min(i, bucketCount-1)]++
}

// Count is how many durations were added.
func (h *Histogram) Count() int {
	n := 0
	for _, c := range h.counts {
		n += c
	}
	return n
}

// Quantile is the duration that a share q of all does not exceed; 0 when there
// are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int(math.Ceil(q * float64(h.Count())))
	for i, c := range h.counts {
		rank -= c
		if rank <= 0 && c > 0 {
			return time.Duration(float64(bucketsBegin) * math.Exp2((float64(i)+0.5)/bucketsEach))
		}
	}
	return 0
}

// MarshalJSON writes the counts without the zeros at the end.
func (h Histogram) MarshalJSON() ([]byte, error) {
	used := h.counts[:]
	for len(used) > 0 && used[len(used)-1] == 0 {
		used = used[:len(used)-1]
	}
	return json.Marshal(used)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var counts []int
	if err := json.Unmarshal(b, &counts); err != nil {
		return err
	}
	if len(counts) > bucketCount {
		return fmt.Errorf("a histogram of %d buckets, at most %d are known", len(counts), bucketCount)
	}
	*h = Histogram{}
	copy(h.counts[:], counts)
	return nil
}
