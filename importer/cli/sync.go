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
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// syncWork is what sync does within a run: an import, and what follows it.
type syncWork struct {
	importWork
	revokeLeavers bool
	maxRevoke     importer.Limit
	leavers       report.LeaverTotals // as the plan has them
}

func (p *program) syncCommand() *cobra.Command {
	w := &syncWork{}
	cmd, r := p.runCommand("sync FILE", w)
	flags := cmd.Flags()
	w.register(flags, r)
	flags.StringVar(&r.source, "source", "", "")
	flags.StringVar(&r.out.leavers, "leavers", "", "")
	flags.BoolVar(&w.revokeLeavers, "revoke-leavers", false, "")
	flags.TextVar(&w.maxRevoke, "max-revoke", importer.Limit{Percent: 5, Floor: 1, Unit: importer.Share}, "")
	flags.TextVar(&w.guards.MaxShrink, "max-shrink", importer.Limit{Percent: 20, Floor: 2, Unit: importer.Share}, "")
	flags.StringArrayVar(&r.planOptions.Require, "require-email", nil, "")
	w.guards.MaxInvalid = importer.Limit{Percent: 50, Unit: importer.Share}
	w.guards.MaxCreates = importer.Limit{Percent: 20, Floor: leastErrors, Unit: importer.Share}
	w.guards.MaxRenames = importer.Limit{Percent: 10, Floor: leastRenames, Unit: importer.Share}
	return cmd
}

func (w *syncWork) check(r *run) error {
	r.source = cmp.Or(r.source, map[bool]string{true: "stdin"}[isStdin(r.path)], filepath.Base(r.path))
	if shrink := w.guards.MaxShrink; shrink.Unit != importer.Share {
		return usagef("for example --max-shrink 20%", "--max-shrink %s is not a percentage", shrink)
	}
	for i, address := range r.planOptions.Require {
		if _, ok := export.Key(address); !ok {
			return usagef("give the address of somebody who must be in every export",
				"number %d of --require-email is not an address", i+1)
		}
	}
	r.out.leavers = cmp.Or(r.out.leavers, r.stem(r.path)+".leavers.csv")
	r.out.revoked = export.Stem(r.out.leavers) + ".revoked.csv"
	return w.importWork.check(r)
}

// guard also finds out who has left.
func (w *syncWork) guard(ctx context.Context, r *run) error {
	if err := w.importWork.guard(ctx, r); err != nil {
		return err
	}
	leavers, err := r.plan.Roster.Leavers(ledger.Run{})
	if w.leavers = report.CountLeavers(leavers); w.revokeLeavers && (r.plan.Roster.Held || w.leavers.Revoke > 0) {
		r.revocationErr = w.checkRevocation(r)
	}
	if creates, _ := r.plannedRequests(); w.revokeLeavers && r.revocationErr == nil && creates == r.plan.Create {
		w.revokes = w.leavers.Revoke - r.plan.Roster.Revoked
	}
	return err
}

// checkRevocation returns why none of the leavers would be revoked; nil: they would be.
func (w *syncWork) checkRevocation(r *run) error {
	if why := r.plan.Roster.Hold(); why != "" {
		return stopf(importer.Guarded, "make the export again, or fix its rows, or import "+
			report.Shown(r.runOptions.FailedPath)+", fixed", "nobody is revoked: %s", why)
	}
	err := r.plan.Roster.CheckRevocation(w.leavers.Revoke, w.maxRevoke)
	if stop, ok := errors.AsType[*importer.Stop](err); ok {
		list := []string{r.out.leavers, "--max-revoke", strconv.Itoa(w.leavers.Revoke)}
		stop.Hint = "listed in " + report.Shown(list[0]) + "; if it is right, revoke their access once with:\n" +
			report.Command("revoke", append(list, r.flagArgs(siteFlagNames...)...)...)
	}
	return err
}

// addDetails also says that a source is new, or how many people have left it.
func (w *syncWork) addDetails(r *run, o *report.PlanDetails) {
	o.NoteIf(r.plan.Roster.Members == 0, "Source "+r.source+": this is its first sync, so nobody can be a leaver yet.")
	o.Leavers, o.Revoke = w.leavers, w.revokes
	if r.revocationErr != nil {
		o.Leavers.Held = asStop(r.revocationErr).What
	}
	w.importWork.addDetails(r, o)
}

// list writes the list of leavers, if the run went through all of its rows.
func (w *syncWork) list(r *run, end *importer.End) {
	r.leavers = &report.LeaverTotals{Held: "the run stopped before its end, so it is not known who has left"}
	if end.Stop != nil {
		return
	}
	leavers, err := r.plan.Roster.Leavers(r.plan.Run)
	if err == nil {
		err = report.WriteLeavers(r.out.leavers, r.plan.Survey, leavers)
	}
	if err != nil {
		end.Stop = asStop(err)
		r.leavers.Held = "they could not be listed: " + end.Stop.What
		return
	}
	totals := report.CountLeavers(leavers)
	r.leavers, totals.Path = &totals, r.out.leavers
}

// revoke revokes those on the list of a complete sync, as the command revoke does, and reports whether there are any.
func (w *syncWork) revoke(ctx context.Context, r *run) bool {
	if !w.revokeLeavers || r.leavers.Revoke == 0 && r.revocationErr == nil {
		return false
	}
	child := r.newRevocation(importer.Limit{Rows: w.leavers.Revoke, Unit: importer.Number}) // as the plan has it
	err := cmp.Or(r.revocationErr, context.Cause(ctx))                                      // what the plan has shown, or Ctrl-C
	if err == nil {
		err = child.planAndRun(ctx)
	}
	if child.summary == nil {
		if codeOf(err) == int(importer.Interrupted) {
			err = stopf(importer.Interrupted, nextSync, "interrupted: nobody was revoked this time")
		}
		child.writeRefusal(ctx, err)
	}
	s := child.summary
	if r.revocation, r.leavers.Held = s, s.StopReason; s.Outcome != ledger.Held {
		r.leavers.Rows, r.leavers.Results = &s.Rows, s.Results
	}
	return true
}
