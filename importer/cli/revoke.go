package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// revokeWork is what revoke does within a run.
type revokeWork struct {
	maxRevoke importer.Limit
	ours      int // accounts that the ledger has as created
}

func (p *program) revokeCommand() *cobra.Command {
	w := &revokeWork{}
	cmd, r := p.runCommand("revoke FILE", w)
	cmd.Flags().TextVar(&w.maxRevoke, "max-revoke", importer.Limit{Floor: 1}, "")
	r.read.register(cmd.Flags())
	return cmd
}

// check refuses a revocation that nobody can agree to, and an undo at a site that has just begun.
func (w *revokeWork) check(r *run) error {
	if r.path != "" {
		r.out.results = cmp.Or(r.out.results, r.stem(r.path)+".revoked.csv")
	}
	switch {
	case r.path == "" && r.site.temporary:
		return usagef("start jsm-onboard sandbox, paste what it prints into another terminal, and leave --sandbox out "+
			"there, in the import and in the undo", "with --sandbox, each command has a new site: there is no run yet")
	case r.yes, r.dryRun, r.interactive():
		return nil
	}
	return usagef("look at the plan with --dry-run, then add --yes",
		"%s asks before it revokes access, and there is no terminal to ask on", r.command)
}

func (w *revokeWork) plan(ctx context.Context, r *run) (*importer.Plan, error) {
	if err := w.finishLookUps(ctx, r); err != nil {
		return nil, err
	}
	return importer.MakePlan(ctx, r.file, r.site.ledger, r.planOptions)
}

// finishLookUps resolves the look-ups that earlier runs left open, so that the plan knows these account ids.
func (w *revokeWork) finishLookUps(ctx context.Context, r *run) error {
	holdings, err := r.site.ledger.Holdings(ctx)
	w.ours = holdings.Ours
	if err != nil || r.site.client == nil {
		return err
	}
	if r.conn, err = r.site.connect(ctx, false); err != nil {
		return err
	}
	if stop := importer.LookUps(ctx, r.site.client, r.site.ledger); stop != nil {
		return stop
	}
	return nil
}

// guard refuses more than --max-revoke allows; without it what is most likely a mistake, unless somebody is asked.
func (w *revokeWork) guard(_ context.Context, r *run) error {
	if w.maxRevoke.Unit == "" && (r.dryRun || !r.yes) {
		return nil
	}
	return importer.CheckRevocation(r.plan, w.maxRevoke, w.ours)
}

func (w *revokeWork) addDetails(r *run, o *report.PlanDetails) {
	o.Rate = min(o.Rate, max(50, o.Rate/2)) // as the client paces it
	o.NoteIf(r.plan.Survey.Rows == 0, "The list of leavers is empty: there is nobody to revoke.")
	if p := r.plan; p.Create > 0 && (!p.IsLeaversList || p.NotOurs > 0 || p.Resent < p.Create) {
		o.Notes = append(o.Notes, "Access would be revoked for "+r.plan.RevokedShare(w.ours)+".")
	}
}

// confirm asks whether it is meant.
func (w *revokeWork) confirm(ctx context.Context, r *run) error {
	if r.yes || r.plan.Create == 0 {
		return nil
	}
	accounts := text.Counted(r.plan.Create, "account", "accounts")
	_, err := r.ask(ctx, "Revoke the portal access of "+accounts+" at "+r.site.url+"?", "yes", "no")
	return err
}
