package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
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

// Job is what a run does: the same Command, Source, InputSHA256 and Choices are the same job. Input, the
// absolute path, is only reported.
type Job struct{ Command, Source, Input, InputSHA256, Choices string }

// Run is one job from its start to its end, in one or more sessions.
type Run struct {
	Seq int64
	ID  string // 8 hex digits
	Job
	StartedAt, FinishedAt time.Time // FinishedAt is zero while it goes on, and when it was killed
	Outcome               string    // "", Complete, Stopped, Held
	StopReason            string
	ExitCode, RowsRead    int
	Summary               []byte // JSON, as it was given to FinishRun
	Sessions              int
	Retry                 bool // stopped for a problem of the site: outcomes with Retry are forgotten when it goes on
	Undone                time.Time
}

const runColumns = `seq, id, command, source, input, input_sha256, choices, started_at, finished_at,
	outcome, stop_reason, exit_code, rows_read, summary, sessions, retry, undone_at`

func scanRun(s scanner) (r Run, err error) {
	err = s.Scan(&r.Seq, &r.ID, &r.Command, &r.Source, &r.Input, &r.InputSHA256, &r.Choices, timeColumn{&r.StartedAt},
		timeColumn{&r.FinishedAt}, &r.Outcome, &r.StopReason, &r.ExitCode, &r.RowsRead, &r.Summary, &r.Sessions,
		&r.Retry, timeColumn{&r.Undone})
	if len(r.Summary) == 0 {
		r.Summary = nil
	}
	return r, err
}

// sameJob finds the newest run of a job; one that was held back counts for nothing.
const sameJob = "SELECT " + runColumns + ` FROM runs WHERE command = ? AND source = ? AND input_sha256 = ?
	AND choices = ? AND pruned_at = '' AND outcome <> 'held' ORDER BY seq DESC LIMIT 1`

// unfinished is the run in row that a job goes on with: neither complete nor undone.
func unfinished(row scanner) (Run, bool, error) {
	run, ok, err := findRun(row)
	if run.Outcome == Complete || !run.Undone.IsZero() {
		return Run{}, false, err
	}
	return run, ok, err
}

// findRun scans a row that may not be there.
func findRun(row scanner) (Run, bool, error) {
	run, err := scanRun(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, false, nil
	}
	return run, err == nil, err
}

// FindRun returns the run that StartRun would go on with; false when it would make a new one.
func (l *Ledger) FindRun(ctx context.Context, job Job) (Run, bool, error) {
	run, ok, err := unfinished(
		l.read.QueryRowContext(ctx, sameJob, job.Command, job.Source, job.InputSHA256, job.Choices),
	)
	return run, ok, wrap(l.path, err)
}

// StartRun goes on with the newest run of the same job when that is neither complete nor undone, else it
// makes a new one. What had been staged by Arrive and Leave is forgotten: each session reports it all.
func (l *Ledger) StartRun(ctx context.Context, job Job, now time.Time) (run Run, resumed bool, err error) {
	err = l.change(ctx, func(w *writer) (err error) {
		if err = w.exec("DELETE FROM moves"); err != nil {
			return err
		}
		run, resumed, err = unfinished(w.row(sameJob, job.Command, job.Source, job.InputSHA256, job.Choices))
		switch {
		case err != nil:
		case resumed:
			run, err = w.resume(run, job.Input)
		default:
			run, err = w.newRun(job, now)
		}
		return err
	})
	return run, resumed, err
}

func (w *writer) resume(run Run, input string) (Run, error) {
	if err := w.exec("UPDATE attempts SET lost = 1 WHERE run = ?", run.Seq); err != nil {
		return run, err
	}
	if run.Retry {
		if err := w.exec("DELETE FROM outcomes WHERE run = ? AND retry = 1", run.Seq); err != nil {
			return run, err
		}
	}
	return scanRun(w.row(`UPDATE runs SET finished_at = '', outcome = '', stop_reason = '', exit_code = 0,
		retry = 0, roster = 0, sessions = sessions + 1, input = ? WHERE seq = ? RETURNING `+runColumns, input, run.Seq))
}

func (w *writer) newRun(job Job, now time.Time) (Run, error) {
	for {
		run, err := scanRun(w.row(`INSERT INTO runs (id, command, source, input, input_sha256, choices, started_at)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING `+runColumns,
			newID(), job.Command, job.Source, job.Input, job.InputSHA256, job.Choices, moment(now)))
		if !errors.Is(err, sql.ErrNoRows) {
			return run, err
		}
	}
}

// newID draws an id. It begins with a letter, so that a spreadsheet leaves it as it is: 1234e567 would
// become a number, 12dec024 a date.
func newID() string {
	var random [4]byte
	_, _ = rand.Read(random[:])
	return "a" + hex.EncodeToString(random[:])[1:]
}

// FinishRun stores the end of run: FinishedAt (zero: now), Outcome, StopReason, ExitCode, RowsRead, Summary
// and Retry. When it is Complete, and Leave was called in this session, it is the source's last complete run
// from now on and the staged members take effect, all in one transaction.
func (l *Ledger) FinishRun(ctx context.Context, run Run) error {
	return l.change(ctx, func(w *writer) error { return w.finish(run) })
}

func (w *writer) finish(run Run) error {
	if run.FinishedAt.IsZero() {
		run.FinishedAt = time.Now()
	}
	if run.Outcome == Complete {
		if err := w.applyMoves(run); err != nil {
			return err
		}
	}
	return w.exec(`UPDATE runs SET finished_at = ?, outcome = ?, stop_reason = ?, exit_code = ?, rows_read = ?,
		summary = ?, retry = ?, completed = CASE WHEN ? THEN (SELECT max(completed) + 1 FROM runs) ELSE 0 END
		WHERE seq = ?`, moment(run.FinishedAt), run.Outcome, run.StopReason, run.ExitCode, run.RowsRead,
		string(run.Summary), run.Retry, run.Outcome == Complete, run.Seq)
}

// HoldRun keeps that a run of job was refused before its first row, with what end has of FinishedAt,
// StopReason, ExitCode, RowsRead and Summary. It counts for nothing else, and no run goes on with it.
func (l *Ledger) HoldRun(ctx context.Context, job Job, now time.Time, end Run) (run Run, err error) {
	err = l.change(ctx, func(w *writer) (err error) {
		if run, err = w.newRun(job, now); err == nil {
			run.FinishedAt, run.Outcome, run.StopReason = end.FinishedAt, Held, end.StopReason
			run.ExitCode, run.RowsRead, run.Summary = end.ExitCode, end.RowsRead, end.Summary
			err = w.finish(run)
		}
		return err
	})
	return run, err
}

// MarkUndone keeps that what the run has created was revoked. No run goes on with it.
func (l *Ledger) MarkUndone(ctx context.Context, run int64, at time.Time) error {
	return l.update(ctx, "UPDATE runs SET undone_at = ? WHERE seq = ?", moment(at), run)
}

// Runs returns all runs that were not pruned, the newest first.
func (l *Ledger) Runs(ctx context.Context) ([]Run, error) {
	return query(ctx, l, scanRun, "SELECT "+runColumns+" FROM runs WHERE pruned_at = '' ORDER BY seq DESC")
}

// Run returns the run whose id starts with idPrefix, the newest for "". Errors: ErrNoRun; another when
// several ids start so.
func (l *Ledger) Run(ctx context.Context, idPrefix string) (Run, error) {
	runs, err := query(ctx, l, scanRun, "SELECT "+runColumns+` FROM runs
		WHERE pruned_at = '' AND substr(id, 1, length(?1)) = ?1 ORDER BY seq DESC LIMIT 2`, idPrefix)
	switch {
	case err != nil:
		return Run{}, err
	case len(runs) == 0:
		return Run{}, wrap(l.path, fmt.Errorf("%w with an id that starts with %q", ErrNoRun, idPrefix))
	case len(runs) > 1 && idPrefix != "":
		return Run{}, wrap(l.path, fmt.Errorf("several run ids start with %q", idPrefix))
	}
	return runs[0], nil
}

const lastComplete = "SELECT " + runColumns + ` FROM runs
	WHERE source = ? AND roster = 1 AND outcome = 'complete' ORDER BY completed DESC LIMIT 1`

// LastComplete returns the last complete run that said who is in the source.
func (l *Ledger) LastComplete(ctx context.Context, source string) (Run, bool, error) {
	run, ok, err := findRun(l.read.QueryRowContext(ctx, lastComplete, source))
	return run, ok, wrap(l.path, err)
}

// KeepTrace keeps what a run's page draws, as JSON.
func (l *Ledger) KeepTrace(ctx context.Context, run int64, trace []byte) error {
	return l.update(ctx, "UPDATE runs SET trace = ? WHERE seq = ?", string(trace), run)
}

// Trace returns what KeepTrace has kept; nil when there is nothing.
func (l *Ledger) Trace(ctx context.Context, run int64) ([]byte, error) {
	var trace []byte
	err := l.read.QueryRowContext(ctx, "SELECT nullif(trace, '') FROM runs WHERE seq = ?", run).Scan(&trace)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return trace, wrap(l.path, err)
}

// Pruned is how much Prune has forgotten.
type Pruned struct{ Runs, Outcomes int }

// Prune forgets runs that ended before before, or were killed and started before, with their summaries and
// outcomes, and gives the room back to the disk. Accounts, members, lost attempts, memberships, the last
// complete run of each source, and a killed run that is the newest of its command and source stay.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (done Pruned, err error) {
	err = l.change(ctx, func(w *writer) error {
		runs, err := w.changed(`UPDATE runs SET pruned_at = ?, summary = '', trace = ''
			WHERE pruned_at = '' AND coalesce(nullif(finished_at, ''), started_at) < ?
			AND NOT (finished_at = '' AND seq = (SELECT max(n.seq) FROM runs n
				WHERE n.command = runs.command AND n.source = runs.source AND n.outcome <> 'held'))
			AND NOT (roster = 1 AND outcome = 'complete' AND completed = (SELECT max(c.completed) FROM runs c
				WHERE c.source = runs.source AND c.roster = 1 AND c.outcome = 'complete'))`, now(), moment(before))
		if err != nil || runs == 0 {
			return err
		}
		const pruned = " WHERE run IN (SELECT seq FROM runs WHERE pruned_at <> '')"
		outcomes, err := w.changed("DELETE FROM outcomes" + pruned)
		if err == nil {
			err = w.exec("DELETE FROM row_access" + pruned)
		}
		done = Pruned{Runs: int(runs), Outcomes: int(outcomes)}
		return err
	})
	if err != nil || done.Outcomes == 0 {
		return done, err
	}
	return done, l.change(ctx, func(w *writer) error {
		// This one cannot be in a transaction, not even in its own.
		return errors.Join(w.exec("COMMIT"), w.exec("VACUUM"), w.exec("BEGIN IMMEDIATE"))
	})
}
