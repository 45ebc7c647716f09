package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"jsm-onboard/importer/export"
)

func exampleCheck() Check {
	return Check{
		Survey: exampleSurvey(),
		Words:  []string{"my customers.csv", "--delimiter", ";"},
		Duplicates: []export.Duplicate{{Place: export.Place{Row: 12, Line: 14}, First: export.Place{Row: 3, Line: 3},
			SameName: true}, {Place: at(40)[0], First: at(7)[0]}},
		Rate: 100,
	}
}

func TestCheckText(t *testing.T) {
	golden(t, "check.txt", exampleCheck().Text())
	asked := exampleCheck()
	asked.Organizations = true
	got := asked.Text()
	if !strings.Contains(got, `, organization "ACME"`) || strings.Contains(got, "not carried over") {
		t.Error(got)
	}
	asked.Survey.OneExternalID = "they are all the same"
	if got := asked.Text(); !strings.Contains(got, "External ids of this file are not used: they are all the same.") {
		t.Error(got)
	}
}

func TestCheckTextListsSomeDuplicates(t *testing.T) {
	c := exampleCheck()
	c.Duplicates, c.Rate = nil, 0
	for n := range 20 {
		c.Duplicates = append(c.Duplicates, export.Duplicate{Place: export.Place{Row: 100 + n, Line: 100 + n},
			First: export.Place{Row: 2, Line: 2}})
	}
	got := c.Text()
	if !strings.Contains(got, "row 109 has") || strings.Contains(got, "row 110 has") || !strings.Contains(got,
		"… and 10 more") {
		t.Error(got)
	}
	if strings.Contains(got, "Time ") {
		t.Error("a time without a pace")
	}
}

func TestCheckJSON(t *testing.T) {
	for rate, want := range map[float64]any{100: 9.7, 0: nil} {
		c := exampleCheck()
		c.Rate = rate
		b, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"path": "customers.csv", "rows": 1012.0, "duplicates": 20.0, "people": 970.0, "dialect": "semicolon",
			"seconds": want,
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		wanted := "[map[first:map[line:3 row:3] place:map[line:14 row:12] same_name:true] map[first:map[line:8 row:7] place:map[line:41 row:40] same_name:false]]"
		if got := fmt.Sprint(got["duplicate_rows"]); got != wanted {
			t.Errorf("%s, want %s", got, wanted)
		}
		if strings.Contains(string(b), "\x1b") {
			t.Error("a control character")
		}
	}
}

func TestCheckJSONHasListsAlways(t *testing.T) {
	b, err := Check{Survey: &export.Survey{}}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"problems": []`, `"advice": []`, `"duplicate_rows": []`, `"examples": []`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}
