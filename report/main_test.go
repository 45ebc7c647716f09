package report

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// TestMain lets no test leave loopback, and fixes the local time zone.
func TestMain(m *testing.M) {
	time.Local = time.FixedZone("CET", 3600)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
			return nil, fmt.Errorf("a test wanted to reach %s", address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	http.DefaultTransport = transport
	os.Exit(m.Run())
}

// result is what became of the row with that number, in line number+1.
func result(number int, s outcome.Status, reason string, cells ...string) importer.Result {
	return importer.Result{
		Row:     &export.Row{Number: number, Cells: cells},
		Outcome: outcome.Outcome{Row: number, SheetRow: number + 1, Line: number + 1, Status: s, Reason: reason},
	}
}

// totals counts rows by status.
func totals(counts map[outcome.Status]int) outcome.Totals {
	var t outcome.Totals
	for s, n := range counts {
		t[s] = n
	}
	return t
}

// exampleSummary is a run with a little of everything.
func exampleSummary() Summary {
	s := Summary{
		RunID:       "20250301-080000-3f9a",
		Command:     "import",
		Site:        "https://example.atlassian.net",
		Input:       "customers.csv",
		InputSHA256: "ab12",
		StartedAt:   time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC),
		FinishedAt:  time.Date(2025, 3, 1, 8, 1, 40, 0, time.UTC),
		Outcome:     ledger.Complete,
		ExitCode:    3,
		Rows: Rows{1012, outcome.ImportStatuses(), totals(map[outcome.Status]int{
			outcome.Created: 950, outcome.Conflict: 40, outcome.Duplicate: 10, outcome.Invalid: 8, outcome.Failed: 4})},
		Skipped:  4,
		Problems: map[string]int{"short_row": 3},
		Requests: Requests{Sent: 1040, Throttled: 6, Retried: 12, Ambiguous: 1, Other: 7},
		Rate:     Rate{Mean: 10.4049, Learned: 100},
		Results:  "customers.results.csv",
		Failed:   "customers.failed.csv",
		Ledger:   "/state/example.db",
	}
	return s
}

func exampleAccess() *importer.AccessTotals {
	a := &importer.AccessTotals{ServiceDesks: map[string]*importer.DeskTotals{"SUP": {Customers: 950, Organizations: 7}, "HR": {Customers: 2}}}
	a.Organizations.Named, a.Organizations.Existed, a.Organizations.Created = 7, 5, 2
	a.Memberships.Added, a.Memberships.Known, a.Memberships.Failed = 900, 40, 10
	a.NotGood = 10
	return a
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// names lists what a folder holds.
func names(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return fmt.Sprint(found)
}

var update = flag.Bool("update", false, "write the golden files again")

// golden compares a text with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, path, got)
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
