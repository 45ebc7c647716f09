package jsmtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"syscall"
)

// Transport is a round tripper that calls h in the caller's goroutine, without a network. Everything that waits in h
// waits in the caller, so it works in the virtual time of testing/synctest; h must heed the request's context, as a
// Site does. The trace hooks GetConn, GotConn, WroteHeaders, WroteRequest and GotFirstResponseByte are called as
// net/http's own transport calls them.
//
// A panic with [http.ErrAbortHandler] becomes what a client sees of a cut connection: an error like a reset when
// nothing was sent yet, else a body that ends in [io.ErrUnexpectedEOF]. Other panics go through to the caller.
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
	recorded := httptest.NewRecorder()
	aborted := run(t.handler, recorded, arriving(req))
	if aborted && !recorded.Flushed {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return response(recorded, req, aborted), nil
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
	r.RequestURI, r.Host = req.URL.RequestURI(), cmp.Or(r.Host, req.URL.Host)
	if r.Body == nil {
		r.Body = http.NoBody
	}
	return r
}

// run calls the handler and reports whether it cut the connection.
func run(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
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
	return false
}

func response(recorded *httptest.ResponseRecorder, req *http.Request, aborted bool) *http.Response {
	resp := recorded.Result()
	resp.Request = req
	got := int64(recorded.Body.Len())
	if resp.ContentLength < 0 && !aborted {
		resp.ContentLength = got
	}
	if aborted || resp.ContentLength > got && req.Method != http.MethodHead {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, cut{}))
	}
	return resp
}

// cut is the end of a body that was to go on.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
