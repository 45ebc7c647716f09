package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jsm-onboard/importer"
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
has changed, the results have address and name alone.

Without a flag that names a file, results and rows to mend are written where the
run wrote them; those of a later run are never overwritten. With --page or
--summary alone, nothing else is written.`,
		Example: `  jsm-onboard report --list
  jsm-onboard report 9807e938 --results again.csv
  jsm-onboard report --prune 90d`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := longDash(args); err != nil {
				return err
			}
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
		g.StringVar(&f.failed, "failed", "", "`PATH` of the rows to mend (default: beside --results, or where the run wrote them)")
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
	fmt.Fprintf(p.Out, "%s and %s are forgotten; accounts are kept.\n", importer.Counted(pruned.Runs, "run", "runs"), importer.Counted(pruned.Outcomes, "outcome", "outcomes"))
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
