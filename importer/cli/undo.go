package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
)

// undoWork is what undo does within a run: a revocation whose rows are those that another run created.
type undoWork struct{ revokeWork }

func (p *program) undoCommand() *cobra.Command {
	w := &undoWork{}
	cmd, _ := p.runCommand("undo [RUN]", cobra.MaximumNArgs(1), w)
	w.register(cmd.Flags())
	return cmd
}

func (w *undoWork) plan(ctx context.Context, r *run) (*importer.Plan, error) {
	undone, err := undoable(ctx, r.site.ledger, r.undone)
	if err != nil {
		return nil, stopf(importer.Broken, "jsm-onboard report --list shows the runs", "%w", err)
	}
	r.flags.out.results = cmp.Or(r.flags.out.results, r.stem(undone.Input)+".undone.csv")
	if err := r.apart(r.site, &r.flags.out); err != nil {
		return nil, err
	}
	if err := w.ready(ctx, r); err != nil {
		return nil, err
	}
	plan, err := importer.PlanUndo(ctx, r.site.ledger, undone)
	if plan != nil {
		r.input = plan.Run.Input
	}
	return plan, err
}

// undoable is the run that is meant; id "": the last one.
func undoable(ctx context.Context, l *ledger.Ledger, id string) (ledger.Run, error) {
	if id != "" {
		return l.Run(ctx, id)
	}
	runs, err := l.Runs(ctx)
	if err != nil {
		return ledger.Run{}, err
	}
	for _, run := range runs {
		ended := run.Outcome == ledger.Complete || run.Outcome == ledger.Stopped
		if ended && (run.Command == "import" || run.Command == "sync") {
			return run, nil
		}
	}
	return ledger.Run{}, errors.New("the ledger has no import or sync that could be undone")
}
