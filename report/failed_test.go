package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/importer"
)

// stored is a Memory for tests.
type stored map[string]string

func (s stored) Wrote(path, sum string) bool { return s[path] == sum }

// fail writes a file of rows to mend with the given rows and remembers it.
func (s stored) fail(t *testing.T, path string, rows ...importer.Outcome) Mended {
	t.Helper()
	f, err := NewFailed(path, []string{"Email", "Name"}, 2, s)
	if err != nil {
		t.Fatal(err)
	}
	f.Naming(func(path, sum string) error {
		if !filepath.IsAbs(path) {
			t.Errorf("told of %q", path)
		}
		s[path] = sum
		return nil
	})
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

func TestFailedHoldsTheRowsToMend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.failed.csv")
	m := stored{}.fail(t, path,
		row(1, importer.Created, "", "a@example.com", "A"),
		row(2, importer.Invalid, "no address", "=b", "Zo\xeb"),
		row(3, importer.Failed, "refused", "c@example.com"),
		row(4, importer.NotAttempted, "stopped", "d@example.com", "D"),
		row(5, importer.Unknown, "no answer", "e@example.com", "E"))
	want := "\ufeff\"Email\",\"Name\",\"jsm_reason\",\"jsm_line\"\r\n" +
		"\"'=b\",\"Zo\xeb\",\"no address\",\"3\"\r\n" +
		"\"c@example.com\",\"\",\"refused\",\"4\"\r\n" +
		"\"e@example.com\",\"E\",\"no answer\",\"6\"\r\n"
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
	memory.fail(t, path, row(1, importer.Failed, "first", "a"))
	memory.fail(t, path, row(1, importer.Failed, "second", "a"))
	if got := read(t, path); !strings.Contains(got, "second") {
		t.Errorf("%q", got)
	}
	m := memory.fail(t, path, row(1, importer.Created, "", "a"))
	if got := names(t, filepath.Dir(path)); got != "[]" || m.Path != "" {
		t.Errorf("the folder holds %s, %+v", got, m)
	}
}

func TestFailedNeverOverwritesWhatSomebodyEdited(t *testing.T) {
	folder := t.TempDir()
	path, second, third := filepath.Join(folder, "c.failed.csv"), filepath.Join(folder, "c.failed-2.csv"), filepath.Join(folder, "c.failed-3.csv")
	memory := stored{}
	memory.fail(t, path, row(1, importer.Failed, "first", "a"))
	write(t, path, "mended by hand")
	if m := memory.fail(t, path, row(1, importer.Failed, "second", "a")); m.Path != second || m.Kept != path {
		t.Errorf("%+v", m)
	}
	if m := memory.fail(t, path, row(1, importer.Failed, "third", "a")); m.Path != second {
		t.Errorf("our own second file was not replaced: %+v", m)
	}
	write(t, second, "mended, too")
	if m := memory.fail(t, path, row(1, importer.Failed, "fourth", "a")); m.Path != third || m.Kept != second {
		t.Errorf("%+v", m)
	}
	if m := memory.fail(t, path, row(1, importer.Created, "", "a")); m.Path != "" {
		t.Errorf("%+v", m)
	}
	if read(t, path) != "mended by hand" || read(t, second) != "mended, too" {
		t.Error("somebody's work is lost")
	}
	if _, err := os.Stat(third); err == nil {
		t.Error("our own third file is still there")
	}
}

func TestFailedNamesItsFileAsItWasGiven(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	write(t, "c.failed.csv", "somebody's")
	m := stored{}.fail(t, "c.failed.csv", row(1, importer.Failed, "x", "a"))
	if m.Path != "c.failed-2.csv" || m.Kept != "c.failed.csv" {
		t.Errorf("%+v", m)
	}
}

func TestFailedTakesAnUnknownFileForSomebodys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	write(t, path, "somebody's")
	f, err := NewFailed(path, []string{"Email"}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(row(1, importer.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	m, err := f.Finish()
	if err != nil || m.Path != filepath.Join(filepath.Dir(path), "c.failed-2.csv") {
		t.Errorf("%+v %v", m, err)
	}
	if err := f.Write(row(2, importer.Failed, "x", "a", "b", "c")); err == nil {
		t.Error("a row wider than the file was taken")
	}
}

// A file that nobody can know for ours later gets no name.
func TestFailedThatCannotBeRememberedIsDropped(t *testing.T) {
	folder := t.TempDir()
	f, err := NewFailed(filepath.Join(folder, "c.failed.csv"), []string{"Email"}, 1, stored{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(row(1, importer.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	f.Naming(func(string, string) error { return full })
	if m, err := f.Finish(); err != full || m.Path != "" {
		t.Errorf("%+v, %v", m, err)
	}
	if got := names(t, folder); got != "[]" {
		t.Errorf("the folder holds %s", got)
	}
}
