package pacer

import (
	"math"
	"time"
)

const (
	ceilingSends = 4096                  // no longer memory than this; faster ceilings look at less than a second
	lateTimer    = 20 * time.Millisecond // a send that is late by no more than this keeps its place
)

// ceiling keeps to "never more than so many in any second". It remembers when the last sends were due.
type ceiling struct {
	window time.Duration
	sends  []time.Time // a ring
	next   int         // the oldest of them
}

// newCeiling makes one for a rate a second; 0: there is none.
func newCeiling(rate float64) ceiling {
	if rate <= 0 {
		return ceiling{}
	}
	size := min(int(math.Ceil(math.Min(rate, ceilingSends))), ceilingSends)
	window := time.Duration(float64(size) / rate * float64(time.Second))
	return ceiling{window: window, sends: make([]time.Time, size)}
}

// wait returns how long the next send must wait.
func (c *ceiling) wait(now time.Time) time.Duration {
	if c.window == 0 || c.sends[c.next].IsZero() {
		return 0
	}
	return max(0, c.sends[c.next].Add(c.window).Sub(now))
}

// left remembers a send. A timer that was late moves no later send.
func (c *ceiling) left(now time.Time) {
	if c.window == 0 {
		return
	}
	due := now
	if oldest := c.sends[c.next]; !oldest.IsZero() {
		if d := oldest.Add(c.window); now.Sub(d) < lateTimer {
			due = d
		}
	}
	c.sends[c.next] = due
	c.next = (c.next + 1) % len(c.sends)
}
