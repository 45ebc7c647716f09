package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/outcome"
)

func TestMetrics(t *testing.T) {
	want := `# HELP jsm_onboard_rows Rows of the last run by what became of them.
# TYPE jsm_onboard_rows gauge
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="created"} 950
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="created_unconfirmed"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="conflict"} 40
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="known"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="renamed"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="duplicate"} 10
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="excluded"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="revoked_before"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="invalid"} 8
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="failed"} 4
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="unknown"} 0
jsm_onboard_rows{command="sync",source="hr \"eu\"\\x\n",status="not_attempted"} 0
# HELP jsm_onboard_rows_read Rows read by the last run.
# TYPE jsm_onboard_rows_read gauge
jsm_onboard_rows_read{command="sync",source="hr \"eu\"\\x\n"} 1012
# HELP jsm_onboard_requests Requests of the last run to create, or of revoke and undo to revoke.
# TYPE jsm_onboard_requests gauge
jsm_onboard_requests{command="sync",source="hr \"eu\"\\x\n",kind="sent"} 1040
jsm_onboard_requests{command="sync",source="hr \"eu\"\\x\n",kind="throttled"} 6
jsm_onboard_requests{command="sync",source="hr \"eu\"\\x\n",kind="retried"} 12
jsm_onboard_requests{command="sync",source="hr \"eu\"\\x\n",kind="ambiguous"} 1
# HELP jsm_onboard_duration_seconds How long the last run took.
# TYPE jsm_onboard_duration_seconds gauge
jsm_onboard_duration_seconds{command="sync",source="hr \"eu\"\\x\n"} 100
# HELP jsm_onboard_exit_code Exit code of the last run; 0: every row is good.
# TYPE jsm_onboard_exit_code gauge
jsm_onboard_exit_code{command="sync",source="hr \"eu\"\\x\n"} 3
# HELP jsm_onboard_last_run_timestamp_seconds When the last run ended.
# TYPE jsm_onboard_last_run_timestamp_seconds gauge
jsm_onboard_last_run_timestamp_seconds{command="sync",source="hr \"eu\"\\x\n"} 1740816100
# HELP jsm_onboard_last_completion_timestamp_seconds When the last run with exit code 0 or 3 ended.
# TYPE jsm_onboard_last_completion_timestamp_seconds gauge
jsm_onboard_last_completion_timestamp_seconds{command="sync",source="hr \"eu\"\\x\n"} 1740816100
`
	s := exampleSummary()
	s.Command = "sync"
	if diff := cmp.Diff(want, string(metrics("hr \"eu\"\\x\n", s, ""))); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsKeepTheLastSuccess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jsm.prom")
	s := exampleSummary()
	s.ExitCode = 0
	if err := WriteMetrics(path, "", s); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{3, 5, 5} {
		s.ExitCode, s.FinishedAt = code, s.FinishedAt.Add(24*time.Hour)
		if err := WriteMetrics(path, "", s); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`jsm_onboard_last_success_timestamp_seconds{command="import"} 1740816100` + "\n",
		`jsm_onboard_last_completion_timestamp_seconds{command="import"} 1740902500` + "\n",
		`jsm_onboard_last_run_timestamp_seconds{command="import"} 1741075300` + "\n",
	} {
		if got := read(t, path); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", info.Mode())
	}
	s.Command = "sync"
	if err := WriteMetrics(path, "", s); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); strings.Contains(got, "last_success") || strings.Contains(got, "last_completion") {
		t.Errorf("another job's success was kept: %s", got)
	}
}

func TestMetricsOfLeaversAndAccess(t *testing.T) {
	s := exampleSummary()
	s.Access = exampleAccess()
	s.Leavers = &LeaverTotals{Path: "l.csv", Revoke: 2, Review: 1, Rows: &Rows{3,
		outcome.RevokeStatuses(), totals(map[outcome.Status]int{outcome.Revoked: 2, outcome.Review: 1})}}
	got := string(metrics("hr", s, ""))
	for _, want := range []string{
		"# TYPE jsm_onboard_leavers gauge\n",
		`jsm_onboard_leavers{command="import",source="hr",action="review"} 1` + "\n",
		`jsm_onboard_leaver_rows{command="import",source="hr",status="revoked"} 2` + "\n",
		`jsm_onboard_memberships{command="import",source="hr",kind="failed"} 10` + "\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}
