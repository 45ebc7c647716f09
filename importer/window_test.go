package importer

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/importer/export"
)

func rowNumbered(n int) Outcome {
	return Outcome{Row: &export.Row{Number: n, Line: n + 1}, Status: Created}
}

func takeAll(w *window) []int {
	var got []int
	buf := make([]Outcome, 0, 7)
	for {
		ready := w.take(buf[:0])
		if len(ready) == 0 {
			return got
		}
		for _, o := range ready {
			got = append(got, o.Row.Number)
		}
	}
}

func TestWindowPutsBackIntoOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 500
		w := newWindow(64)
		random := rand.New(rand.NewPCG(1, 2))
		var pool sync.WaitGroup
		pool.Go(func() {
			for n := 1; n <= rows; n++ {
				if err := w.reserve(t.Context(), 1); err != nil {
					t.Error(err)
				}
				delay := time.Duration(random.IntN(1000)) * time.Millisecond
				pool.Go(func() {
					time.Sleep(delay)
					w.put(rowNumbered(n))
				})
			}
			w.close(rows)
		})
		got := takeAll(w)
		if len(got) != rows || !slices.IsSorted(got) {
			t.Errorf("%d of %d rows, sorted: %t", len(got), rows, slices.IsSorted(got))
		}
		pool.Wait()
	})
}

// One row that takes minutes must not hold up the others before the window is
// full, nor let it grow.
func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100
		w := newWindow(size)
		for n := 1; n <= size; n++ {
			if err := w.reserve(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if n > 1 {
				w.put(rowNumbered(n))
			}
		}
		reserved := false
		go func() {
			if w.reserve(t.Context(), 1) == nil {
				reserved = true
				w.put(rowNumbered(size + 1))
				w.close(size + 1)
			}
		}()
		synctest.Wait()
		if reserved {
			t.Error("row 101 was let in while row 1 was missing")
		}
		w.put(rowNumbered(1))
		if got := takeAll(w); len(got) != size+1 || !slices.IsSorted(got) {
			t.Errorf("got %d rows: %v", len(got), got)
		}
	})
}

func TestWindowOfNothing(t *testing.T) {
	w := newWindow(1)
	w.close(0)
	if got := takeAll(w); got != nil {
		t.Errorf("got %v", got)
	}
}
