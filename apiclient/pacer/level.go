package pacer

import (
	"math"
	"time"
)

const (
	observe     = 6.0
	approach    = 2.0
	headroom    = 0.2
	bucketShare = 0.3
	fewest      = 3.0
	shortStep   = 0.001
	longStep    = 0.25
	leastShare  = 0.05
	levelsGone  = 20
	firstShare  = 0.25
	liesMost    = 30.0
	lieEmpty    = 1.0
	lieRefused  = 15.0
	lieForget   = 0.99
)

// levels is what rate headers report.
type levels struct {
	on      bool
	level   float64 // reckoned for the arrival of a request that leaves now
	at      time.Time
	largest float64   // reported so far
	seen    time.Time // the last report
	without int       // passed answers in a row without a report
	lies    float64
	resets  time.Time // when the quota starts anew; zero: not reported
}

func (l *levels) advance(now time.Time, refill float64) {
	if dt := now.Sub(l.at).Seconds(); dt > 0 {
		l.level = min(l.level+refill*dt, max(l.largest, l.level))
		l.at = now
	}
}

// target is the level to keep: room for what answers have not reported yet.
func (l *levels) target(refill float64) float64 {
	return min(bucketShare*l.largest, max(fewest, headroom*refill))
}

func (q *quota) levelRate(now time.Time) float64 {
	l := &q.levels
	l.advance(now, q.refill)
	return max(q.refill+approach*(l.level-l.target(q.refill)), leastShare*q.refill)
}

// refused: no request is refused at a good level, so that such levels are lies in the end.
func (l *levels) refused(first bool) {
	l.level++
	if !first {
		return
	}
	if l.level > max(fewest, bucketShare*l.largest) {
		l.lies += lieRefused
	}
	l.level = min(l.level, 0)
}

// report takes the level with which a request has passed; nil: none was reported.
func (q *quota) report(now time.Time, permit Permit, reported *Level) {
	l := &q.levels
	if reported == nil || l.lies >= liesMost {
		l.without++
		if l.on && (l.without >= levelsGone || l.lies >= liesMost) {
			q.withoutLevels(now)
		}
		return
	}
	remaining, since := float64(max(reported.Remaining, 0)), float64(q.sent-permit.number)
	l.without = 0
	l.lies *= lieForget
	if remaining == 0 {
		l.lies = l.lies/lieForget + lieEmpty
	}
	if !l.on {
		if q.refill == 0 {
			q.refill = max(firstShare*q.current(now), slowest)
		} else {
			q.refill = q.rate(now)
		}
		lies := l.lies
		*l = levels{on: true, level: remaining - since, at: now, largest: remaining, seen: now, lies: lies}
		q.refusal = nil
	}
	l.advance(now, q.refill)
	l.largest = max(l.largest, remaining)
	off := min(remaining+q.refill*now.Sub(permit.left).Seconds(), l.largest) - since - l.level
	dt := max(shortStep, min(now.Sub(l.seen).Seconds(), longStep))
	a := 1 - math.Exp(-observe*dt)
	anew := !l.resets.IsZero() && permit.left.After(l.resets) && off > bucketShare*l.largest
	if anew {
		l.level += off
	} else {
		l.level += a * off
		q.refill = max(q.refill+a*a/(2-a)/dt*off, 0)
	}
	l.seen = now
	l.resets = time.Time{}
	if reported.Reset > 0 {
		l.resets = now.Add(reported.Reset)
	}
}

// withoutLevels goes on by refusals; the bucket is taken for empty now.
func (q *quota) withoutLevels(now time.Time) {
	q.levels.on = false
	q.refill = max(q.refill, slowest)
	q.empty, q.same, q.used, q.idle, q.pushed, q.paused, q.age = now, now, 0, 0, 0, 0, 0
}

// usedUp returns when the quota starts anew, if hardly anything is left and nothing comes before; zero: it is not so.
func (q *quota) usedUp(now time.Time) time.Time {
	l := &q.levels
	if !l.on || !l.resets.After(now) {
		return time.Time{}
	}
	l.advance(now, q.refill)
	target := l.target(q.refill)
	if l.level > target || q.refill*l.resets.Sub(now).Seconds() > max(target, 0.05*l.largest) {
		return time.Time{}
	}
	return l.resets
}
