package pacer

import (
	"math"
	"time"
)

const (
	unpaced    = 1e9  // requests a second
	slowest    = 0.1  // requests a second, whatever is learned
	firstShare = 0.25 // of an unpaced rate is the first guess by levels: "no ceiling; levels; bucket 100/s"

	holdTime   = 0.05 // seconds and: "stray 3 %"
	holdSends  = 2.0  // requests long is the pause after a bare refusal: "stray 1 %; 100, 30, 100/s"
	holdRate   = 10.0 // requests a second that these are taken for, at least: TestHoldIsShort
	strayShare = 0.08 // of answers may be refusals, in the long run: "stray 3 %"
	strayMost  = 8.0  // more than so many say that the quota has fallen: "stray 1 %; 100, 30, 100/s"
	drift      = 0.03 // of what was let in, by which a good estimate may be wrong: "no Retry-After; 37/s"
	refutes    = 1.3  // times the estimate cannot be admitted by an empty bucket: "stray 1 %; 100, 30, 100/s"
	flowSends  = 3.0  // later requests are too few to tell a share: "10/s, burst 10"
	early      = 20.0 // seconds: what a full bucket let in at the start is much, then: "10/s", "37/s"
	halved     = 0.5  // when nothing is known: "10/s"
	refusedAt  = 0.95 // of that rate at most: "97/s, burst 10"

	beyond      = 0.02 // of the quota, to use up what a pause has let in: "100/s; 1,000,000 rows"
	patience    = 5.0  // seconds without a refusal after which the quota is larger: "100, 30, 100/s"
	patienceAge = 0.3  // of the time for which it has been the same, besides: "37/s"
	patienceLow = 0.08 // of it, while the quota is less than
	lowQuota    = 0.8  // of the best one: "stray 1 %; 100, 30, 100/s"
	patienceTop = 70.0 // seconds: TestLargerQuotaIsFound
	changed     = 0.15 // makes it another one
)

// quota estimates the site's quota: a token bucket whose level and refill rate are unknown. What an answer shows is
// compared with the level estimated for the time at which its request left.
type quota struct {
	maxRate float64 // unpaced: there is no ceiling
	refill  float64 // tokens a second; unpaced: nothing is known
	sent    uint64
	start   time.Time // when the first request left
	last    time.Time // when the last permit was due
	levels  levels
	sinceEmpty
	changedAt time.Time // when the refill last changed much
	best      float64   // the largest refill that has been proved
	strays    float64   // a leaky count of refusals
	event     *event
}

// sinceEmpty is what happened since the bucket was last known to be empty; at first since the start. Times are seconds.
type sinceEmpty struct {
	empty  time.Time // when the request left that found it empty
	used   float64   // requests since then that have not been refused
	idle   float64   // of the time, in pauses
	pushed float64   // of the time, in which the pace held requests back
	paused float64   // the pause at its begin
}

// event is the first refusal after a pass, what it shows of the time before it, and how later requests fared.
type event struct {
	permit        Permit
	rate          float64 // at which requests left
	low           float64 // what the refill is at least, as the bucket let in that much; 0: it was full at first
	high          float64 // and at most, as if the bucket overflowed in pauses
	hadRetryAfter bool    // the refusal had a Retry-After
	hadTokens     bool    // by the estimate, the bucket was not empty
	sent, passed  float64 // of the requests that left later
}

// rate is the present pace in requests a second.
func (q *quota) rate(now time.Time) float64 {
	if l := &q.levels; l.on {
		l.advance(now, q.refill)
		return max(slowest, min(q.refill+approach*(l.level-l.target(q.refill)), q.maxRate))
	}
	share := patienceAge
	if q.refill < lowQuota*q.best {
		share = patienceLow
	}
	x := q.pushed / min(patience+q.paused+share*q.empty.Sub(q.changedAt).Seconds(), patienceTop)
	return max(slowest, min(q.refill*(1+beyond*min(q.paused, 1)+math.Pow(x, 5)), q.maxRate))
}

// gap is the time from one permit to the next at the present pace.
func (q *quota) gap(now time.Time) time.Duration { return time.Duration(1e9 / q.rate(now)) }

// take takes a permit, or returns how long to wait for it: there is no reservation, so that a new pace holds at once.
// Only the time in which the pace has held requests back counts for growth.
func (q *quota) take(now time.Time, held bool) time.Duration {
	gap := q.gap(now)
	late := min(now.Sub(q.last)-gap, max(0, burstTime-gap))
	if late < 0 {
		return -late
	}
	if held {
		q.pushed += min(gap.Seconds(), 1)
	}
	q.last = now.Add(-late)
	return 0
}

// leave counts a request that leaves, and returns its number.
func (q *quota) leave(now time.Time) uint64 {
	if q.start.IsZero() {
		q.start, q.empty, q.changedAt = now, now, now
	}
	q.sent++
	q.used++
	q.levels.advance(now, q.refill)
	q.levels.level--
	return q.sent
}

// hold is the pause after a refusal that does not say how long to wait.
func (q *quota) hold() time.Duration {
	return time.Duration((holdTime + holdSends/max(q.refill, holdRate)) * float64(time.Second))
}

// answered takes an answer. first: a refusal that begins an event. A shared one shows nothing of this quota.
func (q *quota) answered(now time.Time, permit Permit, a Answer, first bool) {
	refused, seconds := 0.0, permit.left.Sub(q.empty).Seconds()
	if a.Kind == Refused {
		refused = 1
		q.levels.level++
	}
	if seconds >= 0 {
		q.used -= refused // it has used up nothing
	}
	if a.Shared {
		return
	}
	q.strays = max(0, q.strays+refused-strayShare)
	if e := q.event; e != nil && permit.number > e.permit.number {
		e.sent++
		e.passed += 1 - refused
	}
	if q.refill == unpaced && (refused > 0 || a.Level != nil) {
		q.refill = max(refused, firstShare) * float64(q.sent) / max(0.1, now.Sub(q.start).Seconds())
	}
	switch l := &q.levels; {
	case refused == 0:
		q.reported(now, permit, a.Level)
	case first && l.on:
		if l.level > bucketShare*l.largest {
			l.distrust += badRefusal
		}
		l.level = min(l.level, 0)
	case first && seconds >= 0:
		q.event = q.newEvent(now, permit, max(seconds, 1e-3), a.RetryAfter > 0)
	}
}

func (q *quota) newEvent(now time.Time, permit Permit, seconds float64, vouched bool) *event {
	admitted := max(0, q.used-float64(q.sent-permit.number))
	e := &event{permit: permit, rate: q.rate(now), hadRetryAfter: vouched}
	e.high = (admitted + 1) / max(seconds-q.idle, 1e-3)
	e.hadTokens = q.refill*seconds-admitted > q.refill*max(q.hold().Seconds()/2, drift*seconds)
	if seconds >= early || !q.empty.Equal(q.start) {
		e.low = admitted / seconds
	}
	return e
}

// resume decides about an event, once and with all that is known: when the pause that began at halted is over.
func (q *quota) resume(now, halted time.Time) {
	e, paused := q.event, now.Sub(halted).Seconds()
	q.event = nil
	if l := &q.levels; l.resets.After(l.seen) && !l.resets.After(now) { // a new window
		l.level = l.largest
	}
	refill, ok := e.estimate(q.strays)
	if !ok { // nothing changes
		q.idle += paused
		return
	}
	q.best = max(q.best, e.low)
	if !(math.Abs(refill-q.refill) <= changed*q.refill) {
		q.changedAt = e.permit.left
	}
	q.sinceEmpty = sinceEmpty{empty: e.permit.left, idle: paused, paused: paused}
	q.used = float64(q.sent-e.permit.number) - (e.sent - e.passed)
	q.refill, q.strays = refill, 0
}

// estimate returns the most likely refill; false: the refusal was a stray one. strays is their leaky count.
func (e *event) estimate(strays float64) (refill float64, ok bool) {
	if e == nil {
		return 0, false
	}
	clear, flow := e.sent > flowSends && e.passed > 0, e.high
	if clear {
		flow = e.rate * (e.passed + 0.5) / (e.sent + 0.5) // what was admitted after the refusal
	}
	empty := (e.hadRetryAfter || !e.hadTokens) && flow <= refutes*e.high
	most := 1.0
	switch {
	case !empty && strays < strayMost:
		return 0, false
	case !empty, !clear && (e.hadRetryAfter || e.low == 0):
		most = halved
	case e.hadRetryAfter:
		most = refusedAt
	}
	return max(e.low, min(e.high, flow, most*e.rate), slowest), true
}
