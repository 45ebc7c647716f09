package pacer

import (
	"cmp"
	"time"
)

const (
	longestDelay = 30 * time.Second // after a refusal without a time, and between probes: Atlassian's advice
	firstProbe   = 2 * time.Second  // likewise; doubled each time
	reportPause  = time.Second      // shorter pauses are not reported: each stray refusal makes one
	outageWeight = 8                // of failures that are an outage: TestOutageIsProbedWithSingleRequests
	retryWeight  = 0.4              // of a failed retry, so that one bad row is no outage: TestOneBadRowIsNoOutage
	passWeight   = 0.25             // of what gets through: a fifth may fail for long, TestTooManyFailuresAreAnOutage
)

// pause is a time in which nothing leaves. It is only ever extended.
type pause struct {
	began  time.Time // zero: there is none
	until  time.Time
	reason string
}

// refusal pauses. It begins an event only when its request left in the present epoch, and something has passed since
// the last pause: TestOneEvent, "no Retry-After; window".
func (p *Pacer) refusal(now time.Time, permit Permit, a Answer) {
	p.blockedSince = cmp.Or(p.blockedSince, now)
	d, present := a.RetryAfter, permit.epoch == p.epoch
	p.quota.answered(now, permit, a, present && p.pausesInRow == 0)
	if present {
		d = cmp.Or(d, p.newEpoch(p.quota.hold()))
	}
	if d > p.group.maxPause && !a.Shared {
		p.tooLong = pause{permit.left, now.Add(d), a.Reason}
	} else {
		p.pauseUntil(now, now.Add(d), a)
	}
}

// failure counts one; too many begin an outage, or go on with it.
func (p *Pacer) failure(now time.Time, permit Permit, a Answer) {
	if p.blockedSince.IsZero() || !permit.retry && !p.outage && now.Sub(p.blockedSince) >= p.group.maxPause {
		p.blockedSince = now // nobody has waited since an earlier one
	}
	p.failed = pause{permit.left, now.Add(a.RetryAfter), a.Reason}
	p.failureWeight += map[bool]float64{false: 1, true: retryWeight}[permit.retry]
	switch {
	case p.outage && permit.epoch != p.epoch, !p.outage && p.failureWeight < outageWeight:
		return
	case !p.outage:
		p.outage, p.pausesInRow = true, 0
	}
	last := p.blockedSince.Add(p.group.maxPause).Sub(now) // the last probe is at the end of that
	p.pauseUntil(now, now.Add(max(min(p.newEpoch(firstProbe), last), a.RetryAfter)), a)
	if p.pausesInRow == 1 {
		p.report("outage", 0, a.Reason)
	}
}

// newEpoch begins an epoch, so that answers to earlier requests begin no other pause. It returns how long the pause is
// if the site does not say: first, doubled for each pause in a row, with a jitter of 0.7 to 1.3.
func (p *Pacer) newEpoch(first time.Duration) time.Duration {
	d := float64(first<<min(p.pausesInRow, 16)) * (0.7 + 0.6*p.group.random.Float64())
	p.epoch++
	p.pausesInRow++
	p.inEpoch = 0
	return min(time.Duration(d), longestDelay)
}

// siteAnswers counts an answer that shows that the site works; in an outage, only the answer to a probe does.
func (p *Pacer) siteAnswers(now time.Time, permit Permit) {
	switch {
	case !p.outage:
		p.failureWeight = max(0, p.failureWeight-passWeight)
	case permit.epoch == p.epoch:
		p.report("outage", now.Sub(p.blockedSince), "")
		p.outage, p.failureWeight, p.blockedSince = false, 0, now
	}
}

// pauseUntil extends the pause, of the whole group for a shared quota, and reports it when it becomes a long one.
func (p *Pacer) pauseUntil(now, until time.Time, a Answer) {
	q, short := &p.pause, p.pause.began.IsZero() || p.pause.until.Sub(p.pause.began) < reportPause
	q.extend(now, until, a.Reason)
	if short && q.until.Sub(q.began) >= reportPause && !p.outage {
		p.report("pause", 0, a.Reason)
	}
	if a.Shared {
		p.group.shared.extend(now, until, a.Reason)
		for _, other := range p.group.pacers {
			other.pause.extend(now, until, a.Reason)
			if len(other.wake) == 0 {
				other.wake <- struct{}{}
			}
		}
	}
}

// extend makes the pause last until then, unless it is longer already.
func (q *pause) extend(now, until time.Time, reason string) {
	if until.After(now) && until.After(q.until) {
		q.began, q.until, q.reason = cmp.Or(q.began, now), until, reason
	}
}

// paused returns what is left of a pause, or the error when that, all pauses in a row, or all failures are too long.
func (p *Pacer) paused(now time.Time, retry bool) (time.Duration, error) {
	q, most, blocked := &p.pause, p.group.maxPause, !p.blockedSince.IsZero()
	left := max(0, q.until.Sub(now))
	silent := blocked && (p.outage || retry) && p.failed.until.Sub(p.blockedSince) >= most
	switch {
	case p.counts.InFlight > 0 && (silent || p.tooLong.until.Sub(now) > most):
		return time.Hour, nil // their answers will show
	case silent:
		return 0, &PauseError{Until: p.failed.until, Outage: p.blockedSince, Reason: p.name + ": " + p.failed.reason}
	case p.tooLong.until.Sub(now) > most:
		return 0, &PauseError{Until: p.tooLong.until, Reason: p.tooLong.reason}
	case left > most, left > 0 && !p.outage && blocked && q.until.Sub(p.blockedSince) > most:
		return 0, &PauseError{Until: q.until, Reason: q.reason}
	}
	return left, nil
}

// resume ends a pause.
func (p *Pacer) resume(now time.Time) {
	q := &p.pause
	if q.began.IsZero() {
		return
	}
	if lasted := now.Sub(q.began); lasted >= reportPause && !p.outage {
		p.report("pause", lasted, "")
	}
	p.quota.resume(now, q.began)
	gap := p.quota.gap(now)
	p.quota.last = now.Add(-gap - now.Sub(p.quota.last)%gap) // one may leave at once, and no herd
	q.began = time.Time{}
}
