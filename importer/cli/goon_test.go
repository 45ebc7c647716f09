package cli

import (
	"strings"
	"testing"

	"jsm-onboard/importer/ledger"
)

// Who goes on with a run that was killed needs the flags that decide which
// people count: without --exclude it would be another run, with more people.
func TestGoOnHint(t *testing.T) {
	all := readFlags{columns: []string{"email=Contact e-mail", "name=Name"}, include: []string{"team=a"}, exclude: []string{"status=it's over", "x=y"},
		preset: "none", encoding: "Windows-1252", delimiter: ";", noHeader: true}
	for _, tc := range []struct {
		name  string
		run   ledger.Identity
		typed []string
		want  string // the command; "": none is named
	}{
		{"no flags", ledger.Identity{Command: "import", Input: "k.csv", Choices: (&readFlags{}).choices()}, nil, "jsm-onboard import k.csv"},
		{"all flags", ledger.Identity{Command: "import", Input: "my k.csv", Choices: all.choices()}, []string{"--site", "acme", "--ledger", "my ledger"},
			`jsm-onboard import 'my k.csv' --no-header --encoding windows-1252 --delimiter ';' --preset none --column 'email=Contact e-mail' --column name=Name` +
				` --include team=a --exclude 'status=it'\''s over' --exclude x=y --site acme --ledger 'my ledger'`},
		{"a source of its own", ledger.Identity{Command: "sync", Source: "crm", Input: "/x/k.csv", Choices: (&readFlags{}).choices()}, nil, "jsm-onboard sync /x/k.csv --source crm"},
		{"the source of the file", ledger.Identity{Command: "sync", Source: "k.csv", Input: "/x/k.csv", Choices: (&readFlags{}).choices()}, nil, "jsm-onboard sync /x/k.csv"},
		{"stdin", ledger.Identity{Command: "import", Input: "-", Choices: (&readFlags{}).choices()}, nil, ""},
		{"choices that cannot be read", ledger.Identity{Command: "import", Input: "k.csv", Choices: "?"}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := (&program{siteWords: tc.typed}).goOnHint(ledger.Run{Identity: tc.run})
			_, command, named := strings.Cut(got, ":\n  ")
			if command != tc.want || !named && !strings.Contains(got, "the same input and the same flags as before") {
				t.Errorf("%s", got)
			}
		})
	}
}
