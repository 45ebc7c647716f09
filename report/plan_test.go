package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// exampleSurvey is a file with a little of everything.
func exampleSurvey() *export.Survey {
	return &export.Survey{
		Path: "customers.csv", Encoding: "UTF-8", HeaderLine: 2, Preset: "zendesk", Source: "Zendesk users",
		Dialect: export.Dialect{Delimiter: ';', Quote: '"'},
		Advice:  []export.Advice{{Count: 7, Lines: []int{4, 6, 7, 9, 10}, Text: "7 people look suspended (Suspended=true)", Flag: "--exclude 'Suspended=true'"}, {Count: 2, Text: "2 people look like agents"}},
		Columns: []export.Column{{Field: export.Email, Header: "E-mail", Why: "header; every cell is an address"}, {Field: export.Name, Header: "Full name"}},
		Records: 1016, Rows: 1012, Skipped: 4, Valid: 990, Invalid: 12, Excluded: 10, Duplicates: 20,
		Problems: []export.Problem{
			{Kind: "title_lines", Severity: export.Repaired, Count: 1, Lines: []int{1}, Text: "lines before the header were passed over"},
			{Kind: "no_address", Severity: export.Rejected, Count: 11, Lines: []int{3, 5, 8, 13, 21}, Text: "rows without an address"},
			{Kind: "row_not_utf8", Severity: export.Rejected, Count: 1, Lines: []int{34}, Text: "rows that are not UTF-8 although others are", Hint: "save the file in one encoding; UTF-8 is best"},
		},
	}
}

func TestPlanText(t *testing.T) {
	p := &importer.Plan{Survey: exampleSurvey(), Resumed: true, Finished: 100, Create: 800, Known: 65, RevokedBefore: 5}
	p.Run.ID = "20250301-080000-3f9a"
	want := `Site       https://example.atlassian.net, as Support Robot
File       customers.csv
Read as    UTF-8, semicolon, header in line 2
Preset     Zendesk users (zendesk)
Columns    email        = E-mail     header; every cell is an address
           name         = Full name
Source     hr
Ledger     /state/example.db
Run        goes on with 20250301-080000-3f9a; 100 rows are finished

      800  to create
      100  finished             by the run that goes on
       65  known                onboarded by an earlier run; no request
        5  revoked before       revoked by us earlier; give access back by hand
       20  duplicates           same address as an earlier row of this file
       10  excluded             left out by --include or --exclude
       12  invalid              not sent: the row itself is wrong
    1,012  rows read
        4  lines skipped        no rows: blank, titles, footers, a repeated header

Rows that will not be sent
       11  rows without an address (lines 3, 5, 8, 13, 21, ...)
        1  rows that are not UTF-8 although others are (line 34)
           > save the file in one encoding; UTF-8 is best

Repaired, or worth a look
        1  lines before the header were passed over (line 1)

Advice (nothing is left out by itself)
           7 people look suspended (Suspended=true), lines 4, 6, 7, 9, 10, ...
           > leave them out with --exclude 'Suspended=true'
           2 people look like agents

Leavers: 3 people are gone from the file.

800 requests at 100/s: about 8 seconds.
`
	got := PlanText("import", p, Outlook{Site: "https://example.atlassian.net", Account: "Support Robot", Source: "hr", Ledger: "/state/example.db",
		Rate: 100, Notes: []string{"Leavers: 3 people are gone from the file."}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlanLastWord(t *testing.T) {
	tests := []struct {
		name    string
		command string
		plan    importer.Plan
		o       Outlook
		want    string
	}{
		{"nothing", "import", importer.Plan{}, Outlook{Rate: 100}, "Nothing has to be sent."},
		{"nothing, held", "sync", importer.Plan{}, Outlook{Rate: 100, Held: true}, "Held back by a guard: nothing is sent."},
		{"held", "import", importer.Plan{Create: 5}, Outlook{Rate: 100, Held: true, DryRun: true}, "Held back by a guard: nothing is sent."},
		{"look-ups alone", "import", importer.Plan{LookUps: 2000}, Outlook{Rate: 100}, "Nobody has to be created; 2,000 account ids are still to be looked up."},
		{"unpaced", "import", importer.Plan{Create: 1}, Outlook{}, "1 request in all."},
		{"many", "import", importer.Plan{Create: 90000}, Outlook{Rate: 100}, "90,000 requests at 100/s: about 15 minutes."},
		{"dry run", "import", importer.Plan{Create: 5}, Outlook{Rate: 100, DryRun: true}, "Dry run: nothing is sent. 5 requests at 100/s: about a second."},
		{"dry run of nothing", "import", importer.Plan{}, Outlook{Rate: 100, DryRun: true}, "Dry run: nothing is sent, and nothing would have to be."},
		{"revoke", "revoke", importer.Plan{Create: 5}, Outlook{Rate: 2.5}, "Access can be given back only by hand. 5 requests at 2.5/s: about 2 seconds."},
		{"limit", "import", importer.Plan{Create: 90000}, Outlook{Rate: 100, Limit: 3000}, "At most 3,000 new customers at 100/s: about 30 seconds, or longer when many have an account already."},
		{"limit of one", "import", importer.Plan{Create: 2}, Outlook{Limit: 1}, "At most 1 new customer in all."},
		{"limit above all", "import", importer.Plan{Create: 2}, Outlook{Rate: 100, Limit: 2}, "2 requests at 100/s: about a second."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lastWord(test.command, &test.plan, test.o); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestPlanTellsOfTheLimit(t *testing.T) {
	p := &importer.Plan{Survey: exampleSurvey(), Create: 37}
	for limit, want := range map[int]string{0: "       37  to create\n", 37: "       37  to create\n", 1: "       37  to create            1 of them in this run (--limit 1)\n"} {
		if got := PlanText("import", p, Outlook{Limit: limit}); !strings.Contains(got, want) {
			t.Errorf("--limit %d: no %q in\n%s", limit, want, got)
		}
	}
}

func TestFirstOffer(t *testing.T) {
	for _, test := range []struct {
		row  importer.FirstRow
		want string
	}{
		{importer.FirstRow{Line: 2, Email: "ann@example.com", Name: "Ann"}, "would be line 2: ann@example.com, Ann\n"},
		{importer.FirstRow{Line: 3, Email: "bo@example.com", Name: "bo@example.com"}, "would be line 3: bo@example.com\n"},
		{importer.FirstRow{Line: 4, Email: "cy@example.com", Name: "Cy\x1b[2J" + strings.Repeat("y", 80)}, `would be line 4: cy@example.com, Cy\x1b[2J` + strings.Repeat("y", 48) + "...\n"},
	} {
		if got := FirstOffer(test.row); !strings.HasSuffix(got, test.want) {
			t.Errorf("%q does not end with %q", got, test.want)
		}
	}
}
