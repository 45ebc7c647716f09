package apiclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
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

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 1 << 20

// answer is what came of one attempt.
type answer struct {
	verdict verdict
	status  int // 0: none
	header  http.Header
	body    []byte
	tls     *tls.ConnectionState
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

// send makes one request. Once it is under way, ctx no longer ends it unless it is a check.
func (c *Client) send(ctx context.Context, r *request) answer {
	root, authorization, err := c.whereAndWho(ctx, r)
	if err != nil {
		return unsentAnswer(ctx, err)
	}
	if !r.check {
		ctx = context.WithoutCancel(ctx)
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	c.closeStale()

	w := new(wire)
	req, err := c.newRequest(w.trace(timed), r, root, authorization)
	if err != nil {
		return unsentAnswer(ctx, r.fail(KindInvalid, "the request cannot be made", ""))
	}
	a := answer{token: authorization}
	resp, err := c.transport.RoundTrip(req)
	if err == nil {
		a.status, a.header, a.tls = resp.StatusCode, resp.Header, resp.TLS
		a.body, a.err = readBody(resp)
	} else if a.err = err; timed.Err() != nil && ctx.Err() == nil {
		a.err = context.DeadlineExceeded // its own, whatever the transport calls that
	}
	a.at, a.sent = time.Now(), w.sent(err)
	a.verdict = classify(a, r)
	a.quota = quotaAnswer(a)
	return a
}

// unsentAnswer is that of an attempt that did not even become a request. A token endpoint that is out of order
// counts as a site that does not answer.
func unsentAnswer(ctx context.Context, err error) answer {
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
	req, err := http.NewRequestWithContext(ctx, r.method, root+r.path(), body)
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

func (c *Client) logAttempt(ctx context.Context, r *request, p *progress) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	a := p.last
	attrs := []any{"method", r.method, "route", r.route, "status", a.status, "took", p.call.Took,
		"attempt", p.call.Attempts, "verdict", a.verdict.String()}
	if a.err != nil {
		_, text, _ := explain(a.err)
		attrs = append(attrs, "error", mask(text, r.private))
	}
	c.log.DebugContext(ctx, "request", attrs...)
}

// wire is what httptrace reports of one attempt.
type wire struct {
	asked  atomic.Bool // for a connection: a real transport is at work
	fresh  atomic.Bool // a connection was got, and no header was written yet
	shared atomic.Bool // HTTP/2
	wrote  atomic.Int32
	conn   atomic.Pointer[countedConn]
	before atomic.Int64 // bytes written on conn when it was got
}

func (w *wire) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			conn := counted(info.Conn)
			if conn != nil {
				w.before.Store(conn.written.Load())
			}
			w.shared.Store(conn == nil)
			w.conn.Store(conn)
			w.fresh.Store(true)
		},
		// On HTTP/2 the first header may leave before WroteHeaders is called.
		WroteHeaderField: func(string, []string) { w.writing() },
		WroteHeaders:     w.writing,
	})
}

// writing counts once for each connection.
func (w *wire) writing() {
	if w.fresh.Load() && w.fresh.CompareAndSwap(true, false) {
		w.wrote.Add(1)
	}
}

// sent counts the requests that may have left. A transport that reports nothing is taken to have sent one.
func (w *wire) sent(err error) int {
	if !w.asked.Load() {
		return 1
	}
	n := int(w.wrote.Load())
	if conn := w.conn.Load(); n == 1 && conn != nil && conn.written.Load() == w.before.Load() {
		return 0
	}
	if n == 0 && w.shared.Load() && errors.Is(err, context.DeadlineExceeded) {
		return 1 // an HTTP/2 stream may have been on its way
	}
	return n
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

// counted finds the countedConn under a connection on which one request travels at a time; nil: there is none.
func counted(conn net.Conn) *countedConn {
	switch conn := conn.(type) {
	case *countedConn:
		return conn
	case *tls.Conn:
		if conn.ConnectionState().NegotiatedProtocol != "h2" {
			return counted(conn.NetConn())
		}
	}
	return nil
}
