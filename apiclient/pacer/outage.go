package pacer

import "time"

const (
	retryWeight  = 0.4              // of a failed retry, so that one bad row alone is no outage: TestOneBadRowIsNoOutage
	outageWeight = 8                // failures in a row that are an outage
	retryShare   = 0.2              // of the traffic may be retries: TestTooManyRetriesAreAnOutage
	retrySavings = 50               // retries that a quiet time saves up: 503 of 3 % come in clusters
	retriesAfter = 10               // of them an outage leaves: its rows are all retried at its end: TestRunThroughAnOutage
	firstProbe   = 2 * time.Second  // doubled each time: TestOutageIsProbedWithSingleRequests
	longestProbe = 30 * time.Second // Atlassian's advice on delays
)

// outage knows whether the site answers at all. While it does not, single requests probe it.
type outage struct {
	since  time.Time // first failure since the last request that passed; zero: none
	weight float64   // of the failures since then
	spare  float64   // retries that may still be made
	reason string    // of the last failure

	number  uint64 // of outages so far
	on      bool
	retries bool // too many retries began it: only a probe ends it
	began   time.Time
	next    time.Time     // the next probe
	delay   time.Duration // between probes
	probing bool          // a probe has its permit
}

// left counts a request that leaves.
func (o *outage) left(retry bool) {
	if retry {
		o.spare--
		return
	}
	o.spare = min(o.spare+retryShare, retrySavings)
}

// failed counts a failure, and reports whether an outage begins with it.
func (o *outage) failed(now time.Time, retry bool, reason string, jitter float64) bool {
	if o.since.IsZero() {
		o.since = now
	}
	o.reason = reason
	o.weight++
	if retry {
		o.weight -= 1 - retryWeight
	}
	if o.on || o.weight < outageWeight && o.spare >= 0 {
		return false
	}
	o.on, o.retries, o.began, o.probing = true, o.weight < outageWeight, now, false
	o.number++
	o.delay = firstProbe
	o.next = now.Add(scaled(o.delay, jitter))
	return true
}

// why is the reason of an outage for people.
func (o *outage) why() string {
	if o.retries {
		return "more than a fifth of the requests are retries"
	}
	return "requests fail one after another"
}

// probeFailed puts the next probe off, for twice as long as the last time and at least for what the site asks.
func (o *outage) probeFailed(now time.Time, asked time.Duration, jitter float64) {
	o.probing = false
	o.delay = min(2*o.delay, longestProbe)
	o.next = now.Add(max(asked, scaled(o.delay, jitter)))
}

// answered notes that the site works, and returns how long an outage was that this ends; false: it ends none.
func (o *outage) answered(now time.Time, probe bool) (time.Duration, bool) {
	o.since, o.weight = time.Time{}, 0
	if !o.on || o.retries && !probe {
		return 0, false
	}
	o.on, o.probing = false, false
	o.spare = max(o.spare, retriesAfter)
	return now.Sub(o.began), true
}

// wait returns how long it is until a request may probe the site, or the error when the outage lasts too long.
func (o *outage) wait(now time.Time, most time.Duration) (time.Duration, error) {
	start := o.since
	if start.IsZero() {
		start = o.began
	}
	last := untilBell
	if most > 0 {
		if last = start.Add(most).Sub(now); last <= 0 {
			return 0, &OutageError{Since: start, Reason: o.reason}
		}
	}
	if o.probing {
		return last, nil
	}
	return min(max(0, o.next.Sub(now)), last), nil
}

// scaled is a delay with its jitter, at most the longest.
func scaled(d time.Duration, jitter float64) time.Duration {
	return min(time.Duration(float64(d)*jitter), longestProbe)
}
