package pacer

import (
	"math"
	"time"
)

const (
	observe      = 6.0  // a second: how fast a report corrects the estimate: "levels; bucket 10/s"
	approach     = 2.0  // a second: how fast the level is brought to its target: "levels; 100, 30, 100/s"
	headroom     = 0.2  // seconds of the refill are the target: "levels; 100, 30, 100/s"
	bucketShare  = 0.3  // but no more of a small bucket: "levels; 10/s"
	minTarget    = 3.0  // nor less than so many tokens: "levels; window"
	longStep     = 0.25 // seconds that a report corrects for at most: "levels; bucket 10/s"
	maxDistrust  = 30.0 // passes without a report, or at none, and levels are believed no more: "levels that vanish"
	badRefusal   = 15.0 // a refusal at a good level counts for: "stray 1 % beside plenty"
	keptDistrust = 0.99 // of them with each report: "levels; bucket 10/s"
	windowShare  = 0.05 // of a window, if no more comes before its end, makes it used up: TestUsedUpWindowIsReported
)

// levels is what rate headers report.
type levels struct {
	on       bool
	level    float64 // estimated for the arrival of a request that leaves at the time "at"
	at       time.Time
	largest  float64   // reported so far
	seen     time.Time // the last report
	resets   time.Time // when the quota starts anew, by that report; seen: it did not say
	distrust float64   // a leaky count of answers that contradict them
}

func (l *levels) advance(now time.Time, refill float64) {
	l.level = min(l.level+refill*now.Sub(l.at).Seconds(), max(l.largest, l.level))
	l.at = now
}

// target is the level to keep: room for what answers have not reported yet.
func (l *levels) target(refill float64) float64 {
	return min(bucketShare*l.largest, max(minTarget, headroom*refill))
}

// reported takes the level with which a request has passed; nil: none was reported.
func (q *quota) reported(now time.Time, permit Permit, r *Level) {
	l := &q.levels
	if r != nil && l.distrust < maxDistrust {
		q.correct(now, permit, *r)
	} else if l.on {
		l.distrust++
	}
	if l.on && l.distrust >= maxDistrust {
		l.on, q.refill = false, max(q.refill, slowest)
		q.sinceEmpty, q.changedAt = sinceEmpty{empty: now}, now // the bucket is taken for empty
	}
}

// correct corrects level and refill by how far they are off a report, as an alpha-beta filter does.
func (q *quota) correct(now time.Time, permit Permit, r Level) {
	l := &q.levels
	remaining, since := float64(max(r.Remaining, 0)), float64(q.sent-permit.number)
	if !l.on {
		*l = levels{on: true, level: remaining - since, at: now, largest: remaining, seen: now}
		q.event = nil
	}
	if l.distrust *= keptDistrust; remaining == 0 {
		l.distrust++
	}
	l.advance(now, q.refill)
	l.largest = max(l.largest, remaining)
	off := min(remaining+q.refill*now.Sub(permit.left).Seconds(), l.largest) - since - l.level
	dt := max(1e-3, min(now.Sub(l.seen).Seconds(), longStep))
	a := 1 - math.Exp(-observe*dt)
	l.level += a * off
	q.refill = max(0, q.refill+a*a/(2-a)/dt*off)
	l.seen, l.resets = now, now.Add(r.Reset)
}

// usedUp reports whether hardly anything is left and hardly anything comes before the quota is reset.
func (l *levels) usedUp(now time.Time, refill float64) bool {
	l.advance(now, refill)
	return l.on && l.resets.After(now) && l.level <= l.target(refill) &&
		refill*l.resets.Sub(now).Seconds() <= windowShare*l.largest
}
