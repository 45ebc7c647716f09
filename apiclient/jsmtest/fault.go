package jsmtest

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind is what can go wrong with a request. Its text is the word of [ParseFault].
type FaultKind string

const (
	Unavailable        FaultKind = "503"                // nothing done
	UnavailableAfter   FaultKind = "503-after"          // done, and answered with 503
	BadGateway         FaultKind = "502-html"           // a proxy's page, nothing done
	Refused            FaultKind = "429"                // a stray refusal that names 2 s, nothing done
	RefusedBare        FaultKind = "429-no-retry-after" // a stray refusal without headers, nothing done
	ResetBefore        FaultKind = "reset-before"       // connection cut, nothing done
	ResetAfter         FaultKind = "reset-after"        // done, connection cut
	TruncateAfter      FaultKind = "truncate-after"     // done, half an answer; without a body as ResetAfter
	HangAfter          FaultKind = "hang-after"         // done, no answer until the client gives up
	Slow               FaultKind = "slow"               // done, and answered [Options].SlowBy later
	TokenEnds          FaultKind = "401-after"          // each token ends after N requests of any kind
	TokenEndsInLookUps FaultKind = "401-after-look-ups" // each token ends after N requests to user/search
	SignupClosed       FaultKind = "signup-closed"      // creates are refused as by a setting of the site
	SignInPage         FaultKind = "html-200"           // a page with status 200, nothing done
	RouteGone          FaultKind = "route-gone"         // 404, nothing at this path
	AlwaysRefused      FaultKind = "always-refused"     // every create of some addresses is answered with a bare 429
	UnknownAccount     FaultKind = "unknown-account"    // organizations and service projects do not know some accounts
	NoAgentLicence     FaultKind = "no-agent-licence"   // as if the token's owner had none
)

var faultKinds = []FaultKind{
	Unavailable, UnavailableAfter, BadGateway, Refused, RefusedBare, ResetBefore, ResetAfter, TruncateAfter, HangAfter,
	Slow, TokenEnds, TokenEndsInLookUps, SignupClosed, SignInPage, RouteGone, AlwaysRefused, UnknownAccount,
	NoAgentLicence,
}

// FaultNames are the words that [ParseFault] knows.
func FaultNames() (names []string) {
	for _, kind := range faultKinds {
		names = append(names, string(kind))
	}
	return names
}

// Fault befalls a share of the requests. Which ones, the seed decides with the kind, the route, what the request is
// about and how often that was asked before: not the order in which requests arrive.
type Fault struct {
	Kind    FaultKind
	Share   float64 // 0 to 1, of the requests; of AlwaysRefused the addresses, of UnknownAccount the accounts
	After   int     // of TokenEnds and TokenEndsInLookUps, in place of a share
	Address string  // of AlwaysRefused, in place of a share
	// Route is a method, a path pattern or "METHOD pattern". "" is every operation that works on customers: the checks
	// of site and credentials are befallen only by name. SignupClosed, AlwaysRefused and NoAgentLicence need none.
	Route string
}

// ParseFault reads KIND=SHARE or KIND=SHARE,ROUTE: 503=0.01, reset-after=0.1%, 401-after=500, html-200=1,PUT.
// signup-closed and no-agent-licence may stand alone, and always-refused may have an address for its share.
func ParseFault(s string) (Fault, error) {
	word, value, _ := strings.Cut(s, "=")
	value, route, _ := strings.Cut(value, ",")
	value = strings.TrimSpace(value)
	f := Fault{Kind: FaultKind(strings.TrimSpace(word)), Route: strings.TrimSpace(route)}
	var err error
	ok := slices.Contains(faultKinds, f.Kind)
	switch {
	case f.Kind == AlwaysRefused && strings.Contains(value, "@"):
		f.Address = value
	case f.Kind == TokenEnds || f.Kind == TokenEndsInLookUps:
		f.After, err = strconv.Atoi(value)
		ok = err == nil && f.After > 0
	case value == "" && (f.Kind == SignupClosed || f.Kind == NoAgentLicence):
		f.Share = 1
	default:
		number, percent := strings.CutSuffix(value, "%")
		f.Share, err = strconv.ParseFloat(number, 64)
		if percent {
			f.Share /= 100
		}
		ok = ok && err == nil && f.Share >= 0 && f.Share <= 1
	}
	if !ok {
		return Fault{}, fmt.Errorf("%q is no fault: use KIND=SHARE, a share from 0 to 1 or a percentage as in 503=0.01, "+
			"and 401-after=500 for so many requests; kinds are %s", s, strings.Join(FaultNames(), ", "))
	}
	return f, nil
}

// befalls reports whether the fault is drawn for requests to r.
func (f Fault) befalls(r *route) bool {
	switch f.Kind {
	case SignupClosed, AlwaysRefused:
		return r.pattern == CreatePath
	case NoAgentLicence:
		return r.pattern == DeskOrgsPath
	case TokenEnds, TokenEndsInLookUps, UnknownAccount: // decided elsewhere
		return false
	}
	return f.names(r)
}

func (f Fault) names(r *route) bool {
	if f.Route == "" {
		return !r.check
	}
	return f.Route == r.method || f.Route == r.pattern || f.Route == r.method+" "+r.pattern
}

// SetFaults replaces the faults from the next request on.
func (s *Site) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.Clone(faults)
}

// draw is the fault that befalls a request; "": none.
func (s *Site) draw(r *route, about string, attempt int) FaultKind {
	for _, f := range s.faults {
		n := attempt
		if f.Kind == AlwaysRefused {
			n = 0 // whichever attempt it is
		}
		if f.befalls(r) && (f.Address != "" && fold(f.Address) == about || s.chance(string(f.Kind), r, about, n) < f.Share) {
			return f.Kind
		}
	}
	return ""
}

// unknown reports whether a route is to know nothing of an account.
func (s *Site) unknown(r *route, id string) bool {
	return slices.ContainsFunc(s.faults, func(f Fault) bool {
		return f.Kind == UnknownAccount && f.names(r) && s.chance(string(f.Kind), r, s.sameEverywhere(id), 0) < f.Share
	})
}

// chance is a number of at least 0 and below 1 that looks random, and that seed and arguments decide.
func (s *Site) chance(of string, r *route, about string, n int) float64 {
	seed := strconv.FormatUint(s.options.Seed, 10)
	bits := hash(seed, of, r.method, r.pattern, about, strconv.Itoa(n))
	return float64(bits>>11) / (1 << 53)
}

// sameEverywhere takes from a text with account ids what differs from site to site.
func (s *Site) sameEverywhere(text string) string {
	tenant := s.accounts.tenant
	return strings.ReplaceAll(strings.ReplaceAll(text, tenant, ""), tenant[:tenantPrefix], "")
}

// hash is FNV-1a, its bits mixed as by SplitMix64.
func hash(parts ...string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00"))) // never fails
	z := h.Sum64()
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// about is what a request is about: for creates the address, for others all that does not differ from site to site.
func (c *call) about() string {
	if c.route.pattern == CreatePath {
		return fold(c.email())
	}
	named := c.req.PathValue("id") + " " + c.req.PathValue("accountId")
	return c.site.sameEverywhere(strings.Join([]string{named, c.req.URL.RawQuery, string(c.body)}, " "))
}

// email is the address of a create request.
func (c *call) email() string {
	var in newCustomer
	_, _ = c.decode(&in) // what cannot be read is about nobody
	return strings.TrimSpace(in.Email)
}

// Decision is what [Options].OnCreate wants of one create request. The zero value leaves it to the site's faults.
type Decision struct {
	Fault  FaultKind     // befalls the request, unless ""
	Status int           // is answered, unless 0, and nothing is done
	Key    string        // the i18nKey of that answer
	Delay  time.Duration // is added to the latency
}

// decide draws what befalls a request that has passed credentials and quota.
func (s *Site) decide(c *call) (d Decision) {
	asked := c.route.pattern == CreatePath && s.options.OnCreate != nil
	if len(s.faults) == 0 && !asked {
		return Decision{}
	}
	about := c.about()
	key := hash(c.route.method, c.route.pattern, about)
	s.attempts[key]++
	attempt := s.attempts[key]
	if asked {
		d = s.ask(c.email(), attempt)
	}
	if d.Fault == "" && d.Status == 0 {
		d.Fault = s.draw(c.route, about, attempt)
	}
	if d.Fault == Slow {
		d.Delay += s.options.SlowBy
	}
	return d
}

// ask calls OnCreate without the lock, so that it may use the site.
func (s *Site) ask(email string, attempt int) Decision {
	s.mu.Unlock()
	defer s.mu.Lock()
	return s.options.OnCreate(email, attempt)
}

// instead is what is answered in place of doing anything.
func (d Decision) instead(c *call, h http.Header) (answer, bool) {
	if d.Status != 0 {
		return deskError(d.Status, d.Key, http.StatusText(d.Status)), true
	}
	switch d.Fault {
	case Unavailable:
		return unavailable(c), true
	case BadGateway:
		return html(http.StatusBadGateway, "502 Bad Gateway"), true
	case Refused:
		h.Set("Retry-After", "2")
		return tooMany(), true
	case RefusedBare, AlwaysRefused:
		return tooMany(), true
	case SignupClosed: // key and text as users reported them
		return deskError(http.StatusBadRequest, "cv.signup.error.not.allowed", "Signup is not currently available"), true
	case SignInPage:
		return html(http.StatusOK, "Sign in to continue"), true
	case RouteGone:
		return c.failure(http.StatusNotFound, "path", "Nothing at this path"), true
	case NoAgentLicence:
		return c.forbidden(), true
	case ResetBefore:
		return answer{}, true
	}
	return answer{}, false
}

func unavailable(c *call) answer {
	return c.failure(http.StatusServiceUnavailable, "unavailable", "The service is unavailable for a moment")
}

func tooMany() answer { return plain(http.StatusTooManyRequests, "Rate limit exceeded") }
