package jsmtest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind is what can go wrong with a request.
type FaultKind int

const (
	Unavailable        FaultKind = iota + 1 // nothing done
	UnavailableAfter                        // done, and answered with 503
	BadGateway                              // a proxy's page, nothing done
	Refused                                 // a stray refusal that names 2 s, nothing done
	RefusedBare                             // a stray refusal, no header says why or how long
	ResetBefore                             // connection cut, nothing done
	ResetAfter                              // done, connection cut
	TruncateAfter                           // done, half an answer; without a body as ResetAfter
	HangAfter                               // done, no answer until the client gives up
	Slow                                    // done, and answered [Options].SlowBy later
	TokenEnds                               // each token ends after N requests of any kind
	TokenEndsInLookUps                      // each token ends after N requests to user/search
	SignupClosed                            // creates are refused as by a setting of the site
	SignInPage                              // a page with status 200, nothing done
	RouteGone                               // nothing at this path
	AlwaysRefused                           // creates of some addresses are never answered but with a bare 429
	UnknownAccount                          // some accounts are unknown to organizations and service projects
	NoAgentLicence                          // as if the token's owner had none
)

var faultNames = [...]string{
	Unavailable: "503", UnavailableAfter: "503-after", BadGateway: "502-html",
	Refused: "429", RefusedBare: "429-no-retry-after",
	ResetBefore: "reset-before", ResetAfter: "reset-after", TruncateAfter: "truncate-after", HangAfter: "hang-after",
	Slow: "slow", TokenEnds: "401-after", TokenEndsInLookUps: "401-after-look-ups", SignupClosed: "signup-closed",
	SignInPage: "html-200", RouteGone: "route-gone", AlwaysRefused: "always-refused",
	UnknownAccount: "unknown-account", NoAgentLicence: "no-agent-licence",
}

// String is the kind's word for [ParseFault].
func (k FaultKind) String() string {
	if k < 1 || int(k) >= len(faultNames) {
		return "none"
	}
	return faultNames[k]
}

// MarshalText writes the word of String.
func (k FaultKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word of String.
func (k *FaultKind) UnmarshalText(text []byte) error {
	i := slices.Index(FaultNames(), string(text))
	if i < 0 {
		return fmt.Errorf("%q is no fault: use one of %s", text, strings.Join(FaultNames(), ", "))
	}
	*k = FaultKind(i + 1)
	return nil
}

// FaultNames are the words that [ParseFault] knows.
func FaultNames() []string { return slices.Clone(faultNames[1:]) }

// Fault befalls a share of the requests. Which ones, the seed decides with the kind, the route, what the request is
// about and how often that was asked before, not the order in which requests arrive.
type Fault struct {
	Kind    FaultKind
	Share   float64 // 0 to 1, of the requests; of AlwaysRefused the addresses, of UnknownAccount the accounts
	After   int     // of TokenEnds and TokenEndsInLookUps, in place of a share
	Address string  // of AlwaysRefused, in place of a share
	// Route is a method, a path pattern or "METHOD pattern". "" means every operation that works on customers; the
	// checks of site and credentials are befallen only by name.
	Route string
}

// ParseFault reads KIND=SHARE or KIND=SHARE,ROUTE: 503=0.01, reset-after=0.1%, 401-after=500, html-200=1,PUT.
// signup-closed and no-agent-licence may stand alone, and always-refused may have an address for its share.
func ParseFault(s string) (Fault, error) {
	word, value, given := strings.Cut(strings.TrimSpace(s), "=")
	var f Fault
	if f.Kind.UnmarshalText([]byte(strings.TrimSpace(word))) != nil {
		return Fault{}, fmt.Errorf("%q is no fault: use KIND=SHARE, where KIND is one of %s", s, strings.Join(FaultNames(), ", "))
	}
	value, f.Route, _ = strings.Cut(value, ",")
	value, f.Route = strings.TrimSpace(value), strings.TrimSpace(f.Route)
	var err error
	switch {
	case !given && (f.Kind == SignupClosed || f.Kind == NoAgentLicence):
		f.Share = 1
	case f.Kind == AlwaysRefused && strings.Contains(value, "@"):
		f.Address = value
	case f.Kind == TokenEnds || f.Kind == TokenEndsInLookUps:
		if f.After, err = strconv.Atoi(value); err != nil || f.After < 1 {
			return Fault{}, fmt.Errorf("%q: say after how many requests the token ends, as in %s=500", s, f.Kind)
		}
	default:
		if f.Share, err = parseShare(value); err != nil {
			return Fault{}, fmt.Errorf("%q: the share of requests is a number from 0 to 1 or a percentage, as in %s=0.01 or %s=1%%", s, f.Kind, f.Kind)
		}
	}
	return f, nil
}

func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err == nil && !(share >= 0 && share <= 1) {
		err = errors.New("out of range")
	}
	return share, err
}

// String is what [ParseFault] reads.
func (f Fault) String() string {
	value := strconv.FormatFloat(f.Share, 'g', -1, 64)
	switch {
	case f.After > 0:
		value = strconv.Itoa(f.After)
	case f.Address != "":
		value = f.Address
	}
	if f.Route != "" {
		value += "," + f.Route
	}
	return f.Kind.String() + "=" + value
}

// befalls reports whether the fault is one of requests to r.
func (f Fault) befalls(r *route) bool {
	switch f.Kind {
	case SignupClosed, AlwaysRefused:
		return r.pattern == CreatePath
	case NoAgentLicence:
		return r.pattern == DeskOrgsPath
	case TokenEnds, TokenEndsInLookUps, UnknownAccount: // drawn elsewhere
		return false
	}
	return f.names(r)
}

func (f Fault) names(r *route) bool {
	switch f.Route {
	case "":
		return !r.check
	case r.method, r.pattern, r.method + " " + r.pattern:
		return true
	}
	return false
}

// Decision is what [Options].OnCreate wants of one create request. The zero value leaves it to the site's faults.
type Decision struct {
	Fault  FaultKind     // befalls the request, unless 0
	Status int           // is answered, unless 0, and nothing is done
	Key    string        // the i18nKey of that answer
	Delay  time.Duration // is added to the latency
}

// faultPlan draws faults.
type faultPlan struct {
	seed          string
	withoutTenant *strings.Replacer // makes texts with account ids the same on every site
	current       atomic.Pointer[[]Fault]

	mu       sync.Mutex
	attempts map[uint64]int // requests by what they are about
}

func (p *faultPlan) init(seed uint64, tenant string) {
	p.seed = strconv.FormatUint(seed, 10)
	p.withoutTenant = strings.NewReplacer(tenant, "", tenant[:24], "")
	p.attempts = map[uint64]int{}
}

func (p *faultPlan) all() []Fault { return *p.current.Load() }

// attempt counts the requests to a route that are about the same, from 1.
func (p *faultPlan) attempt(r *route, about string) int {
	key := hash(r.method, r.pattern, about)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempts[key]++
	return p.attempts[key]
}

// draw is the fault that befalls a request; 0: none.
func (p *faultPlan) draw(r *route, about string, attempt int) FaultKind {
	for _, f := range p.all() {
		n := attempt
		if f.Kind == AlwaysRefused {
			n = 0
		}
		switch {
		case !f.befalls(r):
		case f.Address != "" && fold(f.Address) == about, p.chance(f, r, about, n) < f.Share:
			return f.Kind
		}
	}
	return 0
}

// unknown reports whether a route is to know nothing of an account.
func (p *faultPlan) unknown(r *route, id string) bool {
	for _, f := range p.all() {
		if f.Kind == UnknownAccount && f.names(r) && p.chance(f, r, p.withoutTenant.Replace(id), 0) < f.Share {
			return true
		}
	}
	return false
}

// chance is a number of at least 0 and below 1 that looks random.
func (p *faultPlan) chance(f Fault, r *route, about string, attempt int) float64 {
	return float64(hash(p.seed, f.Kind.String(), r.method, r.pattern, about, strconv.Itoa(attempt))>>11) / (1 << 53)
}

// hash is FNV-1a, its bits mixed as by SplitMix64.
func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write(append([]byte(part), 0)) // never fails
	}
	z := h.Sum64()
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// about is what a request is about: for creates the address, for others all but the part of the path that differs
// from site to site.
func (c *call) about() string {
	if c.route.pattern == CreatePath {
		var in newCustomer
		if _, ok := c.decode(&in); ok {
			return fold(strings.TrimSpace(in.Email))
		}
	}
	text := strings.Join([]string{c.req.PathValue("id"), c.req.PathValue("accountId"), c.req.URL.RawQuery, string(c.body)}, " ")
	return c.site.faults.withoutTenant.Replace(text)
}

// mishap is what befalls one request.
type mishap struct {
	kind   FaultKind
	delay  time.Duration
	decide Decision
}

// mishap decides on a request that has passed credentials and quota.
func (s *Site) mishap(c *call) mishap {
	create := c.route.pattern == CreatePath && s.options.OnCreate != nil
	if len(s.faults.all()) == 0 && !create {
		return mishap{}
	}
	about := c.about()
	attempt := s.faults.attempt(c.route, about)
	m := mishap{kind: s.faults.draw(c.route, about, attempt)}
	if create {
		var in newCustomer
		_, _ = c.decode(&in)
		m.decide = s.options.OnCreate(strings.TrimSpace(in.Email), attempt)
		m.delay = m.decide.Delay
		if m.decide.Fault != 0 || m.decide.Status != 0 {
			m.kind = m.decide.Fault
		}
	}
	if m.kind == Slow {
		m.delay += s.options.SlowBy
	}
	return m
}

// instead is what is answered in place of doing anything.
func (m mishap) instead(h http.Header) (answer, bool) {
	if d := m.decide; d.Status != 0 {
		return deskError(d.Status, d.Key, http.StatusText(d.Status)), true
	}
	switch m.kind {
	case Unavailable:
		return unavailable(), true
	case BadGateway:
		return html(http.StatusBadGateway, "502 Bad Gateway", "502 Bad Gateway"), true
	case Refused:
		h.Set("Retry-After", "2")
		return tooMany(), true
	case RefusedBare, AlwaysRefused:
		return tooMany(), true
	case SignupClosed: // as users reported it
		return deskError(http.StatusBadRequest, "cv.signup.error.not.allowed", "Signup is not currently available"), true
	case SignInPage:
		return html(http.StatusOK, "Sign in", "Sign in to continue"), true
	case RouteGone:
		return deskError(http.StatusNotFound, "sandbox.path", "Nothing at this path"), true
	case NoAgentLicence:
		return noLicence(), true
	case ResetBefore:
		return answer{}, true
	}
	return answer{}, false
}
