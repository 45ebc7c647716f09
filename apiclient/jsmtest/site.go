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
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options say what a site is like. The zero value is an empty site without quotas and faults that answers at once
// and knows [SandboxToken].
type Options struct {
	CloudID  string    // of the gateway's address; "" makes one that no other site has. Account ids follow from it
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
		Quotas:   BurstQuotas(100, 0, false),
	}
}

// Latency is how long the site takes to answer: Fixed, or drawn evenly on a logarithmic scale so that 5 % of the
// answers take less than P5 and 5 % more than P95. What was asked for is done at once and the answer comes later.
type Latency struct {
	Fixed, P5, P95 time.Duration
}

// latency is drawn by what the request is about and when it came, so that it repeats in virtual time.
func (c *call) latency() time.Duration {
	l := c.site.options.Latency
	if l.P5 <= 0 || l.P95 < l.P5 {
		return l.Fixed
	}
	u := c.site.chance("latency", c.route, c.about(), int(time.Now().UnixNano()))
	return time.Duration(float64(l.P5) * math.Pow(float64(l.P95)/float64(l.P5), (u-0.05)/0.9))
}

// Site is a Jira Service Management site in memory. All methods may be called from any goroutine.
type Site struct {
	options Options
	mux     *http.ServeMux
	routes  []*route
	limits  *Limiter
	closing sync.Once
	closed  chan struct{}

	mu       sync.Mutex // guards what follows
	accounts *accounts
	desks    []*Desk
	orgs     []*Organization
	grants   []*grant
	faults   []Fault
	attempts map[uint64]int // requests by what they are about
	befell   map[FaultKind]int
}

// New makes a site. Call Close when requests may still be waiting in it.
func New(o Options) *Site {
	o.CloudID, o.SlowBy = cmp.Or(o.CloudID, randomUUID()), cmp.Or(o.SlowBy, 5*time.Second)
	if len(o.Tokens) == 0 && len(o.Clients) == 0 {
		o.Tokens = []Token{SandboxToken()}
	}
	if o.Desks == nil {
		o.Desks = BuiltInDesks()
	}
	s := &Site{
		options:  o,
		limits:   NewLimiter(o.Quotas, o.Seed),
		closed:   make(chan struct{}),
		mux:      http.NewServeMux(),
		routes:   routes(),
		accounts: newAccounts(o.CloudID),
		faults:   o.Faults,
		attempts: map[uint64]int{},
		befell:   map[FaultKind]int{},
	}
	s.fileRoutes()
	for _, a := range o.Existing {
		s.accounts.add(a)
	}
	for _, t := range o.Tokens {
		s.addOwner(t)
		s.grants = append(s.grants, newGrant(t))
	}
	for _, c := range o.Clients {
		s.addOwner(c.Token)
	}
	for _, organization := range o.Organizations {
		s.addOrganization(organization)
	}
	for _, d := range o.Desks {
		s.desks = append(s.desks, &d)
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

// ServeHTTP answers one request. Faults that cut a connection panic with [http.ErrAbortHandler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// serve answers a request to one route.
func (s *Site) serve(w http.ResponseWriter, req *http.Request, r *route) {
	x := &Exchange{Method: r.method, Path: r.pattern, Arrived: time.Now()}
	s.mu.Lock()
	r.stats.Requests++
	s.mu.Unlock()
	defer s.leave(r, x)
	c := newCall(s, req, r)
	a, d := c.answer(w.Header())
	x.Fault = d.Fault
	s.deliver(w, c, a, d)
	x.Status = a.status
}

// answer finds what is to be answered, doing what is asked on the way, and what befalls it. Quota headers go to h.
func (c *call) answer(h http.Header) (answer, Decision) {
	if c.route.own {
		return c.route.serve(c), Decision{}
	}
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	if refusal, ok := c.admitted(h); !ok {
		return refusal, Decision{}
	}
	d := c.site.decide(c)
	if instead, ok := d.instead(c, h); ok {
		return instead, d
	}
	done := c.perform()
	if d.Fault == UnavailableAfter {
		done = unavailable(c)
	}
	return done, d
}

// admitted asks what comes before the operation: address, credentials, quota and headers.
func (c *call) admitted(h http.Header) (answer, bool) {
	if c.cloudID != "" && c.cloudID != c.site.options.CloudID {
		return gatewayError(http.StatusNotFound, "No tenant with this cloud id"), false
	}
	if refusal, ok := c.authorize(); !ok {
		return refusal, false
	}
	switch {
	case c.route.api && !c.site.admit(c.route, h):
		return tooMany(), false
	case c.route.experimental && c.req.Header.Get("X-ExperimentalApi") != "opt-in": // what Cloud answers is invented
		return c.failure(http.StatusPreconditionFailed, "experimental", "Send X-ExperimentalApi: opt-in"), false
	}
	return answer{}, true
}

// perform does what is asked, if the user may, and answers.
func (c *call) perform() answer {
	if c.route.may != nil && !c.route.may(c.user) {
		return c.forbidden()
	}
	if refusal, ok := c.find(); !ok {
		return refusal
	}
	return c.route.serve(c)
}

// admit asks the quotas for one request, and writes what they say to h.
func (s *Site) admit(r *route, h http.Header) bool {
	now := time.Now()
	a := s.limits.Admit(now, r.method, r.pattern)
	if a.Reason != "" {
		h.Set("RateLimit-Reason", a.Reason)
	}
	if a.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(a.RetryAfter/time.Second)))
	}
	level := a.Level
	if level == nil {
		return a.Admitted
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(level.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(level.Remaining))
	if level.Remaining*5 < level.Limit {
		h.Set("X-RateLimit-NearLimit", "true")
	}
	if level.Reset > 0 {
		at := now.Add(level.Reset + time.Second - 1).UTC() // rounded up
		h.Set("X-RateLimit-Reset", at.Format("2006-01-02T15:04:05Z"))
	}
	return a.Admitted
}

// BurstQuotas are Atlassian's burst limits for API tokens, for a site that admits rate POST and GET requests a second
// to each operation from buckets of burst (0: one second's; the real sizes are not published), half of these PUT, and
// 5 to the customers of a service project. With rate 0 there is no quota at all.
func BurstQuotas(rate float64, burst int, headers bool) []Quota {
	if rate <= 0 {
		return nil
	}
	return []Quota{
		{Method: "POST", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "GET", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "PUT", Rate: rate / 2, Burst: (burst + 1) / 2, RateHeaders: headers},
		{Method: "GET", Path: DeskCustomersPath, Rate: min(5, rate), RateHeaders: headers},
	}
}
