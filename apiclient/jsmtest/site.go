// Package jsmtest is a Jira Service Management site in memory: an
// [http.Handler] with credentials, quotas and faults, for tests and for the
// sandbox that newcomers try the program on.
//
// It answers both forms of address, that of a site (/rest/…) and that of
// Atlassian's gateway (/ex/jira/{cloudId}/rest/…), and refuses what Jira
// refuses. Statuses and the shapes of answers follow Atlassian's API pages;
// the texts in them are invented, and so is everything that a comment calls
// invented.
//
// Only the time package is used for waiting and no goroutine outlives a
// request, so a Site works in the virtual time of testing/synctest. It has a
// channel inside: make it within the bubble.
package jsmtest

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what a site is like. The zero value is an empty site without
// quotas and faults that answers at once and knows [SandboxToken].
type Options struct {
	CloudID  string    // of the gateway's address; "" takes [DefaultCloudID]
	Seed     uint64    // of faults, latency, shards and account ids
	Tokens   []Token   // who may ask; with no Clients either, [SandboxToken]
	Clients  []Client  // who may fetch tokens at /oauth/token
	Existing []Account // accounts that are there from the start; later ones at a taken address are kept too

	Quotas  []Quota       // all that match a request must admit it; none: unlimited
	Faults  []Fault       // see [Site.SetFaults]
	SlowBy  time.Duration // what the fault "slow" adds; 0 means 5 s
	Latency Latency

	// HideAddresses leaves e-mail addresses and time zones out of answers, as
	// Atlassian does for people who keep them private.
	HideAddresses bool

	// OnCreate, when set, is asked at each create request that quota and
	// credentials let through; attempt counts those for this address from 1.
	// It may be called from several goroutines at once.
	OnCreate func(email string, attempt int) Decision

	// OnAnswer, when set, is told of each request when its answer is out or
	// lost. It may be called from several goroutines at once.
	OnAnswer func(Exchange)
}

// DefaultCloudID is the id that a site has when [Options] name none.
const DefaultCloudID = "11111111-2222-4333-8444-555555555555"

// Sandbox returns the options of the site that newcomers meet: one
// administrator's token, one service account, a few accounts and the
// documented quotas.
func Sandbox() Options {
	return Options{
		Seed:     1,
		Tokens:   []Token{SandboxToken()},
		Clients:  []Client{SandboxClient()},
		Existing: BuiltIn(),
		Quotas:   DocumentedQuotas(),
	}
}

// Site is a Jira Service Management site in memory. All methods may be called
// from any goroutine.
type Site struct {
	options Options
	routes  *router
	limits  *limiter
	keys    *keyring
	faults  faultPlan
	stats   *statistics
	latency sampler

	mu       sync.Mutex // guards what follows
	accounts *accounts
	desks    []*desk
	orgs     []*organization
	attempts map[string]int // create requests by address; only with OnCreate

	requests atomic.Uint64 // numbers requests, for latency
	creates  atomic.Uint64 // numbers create requests

	closing sync.Once
	closed  chan struct{}
}

// New makes a site. Call Close when requests may still be waiting in it.
func New(o Options) *Site {
	if o.CloudID == "" {
		o.CloudID = DefaultCloudID
	}
	if o.SlowBy == 0 {
		o.SlowBy = 5 * time.Second
	}
	if len(o.Tokens) == 0 && len(o.Clients) == 0 {
		o.Tokens = []Token{SandboxToken()}
	}
	s := &Site{
		options:  o,
		routes:   newRouter(),
		keys:     newKeyring(o.Tokens, o.Clients),
		stats:    newStatistics(),
		latency:  newSampler(o.Latency, o.Seed),
		accounts: newAccounts(o.Seed),
		desks:    builtInDesks(),
		attempts: map[string]int{},
		closed:   make(chan struct{}),
	}
	s.limits = newLimiter(o.Quotas, s.routes.all, o.Seed)
	s.faults.seed = o.Seed
	s.SetFaults(o.Faults...)
	for _, a := range o.Existing {
		s.accounts.add(a)
	}
	for _, address := range s.keys.addresses() {
		if len(s.accounts.at(address)) == 0 {
			s.accounts.add(Account{Email: address, Name: "Owner of a token", Type: Atlassian})
		}
	}
	return s
}

// Close ends hangs and cuts latency short, now and from now on, so that a
// server can shut down. Accounts and Stats can still be read.
func (s *Site) Close() { s.closing.Do(func() { close(s.closed) }) }

// SetFaults replaces the faults from the next request on.
func (s *Site) SetFaults(faults ...Fault) {
	f := slices.Clone(faults)
	s.faults.current.Store(&f)
}

// EndTokens makes every credential of now worthless, as if its life had ended.
// Clients can still fetch new tokens at /oauth/token.
func (s *Site) EndTokens() { s.keys.setEnded(true) }

// RenewTokens takes EndTokens back for the tokens of [Options], and begins the
// count of the fault "401-after" anew.
func (s *Site) RenewTokens() { s.keys.setEnded(false) }

// ServeHTTP answers one request. Faults that cut a connection panic with
// [http.ErrAbortHandler]; give the server that runs it an ErrorLog that
// discards, as [Site.Start] does, for net/http says nothing of these but does
// of clients that went away.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.routes.match(r)
	c.site = s
	x := s.stats.enter(c)
	defer func() { s.leave(x) }()
	a, f := s.answer(c, w.Header())
	x.Fault = f.kind
	s.deliver(w, c, a, f)
	x.Status = a.status
}

func (s *Site) leave(x *Exchange) {
	s.stats.leave(x)
	if s.options.OnAnswer != nil {
		x.Answered = time.Now()
		s.options.OnAnswer(*x)
	}
}

// answer finds what is to be said, doing what is asked on the way, and the
// fault that is to befall it. Quota headers go to h.
func (s *Site) answer(c *call, h http.Header) (answer, mishap) {
	if refusal, bad := c.check(); bad {
		return refusal, mishap{}
	}
	if !c.route.api {
		return c.route.serve(c), mishap{}
	}
	if refusal, bad := s.keys.authorize(c, s.faults.tokenLife()); bad {
		return refusal, mishap{}
	}
	if refusal, bad := s.limits.admit(c.route, time.Now(), h); bad {
		return refusal, mishap{}
	}
	if refusal, bad := c.optedIn(); bad {
		return refusal, mishap{}
	}
	f := s.mishap(c)
	if a, instead := f.before(); instead {
		return a, f
	}
	return f.after(c.route.serve(c)), f
}

// wait sleeps, less when the site closes, and reports whether the client is
// still there.
func (s *Site) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.closed:
	case <-r.Context().Done():
		return false
	}
	return true
}
