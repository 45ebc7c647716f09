package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
	"jsm-onboard/report/page"
)

// reportFlags are those of the report command.
type reportFlags struct {
	site  siteFlags
	out   outputFlags
	list  bool
	prune string
}

func (p *program) reportCommand() *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Write a run's results, summary and page again from the ledger; list the runs",
		Long: `Writes the files of a run again, as they were at its end. Without RUN it is the
newest one. The original columns come from the input file; when that is gone or
has changed, the results have address and name alone.

Without a flag that names a file, results and rows to fix are written where the
run wrote them; those of a later run are never overwritten. With --page or
--summary alone, nothing else is written. It ends with the exit code of the run.`,
		Example: `  jsm-onboard report --list
  jsm-onboard report 9807e938 --results old.csv
  jsm-onboard report --prune 90d`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runReport(cmd.Context(), f, strings.Join(args, ""))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "list the runs that the ledger has")
	flags.StringVar(&f.prune, "prune", "", "`90d`: forget runs that ended longer ago than that, never accounts")
	flags.StringVar(&f.out.results, "results", "", "`PATH` of the results (default: where the run wrote them)")
	flags.StringVar(&f.out.failed, "failed", "", "`PATH` of the rows to fix (default: beside --results, or where the run wrote them)")
	flags.StringVar(&f.out.summary, "summary", "", "`PATH` for the totals as JSON; - is stdout")
	flags.StringVar(&f.out.page, "page", "", "`PATH` for the page, one HTML file")
	flags.BoolVar(&f.out.pageAddresses, "page-addresses", false, "put names and addresses on the page")
	flags.StringVar(&f.site.ledger, "ledger", "", "`PATH` of the ledger (default: the one of the site)")
	flags.StringVar(&f.site.site, "site", "", "`URL` of the Jira site (default JIRA_BASE_URL)")
	showFlags(cmd, "list prune results failed summary page page-addresses ledger site config")
	return cmd
}

// check refuses flags that contradict each other.
func (f *reportFlags) check(id string) error {
	named := either(f.out.results, f.out.failed, f.out.summary, f.out.page)
	switch {
	case f.prune != "" && id != "":
		return usagef("leave one of them out: --prune forgets all runs of that age", "--prune takes no run, and %s is one", id)
	case f.prune != "" && f.list:
		return usagef("leave one of them out", "--list and --prune contradict each other")
	case (f.prune != "" || f.list) && named != "":
		return usagef("leave it out, or name a run instead", "--list and --prune write no files, and %s is to be one", named)
	case f.list && id != "":
		return usagef("leave one of them out", "--list takes no run, and %s is one", id)
	}
	return f.out.check()
}

func (p *program) runReport(ctx context.Context, f *reportFlags, id string) error {
	age, err := parseAge(f.prune)
	if err := errors.Join(err, f.check(id)); err != nil {
		return err
	}
	ctx, release := interruptible(ctx, nil)
	defer release()
	s, err := p.findSite(&f.site)
	if err != nil {
		return err
	}
	defer s.Close()
	if age > 0 {
		return p.prune(ctx, s, age)
	}
	if err := p.open(ctx, s, true, nil); err != nil {
		return err
	}
	runs, err := s.ledger.Runs(ctx)
	if err != nil {
		return err
	}
	if f.list {
		_, err := fmt.Fprint(p.Out, report.Fit(p.Out, report.RunList(runs), p.env.get))
		return err
	}
	run, err := chooseRun(ctx, s.ledger, runs, id)
	if err != nil {
		return &hintedError{err: err, hint: "jsm-onboard report --list shows the runs", code: exitBroken}
	}
	if run.Outcome == "" {
		return &hintedError{
			err: fmt.Errorf("run %s has not ended: it is still going on, or it was killed", run.ID),
			hint: "run its command again, it goes on where it stopped: " + run.Command + " " + text.ShellWord(run.Input) +
				" with the same flags as before",
			code: exitBroken,
		}
	}
	again := &reportRun{program: p, flags: f, site: s, run: run, later: runs}
	return again.write(ctx)
}

// parseAge reads 90d, 12h, 30m. "" is no age.
func parseAge(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("for example --prune 90d", "--prune %q is no length of time", s)
}

// prune needs the ledger for itself, but neither credentials nor a client.
func (p *program) prune(ctx context.Context, s *site, age time.Duration) error {
	l, err := ledger.Open(ctx, s.ledgerPath, s.url.String())
	if err != nil {
		return err
	}
	defer l.Close()
	pruned, err := l.Prune(ctx, time.Now().Add(-age))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "%s forgotten; accounts are kept.\n", text.Counted(pruned.Runs, "run is", "runs are"))
	return nil
}

// chooseRun is the run with this id; without one, the newest that has files to
// write.
func chooseRun(ctx context.Context, l *ledger.Ledger, runs []ledger.Run, id string) (ledger.Run, error) {
	if id == "" {
		for _, run := range runs {
			if run.Outcome != ledger.Held {
				return run, nil
			}
		}
	}
	return l.Run(ctx, id)
}

// summaryOf is the summary that the ledger keeps with a run.
func summaryOf(run ledger.Run) (report.Summary, error) {
	var s report.Summary
	if err := json.Unmarshal(run.Summary, &s); err != nil {
		return s, fmt.Errorf("the summary of run %s cannot be read: %w", run.ID, err)
	}
	return s, nil
}

// A reportRun writes the files of one run again.
type reportRun struct {
	*program
	flags   *reportFlags
	site    *site
	run     ledger.Run
	later   []ledger.Run // among others
	summary report.Summary
	rows    rowFiles
}

func (r *reportRun) write(ctx context.Context) (err error) {
	if r.summary, err = summaryOf(r.run); err != nil {
		return err
	}
	var fixes report.Fixes
	if r.run.Outcome == ledger.Held {
		fmt.Fprintf(r.Err, "Run %s was held back before its first row and has no results: %s\n", r.run.ID, text.Printable(r.run.StopReason))
	} else {
		if err := r.place(); err != nil {
			return err
		}
		if fixes, err = r.rewrite(ctx); err != nil {
			return err
		}
		if err := r.writePage(ctx, fixes); err != nil {
			return err
		}
	}
	if err := r.writeSummary(); err != nil {
		return err
	}
	r.name("Results", r.rows.resultsPath)
	r.name("To fix", fixes.Path)
	r.name("Summary", r.flags.out.summary)
	r.name("Page", r.flags.out.page)
	if fixes.Kept != "" {
		fmt.Fprintf(r.Err, "%s was edited since and is left alone.\n", fixes.Kept)
	}
	return asExit(r.run.ExitCode)
}

// name prints a file that was written.
func (r *reportRun) name(what, path string) {
	if path != "" && path != stdout {
		fmt.Fprintf(r.Err, "%-8s %s\n", what, path)
	}
}

// place settles where results and rows to fix go, unless other files alone are
// asked for. Those of a later run are not overwritten.
func (r *reportRun) place() error {
	out := &r.flags.out
	r.rows.memory = onlyAsks{r.site.ledger}
	if either(out.results, out.failed) != "" || either(out.page, out.summary) == "" {
		r.rows.resultsPath = either(absolute(out.results), resultsOf(r.run, r.summary))
		if r.run.Command == "import" || r.run.Command == "sync" {
			beside := strings.TrimSuffix(strings.TrimSuffix(r.rows.resultsPath, ".csv"), ".results") + ".failed.csv"
			if out.results == "" {
				beside = either(r.summary.Failed, beside)
			}
			r.rows.failedPath = either(absolute(out.failed), beside)
		}
	}
	if out.results == "" && r.rows.resultsPath != "" {
		if later, err := r.laterAt(r.rows.resultsPath); err != nil || later != "" {
			return firstOf(err, usagef("name --results, so that the files of run "+later+" are not overwritten:\n"+
				"jsm-onboard report "+r.run.ID+" --results PATH",
				"%s is of run %s, which came after run %s", r.rows.resultsPath, later, r.run.ID))
		}
	}
	inUse := append(ledgerFiles(r.site.ledgerPath), namedFile{"the settings file", r.configPath}, namedFile{"the input", r.run.Input})
	outputs := []namedFile{
		{"--results", r.rows.resultsPath}, {"--failed", r.rows.failedPath},
		{"--summary", absolute(out.summary)}, {"--page", absolute(out.page)},
	}
	return firstOf(apart(inUse, outputs), writable(outputs))
}

// onlyAsks is a ledger that is read alone: it remembers nothing new.
type onlyAsks struct{ *ledger.Ledger }

func (onlyAsks) Remember(string, string) error { return nil }

// resultsOf is where a run wrote its results, or would have.
func resultsOf(run ledger.Run, summary report.Summary) string {
	stem := export.Stem(run.Input)
	if run.Input == stdin {
		stem = absolute("stdin")
	}
	end := map[string]string{"revoke": ".revoked.csv", "undo": ".undone.csv"}[run.Command]
	return either(summary.Results, stem+either(end, ".results.csv"))
}

// laterAt is the newest run after this one that writes its results to path; "":
// there is none.
func (r *reportRun) laterAt(path string) (id string, err error) {
	for _, later := range r.later {
		if later.Seq <= r.run.Seq || later.Outcome == ledger.Held {
			continue
		}
		var summary report.Summary
		if later.Summary != nil {
			if summary, err = summaryOf(later); err != nil {
				return "", err
			}
		}
		if sameFile(resultsOf(later, summary), path) {
			return later.ID, nil
		}
	}
	return "", nil
}

// rewrite writes results and failed rows, with the original columns when the
// input is still what it was.
func (r *reportRun) rewrite(ctx context.Context) (report.Fixes, error) {
	if r.flags.out.page != "" {
		r.rows.findings = page.NewFindings(r.flags.out.pageAddresses)
	} else if r.rows.resultsPath == "" {
		return report.Fixes{}, nil
	}
	defer r.rows.abort()
	survey, file, err := r.original(ctx)
	if err != nil {
		return r.rewritePlain(ctx, err)
	}
	defer file.Close()
	r.rows.layout = report.LayoutOf(survey, r.summary.Access != nil)
	if err := r.rows.rewrite(ctx, r.site.ledger, r.run, survey.All(ctx)); err != nil {
		return report.Fixes{}, err
	}
	return r.rows.finish()
}

// rewritePlain writes them with what the ledger itself has.
func (r *reportRun) rewritePlain(ctx context.Context, why error) (report.Fixes, error) {
	if !errors.Is(why, errNoInput) {
		fmt.Fprintf(r.Err, "The original columns are missing: %v\nThe results have address and name alone, of the rows that were sent.\n", why)
	}
	r.rows.layout = report.PlainLayout()
	if err := r.rows.open(); err != nil {
		return report.Fixes{}, err
	}
	if r.rows.results != nil {
		r.rows.results.AllowGaps()
	}
	if err := importer.Replay(ctx, r.site.ledger, r.run, r.rowsSent(ctx), r.rows.write); err != nil {
		return report.Fixes{}, err
	}
	return r.rows.finish()
}

// errNoInput is why undo has no original columns: that is no loss.
var errNoInput = errors.New("undo reads no file")

// original reads the run's input as the run did.
func (r *reportRun) original(ctx context.Context) (*export.Survey, *export.File, error) {
	if r.run.Command == "undo" {
		return nil, nil, errNoInput
	}
	if r.run.Input == stdin {
		return nil, nil, errors.New("the input came from stdin")
	}
	if _, err := os.Stat(r.run.Input); err != nil {
		return nil, nil, errors.New("the input " + r.run.Input + " is gone")
	}
	var read readFlags
	if err := json.Unmarshal([]byte(r.run.Choices), &read); err != nil {
		return nil, nil, fmt.Errorf("the choices of run %s cannot be read: %w", r.run.ID, err)
	}
	options, err := read.options()
	if err != nil {
		return nil, nil, err
	}
	options.NeedAccounts = r.run.Command == "revoke"
	file, err := export.Open(ctx, r.run.Input, r.In)
	if err != nil {
		return nil, nil, err
	}
	survey, err := file.Survey(ctx, options, nil)
	if err == nil && survey.SHA256 != r.run.InputSHA256 {
		err = errors.New("the input " + r.run.Input + " has changed")
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return survey, file, nil
}

// rowsSent are the rows that the ledger itself remembers.
func (r *reportRun) rowsSent(ctx context.Context) rowsOf {
	recorded := r.site.ledger.Outcomes
	if r.run.Command == "revoke" || r.run.Command == "undo" {
		recorded = r.site.ledger.Revocations
	}
	return func(yield func(*export.Row, error) bool) {
		for o, err := range recorded(ctx, r.run.Seq, 0) {
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

func (r *reportRun) writePage(ctx context.Context, fixes report.Fixes) error {
	if r.flags.out.page == "" {
		return nil
	}
	kept, err := r.site.ledger.Trace(ctx, r.run.Seq)
	if err != nil {
		return err
	}
	trace := &page.Trace{}
	if kept == nil || json.Unmarshal(kept, trace) != nil {
		trace = nil
	}
	return page.Write(absolute(r.flags.out.page), page.Page{
		Version:  versionNumber(),
		Summary:  r.summary,
		Ending:   report.Ending{Page: absolute(r.flags.out.page), Kept: fixes.Kept, Site: r.ledgerWords},
		Trace:    trace,
		Findings: r.rows.findings,
	})
}

func (r *reportRun) writeSummary() error {
	switch r.flags.out.summary {
	case "":
		return nil
	case stdout:
		_, err := r.Out.Write(r.run.Summary)
		return err
	}
	return report.WriteFile(absolute(r.flags.out.summary), r.run.Summary)
}
