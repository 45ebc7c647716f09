package jsmtest

import (
	"maps"
	"time"
)

// Exchange is one request and what came of it.
type Exchange struct {
	Method, Path      string // the route's; "" and "/" for what is no operation
	Arrived, Answered time.Time
	Status            int // 0: no whole answer went out
	Fault             FaultKind
}

// Stats is what a site has seen.
type Stats struct {
	RouteStats                       // all together
	Routes     map[string]RouteStats `json:"routes"` // by "POST /rest/…"; " /" is what is no operation
	Faults     map[FaultKind]int     `json:"faults"`
	Accounts   int                   `json:"accounts"`
	Created    int                   `json:"created"` // accounts that requests made
}

// RouteStats are the requests to one route. Requests = sum of Answers + Lost + those in flight.
type RouteStats struct {
	Requests int         `json:"requests"`
	Answers  map[int]int `json:"answers"` // by status
	Lost     int         `json:"lost"`    // without a whole answer: reset, truncated, given up
}

// Route is the part of one route, by its method and path pattern.
func (s Stats) Route(method, path string) RouteStats { return s.Routes[method+" "+path] }

func (s *Site) leave(r *route, x *Exchange) {
	s.mu.Lock()
	if x.Status == 0 {
		r.stats.Lost++
	} else {
		r.stats.Answers[x.Status]++
	}
	if x.Fault != "" {
		s.befell[x.Fault]++
	}
	s.mu.Unlock()
	if s.options.OnAnswer != nil {
		x.Answered = time.Now()
		s.options.OnAnswer(*x)
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{
		RouteStats: RouteStats{Answers: map[int]int{}},
		Routes:     map[string]RouteStats{},
		Faults:     maps.Clone(s.befell),
		Accounts:   len(s.accounts.all),
		Created:    s.accounts.created,
	}
	for _, r := range s.routes {
		if r.stats.Requests == 0 {
			continue
		}
		one := r.stats
		one.Answers = maps.Clone(one.Answers)
		out.Routes[r.method+" "+r.pattern] = one
		out.Requests += one.Requests
		out.Lost += one.Lost
		for status, n := range one.Answers {
			out.Answers[status] += n
		}
	}
	return out
}
