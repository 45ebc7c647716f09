package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// spoil runs SQL on a database that is no open ledger.
func spoil(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "rwc"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, path string) // of a closed ledger
		want   string
	}{
		"newer version": {func(t *testing.T, path string) { spoil(t, path, "PRAGMA user_version = 99") },
			"was written by another version of jsm-onboard (the file has version 99, this program knows 1)"},
		"older than any": {func(t *testing.T, path string) { spoil(t, path, "PRAGMA user_version = 0") },
			"was written by another version of jsm-onboard (the file has version 0, this program knows 1)"},
		"another site": {func(t *testing.T, path string) { spoil(t, path, "UPDATE meta SET value = 'https://other.example'") },
			"belongs to https://other.example, not to https://desk.example"},
		"another program": {func(t *testing.T, path string) { spoil(t, path, "PRAGMA application_id = 5") },
			"is the database of another program"},
		"somebody's tables": {func(t *testing.T, path string) {
			_ = os.Remove(path)
			spoil(t, path, "CREATE TABLE t (x)")
		}, "is the database of another program"},
		"no database": {func(t *testing.T, path string) { write(t, path, strings.Repeat("email,name\n", 900)) },
			"is not a ledger: it is not an SQLite database"},
		"a few bytes": {func(t *testing.T, path string) { write(t, path, "hello") },
			"is not a ledger: it is not an SQLite database"},
		"cut off": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 3*4096); err != nil {
				t.Fatal(err)
			}
		}, "is damaged"},
		"emptied, with its log": {func(t *testing.T, path string) {
			write(t, path, "")
			write(t, path+"-wal", "something")
		}, "is empty, but its log"},
	} {
		t.Run(name, func(t *testing.T) {
			l := openNew(t)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			c.change(t, l.path)
			before, err := os.ReadFile(l.path)
			if err != nil {
				t.Fatal(err)
			}
			for how, open := range map[string]func(context.Context, string, string) (*Ledger, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
				_, err = open(t.Context(), l.path, site)
				refused, ok := errors.AsType[*RefusedError](err)
				if !ok || refused.Path != l.path || !strings.Contains(refused.What, c.want) || refused.Hint == "" {
					t.Errorf("%s: %v", how, err)
				}
			}
			if after, err := os.ReadFile(l.path); err != nil || string(after) != string(before) {
				t.Error("the file has been changed:", err)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a process that is killed while making the file leaves behind is new.
func TestHalfMade(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.db")
	write(t, empty, "")
	header := filepath.Join(t.TempDir(), "header.db")
	spoil(t, header, "PRAGMA journal_mode = WAL")
	for _, path := range []string{empty, header} {
		reader, err := OpenReadOnly(t.Context(), path, site)
		if err != nil {
			t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
		startRun(t, openAt(t, path), job("a"))
	}
}

func TestNowhereToWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "")
	for _, path := range []string{filepath.Join(file, "l.db"), dir} {
		if _, err := Open(t.Context(), path, site); err == nil || !strings.Contains(err.Error(), "ledger "+path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "l.db")
	l, err := OpenReadOnly(t.Context(), path, site)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := l.Recall(t.Context(), 0, false, []Query{{Row: 1, Key: "ann"}}); err != nil || m[0] != (History{}) {
		t.Error(m, err)
	}
	none, err := l.FindRun(t.Context(), job("a"))
	must(t, err)
	same(t, Run{Job: job("a")}, none)
	if err := l.Begin(t.Context(), 1, attempt(1, "ann")); !errors.Is(err, errReadOnly) {
		t.Error(err)
	}
	if err := l.Settle(t.Context(), 1, created(1, "ann")); !errors.Is(err, errReadOnly) {
		t.Error(err)
	}
	if _, err := l.StartRun(t.Context(), none, start); !errors.Is(err, errReadOnly) {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was made:", err)
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	l := openNew(t)
	run := startRun(t, l, job("a"))
	var pages int
	if err := l.read.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	must(t, l.update(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+20)))
	durable := map[int]bool{}
	var first error
	for row := 1; first == nil && row < 5000; row++ {
		if first = l.Begin(t.Context(), run.Seq, attempt(row, key(row))); first != nil {
			break
		}
		first = l.Settle(t.Context(), run.Seq, created(row, key(row)))
		durable[row] = first == nil
	}
	if !errors.Is(first, ErrFull) || !strings.Contains(first.Error(), l.path) {
		t.Fatal(first)
	}
	for range 2 {
		if err := l.Begin(t.Context(), run.Seq, attempt(9000, "late")); err == nil || err.Error() != first.Error() {
			t.Error("Begin:", err)
		}
		if err := l.Settle(t.Context(), run.Seq, created(9000, "late")); err == nil || err.Error() != first.Error() {
			t.Error("Settle:", err)
		}
	}
	if err := l.FinishRun(t.Context(), &run); err == nil {
		t.Error("FinishRun")
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), first.Error()) {
		t.Error("Close:", err)
	}

	l = openAt(t, l.path)
	run = startRun(t, l, job("a"))
	for row, told := range durable {
		if m := recall(t, l, run, row, key(row)); told && m.Outcome == nil {
			t.Errorf("row %d is lost", row)
		}
	}
	if len(durable) < 10 {
		t.Error("full too early:", len(durable))
	}
	settle(t, l, run, created(9000, "late"))
}

// Try finds what Open would be refused for, and leaves nothing; nor does Open beside what is no ledger.
func TestTryLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "not", "yet", "there.ledger")
	must(t, TryOpen(path))
	table := filepath.Join(folder, "a.csv")
	must(t, os.WriteFile(table, []byte("email,name\n"), 0o600))
	if _, err := Open(t.Context(), table, "https://x.atlassian.net"); err == nil {
		t.Error("a CSV file was opened as a ledger")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	l := openNew(t)
	var held *RefusedError
	if err := TryOpen(l.path); !errors.As(err, &held) || !held.Locked {
		t.Error("a ledger that is held:", err)
	}
	if os.Getuid() > 0 {
		must(t, os.Mkdir(filepath.Dir(filepath.Dir(path)), 0o500))
		if err := TryOpen(path); !errors.As(err, new(*RefusedError)) {
			t.Error("a folder that cannot be written to:", err)
		}
	}
	if err := TryOpen("/proc/nobody/x.ledger"); runtime.GOOS == "linux" && err == nil {
		t.Error("a folder that cannot be made")
	}
}

// However often it is passed on, an error names the ledger once.
func TestErrorsNameTheLedgerOnce(t *testing.T) {
	for _, err := range []error{errors.New("database is locked"), fs.ErrClosed, ErrFull} {
		if got := wrap("/x/a.ledger", wrap("/x/a.ledger", err)); got.Error() != "ledger /x/a.ledger: "+err.Error() || !errors.Is(got, err) {
			t.Error(got)
		}
	}
}
