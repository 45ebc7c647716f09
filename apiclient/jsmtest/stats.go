package jsmtest

import (
	"maps"
	"time"
)

// Exchange is one request and what came of it.
type Exchange struct {
	Method, Path      string // the route's; "" for what is no operation
	Arrived, Answered time.Time
	Status            int // 0: no whole answer went out
	Fault             FaultKind
}

// Stats is what a site has seen.
type Stats struct {
	RouteStats                       // all together
	Routes     map[string]RouteStats `json:"routes"` // by "POST /rest/…"; " " is what is no operation
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

// add adds n requests of an exchange's route that were given up, or answered with a status.
func (s Stats) add(x *Exchange, requests, lost, status int) {
	name := x.Method + " " + x.Path
	r, ok := s.Routes[name]
	if !ok {
		r.Answers = map[int]int{}
	}
	r.Requests += requests
	r.Lost += lost
	if status != 0 {
		r.Answers[status]++
	}
	s.Routes[name] = r
}

// enter and leave count a request.
func (s *Site) enter(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.add(x, 1, 0, 0)
}

func (s *Site) leave(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Status == 0 {
		s.stats.add(x, 0, 1, 0)
	} else {
		s.stats.add(x, 0, 0, x.Status)
	}
	if x.Fault != "" {
		s.stats.Faults[x.Fault]++
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Routes, out.Faults, out.Answers = map[string]RouteStats{}, maps.Clone(s.stats.Faults), map[int]int{}
	out.Accounts, out.Created = len(s.accounts.all), s.accounts.created
	for name, r := range s.stats.Routes {
		r.Answers = maps.Clone(r.Answers)
		out.Routes[name] = r
		out.Requests += r.Requests
		out.Lost += r.Lost
		for status, n := range r.Answers {
			out.Answers[status] += n
		}
	}
	return out
}
