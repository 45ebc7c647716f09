package cli

import (
	"context"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
	"jsm-onboard/report/page"

	"iter"
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

// open starts the partial files; nothing has its final name yet.
func (f *rowFiles) open() error {
	var err error
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
func (f *rowFiles) write(result importer.Result) error {
	var err error
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

// written is how many rows the results have.
func (f *rowFiles) written() int {
	if f.results == nil {
		return 0
	}
	return f.results.Rows()
}

// rewrite writes the files anew from what the ledger has of run.
func (f *rowFiles) rewrite(ctx context.Context, l *ledger.Ledger, run ledger.Run, rows rowsOf) error {
	f.abort()
	if err := f.open(); err != nil {
		return err
	}
	return importer.Replay(ctx, l, run, rows, f.write)
}

type rowsOf = iter.Seq2[*export.Row, error]

// finish gives the files their names.
func (f *rowFiles) finish() (fixes report.Fixes, err error) {
	if f.results == nil {
		return fixes, nil
	}
	if err := f.results.Finish(); err != nil {
		return fixes, err
	}
	f.finished = true
	if f.failed != nil {
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
