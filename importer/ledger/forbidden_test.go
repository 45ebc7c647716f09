//go:build unix

package ledger

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"modernc.org/sqlite"
)

// What may not be written to is refused in words, and stays as it is. It is
// tried as another user where this one may do anything.
func TestForbidden(t *testing.T) {
	for _, name := range []string{"the file", "its reading", "the folder", "both", "a new ledger", "the lock"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, err := os.MkdirTemp("/tmp", "forbidden")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(folder) })
			path := filepath.Join(folder, "state", "l.db")
			l, err := Open(t.Context(), path, site)
			if err != nil {
				t.Fatal(err)
			}
			settle(t, l, startRun(t, l, job("a")), created(1, "ann"))
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			modes := map[string]os.FileMode{folder: 0o755, filepath.Dir(path): 0o777, path: 0o666, path + ".lock": 0o666}
			switch name {
			case "the file":
				modes[path] = 0o444
			case "its reading":
				modes[path] = 0
			case "the folder":
				modes[filepath.Dir(path)] = 0o555
			case "both":
				modes[path], modes[filepath.Dir(path)] = 0o444, 0o555
			case "a new ledger":
				modes[filepath.Dir(path)] = 0o555
				if err := errors.Join(os.Remove(path), os.Remove(path+".lock")); err != nil {
					t.Fatal(err)
				}
				delete(modes, path)
				delete(modes, path+".lock")
			case "the lock":
				modes[path+".lock"] = 0o444
			}
			for name, mode := range modes {
				if err := os.Chmod(name, mode); err != nil {
					t.Fatal(err)
				}
			}
			if said := openAsAnother(t, path); said != "may not be read and written by this user" {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// openAsAnother opens the ledger in another process, of a user who is not root,
// and returns why it was refused.
func openAsAnother(t *testing.T, path string) string {
	t.Helper()
	copied := filepath.Join(filepath.Dir(filepath.Dir(path)), "test") // where that user may read it
	// Not by this process: another that is begun meanwhile would hold it open for writing, and such a file cannot be run.
	if out, err := exec.Command("cp", os.Args[0], copied).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Chmod(copied, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LEDGER_TEST_DO=open", "LEDGER_TEST_PATH="+path)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// SQLite's own refusals are told apart.
func TestWrap(t *testing.T) {
	l := openNew(t)
	db, err := sql.Open("sqlite", dsn(l.path, "ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec("DELETE FROM runs")
	if refused, ok := errors.AsType[*RefusedError](wrap(l.path, err)); !ok || !strings.Contains(refused.Hint, "give permission on its folder") {
		t.Errorf("%v becomes %v", err, wrap(l.path, err))
	}
	missing, err := sql.Open("sqlite", dsn(l.path+".none", "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer missing.Close()
	_, err = missing.Exec("DELETE FROM runs")
	if _, ok := errors.AsType[*RefusedError](wrap(l.path+".none", err)); ok || !isSQLite(err) {
		t.Errorf("a file that is not there is refused for want of permission: %v", err)
	}
}

func isSQLite(err error) bool {
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}
