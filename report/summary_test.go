package report

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
)

// totals counts rows by status.
func totals(counts map[importer.Status]int) importer.Totals {
	var t importer.Totals
	for s, n := range counts {
		for range n {
			t.Add(s)
		}
	}
	return t
}

// exampleSummary is a run with a little of everything.
func exampleSummary() Summary {
	return Summary{
		RunID: "20250301-080000-3f9a", Command: "import", Site: "https://example.atlassian.net",
		Input: "customers.csv", InputSHA256: "ab12",
		StartedAt:  time.Date(2025, 3, 1, 9, 0, 0, 500, time.FixedZone("CET", 3600)),
		FinishedAt: time.Date(2025, 3, 1, 8, 1, 40, 0, time.UTC),
		Sitting:    1, SittingAt: time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC),
		Outcome: "complete", ExitCode: 3, Skipped: 4,
		Rows: CountRows(1012, importer.ImportStatuses(), totals(map[importer.Status]int{
			importer.Created: 950, importer.Conflict: 40, importer.Duplicate: 10, importer.Invalid: 8, importer.Failed: 4})),
		Requests: Requests{Sent: 1040, Throttled: 6, Retried: 12, Ambiguous: 1},
		Rate:     Rate{Mean: 10.4049, Learned: 100},
		Results:  "customers.results.csv", Failed: "customers.failed.csv", Ledger: "/state/example.db",
	}
}

const summaryText = `{
  "run_id": "20250301-080000-3f9a",
  "command": "import",
  "site": "https://example.atlassian.net",
  "input": "customers.csv",
  "input_sha256": "ab12",
  "started_at": "2025-03-01T08:00:00Z",
  "finished_at": "2025-03-01T08:01:40Z",
  "sitting": 1,
  "sitting_started_at": "2025-03-01T08:00:00Z",
  "outcome": "complete",
  "stop_reason": "",
  "exit_code": 3,
  "rows": {
    "read": 1012,
    "created": 950,
    "created_unconfirmed": 0,
    "conflict": 40,
    "known": 0,
    "duplicate": 10,
    "excluded": 0,
    "revoked_before": 0,
    "invalid": 8,
    "failed": 4,
    "unknown": 0,
    "not_attempted": 0
  },
  "skipped": 4,
  "requests": {
    "sent": 1040,
    "throttled": 6,
    "retried": 12,
    "ambiguous": 1
  },
  "rate": {
    "mean_rps": 10.4,
    "learned_rps": 100
  },
  "results": "customers.results.csv",
  "failed": "customers.failed.csv",
  "ledger": "/state/example.db"
}
`

func TestSummary(t *testing.T) {
	first, err := exampleSummary().JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(summaryText, string(first)); diff != "" {
		t.Error(diff)
	}
	var back Summary
	if err := json.Unmarshal([]byte(summaryText), &back); err != nil {
		t.Fatal(err)
	}
	again, err := back.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(summaryText, string(again)); diff != "" {
		t.Error(diff)
	}
}

func TestSummaryOfAnUnfinishedRun(t *testing.T) {
	b, err := json.Marshal(Summary{Rows: Rows{}})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if at, there := got["finished_at"]; !there || at != nil {
		t.Errorf("finished_at is %v", at)
	}
	var back Summary
	if err := json.Unmarshal(b, &back); err != nil || !back.FinishedAt.IsZero() {
		t.Errorf("%v %v", back.FinishedAt, err)
	}
}

func TestRowsRefuseWhatIsNotTheirs(t *testing.T) {
	for _, text := range []string{`[]`, `{"read":"x"}`, `{"eaten":1}`} {
		var r Rows
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s was read as %+v", text, r)
		}
	}
}

func TestRowsOf(t *testing.T) {
	r := exampleSummary().Rows
	if r.Of(importer.Conflict) != 40 || r.Of(importer.Revoked) != 0 || r.Mendable() != 12 {
		t.Errorf("conflict %d, revoked %d, mendable %d", r.Of(importer.Conflict), r.Of(importer.Revoked), r.Mendable())
	}
}
