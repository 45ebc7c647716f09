package jsmtest

import (
	"maps"
	"net/http"
	"sync"
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
	RouteStats
	Routes   map[string]RouteStats `json:"routes"` // by "POST /rest/…"; " " is what is no operation
	Faults   map[FaultKind]int     `json:"faults"`
	Accounts int                   `json:"accounts"`
	Created  int                   `json:"created"` // accounts that requests made
}

// RouteStats are the requests to one route. Requests = sum of Answers + Lost + those in flight.
type RouteStats struct {
	Requests int         `json:"requests"`
	Answers  map[int]int `json:"answers"` // by status
	Lost     int         `json:"lost"`    // without a whole answer: reset, truncated, given up
}

// Route is the part of one route, by its method and path pattern.
func (s Stats) Route(method, path string) RouteStats { return s.Routes[method+" "+path] }

// statistics counts requests.
type statistics struct {
	mu     sync.Mutex
	total  *RouteStats
	routes map[string]*RouteStats
	faults map[FaultKind]int
}

func newStatistics() *statistics {
	return &statistics{
		total:  &RouteStats{Answers: map[int]int{}},
		routes: map[string]*RouteStats{},
		faults: map[FaultKind]int{},
	}
}

// both are the counts that an exchange belongs to.
func (s *statistics) both(x *Exchange) [2]*RouteStats {
	name := x.Method + " " + x.Path
	if s.routes[name] == nil {
		s.routes[name] = &RouteStats{Answers: map[int]int{}}
	}
	return [2]*RouteStats{s.total, s.routes[name]}
}

func (s *statistics) enter(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.both(x) {
		n.Requests++
	}
}

func (s *statistics) leave(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.both(x) {
		if x.Status == 0 {
			n.Lost++
		} else {
			n.Answers[x.Status]++
		}
	}
	if x.Fault != "" {
		s.faults[x.Fault]++
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	out := Stats{Routes: map[string]RouteStats{}, Accounts: len(s.accounts.all), Created: s.accounts.created}
	s.mu.Unlock()
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	out.RouteStats, out.Faults = s.stats.total.copy(), maps.Clone(s.stats.faults)
	for name, n := range s.stats.routes {
		out.Routes[name] = n.copy()
	}
	return out
}

func (n RouteStats) copy() RouteStats {
	n.Answers = maps.Clone(n.Answers)
	return n
}

func statsJSON(c *call) answer { return jsonAnswer(http.StatusOK, c.site.Stats()) }
