// Package jsmtest is a Jira Service Management site in memory: an [http.Handler] with credentials, quotas and
// faults, for tests and for the sandbox command.
//
// It answers both forms of address, a site's (/rest/…) and the gateway's (/ex/jira/{cloudId}/rest/…), and refuses
// what Jira refuses. Operations, statuses and the shapes of answers follow Atlassian's API pages. All texts and
// i18n keys in answers are invented, and so is everything that a comment calls invented.
//
// It waits with the time package only and no goroutine outlives a request, so a Site works in the virtual time of
// testing/synctest. It holds a channel: make it inside the bubble.
package jsmtest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options say what a site is like. The zero value is an empty site without quotas and faults that answers at once
// and knows [SandboxToken].
type Options struct {
	CloudID  string    // of the gateway's address; "" makes one that no other site has
	Seed     uint64    // of faults and latency
	Tokens   []Token   // who may ask; with no Clients either, [SandboxToken]
	Clients  []Client  // who may fetch tokens at /oauth/token
	Existing []Account // accounts that are there from the start; several may share an address

	Organizations []Organization // that are there from the start; those without an ID get one
	Desks         []Desk         // service projects; nil: [BuiltInDesks]
	FoldNames     bool           // organizations whose names differ only by case are the same (not known of Jira)

	Quotas    []Quota       // all that match a request must admit it; none: unlimited
	Faults    []Fault       // see [Site.SetFaults]
	SlowBy    time.Duration // what the fault "slow" adds; 0 means 5 s
	Latency   Latency
	SearchLag time.Duration // user/search finds a created account only so long after it was made

	HideAddresses bool // answers leave out addresses and time zones, as for people who keep them private

	// OnCreate, when set, is asked at each create request that credentials and quota let through; attempt counts
	// those for this address from 1. It may be called from several goroutines at once, as may OnAnswer.
	OnCreate func(email string, attempt int) Decision
	// OnAnswer, when set, gets each request when its answer is out or lost.
	OnAnswer func(Exchange)
}

// Sandbox returns the options of the site that newcomers meet: one administrator's token, one service account, a
// few accounts and the documented quotas.
func Sandbox() Options {
	return Options{
		Seed:     1,
		Tokens:   []Token{SandboxToken()},
		Clients:  []Client{SandboxClient()},
		Existing: BuiltIn(),
		Quotas:   DocumentedQuotas(),
	}
}

// Latency is how long the site takes to answer: Fixed, or drawn from a lognormal distribution with the 5 % and
// 95 % quantiles P5 and P95. What was asked for is done at once and the answer comes later.
type Latency struct {
	Fixed, P5, P95 time.Duration
}

func (l Latency) draw(random *rand.Rand) time.Duration {
	if l.P5 <= 0 || l.P95 < l.P5 {
		return l.Fixed
	}
	const z95 = 1.6448536269514722
	low, high := math.Log(float64(l.P5)), math.Log(float64(l.P95))
	return time.Duration(math.Exp((low+high)/2 + random.NormFloat64()*(high-low)/(2*z95)))
}

// Site is a Jira Service Management site in memory. All methods may be called from any goroutine.
type Site struct {
	options Options
	mux     *http.ServeMux
	limits  *Limiter
	keys    *keyring
	faults  faultPlan
	stats   *statistics

	mu       sync.Mutex // guards what follows
	accounts *accounts
	creates  int // create requests
	desks    []*desk
	orgs     []*organization
	random   *rand.Rand // for latency

	closing sync.Once
	closed  chan struct{}
}

// New makes a site. Call Close when requests may still be waiting in it.
func New(o Options) *Site {
	o.CloudID = cmp.Or(o.CloudID, randomUUID())
	o.SlowBy = cmp.Or(o.SlowBy, 5*time.Second)
	if len(o.Tokens) == 0 && len(o.Clients) == 0 {
		o.Tokens = []Token{SandboxToken()}
	}
	if o.Desks == nil {
		o.Desks = BuiltInDesks()
	}
	s := &Site{
		options:  o,
		mux:      http.NewServeMux(),
		limits:   NewLimiter(o.Quotas, o.Seed),
		keys:     newKeyring(o.Tokens, o.Clients),
		stats:    newStatistics(),
		accounts: newAccounts(),
		random:   rand.New(rand.NewPCG(o.Seed, 1)),
		closed:   make(chan struct{}),
	}
	s.faults.init(o.Seed, s.accounts.tenant)
	s.SetFaults(o.Faults...)
	s.route()
	for _, a := range o.Existing {
		s.accounts.add(a)
	}
	for _, t := range o.Tokens {
		s.addOwner(t)
	}
	for _, c := range o.Clients {
		s.addOwner(c.Token)
	}
	for _, organization := range o.Organizations {
		s.addOrganization(organization)
	}
	for _, d := range o.Desks {
		s.desks = append(s.desks, &desk{Desk: d})
	}
	return s
}

func (s *Site) addOwner(t Token) {
	if t.Email != "" && len(s.accounts.at(t.Email)) == 0 {
		s.accounts.add(Account{Email: t.Email, Name: "Owner of a token", Type: Atlassian})
	}
}

// CloudID is the id that the gateway's form of address and tenant_info have.
func (s *Site) CloudID() string { return s.options.CloudID }

// Close ends hangs and cuts latency short, now and from now on, so that a server can shut down. Accounts and Stats
// can still be read.
func (s *Site) Close() { s.closing.Do(func() { close(s.closed) }) }

// SetFaults replaces the faults from the next request on.
func (s *Site) SetFaults(faults ...Fault) {
	f := slices.Clone(faults)
	s.faults.current.Store(&f)
}

// EndTokens makes every credential of now worthless. Clients can still fetch new tokens at /oauth/token.
func (s *Site) EndTokens() { s.keys.setEnded(true) }

// RenewTokens takes EndTokens back for the tokens of [Options], and begins the counts of the faults "401-after" and
// "401-after-look-ups" anew.
func (s *Site) RenewTokens() { s.keys.setEnded(false) }

// ServeHTTP answers one request. Faults that cut a connection panic with [http.ErrAbortHandler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// serve answers a request to one route.
func (s *Site) serve(w http.ResponseWriter, req *http.Request, r *route) {
	x := &Exchange{Arrived: time.Now()}
	if r.method != "" {
		x.Method, x.Path = r.method, r.pattern
	}
	s.stats.enter(x)
	defer func() {
		s.stats.leave(x)
		if s.options.OnAnswer != nil {
			x.Answered = time.Now()
			s.options.OnAnswer(*x)
		}
	}()
	c := newCall(s, req, r)
	a, d := s.answer(c, w.Header())
	x.Fault = d.Fault
	s.deliver(w, c, a, d)
	x.Status = a.status
}

// answer finds what is to be answered, doing what is asked on the way, and what befalls it. Quota headers go to h.
func (s *Site) answer(c *call, h http.Header) (answer, Decision) {
	if refusal, refused := c.check(); refused {
		return refusal, Decision{}
	}
	if c.route.own {
		return c.route.serve(c), Decision{}
	}
	if refusal, refused := s.keys.authorize(c, s.faults.all()); refused {
		return refusal, Decision{}
	}
	if c.route.api && !s.admit(c.route, h) {
		return tooMany(), Decision{}
	}
	if c.route.experimental && c.req.Header.Get("X-ExperimentalApi") != "opt-in" { // what Cloud answers is invented
		return c.failure(http.StatusPreconditionFailed, "experimental", "Send X-ExperimentalApi: opt-in"), Decision{}
	}
	d := s.decide(c)
	if instead, ok := d.instead(c, h); ok {
		return instead, d
	}
	done := c.route.serve(c)
	if d.Fault == UnavailableAfter {
		done = unavailable(c)
	}
	return done, d
}
