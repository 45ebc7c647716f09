package apiclient

import (
	"bytes"
	"context"
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

// verdict says what one attempt can have done at the site.
type verdict int

const (
	unsent    verdict = iota + 1 // it never left: no connection, or nothing was written
	refused                      // 429: nothing was done
	ambiguous                    // it may have been carried out: no status, 5xx, or half an answer
	definite                     // the status says it all
)

func (v verdict) String() string {
	return [...]string{"", "unsent", "refused", "ambiguous", "definite"}[v]
}

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 1 << 20

// request is one operation, to be sent as often as need be.
type request struct {
	op     string // for errors: what was being done
	method string
	route  string // for the log: the path without anybody's data
	path   string // with query
	body   []byte
	lane   *lane

	anonymous    bool              // to the site, without credentials
	at           string            // send to this root; "": where the credentials are taken
	experimental bool              // opts in to an experimental API
	check        bool              // asked before the run: ends with its context, and has less patience
	private      []string          // addresses and names, never to be logged
	leaving      func() error      // called once, when the first attempt has its leave; nil: nobody asks
	read         func([]byte) bool // reads the body of a 2xx, and reports whether it is whole; nil: any is
}

// answer is what came of one attempt.
type answer struct {
	verdict verdict
	status  int // 0: none
	header  http.Header
	body    []byte // but for a success
	sent    int    // requests that left; more than one: the transport has replayed it in silence
	token   string
	err     error
	quota   pacer.Answer
	at      time.Time
}

// wire is what httptrace tells of one attempt.
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
		// The first header may leave before WroteHeaders is told, on HTTP/2.
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

// sent counts the requests that may have left. A transport that tells nothing is taken to have sent one.
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

// send makes one attempt. Once it is under way, ctx no longer ends it unless the request is a check.
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
	c.wake()

	w := new(wire)
	req, err := c.newRequest(w.trace(ctx), r, root, authorization)
	if err != nil {
		return c.unsentAnswer(ctx, &settingsError{err})
	}
	a := answer{token: authorization}
	b := c.bodies.Get().(*bytes.Buffer)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		a.err = inTime(ctx, err)
	} else {
		a.status, a.header = resp.StatusCode, resp.Header
		a.body, a.err = readBody(resp, b)
	}
	a.at, a.sent = time.Now(), w.sent(err)
	a.verdict = classify(a, r)
	a.quota = quotaAnswer(a)
	if a.verdict == definite && a.status/100 == 2 {
		a.body = nil // it has been read
		b.Reset()
		c.bodies.Put(b)
	}
	return a
}

// inTime is errTimeout when the request's own time is over, whatever the transport calls that.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil && context.Cause(ctx) == errTimeout {
		return errTimeout
	}
	return err
}

// unsentAnswer is that of an attempt that did not even come to be a request. A token endpoint that is out of order
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
	h := req.Header
	h["Accept"] = []string{"application/json"}
	h["User-Agent"] = []string{c.userAgent}
	h["X-Atlassian-Token"] = []string{"no-check"}
	if r.body != nil {
		h["Content-Type"] = []string{"application/json"}
	}
	if r.experimental {
		h["X-Experimentalapi"] = []string{"opt-in"}
	}
	if authorization != "" {
		h["Authorization"] = []string{authorization}
	}
	return req, nil
}

// classify is by status alone, but for what shows that the answer is not whole.
func classify(a answer, r *request) verdict {
	switch {
	case a.sent == 0 || unprocessed(a.err):
		return unsent
	case a.status == 0 || a.status >= 500:
		return ambiguous
	case a.status == http.StatusTooManyRequests:
		return refused
	case a.status/100 == 2 && (a.err != nil || r.read != nil && !r.read(a.body)):
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

var errTooLong = errors.New("the answer is longer than 1 MiB")

// readBody reads to the end, so that the connection can be used again.
func readBody(resp *http.Response, b *bytes.Buffer) ([]byte, error) {
	defer resp.Body.Close()
	_, err := b.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	if b.Len() > maxAnswer {
		return b.Bytes()[:maxAnswer], errTooLong
	}
	return b.Bytes(), err
}

// wake closes connections that lay idle for so long that the other side may have dropped them.
func (c *Client) wake() {
	now := time.Now().UnixNano()
	if last := c.lastSent.Swap(now); last != 0 && now-last > int64(10*time.Second) {
		c.closeIdle()
	}
}

func (c *Client) logAttempt(ctx context.Context, r *request, a answer, n int, took time.Duration) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.method), slog.String("route", r.route), slog.Int("status", a.status),
		slog.Duration("took", took), slog.Int("attempt", n), slog.String("verdict", a.verdict.String()),
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

func (timeoutError) Error() string   { return "no answer in time" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
func (timeoutError) Is(err error) bool {
	return err == context.DeadlineExceeded
}

var _ net.Error = timeoutError{}
