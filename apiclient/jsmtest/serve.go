package jsmtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"syscall"
	"testing/iotest"
	"time"
)

// Server is a site on a loopback port.
type Server struct {
	URL string // http://127.0.0.1:8765: of the site, the gateway and, with /oauth/token, the token endpoint

	http    http.Server
	serving sync.WaitGroup
}

// Start serves the site on addr, HOST:PORT with port 0 for any free one, until the server is closed. It refuses hosts
// that are not loopback: the site has no secrets worth the name.
func (s *Site) Start(addr string) (*Server, error) {
	host, port, err := net.SplitHostPort(addr)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("the sandbox listens on loopback only, HOST:PORT as in 127.0.0.1:8765, not on %q", addr)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	v := &Server{URL: "http://" + listener.Addr().String()}
	v.http.Handler, v.http.ReadHeaderTimeout = s, 10*time.Second
	v.http.RegisterOnShutdown(s.Close)
	v.serving.Go(func() { _ = v.http.Serve(listener) }) // always an error; clients notice when it is not Close's
	return v, nil
}

// Close ends hanging requests, lets the others finish for up to 5 s, and closes the site. It may be called again.
func (v *Server) Close() error {
	defer v.serving.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if v.http.Shutdown(ctx) == nil {
		return nil
	}
	return v.http.Close()
}

// Transport is a round tripper that calls h in the caller's goroutine, without a network. Everything that waits in h
// waits in the caller, so it works in the virtual time of testing/synctest; h must heed the request's context, as a
// Site does. No hooks of httptrace are called.
//
// A panic with [http.ErrAbortHandler] becomes what a client sees of a cut connection: an error like a reset when
// nothing was sent yet, else a body that ends in [io.ErrUnexpectedEOF]. Other panics go through to the caller.
func Transport(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	arriving := req.WithContext(ctx) // as a server sees it
	arriving.RequestURI, arriving.Host = req.URL.RequestURI(), cmp.Or(req.Host, req.URL.Host)
	if req.Body == nil {
		arriving.Body = http.NoBody
	}
	defer arriving.Body.Close()
	recorded := httptest.NewRecorder()
	aborted := ctx.Err() != nil || run(t.handler, recorded, arriving)
	switch {
	case aborted && !recorded.Flushed && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case aborted && !recorded.Flushed:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	resp, got := recorded.Result(), int64(recorded.Body.Len())
	resp.Request = req
	if aborted || resp.ContentLength > got {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	} else {
		resp.ContentLength = got
	}
	return resp, nil
}

// run calls the handler and reports whether it cut the connection.
func run(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}
