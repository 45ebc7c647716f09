package report

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
)

func TestTotals(t *testing.T) {
	want := `Run 20250301-080000-3f9a is complete after 1m40s.

      950  created              new customers
       40  conflict             had an account at the site already; nothing was changed
       10  duplicate            same address as an earlier row of this file
        8  invalid              not sent: the row itself is wrong
        4  failed               refused or not reached; nothing was done
    1,012  rows read            = all of the above: each row has one status
        4  lines skipped        no rows: blank, titles, footers, a repeated header

Requests   1,040 sent, 6 throttled (429), 12 retried, 1 with no clear answer; 10/s on average, quota 100/s
Results    customers.results.csv
To mend    customers.failed.csv
Ledger     /state/example.db

Next       12 rows to mend: edit customers.failed.csv, then:
             jsm-onboard import customers.failed.csv
`
	if diff := cmp.Diff(want, Totals(exampleSummary(), Ending{})); diff != "" {
		t.Error(diff)
	}
}

func TestTotalsOfAStoppedRun(t *testing.T) {
	s := exampleSummary()
	s.Outcome, s.StopReason, s.ExitCode, s.Failed, s.Requests, s.Rate = "stopped", "interrupted", 130, "my customers.failed-2.csv", Requests{}, Rate{}
	s.Rows.Read, s.Skipped = 1013, 0
	want := `Run 20250301-080000-3f9a stopped after 1m40s: interrupted.

      950  created              new customers
       40  conflict             had an account at the site already; nothing was changed
       10  duplicate            same address as an earlier row of this file
        8  invalid              not sent: the row itself is wrong
        4  failed               refused or not reached; nothing was done
    1,013  rows read            but 1,012 have a status: this must not be; please report it

Requests   0 sent
Results    customers.results.csv
To mend    my customers.failed-2.csv
           (/x/my customers.failed.csv was edited by somebody and is left alone; what was mended and imported there is done)
Page       run.html
Ledger     /state/example.db

Next       run the same command again; it goes on where it stopped
`
	if diff := cmp.Diff(want, Totals(s, Ending{Kept: "/x/my customers.failed.csv", Page: "run.html"})); diff != "" {
		t.Error(diff)
	}
}

func TestHeadline(t *testing.T) {
	s := exampleSummary()
	s.FinishedAt = s.StartedAt.Add(time.Second / 2)
	if got, want := headline(s), "Run 20250301-080000-3f9a is complete after less than a second."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.FinishedAt, s.Outcome = time.Time{}, "stopped"
	if got, want := headline(s), "Run 20250301-080000-3f9a stopped."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTotalsOfARunThatWentOn(t *testing.T) {
	s := exampleSummary()
	s.StartedAt = time.Date(2025, 2, 28, 23, 30, 0, 0, time.Local)
	s.Sitting, s.SittingAt = 3, s.FinishedAt.Add(-40*time.Second)
	text := Totals(s, Ending{})
	for _, want := range []string{
		"Run 20250301-080000-3f9a is complete after 40s more.\n",
		"quota 100/s\n           (in this sitting, number 3; the rows above are of the whole run, begun on 28 February at 23:30)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if s.Sitting = 1; strings.Contains(Totals(s, Ending{}), "sitting") {
		t.Error("a run in one sitting speaks of sittings")
	}
}

func TestToMend(t *testing.T) {
	for _, test := range []struct{ failed, kept, want string }{
		{"", "", ""},
		{"a.failed.csv", "", "a.failed.csv"},
		{"", "a.failed.csv", "nothing (a.failed.csv was edited by somebody and is left alone)"},
		{"a.failed-2.csv", "a.failed.csv", "a.failed-2.csv\n(a.failed.csv was edited by somebody and is left alone; what was mended and imported there is done)"},
	} {
		if got := toMend(Summary{Failed: test.failed}, Ending{Kept: test.kept}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestNextSteps(t *testing.T) {
	rows := func(counts map[importer.Status]int) Rows {
		n := totals(counts)
		return CountRows(n.Sum(), slices.Collect(maps.Keys(counts)), n)
	}
	revoked := rows(map[importer.Status]int{importer.Revoked: 5, importer.Review: 1, importer.NotFound: 1, importer.NotPortalOnly: 1, importer.Invalid: 1, importer.Failed: 1, importer.Unknown: 1})
	byHand := "4 accounts were left alone: jsm_reason in r.csv says why, and what to do by hand"
	again := "2 accounts are not revoked for sure: read jsm_reason in r.csv, then run the same command again; those that are done stay done"
	mend := []string{"2 rows to mend: edit my f.csv, then:", "  jsm-onboard import 'my f.csv' --sandbox"}
	invalid := rows(map[importer.Status]int{importer.Invalid: 2})
	tests := []struct {
		name string
		s    Summary
		e    Ending
		want []string
	}{
		{"all is good", Summary{Outcome: "complete"}, Ending{}, nil},
		{"rows to mend", Summary{Outcome: "complete", ExitCode: 3, Failed: "my f.csv", Rows: invalid}, Ending{Site: []string{"--sandbox"}}, mend},
		{"rows to mend of another site", Summary{Outcome: "complete", ExitCode: 3, Failed: "f.csv", Rows: invalid}, Ending{Site: []string{"--ledger", "my ledger"}, Read: []string{"--column", "email=Contact"}},
			[]string{"2 rows to mend: edit f.csv, then:", "  jsm-onboard import f.csv --ledger 'my ledger' --column email=Contact"}},
		{"rows mended elsewhere", Summary{Outcome: "complete", ExitCode: 3, Failed: "f-2.csv", Rows: invalid}, Ending{Kept: "f.csv"},
			[]string{"2 rows to mend, unless done in f.csv already: edit f-2.csv, then:", "  jsm-onboard import f-2.csv"}},
		{"limit", Summary{Outcome: "stopped", ExitCode: 3, Failed: "my f.csv", Rows: invalid}, Ending{Site: []string{"--sandbox"}},
			append([]string{"run the same command again for the rest; without --limit it goes to the end"}, mend...)},
		{"limit, told", Summary{Outcome: "stopped"}, Ending{Hint: "go on"}, []string{"go on"}},
		{"interrupted", Summary{Outcome: "stopped", ExitCode: 130, Failed: "f.csv", Rows: invalid}, Ending{}, []string{"run the same command again; it goes on where it stopped"}},
		{"revoked before", Summary{Outcome: "complete", ExitCode: 3, Results: "r.csv", Rows: rows(map[importer.Status]int{importer.RevokedBefore: 2000})}, Ending{Site: []string{"--site", "acme"}},
			[]string{"2,000 rows are revoked_before: give access back by hand, where jsm_reason in r.csv says, then:",
				"  jsm-onboard import r.csv --site acme --include jsm_status=revoked_before --resend-known"}},
		{"revoke", Summary{Command: "revoke", Outcome: "complete", ExitCode: 3, Results: "r.csv", Rows: revoked}, Ending{}, []string{byHand, again}},
		{"leavers listed", Summary{Command: "sync", Outcome: "complete", Leavers: &Departures{Path: "l.csv", Revoke: 1, Review: 1}}, Ending{Site: []string{"--site", "acme"}, Read: []string{"--column", "email=Contact"}},
			[]string{"1 leaver to review: jsm_reason in l.csv says why, and what to do by hand", "look at l.csv; to take access away from those on it:", "  jsm-onboard revoke l.csv --site acme"}},
		{"leavers to review", Summary{Command: "sync", Outcome: "complete", Leavers: &Departures{Path: "l.csv", Review: 2}}, Ending{}, []string{"2 leavers to review: jsm_reason in l.csv says why, and what to do by hand"}},
		{"leavers revoked", Summary{Command: "sync", Outcome: "complete", ExitCode: 3, Leavers: &Departures{Path: "l.csv", Revoke: 10, Rows: &revoked, Results: "r.csv"}}, Ending{}, []string{byHand, again}},
		{"leavers held", Summary{Command: "sync", Outcome: "complete", ExitCode: 5, Leavers: &Departures{Path: "l.csv", Revoke: 10, Held: "too many"}}, Ending{Hint: "look"}, []string{"look"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, nextSteps(test.s, test.e)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestArgument(t *testing.T) {
	tests := []struct{ system, arg, want string }{
		{"linux", "a.csv", "a.csv"},
		{"linux", "my a.csv", "'my a.csv'"},
		{"linux", "it's", `'it'\''s'`},
		{"linux", "", "''"},
		{"linux", "$HOME", "'$HOME'"},
		{"linux", `a\b`, `'a\b'`},
		{"windows", `C:\Users\a.csv`, `C:\Users\a.csv`},
		{"windows", `C:\My Files\a.csv`, `"C:\My Files\a.csv"`},
	}
	for _, test := range tests {
		if got := argumentOn(test.system, test.arg); got != test.want {
			t.Errorf("%s: %q is written %s, want %s", test.system, test.arg, got, test.want)
		}
	}
}

func TestRoughly(t *testing.T) {
	for _, test := range []struct {
		requests int
		rate     float64
		want     string
	}{
		{0, 100, ""}, {100, 0, ""}, {10, 100, "about a second"}, {6000, 100, "about 60 seconds"},
		{60000, 100, "about 10 minutes"}, {1000000, 100, "about 2.8 hours"},
	} {
		if got := roughly(test.requests, test.rate); got != test.want {
			t.Errorf("%d at %v: %q, want %q", test.requests, test.rate, got, test.want)
		}
	}
}
