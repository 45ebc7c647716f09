package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	cmd := p.command("report [RUN]", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		return p.runReport(cmd.Context(), f, strings.Join(args, ""))
	})
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "")
	flags.StringVar(&f.prune, "prune", "", "")
	flags.StringVar(&f.out.results, "results", "", "")
	flags.StringVar(&f.out.failed, "failed", "", "")
	flags.StringVar(&f.out.summary, "summary", "", "")
	flags.StringVar(&f.out.page, "page", "", "")
	flags.BoolVar(&f.out.pageAddresses, "page-addresses", false, "")
	flags.StringVar(&f.site.ledger, "ledger", "", "")
	flags.StringVar(&f.site.site, "site", "", "")
	return cmd
}

// check refuses flags that contradict each other: what forgets or lists runs writes no files.
func (f *reportFlags) check(id string) error {
	named := cmp.Or(id, f.out.results, f.out.failed, f.out.summary, f.out.page)
	switch {
	case f.prune != "" && f.list:
		return usagef("leave one of them out", "--list and --prune contradict each other")
	case f.prune != "" && named != "":
		return usagef("leave one of them out", "--prune and %s contradict each other", named)
	case f.list && named != "":
		return usagef("leave one of them out", "--list and %s contradict each other", named)
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
	r := &reportRun{program: p, flags: f, site: s, runs: runs}
	if r.run, err = s.ledger.Run(ctx, cmp.Or(id, newest(runs))); err != nil {
		return stopf(importer.Broken, "jsm-onboard report --list shows the runs", "%w", err)
	}
	if r.run.Outcome == "" {
		return stopf(importer.Broken, "run its command again with the same flags, it goes on where it stopped: "+
			report.Command(r.run.Command, append([]string{report.Shown(r.run.Input)}, p.siteWords...)...),
			"run %s has not ended: it is still going on, or it was killed", r.run.ID)
	}
	return r.write(ctx)
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
	if err == nil {
		fmt.Fprintf(p.Out, "%s forgotten; accounts are kept.\n", text.Counted(pruned.Runs, "run is", "runs are"))
	}
	return err
}

// newest is the newest run that has files to write; "": there is none.
func newest(runs []ledger.Run) string {
	for _, run := range runs {
		if run.Outcome != ledger.Held {
			return run.ID
		}
	}
	return ""
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

// A reportRun writes the files of one run again.
type reportRun struct {
	*program
	flags   *reportFlags
	site    *site
	runs    []ledger.Run // all of them
	run     ledger.Run
	summary report.Summary
	rows    rowFiles
	read    []string // flags by which the input was read
}

func (r *reportRun) write(ctx context.Context) (err error) {
	if r.summary, err = summaryOf(r.run); err != nil {
		return err
	}
	if err := r.place(); err != nil {
		return err
	}
	out, fixes := &r.flags.out, report.Fixes{}
	if r.run.Outcome == ledger.Held {
		fmt.Fprintf(r.Err, "Run %s was held back before its first row and has no results: %s\n  %s\n",
			r.run.ID, text.Printable(r.run.StopReason), text.Printable(r.summary.Hint))
	} else {
		if fixes, err = r.rewrite(ctx); err != nil {
			return err
		}
		if err := r.writePage(ctx, fixes); err != nil {
			return err
		}
	}
	switch out.summary {
	case "":
	case stdout:
		_, err = r.Out.Write(r.run.Summary)
	default:
		err = report.WriteFile(absolute(out.summary), r.run.Summary)
	}
	if err != nil {
		return err
	}
	if fixes.Path == "" {
		fixes.Kept = "" // it is of no use to say so when nothing needs fixing
	}
	written := []namedFile{
		{"Results", r.rows.resultsPath}, {"To fix", fixes.Path}, {"Summary", out.summary}, {"Page", out.page},
		{"Left alone, since it was edited:", fixes.Kept},
	}
	for _, f := range written {
		if f.path != "" && f.path != stdout {
			fmt.Fprintf(r.Err, "%-8s %s\n", f.name, report.Shown(f.path))
		}
	}
	return asExit(r.run.ExitCode)
}

// place settles where results and rows to fix go, unless other files alone are asked for. Those of a later run are
// not overwritten.
func (r *reportRun) place() error {
	out := &r.flags.out
	r.rows.memory = r.site.memory
	rows := cmp.Or(out.results, out.failed) != "" || cmp.Or(out.page, out.summary) == ""
	if rows && r.run.Outcome != ledger.Held {
		r.rows.resultsPath = cmp.Or(absolute(out.results), resultsOf(r.run, r.summary))
		if r.run.Command == "import" || r.run.Command == "sync" {
			beside := strings.TrimSuffix(strings.TrimSuffix(r.rows.resultsPath, ".csv"), ".results") + ".failed.csv"
			if out.results == "" {
				beside = cmp.Or(r.summary.Failed, beside)
			}
			r.rows.failedPath = cmp.Or(absolute(out.failed), beside)
		}
	}
	for _, later := range r.runs {
		summary, err := summaryOf(later)
		if err != nil {
			return err
		}
		mine := later.Seq <= r.run.Seq || later.Outcome == ledger.Held || out.results != "" || r.rows.resultsPath == ""
		if !mine && sameFile(resultsOf(later, summary), r.rows.resultsPath) {
			return usagef("name another file: jsm-onboard report "+r.run.ID+" --results PATH",
				"%s is of run %s, which came after run %s", report.Shown(r.rows.resultsPath), later.ID, r.run.ID)
		}
	}
	outputs := []namedFile{
		{"--results", r.rows.resultsPath}, {"--failed", r.rows.failedPath},
		{"--summary", absolute(out.summary)}, {"--page", absolute(out.page)},
	}
	inUse := append(ledgerFiles(r.site.ledgerPath), namedFile{"the settings file", r.configPath},
		namedFile{"the input", r.run.Input})
	if err := cmp.Or(apart(inUse, outputs), r.spare()); err != nil {
		return err
	}
	return writable(outputs)
}

// spare refuses to write over what no report is: the input of any run, and files that this program has not written.
// Files of rows to fix know by themselves what was edited.
func (r *reportRun) spare() error {
	for _, f := range []struct{ name, path, has string }{
		{"--results", r.flags.out.results, `"jsm_status"`},
		{"--summary", r.flags.out.summary, `"run_id"`},
		{"--page", r.flags.out.page, "<!doctype html>"},
	} {
		if f.path == "" || f.path == stdout || isDevice(f.path) {
			continue
		}
		hint := "give " + f.name + " a path of its own"
		for _, run := range r.runs {
			if !isStdin(run.Input) && sameFile(f.path, run.Input) {
				return usagef(
					hint,
					"%s %s is the same file as the input of run %s",
					f.name,
					report.Shown(f.path),
					run.ID,
				)
			}
		}
		content, err := beginning(f.path)
		if err == nil && len(content) > 0 && !strings.Contains(content, f.has) {
			return usagef(hint+", or remove that file",
				"%s %s is there already, and this program has not written it", f.name, report.Shown(f.path))
		}
	}
	return nil
}

// beginning is as much of a file as holds its header.
func beginning(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, 1<<20))
	return string(content), err
}

// resultsOf is where a run wrote its results, or would have.
func resultsOf(run ledger.Run, summary report.Summary) string {
	stem := export.Stem(run.Input)
	if isStdin(run.Input) {
		stem = absolute("stdin")
	}
	end := map[string]string{"revoke": ".revoked.csv", "undo": ".undone.csv"}[run.Command]
	return cmp.Or(summary.Results, stem+cmp.Or(end, ".results.csv"))
}

// rewrite writes results and failed rows: with the original columns when the input is still what it was, and else
// with what the ledger itself has.
func (r *reportRun) rewrite(ctx context.Context) (report.Fixes, error) {
	if r.flags.out.page == "" && r.rows.resultsPath == "" {
		return report.Fixes{}, nil
	}
	defer r.rows.abort()
	rows, columns := r.rowsSent(ctx), []export.Column(nil)
	survey, file, err := r.original(ctx)
	if err == nil {
		defer file.Close()
		r.rows.layout = report.LayoutOf(survey, r.summary.Access != nil)
		rows, columns, r.read = survey.All(ctx), survey.Columns, report.ReadAgain(survey.Repeat)
	} else {
		r.rows.layout = report.PlainLayout(r.summary.Access != nil)
		if r.run.Command != "undo" {
			fmt.Fprintf(r.Err, "The original columns are missing: %v\n"+
				"The results have address and name alone, of the rows that were sent.\n", err)
		}
	}
	if r.flags.out.page != "" {
		r.rows.findings = page.NewFindings(r.flags.out.pageAddresses, columns)
	}
	if err := r.rows.open(); err != nil {
		return report.Fixes{}, err
	}
	if err := importer.Replay(ctx, r.site.ledger, r.run, rows, r.rows.write); err != nil {
		return report.Fixes{}, err
	}
	return r.rows.name()
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
	survey, err := file.Survey(ctx, options, nil)
	if err == nil && survey.SHA256 != r.run.InputSHA256 {
		err = fmt.Errorf("the input %s has changed", r.run.Input)
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
	path := absolute(r.flags.out.page)
	if path == "" {
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
	return page.Write(path, page.Page{
		Version: versionNumber(),
		Summary: r.summary,
		Ending: report.Ending{
			Page:   path,
			Kept:   fixes.Kept,
			Site:   r.siteWords,
			Access: report.AccessFlags(r.summary.Access),
			Read:   r.read,
		},
		Trace:    trace,
		Findings: r.rows.findings,
	})
}
