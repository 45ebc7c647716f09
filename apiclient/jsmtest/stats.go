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

// Stats is what a site has seen. For each route and in all, Requests = sum of Answers + Lost + those in flight.
type Stats struct {
	RouteStats
	Routes   map[string]RouteStats `json:"routes"` // by "POST /rest/…"; "other" is what is no operation
	Faults   map[FaultKind]int     `json:"faults"`
	Accounts int                   `json:"accounts"`
	Created  int                   `json:"created"` // accounts that requests made
}

// RouteStats is one route's part of [Stats].
type RouteStats struct {
	Requests    int         `json:"requests"`
	Answers     map[int]int `json:"answers"` // by status
	Lost        int         `json:"lost"`    // without a whole answer: reset, truncated, given up
	MaxInFlight int         `json:"max_in_flight"`
}

// Route is the part of one route, by its method and path pattern.
func (s Stats) Route(method, path string) RouteStats { return s.Routes[method+" "+path] }

// counts are a route's, or all together.
type counts struct {
	RouteStats
	inFlight int
}

func (n *counts) enter() {
	n.Requests++
	n.inFlight++
	n.MaxInFlight = max(n.MaxInFlight, n.inFlight)
}

func (n *counts) leave(status int) {
	n.inFlight--
	if status == 0 {
		n.Lost++
		return
	}
	n.Answers[status]++
}

func (n *counts) copy() RouteStats {
	c := n.RouteStats
	c.Answers = maps.Clone(c.Answers)
	return c
}

type statistics struct {
	mu     sync.Mutex
	total  *counts
	routes map[string]*counts
	faults map[FaultKind]int
}

func newStatistics() *statistics {
	return &statistics{total: newCounts(), routes: map[string]*counts{}, faults: map[FaultKind]int{}}
}

func newCounts() *counts { return &counts{RouteStats: RouteStats{Answers: map[int]int{}}} }

// of is the counts of an exchange's route.
func (s *statistics) of(x *Exchange) *counts {
	name := x.Method + " " + x.Path
	if x.Path == "" {
		name = "other"
	}
	if s.routes[name] == nil {
		s.routes[name] = newCounts()
	}
	return s.routes[name]
}

func (s *statistics) enter(r *route) *Exchange {
	x := &Exchange{Arrived: time.Now()}
	if r.method != "" {
		x.Method, x.Path = r.method, r.pattern
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.enter()
	s.of(x).enter()
	return x
}

func (s *statistics) leave(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.leave(x.Status)
	s.of(x).leave(x.Status)
	if x.Fault != 0 {
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

func statsJSON(c *call) answer { return jsonAnswer(http.StatusOK, c.site.Stats()) }
