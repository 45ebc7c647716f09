package apiclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// newTransport keeps one connection a worker. Idle ones end before the server ends them, and a silent HTTP/2
// connection is pinged, so that a request is hardly ever written to a dead one.
func newTransport(workers int, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: conn}, nil
		},
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		Protocols:              protocols,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		MaxIdleConnsPerHost:    workers,
		MaxConnsPerHost:        workers,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
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

// proxyError is a proxy's refusal to connect us.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.status, http.StatusText(e.status))
}

func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}

// checkProxyURL refuses proxy settings that cannot be used, without quoting them: they may hold a password.
func checkProxyURL(site string) error {
	req, err := http.NewRequest(http.MethodGet, site, nil)
	if err != nil {
		return siteError("it is not an address", hintSite)
	}
	if _, err := http.ProxyFromEnvironment(req); err != nil {
		return &Error{
			Op:      "reading the proxy's address",
			Kind:    KindProxy,
			Message: "it is not an address",
			Hint:    "check HTTPS_PROXY: it looks like http://proxy:8080",
		}
	}
	return nil
}

// LoadCAFile returns the system's certificate authorities and those of a PEM file. The error is an *Error.
func LoadCAFile(path string) (*x509.CertPool, error) {
	e := &Error{Op: "reading certificate authorities", Kind: KindTLS}
	pem, err := os.ReadFile(path)
	if err != nil {
		e.Message, e.Hint, e.Err = "cannot read "+path, "give the path of a PEM file as --ca-file", err
		return nil, e
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		e.Message = path + " holds no certificate in PEM form"
		e.Hint = "convert a .der or .cer file with: openssl x509 -inform der -in FILE -out FILE.pem"
		return nil, e
	}
	return pool, nil
}
