package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const site = "https://desk.example"

var start = time.Date(2026, 7, 3, 9, 15, 0, 0, time.UTC)

func openAt(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), path, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func openNew(t *testing.T) *Ledger {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "state", "a ledger?.db"))
}

func job(input string) Identity {
	return Identity{Command: "import", Input: input + ".csv", InputSHA256: input}
}

func startRun(t *testing.T, l *Ledger, id Identity) Run {
	t.Helper()
	run, _, err := l.StartRun(t.Context(), id, start)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func attempt(row int, key string) Attempt {
	return Attempt{Row: row, Line: row + 1, Key: key, Email: key, Name: "Name of " + key, ExternalID: "x-" + key}
}

func created(row int, key string) Outcome {
	return Outcome{Row: row, Line: row + 1, Key: key, Email: key, Name: "Name of " + key, ExternalID: "x-" + key,
		Status: "created", AccountID: "qm:" + key, HTTPStatus: 201, Attempts: 1, Known: true, Verified: true}
}

func failedRow(row int, key string) Outcome {
	return Outcome{Row: row, Line: row + 1, Key: key, Email: key, Status: "failed", Reason: "no", HTTPStatus: 400, Attempts: 1, AskAgain: true}
}

func unknown(row int, key string) Outcome {
	return Outcome{Row: row, Line: row + 1, Key: key, Email: key, Name: "Name of " + key, Status: "unknown", Attempts: 8, Open: true}
}

func mustBegin(t *testing.T, l *Ledger, run Run, a Attempt) {
	t.Helper()
	if err := l.Begin(t.Context(), run.Seq, a); err != nil {
		t.Fatal(err)
	}
}

// wait calls a method that has a callback and returns what that was told.
func wait(call func(done func(error))) error {
	told := make(chan error, 1)
	call(func(err error) { told <- err })
	return <-told
}

func mustSettle(t *testing.T, l *Ledger, run Run, o Outcome) {
	t.Helper()
	if err := wait(func(done func(error)) { l.Settle(run.Seq, o, done) }); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, l *Ledger, run Run, outcome string) {
	t.Helper()
	run.Outcome, run.FinishedAt = outcome, start.Add(time.Hour*time.Duration(run.Seq))
	if err := l.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
}

func recall(t *testing.T, l *Ledger, run Run, row int, key string) Memory {
	t.Helper()
	m, err := l.Recall(t.Context(), run.Seq, []Query{{Row: row, Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	return m[0]
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var got []T
	for one, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, one)
	}
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
	full := Outcome{Row: 7, Line: 19, Key: "ann@example.com", Email: "Ann@Example.com", Name: "Änn \"Q\" <x>", ExternalID: "9",
		Status: "created_unconfirmed", AccountID: "qm:1:2", Reason: "a, b\nc", HTTPStatus: 409, Attempts: 3,
		LookUp: true, Known: true, Verified: true}
	mustBegin(t, l, run, Attempt{Row: 7, Line: 19, Key: full.Key, Email: full.Email, Name: full.Name, ExternalID: "9"})
	mustBegin(t, l, run, attempt(8, "bob@example.com"))
	mustSettle(t, l, run, full)
	pending := Outcome{Row: 8, Line: 9, Key: "bob@example.com", Email: "bob@example.com",
		Name: "Name of bob@example.com", ExternalID: "x-bob@example.com", Open: true}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l = openAt(t, path)
	same(t, []Outcome{full, pending}, all(t, l.Outcomes(t.Context(), run.Seq, 0)))
	same(t, []Outcome{pending}, all(t, l.Outcomes(t.Context(), run.Seq, 8)))
	same(t, []Outcome{full}, all(t, l.ToLookUp(t.Context(), run.Seq, 0)))
	other := startRun(t, l, job("b"))
	got := recall(t, l, other, 1, full.Key)
	same(t, &Account{Key: full.Key, Email: full.Email, Name: full.Name, ExternalID: "9", ID: "qm:1:2",
		Status: full.Status, Verified: true, Run: run.Seq, RunID: run.ID, At: got.Account.At}, got.Account)
	if age := time.Since(got.Account.At); age < 0 || age > time.Minute {
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
	for row := n; row >= 1; row-- {
		o := created(row, fmt.Sprintf("p%d@example.com", row))
		o.LookUp = row%2 == 0
		l.Settle(run.Seq, o, nil)
	}
	mustBegin(t, l, run, attempt(n+1, "last@example.com"))
	next := 1
	for o, err := range l.Outcomes(t.Context(), run.Seq, 0) {
		if err != nil || o.Row != next {
			t.Fatalf("row %d, %v; want row %d", o.Row, err, next)
		}
		next++
	}
	if next != n+2 {
		t.Errorf("ended before row %d", next)
	}
	if got := len(all(t, l.ToLookUp(t.Context(), run.Seq, 3))); got != n/2-1 {
		t.Errorf("%d rows to look up, want %d", got, n/2-1)
	}
}

func TestCommitsAreGrouped(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	before := l.write.commits.Load()
	const workers, each = 64, 20
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				row := w*each + i + 1
				key := fmt.Sprintf("p%d@example.com", row)
				if err := l.Begin(t.Context(), run.Seq, attempt(row, key)); err != nil {
					t.Error(err)
				}
				l.Settle(run.Seq, created(row, key), nil)
			}
		})
	}
	group.Wait()
	mustSettle(t, l, run, created(workers*each+1, "end@example.com"))
	commits, entries := l.write.commits.Load()-before, int64(2*workers*each+1)
	if commits < each || commits*8 > entries {
		t.Errorf("%d commits for %d entries", commits, entries)
	}
	if got := len(all(t, l.Outcomes(t.Context(), run.Seq, 0))); got != workers*each+1 {
		t.Errorf("%d outcomes", got)
	}
}

// An entry is seen by another connection as soon as its caller is told.
func TestDurableBeforeTold(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	order := make(chan int, 100)
	for row := range 100 {
		l.Settle(run.Seq, created(row, fmt.Sprint(row)), func(err error) {
			var n int
			if err := l.read.QueryRow("SELECT count(*) FROM outcomes WHERE row = ?", row).Scan(&n); err != nil || n != 1 {
				t.Errorf("row %d: told before it was there (%v)", row, err)
			}
			order <- row
		})
	}
	for want := range 100 {
		if got := <-order; got != want {
			t.Fatalf("told of row %d, want %d", got, want)
		}
	}
}

func TestWhatComesInOneGroupKeepsItsOrder(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	hold, held := make(chan bool), make(chan bool)
	go l.write.do(entry{action: bare, call: func(context.Context, *sql.Conn) error {
		held <- true
		<-hold
		return nil
	}})
	<-held // from here on all waits, and makes one group
	l.Settle(run.Seq, failedRow(1, "a"), nil)
	l.Settle(run.Seq, created(1, "a"), nil)
	for _, e := range []entry{
		{action: begin, run: run.Seq, outcome: Outcome{Row: 2, Key: "b"}},
		{action: withdraw, run: run.Seq, outcome: Outcome{Row: 2}},
		{action: begin, run: run.Seq, outcome: Outcome{Row: 2, Key: "b"}},
		{action: begin, run: run.Seq, outcome: Outcome{Row: 3, Key: "c"}},
		{action: withdraw, run: run.Seq, outcome: Outcome{Row: 3}},
	} {
		l.hand(e)
	}
	called := false
	l.hand(entry{action: call, call: func(context.Context, *sql.Conn) error {
		called = true
		return nil
	}})
	before := l.write.commits.Load()
	close(hold)
	mustSettle(t, l, run, created(9, "z"))
	if !called {
		t.Error("a call was left out")
	}
	if n := l.write.commits.Load() - before; n > 3 {
		t.Errorf("%d commits", n)
	}
	var got []string
	for o := range l.Outcomes(t.Context(), run.Seq, 0) {
		got = append(got, fmt.Sprint(o.Row, o.Status))
	}
	same(t, []string{"1created", "2", "9created"}, got)
}

func TestClosed(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	told := make(chan error, 1)
	l.Settle(run.Seq, created(1, "a"), func(err error) { told <- err })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-told; err != nil {
		t.Error("what came before Close was not written:", err)
	}
	if err := l.Begin(t.Context(), run.Seq, attempt(2, "b")); !errors.Is(err, errClosed) {
		t.Error("Begin:", err)
	}
	if err := wait(func(done func(error)) { l.Settle(run.Seq, created(2, "b"), done) }); !errors.Is(err, errClosed) {
		t.Error("Settle:", err)
	}
}

func TestBeginNotAfterTheEnd(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Begin(ctx, run.Seq, attempt(1, "a")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	same(t, []Outcome(nil), all(t, l.Outcomes(t.Context(), run.Seq, 0)))
}

// A file is known for ours as soon as its checksum is kept, and those that may
// still stand there when the process dies before it gets its name are, too.
func TestRememberAFile(t *testing.T) {
	l := openNew(t)
	if l.Wrote("/a", "1") {
		t.Error("a file is ours that nobody has told of")
	}
	for _, sum := range []string{"1", "2", "2", "3", "4"} {
		if err := l.Remember(t.Context(), "/a", sum); err != nil {
			t.Fatal(err)
		}
		if !l.Wrote("/a", sum) {
			t.Errorf("%s is not kept", sum)
		}
	}
	if !l.Wrote("/a", "2") || !l.Wrote("/a", "3") || l.Wrote("/a", "1") || l.Wrote("/b", "4") || l.Wrote("/a", "") {
		t.Error("the last three are ours, and no others")
	}
}
