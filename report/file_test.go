package report

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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

func TestUnwritablePathIsNoticedAtOnce(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "file"), "x")
	tests := []struct {
		name, path, want string
	}{
		{"no folder", filepath.Join(folder, "none", "a.csv"), "there is no such folder"},
		{"is a folder", folder, "it is a folder"},
		{"under a file", filepath.Join(folder, "file", "a.csv"), "not a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := CreateFile(test.path)
			if e, ok := errors.AsType[*WriteError](err); !ok || e.Error() != "cannot write "+test.path+": "+test.want {
				t.Errorf("err = %v", err)
			}
		})
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

// Whatever a run writes may be replaced by the next, however wide the rows are and whoever has saved it again.
func TestReplaceable(t *testing.T) {
	folder := t.TempDir()
	wide := strings.Repeat("\"a column with\nquite a long name\",", 500)
	for name, content := range map[string]string{
		"results":   "\ufeff" + wide + "\"jsm_status\",\"jsm_account_id\"\r\n",
		"saved":     "email;jsm_status;jsm_account_id\n",
		"leavers":   "\ufeff\"email\",\"name\",\"jsm_account_id\",\"jsm_action\"\r\n",
		"failed":    "\ufeff\"email\",\"jsm_reason\",\"jsm_row\",\"jsm_line\"\r\n",
		"lock":      "\x00process 4711 since 2025-03-01 08:00:00   ",
		"summary":   string(exampleSummary().JSON()),
		"metrics":   string(metrics("crm", exampleSummary(), "")),
		"no file":   "",
		"customers": "email,name\nann@example.com,JSM Test\n",
		"notes":     "Ask Ann about jsm-onboard.",
		"groups":    "date,group\n2026-01-01,jsm_admins\n",
		"statuses":  "date,jsm_status\n2026-01-01,open\n",
		"runs":      `{"run_id": 7, "workflow": "build"}`,
		"alerts":    "expr: jsm_onboard_exit_code > 0\n",
		"page":      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'">` + "\n<title>",
	} {
		path := filepath.Join(folder, name)
		if content != "" {
			write(t, path, content)
		}
		others := []string{"customers", "notes", "groups", "statuses", "runs", "alerts", "page"}
		if got := Replaceable(path, false); got == slices.Contains(others, name) {
			t.Errorf("%s: %t", name, got)
		}
	}
	for name, want := range map[string]bool{"a.sandbox.csv": true, "sandbox.csv": false, "a.sandboxes.csv": false, "a.csv": false} {
		path := filepath.Join(folder, name)
		write(t, path, "jsm_status,jsm_account_id\n")
		if got := Replaceable(path, true); got != want {
			t.Errorf("%s in a rehearsal: %t", name, got)
		}
	}
	if !Replaceable(folder, false) {
		t.Error("what is wrong with a folder is said when it is written to")
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
		{"full while buffered", func(f *File) { f.buffer = bufio.NewWriter(full{}) }, 10, "no space left on device"},
		{"full while writing", func(f *File) { f.buffer = bufio.NewWriter(full{}) }, 1 << 20, "no space left on device"},
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

// Of two runs that write the same file, the second one ends before it has done anything, and the first one goes on.
func TestFileThatAnotherRunHasBegunToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	first, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(make([]byte, 1<<17)); err != nil { // more than is buffered
		t.Fatal(err)
	}
	_, err = CreateFile(path)
	if e, ok := errors.AsType[*WriteError](err); !ok || !e.Locked || !strings.Contains(e.Why, fmt.Sprintf("in use by process %d since 20", os.Getpid())) ||
		!strings.HasPrefix(e.Hint, "let that run end, or name another path") {
		t.Errorf("%v: %+v", err, e)
	}
	if err := first.Commit(); err != nil {
		t.Error(err)
	}
	if got := read(t, path); len(got) != 1<<17 {
		t.Errorf("after Commit there are %d bytes", len(got))
	}
	second, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first.Abort() // does nothing any more
	if _, err := CreateFile(path); err == nil {
		t.Error("the second one writes it, too")
	}
	second.Abort()
	if got := names(t, filepath.Dir(path)); got != "[a.csv]" {
		t.Errorf("the folder holds %s", got)
	}
}

// Where a file system has no locks, nobody knows whether a partial file is still being written: it is left alone.
func TestFileThatAnotherRunHasBegunToWriteUnlocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.Mkdir(path+".partial.lock", 0o700); err != nil { // which cannot be locked
		t.Fatal(err)
	}
	first, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = CreateFile(path)
	if e, ok := errors.AsType[*WriteError](err); !ok || e.Why != "another run or program writes there, too" ||
		!strings.Contains(e.Hint, "let that one end, remove "+path+".partial, or name another path") {
		t.Errorf("%v", err)
	}
	if err := first.Commit(); err != nil {
		t.Error(err)
	}
	if got := names(t, filepath.Dir(path)); got != "[a.csv a.csv.partial.lock]" {
		t.Errorf("the folder holds %s", got)
	}
}
