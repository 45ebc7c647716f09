package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"jsm-onboard/importer/export"
)

func exampleCheck() Check {
	c := Check{
		Survey: exampleSurvey(),
		Args:   []string{"my customers.csv", "--delimiter", ";"},
	}
	c.Add(&export.Row{Place: at(3)[0], Invalid: "\"\x1b[2Jann\" is not an address: it has no @"})
	c.Add(&export.Row{Place: at(4)[0]})
	c.Add(&export.Row{Place: export.Place{Row: 12, Line: 14}, DuplicateOf: export.Place{Row: 3, Line: 3}})
	c.Add(&export.Row{Place: at(40)[0], DuplicateOf: at(7)[0], Note: "the second address is left out"})
	return c
}

func TestCheckText(t *testing.T) {
	golden(t, "check.txt", exampleCheck().Text())
	asked := exampleCheck()
	asked.Organizations = true
	got := asked.Text()
	if !strings.Contains(got, `, organization "ACME"`) || strings.Contains(got, "not carried over") {
		t.Error(got)
	}
	asked.Survey.ExternalIDsUnused = "they are all the same"
	if got := asked.Text(); !strings.Contains(got, "External ids of this file are not used: they are all the same.") {
		t.Error(got)
	}
}

func TestCheckTextListsSomeRows(t *testing.T) {
	c := Check{Survey: exampleSurvey()}
	c.Add(&export.Row{Place: at(2)[0], Note: "of less interest"})
	for n := range 30 {
		c.Add(&export.Row{Place: export.Place{Row: 100 + n, Line: 100 + n}, Invalid: "there is no address"})
	}
	got := c.Text()
	if !strings.Contains(got, "row 119: there is no address\n") || strings.Contains(got, "row 120") || strings.Contains(got, "of less") ||
		!strings.Contains(got, "… and 11 more: add --json to see all of them\n") {
		t.Error(got)
	}
}

func TestCheckJSON(t *testing.T) {
	b := exampleCheck().JSON()
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"path": "customers.csv", "rows": 1012.0, "duplicates": 20.0, "people": 970.0, "dialect": "semicolon",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	rows := got["problem_rows"].([]any)
	wanted := "map[place:map[line:14 row:12] problem:same address as row 3 severity:repaired]"
	if len(rows) != 3 || fmt.Sprint(rows[1]) != wanted {
		t.Errorf("%v, want %s", rows, wanted)
	}
	if strings.Contains(string(b), "\x1b") {
		t.Error("a control character")
	}
}

func TestCheckJSONHasListsAlways(t *testing.T) {
	b := Check{Survey: &export.Survey{}}.JSON()
	for _, want := range []string{`"problems": []`, `"problem_rows": []`, `"examples": []`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}
