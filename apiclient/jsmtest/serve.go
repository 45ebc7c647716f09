package jsmtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// Server is a site on a loopback port.
type Server struct {
	URL string // http://127.0.0.1:8765: of the site, the gateway and, with /oauth/token, the token endpoint

	site *Site
	http *http.Server
	done chan struct{}
}

// Start serves the site on addr, HOST:PORT with port 0 for any free one, until the server is closed. It refuses hosts
// that are not loopback: the site has no secrets worth the name.
func (s *Site) Start(addr string) (*Server, error) {
	listener, err := listenLoopback(addr)
	if err != nil {
		return nil, err
	}
	v := &Server{
		URL:  "http://" + listener.Addr().String(),
		site: s,
		http: &http.Server{
			Handler:           s,
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          log.New(io.Discard, "", 0), // cut connections are meant
		},
		done: make(chan struct{}),
	}
	go func() {
		defer close(v.done)
		_ = v.http.Serve(listener) // always an error; clients notice when it is not Close's
	}()
	return v, nil
}

// Close ends hanging requests, lets the others finish for up to 5 s, and closes the site. It may be called again.
func (v *Server) Close() error {
	v.site.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := v.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = v.http.Close()
	}
	<-v.done
	return err
}

func listenLoopback(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, parseErr := netip.ParseAddr(host)
	if err != nil || parseErr != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the sandbox listens on loopback only, HOST:PORT as in 127.0.0.1:8765, not on %q", addr)
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}

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
