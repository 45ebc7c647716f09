package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jsm-onboard/importer/outcome"
)

const site = "https://desk.example"

var start = time.Date(2026, 7, 3, 9, 15, 0, 0, time.UTC)

func openAt(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), path, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // a test may have closed it already
	return l
}

func openNew(t testing.TB) *Ledger {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "state", "a ledger?.db"))
}

func openReadOnly(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := OpenReadOnly(t.Context(), path, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// crash leaves l to its end and opens what was on the disk at this moment.
func crash(t *testing.T, l *Ledger) *Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crashed.db")
	for _, part := range []string{"", "-wal"} {
		bytes, err := os.ReadFile(l.path + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+part, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, path)
}

func job(input string) Job {
	return Job{Command: "import", Input: "/data/" + input + ".csv", InputSHA256: input}
}

func startRun(t testing.TB, l *Ledger, j Job) Run {
	t.Helper()
	run, err := l.FindRun(t.Context(), j)
	must(t, err)
	run, err = l.StartRun(t.Context(), run, start)
	must(t, err)
	return run
}

func finish(t testing.TB, l *Ledger, run Run, outcome string) {
	t.Helper()
	run.Outcome, run.FinishedAt = outcome, start.Add(time.Hour*time.Duration(run.Seq))
	must(t, l.FinishRun(t.Context(), &run))
}

func attempt(row int, key string) Entry {
	return Entry{Outcome: outcome.Outcome{Row: row, Key: key, Email: key, Name: "Name of " + key, ExternalID: "x-" + key}}
}

func entry(row int, key string, status outcome.Status) Entry {
	return Entry{Outcome: outcome.Outcome{Row: row, SheetRow: row + 1, Line: row + 1, Key: key, Email: key,
		Name: "Name of " + key, ExternalID: "x-" + key, Status: status, HTTPStatus: 400, Attempts: 1}}
}

func created(row int, key string) Entry {
	e := entry(row, key, outcome.Created)
	e.AccountID, e.HTTPStatus, e.Account = "qm:"+key, 201, Store
	return e
}

func failed(row int, key string) Entry {
	e := entry(row, key, outcome.Failed)
	e.Reason, e.Retry = "no", true
	return e
}

func unknown(row int, key string) Entry {
	e := entry(row, key, outcome.Unknown)
	e.Open = true
	return e
}

func revoked(row int, key string) Entry {
	e := entry(row, key, outcome.Revoked)
	e.AccountID, e.HTTPStatus, e.Revoke, e.Account = "qm:"+key, 204, true, MarkRevoked
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t testing.TB, l *Ledger, run Run, a Entry) {
	t.Helper()
	must(t, l.Begin(t.Context(), run.Seq, a))
}

func settle(t testing.TB, l *Ledger, run Run, entries ...Entry) {
	t.Helper()
	for _, e := range entries {
		must(t, l.Settle(t.Context(), run.Seq, e))
	}
}

func recall(t *testing.T, l *Ledger, run Run, row int, key string) History {
	t.Helper()
	m, err := l.Recall(t.Context(), run.Seq, false, []Query{{Row: row, Key: key}})
	must(t, err)
	return m[0]
}

// known is the account of key, gone or not; nil: none.
func known(t *testing.T, l *Ledger, key string) *Account {
	t.Helper()
	m, err := l.Recall(t.Context(), 0, false, []Query{{Key: key}})
	must(t, err)
	return m[0].Account
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var got []T
	for one, err := range seq {
		must(t, err)
		got = append(got, one)
	}
	return got
}

// ask returns the first column of a query, as text.
func ask(t *testing.T, l *Ledger, text string) []string {
	t.Helper()
	got, err := query(t.Context(), l, func(one *string) []any { return []any{one} }, text)
	must(t, err)
	return got
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "l.db")
	l := openAt(t, path)
	run := startRun(t, l, job("a"))
	full := outcome.Outcome{Row: 7, SheetRow: 8, Line: 19, Key: "ann@example.com", Email: "Ann@Example.com",
		Name: "Änn \"Q\" <x>\u2028", ExternalID: "0009", Status: outcome.CreatedUnconfirmed, AccountID: "qm:1:2",
		Reason: "a, b\nc", HTTPStatus: 409, Attempts: 3, LookUp: true, Retry: true}
	begin(t, l, run, Entry{Outcome: outcome.Outcome{Row: 7, Key: full.Key, Email: full.Email, Name: full.Name, ExternalID: "0009"}})
	begin(t, l, run, attempt(8, "bob@example.com"))
	settle(t, l, run, Entry{Outcome: full, Account: Store})
	pending := outcome.Outcome{Row: 8, Key: "bob@example.com", Email: "bob@example.com", Name: "Name of bob@example.com",
		ExternalID: "x-bob@example.com", Status: outcome.Unknown, Open: true,
		Reason: outcome.ReasonCutShort}
	must(t, l.Close())

	l = openAt(t, path)
	same(t, []outcome.Outcome{full, pending}, all(t, l.Outcomes(t.Context(), run.Seq, false, 0)))
	same(t, []outcome.Outcome{pending}, all(t, l.Outcomes(t.Context(), run.Seq, false, 8)))
	same(t, 0, len(all(t, l.Outcomes(t.Context(), run.Seq, true, 0))))
	got := recall(t, l, startRun(t, l, job("b")), 1, full.Key).Account
	same(t, &Account{Key: full.Key, Email: full.Email, Name: full.Name, ID: "qm:1:2",
		Status: full.Status, FirstRun: run.Seq, Run: run.Seq, At: got.At}, got)
	rest, err := value[string](t.Context(), l, "SELECT external_id || ' ' || look_up FROM accounts WHERE key = ?", full.Key)
	if err != nil || rest != "0009 1" {
		t.Errorf("external id and look_up: %q, %v", rest, err)
	}
	if age := time.Since(got.At); age < 0 || age > time.Minute {
		t.Errorf("made %v ago", age)
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, path + ".lock": 0o600, filepath.Dir(path): 0o700} {
		if file, err := os.Stat(name); err != nil || file.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want mode %v", name, file.Mode(), err, mode)
		}
	}
}

func TestOutcomesGoOverPages(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	const n = 2*pageRows + 3
	must(t, l.change(t.Context(), func(w *writer) {
		for row := n; row >= 1; row-- {
			w.putOutcome(run.Seq, false, created(row, key(row)).Outcome)
		}
	}))
	begin(t, l, run, attempt(n+1, "last@example.com"))
	seq := l.Outcomes(t.Context(), run.Seq, false, 0)
	for range 2 {
		next := 1
		for o, err := range seq {
			if err != nil || o.Row != next {
				t.Fatalf("row %d, %v; want row %d", o.Row, err, next)
			}
			next++
		}
		if next != n+2 {
			t.Errorf("ended before row %d", next)
		}
	}
}

// Whoever comes while a commit is made is in the next one.
func TestCommitsAreGrouped(t *testing.T) {
	l := openNew(t)
	w := l.write
	began, goOn := make(chan bool), make(chan bool)
	var group sync.WaitGroup
	change := func(do func(*writer)) {
		group.Go(func() {
			if err := l.change(t.Context(), do); err != nil {
				t.Error(err)
			}
		})
	}
	change(func(*writer) {
		close(began)
		<-goOn
	})
	<-began
	for range 64 {
		change(func(w *writer) { w.exec("DELETE FROM moves") })
	}
	for together := 0; together < 64; runtime.Gosched() {
		w.mu.Lock()
		if w.next != nil {
			together = len(w.next.changes)
		}
		w.mu.Unlock()
	}
	close(goOn)
	group.Wait()
	if w.next != nil {
		t.Error("somebody still waits")
	}
}

// What has come in by many at once is all there, and seen by other connections when its method returns.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l := openNew(t)
	run := startRun(t, l, job("a"))
	const workers, each = 32, 12
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				row := w*each + i + 1
				if err := l.Begin(t.Context(), run.Seq, attempt(row, key(row))); err != nil {
					t.Error(err)
				}
				if i%3 == 0 {
					if err := l.Withdraw(t.Context(), run.Seq, row, false); err != nil {
						t.Error(err)
					}
				}
				if err := l.Settle(t.Context(), run.Seq, created(row, key(row))); err != nil {
					t.Error(err)
				}
				if m, err := l.Recall(t.Context(), run.Seq, false, []Query{{Row: row, Key: key(row)}}); err != nil || m[0].Outcome == nil {
					t.Errorf("row %d returned before it was there: %+v, %v", row, m, err)
				}
			}
		})
	}
	group.Wait()
	after := crash(t, l)
	same(t, []string{fmt.Sprint(workers * each)}, ask(t, after, "SELECT count(*) FROM outcomes"))
	same(t, []string{fmt.Sprint(workers * each)}, ask(t, after, "SELECT count(*) FROM accounts"))
	same(t, []string{"0"}, ask(t, after, "SELECT count(*) FROM attempts"))
}

func TestClosed(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	must(t, l.Close())
	if err := l.Begin(t.Context(), run.Seq, attempt(2, "b")); !errors.Is(err, errClosed) {
		t.Error("Begin:", err)
	}
	if err := l.Settle(t.Context(), run.Seq, created(2, "b")); !errors.Is(err, errClosed) {
		t.Error("Settle:", err)
	}
	if err := l.FinishRun(t.Context(), &run); !errors.Is(err, errClosed) {
		t.Error("FinishRun:", err)
	}
}

// Who has stopped begins nothing more, and still records how it ended.
func TestAfterTheStop(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	begin(t, l, run, attempt(1, "ann"))
	begin(t, l, run, attempt(2, "bob"))
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("asked to stop")
	cancel(stop)
	if err := l.Begin(ctx, run.Seq, attempt(3, "cyd")); !errors.Is(err, stop) {
		t.Error(err)
	}
	if err := l.Settle(ctx, run.Seq, created(1, "ann")); err != nil {
		t.Error(err)
	}
	if err := l.Withdraw(ctx, run.Seq, 2, false); err != nil {
		t.Error(err)
	}
	same(t, []outcome.Outcome{created(1, "ann").Outcome}, all(t, l.Outcomes(t.Context(), run.Seq, false, 0)))
}

func TestWritesAreDurable(t *testing.T) {
	l := openNew(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "fullfsync": "1"} {
		var got string
		must(t, l.write.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s", pragma, got)
		}
	}
	for _, weaker := range []string{"synchronous(NORMAL)", "journal_mode(DELETE)"} {
		name, _, _ := strings.Cut(weaker, "(")
		pragmas := slices.DeleteFunc(slices.Clone(writePragmas), func(p string) bool { return strings.HasPrefix(p, name+"(") })
		db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "weak"), "rwc", append(pragmas, weaker)...))
		must(t, err)
		defer db.Close()
		conn, err := db.Conn(t.Context())
		must(t, err)
		if err := durable(t.Context(), conn); err == nil || !strings.Contains(err.Error(), "not durable") {
			t.Errorf("%s: %v", weaker, err)
		}
		must(t, conn.Close())
	}
}

func TestBind(t *testing.T) {
	l := openNew(t)
	must(t, l.Bind(t.Context(), "one"))
	must(t, l.Bind(t.Context(), "one"))
	for name, l := range map[string]*Ledger{"writer": l, "reader": openReadOnly(t, l.path), "crashed": crash(t, l)} {
		err := l.Bind(t.Context(), "two")
		if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Hint == "" {
			t.Error(name, err)
		}
		if err := l.Bind(t.Context(), "one"); err != nil {
			t.Error(name, err)
		}
	}
	finish(t, l, startRun(t, l, job("a")), Complete) // it is of no consequence for later writes
	empty := openReadOnly(t, filepath.Join(t.TempDir(), "none"))
	if err := empty.Bind(t.Context(), "any"); err != nil {
		t.Error(err)
	}
}
