package pacer

import (
	"math"
	"time"
)

const (
	observe     = 6.0  // a second: how fast what is seen corrects what is thought
	approach    = 2.0  // a second: how fast the level is brought to its set point
	headroom    = 0.2  // seconds of sends that the set point keeps
	share       = 0.3  // of the bucket that the set point is at most
	fewest      = 3.0  // requests that the set point is at least, in a bucket that is large enough
	shareNoise  = 0.5  // of the bucket, when levels scatter: a quota that is kept in several buckets
	deviations  = 2.5  // mean deviations to stay away from nothing
	meanTime    = 5.0  // seconds over which they are a mean, and the refill that is told
	longStep    = 0.25 // seconds between two answers that the observer reckons with at most
	goodLevel   = 3.0  // mean deviations above nothing, at least: no request is refused at such a level
	scattered   = 0.23 // of the bucket: a mean deviation that no bucket has
	largeEnough = 20   // requests: a bucket of which that can be said
	least       = 0.05 // of the refill: no level drives the rate lower
)

// bucket is what level headers let one know of the quota: a reckoning of the level at the moment at which a request that
// leaves now would arrive, and of the refill, kept true by each answer. The level is so known ahead of the answers.
type bucket struct {
	level  float64
	refill float64   // a second, after what others take
	calm   float64   // the refill, smoothed
	most   float64   // the largest Remaining seen
	noise  float64   // mean deviation of what is seen from what was reckoned
	at     time.Time // of the reckoning
	seen   time.Time // of the last answer
}

func newBucket(now time.Time, remaining, refill float64) bucket {
	refill = max(refill, slowest)
	return bucket{level: remaining, refill: refill, calm: refill, most: remaining, at: now, seen: now}
}

// correct is the observer's step (an alpha-beta filter): how far level and refill move for each request that the
// level is off, dt seconds after the last answer.
func correct(dt float64) (level, refill float64) {
	dt = clamp(dt, 0.001, longStep)
	a := 1 - math.Exp(-observe*dt)
	return a, a * a / (2 - a) / dt
}

// setPoint is the level to keep: room for what the answers have not told yet.
func (b *bucket) setPoint() float64 {
	usual := min(share*b.most, max(fewest, headroom*b.refill))
	return max(usual, min(shareNoise*b.most, deviations*b.noise))
}

// rate is the one that brings the level to its set point.
func (b *bucket) rate() float64 {
	return max(b.refill+approach*(b.level-b.setPoint()), least*b.refill, slowest)
}

// good reports whether a refusal contradicts the level.
func (b *bucket) good() bool { return b.level > max(1, goodLevel*b.noise) }

// scatters reports whether what is told has little to do with what leaves.
func (b *bucket) scatters() bool { return b.most >= largeEnough && b.noise > scattered*b.most }

// advance reckons with the refill until now.
func (b *bucket) advance(now time.Time) {
	if dt := now.Sub(b.at).Seconds(); dt > 0 {
		b.level = min(b.level+b.refill*dt, max(b.most, b.level))
		b.at = now
	}
}

// left reckons with a request that leaves.
func (b *bucket) left(now time.Time) {
	b.advance(now)
	b.level--
}

// answered corrects the reckoning: remaining was the level when the request arrived, which left so long ago, and since
// then so many others have left.
func (b *bucket) answered(now time.Time, age time.Duration, remaining, since float64) {
	b.advance(now)
	b.most = max(b.most, remaining)
	off := min(remaining+b.refill*age.Seconds(), b.most) - since - b.level
	dt := now.Sub(b.seen).Seconds()
	byLevel, byRefill := correct(dt)
	b.level += byLevel * off
	b.refill = max(b.refill+byRefill*off, slowest)
	slow := 1 - math.Exp(-clamp(dt, 0, longStep)/meanTime)
	b.noise += slow * (math.Abs(off) - b.noise)
	b.calm += slow * (b.refill - b.calm)
	b.seen = now
}
