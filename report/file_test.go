package report

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestFileAppearsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, "old")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("before Commit there is %q", got)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "new" {
		t.Errorf("after Commit there is %q", got)
	}
	if got := names(t, filepath.Dir(path)); got != "[a.csv]" {
		t.Errorf("the folder holds %s", got)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	f.Abort()
	if got := read(t, path); got != "new" {
		t.Errorf("Abort after Commit left %q", got)
	}
}

func TestFileAbort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got := names(t, filepath.Dir(path)); got != "[]" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestFileReplacesALeftPartialAndTheTargetOfALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target"), filepath.Join(folder, "link")
	write(t, target, "old")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := os.WriteFile(target+partialSuffix, []byte("left behind"), 0o644); err != nil {
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

func TestUnwritablePathIsNoticedAtOnce(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "file"), "x")
	tests := []struct{ name, path, want, hint string }{
		{"no folder", filepath.Join(folder, "none", "a.csv"), "there is no folder " + filepath.Join(folder, "none"),
			"create it"},
		{"is a folder", folder, "it is a folder", "name a file in it"},
		{"under a file", filepath.Join(folder, "file", "a.csv"), "is not a folder", "another path"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := CreateFile(test.path)
			refused, ok := errors.AsType[*WriteError](err)
			if !ok {
				t.Fatalf("err = %v", err)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(refused.Hint, test.hint) {
				t.Errorf("%v (%s)", err, refused.Hint)
			}
		})
	}
}

func TestPermissionIsPutIntoWords(t *testing.T) {
	for _, refusal := range []error{syscall.EACCES, syscall.EROFS} {
		err := unwritable("a.csv", &os.PathError{Op: "open", Path: "a.csv", Err: refusal})
		if e, ok := errors.AsType[*WriteError](err); !ok || !strings.Contains(e.Hint, "read-only") ||
			err.Error() != "cannot write a.csv: "+refusal.Error() {
			t.Error(err)
		}
	}
}

func TestFileWritesToADeviceDirectly(t *testing.T) {
	if err := WriteFile(os.DevNull, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%v is a file now: %v", os.DevNull, err)
	}
}

// full is a disk without space.
type full struct{}

func (full) Write(p []byte) (int, error) {
	return len(p) / 2, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestNothingHalfWrittenGetsTheFinalName(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*File)
		size  int
		want  string
	}{
		{"full while buffered", func(f *File) { f.buffer = bufio.NewWriter(full{}) }, 10, "the disk is full"},
		{"full while writing", func(f *File) { f.buffer = bufio.NewWriter(full{}) }, 1 << 20, "the disk is full"},
		{"it cannot be synced", func(f *File) {
			f.file.Close()
			_, f.file, _ = os.Pipe()
		}, 0, ""},
		{"it cannot be closed", func(f *File) { f.file.Close() }, 0, "file already closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.csv")
			write(t, path, "old")
			f, err := CreateFile(path)
			if err != nil {
				t.Fatal(err)
			}
			test.spoil(f)
			_, writeErr := f.Write(make([]byte, test.size))
			err = f.Commit()
			if (writeErr != nil) != (test.size > 1<<16) || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Write: %v, Commit: %v", writeErr, err)
			}
			if got := read(t, path); got != "old" {
				t.Errorf("the file is now %q", got)
			}
			if got := names(t, filepath.Dir(path)); got != "[a.csv]" {
				t.Errorf("the folder holds %s", got)
			}
		})
	}
}

// Windows has its own numbers for a full disk.
func TestIsDiskFull(t *testing.T) {
	for _, test := range []struct {
		system string
		err    error
		want   bool
	}{
		{"linux", syscall.ENOSPC, true}, {"linux", syscall.Errno(112), false}, {"windows", syscall.Errno(112), true},
		{"windows", &os.PathError{Err: syscall.Errno(39)}, true}, {"windows", syscall.Errno(5), false}, {"linux", nil, false},
	} {
		if got := isDiskFull(test.system, test.err); got != test.want {
			t.Errorf("%s, %v: %t", test.system, test.err, got)
		}
	}
}

func TestPartialStaysWhenOnlyTheRenameFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused, ok := errors.AsType[*WriteError](f.Commit())
	if !ok || !strings.Contains(refused.Hint, "a.csv.partial") {
		t.Fatalf("Commit: %+v", refused)
	}
	if got := read(t, path+partialSuffix); got != "whole" {
		t.Errorf("the partial file holds %q", got)
	}
}

// People read paths as they would type them.
func TestWriteErrorShowsItsPathFromHere(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	_, err := CreateFile(filepath.Join(folder, "nowhere", "a.csv"))
	want := "cannot write " + filepath.Join("nowhere", "a.csv") + ": there is no folder nowhere"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Two runs that write the same file: the second one that ends gets an error.
func TestPartialThatIsTakenAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+partialSuffix, path); err != nil && runtime.GOOS == "windows" {
		return // an open file cannot be taken away there
	}
	refused, ok := errors.AsType[*WriteError](f.Commit())
	if !ok || !strings.Contains(refused.Hint, "another run writes the same file") ||
		!strings.Contains(refused.Hint, "from the ledger") {
		t.Errorf("%+v", refused)
	}
}
