package cli

import (
	"context"
	"path/filepath"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// outputs are the files that get a line for each row.
type outputs struct {
	resultsPath, failedPath string // "": no such file
	memory                  report.Memory
	naming                  func(path, sha256 string) error // nil, or told before the file of rows to mend gets its name
	survey                  *export.Survey
	findings                bool // there is a page that tells of single rows
	addresses               bool // with names and addresses

	results *report.Results
	failed  *report.Failed
	told    *report.Findings // what the page tells of single rows
	broken  error            // why a row could not be written
	named   bool             // the results stand under their name
}

// open starts the partial files; nothing stands under its final name yet.
func (o *outputs) open() error {
	var err error
	o.told = report.NewFindings(o.addresses)
	if o.resultsPath == "" {
		return nil
	}
	if o.results, err = report.NewResults(o.resultsPath, o.survey.Header, o.survey.Width); err != nil {
		return err
	}
	if o.failedPath == "" {
		return nil
	}
	if o.failed, err = report.NewFailed(o.failedPath, o.survey.Header, o.survey.Width, o.memory); err != nil {
		o.results.Abort()
		return err
	}
	o.failed.Naming(o.naming)
	return nil
}

// write takes the next outcome.
func (o *outputs) write(outcome importer.Outcome) error {
	var err error
	if o.results != nil {
		err = o.results.Write(outcome)
	}
	if err == nil && o.failed != nil {
		err = o.failed.Write(outcome)
	}
	if o.findings {
		address, name := o.cellsOf(outcome.Row)
		o.told.AddOf(outcome, address, name)
	}
	o.broken = err
	return err
}

// cellsOf are address and name as they stand in a row that cannot be used. Of
// a row that can, they are in the row.
func (o *outputs) cellsOf(row *export.Row) (address, name string) {
	if !o.addresses || row.Invalid == "" {
		return "", ""
	}
	var whole string
	var parts []string
	for _, c := range o.survey.Columns {
		if c.Index >= len(row.Cells) || row.Cells[c.Index] == "" {
			continue
		}
		switch c.Field {
		case export.Email:
			address = row.Cells[c.Index]
		case export.Name:
			whole = row.Cells[c.Index]
		case export.FirstName, export.LastName:
			parts = append(parts, row.Cells[c.Index])
		}
	}
	return address, either(whole, strings.Join(parts, " "))
}

// unread tells whether rows are missing because the input could not be read to
// its end.
func (o *outputs) unread(end importer.End) bool {
	return o.broken == nil && o.results.Rows() != end.Rows
}

// again writes the files anew from the ledger.
func (o *outputs) again(ctx context.Context, l *ledger.Ledger, run ledger.Run) error {
	o.abort()
	if err := o.open(); err != nil {
		return err
	}
	return importer.Replay(ctx, l, run, o.survey.All(ctx), o.write)
}

// done finishes the files when err is nil, and drops them otherwise.
func (o *outputs) done(err error) (report.Mended, error) {
	if err != nil {
		o.abort()
		return report.Mended{}, err
	}
	return o.finish()
}

// finish gives the files their names.
func (o *outputs) finish() (report.Mended, error) {
	if o.results == nil {
		return report.Mended{}, nil
	}
	if err := o.results.Finish(); err != nil {
		return report.Mended{}, err
	}
	o.named = true
	if o.failed == nil {
		return report.Mended{}, nil
	}
	return o.failed.Finish()
}

func (o *outputs) abort() {
	if o.results != nil {
		o.results.Abort()
	}
	if o.failed != nil {
		o.failed.Abort()
	}
}

// apart refuses output paths that are the input or one another.
func apart(input string, outputs map[string]string) error {
	taken := map[string]string{absolute(input): "the input"}
	for _, flag := range []string{"--results", "--failed", "--leavers", "the leavers' results", "--summary", "--page", "--metrics-file"} {
		path := outputs[flag]
		if path == "" {
			continue
		}
		abs := absolute(path)
		if other, ok := taken[abs]; ok {
			return usagef("give "+flag+" a path of its own", "%s %s is the same file as %s", flag, path, other)
		}
		taken[abs] = flag
	}
	return nil
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	if followed, err := filepath.EvalSymlinks(abs); err == nil {
		return followed
	}
	return abs
}
