package apiclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// operation is one of Jira's operations. The route is its path, with {id} where an id stands; it is what logs show.
type operation struct {
	name, method, route string
	forbidden           string // what to do about a 403
}

const (
	get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	serviceDeskAPI = "/rest/servicedeskapi"
)

// request is one operation, sent as often as need be.
type request struct {
	operation
	ids   []string // of the route, in its order
	query string
	body  any // sent as JSON

	anonymous bool              // to the site, without credentials
	at        string            // send to this root; "": where the credentials are taken
	check     bool              // asked before the run: ends with its context, and has less patience
	private   []string          // addresses and names, never to be logged
	record    Record            // the hooks of whoever keeps the record
	read      func([]byte) bool // reads the body of a 2xx, and reports whether it is whole and what is promised

	// What has come of it so far:
	call     Call
	last     answer
	step     step
	began    time.Time // its first attempt since the last refusal
	failures int
	refusals int  // in a row
	singled  int  // of these, while the site let others pass
	renewed  bool // a new token was asked for
	onRecord bool
}

// path is what the request is sent to, below a root.
func (r *request) path() string {
	path := r.route
	for _, id := range r.ids {
		path = strings.Replace(path, "{id}", url.PathEscape(id), 1)
	}
	if r.query != "" {
		path += "?" + r.query
	}
	return path
}

// readJSON is a read of a body of JSON into v; valid reports whether v then holds what is promised.
func readJSON[T any](v *T, valid func() bool) func([]byte) bool {
	return func(body []byte) bool {
		if json.Unmarshal(body, v) == nil && valid() {
			return true
		}
		*v = *new(T) // of what fails nothing is used
		return false
	}
}

// readNothing is a read of an answer that the API promises to be empty.
func readNothing(body []byte) bool { return len(bytes.TrimSpace(body)) == 0 }

// IsAccountID reports whether id can be an account id: a plain segment of a path.
func IsAccountID(id string) bool {
	return plainSegment.MatchString(id) && strings.Trim(id, ".") != ""
}

var plainSegment = regexp.MustCompile(`^[A-Za-z0-9:_.-]{1,256}$`)

// How often an attempt of one operation is made again. Refusals and failures are counted apart.
const (
	patience      = 8  // while the site answers others
	suspicion     = 3  // refusals while it let others pass: from then on they are taken for the row's own
	patienceAlone = 16 // while there are no others, and yet the site answers
	patienceCheck = 5  // before the run, and for whole answers that are not what the API promises

	startPatience     = 15 * time.Second // with one check; the pauses of a quota are not counted
	longestRetryAfter = 5 * time.Minute  // of a 5xx that one row obeys; a quota's is for the pacer
)

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
// *PauseError, that of a Record, or the context's.
func (c *Client) do(ctx context.Context, r *request) (Call, error) {
	if slices.ContainsFunc(r.ids, func(id string) bool { return !IsAccountID(id) }) {
		return Call{}, newError(r.name, KindInvalid, "this is not an id", "")
	}
	for {
		if err := c.attempt(ctx, r); err != nil {
			return r.call, err
		}
		switch {
		case r.step == finish:
			c.lane(r.operation).works.Store(true)
			return r.call, nil
		case r.step == renew:
			continue
		case r.step == stop, ctx.Err() == nil && c.exhausted(ctx, r):
			return r.call, c.failure(ctx, r)
		}
		select {
		case <-time.After(c.pause(r)):
		case <-ctx.Done():
			return r.call, ctx.Err()
		}
	}
}

// attempt makes one attempt. What is next is then in r.step.
func (c *Client) attempt(ctx context.Context, r *request) error {
	lane := c.lane(r.operation)
	permit, err := lane.Wait(ctx, r.step == retry)
	if err != nil {
		return err
	}
	if r.record.Before != nil && !r.onRecord {
		err = r.record.Before()
		r.onRecord = err == nil
	}
	if err == nil {
		err = lane.Leave(ctx, &permit)
	}
	if err != nil {
		lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
		return errors.Join(err, r.undo())
	}
	start := time.Now()
	if r.began.IsZero() {
		r.began = start
	}
	a := c.send(ctx, r)
	a.at = time.Now()
	a.quota = quotaAnswer(a)
	a.quota.Own = r.singled >= suspicion
	others := lane.Done(permit, a.quota)
	if a.quota.Kind == pacer.Passed {
		lane.answered.Store(a.at.UnixNano())
	}
	r.call.Took = a.at.Sub(start)
	r.note(a, others)
	if r.step == renew && (r.anonymous || r.renewed || !c.renew(a.token)) {
		r.step = stop
	}
	r.renewed = r.renewed || r.step == renew
	c.logAttempt(ctx, r)
	if a.verdict == unsent || a.verdict == refused || r.step == renew {
		return r.undo()
	}
	return nil
}

func (r *request) note(a answer, others bool) {
	r.last, r.step = a, next(a, r.check)
	r.call.Attempts += a.sent
	r.call.Status = cmp.Or(a.status, r.call.Status)
	r.call.Lost = r.call.Lost || a.verdict == ambiguous || a.sent > 1
	if a.verdict != refused {
		r.refusals, r.singled = 0, 0
		r.failures++
		return
	}
	r.call.Refused++
	r.refusals++
	r.began = time.Time{}
	if others {
		r.singled++
	}
}

// undo takes the call off the record, unless one of its attempts is lost.
func (r *request) undo() error {
	if !r.onRecord || r.call.Lost {
		return nil
	}
	r.onRecord = false
	return r.record.Undone()
}

// exhausted ends an operation only when it is to blame itself: the site answers others and not this. Otherwise the
// site is down or its quota used up, which is for the pacer to end.
func (c *Client) exhausted(ctx context.Context, r *request) bool {
	switch {
	case r.step == again && r.singled > 0 && r.refusals > 1 && c.config.MaxPause > 0 &&
		r.last.quota.RetryAfter > c.config.MaxPause: // nobody waits for so long, and others do not have to
		return true
	case r.step == again:
		return r.singled >= suspicion && r.refusals >= patience || r.refusals >= patienceAlone && c.alive(ctx)
	case r.check && time.Since(r.began) >= startPatience:
		return true
	case r.check, r.last.whole():
		return r.failures >= patienceCheck
	case r.failures >= patience && c.lane(r.operation).answered.Load() >= r.began.UnixNano():
		return true
	}
	return r.failures >= patienceAlone && c.alive(ctx)
}

// alive asks the site, once, for what needs no credentials.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := &request{operation: opInfo, anonymous: true, check: true, read: json.Valid}
	return c.attempt(ctx, r) == nil && r.last.verdict == definite
}

// pause is the wait of one row before its next attempt; after a failure, and a refusal that is its own, it is at least
// what the site asks for, within reason.
func (c *Client) pause(r *request) time.Duration {
	if r.step == again && !r.last.quota.Own {
		return c.backoff(r.refusals) // the quota's wait is for the pacer
	}
	asked := min(r.last.quota.RetryAfter, longestRetryAfter, cmp.Or(c.config.MaxPause, longestRetryAfter))
	return max(asked, c.backoff(max(r.failures, r.refusals)))
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
