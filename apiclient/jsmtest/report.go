package jsmtest

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"
)

// accountRow is an account as /sandbox/accounts writes it and [ReadExisting] reads it.
type accountRow struct {
	Address   string      `csv:"address,email"`
	Name      string      `csv:"name"`
	AccountID string      `csv:"account_id,account id"`
	Active    string      `csv:"active"` // "true" or "false"; "" is true
	CreatedBy int         `csv:"created_by_attempt"`
	Asked     int         `csv:"asked"`
	Type      AccountType `csv:"account_type,account type"`
}

func (s *Site) accountsCSV(w http.ResponseWriter, _ *http.Request) {
	var rows []accountRow
	for a := range s.Accounts() {
		active := strconv.FormatBool(!a.Revoked)
		rows = append(rows, accountRow{a.Email, a.Name, a.ID, active, a.CreatedBy, a.Asked, a.Type})
	}
	w.Header().Set("Content-Type", "text/csv;charset=UTF-8")
	_ = gocsv.Marshal(rows, w) // who reads has gone away when it fails
}

func (s *Site) statsJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.Stats())
}

// ReadExisting reads accounts from a CSV: address, name and, if wanted, account_id, active (true or false) and
// account_type (customer, atlassian, app). With a header, columns may be in any order and others among them, as in
// the answer of /sandbox/accounts; the first line is one when it has no @.
func ReadExisting(r io.Reader) (all []Account, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	header, rest, _ := strings.Cut(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if header == "" || strings.Contains(header, "@") {
		header, rest = "address,name,account_id,active,account_type", header+"\n"+rest
	}
	records := csv.NewReader(strings.NewReader(strings.ToLower(header) + "\n" + rest))
	records.FieldsPerRecord = -1
	records.TrimLeadingSpace = true
	var rows []accountRow
	if err := gocsv.UnmarshalCSV(records, &rows); err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	for i, row := range rows {
		active, err := strconv.ParseBool(cmp.Or(row.Active, "true"))
		row.Type = AccountType(strings.ToLower(cmp.Or(string(row.Type), string(Customer))))
		known := slices.Contains([]AccountType{Customer, Atlassian, App}, row.Type)
		if !strings.Contains(row.Address, "@") || err != nil || !known {
			return nil, fmt.Errorf("reading existing accounts: account %d: address %q must have an @, active %q be "+
				"true or false, account_type %q be customer, atlassian or app", i+1, row.Address, row.Active, row.Type)
		}
		all = append(all, Account{
			Email: row.Address, Name: row.Name, ID: row.AccountID, Type: row.Type, Revoked: !active,
		})
	}
	return all, nil
}

// Exchange is one request and what came of it.
type Exchange struct {
	Method, Path string // the route's; "" and "/" for what is no operation
	Status       int    // 0: no whole answer went out
	Fault        FaultKind
}

// Stats is what a site has seen.
type Stats struct {
	RouteStats                       // all together
	Routes     map[string]RouteStats `json:"routes"` // by "POST /rest/…"; " /" is what is no operation
	Faults     map[FaultKind]int     `json:"faults"`
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

// leave counts what came of a request.
func (c *call) leave() {
	c.site.mu.Lock()
	c.site.exchanges[Exchange{Method: c.Method, Path: c.Path}]--
	c.site.exchanges[c.Exchange]++
	c.site.mu.Unlock()
	if c.site.options.OnAnswer != nil {
		c.site.options.OnAnswer(c.Exchange)
	}
}

// Stats is what the site has seen so far.
func (s *Site) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Routes: map[string]RouteStats{}, Faults: map[FaultKind]int{}, Accounts: len(s.accounts)}
	for _, a := range s.accounts {
		out.Created += a.Creations
	}
	for x, n := range s.exchanges {
		name := x.Method + " " + x.Path
		route := out.Routes[name]
		route.add(x, n)
		out.Routes[name] = route
		out.add(x, n)
		if x.Fault != "" {
			out.Faults[x.Fault] += n
		}
	}
	return out
}

func (s *RouteStats) add(x Exchange, n int) {
	if s.Answers == nil {
		s.Answers = map[int]int{}
	}
	s.Requests += n
	if x.Status != 0 {
		s.Answers[x.Status] += n
	}
}
