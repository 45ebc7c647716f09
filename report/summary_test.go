package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

func TestSummary(t *testing.T) {
	s := exampleSummary()
	s.Access = exampleAccess()
	s.Access.ToReview = []ledger.Moved{{Row: 7, AccountID: "qm:1", OrganizationID: "12"}}
	rows := Rows{2, outcome.RevokeStatuses(), totals(map[outcome.Status]int{outcome.Revoked: 1, outcome.Invalid: 1})}
	s.Leavers = &LeaverTotals{Path: "l.csv", Revoke: 2, Rows: &rows, Results: "r.csv"}
	first := s.JSON()
	golden(t, "summary.json", string(first))
	var back Summary
	if err := json.Unmarshal(first, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(back.JSON())); diff != "" {
		t.Error(diff)
	}
}

func TestRowsRefuseWhatIsNoCount(t *testing.T) {
	for _, text := range []string{`[]`, `{"read":"x"}`} {
		var r Rows
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s was read as %+v", text, r)
		}
	}
}

func TestRows(t *testing.T) {
	r := exampleSummary().Rows
	for name, numbers := range map[string][2]int{
		"conflict":        {r.Of(outcome.Conflict), 40},
		"revoked":         {r.Of(outcome.Revoked), 0},
		"invalid, failed": {r.Of(outcome.Invalid, outcome.Failed), 12},
		"not good":        {r.NotGood(), 12},
		"sum":             {r.Sum(), 1012},
	} {
		if numbers[0] != numbers[1] {
			t.Errorf("%s: %d, want %d", name, numbers[0], numbers[1])
		}
	}
}

// A status without a meaning would be shown without one; one that no command
// shows would be missing in the totals.
func TestEveryStatusIsShown(t *testing.T) {
	for n := 1; ; n++ {
		s := outcome.Status(n)
		if strings.HasPrefix(s.String(), "status(") {
			break
		}
		rows := Rows{1, append(outcome.ImportStatuses(), outcome.RevokeStatuses()...),
			totals(map[outcome.Status]int{s: 1})}
		got := Totals(Summary{Rows: rows})
		if s.Meaning() == "" || !strings.Contains(got, "        1  "+s.String()+" ") || !strings.Contains(got, s.Meaning()) {
			t.Errorf("%s is not shown with its meaning:\n%s", s, got)
		}
	}
}

func TestCountProblems(t *testing.T) {
	s := &export.Survey{Problems: []export.Problem{{Kind: "a", Count: 2}, {Kind: "b", Count: 1}, {Kind: "a", Count: 3}}}
	if diff := cmp.Diff(map[string]int{"a": 5, "b": 1}, CountProblems(s)); diff != "" {
		t.Error(diff)
	}
}

// JSON on a terminal holds nothing that it obeys, and means the same.
func TestEscapeControls(t *testing.T) {
	want := "a\u009b[2J\u202ex\U000e0041é\x1b\n"
	text := indented(map[string]string{"k": want})
	var back map[string]string
	if err := json.Unmarshal(text, &back); err != nil || back["k"] != want {
		t.Errorf("%q, %v", back, err)
	}
	if got := string(text); strings.ContainsAny(got, "\u009b\u202e\U000e0041\x1b") || !strings.Contains(got, "é") {
		t.Errorf("%q", got)
	}
}
