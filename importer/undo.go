package importer

import (
	"context"
	"iter"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// PlanUndo is the plan of revoking what a run has created, and nobody else: its rows come from the ledger. An
// *Stop says why there is nothing to undo.
func PlanUndo(ctx context.Context, l *ledger.Ledger, run ledger.Run) (*Plan, error) {
	if !run.Undone.IsZero() {
		return nil, refuseUndo(run, "it was undone on "+outcome.Day(run.Undone), "there is nothing left to revoke")
	}
	survey := &export.Survey{Header: []string{"email", "name"}, Width: 2}
	p := &Plan{Undoes: &run, Rows: undoRows(l, run.Seq), Survey: survey}
	if err := p.find(ctx, l, ledger.Job{Command: "undo", Source: run.ID, Input: run.Input}); err != nil {
		return nil, err
	}
	if err := p.decideAll(ctx, newRevocation(newRun(ctx, nil, l, p, Options{}))); err != nil {
		return nil, err
	}
	n := p.Create + p.Settled.Sum() + p.Finished.Sum()
	if n == 0 {
		return nil, refuseUndo(run, "it has created nobody",
			"jsm-onboard report --list shows how many each run has created; name that run: jsm-onboard undo RUN")
	}
	p.Survey.Records, p.Survey.Rows, p.Survey.Valid = n, n, n
	return p, nil
}

func refuseUndo(run ledger.Run, why, hint string) error {
	return newStop(Broken, nil, "run "+run.ID+" cannot be undone: "+why, hint)
}

// undoRows are the rows whose accounts a run has created, and after them those of which it is not known whether it did:
// these are left to a person.
func undoRows(l *ledger.Ledger, run int64) func(context.Context) iter.Seq2[*export.Row, error] {
	return func(ctx context.Context) iter.Seq2[*export.Row, error] {
		return func(yield func(*export.Row, error) bool) {
			n := 0
			next := func(o outcome.Outcome, own map[string]string, err error) bool {
				n++
				row := &export.Row{
					Number:     n,
					Place:      export.Place{Row: o.SheetRow, Line: o.Line},
					Email:      o.Email,
					Name:       o.Name,
					ExternalID: o.ExternalID,
					AccountID:  o.AccountID,
					Key:        o.Key,
					Cells:      []string{o.Email, o.Name},
					Own:        own,
				}
				return yield(row, err)
			}
			for o, err := range l.Created(ctx, run) {
				if !next(o, nil, err) {
					return
				}
			}
			maybe := map[string]string{"jsm_status": "review", "jsm_reason": outcome.ReasonMaybeCreated}
			for o, err := range l.Outcomes(ctx, run, false, 1) {
				unclear := o.Status == outcome.Unknown || o.Status == outcome.CreatedUnconfirmed
				if (unclear || err != nil) && !next(o, maybe, err) {
					return
				}
			}
		}
	}
}
