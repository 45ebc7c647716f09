package pacer

import (
	"math"
	"time"
)

const (
	unpaced = 1e9 // requests a second
	slowest = 0.1 // requests a second, whatever is learned

	holdTime  = 0.05 // seconds and: "stray 3 %"
	holdSends = 2.0  // requests long is the pause after a bare refusal: "stray 1 %; 100, 30, 100/s"
	holdRate  = 10.0 // requests a second that these are taken for, at least

	strayShare = 0.08 // of answers may be refusals, in the long run: "stray 3 %"
	strayMost  = 8.0  // more than so many say that the quota has fallen: "stray 1 %; 100, 30, 100/s"
	drift      = 0.03 // of what was let in, by which a good estimate may be wrong: "no Retry-After; 37/s"
	refutes    = 1.3  // times the estimate cannot be admitted by an empty bucket: "stray 1 %; 100, 30, 100/s"
	cleanSends = 30.0 // requests that left after refusals, of which
	cleanShare = 0.98 // are admitted, show that buckets were not empty: "stray 1 % with Retry-After"

	flowSends  = 3.0  // later requests are too few to tell a share: "10/s, burst 10"
	flowMemory = 0.8  // of it at the next event: "37/s, burst 50"
	early      = 20.0 // seconds: what a full bucket let in at the start is much, then: "10/s", "37/s"
	halved     = 0.5  // when nothing is known: "10/s"
	unclear    = 0.6  // when no later request was admitted: "window"
	agreed     = 0.05 // lower bounds that differ by less are the quota: "10/s", "lockout; 37/s"
	refusedAt  = 0.95 // it was refused at that rate: "burst 10"

	beyond      = 0.02 // of the quota, to use up what a pause has let in: "100/s; 1,000,000 rows"
	patience    = 5.0  // seconds without a refusal after which the quota is larger: "100, 30, 100/s"
	patienceAge = 0.3  // of the time for which it has been the same, besides: "37/s"
	patienceLow = 0.08 // of it, while the quota is less than
	lowQuota    = 0.8  // of the best one: "stray 1 %; 100, 30, 100/s"
	patienceTop = 70.0 // seconds: TestLargerQuotaIsFound
	bestTime    = 10.0 // seconds without a refusal prove a quota
	changed     = 0.1  // makes it another one
)

// quota is what is known of the site's quota, taken for a token bucket of which level and refill are unknown. All
// reckoning is for the times at which requests leave: what an answer shows is compared with the level when it left.
type quota struct {
	maxRate float64 // unpaced: there is no ceiling
	refill  float64 // tokens a second; unpaced: nothing is known
	sent    uint64
	start   time.Time // when the first request left
	levels  levels
	stretch

	since   time.Time // when the refill last changed much
	best    float64   // the largest refill that some seconds have proved
	low     float64   // the least refill after the last event
	vouched bool      // a refusal has had a Retry-After
	strays  float64   // a leaky count of refusals
	flow    flow      // after the last events, the newest weigh most
	event   *event
}

// stretch is the time since the bucket was last empty, as far as known; at first since the start. Times are seconds.
type stretch struct {
	empty   time.Time // when the request left that found it empty
	used    float64   // requests since then that have not been refused
	idle    float64   // of the time, in pauses
	resumed time.Time // the end of the last pause
	pushed  float64   // of the time, in which the pace held requests back
	paused  float64   // the pause at its begin, at least half of the one before
	stored  float64   // of that pause, for which the bucket had room
	age     float64   // of the refill at its begin
}

// flow is what became of requests that left after one that was refused, and the seconds in which they left.
type flow struct{ sent, passed, seconds float64 }

// event is a first refusal, what it shows of the time since the bucket was last empty, and what later requests do.
type event struct {
	permit         Permit
	rate           float64 // at which requests left
	admitted       float64
	seconds, idle  float64
	first, vouched bool // it came soon after the start; it had a Retry-After
	good           bool // the reckoned level was
	certain        bool // the bucket was empty
	after          flow
}

// rate is the present pace in requests a second.
func (q *quota) rate(now time.Time) float64 {
	if q.levels.on {
		return max(slowest, min(q.levels.rate(now, q.refill), q.maxRate))
	}
	share := patienceAge
	if q.refill < lowQuota*q.best {
		share = patienceLow
	}
	x := q.pushed / min(patience+q.paused+share*q.age, patienceTop)
	return max(slowest, min(q.refill*(1+beyond*min(q.stored, 1)+math.Pow(x, 5)), q.maxRate))
}

// measured is the rate at which requests leave: the pace, or the mean where there is none.
func (q *quota) measured(now time.Time) float64 {
	if r := q.rate(now); r < unpaced {
		return r
	}
	return max(slowest, float64(q.sent)/max(0.1, now.Sub(q.start).Seconds()))
}

// learned is the quota as far as it is known; 0: not.
func (q *quota) learned() float64 {
	if q.levels.on || q.low > 0 || q.since.After(q.start) {
		return q.refill
	}
	return 0
}

// leave counts a request that leaves, and returns its number.
func (q *quota) leave(now time.Time) uint64 {
	if q.start.IsZero() {
		q.start, q.empty, q.since = now, now, now
	}
	q.sent++
	q.used++
	q.levels.advance(now, q.refill)
	q.levels.level--
	return q.sent
}

// held counts the time in which the pace has held requests back: only that counts for growth.
func (q *quota) held(now, last time.Time) {
	q.pushed += min(now.Sub(last).Seconds(), now.Sub(q.resumed).Seconds(), 1)
}

// hold is the pause after a refusal that does not say how long to wait.
func (q *quota) hold() time.Duration {
	return time.Duration((holdTime + holdSends/max(q.refill, holdRate)) * float64(time.Second))
}

// passed takes an answer that is no refusal.
func (q *quota) passed(now time.Time, permit Permit, l *Level) {
	q.strays = max(0, q.strays-strayShare)
	if q.event != nil && permit.number > q.event.permit.number {
		q.event.after.sent++
		q.event.after.passed++
	}
	q.reported(now, permit, l)
}

// refused takes a refusal; first: it begins an event. A shared one shows nothing of this quota.
func (q *quota) refused(now time.Time, permit Permit, a Answer, first bool) {
	seconds := permit.left.Sub(q.empty).Seconds()
	if seconds >= 0 {
		q.used-- // it has used up nothing
	}
	q.levels.level++
	if a.Shared {
		return
	}
	vouched := a.RetryAfter > 0
	q.vouched = q.vouched || vouched
	q.strays += 1 - strayShare
	switch {
	case q.levels.on:
		q.levels.refused(first)
	case first && seconds >= 0:
		seconds = max(seconds, 1e-3)
		e := &event{permit: permit, rate: q.measured(now), seconds: seconds, idle: min(q.idle, seconds), vouched: vouched}
		e.admitted = max(0, q.used-float64(q.sent-permit.number))
		e.first = q.empty.Equal(q.start) && seconds < early
		e.good = q.refill*seconds-e.admitted > q.refill*max(q.hold().Seconds()/2, drift*seconds)
		q.event = e
	case q.event != nil && permit.number > q.event.permit.number:
		q.event.after.sent++
	}
}

// resume decides about an event, once and with all that is known: when the pause that began at halted is over.
func (q *quota) resume(now, halted time.Time) {
	e, paused := q.event, now.Sub(halted).Seconds()
	q.event, q.resumed = nil, now
	q.levels.resume(now)
	if e == nil || !q.believes(e) && q.strays < strayMost {
		q.idle += paused
		return
	}
	low, refill := e.estimate(q.low, q.flow)
	refill = max(refill, slowest)
	if e.seconds > bestTime {
		q.best = max(q.best, low)
	}
	if !(math.Abs(refill-q.refill) <= changed*q.refill) {
		q.since = e.permit.left
	}
	q.stretch = stretch{
		empty: e.permit.left, resumed: now, idle: paused, paused: max(paused, q.paused/2),
		used:   float64(q.sent-e.permit.number) - (e.after.sent - e.after.passed),
		stored: max(0, min(e.admitted/refill-(e.seconds-e.idle), max(paused, q.paused/2))),
		age:    e.permit.left.Sub(q.since).Seconds(),
	}
	q.refill, q.low, q.strays = refill, low, 0
}

// believes reports whether the bucket was empty at an event. If not, the refusal was a stray, and nothing changes.
func (q *quota) believes(e *event) bool {
	f := &q.flow
	*f = flow{f.sent * flowMemory, f.passed * flowMemory, f.seconds * flowMemory}
	if n := e.after; n.passed > 0 {
		*f = flow{f.sent + n.sent + 0.5, f.passed + n.passed + 0.5, f.seconds + (n.sent+0.5)/e.rate}
	}
	closed := e.after.sent > flowSends && e.after.passed == 0
	clean := f.sent >= cleanSends && f.passed >= cleanShare*f.sent && !closed
	now, clear := e.later()
	_, high := e.bounds()
	e.certain = !(clear && now > refutes*high) && (e.vouched && !(e.good && clean) || !q.vouched && !e.good)
	return e.certain
}

// bounds are what the refill is at least, as the bucket let in that much, and at most, as if it overflowed in pauses.
func (e *event) bounds() (low, high float64) {
	if !e.first { // the bucket was empty, not full, before
		low = e.admitted / e.seconds
	}
	return low, (e.admitted + 1) / max(e.seconds-e.idle, 1e-3)
}

// later is the rate that was admitted after the refusal; false: too few requests left, or none was admitted, which says
// more about the site's way of refusing.
func (e *event) later() (float64, bool) {
	share := (e.after.passed + 0.5) / (e.after.sent + 0.5)
	return e.rate * share, e.after.sent > flowSends && e.after.passed > 0
}

// estimate returns the least that the refill can be, and what it most likely is; before is that least at the event
// before, and f what was admitted after the last ones.
func (e *event) estimate(before float64, f flow) (low, refill float64) {
	low, high := e.bounds()
	now, clear := e.later()
	most := refusedAt
	switch {
	case clear && now < halved*low: // the quota has fallen
		return low, max(now, halved*e.rate)
	case !clear && low > 0 && (!e.certain || e.vouched && math.Abs(low-before) < agreed*low):
		return low, low
	case !e.certain:
		most, high = halved, e.rate
	case !e.vouched:
		most = 1
	case !clear && e.first:
		most = halved
	case !clear:
		most = unclear
	}
	if clear {
		high = min(high, f.passed/f.seconds)
	}
	return low, max(low, min(high, most*e.rate))
}
