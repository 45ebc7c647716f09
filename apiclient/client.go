// Package apiclient is Jira Service Management Cloud as a migration sees it: creating customers, looking them up,
// and taking portal access away, with every attempt classified by what may have been done.
package apiclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// The addresses that Atlassian's cloud has for everybody.
const (
	DefaultGatewayURL = "https://api.atlassian.com"
	DefaultTokenURL   = "https://auth.atlassian.com/oauth/token"
)

// Config is what a Client is made of. Site and Credentials are required.
type Config struct {
	Site        string // as ParseSite takes it
	GatewayURL  string // default DefaultGatewayURL
	TokenURL    string // default DefaultTokenURL
	Credentials Credentials
	Anonymous   bool              // without Credentials, for Reach, LookUp and Certificate alone
	Workers     int               // requests in flight at most, and connections kept; default 64
	MaxRate     float64           // requests a second on one endpoint at most; 0: unpaced until the first refusal or rate header
	Timeout     time.Duration     // for one request, from leaving the pacer to the end of the answer; default 60 s
	MaxPause    time.Duration     // the longest wait for the quota, or for a site that does not answer; 0: any length
	RootCAs     *x509.CertPool    // nil: the system's
	Transport   http.RoundTripper // nil: one of its own; for tests
	Log         *slog.Logger      // one line a request at debug level, without personal data; nil: none
	UserAgent   string
	Notify      func(pacer.Event) // may be nil
}

// Call says what became of one operation, over all of its attempts.
type Call struct {
	Attempts int           // requests that left
	Refused  int           // of them, answered with 429
	Status   int           // HTTP status of the last answer; 0: there was none
	Lost     bool          // an attempt may have been carried out without its answer having been read
	Took     time.Duration // of the last attempt, from leaving the pacer to the end of the answer
}

// Client speaks to one site. It is safe for many goroutines.
type Client struct {
	site      string
	gateway   string
	token     authorizer
	kind      CredentialKind
	transport http.RoundTripper
	timeout   time.Duration
	maxPause  time.Duration
	userAgent string
	secrets   []string
	log       *slog.Logger

	create, revoke, search, checks *lane

	address  atomic.Pointer[string] // the root that takes the credentials; nil until it is known
	finding  chan struct{}          // held while address is being found out
	browse   atomic.Int32           // Verdict on the permission to browse users; 0: not asked
	lastSent atomic.Int64           // Unix nanoseconds
	bodies   sync.Pool              // of *bytes.Buffer
}

// lane is one endpoint and method: its pace, and when it was last seen working.
type lane struct {
	*pacer.Pacer
	answered atomic.Int64 // Unix nanoseconds of the last answer below 500 that was no 429
}

// New makes a client. It sends nothing: Connect does.
func New(c Config) (*Client, error) {
	site, err := ParseSite(c.Site)
	if err != nil {
		return nil, err
	}
	if err := checkProxyURL(site); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	if err := checkEndpoint("--gateway-url", c.GatewayURL); err != nil {
		return nil, err
	}
	if err := checkEndpoint("--token-url", c.TokenURL); err != nil {
		return nil, err
	}
	kind, err := c.Credentials.Kind()
	if err != nil && !c.Anonymous {
		return nil, err
	}
	client := &Client{
		site:      site,
		gateway:   trimSlash(c.GatewayURL),
		kind:      kind,
		transport: c.Transport,
		timeout:   c.Timeout,
		maxPause:  c.MaxPause,
		userAgent: c.UserAgent,
		secrets:   c.Credentials.secrets(),
		log:       c.Log,
		finding:   make(chan struct{}, 1),
		bodies:    sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	client.token = newAuthorizer(c.Credentials, kind, c.TokenURL, client)
	if kind == APIToken {
		client.address.Store(&client.site)
	}
	client.openLanes(c)
	return client, nil
}

func (c Config) withDefaults() Config {
	if c.GatewayURL == "" {
		c.GatewayURL = DefaultGatewayURL
	}
	if c.TokenURL == "" {
		c.TokenURL = DefaultTokenURL
	}
	if c.Workers <= 0 {
		c.Workers = 64
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.UserAgent == "" {
		c.UserAgent = "jsm-onboard"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.Workers, c.RootCAs)
	}
	return c
}

// openLanes gives each endpoint its pace. The documented quota for PUT is half of the one for POST and GET.
func (c *Client) openLanes(cfg Config) {
	group := pacer.NewGroup(pacer.Config{MaxPause: cfg.MaxPause, Notify: cfg.Notify})
	open := func(name string, rate float64) *lane { return &lane{Pacer: group.Pacer(name, rate)} }
	c.create = open("create", cfg.MaxRate)
	c.revoke = open("revoke", min(cfg.MaxRate, max(50, cfg.MaxRate/2)))
	c.search = open("search", min(searchRate, orRate(cfg.MaxRate)))
	c.checks = open("checks", cfg.MaxRate)
}

// searchRate is how many look-ups leave in a second at most: half of the documented quota for GET, which people who use the
// site meanwhile live on, too.
const searchRate = 50

// orRate is a rate of which 0 is no limit.
func orRate(r float64) float64 {
	if r <= 0 {
		return math.Inf(1)
	}
	return r
}

// Site is the site's address as it is used.
func (c *Client) Site() string { return c.site }

// Pace is a snapshot of the pace of CreateCustomer.
func (c *Client) Pace() pacer.Pace { return c.create.Pacer.Pace() }

// Unpaced tells whether CreateCustomer makes nobody wait as things stand: neither for a pace, nor for the end of a pause
// or an outage.
func (c *Client) Unpaced() bool {
	p := c.Pace()
	return p.Rate == 0 && p.PausedUntil.IsZero() && !p.Probing
}

// RevokePace is a snapshot of the pace of RevokePortalAccess.
func (c *Client) RevokePace() pacer.Pace { return c.revoke.Pacer.Pace() }

// SearchPace is a snapshot of the pace of FindAccount.
func (c *Client) SearchPace() pacer.Pace { return c.search.Pacer.Pace() }

// Close closes the connections that are idle.
func (c *Client) Close() { c.closeIdle() }

func (c *Client) closeIdle() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// root is the address that requests with credentials go to. Bearer tokens go to the gateway, whose path has the cloud id.
func (c *Client) root(ctx context.Context) (string, error) {
	if root := c.address.Load(); root != nil {
		return *root, nil
	}
	select {
	case c.finding <- struct{}{}:
		defer func() { <-c.finding }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if root := c.address.Load(); root != nil {
		return *root, nil
	}
	tenant, err := c.TenantInfo(ctx)
	if err != nil {
		return "", err
	}
	root := c.gatewayRoot(tenant.CloudID)
	c.address.Store(&root)
	return root, nil
}

func (c *Client) gatewayRoot(cloudID string) string { return c.gateway + "/ex/jira/" + cloudID }
