// Package apiclient is a client of Jira Service Management Cloud for a migration: it creates customers, looks them up,
// renames them, gives them access and takes portal access away. Every attempt is classified by what it may have done.
package apiclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"jsm-onboard/apiclient/pacer"
)

// The pacer's types that callers meet. Nobody above this package imports the pacer.
type (
	PauseError = pacer.PauseError // the wait would be longer than Config.MaxPause
	Event      = pacer.Event
	Pace       = pacer.Pace
)

// Config is what a Client is made of. Site and Credentials are required.
type Config struct {
	Site        string // as ParseSite takes it
	GatewayURL  string // default: that of the site's cloud
	TokenURL    string // default: that of the site's cloud
	Credentials Credentials
	Workers     int               // requests in flight at most, and connections kept; 0: any number
	MaxRate     float64           // requests a second on one endpoint at most; 0: unpaced until a 429 or a rate header
	Timeout     time.Duration     // of one request, from leaving the pacer to the end of the answer; default 60 s
	MaxPause    time.Duration     // the longest wait for the quota, or for a site that does not answer; 0: any length
	RootCAs     *x509.CertPool    // nil: the system's
	Transport   http.RoundTripper // nil: one of its own; for tests
	Log         *slog.Logger      // one line a request at debug level, without personal data; nil: none
	UserAgent   string
	Notify      func(Event) // may be nil
}

// Call is what became of one operation, over all of its attempts.
type Call struct {
	Attempts int       // requests that left
	Refused  int       // of them, answered with 429
	Status   int       // HTTP status of the last answer; 0: there was none
	Lost     bool      // an attempt may have been carried out without its answer having been read
	First    time.Time // when the first attempt left the pacer; zero: none did
}

// Hooks let the caller record the attempts of an operation: both functions are set, or neither. If a call ends with an
// error, without Call.Lost, and its last attempt was answered 429 or 401 or never left, then the last hook called was
// Withdraw, or none was.
type Hooks struct {
	// BeforeSend is called before a request leaves, unless an attempt of this call is on record. Its error ends the
	// call, and nothing has left.
	BeforeSend func() error
	// Withdraw is called, before any wait, when the attempt on record provably did nothing: it never left, or was
	// answered 429 or 401, and no earlier attempt is lost. Its error ends the call.
	Withdraw func() error
}

// Client is the client of one site. It is safe for many goroutines.
type Client struct {
	config Config
	site   string
	cloud  cloud
	kind   CredentialKind

	current   chan *oauth2.Token // holds the token, or nil; who takes it out puts one back
	group     *pacer.Group
	mu        sync.Mutex
	endpoints map[operation]*endpoint // guarded by mu
	random    *rand.Rand              // guarded by mu; of its own, so that virtual time repeats it

	// What Connect has found out:
	root   string  // that takes the credentials: the site, or the gateway with the cloud id
	tenant string  // the cloud id; "": not known
	browse Verdict // on the permission to browse users; 0: not asked
}

// endpoint is the pacer of one operation, and what its answers have shown.
type endpoint struct {
	*pacer.Pacer
	passed atomic.Int64 // answers that show that the site works
	works  atomic.Bool  // the operation has succeeded once
}

// New makes a client. It sends nothing: Connect does, and comes before anything else.
func New(c Config) (*Client, error) {
	site, err := ParseSite(c.Site)
	if err != nil {
		return nil, err
	}
	kind, err := c.Credentials.Kind()
	if err != nil {
		return nil, err
	}
	cloud, err := cloudOf(site, c.GatewayURL, c.TokenURL, kind)
	if err != nil {
		return nil, err
	}
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.MaxPause = cmp.Or(c.MaxPause, math.MaxInt64)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Transport == nil {
		c.Transport = newTransport(c.Workers, c.RootCAs)
	}
	root := site
	if kind != APIToken {
		root = cloud.gateway
	}
	client := &Client{
		config:    c,
		site:      site,
		cloud:     cloud,
		kind:      kind,
		group:     pacer.NewGroup(c.MaxPause, c.Notify),
		endpoints: map[operation]*endpoint{},
		random:    rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)),
		root:      root,
		current:   make(chan *oauth2.Token, 1),
	}
	client.current <- c.Credentials.token(kind)
	return client, nil
}

// endpoint returns the one endpoint of an operation; all requests go through one. Atlassian documents 100 requests a
// second for GET and POST and 50 for PUT. Searches get half, as people who use the site meanwhile need them, too.
func (c *Client) endpoint(o operation) *endpoint {
	rate := c.config.MaxRate
	if half := max(50, rate/2); (o.method == put || o == opSearch) && (rate <= 0 || rate > half) {
		rate = half
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoints[o] == nil {
		c.endpoints[o] = &endpoint{Pacer: c.group.Pacer(o.method+" "+cmp.Or(o.route, o.name), rate)}
	}
	return c.endpoints[o]
}

// Requests is how many requests have left so far, of all operations, but for those on their way.
func (c *Client) Requests() (sent int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.endpoints {
		sent += l.Pace().Sent
	}
	return sent
}

// Pace is a snapshot of the pace of CreateCustomer.
func (c *Client) Pace() Pace { return c.endpoint(opCreate).Pace() }

// RevokePace is a snapshot of the pace of RevokePortalAccess.
func (c *Client) RevokePace() Pace { return c.endpoint(opRevoke).Pace() }

// Close closes the connections that are idle.
func (c *Client) Close() { (&http.Client{Transport: c.config.Transport}).CloseIdleConnections() }

// newTransport keeps one connection for each worker, with one request at a time (HTTP/1.1), so that what was written of
// a request can be counted. Idle connections are closed before the server closes them.
func newTransport(workers int, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			return &countedConn{Conn: conn}, err
		},
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    workers,
		MaxConnsPerHost:        workers,
		IdleConnTimeout:        10 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// checkProxy returns a proxy's refusal of CONNECT as the error of a failed connection to the proxy.
func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &net.OpError{Op: "proxyconnect", Err: errors.New("it answered " + statusText(answer.StatusCode))}
}

// LoadCAFile returns the system's certificate authorities and those of a PEM file. The error is an *Error.
func LoadCAFile(path string) (*x509.CertPool, error) {
	pool, _ := x509.SystemCertPool() // nil where there is none
	pool = cmp.Or(pool, x509.NewCertPool())
	pem, err := os.ReadFile(path)
	if err == nil && pool.AppendCertsFromPEM(pem) {
		return pool, nil
	}
	return nil, newError("reading certificate authorities", KindSettings,
		path+" cannot be read, or holds no certificate in PEM form",
		"convert a .der or .cer file with: openssl x509 -inform der -in FILE -out FILE.pem")
}
