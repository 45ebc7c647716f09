package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// tellAgain writes the files of a run and ends with its exit code.
func (p *program) tellAgain(ctx context.Context, f *reportFlags, l *ledger.Ledger, run ledger.Run) error {
	var summary report.Summary
	if run.Outcome == "" {
		return &hinted{err: fmt.Errorf("run %s has not ended: it goes on, or it was killed", run.ID), hint: p.goOnHint(run), code: exitBroken}
	}
	if err := summary.UnmarshalJSON(run.Summary); err != nil {
		return fmt.Errorf("the summary of run %s is not readable: %w", run.ID, err)
	}
	if wasHeld(run) {
		return p.tellHeld(f, run, summary)
	}
	o := &outputs{memory: l, findings: f.page != "", addresses: f.pageAddresses}
	if err := f.place(ctx, o, l, run, summary); err != nil {
		return err
	}
	mended, leavers, err := p.rowsAgain(ctx, f, o, l, run, summary)
	if err != nil {
		return err
	}
	if f.page != "" {
		page := report.Page{Version: versionNumber(), Summary: summary, Ending: report.Ending{Page: f.page},
			Trace: traceOf(ctx, l, run), Findings: o.told}
		if err := report.WritePage(f.page, page); err != nil {
			return err
		}
	}
	if f.summary != "" {
		if err := report.WriteFile(f.summary, run.Summary); err != nil {
			return err
		}
	}
	p.name("Results", o.resultsPath)
	p.name("To mend", mended.Path)
	p.name("Leavers", leavers)
	p.name("Summary", f.summary)
	p.name("Page", f.page)
	return endedWith(run)
}

// rowsAgain writes the files that get a line for each row, as far as o has a
// path for them.
func (p *program) rowsAgain(ctx context.Context, f *reportFlags, o *outputs, l *ledger.Ledger, run ledger.Run, summary report.Summary) (mended report.Mended, leavers string, err error) {
	if o.resultsPath != "" || o.findings {
		if mended, err = p.rewrite(ctx, o, l, run); err != nil {
			return mended, "", err
		}
	}
	if o.resultsPath != "" {
		leavers, err = p.leaversAgain(ctx, l, run, summary.Leavers, f.results)
	}
	return mended, leavers, err
}

// name tells of a file that was written.
func (p *program) name(what, path string) {
	if path != "" {
		fmt.Fprintf(p.Err, "%-8s %s\n", what, path)
	}
}

// place settles where results and rows to mend go, unless other files alone are
// asked for. Those of a later run are not overwritten.
func (f *reportFlags) place(ctx context.Context, o *outputs, l *ledger.Ledger, run ledger.Run, summary report.Summary) error {
	if f.results != "" || f.failed != "" || f.page == "" && f.summary == "" {
		o.resultsPath = either(f.results, resultsOf(run, summary))
		o.failedPath = either(f.failed, failedBeside(o.resultsPath))
		if f.failed == "" && f.results == "" && summary.Failed != "" {
			o.failedPath = summary.Failed
		}
		if run.Command == "revoke" {
			o.failedPath = "" // it writes none
		}
	}
	if f.results == "" && o.resultsPath != "" {
		later, err := laterAt(ctx, l, run, o.resultsPath)
		if err != nil {
			return err
		}
		if later != "" {
			return usagef("name --results, so that the files of run "+later+" are not overwritten:\n  jsm-onboard report "+run.ID+" --results PATH",
				"%s is of run %s, which came after run %s", o.resultsPath, later, run.ID)
		}
	}
	return apart(run.Input, map[string]string{"--results": o.resultsPath, "--failed": o.failedPath, "--summary": f.summary, "--page": f.page})
}

// resultsOf is where a run wrote its results, or would have.
func resultsOf(run ledger.Run, summary report.Summary) string {
	return either(summary.Results, stemOf(run.Input)+".results.csv")
}

// laterAt is the newest run after run that writes its results to path; "": there
// is none.
func laterAt(ctx context.Context, l *ledger.Ledger, run ledger.Run, path string) (id string, err error) {
	runs, err := l.Runs(ctx)
	if err != nil {
		return "", err
	}
	for _, later := range runs {
		if later.Seq <= run.Seq || wasHeld(later) {
			continue
		}
		var summary report.Summary
		if later.Summary != nil {
			if err := summary.UnmarshalJSON(later.Summary); err != nil {
				return "", fmt.Errorf("the summary of run %s is not readable: %w", later.ID, err)
			}
		}
		if absolute(resultsOf(later, summary)) == absolute(path) {
			return later.ID, nil
		}
	}
	return "", nil
}

// goOnHint is how a run is gone on with: with the flags that decide which rows
// count, since others would begin another run, with other people.
func (p *program) goOnHint(run ledger.Run) string {
	const goesOn = "run its command again, it goes on where it stopped"
	var read readFlags
	if run.Input == "-" || read.unchoose(run.Choices) != nil {
		return goesOn + ": with the same input and the same flags as before"
	}
	var source []string
	if run.Source != "" && run.Source != sourceOf(run.Input) {
		source = []string{"--source", run.Source}
	}
	return goesOn + " (add the flags that it had besides, such as --results or --resend-known):\n  " +
		report.CommandLine(run.Command, run.Input, read.words(), source, p.siteWords)
}

// tellHeld tells of a night that was held back: it has sent nothing, and has no
// results that could be written again.
func (p *program) tellHeld(f *reportFlags, run ledger.Run, summary report.Summary) error {
	fmt.Fprintf(p.Err, "Run %s ended before its first row, and has written no results: %s\n", run.ID, run.StopReason)
	for line := range strings.Lines(summary.Hint) {
		fmt.Fprintf(p.Err, "  %s\n", strings.TrimRight(line, "\n"))
	}
	if f.summary != "" {
		if err := report.WriteFile(f.summary, run.Summary); err != nil {
			return err
		}
	}
	return endedWith(run)
}

// endedWith is the exit code of a run, as an error.
func endedWith(run ledger.Run) error {
	if run.ExitCode != 0 {
		return exitError(run.ExitCode)
	}
	return nil
}

// rewrite writes results and failed rows, with the original columns when the
// input is still what it was.
func (p *program) rewrite(ctx context.Context, o *outputs, l *ledger.Ledger, run ledger.Run) (report.Mended, error) {
	survey, file, err := p.original(ctx, run)
	if err != nil {
		fmt.Fprintf(p.Err, "The original columns cannot be told: %v\nThe results have address and name alone, of the rows that were sent.\n", err)
		o.survey = addressAndName()
		if err := o.open(); err != nil {
			return report.Mended{}, err
		}
		if o.results != nil {
			o.results.AllowGaps()
		}
		return o.done(importer.Replay(ctx, l, run, rowsSent(ctx, l, run), o.write))
	}
	defer file.Close()
	o.survey = survey
	if err := o.open(); err != nil {
		return report.Mended{}, err
	}
	return o.done(importer.Replay(ctx, l, run, survey.All(ctx), o.write))
}

// original reads the run's input as the run did.
func (p *program) original(ctx context.Context, run ledger.Run) (*export.Survey, *export.File, error) {
	var f readFlags
	if err := f.unchoose(run.Choices); err != nil {
		return nil, nil, err
	}
	options, err := f.options()
	if err != nil {
		return nil, nil, err
	}
	if run.Input == "-" {
		return nil, nil, errors.New("the input came from stdin")
	}
	if _, err := os.Stat(run.Input); err != nil {
		return nil, nil, errors.New("the input " + run.Input + " is gone")
	}
	file, err := export.Open(ctx, run.Input, p.In)
	if err != nil {
		return nil, nil, err
	}
	options.NeedAccounts = run.Command == "revoke"
	survey, err := file.Survey(ctx, options, nil)
	if err == nil && survey.SHA256 != run.InputSHA256 {
		err = errors.New("the input " + run.Input + " has changed")
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return survey, file, nil
}

// rowsSent are the rows that the ledger itself remembers.
func rowsSent(ctx context.Context, l *ledger.Ledger, run ledger.Run) iter.Seq2[*export.Row, error] {
	recorded := l.Outcomes
	if run.Command == "revoke" {
		recorded = l.Revocations
	}
	return func(yield func(*export.Row, error) bool) {
		for o, err := range recorded(ctx, run.Seq, 0) {
			row := &export.Row{Number: o.Row, Line: o.Line, Key: o.Key, Email: o.Email, Name: o.Name, Cells: []string{o.Email, o.Name}}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// stemOf is what the names of the files of an input begin with.
func stemOf(input string) string {
	if input == "-" {
		return "stdin"
	}
	return export.Stem(input)
}

// failedBeside is where the rows to mend of a run stand that had none.
func failedBeside(results string) string {
	return strings.TrimSuffix(strings.TrimSuffix(results, ".csv"), ".results") + ".failed.csv"
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
