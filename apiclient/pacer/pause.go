package pacer

import "time"

const (
	retryWeight  = 0.4              // of a failed retry, so that one bad row is no outage: TestOneBadRowIsNoOutage
	outageWeight = 8                // of failures in a row that are an outage: TestOutageIsProbedWithSingleRequests
	retryShare   = 0.2              // of the traffic may be retries: TestTooManyRetriesAreAnOutage
	retrySavings = 50               // retries that a quiet time saves up: "503 of 3 %" has clusters of them
	retriesAfter = 10               // retries that an outage leaves, as its rows follow its end: TestRunThroughAnOutage
	firstProbe   = 2 * time.Second  // doubled each time, as Atlassian advises, like the next one
	longestDelay = 30 * time.Second // of probes, and of looks after refusals that do not say how long
	reportPause  = time.Second      // shorter pauses are not reported: each stray refusal makes one
)

// refusal pauses. It begins an event only when its request left in the present epoch, and something has passed since the
// last pause; otherwise the same event goes on: TestOneEvent, "no Retry-After; window".
func (p *Pacer) refusal(now time.Time, permit Permit, a Answer) {
	present := permit.epoch == p.epoch
	if p.refused.IsZero() {
		p.refused = now
	}
	d := a.RetryAfter
	if d <= 0 && present {
		d = jittered(p.quota.hold()<<min(p.again, 16), p.group.jitter())
	}
	p.quota.refused(now, permit, present && p.again == 0 && !a.Shared, a.RetryAfter > 0 && !a.Shared)
	if present {
		p.epoch++
		p.again++
	}
	p.pauseUntil(now, now.Add(d), a)
}

// pause is a time in which nothing leaves. It is only ever extended: a late success does not end it.
type pause struct {
	began    time.Time // zero: there was none, or its end has been seen
	until    time.Time
	reason   string
	reported bool
}

// longestPause is the one that ends last, of its own and the shared one.
func (p *Pacer) longestPause() *pause {
	if p.group.shared.until.After(p.pause.until) {
		return &p.group.shared
	}
	return &p.pause
}

// pauseUntil extends the pause, its own or the shared one.
func (p *Pacer) pauseUntil(now, until time.Time, a Answer) {
	q, pacers := &p.pause, []*Pacer{p}
	if a.Shared {
		q, pacers = &p.group.shared, p.group.pacers
	}
	if !until.After(now) || !until.After(q.until) {
		return
	}
	if q.began.IsZero() {
		q.began = now
	}
	kind, more := PauseBegan, until.Sub(now)
	if q.reported {
		kind, more = PauseExtended, until.Sub(q.until)
	}
	q.until, q.reason = until, a.Reason
	for _, other := range pacers {
		other.halt(now)
		other.ring()
	}
	if more >= reportPause {
		q.reported = true
		p.report(Event{Kind: kind, At: now, Shared: a.Shared, Until: until, Reason: a.Reason})
	}
}

// halt leaves decisions to the end of a pause or outage.
func (p *Pacer) halt(now time.Time) {
	if p.halted.IsZero() {
		p.halted = now
	}
}

// over reports a pause that has ended.
func (q *pause) over(p *Pacer, now time.Time) {
	if q.began.IsZero() || q.until.After(now) {
		return
	}
	if q.reported {
		p.report(Event{Kind: PauseEnded, At: now, Shared: q == &p.group.shared, Lasted: now.Sub(q.began)})
	}
	q.began, q.reported = time.Time{}, false
}

// outage knows whether the site answers at all. While it does not, single requests probe it.
type outage struct {
	since  time.Time // first failure after the last request that got through; zero: none
	weight float64   // of the failures since then
	spare  float64   // retries that may still be made
	reason string    // of the last failure

	number  uint64 // of outages so far
	on      bool
	retries bool          // too many retries began it: only a probe ends it
	next    time.Time     // the next probe
	delay   time.Duration // between probes
	probing bool          // a probe has its permit
}

// left counts a request that leaves.
func (o *outage) left(retry bool) {
	if retry {
		o.spare--
	} else {
		o.spare = min(o.spare+retryShare, retrySavings)
	}
}

// failure counts one, and begins an outage or goes on with it.
func (p *Pacer) failure(now time.Time, permit Permit, a Answer, probe bool) {
	o := &p.outage
	if o.since.IsZero() {
		o.since = now
	}
	o.reason = a.Reason
	if o.weight++; permit.retry {
		o.weight -= 1 - retryWeight
	}
	if down := o.weight >= outageWeight; !o.on && (down || o.spare < 0) {
		o.on, o.retries, o.probing = true, !down, false
		o.number++
		o.delay = firstProbe
		o.next = now.Add(jittered(o.delay, p.group.jitter()))
		p.halt(now)
		p.report(Event{Kind: OutageBegan, At: now, Until: o.next, Reason: a.Reason})
	} else if probe {
		o.probing = false
		o.delay = min(2*o.delay, longestDelay)
		o.next = now.Add(max(a.RetryAfter, jittered(o.delay, p.group.jitter())))
	}
}

// works notes that the site answers, which ends an outage.
func (p *Pacer) works(now time.Time, probe bool) {
	o := &p.outage
	if o.on && o.retries && !probe {
		return
	}
	if o.on {
		o.on, o.spare = false, max(o.spare, retriesAfter)
		p.report(Event{Kind: OutageEnded, At: now, Lasted: now.Sub(o.since)})
	}
	o.since, o.weight = time.Time{}, 0
}

// wait returns how long it is until a request may probe the site, or the error when the outage lasts for too long.
func (o *outage) wait(now time.Time, most time.Duration) (time.Duration, error) {
	last := untilBell
	if most > 0 {
		if last = o.since.Add(most).Sub(now); last <= 0 {
			return 0, &OutageError{Since: o.since, Reason: o.reason}
		}
	}
	if o.probing {
		return last, nil
	}
	return min(max(0, o.next.Sub(now)), last), nil
}

// jittered is a delay of at most the longest.
func jittered(d time.Duration, jitter float64) time.Duration {
	return min(time.Duration(float64(d)*jitter), longestDelay)
}
