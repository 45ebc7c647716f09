package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// A reportRun writes the files of one run again.
type reportRun struct {
	*program
	out     *outputFlags
	site    *site
	run     ledger.Run
	summary report.Summary
	rows    *rowFiles
	read    []string // flags by which the input was read
}

// summaryOf is the summary that the ledger keeps with a run.
func summaryOf(run ledger.Run) (s report.Summary, err error) {
	if len(run.Summary) > 0 {
		if err = json.Unmarshal(run.Summary, &s); err != nil {
			err = fmt.Errorf("the summary of run %s cannot be read: %w", run.ID, err)
		}
	}
	return s, err
}

// write writes the files; all are the runs of the ledger.
func (r *reportRun) write(ctx context.Context, all []ledger.Run) (err error) {
	if r.summary, err = summaryOf(r.run); err != nil {
		return err
	}
	if err := r.nameFiles(all); err != nil {
		return err
	}
	var fixes report.Fixes
	if r.run.Outcome == ledger.Held {
		fmt.Fprintf(r.Err, "Run %s was held back before its first row and has no results: %s\n  %s\n",
			r.run.ID, text.Printable(r.run.StopReason), text.Printable(r.summary.Hint))
	} else if fixes, err = r.rewrite(ctx); err != nil {
		return err
	}
	switch r.out.summary {
	case "":
	case stdout:
		_, err = r.Out.Write(r.run.Summary)
	default:
		err = report.WriteFile(r.out.summary, r.run.Summary)
	}
	if err != nil {
		return err
	}
	if fixes.Path == "" {
		fixes.Kept = "" // it is of no use to say so when nothing needs fixing
	}
	written := []namedFile{
		{"Results", r.out.results}, {"To fix", fixes.Path}, {"Summary", r.out.summary}, {"Page", r.out.page},
		{"Left alone, since it was edited:", fixes.Kept},
	}
	for _, f := range written {
		if f.path != "" && f.path != stdout {
			fmt.Fprintf(r.Err, "%-8s %s\n", f.name, report.Shown(f.path))
		}
	}
	return asExit(r.run.ExitCode)
}

// nameFiles settles which files are written: those that flags name, or else those that the run wrote. None of them may
// be the input of any run, or the results of a later one.
func (r *reportRun) nameFiles(all []ledger.Run) error {
	r.out.resolve()
	if r.run.Outcome == ledger.Held {
		r.out.results, r.out.failed, r.out.page = "", "", ""
	} else if cmp.Or(r.out.results, r.out.failed, r.out.summary, r.out.page) == "" {
		r.out.results, r.out.failed = r.summary.Results, r.summary.Failed
		if r.out.results == "" {
			return usagef("name them: jsm-onboard report "+r.run.ID+" --results PATH --failed PATH",
				"run %s could not write its results, so it is not known where they belong", r.run.ID)
		}
	}
	var inUse []namedFile
	for _, run := range all {
		summary, err := summaryOf(run)
		if err != nil {
			return err
		}
		if !isStdin(run.Input) {
			inUse = append(inUse, namedFile{"the input of run " + run.ID, run.Input})
		}
		if run.Seq > r.run.Seq {
			inUse = append(inUse, namedFile{"the results of run " + run.ID + ", which came later", summary.Results})
		}
	}
	if err := r.apart(r.site, r.out, inUse...); err != nil {
		return err
	}
	return writable(r.out.files())
}

// rewrite writes results, failed rows and page: with the original columns when the input is still what it was, and
// else with what the ledger itself has.
func (r *reportRun) rewrite(ctx context.Context) (fixes report.Fixes, err error) {
	if cmp.Or(r.out.results, r.out.failed, r.out.page) == "" {
		return fixes, nil
	}
	layout := report.LayoutOf(nil, r.summary.Access != nil)
	rows, columns := r.rowsSent(ctx), []export.Column(nil)
	survey, file, err := r.original(ctx)
	if err == nil {
		defer file.Close()
		layout = report.LayoutOf(survey, r.summary.Access != nil)
		rows, columns, r.read = survey.All(ctx), survey.Columns, report.ReadAgain(survey.Repeat)
	} else if r.run.Command != "undo" {
		fmt.Fprintf(r.Err, "The original columns are missing: %v\n"+
			"The results have address and name alone, of the rows that were sent.\n", err)
	}
	r.rows = newRowFiles(r.out, r.site.memory, layout, columns)
	if err := r.rows.replay(ctx, r.site.ledger, r.run, rows); err != nil {
		return fixes, err
	}
	if fixes, err = r.rows.name(); err != nil || r.out.page == "" {
		return fixes, err
	}
	return fixes, r.writePage(fixes)
}

// original reads the run's input as the run did.
func (r *reportRun) original(ctx context.Context) (*export.Survey, *export.File, error) {
	if _, err := os.Stat(r.run.Input); err != nil || isStdin(r.run.Input) {
		return nil, nil, fmt.Errorf("the input %s is gone", r.run.Input)
	}
	var read readFlags
	err := json.Unmarshal([]byte(r.run.Choices), &read)
	options, optionsErr := read.options()
	options.NeedAccounts = r.run.Command == "revoke"
	if err := cmp.Or(err, optionsErr); err != nil {
		return nil, nil, err
	}
	file, err := export.Open(ctx, r.run.Input, r.In)
	if err != nil {
		return nil, nil, err
	}
	survey, err := file.Survey(ctx, options)
	if err == nil && survey.SHA256 != r.run.InputSHA256 {
		err = fmt.Errorf("the input %s has changed", r.run.Input)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return survey, file, nil
}

// rowsSent are the rows that the ledger itself remembers.
func (r *reportRun) rowsSent(ctx context.Context) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for o, err := range r.site.ledger.Outcomes(ctx, r.run.Seq, revokes(r.run.Command), 0) {
			row := &export.Row{
				Number: o.Row,
				Place:  export.Place{Row: o.SheetRow, Line: o.Line},
				Key:    o.Key,
				Email:  o.Email,
				Name:   o.Name,
				Cells:  []string{o.Email, o.Name},
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (r *reportRun) writePage(fixes report.Fixes) error {
	trace := &page.Trace{}
	if len(r.run.Trace) == 0 || json.Unmarshal(r.run.Trace, trace) != nil {
		trace = nil
	}
	return page.Write(r.out.page, page.Page{
		Version: versionNumber(),
		Summary: r.summary,
		Ending: report.Ending{
			Page:  r.out.page,
			Kept:  fixes.Kept,
			Site:  r.siteWords,
			Again: slices.Concat(report.AccessFlags(r.summary.Access), r.read),
		},
		Trace:    trace,
		Findings: r.rows.findings,
	})
}
