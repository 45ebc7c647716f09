package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// verdict is what one attempt can have done at the site.
type verdict int

const (
	unsent    verdict = iota + 1 // it never left: no connection, or nothing was written
	refused                      // 429: nothing was done
	ambiguous                    // it may have been carried out: no status, 5xx, or not the answer that the API promises
	definite                     // the status is all there is to know
)

func (v verdict) String() string {
	return [...]string{"", "unsent", "refused", "ambiguous", "definite"}[v]
}

// How often an attempt of one operation is made again. Refusals and failures are counted apart.
const (
	patience       = 8  // while the site answers others
	patienceAlone  = 16 // while there are no others, and yet the site answers
	patienceCheck  = 5  // before the run
	patienceAnswer = 5  // of whole answers that are not what the API promises
)

const (
	maxAnswer         = 1 << 20         // the largest answer that is read, in bytes
	longestRetryAfter = 5 * time.Minute // how much of a Retry-After on a 5xx one row obeys; a quota's is for the pacer
)

// request is one operation, to be sent as often as need be.
type request struct {
	op     string // for errors: what was being done
	method string
	route  string // for logs and errors: the path without anybody's data
	path   string // with query
	body   []byte
	lane   *lane

	anonymous    bool              // to the site, without credentials
	at           string            // send to this root; "": where the credentials are taken
	experimental bool              // opts in to an experimental API
	check        bool              // asked before the run: ends with its context, and has less patience
	private      []string          // addresses and names, never to be logged
	record       Record            // the hooks of whoever keeps the record
	read         func([]byte) bool // reads the body of a 2xx, and reports whether it is whole and what is promised
}

// answer is what came of one attempt.
type answer struct {
	verdict verdict
	status  int // 0: none
	header  http.Header
	body    []byte
	sent    int    // requests that left; more than one: the transport has replayed it in silence
	token   string // the Authorization header that was used
	err     error
	quota   pacer.Answer
	at      time.Time
}

// success reports whether the operation is done.
func (a answer) success() bool { return a.verdict == definite && a.status/100 == 2 }

// whole reports whether the answer was read to its end, though it is not what the API promises.
func (a answer) whole() bool { return a.verdict == ambiguous && a.status/100 == 2 && a.err == nil }

// progress is one operation so far.
type progress struct {
	call     Call
	began    time.Time
	failures int
	refusals int  // in a row
	singled  int  // of them, while the site let others pass
	failed   bool // the last attempt failed, so that the next is a retry
	renewed  bool
	onRecord bool
	last     answer
}

func (p *progress) note(a answer, others bool) {
	p.call.Attempts += a.sent
	if a.status != 0 {
		p.call.Status = a.status
	}
	if a.verdict == ambiguous || a.sent > 1 {
		p.call.Lost = true
	}
	p.failed = a.verdict == ambiguous || a.verdict == unsent
	if p.failed {
		p.failures++
	}
	if a.verdict != refused {
		p.refusals = 0
	} else {
		p.call.Refused++
		p.refusals++
		if others {
			p.singled++
		}
	}
	p.last = a
}

// step is what follows an attempt.
type step int

const (
	finish step = iota + 1 // done
	stop                   // the answer is no, for good
	renew                  // again, with a new token
	again                  // after a wait
)

// next is the policy. renewable: the credentials can be made anew.
func next(a answer, p *progress, r *request, renewable bool) step {
	switch {
	case a.success():
		return finish
	case a.verdict == definite && a.status == http.StatusUnauthorized && renewable && !p.renewed && !r.anonymous:
		return renew
	case a.verdict == definite, hopeless(a.err, r.check), r.check && a.whole():
		return stop
	}
	return again
}

// do sends r until there is an answer that settles it, patience ends, or a wait is cancelled. The error is an *Error,
// *PauseError, *OutageError, that of a Record, or the context's. The answer is the last one in any case.
func (c *Client) do(ctx context.Context, r *request) (answer, Call, error) {
	p := &progress{began: time.Now()}
	for {
		if err := c.attempt(ctx, r, p); err != nil {
			return p.last, p.call, err
		}
		switch next(p.last, p, r, c.token.renewable()) {
		case finish:
			c.works.Store(r.route, true)
			return p.last, p.call, nil
		case stop:
			return p.last, p.call, c.failure(ctx, r, p.last)
		case renew:
			p.renewed = true
			c.token.renew(p.last.token)
			continue
		}
		if ctx.Err() == nil && c.exhausted(ctx, r, p) {
			return p.last, p.call, c.failure(ctx, r, p.last)
		}
		if err := sleep(ctx, c.pause(r, p)); err != nil {
			return p.last, p.call, fmt.Errorf("%s: %w", r.op, err)
		}
	}
}

// attempt makes one attempt: permit, on record, leave, answer, off the record when it did nothing.
func (c *Client) attempt(ctx context.Context, r *request, p *progress) error {
	permit, err := r.lane.Wait(ctx, p.failed)
	if err != nil {
		return fmt.Errorf("%s: %w", r.op, err)
	}
	if err := p.begin(r.record); err != nil {
		r.lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
		return err
	}
	if err := r.lane.Leave(ctx, &permit); err != nil {
		r.lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
		return errors.Join(fmt.Errorf("%s: %w", r.op, err), p.undo(r.record))
	}
	start := time.Now()
	a := c.send(ctx, r)
	others := r.lane.Done(permit, a.quota)
	p.call.Took = time.Since(start)
	p.note(a, others)
	if a.quota.Kind == pacer.Passed {
		r.lane.answered.Store(time.Now().UnixNano())
	}
	c.logAttempt(ctx, r, a, p)
	if a.verdict == unsent || a.verdict == refused || next(a, p, r, c.token.renewable()) == renew {
		return p.undo(r.record)
	}
	return nil
}

// begin puts the call on record, unless an earlier attempt of it still is.
func (p *progress) begin(r Record) error {
	if p.onRecord || r.Before == nil {
		return nil
	}
	if err := r.Before(); err != nil {
		return err
	}
	p.onRecord = true
	return nil
}

// undo takes the call off the record, unless one of its attempts is lost.
func (p *progress) undo(r Record) error {
	if !p.onRecord || p.call.Lost {
		return nil
	}
	p.onRecord = false
	if r.Undone == nil {
		return nil
	}
	return r.Undone()
}

// exhausted ends an operation only when it is to blame itself: the site answers others and not this. Otherwise the
// site is down or its quota used up, which is for the pacer to end.
func (c *Client) exhausted(ctx context.Context, r *request, p *progress) bool {
	switch {
	case p.last.verdict == refused:
		return p.singled >= patience || p.refusals >= patienceAlone && c.alive(ctx)
	case r.check:
		return p.failures >= patienceCheck
	case p.last.whole():
		return p.failures >= patienceAnswer
	case p.failures < patience:
		return false
	case r.lane.answered.Load() >= p.began.UnixNano():
		return true
	}
	return p.failures >= patienceAlone && c.alive(ctx)
}

// alive asks the site, once, for what needs no credentials.
func (c *Client) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	p := &progress{}
	return c.attempt(ctx, c.infoRequest(new(Info)), p) == nil && p.last.success()
}

// pause is the wait of one row before its next attempt: after a failure at least what the site asks for, within reason.
func (c *Client) pause(r *request, p *progress) time.Duration {
	if p.last.verdict == refused {
		return backoff(p.refusals)
	}
	asked := min(p.last.quota.RetryAfter, longestRetryAfter)
	if r.check {
		asked = min(asked, startPatience)
	}
	if c.maxPause > 0 {
		asked = min(asked, c.maxPause)
	}
	return max(asked, backoff(p.failures))
}

// backoff is the wait after so many failures or refusals: full jitter under 0.5 s doubling, at most 30 s.
func backoff(n int) time.Duration {
	ceiling := min(30*time.Second, 500*time.Millisecond<<min(n-1, 10))
	return rand.N(ceiling)
}

// hopeless reports errors that another attempt does not change: wrong settings at any time, and before the run also
// what is otherwise taken for an outage.
func hopeless(err error, check bool) bool {
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

// send makes one request. Once it is under way, ctx no longer ends it unless it is a check.
func (c *Client) send(ctx context.Context, r *request) answer {
	root, authorization, err := c.whereAndWho(ctx, r)
	if err != nil {
		return c.unsentAnswer(ctx, err)
	}
	if !r.check {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	c.closeStale()

	w := new(wire)
	req, err := c.newRequest(w.trace(ctx), r, root, authorization)
	if err != nil {
		return c.unsentAnswer(ctx, &Error{Op: r.op, Kind: KindInvalid, Message: "the request cannot be made"})
	}
	a := answer{token: authorization}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		a.err = inTime(ctx, err)
	} else {
		a.status, a.header = resp.StatusCode, resp.Header
		a.body, a.err = readBody(resp)
	}
	a.at, a.sent = time.Now(), w.sent(err)
	a.verdict = classify(a, r)
	a.quota = quotaAnswer(a)
	return a
}

// inTime is errTimeout when the request's own time is over, whatever the transport calls that.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil && context.Cause(ctx) == errTimeout {
		return errTimeout
	}
	return err
}

// unsentAnswer is that of an attempt that did not even become a request. A token endpoint that is out of order
// counts as a site that does not answer.
func (c *Client) unsentAnswer(ctx context.Context, err error) answer {
	a := answer{verdict: unsent, err: err, at: time.Now(), quota: pacer.Answer{Kind: pacer.Unsent}}
	if !hopeless(err, false) && ctx.Err() == nil {
		a.quota = quotaAnswer(a)
	}
	return a
}

func (c *Client) newRequest(ctx context.Context, r *request, root, authorization string) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, root+r.path, body)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // without it no transport can replay the body in silence
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("X-Atlassian-Token", "no-check")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.experimental {
		req.Header.Set("X-ExperimentalApi", "opt-in")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return req, nil
}

// classify is by status alone, but for what shows that an answer is not whole, or not what the API promises.
func classify(a answer, r *request) verdict {
	switch {
	case a.sent == 0 || unprocessed(a.err):
		return unsent
	case a.status == 0 || a.status >= 500:
		return ambiguous
	case a.status == http.StatusTooManyRequests:
		return refused
	case a.status/100 == 2 && (a.err != nil || !r.read(a.body)):
		return ambiguous
	}
	return definite
}

// unprocessed reports the two cases in which HTTP/2 promises that the server has done nothing (RFC 9113, 8.7). They
// have no type of their own in net/http; an unknown text is merely ambiguous.
func unprocessed(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.HasPrefix(text, "http2: Transport: cannot retry") &&
		(strings.Contains(text, "REFUSED_STREAM") || strings.Contains(text, "GOAWAY"))
}

// readBody reads to the end, so that the connection can be used again.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if len(body) > maxAnswer {
		return body[:maxAnswer], errors.New("the answer is longer than 1 MiB")
	}
	return body, err
}

// readJSON is a read of a body of JSON into v; valid reports whether v then holds what is promised.
func readJSON[T any](v *T, valid func() bool) func([]byte) bool {
	return func(body []byte) bool {
		*v = *new(T)
		return json.Unmarshal(body, v) == nil && valid()
	}
}

// readNothing is a read of an answer that the API promises to be empty.
func readNothing(body []byte) bool { return len(bytes.TrimSpace(body)) == 0 }

// get asks for what r.read reads.
func (c *Client) get(ctx context.Context, r *request) (answer, error) {
	r.method = http.MethodGet
	a, _, err := c.do(ctx, r)
	return a, err
}

// closeStale closes connections that were idle for so long that the other side may have dropped them.
func (c *Client) closeStale() {
	now := time.Now().UnixNano()
	if last := c.lastSent.Swap(now); last != 0 && now-last > int64(10*time.Second) {
		c.Close()
	}
}

func (c *Client) logAttempt(ctx context.Context, r *request, a answer, p *progress) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.method),
		slog.String("route", r.route),
		slog.Int("status", a.status),
		slog.Duration("took", p.call.Took),
		slog.Int("attempt", p.call.Attempts),
		slog.String("verdict", a.verdict.String()),
	}
	if a.err != nil {
		_, text, _ := explain(a.err)
		attrs = append(attrs, slog.String("error", mask(text, r.private)))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

// errTimeout is the end of a request's own time. It is a timeout in the sense of net.Error.
var errTimeout error = timeoutError{}

type timeoutError struct{}

func (timeoutError) Error() string     { return "no answer in time" }
func (timeoutError) Timeout() bool     { return true }
func (timeoutError) Temporary() bool   { return true }
func (timeoutError) Is(err error) bool { return err == context.DeadlineExceeded }

var _ net.Error = timeoutError{}
