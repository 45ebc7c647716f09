package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// readBack reads a file as the next import would.
func readBack(t *testing.T, path string) (header []string, rows [][]string) {
	t.Helper()
	file, err := export.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	survey, err := file.Survey(t.Context(), export.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range survey.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r.Cells)
	}
	return survey.Header, rows
}

// TestWhatIsWrittenIsReadBack mends nothing and sends the files again: each
// cell must come back as it was.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	header := []string{"email", "name", "notes", "'more"}
	var outcomes []importer.Outcome
	var want [][]string
	for n, tricky := range []string{"", "plain", "=1+1", "'=1", "''=1", "'", "'plain", "+", "-", "@x", " =1", "' =1", "\u00a0=1", "\t=1", "two\r\nlines", "\"quoted\"", "a,b;c\td|e",
		"＝1", "\"", "\"\"", "\\\"", "'\"=1", " blanks ", "\u200b=1", "\ufeff=1", "Zoë", "  '=1", "#TYPE", "sep=;", "Zo\xeb"} {
		cells := []string{fmt.Sprintf("person%d@example.com", n), "Ada Byron", tricky, tricky + "x"}
		outcomes = append(outcomes, importer.Outcome{Row: &export.Row{Number: n + 1, Line: n + 2, Cells: cells}, Status: importer.Failed, Reason: "=refused"})
		want = append(want, cells)
	}
	folder := t.TempDir()
	results, failed := filepath.Join(folder, "c.results.csv"), filepath.Join(folder, "c.failed.csv")
	r, err := NewResults(results, header, len(header))
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFailed(failed, header, len(header), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if err := r.Write(o); err != nil {
			t.Fatal(err)
		}
		if err := f.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{failed, results} {
		gotHeader, got := readBack(t, path)
		if diff := cmp.Diff(header, gotHeader); diff != "" {
			t.Errorf("%s: %s", filepath.Base(path), diff)
		}
		if path == results { // shows what is no UTF-8 as Windows-1252
			want = slices.Clone(want)
			last := len(want) - 1
			want[last] = []string{want[last][0], want[last][1], "Zoë", "Zoëx"}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", filepath.Base(path), diff)
		}
	}
}
