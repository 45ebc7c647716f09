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
	created   bool              // only 201 is success, and not any 2xx
	read      func([]byte) bool // reads the body of a success, and reports whether it is whole and what is promised

	// What has come of it so far:
	call     Call
	last     answer
	began    time.Time // its first attempt since the last refusal
	failures int
	singled  int  // attempts that failed or were refused while the site let others pass
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

// readNothing is a read of an answer that the API promises to be empty.
func readNothing(body []byte) bool { return len(bytes.TrimSpace(body)) == 0 }

// IsAccountID reports whether id can be an account id: a plain segment of a path.
func IsAccountID(id string) bool {
	return plainSegment.MatchString(id) && strings.Trim(id, ".") != ""
}

var plainSegment = regexp.MustCompile(`^[A-Za-z0-9:_.-]{1,256}$`)

// How often an attempt of one operation is made again. Refusals and failures are counted apart.
const (
	patience      = 8                // while the site answers others
	suspicion     = 3                // attempts while it let others pass: from then on it is this request's own trouble
	patienceAlone = 16               // while there are no others, and yet the site answers
	patienceCheck = 5                // before the run, and for whole answers that are not what the API promises
	startPatience = 15 * time.Second // with one check; the pauses of a quota are not counted
)

// ask sends r for an answer in JSON that is as promised; of any other answer nothing is used.
func ask[T any](ctx context.Context, c *Client, r *request, promised func(T) bool) (v T, call Call, err error) {
	r.read = func(body []byte) bool {
		var got T
		if json.Unmarshal(body, &got) != nil || !promised(got) {
			return false
		}
		v = got
		return true
	}
	call, err = c.do(ctx, r)
	return v, call, err
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
		switch a := r.last; {
		case a.verdict == done:
			c.lane(r.operation).works.Store(true)
			return r.call, nil
		case a.status == http.StatusUnauthorized && !r.renewed && c.renew(a.token):
			r.renewed = true
			continue
		case a.final(r.check), ctx.Err() == nil && c.exhausted(ctx, r):
			return r.call, c.failure(ctx, r)
		}
		select {
		case <-time.After(c.pause(r)):
		case <-ctx.Done():
			return r.call, ctx.Err()
		}
	}
}

// attempt makes one attempt, whose answer is then r.last.
func (c *Client) attempt(ctx context.Context, r *request) error {
	lane := c.lane(r.operation)
	passed := lane.passed.Load()
	permit, err := lane.Wait(ctx, r.failures > 0)
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
	left := time.Now()
	r.began, r.call.First = cmp.Or(r.began, left), cmp.Or(r.call.First, left)
	a := c.send(ctx, r)
	a.left, a.at = left, time.Now()
	a.quota = quotaAnswer(a)
	a.quota.Own = r.singled >= suspicion
	lane.Done(permit, a.quota)
	r.note(a, lane.passed.Load() > passed)
	if a.quota.Kind == pacer.Passed {
		lane.passed.Add(1)
	}
	c.logAttempt(ctx, r)
	if a.verdict == unsent || a.verdict == refused || a.status == http.StatusUnauthorized {
		return r.undo()
	}
	return nil
}

// note counts an answer; others: the site has let others pass meanwhile.
func (r *request) note(a answer, others bool) {
	r.last = a
	r.call.Attempts += a.sent
	r.call.Status = cmp.Or(a.status, r.call.Status)
	r.call.Lost = r.call.Lost || a.verdict == ambiguous || a.verdict == odd || a.sent > 1
	if a.verdict == refused {
		r.call.Refused++
		r.began = time.Time{}
	} else {
		r.failures++
	}
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
	failed, tries, wait := r.last.verdict != refused, r.call.Refused, r.last.quota.RetryAfter
	if failed {
		tries, wait = r.failures, wait+time.Since(r.began)
		if r.check && wait >= startPatience || (r.check || r.last.verdict == odd) && tries >= patienceCheck {
			return true
		}
	}
	long := r.last.quota.RetryAfter > 0 && wait > c.config.MaxPause // nobody waits for so long, and others need not
	return r.singled > 1 && long || r.singled >= suspicion && tries >= patience ||
		(tries >= patienceAlone || failed && long) && c.alive(ctx)
}

// alive asks the site, once, for what needs no credentials.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := &request{operation: opInfo, anonymous: true, check: true, read: json.Valid}
	return c.attempt(ctx, r) == nil && (r.last.verdict == done || r.last.verdict == denied)
}

// pause is the wait of one row before its next attempt: full jitter under 0.5 s doubling, at most 30 s; after a
// failure, and a refusal that is its own, at least what the site asks for, unless nobody waits for so long.
func (c *Client) pause(r *request) time.Duration {
	longest := min(30*time.Second, 500*time.Millisecond<<min(max(r.failures, r.call.Refused)-1, 10))
	c.mu.Lock()
	wait, q := time.Duration(c.random.Int64N(int64(longest))), r.last.quota
	c.mu.Unlock()
	if r.last.verdict == refused && !q.Own || q.RetryAfter > c.config.MaxPause {
		return wait // a quota's is for the pacer
	}
	return max(wait, q.RetryAfter)
}
