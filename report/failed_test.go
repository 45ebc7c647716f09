package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/importer"
	"jsm-onboard/importer/outcome"
)

// stored is a Memory for tests.
type stored map[string]string

func (s stored) Wrote(path, sum string) bool { return s[path] == sum }

func (s stored) Remember(path, sum string) error {
	if !filepath.IsAbs(path) {
		return errors.New("not absolute: " + path)
	}
	s[path] = sum
	return nil
}

// forgetful cannot remember anything.
type forgetful struct{ stored }

var errDisk = errors.New("the disk is full")

func (forgetful) Remember(string, string) error { return errDisk }

// fail writes a failed file with the given rows.
func fail(t *testing.T, memory Memory, path string, rows ...importer.Result) Fixes {
	t.Helper()
	f, err := NewFailed(path, Layout{Header: []string{"Email", "Name"}, Width: 2, Delimiter: ','}, memory)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rows {
		if err := f.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	m, err := f.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFailedHoldsTheRowsToFix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.failed.csv")
	m := fail(t, stored{}, path,
		result(1, outcome.Created, "", "a@example.com", "A"),
		result(2, outcome.Invalid, "no address", "=b", "Zo\xeb"),
		result(3, outcome.Failed, "refused", "c@example.com"),
		result(4, outcome.NotAttempted, "stopped", "d@example.com", "D"),
		result(5, outcome.Unknown, "no answer", "e@example.com", "E"))
	want := "\ufeff\"Email\",\"Name\",\"jsm_reason\",\"jsm_row\",\"jsm_line\"\r\n" +
		"\"'=b\",\"Zo\xeb\",\"no address\",\"3\",\"3\"\r\n" +
		"\"c@example.com\",\"\",\"refused\",\"4\",\"4\"\r\n" +
		"\"e@example.com\",\"E\",\"no answer\",\"6\",\"6\"\r\n"
	if got := read(t, path); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if m.Path != path || m.Rows != 3 || m.Kept != "" {
		t.Errorf("%+v", m)
	}
}

func TestFailedReplacesAndRemovesItsOwnFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.failed.csv")
	memory := stored{}
	fail(t, memory, path, result(1, outcome.Failed, "first", "a"))
	fail(t, memory, path, result(1, outcome.Failed, "second", "a"))
	if got := read(t, path); !strings.Contains(got, "second") {
		t.Errorf("%q", got)
	}
	m := fail(t, memory, path, result(1, outcome.Created, "", "a"))
	if got := names(t, filepath.Dir(path)); got != "[]" || m.Path != "" {
		t.Errorf("the folder holds %s, %+v", got, m)
	}
}

func TestFailedNeverOverwritesWhatSomebodyEdited(t *testing.T) {
	folder := t.TempDir()
	path, second, third := filepath.Join(folder, "c.failed.csv"), filepath.Join(folder, "c.failed-2.csv"),
		filepath.Join(folder, "c.failed-3.csv")
	memory := stored{}
	fail(t, memory, path, result(1, outcome.Failed, "first", "a"))
	write(t, path, "fixed by hand")
	if m := fail(t, memory, path, result(1, outcome.Failed, "second", "a")); m.Path != second || m.Kept != path {
		t.Errorf("%+v", m)
	}
	if m := fail(t, memory, path, result(1, outcome.Failed, "third", "a")); m.Path != second {
		t.Errorf("our own second file was not replaced: %+v", m)
	}
	write(t, second, "fixed, too")
	if m := fail(t, memory, path, result(1, outcome.Failed, "fourth", "a")); m.Path != third || m.Kept != second {
		t.Errorf("%+v", m)
	}
	if m := fail(t, memory, path, result(1, outcome.Created, "", "a")); m.Path != "" {
		t.Errorf("%+v", m)
	}
	if read(t, path) != "fixed by hand" || read(t, second) != "fixed, too" {
		t.Error("somebody's work is lost")
	}
	if _, err := os.Stat(third); err == nil {
		t.Error("our own third file is still there")
	}
}

// A run that is repeated writes the same file, though nobody remembers it.
func TestFailedReplacesAFileOfTheSameContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	for range 2 {
		if m := fail(t, nil, path, result(1, outcome.Failed, "x", "a")); m.Path != path || m.Kept != "" {
			t.Errorf("%+v", m)
		}
	}
}

func TestFailedNamesItsFileAsItWasGiven(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	write(t, "c.failed.csv", "somebody's")
	m := fail(t, stored{}, "c.failed.csv", result(1, outcome.Failed, "x", "a"))
	if m.Path != "c.failed-2.csv" || m.Kept != "c.failed.csv" {
		t.Errorf("%+v", m)
	}
}

func TestFailedLeavesAnUnknownFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	write(t, path, "somebody's")
	f, err := NewFailed(path, Layout{Header: []string{"Email"}, Width: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	m, err := f.Finish()
	if err != nil || m.Path != filepath.Join(filepath.Dir(path), "c.failed-2.csv") {
		t.Errorf("%+v %v", m, err)
	}
	if err := f.Write(result(2, outcome.Failed, "x", "a", "b", "c")); err == nil {
		t.Error("a row wider than the file was taken")
	}
}

// A file that nobody can know for ours later gets no name.
func TestFailedThatCannotBeRememberedIsDropped(t *testing.T) {
	folder := t.TempDir()
	f, err := NewFailed(filepath.Join(folder, "c.failed.csv"), Layout{Header: []string{"Email"}, Width: 1}, forgetful{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	if fixes, err := f.Finish(); err != errDisk || fixes.Path != "" {
		t.Errorf("%+v, %v", fixes, err)
	}
	if got := names(t, folder); got != "[]" {
		t.Errorf("the folder holds %s", got)
	}
}

// A rehearsal's ledger is gone when the next one begins: a file remembers what
// was written.
func TestFileMemory(t *testing.T) {
	folder := t.TempDir()
	memory := FileMemory(filepath.Join(folder, "state", "rehearsals"))
	path := filepath.Join(folder, "c.sandbox.failed.csv")
	for _, reason := range []string{"first", "second"} {
		if m := fail(t, memory, path, result(1, outcome.Failed, reason, "a")); m.Path != path || m.Kept != "" {
			t.Errorf("%s: %+v", reason, m)
		}
	}
	write(t, path, "edited")
	if m := fail(t, memory, path, result(1, outcome.Failed, "third", "a")); m.Kept != path {
		t.Errorf("%+v", m)
	}
	if memory.Wrote(path, "") || FileMemory(folder).Wrote(path, "1") || FileMemory(folder).Remember(path, "1") == nil {
		t.Error("it knows what it cannot know")
	}
}
