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

// rowFiles are the files that get a line for each row.
type rowFiles struct {
	resultsPath, failedPath string // "": no such file
	layout                  report.Layout
	memory                  report.Memory
	findings                *page.Findings // what the page shows of single rows; nil: there is no page

	results  *report.Results
	failed   *report.Failed
	broken   error // why a row could not be written
	finished bool  // the results have their name
}

type rowsOf = iter.Seq2[*export.Row, error]

// open starts the partial files; nothing has its final name yet.
func (f *rowFiles) open() (err error) {
	if f.resultsPath == "" {
		return nil
	}
	if f.results, err = report.NewResults(f.resultsPath, f.layout); err != nil || f.failedPath == "" {
		return err
	}
	if f.failed, err = report.NewFailed(f.failedPath, f.layout, f.memory); err != nil {
		f.results.Abort()
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

// rewrite writes the files anew from what the ledger has of run.
func (f *rowFiles) rewrite(ctx context.Context, l *ledger.Ledger, run ledger.Run, rows rowsOf) error {
	f.abort()
	if err := f.open(); err != nil {
		return err
	}
	return importer.Replay(ctx, l, run, rows, f.write)
}

// finish gives the files of a run their names. When it ended because they cannot be written, or because the input could
// not be read to its end, they stay without: report writes them from the ledger.
func (f *rowFiles) finish(ctx context.Context, l *ledger.Ledger, p *importer.Plan, end *importer.End) report.Fixes {
	err, all := f.broken, f.results.Rows() == end.Rows
	if err == nil && all && end.Revised {
		err = f.rewrite(ctx, l, p.Run, p.Rows(ctx))
	}
	var fixes report.Fixes
	if err == nil && all {
		fixes, err = f.name()
	}
	if err != nil {
		end.Stop = brokenBy(end.Stop, err)
	}
	end.Stop = complete(end, f.results.Rows())
	return fixes
}

// name gives the files their names.
func (f *rowFiles) name() (fixes report.Fixes, err error) {
	if f.results != nil {
		err = f.results.Finish()
		f.finished = err == nil
	}
	if err == nil && f.failed != nil {
		fixes, err = f.failed.Finish()
	}
	return fixes, err
}

func (f *rowFiles) abort() {
	if f.results != nil {
		f.results.Abort()
	}
	if f.failed != nil {
		f.failed.Abort()
	}
}
