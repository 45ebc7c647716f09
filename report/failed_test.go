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
	return memoryOf(t, filepath.Join(t.TempDir(), "state", "files"), "/data/c.csv")
}

// memoryOf reads it, for a run of an input.
func memoryOf(t *testing.T, path, input string) *FailedFiles {
	t.Helper()
	m, err := ReadFailedFiles(path, input, true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// finished is what Finish did.
type finished struct{ Path, Kept string }

// fail writes a failed file with the given rows.
func fail(t *testing.T, memory *FailedFiles, path string, rows ...importer.Result) finished {
	t.Helper()
	done := memory.Done
	memory = memoryOf(t, memory.path, memory.Input) // as each run does
	memory.Done = done
	f, err := NewFailed(path, &export.Survey{Header: []string{"Email", "Name"}}, memory)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rows {
		if !o.Status.NeedsFixing() {
			continue
		}
		if err := f.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	named, kept, err := memory.Commit(f, path)
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

// What was imported is done: an edited file of that content is replaced, and those that were written beside it go.
func TestFailedReplacesWhatWasImported(t *testing.T) {
	folder := t.TempDir()
	path, second, third, fourth := filepath.Join(folder, "c.failed.csv"), filepath.Join(folder, "c.failed-2.csv"),
		filepath.Join(folder, "c.failed-3.csv"), filepath.Join(folder, "c.failed-4.csv")
	memory, imported := remembering(t), map[string]bool{}
	memory.Done = func(sum string) bool { return imported[sum] }
	other := memoryOf(t, memory.path, "/data/c.txt")
	fail(t, memory, path, result(1, outcome.Failed, "first", "a"))
	write(t, path, "fixed by hand")
	fail(t, other, path, result(1, outcome.Failed, "another", "b"))
	fail(t, memory, path, result(1, outcome.Failed, "second", "a"))
	write(t, third, "fixed, too")
	if m := fail(t, memory, path, result(1, outcome.Failed, "third", "a")); m.Path != fourth || m.Kept != third {
		t.Errorf("%+v", m)
	}
	imported[checksum(path)] = true
	if m := fail(t, memory, path, result(1, outcome.Failed, "fourth", "a")); m.Path != path || m.Kept != "" {
		t.Errorf("%+v", m)
	}
	if got := names(t, folder); got != "[c.failed-2.csv c.failed-3.csv c.failed.csv]" || !strings.Contains(read(t, second), "another") || read(t, third) != "fixed, too" {
		t.Errorf("the folder holds %s", got)
	}
	write(t, path, "edited again")
	imported[checksum(third)] = true
	if m := fail(t, memory, path, result(1, outcome.Created, "", "a")); m.Path != "" || m.Kept == "" {
		t.Errorf("%+v", m)
	}
	if got := names(t, folder); got != "[c.failed-2.csv c.failed.csv]" || read(t, path) != "edited again" {
		t.Errorf("the folder holds %s", got)
	}
	stranger := filepath.Join(folder, "people.csv") // an export that was imported is no failed file
	write(t, stranger, "somebody's")
	imported[checksum(stranger)] = true
	if m := fail(t, memory, stranger, result(1, outcome.Failed, "x", "a")); m.Path == stranger || read(t, stranger) != "somebody's" {
		t.Errorf("%+v", m)
	}
}

// Two exports with one stem have a failed file each, and each is read as its export was.
func TestFailedOfAnotherInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.failed.csv")
	memory := remembering(t)
	other := memoryOf(t, memory.path, "/data/c.txt")
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
	memory := remembering(t)
	f, err := NewFailed(path, &export.Survey{Header: []string{"Email"}}, memory)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	named, _, err := memory.Commit(f, path)
	if err != nil || named != filepath.Join(filepath.Dir(path), "c.failed-2.csv") {
		t.Errorf("%s %v", named, err)
	}
}

// A file that nobody can know for ours later gets no name.
func TestFailedThatCannotBeRememberedIsDropped(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	memory := &FailedFiles{path: elsewhere}
	f, err := NewFailed(filepath.Join(folder, "c.failed.csv"), &export.Survey{Header: []string{"Email"}}, memory)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := memory.Commit(f, filepath.Join(folder, "c.failed.csv")); err == nil {
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
		killed := memoryOf(t, memory.path, memory.Input)
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
	other := memoryOf(t, memory.path, "/data/c.txt")
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
		m := memoryOf(t, memory.path, memory.Input)
		f, err := NewFailed(path, &export.Survey{Header: []string{"Email"}, Repeat: []string{"--column", flag}}, m)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(result(1, outcome.Failed, "x", "a")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.Commit(f, path); err != nil {
			t.Fatal(err)
		}
		last := memoryOf(t, memory.path, memory.Input).Last(path)
		if len(last.Flags) != 2 || last.Flags[1] != flag {
			t.Errorf("after %s: %+v", flag, last)
		}
	}
}
