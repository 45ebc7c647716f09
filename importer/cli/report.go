package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
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
}

func (p *program) reportCommand() *cobra.Command {
	r := &reporting{program: p}
	cmd := p.command("report [RUN]", func(cmd *cobra.Command, args []string) error {
		id := strings.Join(args, "")
		if err := r.check(id); err != nil {
			return err
		}
		defer r.site.Close()
		if err := p.findSite(&r.site); err != nil {
			return err
		}
		return r.do(cmd.Context(), id)
	})
	flags := cmd.Flags()
	flags.BoolVar(&r.list, "list", false, "")
	flags.StringVar(&r.prune, "prune", "", "")
	r.out.register(flags)
	r.out.registerRows(flags)
	r.site.registerLedger(flags)
	return cmd
}

// check refuses flags that cannot be used together: what forgets or lists runs writes no files.
func (r *reporting) check(id string) error {
	instead, other := "", cmp.Or(id, r.out.results, r.out.failed, r.out.summary, r.out.page)
	if r.list {
		instead = "--list"
	}
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
		return r.forget(ctx)
	}
	if err := r.openLedger(ctx, &r.site, true); err != nil {
		return err
	}
	runs, err := r.site.ledger.Runs(ctx)
	if err != nil {
		return err
	}
	if r.list {
		return r.show(report.RunList(runs, isTerminal(r.Out)))
	}
	if r.run, err = r.site.chooseRun(ctx, id, hasFiles); err != nil {
		return err
	}
	if r.run.Outcome == "" {
		return stopf(importer.Broken, "run its command again with the same flags, it goes on where it stopped: "+
			report.Command(r.run.Command, append([]string{report.Shown(r.run.Input)}, r.again(siteFlagNames...)...)...),
			"run %s has not ended: it is still going on, or it was killed", r.run.ID)
	}
	return r.write(ctx, runs)
}

// hasFiles reports whether somebody has begun a run, and it has files to write.
func hasFiles(run ledger.Run) bool {
	bySync := run.Command == "revoke" && run.Source != ""
	return run.Outcome != ledger.Held && !bySync
}

// chooseRun returns the run whose id begins so; for "" the newest that fits.
func (s *site) chooseRun(ctx context.Context, id string, fits func(ledger.Run) bool) (run ledger.Run, err error) {
	if id == "" {
		runs, err := s.ledger.Runs(ctx)
		if err != nil {
			return run, err
		}
		if i := slices.IndexFunc(runs, fits); i >= 0 {
			return runs[i], nil
		}
	}
	if run, err = s.ledger.Run(ctx, id); err != nil {
		err = stopf(importer.Broken, "jsm-onboard report --list shows the runs", "%w", err)
	}
	return run, err
}

// forget needs the ledger for itself, but neither credentials nor a client.
func (r *reporting) forget(ctx context.Context) error {
	days, err := strconv.ParseUint(strings.TrimSuffix(r.prune, "d"), 10, 16)
	if err != nil || !strings.HasSuffix(r.prune, "d") {
		return usagef("for example --prune 90d", "--prune %q is not a number of days", r.prune)
	}
	if err := r.openLedger(ctx, &r.site, false); err != nil {
		return err
	}
	pruned, err := r.site.ledger.Prune(ctx, time.Now().AddDate(0, 0, -int(days)))
	if err == nil {
		fmt.Fprintf(r.Out, "%s forgotten; accounts are kept.\n", text.Counted(pruned.Runs, "run is", "runs are"))
	}
	return err
}
