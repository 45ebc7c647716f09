package ledger

import (
	"errors"
	"testing"
	"time"
)

func TestStartRun(t *testing.T) {
	l := openNew(t)
	id := Identity{Command: "sync", Source: "desk", Input: "a.csv", InputSHA256: "1", Choices: "{}"}
	first := startRun(t, l, id)
	same(t, Run{Seq: 1, ID: first.ID, Identity: id, StartedAt: start, Sittings: 1}, first)

	elsewhere := id
	elsewhere.Input = "copy of a.csv"
	again, resumed, err := l.StartRun(t.Context(), elsewhere, start.Add(time.Hour))
	if err != nil || !resumed {
		t.Fatal(resumed, err)
	}
	same(t, Run{Seq: 1, ID: first.ID, Identity: elsewhere, StartedAt: start, Sittings: 2}, again)

	for name, other := range map[string]Identity{
		"command": {Command: "import", Source: "desk", InputSHA256: "1", Choices: "{}"},
		"source":  {Command: "sync", Source: "shop", InputSHA256: "1", Choices: "{}"},
		"input":   {Command: "sync", Source: "desk", InputSHA256: "2", Choices: "{}"},
		"choices": {Command: "sync", Source: "desk", InputSHA256: "1", Choices: "{x}"},
	} {
		if _, found, err := l.Peek(t.Context(), other); found || err != nil {
			t.Errorf("another %s: found %v, %v", name, found, err)
		}
		if run, resumed, err := l.StartRun(t.Context(), other, start); resumed || err != nil || run.ID == first.ID {
			t.Errorf("another %s: %v, %v", name, run, err)
		}
	}

	again.Outcome, again.StopReason, again.ExitCode, again.RowsRead = Stopped, "quota", 6, 12
	again.Summary, again.FinishedAt = []byte(`{"rows":12}`), start.Add(2*time.Hour)
	if err := l.FinishRun(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	peeked, found, err := l.Peek(t.Context(), id)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	same(t, again, peeked)
	got, err := l.Run(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, again, got)

	third := startRun(t, l, id)
	same(t, Run{Seq: 1, ID: first.ID, Identity: id, StartedAt: start, RowsRead: 12, Summary: again.Summary, Sittings: 3}, third)
	finish(t, l, third, Complete)
	if _, found, err := l.Peek(t.Context(), id); found || err != nil {
		t.Error(found, err)
	}
	if fourth := startRun(t, l, id); fourth.ID == first.ID {
		t.Error("a complete run went on")
	}
}

func TestFailedRowsAreAskedAgain(t *testing.T) {
	for _, c := range []struct {
		name     string
		outcome  string // "": killed
		askAgain bool
		want     bool // the failed row is still settled
	}{
		{"killed", "", false, true},
		{"interrupted", Stopped, false, true},
		{"stopped for a problem", Stopped, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openNew(t)
			run := startRun(t, l, job("a"))
			mustSettle(t, l, run, created(1, "ann"))
			mustSettle(t, l, run, failedRow(2, "bob"))
			if c.outcome != "" {
				run.AskAgain = c.askAgain
				finish(t, l, run, c.outcome)
			}
			run = startRun(t, l, job("a"))
			if m := recall(t, l, run, 1, "ann"); m.Outcome == nil {
				t.Error("the good row is forgotten")
			}
			if m := recall(t, l, run, 2, "bob"); (m.Outcome != nil) != c.want {
				t.Errorf("%+v", m.Outcome)
			}
			if run.AskAgain {
				t.Error("would forget again")
			}
		})
	}
}

func TestRunByPrefix(t *testing.T) {
	l := openNew(t)
	if _, err := l.Run(t.Context(), ""); !errors.Is(err, ErrNoRun) {
		t.Error(err)
	}
	for _, name := range []string{"a", "b"} {
		startRun(t, l, job(name))
	}
	if _, err := l.write.conn.ExecContext(t.Context(), "UPDATE runs SET id = substr('ab12cd34ab99ffff', 8*seq-7, 8)"); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{"": "ab99ffff", "ab1": "ab12cd34", "ab99ffff": "ab99ffff"} {
		if run, err := l.Run(t.Context(), prefix); err != nil || run.ID != want {
			t.Errorf("%q: %s, %v", prefix, run.ID, err)
		}
	}
	if _, err := l.Run(t.Context(), "ab"); err == nil || errors.Is(err, ErrNoRun) {
		t.Error("ambiguous:", err)
	}
	if _, err := l.Run(t.Context(), "%"); !errors.Is(err, ErrNoRun) {
		t.Error(err)
	}
	runs, err := l.Runs(t.Context())
	if err != nil || len(runs) != 2 || runs[0].ID != "ab99ffff" {
		t.Error(runs, err)
	}
}

// A run id stays what it is when a spreadsheet opens a list with it.
func TestIDsStayText(t *testing.T) {
	for id, want := range map[string]bool{"9807e938": false, "01234567": false, "1234e567": false, "00e00000": false, "12dec024": false, "1feb2024": false,
		"0badcafe": true, "e1234567": true, "1234567e": true, "12e45e78": true, "1234d678": true} {
		if staysText(id) != want {
			t.Errorf("%s: want %t", id, want)
		}
	}
	for range 3000 {
		if id := drawID(); len(id) != 8 || !staysText(id) {
			t.Fatal(id)
		}
	}
}
