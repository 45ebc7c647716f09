package importer

import (
	"cmp"
	"context"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// carryOut is the way of one row, from top to bottom: permit and attempt on record within the call, the answer judged,
// the outcome on record, the result.
func (r *Run) carryOut(ctx context.Context, t *task) (Result, *Stop) {
	if t.wants == 0 {
		return r.settle(ctx, t, ledger.Entry{Outcome: t.decided}, apiclient.Call{})
	}
	var broken error // of the ledger
	withdraw := func() error {
		broken = r.ledger.Withdraw(ctx, r.plan.Run.Seq, t.row.Number, r.revokes)
		return broken
	}
	id, call, err := r.send(ctx, t, apiclient.Record{Undone: withdraw, Before: func() error {
		attempt := ledger.Entry{Outcome: identified(t.row, outcome.Outcome{}), Revoke: r.revokes}
		broken = r.ledger.Begin(context.WithoutCancel(ctx), r.plan.Run.Seq, attempt)
		return broken
	}})
	if broken != nil {
		return t.result, brokenLedger(broken)
	}
	e, stop := r.judge(ctx, t, call, err)
	if e.Account != ledger.MarkGone { // a deleted account is no refusal
		stop = cmp.Or(stop, r.rules.after(e.Status, err))
	}
	if e.Status == outcome.NotAttempted {
		return t.result, cmp.Or(stop, brokenLedger(withdraw()))
	}
	e.AccountID = cmp.Or(e.AccountID, id)
	result, failed := r.settle(ctx, t, e, call)
	return result, cmp.Or(stop, failed)
}

// send makes the request that a row wants, and returns the account's id, "" when it is not known. A rename may be
// repeated, so no attempt of one goes on record.
func (r *Run) send(ctx context.Context, t *task, record apiclient.Record) (id string, call apiclient.Call, err error) {
	switch t.wants {
	case outcome.Created:
		var made apiclient.Account
		customer := apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}
		made, call, err = r.api.CreateCustomer(ctx, customer, record)
		return made.ID, call, err
	case outcome.Renamed:
		err = r.renames.try(func() (err error) {
			call, err = r.api.RenameCustomer(ctx, t.id, t.row.Name)
			return err
		})
	case outcome.Revoked:
		call, err = r.api.RevokePortalAccess(ctx, t.id, record)
	}
	return t.id, call, err
}

// judge reads the answer. NotAttempted: nothing was done, and the row is sent when the run goes on.
func (r *Run) judge(ctx context.Context, t *task, call apiclient.Call, err error) (ledger.Entry, *Stop) {
	switch t.wants {
	case outcome.Created:
		return r.afterCreate(ctx, t, judgeCreate(t.Lost != nil, call, err), call)
	case outcome.Renamed:
		return judgeRename(*t.Account, err), nil
	}
	return r.afterRevoke(ctx, t, judgeRevoke(t.Lost != nil, call, err))
}

// settle puts what became of a row on record; the result is handed out when it is on disk.
func (r *Run) settle(ctx context.Context, t *task, e ledger.Entry, call apiclient.Call) (Result, *Stop) {
	name := cmp.Or(e.Name, t.row.Name)
	e.Outcome = identified(t.row, e.Outcome)
	e.Revoke, e.Name, e.HTTPStatus, e.Attempts = r.revokes, name, call.Status, call.Attempts
	err := r.ledger.Settle(ctx, r.plan.Run.Seq, e)
	stop := brokenLedger(err)
	switch {
	case err != nil:
		e.Status, e.Reason = outcome.Unknown, outcome.ReasonNotRecorded
	case e.LookUp && e.Status == outcome.Conflict:
		// other look-ups come after the rows: new accounts are not found at once
		e.Outcome, stop = r.lookUp(ctx, ledger.OpenLookUp{Run: r.plan.Run.Seq, Outcome: e.Outcome, Settled: time.Now()})
	}
	result := resultOf(t.row, e.Outcome)
	result.Lost, result.Took = call.Lost, call.Took
	return result, stop
}
