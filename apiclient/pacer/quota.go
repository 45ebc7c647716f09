package pacer

import (
	"math"
	"time"
)

const (
	slowest     = 0.1 // requests a second, whatever is learned
	holdTime    = 0.05
	holdSends   = 2.0
	holdRate    = 10.0
	strayShare  = 0.08
	strayMost   = 8.0
	drift       = 0.03
	cleanSends  = 30.0
	cleanShare  = 0.98
	flowSends   = 3.0
	flowMemory  = 0.8
	early       = 20.0
	halved      = 0.5
	unclear     = 0.6
	agreed      = 0.05
	refusedAt   = 0.95
	beyond      = 0.02
	refutes     = 1.3
	patience    = 5.0
	patienceTop = 70.0
	ageShare    = 0.3
	lowShare    = 0.08
	lowQuota    = 0.8
	bestTime    = 10.0
	changed     = 0.1
)

// quota is what is known of the site's quota, taken for a token bucket of which level and refill are unknown. All
// reckoning is for the times at which requests leave: what an answer shows is compared with the level when it left.
type quota struct {
	maxRate float64 // infinite: there is no ceiling
	refill  float64 // tokens a second; infinite: nothing is known, and requests are not paced
	sent    uint64
	start   time.Time // when the first request left
	levels  levels
	stretch

	since   time.Time // when the refill last changed much
	best    float64   // the largest refill that was proved
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

// flow is what became of requests that left after one that was refused.
type flow struct {
	sent, passed float64
	seconds      float64 // in which they left
}

// event is a first refusal, and what has been answered to later requests until the pause is over.
type event struct {
	permit   Permit
	rate     float64 // at which requests left
	admitted float64 // since the bucket was last empty
	seconds  float64 // since then
	idle     float64 // of them
	first    bool    // soon after the start
	vouched  bool    // it had a Retry-After
	good     bool    // the reckoned level was
	certain  bool    // the bucket was empty
	after    flow
	flow     float64 // the rate that was admitted after the last events
	low      float64 // the least refill after the one before
}

// rate is the present pace in requests a second; infinite: not paced.
func (q *quota) rate(now time.Time) float64 {
	if q.levels.on {
		return max(slowest, min(q.levels.rate(now, q.refill), q.maxRate))
	}
	k := ageShare
	if q.refill < lowQuota*q.best {
		k = lowShare
	}
	x := q.pushed / min(patience+q.paused+k*q.age, patienceTop)
	return max(slowest, min(q.refill*(1+beyond*min(q.stored, 1)+math.Pow(x, 5)), q.maxRate))
}

// measured is the rate at which requests leave: the pace, or the mean where there is none.
func (q *quota) measured(now time.Time) float64 {
	if r := q.rate(now); !math.IsInf(r, 1) {
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

// refused takes a refusal; first: it begins an event of this pacer's own.
func (q *quota) refused(now time.Time, permit Permit, first, vouched bool) {
	q.strays += 1 - strayShare
	q.vouched = q.vouched || vouched
	seconds := permit.left.Sub(q.empty).Seconds()
	if seconds >= 0 {
		q.used-- // it has used up nothing
	}
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
	low, refill := e.estimate()
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
	*f = flow{sent: f.sent * flowMemory, passed: f.passed * flowMemory, seconds: f.seconds * flowMemory}
	if n := e.after; n.passed > 0 {
		*f = flow{sent: f.sent + n.sent + 0.5, passed: f.passed + n.passed + 0.5, seconds: f.seconds + (n.sent+0.5)/e.rate}
	}
	e.flow, e.low = min(e.rate, f.passed/f.seconds), q.low
	closed := e.after.sent > flowSends && e.after.passed == 0
	clean := f.sent >= cleanSends && f.passed >= cleanShare*f.sent && !closed
	now, clear := e.share()
	refuted := clear && now*e.rate > refutes*e.high()
	e.certain = !refuted && (e.vouched && !(e.good && clean) || !q.vouched && !e.good)
	return e.certain
}

// share returns the share of later requests that was admitted; false: there were too few, or none was admitted, which
// says more about the site's way of refusing.
func (e *event) share() (float64, bool) {
	return (e.after.passed + 0.5) / (e.after.sent + 0.5), e.after.sent > flowSends && e.after.passed > 0
}

// high is never too low for the refill: as if the bucket had overflowed in every pause.
func (e *event) high() float64 { return (e.admitted + 1) / max(e.seconds-e.idle, 1e-3) }

// estimate returns the least that the refill can be, and what it most likely is.
func (e *event) estimate() (low, refill float64) {
	low = e.admitted / e.seconds // never too high: the bucket let in at least that
	high := e.high()
	if e.first {
		low = 0 // it was full, not empty, at the start
	}
	now, clear := e.share()
	now *= e.rate
	share := refusedAt
	switch {
	case clear && now < halved*low: // the quota has fallen
		return low, max(now, halved*e.rate)
	case !clear && low > 0 && (!e.certain || e.vouched && math.Abs(low-e.low) < agreed*low):
		return low, low
	case !e.certain:
		share, high = halved, e.rate
	case !e.vouched:
		share = 1
	case !clear && e.first:
		share = halved
	case !clear:
		share = unclear
	}
	if clear {
		high = min(high, e.flow)
	}
	return low, max(low, min(high, share*e.rate))
}
