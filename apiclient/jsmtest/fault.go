package jsmtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of [Fault]: what can go wrong with a request.
const (
	Unavailable      = "503"                // nothing done
	UnavailableAfter = "503-after"          // done, and answered with 503
	BadGateway       = "502-html"           // a proxy's page, nothing done
	RefusedBare      = "429-no-retry-after" // a stray refusal without headers, nothing done
	ResetBefore      = "reset-before"       // connection cut, nothing done
	ResetAfter       = "reset-after"        // done, connection cut
	TruncateAfter    = "truncate-after"     // done, half an answer; without a body as ResetAfter
	HangAfter        = "hang-after"         // done, no answer until the client gives up
	Slow             = "slow"               // done, and answered [Options].SlowBy later
	TokenEnds        = "401-after"          // each token ends after N requests, to the path or to any
	SignupClosed     = "signup-closed"      // creates are refused as by a setting of the site
	SignInPage       = "html-200"           // a page with status 200, nothing done
	RouteGone        = "route-gone"         // 404, nothing at this path
	AlwaysRefused    = "always-refused"     // every create of some addresses is answered with a bare 429
	UnknownAccount   = "unknown-account"    // organizations and service projects do not know some accounts
	NoAgentLicence   = "no-agent-licence"   // as if the token's owner had none
)

// An effect is what a kind of fault does to a request, in place of the operation or with it.
type effect struct {
	route  string // whatever the fault says; "": as it says
	always bool   // whichever request about the same it is
	answer func(*call) *answer
}

var effects = map[string]effect{
	Unavailable:      {answer: unavailable},
	UnavailableAfter: {answer: after(func(c *call, a *answer) { *a = *unavailable(c) })},
	BadGateway:       {answer: badGateway},
	RefusedBare:      {answer: tooMany},
	ResetBefore:      {answer: func(*call) *answer { return &answer{} }},
	ResetAfter:       {answer: after(func(_ *call, a *answer) { a.status = 0 })},
	TruncateAfter:    {answer: after(func(_ *call, a *answer) { a.half = true })},
	HangAfter:        {answer: after(func(_ *call, a *answer) { a.status, a.delay = 0, 1e4*time.Hour })},
	Slow:             {answer: after(func(c *call, a *answer) { a.delay = c.site.options.SlowBy })},
	TokenEnds:        {answer: (*call).perform}, // decided with the credentials
	SignupClosed:     {route: CreatePath, answer: signupClosed},
	SignInPage:       {answer: signInPage},
	RouteGone:        {answer: nothingHere},
	AlwaysRefused:    {route: CreatePath, always: true, answer: tooMany},
	UnknownAccount:   {answer: (*call).perform}, // decided with each account
	NoAgentLicence:   {route: DeskOrgsPath, answer: forbidden},
}

// after performs the operation and changes the answer.
func after(change func(*call, *answer)) func(*call) *answer {
	return func(c *call) *answer {
		a := c.perform()
		change(c, a)
		return a
	}
}

// FaultNames are the words that [ParseFault] knows.
func FaultNames() []string { return slices.Sorted(maps.Keys(effects)) }

// Fault applies to a share of the requests. Which ones depends on the seed, the kind, the route, what the request is
// about and how often that was asked before; not on the order in which requests arrive.
type Fault struct {
	Kind  string
	Share float64 // 0 to 1, of the requests; of AlwaysRefused the addresses, of UnknownAccount the accounts
	After int     // of TokenEnds, in place of a share
	// Route is a method, a path pattern or "METHOD pattern". "" is every operation on customers: faults in checks of
	// site and credentials need their route. SignupClosed, AlwaysRefused and NoAgentLicence need none.
	Route string
}

// ParseFault reads KIND=SHARE or KIND=SHARE,ROUTE: 503=0.01, reset-after=0.1%, 401-after=500, html-200=1,PUT.
// Those that have a route of their own may stand alone: signup-closed.
func ParseFault(s string) (f Fault, err error) {
	kind, value, _ := strings.Cut(s, "=")
	value, route, _ := strings.Cut(value, ",")
	f.Kind, f.Route = strings.TrimSpace(kind), strings.TrimSpace(route)
	number, percent := strings.CutSuffix(strings.TrimSpace(value), "%")
	switch {
	case f.Kind == TokenEnds:
		f.After, err = strconv.Atoi(number)
	case number == "" && effects[f.Kind].route != "":
		f.Share = 1
	default:
		f.Share, err = strconv.ParseFloat(number, 64)
	}
	if percent {
		f.Share /= 100
	}
	within := f.Share >= 0 && f.Share <= 1 && (f.After > 0) == (f.Kind == TokenEnds)
	if effects[f.Kind].answer == nil || err != nil || !within {
		return Fault{}, fmt.Errorf("%q is no fault: use KIND=SHARE, a share from 0 to 1 or a percentage as in "+
			"503=0.01, and 401-after=500 for so many requests; kinds are %s", s, strings.Join(FaultNames(), ", "))
	}
	return f, nil
}

// SetFaults replaces the faults from the next request on. The uses of tokens count anew: without a fault TokenEnds all
// are good again, and with one that has no After they have ended, and so has each that a client fetches.
func (s *Site) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Faults = slices.Clone(faults)
	clear(s.uses)
}

// draw returns the fault of the n-th request about the same; "": none.
func (c *call) draw(about string, n int) string {
	for _, f := range c.site.options.Faults {
		if f.Kind != UnknownAccount && c.applies(f, about, n) {
			return f.Kind
		}
	}
	return ""
}

// isUnknown reports whether the fault UnknownAccount hides an account from the route.
func (c *call) isUnknown(id string) bool {
	about := strings.ReplaceAll(id, c.site.options.CloudID, "")
	return slices.ContainsFunc(c.site.options.Faults, func(f Fault) bool {
		return f.Kind == UnknownAccount && c.applies(f, about, 0)
	})
}

func (c *call) applies(f Fault, about string, n int) bool {
	route := cmp.Or(effects[f.Kind].route, f.Route)
	if effects[f.Kind].always {
		n = 0
	}
	here := slices.Contains([]string{c.Method, c.Path, c.Method + " " + c.Path}, route)
	if route == "" {
		here = !c.route.check
	}
	return here && c.chance(f.Kind, about, n) < f.Share
}

// chance is a number of at least 0 and below 1 that looks random; the seed, the route and the arguments decide it.
func (c *call) chance(of, about string, n int) float64 {
	seed := strconv.FormatUint(c.site.options.Seed, 10)
	return float64(hash(seed, of, c.Method, c.Path, about, strconv.Itoa(n))>>11) / (1 << 53)
}

func hash(parts ...string) uint64 {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return binary.BigEndian.Uint64(sum[:])
}

// about is what a request is about: for creates the address, for others all that does not differ from site to site.
func (c *call) about() string {
	if c.Path == CreatePath {
		return lower(c.email())
	}
	text := []string{c.req.PathValue("id"), c.req.PathValue("accountId"), c.req.URL.RawQuery, string(c.body)}
	return strings.ReplaceAll(strings.Join(text, " "), c.site.options.CloudID, "")
}

// email is the address of a create request.
func (c *call) email() string {
	var in newCustomer
	_ = json.Unmarshal(c.body, &in) // what cannot be read is about nobody
	return in.Email
}

// Decision is what [Options].OnCreate wants of one create request. The zero value leaves it to the site's faults.
type Decision struct {
	Fault  string        // kind of the fault to apply; "": none
	Status int           // to answer with, while nothing is done; 0: none
	Key    string        // the i18nKey of that answer
	Delay  time.Duration // added to the latency
}

// performWithFaults performs a request that has passed credentials and quota, with what OnCreate or the faults decide.
func (c *call) performWithFaults() (a *answer) {
	about := c.about()
	key := hash(c.Method, c.Path, about)
	c.site.attempts[key]++
	attempt := c.site.attempts[key]
	var d Decision
	if c.Path == CreatePath && c.site.options.OnCreate != nil {
		d = c.ask(attempt)
	}
	if c.Fault = d.Fault; c.Fault == "" && d.Status == 0 {
		c.Fault = c.draw(about, attempt)
	}
	switch {
	case d.Status != 0:
		a = c.failure(d.Status, d.Key, http.StatusText(d.Status))
	case c.Fault != "":
		a = effects[c.Fault].answer(c)
	default:
		a = c.perform()
	}
	a.delay += d.Delay
	return a
}

// ask calls OnCreate without the lock, so that it may use the site.
func (c *call) ask(attempt int) Decision {
	c.site.mu.Unlock()
	defer c.site.mu.Lock()
	return c.site.options.OnCreate(c.email(), attempt)
}
