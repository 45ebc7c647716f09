package report

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

func TestTotals(t *testing.T) {
	golden(t, "totals.txt", Totals(exampleSummary()))

	stopped := exampleSummary()
	stopped.Outcome, stopped.StopReason, stopped.ExitCode, stopped.Failed = ledger.Stopped, "interrupted.", 130,
		"my customers.failed-2.csv"
	stopped.Requests, stopped.Rate, stopped.Rows.Read, stopped.Skipped = Requests{}, Rate{}, 1013, 0
	stopped.Kept, stopped.Page = "/x/my customers.failed.csv", "run.html"
	golden(t, "totals-stopped.txt", Totals(stopped))

	sync := exampleSummary()
	rows := Rows{3, outcome.RevokeStatuses(), totals(map[outcome.Status]int{outcome.Revoked: 2, outcome.NotFound: 1})}
	sync.Continued, sync.StartedAt = true, sync.FinishedAt.Add(-40*time.Second)
	sync.Access, sync.Failed = exampleAccess(), ""
	sync.Access.ToReview = make([]ledger.Moved, 2)
	sync.Leavers = &LeaverTotals{Path: "l.csv", Revoke: 3, Review: 1, Rows: &rows, Results: "l.revoked.csv"}
	// An edited file is of no interest when nothing needs fixing.
	sync.Gone, sync.Kept = true, "customers.failed.csv"
	golden(t, "totals-sync.txt", Totals(sync))
}

func TestHeadline(t *testing.T) {
	s := exampleSummary()
	s.FinishedAt = s.StartedAt
	if got, want := headline(s), "Run 20250301-080000-3f9a is complete after 1s."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.Outcome = ledger.Stopped
	if got, want := headline(s), "Run 20250301-080000-3f9a stopped after 1s."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.Outcome, s.StopReason = ledger.Held, "too many rows are invalid"
	if got, want := headline(s), "Run 20250301-080000-3f9a was held back after 1s: too many rows are invalid."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLeaverLines(t *testing.T) {
	for _, test := range []struct {
		d    *LeaverTotals
		want string
	}{
		{nil, "[]"},
		{&LeaverTotals{Path: "l.csv"}, "[0 to revoke, 0 to review: l.csv]"},
		{&LeaverTotals{Path: "l.csv", Revoke: 2, Review: 1000, Held: "too many"},
			"[2 to revoke, 1,000 to review: l.csv too many]"},
		{&LeaverTotals{Held: "it stopped"}, "[it stopped]"},
	} {
		if got := fmt.Sprint(LeaverLines(test.d)); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestNextSteps(t *testing.T) {
	rows := func(counts map[outcome.Status]int) Rows {
		n := totals(counts)
		return Rows{n.Sum(), slices.Collect(maps.Keys(counts)), n}
	}
	revoked := rows(map[outcome.Status]int{outcome.Revoked: 5, outcome.Review: 1, outcome.NotFound: 1,
		outcome.NotPortalOnly: 1,
		outcome.Invalid:       1, outcome.Failed: 1, outcome.Unknown: 1, outcome.NotAttempted: 2})
	byHand := Step{Text: "4 rows were left as they were: jsm_reason in r.csv says why, and what to do by hand"}
	again := []Step{{Text: "3 accounts were not revoked: jsm_reason in r.csv says why; fix that, then run the same command again"},
		{Text: "1 account was perhaps not revoked: run the same command again to find out"}}
	fix := Step{"2 rows need fixing: jsm_reason in my f.csv says why; fix the row there, or the cause at the site, then:", "jsm-onboard import 'my f.csv' --sandbox"}
	invalid, refused := rows(map[outcome.Status]int{outcome.Invalid: 2}), rows(map[outcome.Status]int{outcome.Failed: 1})
	both := rows(map[outcome.Status]int{outcome.Invalid: 2, outcome.Failed: 1, outcome.Unknown: 1})
	complete := func(s Summary) Summary {
		s.Outcome = ledger.Complete
		return s
	}
	tests := []struct {
		name string
		s    Summary
		want []Step
	}{
		{"all is good", complete(Summary{}), []Step{}},
		{"rows to fix", complete(Summary{ExitCode: 3, Failed: "my f.csv", Rows: invalid, SiteFlags: []string{"--sandbox"}}), []Step{fix}},
		{"rows that were refused", complete(Summary{Failed: "f.csv", Rows: refused}),
			[]Step{{"1 row needs fixing: jsm_reason in f.csv says why; fix the row there, or the cause at the site, then:", "jsm-onboard import f.csv"}}},
		{"both", complete(Summary{Failed: "f.csv", Rows: both, Repeat: []string{"--organizations", "--column", "email=Contact"}, SiteFlags: []string{"--ledger", "my ledger"}}),
			[]Step{{Text: "1 row is unknown: run the same command again to find out"},
				{"3 rows need fixing: jsm_reason in f.csv says why; fix the row there, or the cause at the site, then:",
					"jsm-onboard import f.csv --ledger 'my ledger' --organizations --column email=Contact"}}},
		{"fixed elsewhere", complete(Summary{ExitCode: 3, Failed: "f-2.csv", Rows: invalid, Kept: "f.csv"}),
			[]Step{{"2 rows need fixing, unless that was done in f.csv (then import that): jsm_reason in f-2.csv says why; " +
				"fix the row there, or the cause at the site, then:", "jsm-onboard import f-2.csv"}}},
		{"limit", Summary{Outcome: ledger.Stopped, ExitCode: 3, Failed: "my f.csv", Rows: invalid, SiteFlags: []string{"--sandbox"}},
			[]Step{{Text: "run the same command again: it continues where it stopped"}, fix}},
		{"a hint", Summary{Outcome: ledger.Stopped, Hint: "fix the cause"}, []Step{{Text: "fix the cause"}}},
		{"held", Summary{Outcome: ledger.Held, ExitCode: 5, Hint: "look", Failed: "f.csv", Rows: invalid},
			[]Step{{Text: "look"}}},
		{"interrupted", Summary{Outcome: ledger.Stopped, ExitCode: 130, Failed: "f.csv", Rows: invalid},
			[]Step{{Text: "run the same command again: it continues where it stopped"}}},
		{"revoked before", complete(Summary{ExitCode: 3, Results: "r.csv",
			Rows: rows(map[outcome.Status]int{outcome.RevokedBefore: 2000}), SiteFlags: []string{"--site", "acme"}}),
			[]Step{{"2,000 rows are revoked_before: give access back by hand, as jsm_reason in r.csv says, then:",
				"jsm-onboard import r.csv --site acme --include jsm_status=revoked_before --resend-known"}}},
		{"an earlier organization", complete(Summary{RunID: "a1", Access: &importer.AccessTotals{ToReview: make([]ledger.Moved, 1)}}),
			[]Step{{"1 membership in an earlier organization is still there: see access.to_review in the summary (--summary PATH)",
				"jsm-onboard report a1 --summary -"}}},
		{"access", complete(Summary{Results: "r.csv", Access: &importer.AccessTotals{NotGood: 10, Refused: []string{"not SUP: 403"}}}), []Step{
			{Text: "10 rows have not got all of the access that was asked for: jsm_reason in r.csv says why; " +
				"fix that, then run the same command again"},
			{Text: "not SUP: 403; fix that (403: give the account an agent licence on that project), " +
				"then run the same command again"},
		}},
		{"revoke", complete(Summary{Command: "revoke", ExitCode: 3, Results: "r.csv", Rows: revoked}),
			append([]Step{byHand}, again...)},
		{"undo", complete(Summary{Command: "undo", ExitCode: 3, Results: "r.csv", Rows: revoked}), append([]Step{byHand},
			again...)},
		{"leavers listed", complete(Summary{Command: "sync", Leavers: &LeaverTotals{Path: "l.csv", Revoke: 1, Review: 1},
			Repeat: []string{"--column", "email=Contact"}, SiteFlags: []string{"--site", "acme"}}),
			[]Step{{Text: "1 leaver to review: jsm_reason in l.csv says why, and what to do by hand"},
				{"look at l.csv; to revoke their access:", "jsm-onboard revoke l.csv --site acme"}}},
		{"leavers revoked", complete(Summary{Command: "sync", ExitCode: 3, Leavers: &LeaverTotals{Path: "l.csv",
			Revoke: 10, Rows: &revoked, Results: "r.csv"}}), append([]Step{byHand}, again...)},
		{"leavers held", complete(Summary{Command: "sync", ExitCode: 5, Hint: "look", Leavers: &LeaverTotals{Path: "l.csv",
			Revoke: 10, Held: "too many"}}), []Step{{Text: "look"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, NextSteps(test.s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
