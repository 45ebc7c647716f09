//go:build unix

package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jsm-onboard/importer/outcome"
)

func TestFileReplacesALeftPartialAndTheTargetOfALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target"), filepath.Join(folder, "link")
	write(t, target, "old")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target+".partial", []byte("left behind"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, target); got != "new" {
		t.Errorf("target holds %q", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v %v", info.Mode(), err)
	}
	if info, _ := os.Stat(target); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

// A folder may be reached by a link, before there is such a file and after.
func TestFailedInALinkedFolder(t *testing.T) {
	folder, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	memory := remembering(t)
	for _, reason := range []string{"first", "second", "third"} {
		path := filepath.Join(link, "c.failed.csv") // by which it is imported
		if m := fail(t, memory, path, result(1, outcome.Failed, reason, "a")); m.Kept != "" || m.Path != path {
			t.Errorf("%s: %+v", reason, m)
		}
	}
}

// A name that cannot be given, and a partial file that another run has taken away.
func TestNameThatCannotBeGiven(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"in the way": func(path string) error { return os.MkdirAll(filepath.Join(path, "folder"), 0o700) },
		"taken away": func(path string) error { return os.Rename(path+".partial", path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.csv")
			f, err := CreateFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			if _, ok := errors.AsType[*WriteError](f.Commit()); !ok {
				t.Error("no error")
			}
			if got := names(t, filepath.Dir(path)); got != "[a.csv]" {
				t.Errorf("the folder holds %s", got)
			}
		})
	}
}

// The target of a link is written, before there is one and when it was taken away again.
func TestLinkToNoFileYet(t *testing.T) {
	folder, far := t.TempDir(), t.TempDir()
	link := filepath.Join(folder, "link")
	for at, to := range map[string]string{link: "next", filepath.Join(folder, "next"): filepath.Join(far, "..", filepath.Base(far), "a.csv")} {
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, content := range []string{"first", "second"} {
		if err := WriteFile(link, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, filepath.Join(far, "a.csv")); got != content {
			t.Errorf("target holds %q", got)
		}
		os.Remove(filepath.Join(far, "a.csv"))
	}
	if got := names(t, folder) + names(t, far); got != "[link next][]" {
		t.Error(got)
	}
	if err := os.Symlink(filepath.Join(far, "none", "a.csv"), filepath.Join(folder, "nowhere")); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFile(filepath.Join(folder, "nowhere")); err == nil || !strings.Contains(err.Error(), "there is no such folder") {
		t.Error(err)
	}
	if err := os.Symlink("round", filepath.Join(folder, "round")); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFile(filepath.Join(folder, "round")); err == nil {
		t.Error("a link to itself was written")
	}
}
