package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// readBack reads a file as the next import would.
func readBack(t *testing.T, path string) (header []string, rows [][]string) {
	t.Helper()
	file, err := export.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	survey, err := file.Survey(t.Context(), export.Options{Encoding: "windows-1252", Delimiter: "|"})
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

// TestWhatIsWrittenIsReadBack fixes nothing and reads the files again, with
// settings that would read another file wrongly: each cell comes back as it was.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	header := []string{"email", "name", "notes", "'more", "jsm_project"}
	var results []importer.Result
	var want [][]string
	for n, tricky := range []string{"", "plain", "=1+1", "'=1", "''=1", "'", "'plain", "+", "-", "@x", " =1", "' =1",
		"\u00a0=1", "\t=1",
		"two\r\nlines", "\"quoted\"", "a,b;c\td|e", "＝1", "\"", "\"\"", "\\\"", "'\"=1", " blanks ", "\u200b=1",
		"\ufeff=1", "Zoë", "  '=1",
		"#TYPE", "sep=;", "Zo\xeb"} {
		cells := []string{fmt.Sprintf("ada.byron%d@example.com", n), "Ada Byron", tricky, tricky + "x", "own"}
		r := result(n+1, outcome.Failed, "=refused", cells...)
		r.Organization = "failed"
		results = append(results, r)
		want = append(want, cells)
	}
	for delimiter, access := range map[rune]bool{',': false, ';': true} {
		survey := &export.Survey{Header: header, Dialect: export.Dialect{Delimiter: delimiter}}
		folder := t.TempDir()
		paths := []string{filepath.Join(folder, "c.failed.csv"), filepath.Join(folder, "c.results.csv")}
		r, err := NewResults(paths[1], survey, access)
		if err != nil {
			t.Fatal(err)
		}
		memory := remembering(t)
		f, err := NewFailed(paths[0], survey, memory)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range results {
			if err := errors.Join(r.Write(o), f.Write(o)); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err = memory.Commit(f, paths[0])
		if err := errors.Join(err, r.Commit()); err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			gotHeader, got := readBack(t, path)
			if diff := cmp.Diff(header, gotHeader); diff != "" {
				t.Errorf("%s: %s", filepath.Base(path), diff)
			}
			if path == paths[1] { // shows what is not UTF-8 as Windows-1252
				last := len(want) - 1
				want = append(slices.Clone(want[:last]), []string{want[last][0], want[last][1], "Zoë", "Zoëx", "own"})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", filepath.Base(path), diff)
			}
		}
		want[len(want)-1] = results[len(want)-1].Row.Cells
	}
}
