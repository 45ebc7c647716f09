package pacer

import "time"

const (
	emptyProof = 30               // answers that passed in a row with nothing remaining
	liesProof  = 3                // refusals at a good level
	liesForget = 60 * time.Second // each of them counts so long
	distrust   = 60 * time.Second // how long a level is not believed; doubled each time
	distrusted = 16 * distrust    // at most
)

// trust knows whether levels are to be believed.
type trust struct {
	empty int // answers in a row that passed with nothing remaining
	lies  int
	lied  time.Time
	until time.Time // no level is believed before
	next  time.Duration
}

// passed takes a level with which a request passed, and reports whether levels have lost the trust.
func (t *trust) passed(now time.Time, remaining int, scatters bool) bool {
	if scatters {
		return t.lose(now)
	}
	if remaining > 0 {
		t.empty = 0
		return false
	}
	t.empty++
	return t.empty >= emptyProof && t.lose(now)
}

// refused takes a refusal, which a good level contradicts, and reports whether levels have lost the trust.
func (t *trust) refused(now time.Time, good bool) bool {
	if !good {
		return false
	}
	if now.Sub(t.lied) > liesForget {
		t.lies = 0
	}
	t.lied = now
	t.lies++
	return t.lies >= liesProof && t.lose(now)
}

func (t *trust) lose(now time.Time) bool {
	t.next = clampTime(2*t.next, distrust, distrusted)
	*t = trust{until: now.Add(t.next), next: t.next}
	return true
}

// none reports whether levels are not to be believed now.
func (t *trust) none(now time.Time) bool { return now.Before(t.until) }

func clampTime(d, low, high time.Duration) time.Duration { return max(low, min(d, high)) }
