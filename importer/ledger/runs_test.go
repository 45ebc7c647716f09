package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestStartRun(t *testing.T) {
	l := openNew(t)
	j := Job{Command: "sync", Source: "desk", Input: "/a.csv", InputSHA256: "1", Choices: "{}"}
	first := startRun(t, l, j)
	same(t, Run{Seq: 1, ID: first.ID, Job: j, StartedAt: start}, first)

	elsewhere := j
	elsewhere.Input = "/copy of a.csv"
	again, err := l.FindRun(t.Context(), elsewhere)
	must(t, err)
	again, err = l.StartRun(t.Context(), again, start.Add(time.Hour))
	must(t, err)
	same(t, Run{Seq: 1, ID: first.ID, Job: elsewhere, StartedAt: start.Add(time.Hour)}, again)

	for name, other := range map[string]Job{
		"command": {Command: "import", Source: "desk", InputSHA256: "1", Choices: "{}"},
		"source":  {Command: "sync", Source: "shop", InputSHA256: "1", Choices: "{}"},
		"input":   {Command: "sync", Source: "desk", InputSHA256: "2", Choices: "{}"},
		"choices": {Command: "sync", Source: "desk", InputSHA256: "1", Choices: "{x}"},
	} {
		if run, err := l.FindRun(t.Context(), other); run.Seq > 0 || err != nil {
			t.Errorf("another %s: found %v, %v", name, run, err)
		}
		if run := startRun(t, l, other); run.ID == first.ID {
			t.Errorf("another %s: %v", name, run)
		}
	}

	again.Outcome, again.StopReason, again.ExitCode, again.RowsRead = Stopped, "quota", 6, 12
	again.Summary, again.FinishedAt, again.Retry = []byte(`{"rows":12}`), start.Add(2*time.Hour), true
	again.Trace = []byte(`{"a":1}`)
	must(t, l.FinishRun(t.Context(), &again))
	found, err := l.FindRun(t.Context(), elsewhere)
	must(t, err)
	same(t, again, found)
	got, err := l.Run(t.Context(), first.ID)
	must(t, err)
	same(t, again, got)

	third := startRun(t, l, j)
	same(t, Run{Seq: 1, ID: first.ID, Job: j, StartedAt: start, RowsRead: 12, Summary: again.Summary, Trace: again.Trace},
		third)
	finish(t, l, third, Complete)
	if run, err := l.FindRun(t.Context(), j); run.Seq > 0 || err != nil {
		t.Error(run, err)
	}
	if fourth := startRun(t, l, j); fourth.ID == first.ID {
		t.Error("a complete run went on")
	}
}

func TestFailedRowsAreAskedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		outcome string // "": killed
		retry   bool
		want    bool // the failed row is still settled
	}{
		{"killed", "", false, true},
		{"interrupted", Stopped, false, true},
		{"stopped for a problem", Stopped, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openNew(t)
			run := startRun(t, l, job("a"))
			settle(t, l, run, created(1, "ann"), failed(2, "bob"))
			if c.outcome != "" {
				run.Retry = c.retry
				finish(t, l, run, c.outcome)
			}
			run = startRun(t, l, job("a"))
			if m := recall(t, l, run, 1, "ann"); m.Outcome == nil {
				t.Error("the good row is forgotten")
			}
			if m := recall(t, l, run, 2, "bob"); (m.Outcome != nil) != c.want {
				t.Errorf("%+v", m.Outcome)
			}
			if run.Retry {
				t.Error("would forget again")
			}
		})
	}
}

// A run that was refused before its first row is listed, and no other goes on with it.
func TestHoldRun(t *testing.T) {
	l := openNew(t)
	j := nightly("desk", "1")
	end := Run{Job: j, StartedAt: start, FinishedAt: start.Add(time.Minute), Outcome: Held, StopReason: "too few rows",
		ExitCode: 5, RowsRead: 7, Summary: []byte(`{"rows":7}`)}
	held := end
	must(t, l.FinishRun(t.Context(), &held))
	got, err := l.Run(t.Context(), held.ID)
	must(t, err)
	same(t, held, got)
	end.Seq, end.ID = held.Seq, held.ID
	same(t, end, got)
	if run := startRun(t, l, j); run.ID == held.ID {
		t.Error("a run went on with one that was held back")
	}
	end.Seq = 0
	must(t, l.FinishRun(t.Context(), &end))
	if run, err := l.FindRun(t.Context(), j); err != nil || run.Seq != held.Seq+1 {
		t.Errorf("a held run hides the one that may go on: %v, %v", run, err)
	}
	if last, _, err := l.SourceState(t.Context(), "desk", ""); last != "" || err != nil {
		t.Error(last, err)
	}
}

// Nobody goes on with a run whose accounts were revoked: its rows would be told as created.
func TestUndone(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	settle(t, l, run, created(1, "ann"))
	finish(t, l, run, Stopped)
	must(t, l.MarkUndone(t.Context(), run.Seq, start.Add(time.Hour)))
	got, err := l.Run(t.Context(), run.ID)
	if err != nil || !got.UndoneAt.Equal(start.Add(time.Hour)) {
		t.Error(got, err)
	}
	if next := startRun(t, l, job("a")); next.ID == run.ID {
		t.Error("a run that was undone went on")
	}
}

func TestRunByPrefix(t *testing.T) {
	l := openNew(t)
	if _, err := l.Run(t.Context(), ""); !noSuchRun(err) {
		t.Error(err)
	}
	for _, name := range []string{"a", "b"} {
		startRun(t, l, job(name))
	}
	must(t, l.update(t.Context(), "UPDATE runs SET id = substr('ab12cd34ab99ffff', 8*seq-7, 8)"))
	for prefix, want := range map[string]string{"": "ab99ffff", "ab1": "ab12cd34", "ab99ffff": "ab99ffff"} {
		if run, err := l.Run(t.Context(), prefix); err != nil || run.ID != want {
			t.Errorf("%q: %s, %v", prefix, run.ID, err)
		}
	}
	if _, err := l.Run(t.Context(), "ab"); err == nil || noSuchRun(err) {
		t.Error("ambiguous:", err)
	}
	if _, err := l.Run(t.Context(), "%"); !noSuchRun(err) {
		t.Error(err)
	}
	runs, err := l.Runs(t.Context())
	if err != nil || len(runs) != 2 || runs[0].ID != "ab99ffff" {
		t.Error(runs, err)
	}
}

// A run id stays what it is when a spreadsheet opens a list with it.
func TestIDsStayText(t *testing.T) {
	t.Parallel()
	l := openNew(t)
	for i := range 300 {
		if id := startRun(t, l, job(fmt.Sprint(i))).ID; len(id) != 8 || id[0] != 'a' || strings.Trim(id, "0123456789abcdef") != "" {
			t.Fatal(id)
		}
	}
}

func TestPrune(t *testing.T) {
	l := openNew(t)
	kept := night(t, l, "desk", "1", people("ann")...)
	finish(t, l, kept, Complete)
	killed := startRun(t, l, job("killed"))
	settle(t, l, killed, failed(1, "dee"))
	setRowAccess(t, l, killed.Seq, []RowAccess{{Row: 1, Organization: "added"}})
	old := startRun(t, l, job("old"))
	settle(t, l, old, created(1, "bob"), unknown(2, "cyd"))
	old.Trace = []byte("{}")
	finish(t, l, old, Complete)
	must(t, l.FinishRun(t.Context(), &Run{Job: nightly("desk", "2"), StartedAt: start, FinishedAt: start, Outcome: Held}))
	late := startRun(t, l, job("late"))
	finish(t, l, late, Stopped)
	newest := startRun(t, l, job("killed, and the newest of its job"))
	settle(t, l, newest, failed(1, "eve"))

	pruned, err := l.Prune(t.Context(), start.Add(time.Duration(late.Seq)*time.Hour))
	must(t, err)
	same(t, 3, pruned)
	runs, err := l.Runs(t.Context())
	must(t, err)
	var left []int64
	for _, r := range runs {
		left = append(left, r.Seq)
	}
	same(t, []int64{newest.Seq, late.Seq, kept.Seq}, left)
	l = crash(t, l)
	same(t, []string{"2"}, ask(t, l, "SELECT count(*) FROM outcomes"))
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM row_access"))
	same(t, 0, len(ask(t, l, "SELECT trace FROM runs WHERE trace <> ''")))
	run := startRun(t, l, job("next"))
	if a := recall(t, l, run, 1, "bob").Account; a == nil || a.Run != old.Seq {
		t.Errorf("account %+v", a)
	}
	if lost := recall(t, l, run, 2, "cyd").Lost; lost == nil {
		t.Errorf("lost %+v", lost)
	}
	if again, err := l.Prune(t.Context(), start); err != nil || again != 0 {
		t.Error(again, err)
	}
	settle(t, l, run, created(5, "after"))
}

// A nightly job that was killed once, with an input that never came back, is forgotten.
func TestPruneForgetsKilledRuns(t *testing.T) {
	l := openNew(t)
	old := time.Now().AddDate(0, 0, -400)
	killed, err := l.StartRun(t.Context(), Run{Job: nightly("desk", "1")}, old)
	must(t, err)
	for row := 1; row <= 20; row++ {
		settle(t, l, killed, created(row, fmt.Sprint(row)))
	}
	next, err := l.StartRun(t.Context(), Run{Job: nightly("desk", "2")}, old)
	must(t, err)
	finish(t, l, next, Complete)
	pruned, err := l.Prune(t.Context(), time.Now().AddDate(0, 0, -90))
	if left := ask(t, l, "SELECT count(*) FROM outcomes")[0]; err != nil || pruned != 1 || left != "0" {
		t.Errorf("%d runs are pruned, %s outcomes are left, %v", pruned, left, err)
	}
	if known(t, l, "7") == nil {
		t.Error("an account is forgotten")
	}
}

func noSuchRun(err error) bool { return err != nil && strings.Contains(err.Error(), "no such run") }
