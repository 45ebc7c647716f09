package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/ledger"
)

func TestDiagnosis(t *testing.T) {
	d := Diagnosis{Version: "v1", Site: "https://acme.example", ExitCode: 4, Checks: []Finding{
		{Name: "Address", State: Fine, Text: "https://acme.example"},
		{Name: "Clock", State: Warning, Text: "it is late", Hint: "set it"},
		{Name: "Login", State: Failing, Text: "401", Hint: "make a token\nor another"},
	}}
	want := `✓ Address  https://acme.example
! Clock    it is late
           > set it
✗ Login    401
           > make a token
           > or another

1 check has failed; nothing was changed at the site.
`
	if diff := cmp.Diff(want, d.String()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	text := d.JSON()
	var read struct {
		ExitCode int `json:"exit_code"`
		Checks   []struct{ Name, Finding, Text, Hint string }
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if read.ExitCode != 4 || len(read.Checks) != 3 || read.Checks[1].Finding != "warning" {
		t.Errorf("JSON:\n%s", text)
	}
}

func TestVerdict(t *testing.T) {
	for want, checks := range map[string][]Finding{
		"\nReady to import; nothing was changed at the site.\n":                 {{State: Fine}},
		"\nReady to import, with 1 warning; nothing was changed at the site.\n": {{State: Fine}, {State: Warning}},
		"\n2 checks have failed; nothing was changed at the site.\n": {{State: Failing}, {State: Warning},
			{State: Failing}},
	} {
		if got := (Diagnosis{Checks: checks}).String(); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRunList(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 30, 0, 0, time.Local)
	sync := ledger.Job{Command: "sync", Source: "crm", Input: "crm.csv"}
	runs := []ledger.Run{
		{ID: "0a1b2c3d", Job: sync, StartedAt: at.AddDate(0, 0, 2), Created: 196},
		{ID: "1a1b2c3d", Job: sync, StartedAt: at.AddDate(0, 0, 1), Outcome: ledger.Stopped,
			StopReason: "the export has 1 person", ExitCode: 5, RowsRead: 1},
		{ID: "3a1b2c3d", Job: sync, StartedAt: at.AddDate(0, 0, 1), Outcome: ledger.Held,
			StopReason: "there is no such file", ExitCode: 1},
		{ID: "2a1b2c3d", Job: sync, StartedAt: at, Outcome: ledger.Complete, RowsRead: 12000, UndoneAt: at,
			Summary: []byte(`{"rows":{"read":12000,"created":1200,"known":10800}}`)},
	}
	got := RunList(runs, false)
	want := `
RUN       LAST STARTED          COMMAND  SOURCE  ROWS    CREATED  OUTCOME           EXIT  INPUT    REASON
0a1b2c3d  2026-03-03 02:30 CET  sync     crm             196      not finished            crm.csv
1a1b2c3d  2026-03-02 02:30 CET  sync     crm     1                stopped           5     crm.csv  the export has 1 person
3a1b2c3d  2026-03-02 02:30 CET  sync     crm     -                held              1     crm.csv  there is no such file
2a1b2c3d  2026-03-01 02:30 CET  sync     crm     12,000  1,200    complete, undone  0     crm.csv
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Error(diff)
	}
	runs[1].StopReason, runs[1].Input = strings.Repeat("a reason, ", 30), "/exports/of/the/night/crm.csv"
	for line := range strings.Lines(RunList(runs, true)) {
		if n := len([]rune(line)); n > 140 || strings.Contains(line, "/exports") {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	if got := RunList(nil, true); got != "The ledger has no runs.\n" {
		t.Errorf("%q", got)
	}
}
