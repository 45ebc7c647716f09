package apiclient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// How often an attempt of one operation is made again. Refusals and failures are counted apart.
const (
	patience      = 8  // while the site answers others
	patienceAlone = 16 // while there are no others, and yet the site answers
	patienceCheck = 5  // before the run, and for whole answers that are not what the API promises
)

// longestRetryAfter is how much of a Retry-After on a 5xx one row obeys; a quota's is for the pacer.
const longestRetryAfter = 5 * time.Minute

// progress is one operation so far.
type progress struct {
	call     Call
	began    time.Time
	failures int
	refusals int  // in a row
	singled  int  // refusals while the site let others pass
	renewed  bool // a new token was asked for
	onRecord bool
	last     answer
	step     step
}

func (p *progress) note(a answer, others bool) {
	p.last = a
	p.call.Attempts += a.sent
	p.call.Status = cmp.Or(a.status, p.call.Status)
	p.call.Lost = p.call.Lost || a.verdict == ambiguous || a.sent > 1
	if a.verdict != refused {
		p.refusals = 0
		p.failures++
		return
	}
	p.call.Refused++
	p.refusals++
	if others {
		p.singled++
	}
}

// step is what follows an attempt.
type step int

const (
	finish step = iota + 1 // done
	stop                   // the answer is no, for good
	renew                  // at once, with a new token
	again                  // it was refused, which costs nothing
	retry                  // it failed
)

// next is the policy.
func next(a answer, check bool) step {
	switch {
	case a.verdict == definite && a.status/100 == 2:
		return finish
	case a.verdict == refused:
		return again
	case a.verdict == definite && a.status == http.StatusUnauthorized:
		return renew
	case a.verdict == definite, hopeless(a.err, check), check && a.whole():
		return stop
	}
	return retry
}

// do sends r until there is an answer that settles it, patience ends, or a wait is cancelled. The error is an *Error,
// *PauseError, *OutageError, that of a Record, or the context's. The answer is the last one in any case.
func (c *Client) do(ctx context.Context, r *request) (answer, Call, error) {
	if slices.ContainsFunc(r.ids, func(id string) bool { return !IsAccountID(id) }) {
		return answer{}, Call{}, newError(r.name, KindInvalid, "this is not an id", "")
	}
	p := &progress{began: time.Now()}
	for {
		if err := c.attempt(ctx, r, p); err != nil {
			return p.last, p.call, err
		}
		switch {
		case p.step == finish:
			c.lane(r.operation).works.Store(true)
			return p.last, p.call, nil
		case p.step == renew:
			continue
		case p.step == stop, ctx.Err() == nil && c.exhausted(ctx, r, p):
			return p.last, p.call, c.failure(ctx, r, p.last)
		}
		select {
		case <-time.After(c.pause(p)):
		case <-ctx.Done():
			return p.last, p.call, fmt.Errorf("%s: %w", r.name, ctx.Err())
		}
	}
}

// attempt makes one attempt. What is next is then in p.step.
func (c *Client) attempt(ctx context.Context, r *request, p *progress) error {
	lane := c.lane(r.operation)
	permit, err := lane.Wait(ctx, p.step == retry)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	if before := r.record.Before; before != nil && !p.onRecord {
		if err := before(); err != nil {
			lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
			return err
		}
		p.onRecord = true
	}
	if err := lane.Leave(ctx, &permit); err != nil {
		lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
		return errors.Join(fmt.Errorf("%s: %w", r.name, err), p.undo(r.record))
	}
	start := time.Now()
	a := c.send(ctx, r)
	a.at = time.Now()
	a.quota = quotaAnswer(a)
	others := lane.Done(permit, a.quota)
	p.call.Took = time.Since(start)
	p.note(a, others)
	if a.quota.Kind == pacer.Passed {
		lane.answered.Store(time.Now().UnixNano())
	}
	p.step = next(a, r.check)
	if p.step == renew && (r.anonymous || p.renewed || !c.tokens.renew(a.token)) {
		p.step = stop
	}
	p.renewed = p.renewed || p.step == renew
	c.logAttempt(ctx, r, p)
	if a.verdict == unsent || a.verdict == refused || p.step == renew {
		return p.undo(r.record)
	}
	return nil
}

// undo takes the call off the record, unless one of its attempts is lost.
func (p *progress) undo(r Record) error {
	if !p.onRecord || p.call.Lost || r.Undone == nil {
		return nil
	}
	p.onRecord = false
	return r.Undone()
}

// exhausted ends an operation only when it is to blame itself: the site answers others and not this. Otherwise the
// site is down or its quota used up, which is for the pacer to end.
func (c *Client) exhausted(ctx context.Context, r *request, p *progress) bool {
	switch {
	case p.step == again:
		return p.singled >= patience || p.refusals >= patienceAlone && c.alive(ctx)
	case r.check, p.last.whole():
		return p.failures >= patienceCheck
	case p.failures < patience:
		return false
	case c.lane(r.operation).answered.Load() >= p.began.UnixNano():
		return true
	}
	return p.failures >= patienceAlone && c.alive(ctx)
}

// alive asks the site, once, for what needs no credentials.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	p := new(progress)
	r := &request{operation: opInfo, anonymous: true, check: true, read: json.Valid}
	return c.attempt(ctx, r, p) == nil && p.last.verdict == definite
}

// pause is the wait of one row before its next attempt; after a failure it is at least what the site asks for, within
// reason.
func (c *Client) pause(p *progress) time.Duration {
	if p.step == again {
		return c.backoff(p.refusals)
	}
	asked := min(p.last.quota.RetryAfter, longestRetryAfter, cmp.Or(c.config.MaxPause, longestRetryAfter))
	return max(asked, c.backoff(p.failures))
}

// backoff is the wait after so many failures or refusals: full jitter under 0.5 s doubling, at most 30 s.
func (c *Client) backoff(n int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := min(30*time.Second, 500*time.Millisecond<<min(n-1, 10))
	return time.Duration(c.random.Int64N(int64(most)))
}

// hopeless reports errors that another attempt does not change: wrong settings at any time, and before the run also
// what is otherwise taken for an outage.
func hopeless(err error, check bool) bool {
	kind, _, _ := explain(err)
	return is[*Error](err) || check && kind == KindSettings
}
