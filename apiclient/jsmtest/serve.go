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
