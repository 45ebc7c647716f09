package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

Requests   1,040 sent, 6 throttled (429), 12 retried, 1 with a lost answer; 10/s on average, quota 100/s
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
	s.Outcome, s.StopReason, s.Failed, s.Requests, s.Rate = "stopped", "interrupted", "my customers.failed-2.csv", Requests{}, Rate{}
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
           (/x/my customers.failed.csv was edited by somebody and left alone)
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

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -5: "-5", -1234: "-1,234", -123456: "-123,456"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
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
