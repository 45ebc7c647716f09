// Package jsmtest is a Jira Service Management site in memory: an [http.Handler] with credentials, quotas and
// faults, for tests and for the sandbox command. It answers both forms of address, a site's (/rest/…) and the
// gateway's (/ex/jira/{cloudId}/rest/…), and refuses what Jira refuses. Operations, statuses and shapes of answers
// follow Atlassian's API pages. What a comment calls invented is so, and all texts and i18n keys in answers are.
//
// It waits with the time package only and no goroutine outlives a request, so a Site works in the virtual time of
// testing/synctest. It holds a channel: make it inside the bubble.
package jsmtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// Options say what a site is like. The zero value is an empty site that answers at once and knows [SandboxToken].
type Options struct {
	CloudID  string    // of the gateway's address; "" makes one that no other site has. Account ids follow from it
	Seed     uint64    // of faults and latency
	Tokens   []Token   // who may ask; with no Clients either, [SandboxToken]
	Clients  []Client  // who may fetch tokens at /oauth/token
	Existing []Account // accounts that are there from the start; several may share an address

	Organizations []Organization // that are there from the start; those without an ID get one

	Quotas    []Quota       // all that match a request must admit it; none: unlimited
	Faults    []Fault       // see [Site.SetFaults]
	SlowBy    time.Duration // what the fault "slow" adds; 0 means 5 s
	Latency   time.Duration // the least time until an answer; the operation itself is done at once
	Jitter    time.Duration // the most that is added to Latency
	SearchLag time.Duration // how long after its creation user/search finds an account

	// OnCreate, when set, is asked at each create request that credentials and quota let through; attempt counts
	// those for this address from 1. It may be called from several goroutines at once, as may OnAnswer.
	OnCreate func(email string, attempt int) Decision
	// OnAnswer, when set, gets each request when it is carried out; a whole answer leaves once OnAnswer returns.
	OnAnswer func(Exchange)
}

// Sandbox returns the options of the site that newcomers meet, with a few accounts and the documented quotas.
func Sandbox() Options {
	return Options{
		Seed:    1,
		Tokens:  []Token{SandboxToken()},
		Clients: []Client{SandboxClient()},
		Quotas:  BurstQuotas(100, 0, false),
		Existing: []Account{
			{Email: "sandbox@example.com", Name: "Sandbox Administrator", Type: Atlassian},
			{Email: "amira.haddad@example.com", Name: "Amira Haddad", Type: Customer},
			{Email: "bo.lindqvist@example.org", Name: "Bo Lindqvist", Type: Atlassian},
			{Email: "chen.wei@example.net", Name: "Chen Wei", Type: Customer},
			{Email: "resident.one@portal.example", Name: "Resident One", Type: Customer},
			{Email: "resident.two@portal.example", Name: "Resident Two", Type: Atlassian},
		},
	}
}

// BurstQuotas are Atlassian's burst limits for API tokens: rate POST and GET requests a second to each operation, from
// buckets of burst (0: one second's; the real sizes are not published), half of these PUT. With rate 0 there are none.
func BurstQuotas(rate float64, burst int, headers bool) []Quota {
	if rate <= 0 {
		return nil
	}
	return []Quota{
		{Method: "POST", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "GET", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "PUT", Rate: rate / 2, Burst: (burst + 1) / 2, RateHeaders: headers},
	}
}

// latency is drawn by what the request is about and when it came, so that it repeats in virtual time.
func (c *call) latency() time.Duration {
	if !c.route.api {
		return 0
	}
	share := c.chance("latency", c.about(), int(time.Now().UnixNano()))
	return c.site.options.Latency + time.Duration(share*float64(c.site.options.Jitter))
}

// Site is a Jira Service Management site in memory. All methods may be called from any goroutine.
type Site struct {
	http.Handler // Faults that cut a connection panic with [http.ErrAbortHandler].

	// Close ends hangs and cuts latency short, now and from now on. Accounts and Stats can still be read.
	Close  context.CancelFunc
	closed <-chan struct{}

	options Options
	limits  Limiter

	mu          sync.Mutex // guards what follows
	accounts    []*Account // in the order of their making
	byAddress   map[string][]*Account
	byID        map[string]*Account
	createdAt   map[string]time.Time // by id, of accounts that requests created
	creates     int                  // requests to create
	desks       []*Desk
	orgs        []*Organization
	grants      map[string]Token       // by what is sent in the header Authorization
	uses        map[string]int         // of grants, since the faults were set: by that, and by that with the path
	attempts    map[uint64]int         // requests by what they are about
	routes      map[string]*RouteStats // by method and path
	faultCounts map[string]int         // faults, by kind
}

// New makes a site. Call Close when requests may still be waiting in it.
func New(o Options) *Site {
	o.CloudID, o.SlowBy = cmp.Or(o.CloudID, rand.Text()), cmp.Or(o.SlowBy, 5*time.Second)
	if len(o.Tokens) == 0 && len(o.Clients) == 0 {
		o.Tokens = []Token{SandboxToken()}
	}
	open, cancel := context.WithCancel(context.Background())
	s := &Site{
		Close:       cancel,
		closed:      open.Done(),
		options:     o,
		limits:      Limiter{Quotas: o.Quotas},
		byAddress:   map[string][]*Account{},
		byID:        map[string]*Account{},
		createdAt:   map[string]time.Time{},
		desks:       builtInDesks(),
		grants:      map[string]Token{},
		uses:        map[string]int{},
		attempts:    map[uint64]int{},
		routes:      map[string]*RouteStats{},
		faultCounts: map[string]int{},
	}
	s.Handler = s.mux()
	for _, a := range o.Existing {
		s.addAccount(a)
	}
	for _, organization := range o.Organizations {
		s.addOrganization(organization)
	}
	for _, token := range o.Tokens {
		s.grant(token)
	}
	return s
}
