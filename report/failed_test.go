package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// remembering is a FailedFiles for a test.
func remembering(t *testing.T) *FailedFiles {
	return ReadFailedFiles(filepath.Join(t.TempDir(), "state", "files"), "/data/c.csv", true)
}

// finished is what Finish did.
type finished struct{ Path, Kept string }

// fail writes a failed file with the given rows.
func fail(t *testing.T, memory *FailedFiles, path string, rows ...importer.Result) finished {
	t.Helper()
	memory = ReadFailedFiles(memory.path, memory.Input, true) // as each run does
	f, err := NewFailed(path, &export.Survey{Header: []string{"Email", "Name"}}, memory)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rows {
		if err := f.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	named, kept, err := f.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return finished{named, kept}
}

func TestFailedHoldsTheRowsToFix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.failed.csv")
	m := fail(t, remembering(t), path,
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
	if m.Path != path || m.Kept != "" {
		t.Errorf("%+v", m)
	}
}

func TestFailedReplacesAndRemovesItsOwnFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.failed.csv")
	memory := remembering(t)
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
	memory := remembering(t)
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

// Two exports with one stem have a failed file each, and each is read as its export was.
func TestFailedOfAnotherInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	memory := remembering(t)
	other := ReadFailedFiles(memory.path, "/data/c.txt", true)
	fail(t, memory, path, result(1, outcome.Failed, "first", "a"))
	if m := fail(t, other, path, result(1, outcome.Failed, "another", "b")); m.Path == path || m.Kept != path {
		t.Errorf("%+v", m)
	}
	if m := fail(t, other, path, result(1, outcome.Created, "", "b")); m.Path != "" || names(t, filepath.Dir(path)) != "[c.failed.csv]" {
		t.Errorf("%+v, and the folder holds %s", m, names(t, filepath.Dir(path)))
	}
	if m := fail(t, memory, path, result(1, outcome.Failed, "second", "a")); m.Path != path {
		t.Errorf("%+v", m)
	}
}

// A run that is repeated writes the same file, though nobody remembers it.
func TestFailedReplacesAFileOfTheSameContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	for range 2 {
		if m := fail(t, remembering(t), path, result(1, outcome.Failed, "x", "a")); m.Path != path || m.Kept != "" {
			t.Errorf("%+v", m)
		}
	}
}

func TestFailedLeavesAnUnknownFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	write(t, path, "somebody's")
	f, err := NewFailed(path, &export.Survey{Header: []string{"Email"}}, remembering(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	named, _, err := f.Finish()
	if err != nil || named != filepath.Join(filepath.Dir(path), "c.failed-2.csv") {
		t.Errorf("%s %v", named, err)
	}
}

// A file that nobody can know for ours later gets no name.
func TestFailedThatCannotBeRememberedIsDropped(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	f, err := NewFailed(filepath.Join(folder, "c.failed.csv"), &export.Survey{Header: []string{"Email"}}, &FailedFiles{path: elsewhere})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Finish(); err == nil {
		t.Error("no error")
	}
	if got := names(t, folder); got != "[]" {
		t.Errorf("the folder holds %s", got)
	}
}

// Night after night the memory stays as small as it is: with the same rows to fix, with others, and with none.
func TestMemoryDoesNotGrowWithTheNights(t *testing.T) {
	path, memory := filepath.Join(t.TempDir(), "c.failed.csv"), remembering(t)
	for _, reasons := range [][]string{{"x"}, {"x", "y"}, {"x", "y", "z"}, {"x", ""}} {
		for range 3 {
			for _, reason := range reasons {
				status := outcome.Failed
				if reason == "" {
					status = outcome.Created
				}
				if m := fail(t, memory, path, result(1, status, reason, "a")); m.Kept != "" {
					t.Errorf("%q: %+v", reason, m)
				}
			}
		}
		if got := read(t, memory.path); strings.Count(got, "sha256") > 2 { // the last, and the one that it has replaced
			t.Errorf("%q: %s", reasons, got)
		}
	}
}

// Until the new file has its name, that of the run before stays known for ours: the run may be killed in between.
func TestMemoryOfTheFileThatIsThere(t *testing.T) {
	path, memory := filepath.Join(t.TempDir(), "c.failed.csv"), remembering(t)
	fail(t, memory, path, result(1, outcome.Failed, "first", "a"))
	for range 3 { // killed runs
		killed := ReadFailedFiles(memory.path, memory.Input, true)
		if err := killed.remember(path, "of a file that got no name"); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, memory.path); strings.Count(got, "sha256") != 2 {
		t.Errorf("%s", got)
	}
	if m := fail(t, memory, path, result(1, outcome.Failed, "second", "a")); m.Path != path || m.Kept != "" {
		t.Errorf("%+v", m)
	}
}

// Of two inputs with the same failed file, byte by byte, each stays known with its batch.
func TestMemoryKeepsOtherInputsAndPaths(t *testing.T) {
	folder, memory := t.TempDir(), remembering(t)
	other := ReadFailedFiles(memory.path, "/data/c.txt", true)
	fail(t, memory, filepath.Join(folder, "c.failed.csv"), result(1, outcome.Failed, "x", "a"))
	fail(t, memory, filepath.Join(folder, "d.failed.csv"), result(1, outcome.Failed, "x", "a"))
	fail(t, other, filepath.Join(folder, "c.failed.csv"), result(1, outcome.Failed, "x", "a"))
	if got := read(t, memory.path); strings.Count(got, "sha256") != 3 {
		t.Errorf("%s", got)
	}
}

// A failed file is read as that of the run that wrote it last, whose file may be the same as one before.
func TestLastFailedFile(t *testing.T) {
	path, memory := filepath.Join(t.TempDir(), "c.failed.csv"), remembering(t)
	for _, flag := range []string{"name=Full", "name=Nick", "name=Full"} {
		m := ReadFailedFiles(memory.path, memory.Input, true)
		f, err := NewFailed(path, &export.Survey{Header: []string{"Email"}, Repeat: []string{"--column", flag}}, m)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Finish(); err != nil {
			t.Fatal(err)
		}
		last := ReadFailedFiles(memory.path, memory.Input, true).Last(path)
		if len(last.Flags) != 2 || last.Flags[1] != flag {
			t.Errorf("after %s: %+v", flag, last)
		}
	}
}
