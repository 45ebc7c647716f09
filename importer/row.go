package importer

import (
	"cmp"
	"context"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A request is what one row asks of the site.
type request struct {
	row       *export.Row
	revoke    bool   // it revokes access
	otherwise Result // when the run stops before the row
	// send makes the call and returns the account's id, "" when it is not known.
	send func(context.Context, apiclient.Record) (string, apiclient.Call, error)
	// judge reads the answer. NotAttempted: nothing was done, and the row is sent when the run goes on.
	judge func(context.Context, apiclient.Call, error) (ledger.Entry, *Stop)
}

// carriedOut is the way of one row, from top to bottom: permit and attempt on record within the call, the answer
// judged, the outcome on record, the result.
func (r *Run) carriedOut(q request) func(context.Context) (Result, *Stop) {
	return func(ctx context.Context) (Result, *Stop) {
		var broken error // of the ledger
		withdraw := func() error {
			broken = r.ledger.Withdraw(ctx, r.plan.Run.Seq, q.row.Number, q.revoke)
			return broken
		}
		id, call, err := q.send(ctx, apiclient.Record{Undone: withdraw, Before: func() error {
			broken = r.ledger.Begin(context.WithoutCancel(ctx), r.plan.Run.Seq, q.attempt())
			return broken
		}})
		if broken != nil {
			return q.otherwise, brokenLedger(broken)
		}
		e, stop := q.judge(ctx, call, err)
		if e.Account != ledger.MarkGone { // a deleted account is no refusal
			stop = cmp.Or(stop, r.rules.after(e.Status, err))
		}
		if e.Status == outcome.NotAttempted {
			return q.otherwise, cmp.Or(stop, brokenLedger(withdraw()))
		}
		e.AccountID = cmp.Or(e.AccountID, id)
		result, failed := r.settle(ctx, q, e, call)
		return result, cmp.Or(stop, failed)
	}
}

func (q request) attempt() ledger.Attempt {
	return ledger.Attempt{Row: q.row.Number, Revoke: q.revoke, Key: q.row.Key, Email: q.row.Email, Name: q.row.Name,
		ExternalID: q.row.ExternalID}
}

// settle puts what became of a row on record; the result is handed out when it is on disk.
func (r *Run) settle(ctx context.Context, q request, e ledger.Entry, call apiclient.Call) (Result, *Stop) {
	name := cmp.Or(e.Name, q.row.Name)
	e.Outcome = identified(q.row, e.Outcome)
	e.Revoke, e.Name, e.HTTPStatus, e.Attempts = q.revoke, name, call.Status, call.Attempts
	err := r.ledger.Settle(ctx, r.plan.Run.Seq, e)
	stop := brokenLedger(err)
	switch {
	case err != nil:
		e.Status, e.Reason = outcome.Unknown, outcome.ReasonNotRecorded
	case e.LookUp && e.Status == outcome.Conflict:
		// other look-ups come after the rows: new accounts are not found at once
		e.Outcome, stop = r.lookUp(ctx, ledger.OpenLookUp{Run: r.plan.Run.Seq, Outcome: e.Outcome, Settled: time.Now()})
	}
	result := resultOf(q.row, e.Outcome)
	result.Lost, result.Took = call.Lost, call.Took
	return result, stop
}
