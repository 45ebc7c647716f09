package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/ledger"
)

func TestRunList(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 30, 0, 0, time.Local)
	sync := ledger.Identity{Command: "sync", Source: "crm", Input: "crm.csv"}
	got := RunList([]ledger.Run{
		{ID: "0a1b2c3d", Identity: sync, StartedAt: at.AddDate(0, 0, 2)},
		{ID: "1a1b2c3d", Identity: sync, StartedAt: at.AddDate(0, 0, 1), Outcome: ledger.Stopped, StopReason: "the export has 1 person", ExitCode: 5, RowsRead: 1},
		{ID: "3a1b2c3d", Identity: sync, StartedAt: at.AddDate(0, 0, 1), Outcome: ledger.Stopped, StopReason: "there is no such file", ExitCode: 1},
		{ID: "2a1b2c3d", Identity: sync, StartedAt: at, Outcome: ledger.Complete, RowsRead: 12000},
	})
	want := `
RUN       STARTED           COMMAND  SOURCE  ROWS    OUTCOME       EXIT  INPUT    REASON
0a1b2c3d  2026-03-03 02:30  sync     crm             not finished        crm.csv
1a1b2c3d  2026-03-02 02:30  sync     crm     1       stopped       5     crm.csv  the export has 1 person
3a1b2c3d  2026-03-02 02:30  sync     crm     -       stopped       1     crm.csv  there is no such file
2a1b2c3d  2026-03-01 02:30  sync     crm     12,000  complete      0     crm.csv
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Error(diff)
	}
	if got := RunList(nil); got != "The ledger has no runs.\n" {
		t.Errorf("%q", got)
	}
}
