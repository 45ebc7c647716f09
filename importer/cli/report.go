package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// reportFlags are those of the report command.
type reportFlags struct {
	site                                   siteFlags
	results, failed, summary, page, ledger string
	pageAddresses, list                    bool
	prune                                  string
}

func (p *program) reportCommand() *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Write a run's results, summary and page again from the ledger",
		Long: `Writes the files of a run again, as they were at its end. Without RUN it is the
newest one. The original columns come from the input file; when that is gone or
has changed, the results have address and name alone.`,
		Example: `  jsm-onboard report --list
  jsm-onboard report 9807e938 --results again.csv
  jsm-onboard report --prune 90d`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("usage: "+cmd.UseLine(), "report takes one run, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runReport(cmd.Context(), f, strings.Join(args, ""))
		},
	}
	grouped(cmd.Flags(), "What to do", func(g *pflag.FlagSet) {
		g.BoolVar(&f.list, "list", false, "list the runs that the ledger has")
		g.StringVar(&f.prune, "prune", "", "`90d`: forget runs that ended longer ago than that; accounts are never forgotten")
	})
	grouped(cmd.Flags(), "Files", func(g *pflag.FlagSet) {
		g.StringVar(&f.results, "results", "", "`PATH` of the results (default: where the run wrote them)")
		g.StringVar(&f.failed, "failed", "", "`PATH` of the rows to mend (default: where the run wrote them)")
		g.StringVar(&f.summary, "summary", "", "`PATH` for the totals as JSON")
		g.StringVar(&f.page, "page", "", "`PATH` for the page, one HTML file")
		g.BoolVar(&f.pageAddresses, "page-addresses", false, "put names and addresses on the page")
		g.StringVar(&f.ledger, "ledger", "", "`PATH` of the ledger (default: the one of the site)")
	})
	grouped(cmd.Flags(), "The site", func(g *pflag.FlagSet) {
		g.StringVar(&f.site.site, "site", "", "`URL` of the Jira site (default: JIRA_BASE_URL)")
	})
	return cmd
}

func (p *program) runReport(ctx context.Context, f *reportFlags, id string) error {
	age, err := parseAge(f.prune)
	if err != nil {
		return err
	}
	s, err := p.open(ctx, &f.site, sessionOptions{ledger: f.ledger, readOnly: age == 0})
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case age > 0:
		return p.prune(ctx, s.ledger, age)
	case f.list:
		return p.listRuns(ctx, s.ledger)
	}
	run, err := newestRun(ctx, s.ledger)
	if id != "" {
		run, err = s.ledger.Run(ctx, id)
	}
	if err != nil {
		return &hinted{err: err, hint: "jsm-onboard report --list shows the runs", code: exitBroken}
	}
	return p.tellAgain(ctx, f, s.ledger, run)
}

// parseAge reads 90d, 12h, 30m. "" is no age.
func parseAge(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("for example --prune 90d", "--prune %q is no length of time", text)
}

func (p *program) prune(ctx context.Context, l *ledger.Ledger, age time.Duration) error {
	pruned, err := l.Prune(ctx, time.Now().Add(-age))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "%d runs and %d outcomes are forgotten; accounts are kept.\n", pruned.Runs, pruned.Outcomes)
	return nil
}

func (p *program) listRuns(ctx context.Context, l *ledger.Ledger) error {
	runs, err := l.Runs(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(p.Out, report.RunList(runs))
	return nil
}

// tellAgain writes the files of a run and ends with its exit code.
func (p *program) tellAgain(ctx context.Context, f *reportFlags, l *ledger.Ledger, run ledger.Run) error {
	var summary report.Summary
	if run.Outcome == "" {
		return &hinted{err: fmt.Errorf("run %s has not ended: it goes on, or it was killed", run.ID),
			hint: "run its command again, it goes on where it stopped:\n  jsm-onboard " + run.Command + " " + run.Input, code: exitBroken}
	}
	if err := summary.UnmarshalJSON(run.Summary); err != nil {
		return fmt.Errorf("the summary of run %s is not readable: %w", run.ID, err)
	}
	if wasHeld(run) {
		return p.tellHeld(f, run, summary)
	}
	o := &outputs{memory: l, findings: f.page != "", addresses: f.pageAddresses}
	o.resultsPath = either(f.results, either(summary.Results, stemOf(run.Input)+".results.csv"))
	o.failedPath = either(f.failed, either(summary.Failed, failedBeside(o.resultsPath)))
	if run.Command == "revoke" {
		o.failedPath = "" // it writes none
	}
	mended, err := p.rewrite(ctx, o, l, run)
	if err != nil {
		return err
	}
	leavers, err := p.leaversAgain(ctx, l, run, summary.Leavers, f.results)
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
	fmt.Fprintf(p.Err, "Results  %s\n", o.resultsPath)
	if mended.Path != "" {
		fmt.Fprintf(p.Err, "To mend  %s\n", mended.Path)
	}
	if leavers != "" {
		fmt.Fprintf(p.Err, "Leavers  %s\n", leavers)
	}
	return endedWith(run)
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
		o.results.AllowGaps()
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
