package pacer

import (
	"math"
	"time"
)

const (
	longPause   = 3 * time.Second // a refusal that asks for more may be the end of a window
	fewAdmitted = 20              // fewer are no window
	sameBudget  = 0.03            // two windows that admit as many, but for this, are of the same kind
	otherPause  = 2 * time.Second // and they were closed for times that differ by this, or it is a mere lockout
	spareBudget = 0.05            // beyond the budget, requests leave one by one for this share of it
)

// closing is a refusal, and what was before it.
type closing struct {
	admitted float64 // since the one before
	pause    time.Duration
	reset    time.Time
	rate     float64 // at which requests were sent
}

// budget knows windows of fixed length of which answers say nothing: so many requests, then a long pause.
// Near the end of the budget requests leave one by one, so that a window costs one refusal.
type budget struct {
	last   closing
	size   float64       // requests that a window admits; 0: no windows are known
	every  time.Duration // from one reset to the next
	begins uint64        // sends before the present window
	top    float64       // the rate within a window
}

// isWindow compares two closings: as many were admitted, but the pauses differ, so that it is the clock that opens again.
func isWindow(a, b closing) bool {
	differ := a.pause - b.pause
	return a.admitted >= fewAdmitted && math.Abs(a.admitted-b.admitted) <= sameBudget*a.admitted+2 &&
		(differ >= otherPause || differ <= -otherPause) && b.reset.Sub(a.reset) >= longPause
}

// closed takes a refusal; the next window begins after so many sends.
func (b *budget) closed(c closing, sends uint64) {
	before := b.last
	switch {
	case c.pause < longPause || b.size > 0 && c.admitted < fewAdmitted:
		*b = budget{}
		return
	case b.size > 0:
		b.size = c.admitted
	case isWindow(before, c):
		b.size, b.every, b.top = c.admitted, c.reset.Sub(before.reset), max(before.rate, c.rate)
	}
	b.last, b.begins = c, sends
}

// narrow reports whether requests should leave one by one.
func (b *budget) narrow(now time.Time, sends uint64) bool {
	if b.size == 0 {
		return false
	}
	if over := now.Sub(b.last.reset); over >= b.every {
		b.last.reset = b.last.reset.Add(over.Truncate(b.every))
		b.begins = sends
	}
	used := float64(sends - b.begins)
	return used >= b.size && used < b.size*(1+spareBudget)+fewAdmitted
}
