package report

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnosis(t *testing.T) {
	d := Diagnosis{Version: "v1", Site: "https://acme.example", ExitCode: 4, Checks: []Check{
		{Name: "Address", Finding: Fine, Text: "https://acme.example"},
		{Name: "Clock", Finding: Doubtful, Text: "it is late", Hint: "set it"},
		{Name: "Login", Finding: Failing, Text: "401", Hint: "make a token\nor another"},
		{Name: "Permissions", Finding: Unasked, Text: "not asked"},
	}}
	want := `✓ Address      https://acme.example
! Clock        it is late
               > set it
✗ Login        401
               > make a token
               > or another
- Permissions  not asked

1 check has failed; nothing was changed at the site.
`
	if diff := cmp.Diff(want, d.String()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	text, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		ExitCode int `json:"exit_code"`
		Checks   []struct{ Name, Finding, Text, Hint string }
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if read.ExitCode != 4 || len(read.Checks) != 4 || read.Checks[1].Finding != "warning" || read.Checks[3].Finding != "skipped" {
		t.Errorf("JSON:\n%s", text)
	}
}

func TestDiagnosisLastWord(t *testing.T) {
	for want, checks := range map[string][]Check{
		"Ready to import; nothing was changed at the site.":                 {{Finding: Fine}, {Finding: Unasked}},
		"Ready to import, with 1 warning; nothing was changed at the site.": {{Finding: Fine}, {Finding: Doubtful}},
		"2 checks have failed; nothing was changed at the site.":            {{Finding: Failing}, {Finding: Doubtful}, {Finding: Failing}},
	} {
		failed, doubtful := 0, 0
		for _, c := range checks {
			switch c.Finding {
			case Failing:
				failed++
			case Doubtful:
				doubtful++
			}
		}
		if got := (Diagnosis{}).lastWord(failed, doubtful); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
