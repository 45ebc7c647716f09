package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
)

// undoWork is what undo does within a run: a revocation whose rows are those that another run created.
type undoWork struct{ revokeWork }

func (p *program) undoCommand() *cobra.Command {
	w := &undoWork{}
	cmd, _ := p.runCommand("undo [RUN]", w)
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

// undoable is the run that is meant; id "": the last one. A newer one that was killed has to be named.
func undoable(ctx context.Context, l *ledger.Ledger, id string) (ledger.Run, error) {
	if id != "" {
		return l.Run(ctx, id)
	}
	runs, err := l.Runs(ctx)
	if err != nil {
		return ledger.Run{}, err
	}
	for _, run := range runs {
		if run.Command != "import" && run.Command != "sync" || run.Outcome == ledger.Held {
			continue
		}
		if run.Outcome == "" {
			err = fmt.Errorf("the last run (%s of %s) was killed before it had finished: run its command again to "+
				"finish it, or say which run is meant: jsm-onboard undo %s", run.Command, run.Input, run.ID)
		}
		return run, err
	}
	return ledger.Run{}, errors.New("the ledger has no import or sync that could be undone")
}
