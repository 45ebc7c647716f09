package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// finish writes what is left to write, in the order in which each relies on
// the one before: the files of rows, the ledger's word that the run has ended,
// the summary, the totals. It returns the exit code as an error.
func (r *importRun) finish(ctx context.Context, end importer.End) error {
	mended, fileErr := r.finishFiles(ctx, end)
	if err := end.Totals.Prove(end.Rows); err != nil && end.Stop == nil {
		end.Stop = &importer.Stop{Cause: importer.Broken, What: "the results are not complete: " + err.Error(),
			Hint: "this is a fault of the program; nothing that was done is lost: keep the ledger and run the same command again"}
	}
	if fileErr != nil && (end.Stop == nil || end.Stop.Cause != importer.Broken) {
		end.Stop = &importer.Stop{Cause: importer.Broken, What: fileErr.Error(), Err: fileErr, Hint: hintOf(fileErr)}
	}
	summary := r.summarise(end, mended)
	text, err := summary.JSON()
	if err != nil {
		return err
	}
	run := r.plan.Run
	run.FinishedAt, run.Outcome, run.StopReason, run.ExitCode, run.RowsRead = summary.FinishedAt, summary.Outcome, summary.StopReason, summary.ExitCode, end.Rows
	run.Summary, run.AskAgain = text, end.Stop != nil && end.Stop.Cause.AskAgain()
	errs := []error{keepTrace(ctx, r.session.ledger, run, r.recorder.Load()), r.session.ledger.FinishRun(ctx, run), r.remember(ctx, mended)}
	if r.summary != "" {
		errs = append(errs, report.WriteFile(r.summary, text))
	}
	if r.page != "" {
		trace := r.recorder.Load().Trace()
		errs = append(errs, report.WritePage(r.page, report.Page{Version: versionText(), Summary: summary,
			Ending: ending(end, mended, r.page), Trace: &trace, Findings: r.outputs.told}))
	}
	fmt.Fprintf(r.console, "\n%s", report.Totals(summary, ending(end, mended, r.page)))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if code := summary.ExitCode; code != 0 {
		return exitError(code)
	}
	return nil
}

func ending(end importer.End, mended report.Mended, page string) report.Ending {
	e := report.Ending{Kept: mended.Kept, Page: page}
	if end.Stop != nil {
		e.Hint = end.Stop.Hint
	}
	return e
}

// finishFiles gives results and failed rows their names. When the run ended
// because they cannot be written, they stay unnamed.
func (r *importRun) finishFiles(ctx context.Context, end importer.End) (report.Mended, error) {
	if r.outputs.broken != nil {
		return report.Mended{}, r.outputs.broken
	}
	if r.outputs.results.Rows() != end.Rows {
		return report.Mended{}, nil // the input could not be read to its end
	}
	if end.Revised {
		if err := r.outputs.again(ctx, r.session.ledger, r.plan.Run); err != nil {
			return report.Mended{}, err
		}
	}
	return r.outputs.finish()
}

// remember keeps the checksum of the failed file, so that one that somebody
// edits is known for it.
func (r *importRun) remember(ctx context.Context, mended report.Mended) error {
	if mended.SHA256 == "" {
		return nil
	}
	return r.session.ledger.Remember(ctx, mended.Absolute, mended.SHA256)
}

func hintOf(err error) string {
	_, hint, _ := explain(err)
	return hint
}

// summarise puts the run into numbers.
func (r *importRun) summarise(end importer.End, mended report.Mended) report.Summary {
	now := time.Now()
	s := report.Summary{RunID: r.plan.Run.ID, Command: r.plan.Run.Command, Site: r.session.site, Input: r.path, InputSHA256: r.plan.Survey.SHA256,
		StartedAt: r.plan.Run.StartedAt, FinishedAt: now, Outcome: ledger.Complete, ExitCode: end.ExitCode(),
		Rows: report.CountRows(end.Rows, importer.ImportStatuses(), end.Totals), Skipped: r.plan.Survey.Skipped,
		Results: r.results, Failed: mended.Path, Ledger: r.session.ledger.Path()}
	if end.Stop != nil {
		s.Outcome, s.StopReason = ledger.Stopped, end.Stop.What
	}
	var pace pacer.Pace
	if r.session.client != nil {
		pace = r.session.client.Pace()
	}
	s.Requests = report.Requests{Sent: pace.Sent, Throttled: pace.Refused, Retried: max(0, pace.Sent-pace.Refused-end.Sent), Ambiguous: end.Lost}
	s.Rate = report.Rate{Learned: pace.Learned}
	if took := now.Sub(r.began).Seconds(); took > 0 {
		s.Rate.Mean = float64(pace.Sent) / took
	}
	return s
}
