package pacer

import (
	"math"
	"time"
)

const (
	slowest = 0.1 // requests a second: no signal drives a pace lower

	holdTime    = 50 * time.Millisecond
	holdSends   = 2
	holdLeast   = 10.0
	strayShare  = 0.1
	strayMost   = 8.0
	sameQuota   = 0.03
	unknownTime = 20.0
	clearSends  = 3
	unclear     = 0.5
	below       = 0.95
	fallen      = 0.5
	beyond      = 0.02
	patience    = 5.0
	patienceTop = 70.0
	ageShare    = 0.3
	lowShare    = 0.08
	lowQuota    = 0.8
	bestTime    = 10.0
	changed     = 0.1
	pushMost    = 1.0
)

// quota is what is known of the site's quota, taken for a token bucket of which level and refill are unknown. Everything
// is reckoned for the times at which requests leave: what an answer shows of a request is compared with the level when
// it left.
type quota struct {
	maxRate float64 // 0: none
	refill  float64 // tokens a second; 0: nothing is known, and requests are not paced
	sent    uint64
	start   time.Time // when the first one left
	levels  levels

	empty   time.Time // a request that left then found the bucket empty, as far as known; at first: start
	used    float64   // requests since then that have not been refused
	idle    float64   // seconds of pauses since then
	pushed  float64   // seconds since then in which the pace held requests back
	paused  float64   // seconds of the last pause, at least half of the one before
	age     float64   // seconds for which the quota had been the same at that time
	same    time.Time // when it changed
	best    float64
	vouched bool      // a refusal has had a Retry-After
	strays  float64   // a leaky count of refusals
	resumed time.Time // the end of the last pause
	refusal *refusal
}

// refusal is the first one of an event, and what has been answered to later requests until the pause is over.
type refusal struct {
	number   uint64
	left     time.Time
	rate     float64 // at that time
	seconds  float64 // since the bucket was last empty
	idle     float64 // of them paused
	admitted float64 // in these seconds
	first    bool    // no refusal before it, and soon after the start
	sure     bool    // the bucket is empty, and the refusal is no stray
	vouched  bool    // it had a Retry-After
	after    float64 // answers to later requests
	passed   float64 // of them not refused
}

func newQuota(maxRate float64) quota { return quota{maxRate: maxRate, refill: maxRate} }

// rate is the present pace in requests a second; 0: not paced.
func (q *quota) rate(now time.Time) float64 {
	var r float64
	switch {
	case q.levels.on:
		r = q.levelRate(now)
	case q.refill == 0:
		return 0
	default:
		x := q.pushed / q.patience()
		r = q.refill * (1 + beyond*min(q.paused, 1) + x*x*x*x*x)
	}
	return max(q.under(r), slowest)
}

func (q *quota) under(r float64) float64 {
	if q.maxRate > 0 {
		return min(r, q.maxRate)
	}
	return r
}

func (q *quota) patience() float64 {
	k := ageShare
	if q.refill < lowQuota*q.best {
		k = lowShare
	}
	return min(patience+q.paused+k*q.age, patienceTop)
}

// current is the rate at which requests leave: the pace, or the mean where there is none.
func (q *quota) current(now time.Time) float64 {
	if r := q.rate(now); r > 0 {
		return r
	}
	return float64(q.sent) / max(now.Sub(q.start).Seconds(), 0.1)
}

// learned is the quota as far as it is known; 0: not.
func (q *quota) learned() float64 {
	if q.levels.on || q.best > 0 || !q.same.IsZero() {
		return q.refill
	}
	return 0
}

// leave counts a request that leaves, and returns its number.
func (q *quota) leave(now time.Time) uint64 {
	if q.start.IsZero() {
		q.start, q.empty, q.same = now, now, now
	}
	q.sent++
	q.used++
	q.levels.advance(now, q.refill)
	q.levels.level--
	return q.sent
}

// held counts the time in which the pace has held requests back: only that counts for growth.
func (q *quota) held(now, last time.Time) {
	if q.resumed.After(last) {
		last = q.resumed
	}
	q.pushed += min(now.Sub(last).Seconds(), pushMost)
}

// hold is the pause after a refusal that does not say how long to wait.
func (q *quota) hold() time.Duration {
	return holdTime + time.Duration(holdSends/max(q.refill, holdLeast)*float64(time.Second))
}

func (q *quota) passed(now time.Time, permit Permit, l *Level) {
	q.strays = max(0, q.strays-strayShare)
	if q.refusal != nil && permit.number > q.refusal.number {
		q.refusal.after++
		q.refusal.passed++
	}
	q.report(now, permit, l)
}

// refused takes a refusal; first: it begins an event of this pacer's own.
func (q *quota) refused(now time.Time, permit Permit, first, vouched bool) {
	q.strays += 1 - strayShare
	if permit.left.After(q.empty) {
		q.used--
	}
	q.vouched = q.vouched || vouched
	if q.levels.on {
		q.levels.refused(first)
		return
	}
	switch {
	case first && permit.left.After(q.empty):
		q.begin(now, permit, vouched)
	case q.refusal != nil && permit.number > q.refusal.number:
		q.refusal.after++
	}
}

func (q *quota) begin(now time.Time, permit Permit, vouched bool) {
	seconds := permit.left.Sub(q.empty).Seconds()
	admitted := max(q.used-float64(q.sent-permit.number), 0)
	level := q.refill*seconds - admitted
	q.refusal = &refusal{
		number: permit.number, left: permit.left, rate: q.current(now), vouched: vouched,
		seconds: seconds, idle: min(q.idle, seconds), admitted: admitted,
		first: q.empty.Equal(q.start) && seconds < unknownTime,
		sure:  vouched || !q.vouched && level <= q.refill*max(q.hold().Seconds()/2, sameQuota*seconds),
	}
}

// resume takes the decision that has waited for the end of a pause which began at halted.
func (q *quota) resume(now, halted time.Time) {
	paused := now.Sub(halted).Seconds()
	r := q.refusal
	q.refusal, q.resumed = nil, now
	if r == nil || !r.sure && q.strays < strayMost {
		q.idle += paused // a stray: nothing changes
		return
	}
	low, refill := r.estimate()
	refill = max(refill, slowest)
	if r.seconds > bestTime {
		q.best = max(q.best, low)
	}
	if math.Abs(refill-q.refill) > changed*q.refill {
		q.same = r.left
	}
	q.refill, q.strays = refill, 0
	q.empty, q.age = r.left, r.left.Sub(q.same).Seconds()
	q.used = float64(q.sent-r.number) - (r.after - r.passed)
	q.idle, q.pushed, q.paused = paused, 0, max(paused, q.paused/2)
}

// estimate returns the least that the refill can be, and what it is most likely.
func (r *refusal) estimate() (low, refill float64) {
	low = r.admitted / r.seconds
	high := r.admitted / max(r.seconds-r.idle, 1e-3)
	if r.first {
		low = 0
	}
	flow, isClear := r.flow()
	most := high
	switch {
	case !r.sure:
		most = unclear * r.rate
	case r.vouched:
		most = min(high, below*r.rate)
	}
	if isClear && flow < fallen*low {
		return low, max(flow, unclear*r.rate)
	}
	return low, max(low, min(flow, most))
}

// flow is the rate that was admitted once the bucket was empty; false: too few were sent, or none was admitted, which
// says more about the site's way of refusing than about its quota.
func (r *refusal) flow() (float64, bool) {
	if r.after > clearSends && r.passed > 0 {
		return r.rate * (r.passed + 0.5) / (r.after + 0.5), true
	}
	if r.vouched {
		return unclear * r.rate, false
	}
	return r.rate, false
}
