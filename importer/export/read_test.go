package export

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeFile makes a file in a folder of the test's own.
func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll surveys a file and reads it again; both passes must agree.
func readAll(t testing.TB, path string, o Options) (*Survey, []*Row, error) {
	t.Helper()
	f, err := Open(context.Background(), path, nil)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := f.Survey(context.Background(), o)
	if err != nil {
		return s, nil, err
	}
	var rows []*Row
	for r, err := range s.All(context.Background()) {
		if err != nil {
			t.Fatalf("second pass: %v", err)
		}
		rows = append(rows, r)
	}
	valid, invalid, excluded := 0, 0, 0
	for i, r := range rows {
		switch {
		case r.Number != i+1:
			t.Fatalf("row %d has the number %d", i+1, r.Number)
		case r.Excluded != "":
			excluded++
		case r.Invalid != "":
			invalid++
		default:
			valid++
		}
	}
	if len(rows) != s.Rows || s.Records != s.Rows+s.Skipped || valid != s.Valid || invalid != s.Invalid || excluded != s.Excluded {
		t.Fatalf("first pass %d rows, %d valid, %d invalid, %d excluded, and %d skipped of %d records; second %d, %d, %d, %d",
			s.Rows, s.Valid, s.Invalid, s.Excluded, s.Skipped, s.Records, len(rows), valid, invalid, excluded)
	}
	return s, rows, nil
}

// readOrRefuse reads a text, which must be refused where words are given: with those, or without those after "!".
func readOrRefuse(t *testing.T, text string, o Options, words string) (*Survey, []*Row) {
	t.Helper()
	s, rows, err := readAll(t, writeFile(t, "export.csv", text), o)
	hidden, not := strings.CutPrefix(words, "!")
	switch got := refused(err); {
	case words == "" && err != nil:
		t.Fatal(got)
	case words != "" && err == nil, not && strings.Contains(got, hidden), !not && !strings.Contains(got, words):
		t.Errorf("refused with %q, want %q\n%v", got, words, tellAll(rows))
	}
	return s, rows
}

// tell gives a row in one line: "3 a@example.com Ann", "4 !long_row", "5 -" (excluded).
func tell(r *Row) string {
	text := fmt.Sprintf("%d %s %s", r.Place.Line, r.Email, r.Name)
	switch {
	case r.Invalid != "":
		text = fmt.Sprintf("%d !%s", r.Place.Line, r.fault.Kind)
	case r.Excluded != "":
		text = fmt.Sprintf("%d -", r.Place.Line)
	}
	if r.NoAddress {
		text += " (no address)"
	}
	if r.DuplicateOf.Line > 0 {
		text += fmt.Sprintf(" =%d", r.DuplicateOf.Line)
	}
	if len(r.Other) > 0 {
		text += " +" + strings.Join(r.Other, " +")
	}
	return text
}

func tellAll(rows []*Row) []string {
	var lines []string
	for _, r := range rows {
		lines = append(lines, tell(r))
	}
	return lines
}

func repairedKinds(s *Survey) []string {
	var words []string
	for _, p := range s.Problems {
		if p.Severity == Repaired {
			words = append(words, fmt.Sprintf("%s×%d", p.Kind, p.Count))
		}
	}
	return words
}

func refused(err error) string {
	if e, ok := errors.AsType[*RefusedError](err); ok {
		return strings.TrimSpace(fmt.Sprintf("%d %s [%s] %s", e.Place.Line, e.What, e.Hint, e.Cells))
	}
	if err != nil {
		return "not refused: " + err.Error()
	}
	return ""
}

// lineEnds counts LF, CR LF and CR.
func lineEnds(s string) int {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Count(s, "\n") + strings.Count(s, "\r")
}

// at is the place of a row without line breaks before it.
func at(n int) Place { return Place{Row: n, Line: n} }
