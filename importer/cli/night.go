package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// heldChoices begins the Choices of a night that was held back. No other run
// has such, so that none goes on with it.
const heldChoices = `{"held":`

// wasHeld tells whether run is a night that ended before its first row.
func wasHeld(run ledger.Run) bool { return strings.HasPrefix(run.Choices, heldChoices) }

// held keeps in the ledger that a night of sync ended with err before its first
// row: those who look in the morning look there. It counts for nothing else.
func (r *importRun) held(ctx context.Context, err error) error {
	if err == nil || r.dryRun || r.sync == nil || notANight(err) {
		return err
	}
	if e := r.keepHeld(context.WithoutCancel(ctx), err); e != nil {
		r.console.Log().Warn("report --list will not show this night", "error", e.Error())
	}
	return err
}

// openSession opens the site and its ledger.
func (r *importRun) openSession(ctx context.Context) (err error) {
	r.session, err = r.open(ctx, &r.site, sessionOptions{ledger: r.ledger, readOnly: r.dryRun, log: r.console.Log(), notify: r.paceChanged})
	return err
}

// heldUnread is held for an export that cannot be opened, before the ledger is.
func (r *importRun) heldUnread(ctx context.Context, err error) error {
	if _, e := os.Stat(r.files.input); r.sync != nil && errors.Is(e, fs.ErrNotExist) {
		err = &export.RefusedError{Path: r.files.input, What: "there is no such file",
			Hint: "has the export been made, and under this name? Look at the job that writes it; then run the same command again"}
	}
	if summary := r.importFlags.summary; apart(r.files.input, map[string]string{"--summary": summary}) == nil {
		r.files.summary = summary
	}
	if r.dryRun || r.sync == nil || r.site.sandbox || notANight(err) || r.openSession(ctx) != nil {
		return err
	}
	return errors.Join(r.held(ctx, err), r.session.Close())
}

// notANight tells of an end that somebody has asked for.
func notANight(err error) bool {
	code := codeOf(err)
	return code == exitUsage || code == importer.Interrupted.ExitCode() || errors.Is(err, context.Canceled)
}

func (r *importRun) keepHeld(ctx context.Context, reason error) error {
	at, err := json.Marshal(r.began.UTC().Format(time.RFC3339Nano))
	if err != nil {
		return err
	}
	id := ledger.Identity{Command: r.command(), Source: r.source(), Input: r.files.input, Choices: heldChoices + string(at) + "}"}
	run, _, err := r.session.ledger.StartRun(ctx, id, r.began)
	if err != nil {
		return err
	}
	r.heldID = run.ID
	summary := r.refused(r.command(), reason)
	if run.Summary, err = summary.JSON(); err != nil {
		return err
	}
	run.FinishedAt, run.Outcome, run.StopReason, run.ExitCode, run.RowsRead = summary.FinishedAt, summary.Outcome, summary.StopReason, summary.ExitCode, summary.Rows.Read
	return r.session.ledger.FinishRun(ctx, run)
}

// refused is what can be said of a run that ended before its first row: those
// that were read for the plan were not attempted.
func (s *sitting) refused(command string, err error) report.Summary {
	summary := report.Summary{RunID: s.heldID, Command: command, Input: s.files.input, StartedAt: s.began, FinishedAt: time.Now(),
		Outcome: ledger.Stopped, ExitCode: codeOf(err), Rows: report.CountRows(0, s.statuses, importer.Totals{})}
	if s.session != nil {
		summary.Site, summary.Ledger = s.session.site, s.session.ledger.Path()
	}
	if s.plan != nil {
		survey := s.plan.Survey
		summary.InputSHA256, summary.Skipped = survey.SHA256, survey.Skipped
		summary.Rows = report.AllOf(survey.Rows, s.statuses, importer.NotAttempted)
	}
	if err != nil {
		summary.StopReason, summary.Hint, _ = explain(err)
	}
	return summary
}

// newestRun is the newest run that has files to write again; when there is
// none, the newest of all.
func newestRun(ctx context.Context, l *ledger.Ledger) (ledger.Run, error) {
	runs, err := l.Runs(ctx)
	if err != nil {
		return ledger.Run{}, err
	}
	for _, run := range runs {
		if !wasHeld(run) {
			return run, nil
		}
	}
	return l.Run(ctx, "")
}
