package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

var exampleWords = []string{"customers.csv"}

func TestCheckText(t *testing.T) {
	want := `File       customers.csv
Read as    UTF-8, semicolon, header in line 2
Preset     Zendesk users (zendesk)
Columns    email        = E-mail     header; every cell is an address
           name         = Full name
First rows line 4: "Ann \"A\" Lee" <ann.lee@example.com>, external_id "17", organization "ACME"
           line 6: "山田 太郎" <taro@example.org>

      970  people               one request each, but for those whom the ledger knows
       20  duplicate            same address as an earlier row of this file
       10  excluded             left out by --include or --exclude
       12  invalid              not sent: the row itself is wrong
    1,012  rows read
        4  lines skipped        no rows: blank, titles, footers, a repeated header

Rows that will not be sent
       11  rows without an address (lines 3, 5, 8, 13, 21, ...)
           line 3: "\x1b[2Jann at nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..." - it has no @
           line 5: "Bo" - the name
        1  rows that are not UTF-8 although others are (line 34)
           > save the file in one encoding; UTF-8 is best

Repaired, or worth a look
        1  lines before the header were passed over (line 1)

Duplicates (the first row counts)
           line 12 has the address of line 3
           line 40 has the address of line 7, under another name

Advice (nothing is left out by itself)
           7 people look suspended (Suspended=true), lines 4, 6, 7, 9, 10, ...
           > leave them out with --exclude 'Suspended=true'
           2 people look like agents

Time       about 10 seconds at 100/s
Next       jsm-onboard import customers.csv
           jsm-onboard import customers.csv --exclude 'Suspended=true'
`
	s := exampleSurvey()
	s.Problems[1].Values = []export.Value{{Line: 3, Text: "\x1b[2Jann at " + strings.Repeat("n", 80), Why: "it has no @"}, {Line: 5, Text: "Bo", Why: "the name"}}
	s.Examples = []export.Example{{Line: 4, Name: `Ann "A" Lee`, Email: "ann.lee@example.com", ExternalID: "17", Organization: "ACME"}, {Line: 6, Name: "山田 太郎", Email: "taro@example.org"}}
	got := CheckText(s, exampleWords, []export.Duplicate{{Line: 12, First: 3, SameName: true}, {Line: 40, First: 7}}, 100)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The plan goes into logs: whose rows are wrong is told by their lines alone.
func TestPlanShowsNoCells(t *testing.T) {
	s := exampleSurvey()
	s.Problems[1].Values = []export.Value{{Line: 3, Text: "secret at example.com"}}
	s.Examples = []export.Example{{Line: 4, Name: "secret", Email: "secret@example.com"}}
	if got := PlanText("import", &importer.Plan{Survey: s}, Outlook{}); strings.Contains(got, "secret") {
		t.Error(got)
	}
}

func TestCheckTextListsSomeDuplicates(t *testing.T) {
	var duplicates []export.Duplicate
	for n := range 20 {
		duplicates = append(duplicates, export.Duplicate{Line: 100 + n, First: 2})
	}
	got := CheckText(exampleSurvey(), exampleWords, duplicates, 0)
	if !strings.Contains(got, "line 109 has") || strings.Contains(got, "line 110 has") || !strings.Contains(got, "... and 10 more") {
		t.Error(got)
	}
	if strings.Contains(got, "Time ") {
		t.Error("a time without a pace")
	}
}

func TestCheckJSON(t *testing.T) {
	s := exampleSurvey()
	for rate, want := range map[float64]any{100: 9.7, 0: nil} {
		b, err := CheckJSON(s, exampleWords, []export.Duplicate{{Line: 12, First: 3, SameName: true}}, rate)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if seconds, there := got["seconds"]; !there || seconds != want {
			t.Errorf("seconds is %v, want %v", seconds, want)
		}
		for name, want := range map[string]any{"path": "customers.csv", "rows": 1012.0, "duplicates": 20.0, "people": 970.0, "dialect": "semicolon"} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		want := `[map[first_line:3 line:12 same_name:true]] [jsm-onboard import customers.csv jsm-onboard import customers.csv --exclude 'Suspended=true']`
		if told := fmt.Sprint(got["duplicate_lines"], " ", got["commands"]); told != want {
			t.Errorf("%s, want %s", told, want)
		}
	}
}

func TestCheckJSONHasListsAlways(t *testing.T) {
	b, err := CheckJSON(&export.Survey{}, nil, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"problems": []`, `"advice": []`, `"duplicate_lines": []`, `"examples": []`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestPreset(t *testing.T) {
	for _, test := range []struct{ source, preset, want string }{{"", "", ""}, {"", "x", "x"}, {"Zendesk", "zendesk", "zendesk"}, {"Zendesk users", "zendesk", "Zendesk users (zendesk)"}} {
		if got := preset(&export.Survey{Source: test.source, Preset: test.preset}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// The commands can be copied as they stand: they read the file as it was read,
// with every word quoted where a shell needs it.
func TestCheckCommandsRepeatTheFlags(t *testing.T) {
	words := []string{"my people.csv", "--no-header", "--column", "email=1", "--column", "name=it's", "--exclude", "a=b c", "--delimiter", ";"}
	want := "jsm-onboard import " + argument("my people.csv") + " --no-header --column email=1 --column " + argument("name=it's") +
		" --exclude " + argument("a=b c") + " --delimiter " + argument(";")
	got := checkCommands(exampleSurvey(), words)
	if diff := cmp.Diff([]string{want, want + " --exclude 'Suspended=true'"}, got); diff != "" {
		t.Error(diff)
	}
}
