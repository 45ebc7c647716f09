package report

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocarina/gocsv"
	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
)

func TestLeavers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.leavers.csv")
	leavers := []Leaver{
		{"ada@example.com", "Ada \"Al\" Byron", "qm:1", "revoke", "in no row since 2025-03-01", Day{time.Date(2025, 3, 1, 23, 0, 0, 0, time.FixedZone("", -7200))}, "hr", "3f9a"},
		{"-b@example.com", "=B", "qm:2", "review", "the external id is here under a new address", Day{}, "@hr", "3f9a"},
	}
	if err := WriteLeavers(path, leavers); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" + `"email","name","jsm_account_id","jsm_action","jsm_reason","last_seen","jsm_source","jsm_run_id"` + "\r\n" +
		`"ada@example.com","Ada ""Al"" Byron","qm:1","revoke","in no row since 2025-03-01","2025-03-02","hr","3f9a"` + "\r\n" +
		`"'-b@example.com","'=B","qm:2","review","the external id is here under a new address","","'@hr","3f9a"` + "\r\n"
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
	var back []Leaver
	if err := gocsv.UnmarshalString(read(t, path)[len("\ufeff"):], &back); err != nil {
		t.Fatal(err)
	}
	if back[0].LastSeen.Format(time.DateOnly) != "2025-03-02" || !back[1].LastSeen.IsZero() {
		t.Errorf("%+v", back)
	}
}

func TestNoLeaversIsAHeaderAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.csv")
	write(t, path, "yesterday's")
	if err := WriteLeavers(path, nil); err != nil {
		t.Fatal(err)
	}
	if got := records(t, read(t, path)); len(got) != 1 || len(got[0]) != 8 {
		t.Errorf("%q", got)
	}
}

func TestTotalsTellOfLeavers(t *testing.T) {
	rows := Rows{Read: 3, Counts: []Count{{importer.Revoked, 2}, {importer.Review, 1}}}
	for _, tc := range []struct {
		name     string
		leavers  Departures
		has, not string
	}{
		{"nobody", Departures{Path: "l.csv"}, "Leavers    nobody: l.csv\n", "revoke l.csv"},
		{"listed", Departures{Path: "l.csv", Revoke: 2, Review: 1}, "Leavers    2 to revoke, 1 to review: l.csv\n", "revoked"},
		{"next", Departures{Path: "l.csv", Revoke: 2}, "jsm-onboard revoke l.csv\n", "stopped"},
		{"revoked", Departures{Path: "l.csv", Revoke: 2, Review: 1, Rows: &rows, Results: "r.csv"}, "           2 revoked, 1 review: r.csv\n", "revoke l.csv"},
		{"requests", Departures{Path: "l.csv", Revoke: 2, Rows: &rows, Sent: 12}, "Requests   1,040 sent to create, 6 throttled (429), 12 retried, 1 with no clear answer; 10/s on average, quota 100/s; 12 sent to revoke\n", "1,040 sent,"},
		{"throttled", Departures{Path: "l.csv", Revoke: 2, Rows: &rows, Sent: 1012, Throttled: 1003}, "; 1,012 sent to revoke, 1,003 throttled (429)\n", "1,040 sent,"},
		{"no requests", Departures{Path: "l.csv", Revoke: 2}, "Requests   1,040 sent, 6 throttled", "sent to"},
		{"held", Departures{Path: "l.csv", Revoke: 2, Held: "too many"}, "2 to revoke, 0 to review: l.csv\n           too many\n", "revoke l.csv"},
		{"stopped", Departures{Held: "it stopped"}, "Leavers    it stopped\n", "nobody"},
	} {
		s := exampleSummary()
		s.Leavers = &tc.leavers
		got := Totals(s, Ending{})
		if !strings.Contains(got, tc.has) || strings.Contains(got, tc.not) {
			t.Errorf("%s:\n%s", tc.name, got)
		}
		text, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Summary
		if err := back.UnmarshalJSON(text); err != nil || !cmp.Equal(back.Leavers, s.Leavers) {
			t.Errorf("%s: read back: %s, %v", tc.name, cmp.Diff(s.Leavers, back.Leavers), err)
		}
	}
}

func TestMetricsTellOfLeavers(t *testing.T) {
	s := exampleSummary()
	s.Leavers = &Departures{Path: "l.csv", Revoke: 2, Review: 1, Rows: &Rows{Read: 3, Counts: []Count{{importer.Revoked, 2}, {importer.Review, 1}}}, Sent: 12, Throttled: 4}
	got := string(metrics("hr", s, ""))
	for _, want := range []string{
		"# TYPE jsm_onboard_leavers gauge\n", `source="hr",action="review"} 1` + "\n", `source="hr",status="revoked"} 2` + "\n",
		`jsm_onboard_leaver_requests{command="import",source="hr"} 12` + "\n", `jsm_onboard_leaver_requests_throttled{command="import",source="hr"} 4` + "\n", `jsm_onboard_requests{command="import",source="hr",kind="sent"} 1040` + "\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}
