package importer

import (
	"context"
	"iter"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// PlanUndo is the plan of revoking what a run has created, and nobody else. A *Stop is why there is nothing to undo.
func PlanUndo(ctx context.Context, l *ledger.Ledger, run ledger.Run) (*Plan, error) {
	cannot := "run " + run.ID + " cannot be undone: "
	if !run.Undone.IsZero() {
		return nil, newStop(Broken, nil, cannot+"it was undone on "+outcome.Day(run.Undone),
			"there is nothing left to revoke")
	}
	survey := &export.Survey{Header: []string{"email", "name"}, Width: 2}
	p := &Plan{Undoes: &run, Rows: undoRows(l, run.Seq), Survey: survey}
	job := ledger.Job{Command: "undo", Source: run.ID, Input: run.Input}
	err := p.decide(ctx, l, PlanOptions{Job: job})
	n := p.Create + p.Settled.Sum() + p.Finished.Sum()
	if err == nil && n == 0 {
		err = newStop(Broken, nil, cannot+"it has created nobody",
			"jsm-onboard report --list shows how many each run has created; name that run: jsm-onboard undo RUN")
	}
	survey.Records, survey.Rows, survey.Valid = n, n, n
	return p, err
}

// undoRows are the rows whose accounts a run has created, and after them those of which it is not known whether it did:
// these are left to a person.
func undoRows(l *ledger.Ledger, run int64) func(context.Context) iter.Seq2[*export.Row, error] {
	return func(ctx context.Context) iter.Seq2[*export.Row, error] {
		return func(yield func(*export.Row, error) bool) {
			n := 0
			next := func(o outcome.Outcome, own map[string]string, err error) bool {
				n++
				row := RowOf(o)
				row.Number, row.Own = n, own
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

// RowOf is a row that the ledger remembers, without the columns of its file.
func RowOf(o outcome.Outcome) *export.Row {
	return &export.Row{
		Number:     o.Row,
		Place:      export.Place{Row: o.SheetRow, Line: o.Line},
		Email:      o.Email,
		Name:       o.Name,
		ExternalID: o.ExternalID,
		AccountID:  o.AccountID,
		Key:        o.Key,
		Cells:      []string{o.Email, o.Name},
	}
}
