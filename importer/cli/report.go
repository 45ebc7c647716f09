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

// reporting is the command report: it lists runs, forgets them, or writes the files of one again.
type reporting struct {
	*program
	site  site
	out   outputFlags
	list  bool
	prune string

	run     ledger.Run
	summary report.Summary
	unnamed bool // no flag names a file: those of the run are written
}

func (p *program) reportCommand() *cobra.Command {
	r := &reporting{program: p, site: site{noNewLedger: true}}
	cmd := p.command("report [RUN]", func(cmd *cobra.Command, args []string) error {
		id := strings.Join(args, "")
		defer r.site.Close()
		if err := cmp.Or(r.check(id), p.findSite(&r.site)); err != nil {
			return err
		}
		return r.do(cmd.Context(), id)
	})
	flags := cmd.Flags()
	flags.BoolVar(&r.list, "list", false, "")
	flags.StringVar(&r.prune, "prune", "", "")
	r.out.register(flags)
	r.out.registerRows(flags)
	flags.StringVar(&r.site.config.Site, "site", "", "")
	flags.StringVar(&r.site.namedLedger, "ledger", "", "")
	return cmd
}

// check refuses flags that cannot be used together: what forgets or lists runs writes no files.
func (r *reporting) check(id string) error {
	other := cmp.Or(id, r.out.results, r.out.failed, r.out.summary, r.out.page)
	instead := map[bool]string{true: "--list"}[r.list]
	if r.prune != "" {
		instead, other = "--prune", cmp.Or(instead, other)
	}
	if instead != "" && other != "" {
		return usagef("leave one of them out", "%s and %s cannot be used together", instead, other)
	}
	return r.out.check()
}

func (r *reporting) do(ctx context.Context, id string) error {
	if r.prune != "" {
		return r.pruneRuns(ctx)
	}
	if err := r.openLedger(ctx, &r.site, ledger.OpenReadOnly); err != nil {
		return err
	}
	runs, err := r.site.ledger.Runs(ctx)
	if err != nil {
		return err
	}
	if r.list {
		return r.show(report.RunList(runs, isTerminal(r.Out)))
	}
	if r.run, err = r.chooseRun(ctx, r.site.ledger, id, hasFiles); err != nil {
		return err
	}
	if r.run.Outcome == "" {
		source := map[bool][]string{true: {"--source", r.run.Source}}[r.run.Command == "sync"]
		words := slices.Concat([]string{report.Relative(r.run.Input)}, source, r.flagArgs(siteFlagNames...))
		hint := "run its command again with the same flags, it goes on where it stopped; with a file that has " +
			"changed since, a new run knows what this one has done: " + report.Command(r.run.Command, words...)
		if !hasFiles(r.run) {
			hint = nextSync
		}
		return stopf(importer.Broken, hint, "run %s %s", r.run.ID, notEnded)
	}
	return r.write(ctx, runs)
}

const (
	notEnded = "has not ended: it is still going on, or it was killed"
	nextSync = "the next sync revokes those who are left"
)

// hasFiles reports whether a run was begun, and by somebody: a revocation with a source is part of a sync.
func hasFiles(run ledger.Run) bool {
	return run.Outcome != ledger.Held && (run.Command != "revoke" || run.Source == "")
}

// chooseRun returns the run in l whose id begins so; for "" the one that was at work last of those that fit.
func (p *program) chooseRun(ctx context.Context, l *ledger.Ledger, id string, fits func(ledger.Run) bool) (
	ledger.Run, error) {
	runs, err := l.Runs(ctx)
	if i := slices.IndexFunc(runs, fits); id == "" && i >= 0 {
		id = runs[i].ID
	}
	run, runErr := l.Run(ctx, id)
	if err = cmp.Or(err, runErr); err != nil {
		list := report.Command("report", append([]string{"--list"}, p.flagArgs(ledgerFlagNames...)...)...)
		err = stopf(importer.Broken, list+" shows the runs", "%w", err)
	}
	return run, err
}

// pruneRuns needs the ledger for itself, but neither credentials nor a client.
func (r *reporting) pruneRuns(ctx context.Context) error {
	days, err := strconv.ParseUint(strings.TrimSuffix(r.prune, "d"), 10, 16)
	if err != nil || !strings.HasSuffix(r.prune, "d") {
		return usagef("for example --prune 90d", "--prune %q is not a number of days", r.prune)
	}
	if err := r.openLedger(ctx, &r.site, ledger.Open); err != nil {
		return err
	}
	pruned, err := r.site.ledger.Prune(ctx, time.Now().AddDate(0, 0, -int(days)))
	if err == nil {
		fmt.Fprintf(r.Out, "%s forgotten; accounts are kept.\n", text.Counted(pruned, "run is", "runs are"))
	}
	return err
}

// write writes the files of the run again; all are the runs of the ledger.
func (r *reporting) write(ctx context.Context, all []ledger.Run) (err error) {
	if err := cmp.Or(json.Unmarshal(r.run.Summary, &r.summary), r.nameFiles(all)); err != nil {
		return err
	}
	r.summary.SiteFlags, r.summary.LedgerFlags = r.flagArgs(siteFlagNames...), r.flagArgs(ledgerFlagNames...)
	r.summary.RunID, r.summary.Page = r.run.ID, r.out.page
	var findings *page.Findings
	if r.run.Outcome != ledger.Held {
		if findings, err = r.rewrite(ctx); err != nil {
			return err
		}
	}
	r.unnameFiles()
	var trace *page.Trace
	_ = json.Unmarshal(r.run.Trace, &trace) // of a run that was refused there is none
	if err := r.out.write(r.run.Source, page.Page{Summary: r.summary, Trace: trace, Findings: findings}); err != nil {
		return err
	}
	if r.out.summary == stdout {
		if _, err := r.Out.Write(r.summary.JSON()); err != nil {
			return err
		}
	}
	r.console.Totals(r.summary)
	return asExit(r.run.ExitCode)
}

// nameFiles settles which files are written, by flags or else by the run: no run's input, and no later run's results.
func (r *reporting) nameFiles(all []ledger.Run) error {
	switch held, named := r.run.Outcome == ledger.Held, cmp.Or(r.out.results, r.out.failed, r.out.page); {
	case held && named != "":
		return usagef("leave the files of rows out; --summary PATH writes why",
			"run %s was held back before its first row: it has no rows to write", r.run.ID)
	case !held && cmp.Or(named, r.out.summary) == "":
		r.unnamed, r.out.results, r.out.failed = true, r.summary.Results, r.summary.Failed
		if r.out.results == "" {
			return usagef("name them with --results PATH and --failed PATH",
				"run %s could not write its results, so it is not known where they belong", r.run.ID)
		}
	}
	var inUse []namedFile
	for _, run := range all {
		inUse = append(inUse, namedFile{"the input of run " + run.ID, run.Input})
		if run.StartedAt.After(r.run.StartedAt) {
			var summary report.Summary
			_ = json.Unmarshal(run.Summary, &summary) // of a run that has not ended there is none
			inUse = append(inUse, namedFile{"the results of run " + run.ID + ", which came later", summary.Results})
		}
	}
	if err := r.checkOutputs(&r.site, &r.out, inUse...); err != nil {
		return err
	}
	return writable(r.out.files())
}

// unnameFiles takes files out of the summary that may be another run's: not written here, and changed since or gone.
func (r *reporting) unnameFiles() {
	s, leavers := &r.summary, cmp.Or(r.summary.Leavers, &report.LeaverTotals{})
	for path, written := range map[*string]string{&s.Results: r.out.results, &s.Failed: r.out.failed,
		&leavers.Path: "", &leavers.Results: ""} {
		info, err := os.Stat(*path)
		if written == "" && (err != nil || info.ModTime().Truncate(time.Millisecond).After(r.run.FinishedAt)) {
			*path = ""
		}
	}
}

// rewrite writes results, failed rows and page: with the columns of an unchanged input, else with what the ledger has.
func (r *reporting) rewrite(ctx context.Context) (*page.Findings, error) {
	survey, err := r.surveyInput(ctx)
	rows := survey.All
	if err != nil {
		survey, rows = &export.Survey{Header: []string{"email", "name"}, Width: 2}, r.rowsSent
		switch {
		case r.run.Command == "undo", cmp.Or(r.out.results, r.out.failed, r.out.page) == "":
		case r.unnamed:
			return nil, stopf(importer.Broken,
				"to write what the ledger knows of the rows that were sent, add --results PATH",
				"the files of run %s stay as they are, as only its input has all that is in them: %w", r.run.ID, err)
		default:
			r.console.Log.Warn("the results have only address and name, and only the rows that were sent",
				"why", err.Error())
		}
	}
	written, err := report.ReadFailedFiles(r.site.failedFilesPath, r.run.Input, r.out.failed == r.summary.Failed)
	if err != nil {
		return nil, err
	}
	written.Batch, written.InUse = written.Last(r.out.failed).Batch, r.inUse(&r.site, r.out, r.run.Input)
	files := &rowFiles{out: &r.out, survey: survey, access: r.summary.Access != nil, failedFiles: written}
	now, err := files.rewrite(ctx, r.site.ledger, r.run, r.summary.Resent, rows(ctx))
	if err != nil {
		return nil, err
	}
	r.summary.Results = cmp.Or(r.out.results, r.summary.Results)
	none := "There is no failed file: the rows that were not sent are only in the input."
	if now.CheckComplete(r.summary.Rows.Read) == nil {
		r.summary.Rows.Totals, none = now, "There is no failed file: no row of this run needs fixing any more."
	}
	if r.out.failed != "" {
		r.summary.Failed, r.summary.Kept = files.failedPath, files.keptPath
		if r.summary.Failed == "" {
			r.console.ShowText(none + "\n")
		}
	}
	return files.findings, nil
}

// surveyInput reads the run's input again, with the flags of the run.
func (r *reporting) surveyInput(ctx context.Context) (*export.Survey, error) {
	if isStdin(r.run.Input) {
		return nil, errors.New("the input was stdin")
	}
	var read readFlags
	err := json.Unmarshal([]byte(r.run.Choices), &read)
	options, optionsErr := read.options()
	if err := cmp.Or(err, optionsErr); err != nil {
		return nil, err
	}
	file, err := export.Open(ctx, r.run.Input, nil)
	if err != nil {
		return nil, err
	}
	r.site.closers = append(r.site.closers, file.Close)
	options.NeedAccounts = r.run.Command == "revoke"
	survey, err := file.Survey(ctx, options)
	if err == nil && survey.SHA256 != r.run.InputSHA256 {
		err = fmt.Errorf("the input %s has changed", r.run.Input)
	}
	return survey, err
}

// rowsSent are the rows that the ledger itself remembers.
func (r *reporting) rowsSent(ctx context.Context) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for o, err := range r.site.ledger.Outcomes(ctx, r.run.Seq, importer.Revokes(r.run.Command), 0) {
			if !yield(importer.RowOf(o), err) || err != nil {
				return
			}
		}
	}
}
