package jsmtest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// FaultKind is what can go wrong with a create or revoke request.
type FaultKind int

const (
	Unavailable      FaultKind = iota + 1 // "503": nothing done
	UnavailableAfter                      // "503-after": done, and answered with 503
	BadGateway                            // "502-html": a proxy's page, nothing done
	RefusedBare                           // "429-no-retry-after": no header says why or how long
	ResetBefore                           // "reset-before": connection cut, nothing done
	ResetAfter                            // "reset-after": done, connection cut
	TruncateAfter                         // "truncate-after": done, half an answer; without a body as reset-after
	HangAfter                             // "hang-after": done, no answer until the client gives up
	Slow                                  // "slow": [Options].SlowBy more
	TokenEnds                             // "401-after": each token ends after N requests, of any kind
	SignupClosed                          // "signup-closed": creates are refused as by a setting of the site
)

var faultNames = [...]string{
	Unavailable: "503", UnavailableAfter: "503-after", BadGateway: "502-html", RefusedBare: "429-no-retry-after",
	ResetBefore: "reset-before", ResetAfter: "reset-after", TruncateAfter: "truncate-after", HangAfter: "hang-after",
	Slow: "slow", TokenEnds: "401-after", SignupClosed: "signup-closed",
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
	for i, name := range faultNames {
		if name != "" && name == string(text) {
			*k = FaultKind(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no fault: use one of %s", text, strings.Join(FaultNames(), ", "))
}

// FaultNames are the words that [ParseFault] knows.
func FaultNames() []string { return append([]string(nil), faultNames[1:]...) }

// Fault befalls a share of the create and revoke requests, chosen by the seed
// and the number of the request among these.
type Fault struct {
	Kind  FaultKind
	Share float64 // 0 to 1
	After int     // with TokenEnds, in place of a share: so many requests pass
}

// ParseFault reads KIND=SHARE: 503=0.01, reset-after=0.1%, 401-after=500.
// signup-closed may stand alone: all creates.
func ParseFault(s string) (Fault, error) {
	word, value, given := strings.Cut(s, "=")
	var kind FaultKind
	if kind.UnmarshalText([]byte(strings.TrimSpace(word))) != nil {
		return Fault{}, fmt.Errorf("%q is no fault: use KIND=SHARE, where KIND is one of %s", s, strings.Join(FaultNames(), ", "))
	}
	value = strings.TrimSpace(value)
	switch {
	case kind == SignupClosed && !given:
		return Fault{Kind: kind, Share: 1}, nil
	case kind == TokenEnds:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return Fault{}, fmt.Errorf("%q: say after how many requests the token ends, as in 401-after=500", s)
		}
		return Fault{Kind: kind, After: n}, nil
	}
	share, err := parseShare(value)
	if err != nil {
		return Fault{}, fmt.Errorf("%q: the share of requests is a number from 0 to 1 or a percentage, as in %s=0.01 or %s=1%%", s, kind, kind)
	}
	return Fault{Kind: kind, Share: share}, nil
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
	if f.Kind == TokenEnds {
		return fmt.Sprintf("%s=%d", f.Kind, f.After)
	}
	return f.Kind.String() + "=" + strconv.FormatFloat(f.Share, 'g', -1, 64)
}

// Decision is what [Options].OnCreate wants of one create request. The zero
// value leaves it to the site's faults.
type Decision struct {
	Fault  FaultKind     // befalls the request, unless 0
	Status int           // is answered, unless 0, and nothing is done
	Key    string        // the i18nKey of that answer
	Delay  time.Duration // is added to the latency
}

// faultPlan chooses faults.
type faultPlan struct {
	seed    uint64
	current atomic.Pointer[[]Fault]
	drawn   atomic.Uint64
}

// draw is the fault of the next create or revoke request.
func (p *faultPlan) draw(create bool) FaultKind {
	n := p.drawn.Add(1)
	for i, f := range *p.current.Load() {
		if f.Kind == SignupClosed && !create || f.Kind == TokenEnds {
			continue
		}
		if chance(p.seed+uint64(i)*7919, n) < f.Share {
			return f.Kind
		}
	}
	return 0
}

// tokenLife is the number of requests after which a token ends; 0: never.
func (p *faultPlan) tokenLife() int64 {
	for _, f := range *p.current.Load() {
		if f.Kind == TokenEnds {
			return int64(f.After)
		}
	}
	return 0
}

// mishap is what befalls one request.
type mishap struct {
	kind    FaultKind
	delay   time.Duration
	instead *answer // said in place of doing anything
}

// mishap decides on a request that has passed credentials and quota.
func (s *Site) mishap(c *call) mishap {
	if !c.route.faulty {
		return mishap{}
	}
	create := c.route.pattern == CreatePath
	m := mishap{kind: s.faults.draw(create)}
	if create && s.options.OnCreate != nil {
		m = s.ask(c, m)
	}
	if m.kind == Slow {
		m.delay += s.options.SlowBy
	}
	return m
}

// ask puts a create request before OnCreate.
func (s *Site) ask(c *call, m mishap) mishap {
	var in newCustomer
	if _, bad := c.decode(&in); bad {
		return m
	}
	email := strings.TrimSpace(in.Email)
	s.mu.Lock()
	s.attempts[fold(email)]++
	attempt := s.attempts[fold(email)]
	s.mu.Unlock()
	d := s.options.OnCreate(email, attempt)
	if d.Fault != 0 || d.Status != 0 {
		m.kind = d.Fault
	}
	m.delay += d.Delay
	if d.Status != 0 {
		a := deskError(d.Status, d.Key, http.StatusText(d.Status))
		m.instead = &a
	}
	return m
}

// before is what is said in place of doing anything.
func (m mishap) before() (answer, bool) {
	switch {
	case m.instead != nil:
		return *m.instead, true
	case m.kind == Unavailable:
		return unavailable(), true
	case m.kind == BadGateway:
		return answer{http.StatusBadGateway, "text/html", []byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n")}, true
	case m.kind == RefusedBare:
		return tooMany(), true
	case m.kind == SignupClosed:
		return deskError(http.StatusBadRequest, "cv.signup.error.not.allowed", "Signup is not currently available"), true
	}
	return answer{}, m.kind == ResetBefore
}

// after is what is said when a was done.
func (m mishap) after(a answer) answer {
	if m.kind == UnavailableAfter {
		return unavailable()
	}
	return a
}

func unavailable() answer {
	return deskError(http.StatusServiceUnavailable, "sandbox.unavailable", "The service is unavailable for a moment")
}
