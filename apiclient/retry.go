package apiclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// How often a failed attempt is made again. A refusal (429) never counts.
const (
	patience      = 8  // when somebody else was answered meanwhile
	patienceAlone = 16 // when nobody was, and yet the site answers
	patienceCheck = 5  // before the run
)

// longestRetryAfter is how much of a Retry-After on a 5xx one row obeys; a quota's is for the pacer.
const longestRetryAfter = 5 * time.Minute

// progress is one operation so far.
type progress struct {
	call     Call
	began    time.Time
	failures int
	renewed  bool
	retrying bool // the next attempt follows a failure
	last     answer
}

func (p *progress) note(a answer) {
	p.call.Attempts += a.sent
	if a.status != 0 {
		p.call.Status = a.status
	}
	if a.status == http.StatusTooManyRequests {
		p.call.Refused++
	}
	if a.verdict == ambiguous || a.sent > 1 {
		p.call.Lost = true
	}
	p.last = a
}

// step is what follows an attempt.
type step int

const (
	finish step = iota + 1 // done
	stop                   // the answer is no, for good
	again                  // at no cost
	renew                  // again, with a new token
	retry                  // at the cost of one failure
)

// next is the policy. renewable: the credentials can be made anew.
func next(a answer, p *progress, r *request, renewable bool) step {
	switch {
	case a.verdict == refused:
		return again
	case a.verdict == definite && a.status/100 == 2:
		return finish
	case a.verdict == definite && a.status == http.StatusUnauthorized && renewable && !p.renewed && !r.anonymous:
		return renew
	case a.verdict == definite || hopeless(a.err, r.check):
		return stop
	case r.check && a.status/100 == 2 && a.err == nil:
		return stop // a whole answer, of something else
	}
	return retry
}

// do sends r until there is an answer that says it all, patience ends, or a wait is cancelled. The error is an *Error,
// *pacer.PauseError, *pacer.OutageError or the context's. The answer is the last one in any case.
func (c *Client) do(ctx context.Context, r *request) (answer, Call, error) {
	p := &progress{began: time.Now()}
	for n := 1; ; n++ {
		ticket, err := r.lane.Wait(ctx, p.retrying)
		if err != nil {
			return p.last, p.call, fmt.Errorf("%s: %w", r.op, err)
		}
		if n == 1 && r.leaving != nil {
			if err := r.leaving(); err != nil {
				r.lane.Done(ticket, pacer.Answer{Kind: pacer.Unsent})
				return p.last, p.call, err
			}
		}
		start := time.Now()
		a := c.send(ctx, r)
		r.lane.Done(ticket, a.quota)
		p.call.Took = time.Since(start)
		c.logAttempt(ctx, r, a, n, p.call.Took)
		p.note(a)
		if a.quota.Kind == pacer.Passed {
			r.lane.answered.Store(time.Now().UnixNano())
		}
		if done, err := c.follow(ctx, r, p); done {
			return a, p.call, err
		}
	}
}

// follow does what is next, and waits before another attempt that is due to a failure.
func (c *Client) follow(ctx context.Context, r *request, p *progress) (done bool, err error) {
	switch next(p.last, p, r, c.token.renewable()) {
	case finish:
		return true, nil
	case stop:
		return true, c.failure(r, p.last)
	case again:
		p.retrying = false
		return false, nil
	case renew:
		p.renewed = true
		c.token.renew(p.last.token)
		return false, nil
	}
	p.failures++
	p.retrying = true
	if ctx.Err() != nil {
		return true, fmt.Errorf("%s: %w", r.op, ctx.Err())
	}
	if c.exhausted(ctx, r, p) {
		return true, c.failure(r, p.last)
	}
	if err := sleep(ctx, c.pause(r, p)); err != nil {
		return true, fmt.Errorf("%s: %w", r.op, err)
	}
	return false, nil
}

// exhausted ends an operation only when it is to blame itself: somebody else was answered since it began, or the site
// answers while this does not. Otherwise the site is down, which is for the pacer to end.
func (c *Client) exhausted(ctx context.Context, r *request, p *progress) bool {
	switch {
	case r.check:
		return p.failures >= patienceCheck
	case p.failures < patience:
		return false
	case r.lane.answered.Load() >= p.began.UnixNano():
		return true
	}
	return p.failures >= patienceAlone && c.alive(ctx)
}

// alive asks the site, once, for what needs no credentials.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return c.send(ctx, c.infoRequest()).verdict == definite
}

// pause is the wait before the next attempt: at least what the site asks for, within reason.
func (c *Client) pause(r *request, p *progress) time.Duration {
	asked := min(p.last.quota.RetryAfter, longestRetryAfter)
	if r.check {
		asked = min(asked, startPatience)
	}
	if c.maxPause > 0 {
		asked = min(asked, c.maxPause)
	}
	return max(asked, backoff(p.failures))
}

// backoff is the wait after so many failures: full jitter under 0.5 s doubling, at most 30 s.
func backoff(failures int) time.Duration {
	ceiling := min(30*time.Second, 500*time.Millisecond<<min(failures-1, 10))
	return rand.N(ceiling)
}

// hopeless reports errors that trying again does not mend: wrong settings at any time, and before the run also what
// is otherwise taken for an outage.
func hopeless(err error, check bool) bool {
	if _, ok := errors.AsType[*settingsError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return true
	}
	if !check || err == nil {
		return false
	}
	kind, _, _ := explain(err)
	return kind == KindTLS || kind == KindProxy || kind == KindName
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
