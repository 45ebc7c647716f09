package report

import (
	"strings"
	"testing"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// at are rows whose lines are one further down.
func at(rows ...int) []export.Place {
	var places []export.Place
	for _, row := range rows {
		places = append(places, export.Place{Row: row, Line: row + 1})
	}
	return places
}

// exampleSurvey is a file with a little of everything.
func exampleSurvey() *export.Survey {
	return &export.Survey{
		Path:       "customers.csv",
		Encoding:   "UTF-8",
		HeaderLine: 2,
		Preset:     "zendesk",
		Source:     "Zendesk users",
		Dialect:    export.Dialect{Delimiter: ';'},
		Columns: []export.Column{
			{Field: export.Email, Header: "E-mail", Why: "header; every cell is an address"},
			{Field: export.Name, Header: "Full name"},
			{Field: export.Organization, Header: "Company", Why: "header", Index: 2},
		},
		Records:    1016,
		Rows:       1012,
		Skipped:    4,
		Valid:      990,
		Invalid:    12,
		Excluded:   10,
		Duplicates: 20,
		Problems: []export.Problem{
			{Kind: "title_lines", Severity: export.Repaired, Count: 1, Places: []export.Place{{Row: 1, Line: 1}},
				Text: "line before the header was passed over"},
			{Kind: "duplicate_header", Severity: export.Repaired, Count: 1, Text: "cells are quoted with '"},
			{Kind: "no_address", Severity: export.Rejected, Count: 11, Places: at(3, 5, 8, 13, 21),
				Text: "rows without an address"},
			{Kind: "row_not_utf8", Severity: export.Rejected, Count: 1, Places: at(34), Text: "row that is not UTF-8",
				Hint: "save the file in one encoding"},
			{Kind: "may_be_unwanted", Severity: export.Advised, Count: 7, Places: at(4, 6, 7, 9, 10),
				Text: "people who look suspended (Suspended=true)",
				Hint: "leave them out with --exclude 'Suspended=true'"},
			{Kind: "may_be_unwanted", Severity: export.Advised, Count: 2, Text: "people marked as agent"},
		},
		Examples: []*export.Row{
			{Place: export.Place{Row: 4, Line: 4}, Name: `Ann "A" Lee`, Email: "ann.lee@example.com", ExternalID: "17",
				Organization: "ACME"},
			{Place: export.Place{Row: 5, Line: 6}, Name: "山田 太郎", Email: "taro@example.org"},
		},
	}
}

func TestPlanText(t *testing.T) {
	whole := importer.Plan{
		Survey: exampleSurvey(), Resumed: true, Create: 800, Resent: 5, Fixed: 10,
		Finished: totals(map[outcome.Status]int{outcome.Created: 100}),
		Others: totals(map[outcome.Status]int{
			outcome.Known: 58, outcome.Renamed: 2, outcome.RevokedBefore: 5, outcome.Duplicate: 20, outcome.Excluded: 10,
			outcome.Invalid: 7,
		}),
		NamesChanged: 3, OtherAddress: 1,
	}
	whole.Run.ID = "3f9a"
	access := whole
	access.Resumed, access.Finished = false, outcome.Totals{}
	access.Access = &importer.AccessPlan{
		Organizations: true, Named: 40, ToCreate: 12, FirstNew: []string{"ACME",
			"\x1b[2JEvil", "Größe AG"},
		Memberships: 950, Customers: 960,
		WithoutOrganization: 7,
		ServiceDesks:        []apiclient.ServiceDesk{{ProjectKey: "SUP", ProjectName: "Support"}},
	}
	noIDs := whole
	noIDs.Access = &importer.AccessPlan{Organizations: true, Named: 40, Memberships: 1}
	noIDs.Survey = exampleSurvey()
	noIDs.Survey.ExternalIDsUnused = "a spreadsheet has shortened them (3.8E+10)"
	began := time.Date(2025, 3, 1, 8, 0, 30, 0, time.UTC)
	undo := importer.Plan{
		Survey: &export.Survey{Rows: 12}, Create: 10, Others: totals(map[outcome.Status]int{outcome.AlreadyRevoked: 2}),
		Undoes: &ledger.Run{ID: "3f9a", Job: ledger.Job{Command: "import", Input: "customers.csv"}, StartedAt: began},
	}
	revoke := importer.Plan{Survey: exampleSurvey(), Create: 1000,
		Others: totals(map[outcome.Status]int{outcome.NotPortalOnly: 12})}
	o := PlanDetails{Site: "https://example.atlassian.net", Account: "Support \x1b[31mRobot", Source: "hr",
		Ledger: "/state/example.db",
		Rate:   100, Notes: []string{"Leavers: 3 people are gone from the file."}}
	asked := o
	asked.Organizations, asked.Leavers, asked.Revoke = true, LeaverTotals{Revoke: 3, Review: 1}, 3
	for _, test := range []struct {
		name, command string
		plan          importer.Plan
		o             PlanDetails
	}{
		{"plan-import.txt", "import", whole, o},
		{"plan-access.txt", "sync", access, asked},
		{"plan-no-ids.txt", "import", noIDs, asked},
		{"plan-revoke.txt", "revoke", revoke, PlanDetails{Site: "https://example.atlassian.net", Rate: 2.5}},
		{"plan-undo.txt", "undo", undo, PlanDetails{Site: "https://example.atlassian.net", Ledger: "/state/example.db"}},
	} {
		got := fit(PlanText(test.command, &test.plan, sending(test.plan, test.o)), nil)
		golden(t, test.name, got)
		if strings.Contains(got, "ann at") || strings.Contains(got, "taro") {
			t.Errorf("%s holds a cell", test.name)
		}
	}
}

// Leavers whom a killed run has revoked are still on the list, and in nobody's plan.
func TestLeaversAhead(t *testing.T) {
	for revoked, want := range map[int]string{
		0: "3 to revoke, 1 to review: access is revoked for 3 leavers when all rows are done",
		2: "3 to revoke (2 revoked already), 1 to review: access is revoked for 1 leaver when all rows are done",
		3: "3 to revoke (3 revoked already), 1 to review: listed when all rows are done; nobody's access is revoked",
	} {
		p := &importer.Plan{Roster: &importer.Roster{Revoked: revoked}}
		o := PlanDetails{Leavers: LeaverTotals{Revoke: 3, Review: 1}, Revoke: 3 - revoked}
		if got := leaversAhead(p, o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// sending adds what a run sends: all of the plan, unless --limit has set Creates.
func sending(p importer.Plan, o PlanDetails) PlanDetails {
	if o.Creates == 0 {
		o.Creates, o.Renames = p.Create, p.Others.Of(outcome.Renamed)
	}
	return o
}

func TestPlanLastLine(t *testing.T) {
	tests := []struct {
		name    string
		command string
		plan    importer.Plan
		o       PlanDetails
		want    string
	}{
		{"nothing", "import", importer.Plan{}, PlanDetails{Rate: 100}, "Nothing has to be sent."},
		{"held", "import", importer.Plan{Create: 5}, PlanDetails{Rate: 100, Held: true, DryRun: true},
			"Held back by a guard: nothing is sent."},
		{"look-ups alone", "import", importer.Plan{LookUps: 2000}, PlanDetails{Rate: 100},
			"To send: 2,000 account ids to look up."},
		{"renames alone", "import", importer.Plan{Others: totals(map[outcome.Status]int{outcome.Renamed: 2})}, PlanDetails{}, "To send: 2 names to change."},
		{"access alone", "import", importer.Plan{Access: &importer.AccessPlan{Open: 1}}, PlanDetails{Rate: 100},
			"To send: the requests that give access."},
		{"an organization alone", "import", importer.Plan{Access: &importer.AccessPlan{ToCreate: 1}}, PlanDetails{DryRun: true},
			"Dry run: nothing is sent. A run would send the requests that give access."},
		{"access that is there", "import", importer.Plan{Access: &importer.AccessPlan{Named: 1}}, PlanDetails{}, "Nothing has to be sent."},
		{"access, too", "import", importer.Plan{Create: 2, Access: &importer.AccessPlan{ToCreate: 1}}, PlanDetails{},
			"To send: 2 requests, the requests that give access."},
		{"unpaced", "import", importer.Plan{Create: 1}, PlanDetails{}, "To send: 1 request."},
		{"many", "import", importer.Plan{Create: 90000}, PlanDetails{Rate: 100}, "To send: 90,000 requests; about 15m at 100/s."},
		{"very many", "import", importer.Plan{Create: 1e6}, PlanDetails{Rate: 100}, "To send: 1,000,000 requests; about 2h47m at 100/s."},
		{"dry run", "import", importer.Plan{Create: 5}, PlanDetails{Rate: 100, DryRun: true},
			"Dry run: nothing is sent. A run would send 5 requests; about 1s at 100/s."},
		{"dry run of nothing", "import", importer.Plan{}, PlanDetails{DryRun: true},
			"Dry run: nothing is sent. A run would have nothing to send."},
		{"revoke", "revoke", importer.Plan{Create: 5}, PlanDetails{Rate: 2.5},
			"Access comes back only by hand. To send: 5 requests; about 2s at 2.5/s."},
		{"limit", "import", importer.Plan{Create: 90000}, PlanDetails{Rate: 100, Creates: 3000},
			"To send: 3,000 requests; about 30s at 100/s."},
		{"customers and names", "sync", importer.Plan{Create: 3, Others: totals(map[outcome.Status]int{outcome.Renamed: 200})},
			PlanDetails{Rate: 100, Revoke: 2}, "To send: 3 requests, 200 names to change, 2 leavers to revoke; about 2s at 100/s."},
		{"no names with a limit", "import", importer.Plan{Create: 3, Others: totals(map[outcome.Status]int{outcome.Renamed: 200})},
			PlanDetails{Rate: 100, Creates: 2}, "To send: 2 requests; about 1s at 100/s."},
		{"limit of one", "import", importer.Plan{Create: 2}, PlanDetails{Creates: 1}, "To send: 1 request."},
		{"limit above all", "import", importer.Plan{Create: 2}, PlanDetails{Rate: 100, Creates: 2},
			"To send: 2 requests; about 1s at 100/s."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lastLine(test.command, &test.plan, sending(test.plan, test.o)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestPlanShowsTheLimit(t *testing.T) {
	p := &importer.Plan{Survey: exampleSurvey(), Create: 37}
	for limit, want := range map[int]string{0: "       37  to create\n", 37: "       37  to create\n",
		1: "       37  to create            1 of them in this run (--limit 1).\n"} {
		if got := PlanText("import", p, sending(*p, PlanDetails{Creates: limit})); !strings.Contains(got, want) {
			t.Errorf("--limit %d: no %q in\n%s", limit, want, got)
		}
	}
}

func TestFirstOffer(t *testing.T) {
	for _, test := range []struct {
		row  export.Row
		want string
	}{
		{export.Row{Place: export.Place{Row: 2, Line: 2}, Email: "ann@example.com", Name: "Ann"},
			"would be row 2: ann@example.com, Ann\n"},
		{export.Row{Place: export.Place{Row: 3, Line: 9}, Email: "bo@example.com", Name: "bo@example.com"},
			"would be row 3 (line 9): bo@example.com\n"},
		{export.Row{Place: export.Place{Row: 4, Line: 4}, Email: "cy@example.com",
			Name: "Cy\x1b[2J" + strings.Repeat("y", 80)},
			`would be row 4: cy@example.com, Cy\x1b[2J` + strings.Repeat("y", 50) + "…\n"},
	} {
		if got := FirstOffer(2000, test.row); !strings.HasSuffix(got, test.want) || !strings.HasPrefix(got,
			"\n2,000 customers would be sent; the site creates those it lacks.") {
			t.Errorf("%q does not end with %q", got, test.want)
		}
	}
}
