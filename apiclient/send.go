package apiclient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// effect is what one attempt may have done at the site; logs call it its verdict.
type effect string

const (
	unsent    effect = "unsent"    // it never left: no connection, or nothing was written
	refused   effect = "refused"   // 429: nothing was done
	ambiguous effect = "ambiguous" // it may have been carried out: no status, 5xx, or an answer that is cut short
	odd       effect = "odd"       // likewise: 2xx, and not what the API promises
	denied    effect = "denied"    // nothing was done: the status is all there is to know
	done      effect = "done"      // 2xx, and what the API promises
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 1 << 20

// answer is what came of one attempt.
type answer struct {
	effect     effect
	status     int // 0: none
	header     http.Header
	body       []byte
	sent       int // requests that left; more than one: the transport has replayed it in silence
	err        error
	quota      pacer.Answer
	sentAt     time.Time // when it left the pacer
	receivedAt time.Time // when the answer ended
}

// final reports whether another attempt would be useless: it was denied, or before the run, what is otherwise taken
// for an outage has happened.
func (a answer) final(check bool) bool {
	kind, _, _ := noAnswer(a.err)
	return a.effect == denied || check && (a.effect == odd || kind == KindSettings)
}

// send makes one request. Once it is under way, ctx no longer ends it unless it is a check or for all.
func (c *Client) send(ctx context.Context, r *request) answer {
	req, err := c.newRequest(r)
	if err != nil {
		return answer{effect: unsent, err: err}
	}
	timeout := c.config.Timeout
	if r.check {
		timeout = min(timeout, checkTimeout-time.Since(r.began))
	} else if !r.forAll {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	a, w := answer{}, new(connTrace)
	resp, err := c.config.Transport.RoundTrip(req.WithContext(w.trace(ctx)))
	if a.err = err; err == nil {
		a.status, a.header = resp.StatusCode, resp.Header
		defer resp.Body.Close()
		a.body, a.err = io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer)) // to the end: it is used again
	}
	a.sent = w.sent()
	a.effect = classify(a, r)
	return a
}

// newRequest makes the request of one attempt.
func (c *Client) newRequest(r *request) (*http.Request, error) {
	var body []byte
	kind := "application/json"
	if form, ok := r.body.(url.Values); ok {
		kind, body = "application/x-www-form-urlencoded", []byte(form.Encode())
	} else if r.body != nil {
		body, _ = json.Marshal(r.body) // of texts and numbers, which never fails
	}
	req, err := http.NewRequest(r.method, cmp.Or(r.root, c.root)+r.path(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // without it no transport can replay the body in silence
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.config.UserAgent)
	req.Header.Set("X-Atlassian-Token", "no-check")
	req.Header.Set("X-ExperimentalApi", "opt-in") // some operations need it, and no other minds it
	if r.body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if r.token != nil {
		r.token.SetAuthHeader(req)
	}
	return req, nil
}

// classify is by status alone, but for what shows that an answer is not whole, or not what the API promises.
func classify(a answer, r *request) effect {
	switch {
	case a.sent == 0:
		return unsent
	case a.status < 200 || a.status == http.StatusRequestTimeout || a.status >= 500:
		return ambiguous
	case a.status == http.StatusTooManyRequests:
		return refused
	case a.status/100 != 2:
		return denied
	case a.err != nil:
		return ambiguous
	case r.want != 0 && a.status != r.want, r.read != nil && !r.read(a.body):
		return odd
	}
	return done
}

func (c *Client) logAttempt(ctx context.Context, r *request) {
	a, text := r.last, ""
	if a.err != nil {
		_, text, _ = noAnswer(a.err)
	}
	c.config.Log.DebugContext(ctx, "request", "method", r.method, "route", cmp.Or(r.route, r.name), "status", a.status,
		"took", a.receivedAt.Sub(a.sentAt), "attempt", r.call.Attempts, "verdict", a.effect, "error", text)
}

// connTrace records, by httptrace, the connections that one attempt got.
type connTrace struct {
	asked atomic.Bool // for a connection: a real transport is at work
	mu    sync.Mutex
	got   []func() bool // reports whether that connection has been written to since
}

func (w *connTrace) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.got = append(w.got, writes(info.Conn))
		},
	})
}

// sent counts the requests that may have left, one for each connection that was written to.
func (w *connTrace) sent() (n int) {
	if !w.asked.Load() {
		return 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, written := range w.got {
		if written() {
			n++
		}
	}
	return n
}

// writes returns a function that reports whether conn was written to since. One that does not count always was.
func writes(conn net.Conn) (written func() bool) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	counted, ok := conn.(*countedConn)
	if !ok {
		return func() bool { return true }
	}
	before := counted.written.Load()
	return func() bool { return counted.written.Load() > before }
}

// countedConn counts what may have left on a connection: bytes count from before they are written, and are taken
// back only when the write failed without any of them.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.written.Add(int64(len(b)))
	n, err := c.Conn.Write(b)
	if n == 0 && err != nil {
		c.written.Add(-int64(len(b)))
	}
	return n, err
}
