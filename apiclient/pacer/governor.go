package pacer

import "time"

const (
	levelGone    = 20              // answers that passed without a level: there are none any more
	unpacedShare = 0.25            // of the rate of requests that nothing has paced: the first guess of the refill
	overCeiling  = 1.5             // times the ceiling, for a moment, to use up a full bucket; the ceiling itself holds for a second
	gentleStart  = 2 * time.Second // after a pause
	gentleShare  = 1.2             // of the quota, so long
	fewSlack     = 8.0             // requests
	disorder     = 0.25            // seconds of sends that may be answered in any order
	gentleLeast  = 5.0             // requests a second
)

// governor knows how fast requests may leave: by the level while answers tell it, by refusals while they do not.
type governor struct {
	ceiling  float64   // 0: none
	resumed  time.Time // end of the last pause
	lastLeft time.Time
	meter    meter
	refusals refusals

	byLevel bool
	without int // answers that passed in a row and told no level
	level   bucket
	window  window
	trust   trust
}

func newGovernor(maxRate float64) governor {
	return governor{ceiling: maxRate, refusals: newRefusals(maxRate)}
}

// rate is the present pace in requests a second; 0: not paced.
func (g *governor) rate(now time.Time) float64 {
	switch {
	case !g.byLevel:
		return g.under(g.refusals.rate(), 1)
	case g.window.open(now) || g.window.between(now):
		return g.ceiling
	}
	g.level.advance(now)
	rate := g.under(g.level.rate(), overCeiling)
	if now.Sub(g.resumed) < gentleStart {
		return g.under(min(rate, max(gentleShare*g.level.refill, gentleLeast)), gentleShare)
	}
	return rate
}

// under keeps a rate below so many times the ceiling.
func (g *governor) under(rate, times float64) float64 {
	if g.ceiling > 0 {
		return min(rate, times*g.ceiling)
	}
	return rate
}

// current is the rate at which requests leave: the pace, or what is measured where there is none.
func (g *governor) current(now time.Time) float64 {
	if r := g.rate(now); r > 0 {
		return r
	}
	return max(g.meter.rate(now), slowest)
}

// learned is the quota as far as it is known; 0: not.
func (g *governor) learned() float64 {
	switch w, b := &g.window, &g.refusals.windows; {
	case !g.byLevel && b.size > 0:
		return b.size / b.every.Seconds()
	case !g.byLevel:
		return g.refusals.quota
	case w.proven && w.every > 0:
		return g.level.most / w.every.Seconds()
	case w.proven:
		return 0
	}
	return g.level.calm
}

// oneByOne reports whether a request should wait for the answer to the last one.
func (g *governor) oneByOne(now time.Time, sends uint64) bool {
	if g.byLevel {
		return g.window.between(now)
	}
	return g.refusals.windows.narrow(now, sends)
}

// closed returns how long nothing may leave because the window is used up.
func (g *governor) closed(now time.Time) time.Duration {
	if !g.byLevel {
		return 0
	}
	return g.window.closed(now, g.level.level)
}

// left counts a request that leaves; held: the pace had made it wait, so that it is the pace that limits.
func (g *governor) left(now time.Time, held bool) {
	if g.lastLeft.IsZero() {
		g.refusals.count(now, 0)
	}
	if g.byLevel {
		g.level.left(now)
	} else if held {
		g.refusals.pushed += clamp(min(now.Sub(g.lastLeft), now.Sub(g.resumed)).Seconds(), 0, 1)
	}
	g.meter.left(now)
	g.lastLeft = now
}

// answered takes what an answer tells of the quota; sends is how many have left so far.
func (g *governor) answered(now time.Time, t Ticket, a Answer, sends uint64) {
	age := now.Sub(t.left)
	g.refusals.answered(t, a.Kind == Refused, age.Seconds())
	switch {
	case a.Level == nil || g.trust.none(now):
		g.missed(now, a.Kind, sends)
		return
	case !g.byLevel && a.Kind != Passed: // levels that come with refusals alone are no use
		return
	}
	remaining, since := float64(max(a.Level.Remaining, 0)), float64(sends-t.number)
	if !g.byLevel {
		g.toLevel(now, remaining, since)
	}
	g.level.answered(now, age, remaining, since)
	if a.Kind != Passed {
		return
	}
	g.without = 0
	slack := fewSlack + disorder*g.meter.rate(now)
	g.window.answered(now, a.Level.Reset, remaining+float64(t.number), slack)
	if g.trust.passed(now, a.Level.Remaining, g.level.scatters()) {
		g.toRefusals(now, g.meter.rate(now), false, sends)
	}
}

// missed goes over to refusals when levels are told no longer.
func (g *governor) missed(now time.Time, k Kind, sends uint64) {
	if !g.byLevel || k != Passed {
		return
	}
	if g.without++; g.without >= levelGone {
		g.toRefusals(now, g.level.calm, true, sends)
	}
}

// toLevel goes by the level from now on.
func (g *governor) toLevel(now time.Time, remaining, since float64) {
	refill := g.under(g.refusals.rate(), 1)
	if refill == 0 {
		refill = unpacedShare * g.meter.rate(now)
	}
	g.byLevel, g.without, g.window = true, 0, window{}
	g.level = newBucket(now, remaining, refill)
	g.level.level -= since
	g.refusals.event = nil
}

// toRefusals goes by refusals from now on, from what the level has taught.
func (g *governor) toRefusals(now time.Time, quota float64, known bool, sends uint64) {
	g.byLevel, g.without = false, 0
	g.refusals.taught(quota, known)
	g.refusals.count(now, sends)
}

// refused takes a refusal; first: it begins a congestion event.
func (g *governor) refused(now time.Time, t Ticket, first bool, pause time.Duration, sends uint64) {
	switch {
	case !g.byLevel && first:
		g.refusals.begins(t, now, g.current(now), pause)
	case !g.byLevel:
		g.refusals.goesOn(t, now, pause)
	}
	if !g.byLevel || !first {
		return
	}
	good := g.level.good()
	g.level.level = min(g.level.level, 0)
	if g.trust.refused(now, good) {
		g.toRefusals(now, g.meter.rate(now), false, sends)
	}
}

// resume takes the decisions that have waited for the end of a pause.
func (g *governor) resume(now time.Time, sends uint64) {
	g.resumed = now
	g.refusals.settle(sends)
}
