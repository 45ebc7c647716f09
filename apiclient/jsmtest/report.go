package jsmtest

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
)

func (s *Site) accountsCSV(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	rows := csv.NewWriter(w)
	defer rows.Flush() // who reads has gone away when it fails
	_ = rows.Write([]string{"address", "name", "account_id", "active", "created_by_attempt", "account_type"})
	for _, a := range s.Accounts() {
		_ = rows.Write([]string{a.Email, a.Name, a.ID, fmt.Sprint(!a.Revoked), fmt.Sprint(a.CreatedBy), a.Type})
	}
}

func (s *Site) statsJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.Stats())
}

// ReadExisting reads customers from a CSV whose first columns are address and name. Its first line is a header when it
// has no @.
func ReadExisting(r io.Reader) (all []Account, err error) {
	records := csv.NewReader(r)
	records.FieldsPerRecord = -1
	lines, err := records.ReadAll()
	for i, line := range lines {
		email, name := strings.TrimPrefix(line[0], "\ufeff"), strings.Join(line[1:min(2, len(line))], "")
		if strings.Contains(email, "@") {
			all = append(all, Account{Email: email, Name: name})
		} else if i > 0 && err == nil {
			err = fmt.Errorf("line %d: address %q must have an @", i+1, email)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	return all, nil
}

// Exchange is one request and what came of it.
type Exchange struct {
	Method, Path string // the route's; "" and "/" for what is no operation
	Status       int    // 0: no whole answer went out
	Fault        string // its kind; "": none
}

// Stats is what a site has seen.
type Stats struct {
	RouteStats                       // all together
	Routes     map[string]RouteStats `json:"routes"` // by "POST /rest/…"; " /" is what is no operation
	Faults     map[string]int        `json:"faults"`
	Accounts   int                   `json:"accounts"`
	Created    int                   `json:"created"` // accounts that requests made
}

// RouteStats are the requests to one route. Those without an answer are under way, or their answer was lost.
type RouteStats struct {
	Requests int         `json:"requests"`
	Answers  map[int]int `json:"answers"` // whole ones, by status
}

// Route is the part of one route, by its method and path pattern.
func (s Stats) Route(method, path string) RouteStats { return s.Routes[method+" "+path] }

// counts are those of the request's route.
func (c *call) counts() *RouteStats {
	name := c.Method + " " + c.Path
	if c.site.routes[name] == nil {
		c.site.routes[name] = &RouteStats{Answers: map[int]int{}}
	}
	return c.site.routes[name]
}

// leave counts what came of a request.
func (c *call) leave() {
	c.site.mu.Lock()
	if c.Status != 0 {
		c.counts().Answers[c.Status]++
	}
	if c.Fault != "" {
		c.site.faultCounts[c.Fault]++
	}
	c.site.mu.Unlock()
	if c.site.options.OnAnswer != nil {
		c.site.options.OnAnswer(c.Exchange)
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{
		RouteStats: RouteStats{Answers: map[int]int{}},
		Routes:     map[string]RouteStats{},
		Faults:     maps.Clone(s.faultCounts),
		Accounts:   len(s.accounts),
		Created:    len(s.createdAt),
	}
	for name, route := range s.routes {
		out.Routes[name] = RouteStats{route.Requests, maps.Clone(route.Answers)}
		out.Requests += route.Requests
		for status, n := range route.Answers {
			out.Answers[status] += n
		}
	}
	return out
}
