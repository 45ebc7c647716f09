package pacer

import "time"

const (
	streakForOutage = 8  // failures in a row
	rowsForOutage   = 3  // of them first attempts, so that one bad row is no outage
	longStreak      = 20 // failures in a row that are an outage even if it was one row that failed

	retryShare    = 0.2 // retries may be this share of the traffic
	retrySavings  = 50  // retries that a quiet time saves up
	retriesAgain  = 10  // and that an outage leaves at its end
	firstProbe    = 2 * time.Second
	longestProbe  = 30 * time.Second
	outageFailing = "requests fail one after another"
	outageRetries = "more than a fifth of the requests are retries"
)

// outage knows whether the site answers at all. While it does not, single requests probe it.
type outage struct {
	since  time.Time // first failure since the last request that passed; zero: none
	streak int       // failures since then
	rows   int       // of them first attempts
	spare  float64   // retries that may still be made
	cause  string    // what the last failure said

	number  uint64 // of outages so far
	on      bool
	flaky   bool // it is on because of retries: only a probe ends it
	began   time.Time
	next    time.Time     // the next probe
	delay   time.Duration // between probes
	probing bool          // a probe is on its way
}

func newOutage() outage { return outage{spare: retrySavings} }

// left counts a request that leaves.
func (o *outage) left(retry bool) {
	if retry {
		o.spare--
		return
	}
	o.spare = min(o.spare+retryShare, retrySavings)
}

// failed counts a failure, and reports whether an outage begins with it.
func (o *outage) failed(now time.Time, retry bool, cause string, jitter float64) bool {
	if o.since.IsZero() {
		o.since = now
	}
	o.cause = cause
	o.streak++
	if !retry {
		o.rows++
	}
	down := o.streak >= streakForOutage && o.rows >= rowsForOutage || o.streak >= longStreak
	if o.on || !down && o.spare >= 0 {
		return false
	}
	o.on, o.flaky, o.began, o.probing = true, !down, now, false
	o.number++
	o.delay = firstProbe
	o.next = now.Add(probeDelay(o.delay, jitter))
	return true
}

// probeFailed puts the next probe off, for twice as long as the last time and at least for what the site asks.
func (o *outage) probeFailed(now time.Time, asked time.Duration, jitter float64) {
	o.probing = false
	o.delay = min(2*o.delay, longestProbe)
	o.next = now.Add(max(asked, probeDelay(o.delay, jitter)))
}

// passed ends the outage, and returns how long it was; false when there was none.
func (o *outage) passed(now time.Time, probe bool) (time.Duration, bool) {
	o.since, o.streak, o.rows = time.Time{}, 0, 0
	if !o.on || o.flaky && !probe {
		return 0, false
	}
	o.on, o.probing = false, false
	o.spare = max(o.spare, retriesAgain)
	return now.Sub(o.began), true
}

// start is when the failing began, for the limit on pauses.
func (o *outage) start() time.Time {
	if o.since.IsZero() {
		return o.began
	}
	return o.since
}

// probeDelay is the jittered delay before a probe; never more than the longest.
func probeDelay(delay time.Duration, jitter float64) time.Duration {
	return min(time.Duration(float64(delay)*jitter), longestProbe)
}
