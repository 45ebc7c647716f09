package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
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
	cmd := p.command("report [RUN]", func(cmd *cobra.Command, args []string) error {
		return p.runReport(cmd.Context(), f, strings.Join(args, ""))
	})
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "")
	flags.StringVar(&f.prune, "prune", "", "")
	f.out.register(flags)
	f.out.registerRows(flags)
	flags.StringVar(&f.site.ledger, "ledger", "", "")
	flags.StringVar(&f.site.site, "site", "", "")
	return cmd
}

// check refuses flags that cannot be used together: what forgets or lists runs writes no files.
func (f *reportFlags) check(id string) error {
	instead, other := "", cmp.Or(id, f.out.results, f.out.failed, f.out.summary, f.out.page)
	if f.list {
		instead = "--list"
	}
	if f.prune != "" {
		instead, other = "--prune", cmp.Or(instead, other)
	}
	if instead != "" && other != "" {
		return usagef("leave one of them out", "%s and %s cannot be used together", instead, other)
	}
	return f.out.check()
}

func (p *program) runReport(ctx context.Context, f *reportFlags, id string) error {
	if err := f.check(id); err != nil {
		return err
	}
	s, err := p.findSite(&f.site)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.prune != "" {
		return p.prune(ctx, s, f.prune)
	}
	if err := p.openLedger(ctx, s, true); err != nil {
		return err
	}
	runs, err := s.ledger.Runs(ctx)
	if err != nil {
		return err
	}
	if f.list {
		return p.show(report.RunList(runs, isTerminal(p.Out)))
	}
	run, err := s.ledger.Run(ctx, cmp.Or(id, newest(runs)))
	if err != nil {
		return stopf(importer.Broken, "jsm-onboard report --list shows the runs", "%w", err)
	}
	if run.Outcome == "" {
		return stopf(importer.Broken, "run its command again with the same flags, it goes on where it stopped: "+
			report.Command(run.Command, append([]string{report.Shown(run.Input)}, p.again(siteFlagNames...)...)...),
			"run %s has not ended: it is still going on, or it was killed", run.ID)
	}
	r := &reportRun{program: p, out: &f.out, site: s, run: run}
	return r.write(ctx, runs)
}

// prune needs the ledger for itself, but neither credentials nor a client.
func (p *program) prune(ctx context.Context, s *site, age string) error {
	days, err := strconv.ParseUint(strings.TrimSuffix(age, "d"), 10, 16)
	if err != nil || !strings.HasSuffix(age, "d") {
		return usagef("for example --prune 90d", "--prune %q is not a number of days", age)
	}
	l, err := ledger.Open(ctx, s.ledgerPath, s.url)
	if err != nil {
		return err
	}
	defer l.Close()
	pruned, err := l.Prune(ctx, time.Now().AddDate(0, 0, -int(days)))
	if err == nil {
		fmt.Fprintf(p.Out, "%s forgotten; accounts are kept.\n", text.Counted(pruned.Runs, "run is", "runs are"))
	}
	return err
}

// newest is the newest run that somebody has begun and that has files to write; "": there is none.
func newest(runs []ledger.Run) string {
	for _, run := range runs {
		bySync := run.Command == "revoke" && run.Source != ""
		if run.Outcome != ledger.Held && !bySync {
			return run.ID
		}
	}
	return ""
}
