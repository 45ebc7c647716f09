package report

import (
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
		{"no folder", filepath.Join(folder, "none", "a.csv"), "there is no folder " + filepath.Join(folder, "none"), "make it"},
		{"is a folder", folder, "it is a folder", "name a file in it"},
		{"under a file", filepath.Join(folder, "file", "a.csv"), "is no folder", "another path"},
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
		if err.Error() != "cannot write a.csv: "+refusal.Error() || !strings.Contains(err.Hint, "read-only") {
			t.Errorf("%v (%s)", err, err.Hint)
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

// breaking is a disk on which one kind of call fails.
type breaking struct {
	*os.File
	write, sync, close error
}

func (b breaking) Write(p []byte) (int, error) {
	if b.write != nil {
		return len(p) / 2, b.write
	}
	return b.File.Write(p)
}

func (b breaking) Sync() error {
	if b.sync != nil {
		return b.sync
	}
	return b.File.Sync()
}

func (b breaking) Close() error {
	if err := b.File.Close(); err != nil || b.close == nil {
		return err
	}
	return b.close
}

func TestNothingHalfWrittenStandsUnderTheFinalName(t *testing.T) {
	tests := []struct {
		name string
		disk breaking
		size int
	}{
		{"full while buffered", breaking{write: syscall.ENOSPC}, 10},
		{"full while writing", breaking{write: syscall.ENOSPC}, 1 << 20},
		{"sync fails", breaking{sync: syscall.EIO}, 10},
		{"close fails", breaking{close: syscall.EIO}, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.csv")
			write(t, path, "old")
			open, err := os.Create(path + partialSuffix)
			if err != nil {
				t.Fatal(err)
			}
			test.disk.File = open
			f := newFile(path, path+partialSuffix, test.disk)
			_, writeErr := f.Write(make([]byte, test.size))
			err = f.Commit()
			if (writeErr != nil) != (test.size > 1<<16) || err == nil {
				t.Errorf("Write: %v, Commit: %v", writeErr, err)
			}
			if test.disk.write != nil && !strings.Contains(err.Error(), "the disk is full") {
				t.Errorf("Commit: %v", err)
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

// Two runs that write the same file: the second one that ends is told so.
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
	if !ok || !strings.Contains(refused.What, "another program has moved or removed it") || !strings.Contains(refused.Hint, "from the ledger") {
		t.Errorf("%+v", refused)
	}
}
