package jsmtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"syscall"
)

// Transport is a round tripper that calls h in the caller's goroutine, without
// a network. Everything that waits in h waits in the caller, so it works in
// the virtual time of testing/synctest; h must heed the request's context, as
// a Site does. The trace hooks GetConn, GotConn, WroteHeaders, WroteRequest and
// GotFirstResponseByte are called as net/http's own transport calls them.
//
// A panic with [http.ErrAbortHandler] becomes what a client sees of a cut
// connection: an error like a reset when nothing was sent yet, else a body
// that ends in [io.ErrUnexpectedEOF]. Other panics go through to the caller.
func Transport(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.Body != nil {
		defer req.Body.Close()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	trace := httptrace.ContextClientTrace(ctx)
	traceRequest(trace, req)
	w := &recorder{header: http.Header{}}
	aborted := w.run(t.handler, arriving(req))
	if aborted && !w.flushed {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return w.response(req, aborted), nil
}

func traceRequest(trace *httptrace.ClientTrace, req *http.Request) {
	if trace == nil {
		return
	}
	if trace.GetConn != nil {
		trace.GetConn(req.URL.Host)
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// arriving is the request as a server sees it.
func arriving(req *http.Request) *http.Request {
	r := req.WithContext(req.Context())
	r.RequestURI, r.RemoteAddr = req.URL.RequestURI(), "127.0.0.1:1"
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	if r.Host == "" {
		r.Host = req.URL.Host
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	return r
}

// recorder keeps what a handler answers.
type recorder struct {
	header  http.Header
	status  int
	sent    http.Header // as it was when the status was written
	body    bytes.Buffer
	flushed bool // bytes have left for the client
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.status == http.StatusNoContent && len(p) > 0 {
		return 0, http.ErrBodyNotAllowed
	}
	return w.body.Write(p)
}

// Flush implements [http.Flusher].
func (w *recorder) Flush() {
	w.WriteHeader(http.StatusOK)
	w.flushed = true
}

// run calls the handler and reports whether it cut the connection.
func (w *recorder) run(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		aborted = true
	}()
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return false
}

func (w *recorder) response(req *http.Request, aborted bool) *http.Response {
	length := int64(w.body.Len())
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	} else if aborted {
		length = -1
	}
	var body io.Reader = &w.body
	if aborted || length > int64(w.body.Len()) && req.Method != http.MethodHead {
		body = io.MultiReader(body, cut{})
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: length, Request: req,
	}
}

// cut is the end of a body that was to go on.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
