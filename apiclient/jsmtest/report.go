package jsmtest

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gocarina/gocsv"
)

// index says what is here.
func index(c *call) answer {
	const text = `This is a Jira Service Management site in memory, for trying things out. It is no real one: nothing
leaves this machine, no mail is sent, and all is gone when it ends. The texts in its answers are invented.

Look at what it knows, in a browser or with curl; no credentials are needed:

  BASE/sandbox/accounts       all accounts, as CSV
  BASE/sandbox/organizations  organizations and service projects, and who is in them, as JSON
  BASE/sandbox/stats          requests and answers so far, as JSON

Use it with the credentials that were printed at the start:

  BASE is the site, BASE/oauth/token where service accounts get tokens,
  BASE/ex/jira/CLOUDID the gateway, for tokens with scopes
`
	return plain(http.StatusOK, strings.NewReplacer("BASE", c.base(), "CLOUDID", c.site.CloudID()).Replace(text))
}

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

func accountsCSV(c *call) answer {
	var rows []accountRow
	for a := range c.site.Accounts() {
		active := strconv.FormatBool(!a.Revoked)
		rows = append(rows, accountRow{a.Email, a.Name, a.ID, active, a.CreatedBy, a.Asked, a.Type})
	}
	text, err := gocsv.MarshalBytes(rows)
	if err != nil {
		return plain(http.StatusInternalServerError, err.Error())
	}
	return answer{http.StatusOK, "text/csv;charset=UTF-8", text}
}

func membersJSON(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"organizations": c.site.Organizations(), "service_desks": c.site.Desks(),
	})
}

func statsJSON(c *call) answer { return jsonAnswer(http.StatusOK, c.site.Stats()) }

// BuiltIn are the accounts that the sandbox has from the start: its administrator and a few people, some of them
// with portal-only accounts.
func BuiltIn() []Account {
	return []Account{
		{Email: "sandbox@example.com", Name: "Sandbox Administrator", Type: Atlassian},
		{Email: "amira.haddad@example.com", Name: "Amira Haddad", Type: Customer},
		{Email: "bo.lindqvist@example.org", Name: "Bo Lindqvist", Type: Atlassian},
		{Email: "chen.wei@example.net", Name: "Chen Wei", Type: Customer},
		{Email: "resident.one@portal.example", Name: "Resident One", Type: Customer},
		{Email: "resident.two@portal.example", Name: "Resident Two", Type: Atlassian},
	}
}

// ReadExisting reads accounts from a CSV: address, name and, if wanted, account_id, active (true or false) and
// account_type (customer, atlassian, app). With a header, columns may be in any order and others among them, as in
// the answer of /sandbox/accounts; the first line is one when it has no @.
func ReadExisting(r io.Reader) ([]Account, error) {
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
	var all []Account
	for i, row := range rows {
		kind := AccountType(strings.ToLower(cmp.Or(string(row.Type), string(Customer))))
		active := strings.ToLower(cmp.Or(row.Active, "true"))
		if !strings.Contains(row.Address, "@") || active != "true" && active != "false" ||
			kind != Customer && kind != Atlassian && kind != App {
			return nil, fmt.Errorf("reading existing accounts: account %d: address %q must have an @, active %q be true or "+
				"false, account_type %q be customer, atlassian or app", i+1, row.Address, active, kind)
		}
		a := Account{Email: row.Address, Name: row.Name, ID: row.AccountID, Type: kind, Revoked: active == "false"}
		all = append(all, a)
	}
	return all, nil
}

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
