package cli

import (
	"context"
	"iter"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// rowFiles are the files that get a line for each row, and what the page shows of single rows.
type rowFiles struct {
	out      *outputFlags // has their paths
	layout   report.Layout
	memory   report.Memory
	findings *page.Findings // nil: there is no page

	results  *report.Results // nil: no such file
	failed   *report.Failed  // nil: no such file
	broken   error           // why a row could not be written
	finished bool            // they have their names
}

// newRowFiles are the files of a command. Nothing is opened.
func newRowFiles(out *outputFlags, memory report.Memory, l report.Layout, columns []export.Column) *rowFiles {
	f := &rowFiles{out: out, layout: l, memory: memory}
	if out.page != "" {
		f.findings = page.NewFindings(out.pageAddresses, columns)
	}
	return f
}

// open starts the partial files; nothing has its final name yet.
func (f *rowFiles) open() (err error) {
	if f.out.results != "" {
		f.results, err = report.NewResults(f.out.results, f.layout)
	}
	if err == nil && f.out.failed != "" {
		f.failed, err = report.NewFailed(f.out.failed, f.layout, f.memory)
	}
	return err
}

// write takes the next result.
func (f *rowFiles) write(result importer.Result) (err error) {
	if f.results != nil {
		err = f.results.Write(result)
	}
	if err == nil && f.failed != nil {
		err = f.failed.Write(result)
	}
	if f.findings != nil {
		f.findings.Add(result)
	}
	f.broken = err
	return err
}

// replay writes everything anew from what the ledger has of a run. What was written before counts until that is done.
func (f *rowFiles) replay(ctx context.Context, l *ledger.Ledger, run ledger.Run,
	rows iter.Seq2[*export.Row, error]) error {
	f.abort() // both have the same partial files
	again := &rowFiles{out: f.out, layout: f.layout, memory: f.memory, findings: f.findings.Empty()}
	err := again.open()
	if err == nil {
		err = importer.Replay(ctx, l, run, rows, again.write)
	}
	if err != nil {
		again.abort()
		return err
	}
	*f = *again
	return nil
}

// name gives the files their names.
func (f *rowFiles) name() (fixes report.Fixes, err error) {
	if f.results != nil {
		err = f.results.Finish()
	}
	if err == nil && f.failed != nil {
		fixes, err = f.failed.Finish()
	}
	f.finished = err == nil
	return fixes, err
}

// abort drops the files that have no name yet.
func (f *rowFiles) abort() {
	if f.results != nil {
		f.results.Abort()
	}
	if f.failed != nil {
		f.failed.Abort()
	}
}

// finish gives the files of a run their names. When it ended because they cannot be written, or because the input
// could not be read to its end, they stay without: report writes them from the ledger. That a row has no outcome, or
// more than one, or does not stand in the results, comes before any other reason to stop.
func (f *rowFiles) finish(ctx context.Context, l *ledger.Ledger, p *importer.Plan, end *importer.End) report.Fixes {
	written, err, fixes := f.results.Rows(), f.broken, report.Fixes{}
	if err == nil && written != end.Rows && !isBroken(end.Stop) {
		err = incomplete("of %d rows read %d are in them", end.Rows, written)
	}
	if err == nil && written == end.Rows && end.Revised {
		err = f.replay(ctx, l, p.Run, p.Rows(ctx))
	}
	if err == nil && written == end.Rows {
		fixes, err = f.name()
	}
	end.Stop = brokenBy(end.Stop, err)
	if err := end.Totals.Prove(end.Rows); err != nil {
		end.Stop = explain(incomplete("%w", err))
	}
	return fixes
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
	stop := explain(err)
	stop.Cause = importer.Broken
	return stop
}
