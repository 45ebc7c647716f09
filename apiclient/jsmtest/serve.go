package jsmtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Server is a site on a loopback port.
type Server struct {
	URL string // http://127.0.0.1:8765: the site's address, the gateway's and, with /oauth/token, the token endpoint's

	site *Site
	http *http.Server
	done chan error
}

// Start serves the site on addr, HOST:PORT with port 0 for any free one. It
// refuses hosts that are not loopback: the site has no secrets worth the name.
// Close the server when done.
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
		done: make(chan error, 1),
	}
	go func() { v.done <- v.http.Serve(listener) }()
	return v, nil
}

// Close ends hanging requests, lets the others finish for up to 5 s, and
// closes the site. It may be called again.
func (v *Server) Close() error {
	v.site.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := v.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = v.http.Close()
	}
	served := <-v.done
	v.done <- served // for a second Close
	if !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Serve serves the site on addr until ctx ends, then closes it. ready, unless
// nil, is told the address when it listens.
func (s *Site) Serve(ctx context.Context, addr string, ready func(url string)) error {
	v, err := s.Start(addr)
	if err != nil {
		return err
	}
	if ready != nil {
		ready(v.URL)
	}
	select {
	case <-ctx.Done():
	case err := <-v.done: // the listener broke
		v.done <- err
	}
	return v.Close()
}

func listenLoopback(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's address must be HOST:PORT, as in 127.0.0.1:8765, not %q", addr)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the sandbox listens on loopback only, as in 127.0.0.1:8765, not on %q", addr)
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}
