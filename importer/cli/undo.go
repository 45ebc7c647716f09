package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// undoWork is what undo does within a run: a revocation whose rows are those that another run created.
type undoWork struct{ revokeWork }

func (p *program) undoCommand() *cobra.Command {
	w := &undoWork{}
	cmd, r := p.runCommand("undo [RUN]", w)
	r.site.noNewLedger = true
	cmd.Flags().TextVar(&w.maxRevoke, "max-revoke", importer.Limit{Floor: 1}, "")
	return cmd
}

func (w *undoWork) plan(ctx context.Context, r *run) (*importer.Plan, error) {
	undone, err := r.chooseRun(ctx, r.site.ledger, r.undoID, mayHaveCreated)
	switch {
	case err != nil:
		return nil, err
	case undone.Outcome == "" && r.undoID == "":
		return nil, stopf(importer.Broken, "run its command again to finish it, or undo what it has done so far:\n"+
			report.Command("undo", append([]string{undone.ID}, r.flagArgs(siteFlagNames...)...)...),
			"the last run (%s of %s) %s", undone.Command, undone.Input, notEnded)
	}
	r.input = undone.Input
	r.out.results = cmp.Or(r.out.results, r.stem(r.input)+".undone.csv")
	if err := r.checkOutputs(r.site, &r.out, namedFile{"the input", r.input}); err != nil {
		return nil, err
	}
	if err := w.finishLookUps(ctx, r); err != nil {
		return nil, err
	}
	return importer.PlanUndo(ctx, r.site.ledger, undone)
}

// mayHaveCreated reports whether a run may have created customers.
func mayHaveCreated(run ledger.Run) bool {
	return (run.Command == "import" || run.Command == "sync") && run.Outcome != ledger.Held
}
