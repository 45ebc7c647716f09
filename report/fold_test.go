package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	tests := []struct {
		name    string
		columns int
		text    string
		want    string
	}{
		{"it fits", 40, strings.Repeat("x", 40) + "\n", strings.Repeat("x", 40) + "\n"},
		{"prose", 40, "Whether this site sends mail to its new customers depends on it.\n",
			"Whether this site sends mail to its new\ncustomers depends on it.\n"},
		{"behind a label", 40, "Requests   1,040 sent, 6 throttled (429), 12 retried, 1 with no clear answer\n",
			"Requests   1,040 sent, 6 throttled\n           (429), 12 retried, 1 with no\n           clear answer\n"},
		{"behind a number", 40, "       20  invalid              not sent: the row itself is wrong\n",
			"       20  invalid              not\n           sent: the row itself is wrong\n"},
		{"a hint", 40, "  look whether the export is whole; then allow it once\n",
			"  look whether the export is whole; then\n  allow it once\n"},
		{"a command stays whole", 40, "             jsm-onboard import a/very/long/path/of/customers.failed.csv --sandbox\n",
			"             jsm-onboard import a/very/long/path/of/customers.failed.csv --sandbox\n"},
		{"a long path", 40, "Ledger     /home/somebody/.local/state/jsm-onboard/site.ledger (new)\n",
			"Ledger     /home/somebody/.local/state/jsm-onboard/site.ledger\n           (new)\n"},
		{"letters, not bytes", 40, strings.Repeat("ä", 38) + " x\n", strings.Repeat("ä", 38) + " x\n"},
		{"too narrow", 39, strings.Repeat("word ", 20), strings.Repeat("word ", 20)},
		{"no end of line", 40, strings.Repeat("word ", 9) + "end", "word word word word word word word word\nword end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, fold(test.text, test.columns)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever the width, no word is lost and no line that could be broken is too
// long.
func TestFoldKeepsEveryWord(t *testing.T) {
	text := Totals(exampleSummary(), Ending{Kept: "customers.failed.csv", Page: "page.html"})
	for columns := 40; columns < 200; columns++ {
		folded := fold(text, columns)
		if diff := cmp.Diff(strings.Fields(text), strings.Fields(folded)); diff != "" {
			t.Fatalf("%d columns: %s", columns, diff)
		}
		for line := range strings.Lines(folded) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns && !strings.Contains(line, "jsm-onboard ") {
				t.Errorf("%d columns: %q has %d", columns, line, n)
			}
		}
	}
}

func TestFitLeavesFilesAlone(t *testing.T) {
	text := strings.Repeat("word ", 100)
	if Fit(&bytes.Buffer{}, text, nil) != text {
		t.Error("text for a file was folded")
	}
}
