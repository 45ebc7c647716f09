package pacer

import "time"

const (
	sameReset   = 1200 * time.Millisecond // two resets that differ by no more are the same one: they are told in seconds
	windowProof = 2 * time.Second         // a reset must stand still for so long
	afterReset  = 5 * time.Millisecond
	windowGone  = 5 * time.Second // after its end without a word of the next one
)

// window tells a quota that starts anew at a fixed time from a bucket that refills all the time.
type window struct {
	end    time.Time     // when the present one is over
	since  time.Time     // when that end was first told
	least  float64       // of level and sends together, since then: only a refill makes it larger
	proven bool          // it is a window
	every  time.Duration // from one end to the next; 0: not seen yet
}

// answered takes what an answer says: the reset, and the level plus the number of sends that it has counted; slack is by how much
// the order of answers may make that wrong.
func (w *window) answered(now time.Time, reset time.Duration, total, slack float64) {
	if reset <= 0 {
		return
	}
	end := now.Add(reset)
	moved := end.Sub(w.end)
	switch {
	case w.end.IsZero() || moved > sameReset || moved < -sameReset:
		next := window{end: end, since: now, least: total}
		if w.proven && !now.Before(w.end.Add(-sameReset)) {
			next.proven, next.every = true, moved
		}
		*w = next
	case total > w.least+slack:
		*w = window{end: end, since: now, least: total}
	default:
		w.least = min(w.least, total)
		w.proven = w.proven || now.Sub(w.since) >= windowProof
	}
}

// closed returns how long nothing may leave because nothing is left in this window.
func (w *window) closed(now time.Time, left float64) time.Duration {
	if !w.open(now) || left >= 1 {
		return 0
	}
	return w.end.Add(afterReset).Sub(now)
}

// open reports whether now is in a window that is known.
func (w *window) open(now time.Time) bool { return w.proven && now.Before(w.end) }

// between reports whether a known window is over and nothing is known of the next one: a single request should look.
func (w *window) between(now time.Time) bool {
	return w.proven && !now.Before(w.end) && now.Sub(w.end) < windowGone
}
