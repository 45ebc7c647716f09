package cli

import (
	"cmp"
	"context"
	"iter"
	"os"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// rowFiles are the files that get a line for each row, and what the page shows of single rows.
type rowFiles struct {
	out         *outputFlags // has their paths; those without one are written to nowhere
	survey      *export.Survey
	access      bool // organizations or service projects were asked for
	failedFiles *report.FailedFiles
	findings    *page.Findings // nil: there is no page

	results     *report.Results
	failed      *report.Results
	writeErr    error  // why a row could not be written
	resultsPath string // the path of the results, when they have their name
	failedPath  string // and that of the failed rows; "": there are none
	keptPath    string // a failed file that was there before, and stays
}

// open starts the partial files; nothing has its final name yet. Abort them, unless it fails.
func (f *rowFiles) open() error {
	results, err := report.NewResults(cmp.Or(f.out.results, os.DevNull), f.survey, f.access)
	if err != nil {
		return err
	}
	failed, err := report.NewFailed(cmp.Or(f.out.failed, os.DevNull), f.survey, f.failedFiles)
	if err != nil {
		results.Abort()
		return err
	}
	if f.results, f.failed = results, failed; f.out.page != "" {
		f.findings = page.NewFindings(f.out.pageAddresses, f.survey.Columns)
	}
	return nil
}

// write takes the next result.
func (f *rowFiles) write(result importer.Result) error {
	f.writeErr = f.results.Write(result)
	if f.writeErr == nil && result.Status.NeedsFixing() {
		f.writeErr = f.failed.Write(result)
	}
	if f.findings != nil {
		f.findings.Add(result)
	}
	return f.writeErr
}

// rewrite writes and names them anew from what the ledger has of a run.
func (f *rowFiles) rewrite(ctx context.Context, l *ledger.Ledger, run ledger.Run, resent bool,
	rows iter.Seq2[*export.Row, error]) (totals outcome.Totals, err error) {
	if err = f.open(); err != nil {
		return totals, err
	}
	defer f.abort()
	if totals, err = importer.Replay(ctx, l, run, resent, rows, f.write); err == nil {
		err = f.commit()
	}
	return totals, err
}

// commit gives the files their names.
func (f *rowFiles) commit() (err error) {
	if err = f.results.Commit(); err == nil {
		f.resultsPath = f.out.results
		f.failedPath, f.keptPath, err = f.failedFiles.Commit(f.failed, f.out.failed)
	}
	return err
}

// abort drops the files that have no name yet.
func (f *rowFiles) abort() {
	f.results.Abort()
	f.failed.Abort()
}

// finish gives the files of a run their names. If they could not be written, or the input could not be read to its end,
// they get none: report writes them. A row with no outcome, or several, or not in the results makes the run broken.
func (f *rowFiles) finish(ctx context.Context, l *ledger.Ledger, p *importer.Plan, end *importer.End) {
	written, err := f.results.Rows, f.writeErr
	if err == nil && written != end.Rows {
		err = incomplete("%d of the %d rows read are in them", written, end.Rows)
	}
	if err == nil && end.Revised {
		f.abort() // both have the same partial files
		var totals outcome.Totals
		if totals, err = f.rewrite(ctx, l, p.Run, p.Options.ResendKnown, p.Rows(ctx)); err == nil {
			end.Totals = totals
		}
	} else if err == nil {
		err = f.commit()
	}
	end.Stop = brokenBy(end.Stop, err)
	if err := end.Totals.CheckComplete(end.Rows); err != nil {
		end.Stop = asStop(incomplete("%w", err))
	}
}

// incomplete is a broken promise of our own.
func incomplete(format string, args ...any) error {
	return stopf(importer.Broken,
		"this is a fault of the program; nothing is lost: keep the ledger and run the same command again",
		"the results are not complete: "+format, args...)
}

func isBroken(s *importer.Stop) bool { return s != nil && s.Cause == importer.Broken }

// brokenBy is the reason to stop when err, unless nil, comes on top of what was.
func brokenBy(was *importer.Stop, err error) *importer.Stop {
	if err == nil || isBroken(was) {
		return was
	}
	stop := asStop(err)
	stop.Cause = importer.Broken
	return stop
}
