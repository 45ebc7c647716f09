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

// Start serves the site on addr, HOST:PORT with port 0 for any free one, until stop is called: that closes the site,
// and lets requests finish for up to 5 s. The url, http://127.0.0.1:8765, is that of the site, the gateway and, with
// /oauth/token, the token endpoint. Hosts that are not loopback are refused: the site has no secrets worth the name.
func (s *Site) Start(addr string) (url string, stop func() error, err error) {
	host, port, err := net.SplitHostPort(addr)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return "", nil, fmt.Errorf("the sandbox listens on loopback only, as in 127.0.0.1:8765, not on %q", addr)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(s.Close)
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	return "http://" + listener.Addr().String(), func() error {
		defer serving.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) == nil {
			return nil
		}
		return server.Close()
	}, nil
}

// Transport is a round tripper that calls a handler in the caller's goroutine, without a network. Everything that waits
// in it waits in the caller, so it works in the virtual time of testing/synctest; it must heed the request's context,
// as a Site does. No hooks of httptrace are called.
//
// A panic with [http.ErrAbortHandler] becomes what a client sees of a cut connection: an error like a reset when
// nothing was sent yet, else a body that ends in [io.ErrUnexpectedEOF]. Other panics go through to the caller.
type Transport http.HandlerFunc

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	arriving := req.WithContext(ctx) // as a server sees it
	arriving.RequestURI, arriving.Host = req.URL.RequestURI(), cmp.Or(req.Host, req.URL.Host)
	arriving.Body = cmp.Or(req.Body, io.ReadCloser(http.NoBody))
	defer arriving.Body.Close()
	recorded := httptest.NewRecorder()
	aborted := ctx.Err() != nil || t.run(recorded, arriving)
	if aborted && !recorded.Flushed {
		reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
		return nil, cmp.Or(context.Cause(ctx), error(reset))
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
func (t Transport) run(w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		p := recover()
		if aborted = p == http.ErrAbortHandler; p != nil && !aborted {
			panic(p)
		}
	}()
	t(w, r)
	return false
}
