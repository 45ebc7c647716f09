package apiclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
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

// LoadCAFile is the system's certificate authorities and those of a PEM file.
func LoadCAFile(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Op: "reading certificate authorities", Kind: KindTLS, Message: "cannot read " + path, Hint: "give the path of a PEM file as --ca-file", Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &Error{Op: "reading certificate authorities", Kind: KindTLS,
			Message: path + " holds no certificate in PEM form",
			Hint:    "a PEM file has lines of -----BEGIN CERTIFICATE-----; convert a .der or .cer file with: openssl x509 -inform der -in FILE -out FILE.pem",
			Err:     errors.New("no certificate")}
	}
	return pool, nil
}
