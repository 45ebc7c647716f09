package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jsm-onboard/importer/outcome"
)

// TestMain is also the other process of the tests below: this test binary
// started again, with what to do in the environment.
func TestMain(m *testing.M) {
	path := os.Getenv("LEDGER_TEST_PATH")
	switch os.Getenv("LEDGER_TEST_DO") {
	case "":
		os.Exit(m.Run())
	case "work":
		workUntilKilled(path)
	case "hold":
		holdUntilKilled(path)
	case "open":
		_, err := Open(context.Background(), path, site)
		fmt.Println(whyRefused(err))
	}
}

// whyRefused is what is wrong with the file; "": nothing.
func whyRefused(err error) string {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.What
	}
	return fmt.Sprint(err)
}

func mustOpen(path string) (*Ledger, Run) {
	l, err := Open(context.Background(), path, site)
	if err != nil {
		panic(err)
	}
	run, err := l.FindRun(context.Background(), job("a"))
	if err == nil {
		run, err = l.StartRun(context.Background(), run, start)
	}
	if err != nil {
		panic(err)
	}
	return l, run
}

// workUntilKilled begins and settles rows with some workers, and says on
// stdout what it was told is durable: one "begun N" or "settled N" a line.
func workUntilKilled(path string) {
	l, run := mustOpen(path)
	var mu sync.Mutex
	say := func(what string, row int) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(what, row)
	}
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for row := w + 1; ; row += 8 {
				if err := l.Begin(context.Background(), run.Seq, attempt(row, key(row))); err != nil {
					panic(err)
				}
				say("begun", row)
				if err := l.Settle(context.Background(), run.Seq, created(row, key(row))); err != nil {
					panic(err)
				}
				say("settled", row)
			}
		})
	}
	workers.Wait()
}

func holdUntilKilled(path string) {
	mustOpen(path)
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// other starts this test binary to do something with the ledger at path.
func other(t *testing.T, do, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "LEDGER_TEST_DO="+do, "LEDGER_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// Killed at any point, all that was told as durable is there, and a row that
// was begun and not settled is lost, not forgotten.
func TestKilled(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			workAndKill(t)
		})
	}
}

func workAndKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.db")
	cmd, lines := other(t, "work", path)
	until, rows := 1+rand.IntN(2000), 0
	told := map[string]map[int]bool{"begun": {}, "settled": {}}
	for lines.Scan() {
		var what string
		var row int
		if _, err := fmt.Sscan(lines.Text(), &what, &row); err != nil {
			break // the last line may be cut off
		}
		told[what][row] = true
		if rows++; rows == until {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	checkTold(t, path, told["begun"], told["settled"])
}

func checkTold(t *testing.T, path string, begun, settled map[int]bool) {
	t.Helper()
	l := openAt(t, path)
	if run, err := l.FindRun(t.Context(), job("a")); err != nil || run.Seq == 0 && len(begun) > 0 {
		t.Fatal("the run is not there", err)
	}
	run := startRun(t, l, job("a"))
	lost := 0
	for row, m := range recallAll(t, l, run, begun) {
		switch {
		case settled[row] && (m.Outcome == nil || m.Outcome.Status != outcome.Created || m.Lost != nil):
			t.Fatalf("row %d was settled: %+v", row, m)
		case m.Outcome == nil && m.Lost == nil:
			t.Fatalf("row %d was begun and is forgotten", row)
		case m.Lost != nil:
			lost++
		}
	}
	for o, err := range l.Outcomes(t.Context(), run.Seq, false, 0) {
		if err != nil || o.Key != key(o.Row) {
			t.Fatalf("%+v, %v", o, err)
		}
	}
	next := startRun(t, l, job("b"))
	for row, m := range recallAll(t, l, next, settled) {
		if m.Account == nil {
			t.Fatalf("row %d is in no account", row)
		}
	}
	t.Logf("%d begun, %d settled, %d lost", len(begun), len(settled), lost)
}

func recallAll(t *testing.T, l *Ledger, run Run, rows map[int]bool) map[int]History {
	t.Helper()
	var q []Query
	for row := range rows {
		q = append(q, Query{Row: row, Key: key(row)})
	}
	m, err := l.Recall(t.Context(), run.Seq, false, q)
	if err != nil {
		t.Fatal(err)
	}
	byRow := map[int]History{}
	for i := range q {
		byRow[q[i].Row] = m[i]
	}
	return byRow
}

func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.db")
	cmd, lines := other(t, "hold", path)
	if !lines.Scan() || lines.Text() != "held" {
		t.Fatal(lines.Text(), lines.Err())
	}
	_, err := Open(t.Context(), path, site)
	held := whyRefused(err)
	if want := fmt.Sprintf("is in use by process %d since 20", cmd.Process.Pid); !strings.HasPrefix(held, want) {
		t.Errorf("it %s", held)
	}
	link := path + ".link"
	if os.Symlink(path, link) == nil { // not everybody may do that on Windows
		if _, err := Open(t.Context(), link, site); whyRefused(err) != held {
			t.Errorf("through a link: %v", err)
		}
	}

	// Readers are let in, and see what was committed.
	reader, err := OpenReadOnly(t.Context(), path, site)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if runs, err := reader.Runs(t.Context()); err != nil || len(runs) != 1 {
		t.Error(runs, err)
	}

	// The killed one leaves its text behind, and no lock.
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if text, err := os.ReadFile(path + ".lock"); err != nil || len(text) == 0 {
		t.Error(text, err)
	}
	openAt(t, path)
}

// Who holds the lock for a moment, as Try does, refuses nobody.
func TestHeldForAMoment(t *testing.T) {
	l := openNew(t)
	must(t, l.Close())
	lock, err := Lock(l.path)
	must(t, err)
	given := make(chan error)
	go func() {
		time.Sleep(10 * time.Millisecond)
		given <- lock.Unlock()
	}()
	openAt(t, l.path)
	must(t, <-given)
}

// The text of the lock is only shown.
func TestHeldBySomebody(t *testing.T) {
	l := openNew(t)
	for text, want := range map[string]string{"": "is in use by another process", " \x1b[31m": `is in use by \x1b[31m`} {
		write(t, l.path+".lock", text)
		_, err := Open(t.Context(), l.path, site)
		if got := whyRefused(err); got != want {
			t.Errorf("text %q: it %s", text, got)
		}
	}
	must(t, l.Close())
	write(t, l.path+".lock", "process 1")
	openAt(t, l.path)
}
