package cli

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// syncWork is what sync does within a run: an import, and what follows it.
type syncWork struct {
	importWork
	revokeLeavers bool
	maxRevoke     importer.Limit
	roster        *importer.Roster
	first         bool // the source has had no complete run
}

func (p *program) syncCommand() *cobra.Command {
	w := &syncWork{}
	cmd, r := p.runCommand("sync FILE", w)
	flags := cmd.Flags()
	w.register(flags, r)
	flags.StringVar(&r.source, "source", "", "")
	flags.StringVar(&r.flags.out.leavers, "leavers", "", "")
	flags.BoolVar(&w.revokeLeavers, "revoke-leavers", false, "")
	flags.TextVar(&w.maxRevoke, "max-revoke", importer.Limit{Percent: 5, AtLeast: 1, Set: true}, "")
	flags.TextVar(&w.guards.MaxShrink, "max-shrink", importer.Limit{Percent: 20, Set: true}, "")
	flags.StringArrayVar(&w.options.Require, "require-email", nil, "")
	w.guards.MaxInvalid = importer.Limit{Percent: 50, Set: true}
	w.guards.MaxCreates = importer.Limit{Percent: 20, AtLeast: leastErrors, Set: true}
	return cmd
}

func (w *syncWork) check(r *run) error {
	if isStdin(r.path) {
		r.source = cmp.Or(r.source, "stdin")
	}
	r.source = cmp.Or(r.source, filepath.Base(r.path))
	if shrink := w.guards.MaxShrink; shrink.Percent == 0 && shrink.Rows > 0 {
		return usagef("for example --max-shrink 20%", "--max-shrink %s is not a percentage", shrink)
	}
	for _, address := range w.options.Require {
		if _, ok := export.Key(address); !ok {
			return usagef("give an address that is in every complete export, such as your own",
				"--require-email %q is not an e-mail address", address)
		}
	}
	return w.importWork.check(r)
}

// guard measures the plan by the last complete run of the source, too.
func (w *syncWork) guard(ctx context.Context, r *run) error {
	last, err := r.site.ledger.LastComplete(ctx, r.source)
	if err != nil {
		return err
	}
	summary, err := summaryOf(last)
	if err != nil {
		return err
	}
	w.first = last.Seq == 0
	w.guards.Last, w.guards.People = summary.Rows.Read-summary.Rows.Of(outcome.Duplicate), true
	w.guards.Members, w.guards.Left, err = importer.CountMissing(ctx, r.site.ledger, r.source, r.plan.Survey)
	if err != nil {
		return err
	}
	return w.importWork.guard(ctx, r)
}

// outlook also says that a source is new.
func (w *syncWork) outlook(r *run, o *report.Outlook) {
	if w.first {
		o.Notes = append(o.Notes, "Source "+r.source+": this is its first sync, so nobody can be a leaver yet.")
	}
	w.importWork.outlook(r, o)
}

func (w *syncWork) begin(ctx context.Context, r *run, o importer.Options) *importer.Run {
	w.roster = importer.OpenRoster(context.WithoutCancel(ctx), r.site.ledger, r.plan.Run, r.plan.Survey)
	r.see = w.roster.See
	r.after = func(ctx context.Context, end *importer.End) { w.after(ctx, r, end) }
	return w.importWork.begin(ctx, r, o)
}

// after lists the leavers of a run that went through all of its rows, and revokes their access when that was asked
// for. The source changes in the ledger with the end of the run.
func (w *syncWork) after(ctx context.Context, r *run, end *importer.End) {
	if stop := w.roster.Close(); stop != nil && end.Stop == nil {
		end.Stop = stop
	}
	r.leavers = &report.LeaverTotals{Held: "the run stopped before its last row, so it is not known who has left"}
	if end.Stop != nil {
		return
	}
	if err := w.list(context.WithoutCancel(ctx), r); err != nil {
		end.Stop = explain(err)
		r.leavers = &report.LeaverTotals{Held: "they could not be listed: " + end.Stop.What}
		return
	}
	if !w.revokeLeavers || r.leavers.Revoke+r.leavers.Review == 0 {
		return
	}
	if err := w.revoke(ctx, r); err != nil {
		r.listed.Stop = explain(err)
		r.leavers.Held = r.listed.Stop.What
	}
}

// list writes the list of leavers.
func (w *syncWork) list(ctx context.Context, r *run) error {
	leavers, err := importer.LeaversOf(ctx, r.site.ledger, r.plan.Run, w.roster)
	if err != nil {
		return err
	}
	r.leavers = &report.LeaverTotals{Path: r.flags.out.leavers}
	for _, one := range leavers {
		if one.Action == importer.ActionRevoke {
			r.leavers.Revoke++
		} else {
			r.leavers.Review++
		}
	}
	return report.WriteLeavers(r.flags.out.leavers, r.plan.Survey, leavers)
}

// revoke revokes those on the list, as a run within the run that has listed them.
func (w *syncWork) revoke(ctx context.Context, r *run) error {
	if n := r.plan.Survey.NoAddress; n > 0 {
		return stopf(importer.Guarded, "fix those rows in the export; they are in "+report.Shown(r.flags.out.failed),
			"nobody was revoked: the address of %s could not be read, and these may be people on the list",
			text.Counted(n, "row", "rows"))
	}
	v := &revokeWork{maxRevoke: w.maxRevoke, listedBy: &r.plan.Run}
	listed := &run{program: r.program, flags: r.flags, work: v, site: r.site, recorder: r.recorder}
	listed.flags.out = outputFlags{results: r.flags.out.revoked}
	var err error
	if listed.file, err = export.Open(ctx, r.flags.out.leavers, nil); err != nil {
		return err
	}
	defer listed.file.Close()
	if listed.plan, err = v.plan(ctx, listed); err != nil {
		return err
	}
	err = v.guard(ctx, listed)
	if stop, ok := errors.AsType[*importer.Stop](err); ok {
		allow := []string{r.flags.out.leavers, "--max-revoke", strconv.Itoa(listed.plan.Create)}
		stop.Hint = "look at " + report.Shown(allow[0]) + "; if it is right, revoke their access once with:\n" +
			report.Command("revoke", append(allow, r.again(siteFlagNames...)...)...)
	}
	if err != nil {
		return err
	}
	end, err := listed.carryOut(ctx)
	if err != nil {
		return err
	}
	pace := listed.pace()
	counted := report.Rows{Read: end.Rows, Statuses: outcome.RevokeStatuses(), Totals: end.Totals}
	r.leavers.Rows, r.leavers.Results = &counted, r.flags.out.revoked
	r.leavers.Sent, r.leavers.Throttled = pace.Sent, pace.Refused
	if r.listed = end; end.Stop != nil {
		return end.Stop
	}
	return nil
}
