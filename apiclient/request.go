package apiclient

import (
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

	"golang.org/x/oauth2"

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
	body  any // sent as JSON, or as a form

	anonymous bool              // without credentials
	root      string            // send to this root; "": where the credentials are taken
	check     bool              // sent before the run: ends with its context, and gives up sooner
	forAll    bool              // nobody else sends it meanwhile: ends with its context, and its failures are an outage
	private   []string          // addresses and names, never to be logged
	hooks     Hooks             // of the caller who records attempts
	want      int               // the status that the API promises; 0: any 2xx
	read      func([]byte) bool // reads the body of a success, and reports whether it is what is promised; may be nil

	// What has come of it so far:
	token       *oauth2.Token // of the last attempt; nil: it needs none
	call        Call
	last        answer
	began       time.Time // its first attempt since the last refusal or new token
	failures    int
	failedAlone int           // attempts that failed or were refused while the site let others pass
	shared      int           // and those that were refused while it refused many others
	badToken    *oauth2.Token // that a 401 has refused; nil: none yet
	onRecord    bool
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

// idShape is what an id in a path can be: no dots alone.
var idShape = regexp.MustCompile(`^\.*[A-Za-z0-9:_-][A-Za-z0-9:_.-]{0,255}$`)

// How often one operation is tried. Refusals and failures are counted apart.
const (
	maxAttempts      = 8                // while the site answers others
	ownTroubleAfter  = 3                // attempts while it let others pass: then it is this request's own trouble
	maxAttemptsAlone = 16               // while there are no others, and yet the site answers
	maxAttemptsCheck = 5                // before the run, and for whole answers that are not what the API promises
	checkTimeout     = 15 * time.Second // with one check; the pauses of a quota are not counted
)

// doJSON sends r and returns its answer, JSON that promised accepts, with 200 or what r wants. No other one is used.
func doJSON[T any](ctx context.Context, c *Client, r *request, promised func(T) bool) (v T, call Call, err error) {
	r.want = cmp.Or(r.want, http.StatusOK)
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

// do sends r until an answer settles it, there were too many attempts, or a wait is cancelled. The error is an *Error,
// a *PauseError, that of a hook, or the context's.
func (c *Client) do(ctx context.Context, r *request) (Call, error) {
	if slices.ContainsFunc(r.ids, func(id string) bool { return !idShape.MatchString(id) }) {
		return Call{}, newError(r.name, KindInvalid, "this is not an id", "")
	}
	for {
		if err := c.attempt(ctx, r); err != nil {
			return r.call, err
		}
		switch a := r.last; {
		case a.effect == done:
			c.endpoint(r.operation).works.Store(true)
			return r.call, nil
		case a.status == http.StatusUnauthorized && c.kind == ServiceAccount && r.token != nil && r.badToken == nil:
			r.badToken, r.began = r.token, time.Time{}
			continue
		case a.final(r.check), ctx.Err() == nil && c.exhausted(ctx, r):
			return r.call, c.failure(ctx, r)
		}
		select {
		case <-time.After(c.pause(r)):
		case <-ctx.Done(): // the next attempt returns its error
		}
	}
}

// attempt makes one attempt, whose answer is then r.last.
func (c *Client) attempt(ctx context.Context, r *request) error {
	endpoint := c.endpoint(r.operation)
	passed, refusals := endpoint.passed.Load(), endpoint.Pace().Refused
	if _, err := c.token(ctx, r); err != nil { // before the permit: else all that wait for one token leave at once
		return err
	}
	permit, err := endpoint.Wait(ctx, r.failures > 0 && !r.forAll)
	if err != nil {
		return err
	}
	r.token, err = c.token(ctx, r) // another one only if that has ended since
	if err == nil && r.hooks.BeforeSend != nil && !r.onRecord {
		err = r.hooks.BeforeSend()
		r.onRecord = err == nil
	}
	if err == nil {
		err = endpoint.Leave(ctx, &permit)
	}
	if err != nil {
		endpoint.Done(permit, pacer.Answer{Kind: pacer.Unsent})
		return errors.Join(err, r.undo())
	}
	left := time.Now()
	r.began, r.call.First = cmp.Or(r.began, left), cmp.Or(r.call.First, left)
	a := c.send(ctx, r)
	a.sentAt, a.receivedAt = left, time.Now()
	a.quota = quotaAnswer(a)
	a.quota.Own, a.quota.Sent = r.failedAlone >= ownTroubleAfter, a.sent
	endpoint.Done(permit, a.quota)
	r.countAnswer(a, int(endpoint.passed.Load()-passed), endpoint.Pace().Refused-refusals)
	if a.quota.Kind == pacer.Passed {
		endpoint.passed.Add(1)
	}
	c.logAttempt(ctx, r)
	if a.effect == unsent || a.effect == refused || a.status == http.StatusUnauthorized {
		return r.undo()
	}
	return nil
}

// countAnswer counts an answer. Meanwhile the site has let so many others pass, and refused so many with this one.
func (r *request) countAnswer(a answer, passed, refusals int) {
	r.last = a
	r.call.Attempts += a.sent
	r.call.Status = cmp.Or(a.status, r.call.Status)
	r.call.Lost = r.call.Lost || a.effect == ambiguous || a.effect == odd || a.sent > 1
	if a.effect == refused {
		r.call.Refused++
		r.began = time.Time{}
	} else {
		r.failures++
	}
	if a.effect == refused && refusals > 1+passed/10 { // it is the quota
		r.shared++
	} else if passed > 0 {
		r.failedAlone++
	}
}

// undo calls Withdraw if the call is on record, unless one of its attempts is lost.
func (r *request) undo() error {
	if !r.onRecord || r.call.Lost {
		return nil
	}
	r.onRecord = false
	return r.hooks.Withdraw()
}

// exhausted reports whether an operation has failed for good: the site answers other requests and not this one, or not
// even one that no caller records for MaxPause. Else the site is down or its quota used up: the pacer ends the run.
func (c *Client) exhausted(ctx context.Context, r *request) bool {
	failed, tries, wait := r.last.effect != refused, r.call.Refused-r.shared, r.last.quota.RetryAfter
	if failed {
		tries, wait = r.failures, wait+time.Since(r.began)
		needed := r.hooks.BeforeSend != nil || r.forAll // as it may have been carried out, or all need it
		if !needed && wait > c.config.MaxPause && !c.endpoint(r.operation).Pace().Probing ||
			r.check && wait >= checkTimeout || (r.check || r.last.effect == odd) && tries >= maxAttemptsCheck {
			return true
		}
	}
	long := r.last.quota.RetryAfter > 0 && wait > c.config.MaxPause // nobody waits for so long, and others need not
	return r.failedAlone > 1 && long || r.failedAlone >= ownTroubleAfter && tries >= maxAttempts ||
		!r.forAll && (tries >= maxAttemptsAlone || failed && long) && c.alive(ctx)
}

// alive reports whether the site answers a request that needs no credentials; it tries once.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	r := &request{operation: opInfo, anonymous: true, root: c.site, check: true, read: json.Valid}
	return c.attempt(ctx, r) == nil && (r.last.effect == done || r.last.effect == denied)
}

// pause returns how long to wait before the next attempt: backoff with full jitter from 0.5 s to 30 s or MaxPause ÷ 3;
// after a failure, or a refusal that is not the quota's, at least Retry-After, unless that is more than MaxPause.
func (c *Client) pause(r *request) time.Duration {
	most := min(30*time.Second, c.config.MaxPause/3+1, 500*time.Millisecond<<min(max(r.failures, r.call.Refused)-1, 10))
	c.mu.Lock()
	wait, q := time.Duration(c.random.Int64N(int64(most))), r.last.quota
	c.mu.Unlock()
	if r.last.effect == refused && !q.Own || q.RetryAfter > c.config.MaxPause {
		return wait // a quota's is for the pacer
	}
	return max(wait, q.RetryAfter)
}
