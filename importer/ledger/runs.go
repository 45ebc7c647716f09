package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Outcomes of a run.
const (
	Complete = "complete"
	Stopped  = "stopped"
	Held     = "held" // refused before its first row
)

// Job is what a run does. Input, the absolute path, is only reported: two jobs are the same if all else is.
type Job struct{ Command, Source, Input, InputSHA256, Choices string }

// Run is one job from its start to its end, in one or more sessions.
type Run struct {
	Seq int64  // 0: it has not begun
	ID  string // 8 hex digits
	Job
	StartedAt, FinishedAt time.Time // of the last session; FinishedAt is zero while it goes on, and when it was killed
	Outcome               string    // "", Complete, Stopped, Held
	StopReason            string
	ExitCode, RowsRead    int
	Summary               []byte // JSON
	Trace                 []byte // what the run's page draws, as JSON
	Retry                 bool   // stopped for a problem of the site: outcomes with Retry are forgotten when it goes on
	UndoneAt              time.Time
	Created               int // so far, while it is not finished; afterwards Summary has it
}

const runColumns = `seq, id, command, source, input, input_sha256, choices, started_at, finished_at,
	outcome, stop_reason, exit_code, rows_read, summary, trace, retry, undone_at,
	iif(outcome = '', (SELECT count(*) FROM outcomes o WHERE o.run = seq AND o.revoke = 0 AND o.status = 'created'), 0)`

// runInto is where runColumns are scanned to.
func runInto(r *Run) []any {
	return []any{&r.Seq, &r.ID, &r.Command, &r.Source, &r.Input, &r.InputSHA256, &r.Choices, parsed{&r.StartedAt},
		parsed{&r.FinishedAt}, &r.Outcome, &r.StopReason, &r.ExitCode, &r.RowsRead, &r.Summary, &r.Trace, &r.Retry,
		parsed{&r.UndoneAt}, &r.Created}
}

// FindRun returns the run that job continues: the newest one of the same job, unless it is complete or undone. Held
// runs do not count. If there is none, it returns a run that has not begun.
func (l *Ledger) FindRun(ctx context.Context, job Job) (Run, error) {
	run, err := first(ctx, l, runInto, "SELECT "+runColumns+` FROM runs WHERE command = ? AND source = ?
		AND input_sha256 = ? AND choices = ? AND pruned_at = '' AND outcome <> 'held' ORDER BY seq DESC LIMIT 1`,
		job.Command, job.Source, job.InputSHA256, job.Choices)
	if run.Outcome == Complete || !run.UndoneAt.IsZero() {
		run = Run{}
	}
	run.Job = job
	return run, err
}

// StartRun begins or continues a run that FindRun has returned. What was staged is dropped: each session stages it all.
func (l *Ledger) StartRun(ctx context.Context, run Run, now time.Time) (Run, error) {
	err := l.change(ctx, func(w *writer) {
		w.exec("DELETE FROM moves")
		if run.Seq == 0 {
			run = w.newRun(run.Job, now)
			return
		}
		w.exec("UPDATE attempts SET lost = 1 WHERE run = ?", run.Seq)
		w.exec("DELETE FROM outcomes WHERE run = ? AND retry = 1 AND ?", run.Seq, run.Retry)
		w.exec("DELETE FROM row_access WHERE run = ?", run.Seq) // it may go on without asking for access
		run = w.run(`UPDATE runs SET finished_at = '', outcome = '', stop_reason = '', exit_code = 0, retry = 0,
			started_at = ?, input = ?, completed = `+nextTurn+` WHERE seq = ? RETURNING `+runColumns,
			formatTime(now), run.Input, run.Seq)
	})
	return run, err
}

// newRun begins a run. Its id begins with a letter: in a spreadsheet, 1234e567 would become a number, 12dec024 a date.
func (w *writer) newRun(job Job, now time.Time) Run {
	return w.run(`INSERT INTO runs (id, command, source, input, input_sha256, choices, started_at, completed)
		VALUES ('a' || substr(lower(hex(randomblob(4))), 2), ?, ?, ?, ?, ?, ?, `+nextTurn+`) RETURNING `+runColumns,
		job.Command, job.Source, job.Input, job.InputSHA256, job.Choices, formatTime(now))
}

// run executes a statement that returns a run.
func (w *writer) run(statement string, args ...any) (run Run) {
	if w.err == nil {
		row := w.conn.QueryRowContext(context.Background(), statement, args...)
		w.err = wrap(w.path, row.Scan(runInto(&run)...))
	}
	return run
}

// FinishRun stores the end of run: FinishedAt, Outcome, StopReason, ExitCode, RowsRead, Summary, Trace and Retry. When
// a sync is Complete, it is the source's last complete run from now on and the staged members take effect, all in one
// transaction. One that was held back has not begun, and is kept all the same.
func (l *Ledger) FinishRun(ctx context.Context, run *Run) error {
	return l.change(ctx, func(w *writer) {
		if run.Seq == 0 {
			begun := w.newRun(run.Job, run.StartedAt)
			run.Seq, run.ID = begun.Seq, begun.ID
		}
		if run.Outcome == Complete {
			w.applyMoves(*run)
		}
		w.exec(`UPDATE runs SET finished_at = ?, outcome = ?, stop_reason = ?, exit_code = ?, rows_read = ?,
			summary = ?, trace = ?, retry = ?, roster = command = 'sync', completed = `+nextTurn+` WHERE seq = ?`,
			formatTime(run.FinishedAt), run.Outcome, run.StopReason, run.ExitCode, run.RowsRead, string(run.Summary),
			string(run.Trace), run.Retry, run.Seq)
	})
}

// MarkUndone records that what the run created was revoked. The run is never continued.
func (l *Ledger) MarkUndone(ctx context.Context, run int64, at time.Time) error {
	return l.update(ctx, "UPDATE runs SET undone_at = ? WHERE seq = ?", formatTime(at), run)
}

// nextTurn is the turn of a run that begins, goes on or ends.
const nextTurn = "(SELECT coalesce(max(completed), 0) + 1 FROM runs)"

// Runs returns all runs that were not pruned, the one that was at work last first, whatever the clock said; it counts
// only in a ledger with runs that have no turn, of an earlier version.
func (l *Ledger) Runs(ctx context.Context) ([]Run, error) {
	return query(ctx, l, runInto,
		"SELECT "+runColumns+` FROM runs WHERE pruned_at = ''
		ORDER BY iif(EXISTS (SELECT 1 FROM runs WHERE completed = 0), started_at, printf('%020d', completed)) DESC,
			seq DESC`)
}

// Run returns the run whose id starts with idPrefix, the newest for "". None, or several, are an error.
func (l *Ledger) Run(ctx context.Context, idPrefix string) (Run, error) {
	runs, err := query(ctx, l, runInto, "SELECT "+runColumns+` FROM runs
		WHERE pruned_at = '' AND substr(id, 1, length(?1)) = ?1 ORDER BY seq DESC LIMIT 2`, idPrefix)
	switch {
	case err != nil:
		return Run{}, err
	case len(runs) == 0 && idPrefix == "":
		return Run{}, wrap(l.path, errors.New("no such run: it has none yet"))
	case len(runs) == 0:
		return Run{}, wrap(l.path, fmt.Errorf("no such run with an id that starts with %q", idPrefix))
	case len(runs) > 1 && idPrefix != "":
		return Run{}, wrap(l.path, fmt.Errorf("several run ids start with %q", idPrefix))
	}
	return runs[0], nil
}

// lastComplete is the last complete run of ?1 that said who is in the source.
const lastComplete = ` FROM runs WHERE source = ?1 AND roster = 1 AND outcome = 'complete'
	ORDER BY completed DESC LIMIT 1`

// Prune forgets runs that ended before before, or were killed and started before, with their summaries and
// outcomes, and gives the room back to the disk. Accounts, members, lost attempts, memberships, the last
// complete run of each source, and a killed run that is the newest of its command and source stay.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (runs int, err error) {
	err = l.change(ctx, func(w *writer) {
		runs = int(w.exec(`UPDATE runs SET pruned_at = ?, summary = '', trace = ''
			WHERE pruned_at = '' AND coalesce(nullif(finished_at, ''), started_at) < ?
			AND NOT (finished_at = '' AND seq = (SELECT max(n.seq) FROM runs n
				WHERE n.command = runs.command AND n.source = runs.source AND n.outcome <> 'held'))
			AND NOT (roster = 1 AND outcome = 'complete' AND completed = (SELECT max(c.completed) FROM runs c
				WHERE c.source = runs.source AND c.roster = 1 AND c.outcome = 'complete'))`, now(), formatTime(before)))
		const pruned = " WHERE run IN (SELECT seq FROM runs WHERE pruned_at <> '')"
		w.exec("DELETE FROM row_access" + pruned)
		if w.exec("DELETE FROM outcomes"+pruned) > 0 {
			w.exec("COMMIT")
			w.exec("VACUUM") // which cannot be in a transaction, not even in its own
			w.exec("BEGIN IMMEDIATE")
		}
	})
	return runs, err
}
