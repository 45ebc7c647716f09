package jsmtest

import (
	"bytes"
	"encoding/csv"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Exchange is one request and what came of it.
type Exchange struct {
	Method, Path      string // the route's; "" for what is no operation
	Arrived, Answered time.Time
	Status            int // 0: no whole answer went out
	Fault             FaultKind

	route int // number of the route; -1: none
}

// Stats is what a site has seen. For each route and in all,
// Requests = sum of Answers + Lost + those in flight.
type Stats struct {
	Requests    int                   `json:"requests"`
	Answers     map[int]int           `json:"answers"` // by status
	Lost        int                   `json:"lost"`    // without a whole answer: reset, truncated, given up
	MaxInFlight int                   `json:"max_in_flight"`
	Routes      map[string]RouteStats `json:"routes"` // by "POST /rest/…"
	Faults      map[FaultKind]int     `json:"faults"`
	Connections Connections           `json:"connections"`
	Accounts    int                   `json:"accounts"`
	Created     int                   `json:"created"` // accounts that requests made
}

// RouteStats is one route's part of [Stats].
type RouteStats struct {
	Requests    int         `json:"requests"`
	Answers     map[int]int `json:"answers"`
	Lost        int         `json:"lost"`
	MaxInFlight int         `json:"max_in_flight"`
}

// Connections are counted when the server tells [Site.ConnState].
type Connections struct {
	Opened  int `json:"opened"`
	Open    int `json:"open"`
	MaxOpen int `json:"max_open"`
}

type counts struct {
	RouteStats
	inFlight int
}

func newCounts() *counts { return &counts{RouteStats: RouteStats{Answers: map[int]int{}}} }

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

type statistics struct {
	mu     sync.Mutex
	total  *counts
	routes map[int]*counts // by number
	names  map[int]string
	faults map[FaultKind]int
	conns  Connections
}

func newStatistics() *statistics {
	return &statistics{total: newCounts(), routes: map[int]*counts{}, names: map[int]string{}, faults: map[FaultKind]int{}}
}

func (s *statistics) enter(c *call) *Exchange {
	x := &Exchange{Arrived: time.Now(), route: -1}
	if c.route != nil {
		x.Method, x.Path, x.route = c.route.method, c.route.pattern, c.route.number
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.routes[x.route]
	if !ok {
		n = newCounts()
		s.routes[x.route], s.names[x.route] = n, "other"
		if c.route != nil {
			s.names[x.route] = x.Method + " " + x.Path
		}
	}
	n.enter()
	s.total.enter()
	return x
}

func (s *statistics) leave(x *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.leave(x.Status)
	s.routes[x.route].leave(x.Status)
	if x.Fault != 0 {
		s.faults[x.Fault]++
	}
}

// ConnState counts connections; it is for [http.Server.ConnState], where
// [Site.Start] puts it.
func (s *Site) ConnState(_ net.Conn, state http.ConnState) {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	n := &s.stats.conns
	switch state {
	case http.StateNew:
		n.Opened++
		n.Open++
		n.MaxOpen = max(n.MaxOpen, n.Open)
	case http.StateClosed, http.StateHijacked:
		n.Open--
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	accounts := s.accounts.len()
	created := s.accounts.created
	s.mu.Unlock()
	n := s.stats
	n.mu.Lock()
	defer n.mu.Unlock()
	out := Stats{
		Requests: n.total.Requests, Answers: copied(n.total.Answers), Lost: n.total.Lost, MaxInFlight: n.total.MaxInFlight,
		Routes: map[string]RouteStats{}, Faults: copied(n.faults), Connections: n.conns, Accounts: accounts, Created: created,
	}
	for i, r := range n.routes {
		rs := r.RouteStats
		rs.Answers = copied(rs.Answers)
		out.Routes[n.names[i]] = rs
	}
	return out
}

// Route is the part of one route, by its method and path pattern.
func (s Stats) Route(method, path string) RouteStats { return s.Routes[method+" "+path] }

func copied[K comparable](m map[K]int) map[K]int {
	out := make(map[K]int, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func statsJSON(c *call) answer { return jsonAnswer(http.StatusOK, c.site.Stats()) }

// accountsCSV is the truth that a test compares results with.
func accountsCSV(c *call) answer {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"address", "name", "account id", "active", "created_by_attempt", "count", "asked", "account type"})
	for a := range c.site.Accounts() {
		_ = w.Write([]string{
			a.Email, a.Name, a.ID, strconv.FormatBool(!a.Revoked),
			strconv.Itoa(a.CreatedBy), strconv.Itoa(a.Creations), strconv.Itoa(a.Asked), a.Type.String(),
		})
	}
	w.Flush() // a buffer takes everything
	return answer{http.StatusOK, "text/csv;charset=UTF-8", b.Bytes()}
}
