package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Outcomes of a run.
const (
	Complete = "complete"
	Stopped  = "stopped"
)

// Identity says which job a run is: the same Command, Source, InputSHA256 and
// Choices are the same job. Input, the path, is only told.
type Identity struct {
	Command, Source, Input, InputSHA256, Choices string
}

// Run is one job from its start to its end, in one or more sittings.
type Run struct {
	Seq int64
	ID  string // 8 hex digits
	Identity
	StartedAt, FinishedAt time.Time // FinishedAt is zero while it goes on, and when it was killed
	Outcome               string    // "", Complete, Stopped
	StopReason            string
	ExitCode, RowsRead    int
	Summary               []byte // JSON, as it was given to FinishRun
	Sittings              int
	AskAgain              bool // stopped for a problem: what was settled with AskAgain is forgotten when it goes on
}

const runColumns = `seq, id, command, source, input, input_sha256, choices, started_at, finished_at,
	outcome, stop_reason, exit_code, rows_read, summary, sittings, ask_again`

// StartRun goes on with the newest run of the same identity when that is not
// complete, else it makes a new one. What had been staged by Arrive and Leave
// is forgotten: each sitting says it all.
func (l *Ledger) StartRun(ctx context.Context, id Identity, now time.Time) (run Run, resumed bool, err error) {
	if err := l.write.enter(); err != nil {
		return run, false, err
	}
	err = l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		var err error
		if _, err = c.ExecContext(ctx, "DELETE FROM moves"); err != nil {
			return err
		}
		if run, resumed, err = peek(ctx, c, id); err != nil {
			return err
		}
		if resumed {
			run, err = resume(ctx, c, run, id.Input)
		} else {
			run, err = newRun(ctx, c, id, now)
		}
		return err
	})
	if err == nil {
		l.lock.tell(id.Command)
	}
	return run, resumed, err
}

func resume(ctx context.Context, c *sql.Conn, run Run, input string) (Run, error) {
	if run.AskAgain {
		if _, err := c.ExecContext(ctx, "DELETE FROM outcomes WHERE run = ? AND ask_again = 1", run.Seq); err != nil {
			return run, err
		}
	}
	row := c.QueryRowContext(ctx, `UPDATE runs SET finished_at = '', outcome = '', stop_reason = '', exit_code = 0,
		ask_again = 0, roster = 0, sittings = sittings + 1, input = ?,
		accounts_upto = (SELECT coalesce(max(id), 0) FROM accounts)
		WHERE seq = ? RETURNING `+runColumns, input, run.Seq)
	return scanRun(row)
}

func newRun(ctx context.Context, c *sql.Conn, id Identity, now time.Time) (Run, error) {
	for {
		row := c.QueryRowContext(ctx, `INSERT INTO runs (id, command, source, input, input_sha256, choices, started_at, accounts_upto)
			VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM accounts)) ON CONFLICT (id) DO NOTHING RETURNING `+runColumns,
			drawID(), id.Command, id.Source, id.Input, id.InputSHA256, id.Choices, text(now))
		run, err := scanRun(row)
		if !errors.Is(err, sql.ErrNoRows) {
			return run, err
		}
	}
}

// drawID draws until a spreadsheet that opens a list with the id in it leaves
// the id as it is.
func drawID() string {
	var random [4]byte
	for {
		_, _ = rand.Read(random[:])
		if id := hex.EncodeToString(random[:]); staysText(id) {
			return id
		}
	}
}

// staysText tells whether hex digits look like no number (01234567, 1234e567)
// and have no month in them (12dec024).
func staysText(id string) bool {
	_, err := strconv.ParseFloat(id, 64)
	return errors.Is(err, strconv.ErrSyntax) && !strings.Contains(id, "dec") && !strings.Contains(id, "feb")
}

// Peek returns the run that StartRun would go on with; false when it would
// make a new one.
func (l *Ledger) Peek(ctx context.Context, id Identity) (Run, bool, error) {
	run, found, err := peek(ctx, l.read, id)
	return run, found, wrap(l.path, err)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func peek(ctx context.Context, q querier, id Identity) (Run, bool, error) {
	run, err := scanRun(q.QueryRowContext(ctx, "SELECT "+runColumns+` FROM runs
		WHERE command = ? AND source = ? AND input_sha256 = ? AND choices = ? AND pruned_at = ''
		ORDER BY seq DESC LIMIT 1`, id.Command, id.Source, id.InputSHA256, id.Choices))
	if errors.Is(err, sql.ErrNoRows) || err == nil && run.Outcome == Complete {
		return Run{}, false, nil
	}
	return run, err == nil, err
}

// FinishRun stores the end of run: FinishedAt (zero: now), Outcome, StopReason,
// ExitCode, RowsRead, Summary and AskAgain. When it is Complete, and Leave was
// called in this sitting, it is the source's last complete run from now on and
// the staged members take effect, all in one transaction.
func (l *Ledger) FinishRun(ctx context.Context, run Run) error {
	if run.FinishedAt.IsZero() {
		run.FinishedAt = time.Now()
	}
	return l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		if run.Outcome == Complete {
			if err := applyMoves(ctx, c, run); err != nil {
				return err
			}
		}
		_, err := c.ExecContext(ctx, `UPDATE runs SET finished_at = ?, outcome = ?, stop_reason = ?, exit_code = ?,
			rows_read = ?, summary = ?, ask_again = ?,
			completed = CASE WHEN ? THEN (SELECT max(completed) + 1 FROM runs) ELSE 0 END WHERE seq = ?`,
			text(run.FinishedAt), run.Outcome, run.StopReason, run.ExitCode, run.RowsRead, string(run.Summary), flag(run.AskAgain),
			run.Outcome == Complete, run.Seq)
		return err
	})
}

// Runs returns all runs that were not pruned, the newest first.
func (l *Ledger) Runs(ctx context.Context) ([]Run, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT "+runColumns+" FROM runs WHERE pruned_at = '' ORDER BY seq DESC")
	if err != nil {
		return nil, wrap(l.path, err)
	}
	runs, err := collect(rows, scanRun)
	return runs, wrap(l.path, err)
}

// Run returns the run whose id starts with id, the newest for "". Errors:
// ErrNoRun; another when several ids start so.
func (l *Ledger) Run(ctx context.Context, id string) (Run, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT "+runColumns+` FROM runs
		WHERE pruned_at = '' AND substr(id, 1, length(?1)) = ?1 ORDER BY seq DESC LIMIT 2`, id)
	if err != nil {
		return Run{}, wrap(l.path, err)
	}
	runs, err := collect(rows, scanRun)
	switch {
	case err != nil:
		return Run{}, wrap(l.path, err)
	case len(runs) == 0 && id == "":
		return Run{}, wrap(l.path, fmt.Errorf("%w: there is none yet", ErrNoRun))
	case len(runs) == 0:
		return Run{}, wrap(l.path, fmt.Errorf("%w: no id starts with %q", ErrNoRun, id))
	case len(runs) > 1 && id != "":
		return Run{}, wrap(l.path, fmt.Errorf("several run ids start with %q", id))
	}
	return runs[0], nil
}

type scanner interface{ Scan(...any) error }

func scanRun(s scanner) (Run, error) {
	var r Run
	var started, finished string
	err := s.Scan(&r.Seq, &r.ID, &r.Command, &r.Source, &r.Input, &r.InputSHA256, &r.Choices, &started, &finished,
		&r.Outcome, &r.StopReason, &r.ExitCode, &r.RowsRead, &r.Summary, &r.Sittings, &r.AskAgain)
	if err != nil {
		return Run{}, err
	}
	if len(r.Summary) == 0 {
		r.Summary = nil
	}
	if r.StartedAt, err = moment(started); err != nil {
		return Run{}, err
	}
	r.FinishedAt, err = moment(finished)
	return r, err
}
