package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A task is one row to be worked through, with what the ledger has on it.
type task struct {
	ledger.History
	row       *export.Row
	accountID string         // of the account that is to be renamed or revoked
	result    Result         // what the row is if no worker does anything with it
	wants     outcome.Status // what a worker is to make of it: Created, Renamed or Revoked; 0: nothing
	why       string         // for another status, which is only recorded; "": a request is made
}

// tasks yields a task for each row. An error alone: rows cannot be read on; with a task: the ledger cannot be read.
func (r *Run) tasks(ctx context.Context, rows iter.Seq2[*export.Row, error]) iter.Seq2[*task, error] {
	decide := r.decideCreate
	if r.revokes {
		decide = r.decideRevocation
	}
	return func(yield func(*task, error) bool) {
		var batch []*export.Row
		decided := func() bool {
			tasks, err := r.recall(ctx, batch)
			batch = nil
			for i := range tasks {
				decide(&tasks[i])
				if !yield(&tasks[i], err) {
					return false
				}
			}
			return true
		}
		for row, err := range rows {
			if err != nil {
				_ = decided() && yield(nil, err) // the rows before it first
				return
			}
			if batch = append(batch, row); len(batch) == batchRows && !decided() {
				return
			}
		}
		decided()
	}
}

// recall makes tasks of rows, with what the ledger has on them, or in a replay, had at the end of the run.
func (r *Run) recall(ctx context.Context, rows []*export.Row) ([]task, error) {
	tasks, queries, run := make([]task, len(rows)), make([]ledger.Query, len(rows)), r.plan.Run
	notRead := outcome.Outcome{Status: outcome.Unknown, Reason: outcome.ReasonNotRead, Open: true}
	for i, row := range rows {
		tasks[i].row, tasks[i].Outcome = row, &notRead
		queries[i] = r.query(row)
	}
	found, err := r.ledger.Recall(ctx, run.Seq, r.revokes, queries)
	if err != nil {
		return tasks, err
	}
	for i, m := range found {
		o, a, now := cmp.Or(m.Outcome, &outcome.Outcome{}), cmp.Or(m.Account, &ledger.Account{}), r.endedAt.IsZero()
		later := func(at time.Time) bool { return !now && at.After(r.endedAt) }
		switch {
		case now && a.Gone && !r.revokes,
			later(a.At) && (a.FirstRun == a.Run || a.FirstRun >= run.Seq): // no earlier run knew it
			m.Account, a = nil, &ledger.Account{}
		case later(a.RevokedAt):
			a.RevokedAt = time.Time{} // it had its access then
		}
		if f := m.Fixed; f != nil && f.Name != f.Email && !rows[i].Mentions(f.Key, f.Name) {
			m.Fixed = nil // in the failed file, somebody else was put into its place
		}
		known, failed := m.Account != nil, o.Status == outcome.Failed && o.AccountID == "" // a create, and nothing else
		// What this run has made of the row before no longer counts if the run goes on, or something was done since.
		if now && run.Retry && o.Retry || // it stopped for a problem of the site
			(o.Open && !r.revokes || failed) && known && !a.Gone && !r.plan.Options.ResendKnown || // onboarded
			failed && now && m.Lost != nil || // perhaps onboarded
			onboarded(o.Status) && !a.RevokedAt.IsZero() || // revoked
			now && o.Status == outcome.Revoked && known && a.RevokedAt.IsZero() { // given access again
			m.Outcome = nil
		}
		tasks[i].History = m
	}
	return tasks, nil
}

// query is what the ledger is asked about a row: the account, by its id if there is no address; or customer and fix.
func (r *Run) query(row *export.Row) ledger.Query {
	if r.revokes {
		return ledger.Query{Row: row.Number, Key: row.Key, ID: row.AccountID}
	}
	q := ledger.Query{Row: row.Number, Source: r.plan.Run.Source}
	unique := row.DuplicateOf == export.Place{}
	if unique && row.Excluded == "" && row.Own == nil { // it may turn out to have been fixed and imported
		q.Fingerprint = fingerprint(row)
	}
	if unique && row.Sendable() {
		q.Key, q.ExternalID, q.Name, q.Further = row.Key, row.ExternalID, row.Name, row.Other
	}
	return q
}

// batchRows is how many rows the ledger is asked about at once.
const batchRows = 512

// decideCreate makes no request for rows that must not be sent or that this run has settled, and for known customers.
func (r *Run) decideCreate(t *task) {
	o, done := knownOutcome(t.row, t.History)
	switch a := t.Account; {
	case done:
	case a == nil || r.plan.Options.ResendKnown:
		t.wants = outcome.Created
	case !a.RevokedAt.IsZero():
		o.Status, o.AccountID = outcome.RevokedBefore, a.ID
		o.Reason = fmt.Sprintf(outcome.ReasonRevokedBefore, outcome.Day(a.RevokedAt)+a.Perhaps)
	default:
		o.Status, o.AccountID, o.Name, o.Reason = outcome.Known, a.ID, a.Name, outcome.ReasonKnown(a.Status, a.At)
		if nameChanged(t.row, *a) {
			why := outcome.ReasonNameChanged
			if !a.Ours() {
				why = outcome.ReasonOldName
			} else if r.plan.Options.UpdateNames && t.row.Own["jsm_row"] == "" { // else it may be mistyped
				t.wants, t.accountID = outcome.Renamed, a.ID
			}
			o.Reason = outcome.JoinReasons(o.Reason, fmt.Sprintf(why, a.Name))
		}
	}
	if t.result = resultOf(t.row, o); t.Fixed != nil {
		t.result.fixedKey = t.Fixed.Key
	}
}

// carryOut does one task, straight down: permit and attempt on record, the call, the judgement, the outcome on record.
func (r *Run) carryOut(ctx context.Context, t *task) Result {
	if t.why != "" {
		o := outcome.Outcome{Status: t.wants, Reason: t.why, AccountID: t.accountID, Retry: true}
		return r.settle(ctx, t, ledger.Entry{Outcome: o}, apiclient.Call{})
	}
	run, attempt := r.plan.Run.Seq, ledger.Entry{Outcome: t.result.Outcome, Revoke: r.revokes}
	var broken error // of the ledger
	id, call, err := r.send(ctx, t, apiclient.Hooks{BeforeSend: func() error {
		broken = r.ledger.Begin(context.WithoutCancel(ctx), run, attempt)
		return broken
	}, Withdraw: func() error {
		broken = r.ledger.Withdraw(ctx, run, attempt.Row, r.revokes)
		return broken
	}})
	if r.stop(brokenLedger(broken)); broken != nil {
		return t.result
	}
	e := judge(t.wants, t.Lost != nil, call, err)
	switch t.wants {
	case outcome.Created:
		e = r.afterCreate(t, e, call)
	case outcome.Renamed:
		e = judgeRename(*t.Account, call.Lost, err)
	case outcome.Revoked:
		e = r.afterRevoke(t, e, err)
	}
	switch _, off := errors.AsType[leftOut](err); {
	case off, e.Account == ledger.MarkGone: // these are no refusals
	case t.wants == outcome.Renamed: // the same refusal again and again ends the renames alone
		r.stop(cmp.Or(StopFor(err), r.rules.after(e.Status, nil)))
	default:
		r.stop(r.rules.after(e.Status, err))
	}
	if e.Status == outcome.NotAttempted { // nothing of it is on record
		return t.result
	}
	e.AccountID = cmp.Or(e.AccountID, id)
	return r.settle(ctx, t, e, call)
}

// send makes the request that a row wants, and returns the account's id if known. Attempts to rename are not recorded.
func (r *Run) send(ctx context.Context, t *task, hooks apiclient.Hooks) (id string, call apiclient.Call, err error) {
	switch t.wants {
	case outcome.Created:
		who := apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}
		made, call, err := r.api.CreateCustomer(ctx, who, hooks)
		return made.ID, call, err
	case outcome.Renamed:
		call, err = try(&r.renames, func() (apiclient.Call, error) {
			return r.api.RenameCustomer(ctx, t.accountID, t.row.Name)
		})
	case outcome.Revoked:
		call, err = r.api.RevokePortalAccess(ctx, t.accountID, hooks)
	}
	return t.accountID, call, err
}

// afterCreate completes the outcome of a create, judged by its answer alone, with what the ledger has on the row.
func (r *Run) afterCreate(t *task, e ledger.Entry, call apiclient.Call) ledger.Entry {
	if e.Status == outcome.CreatedUnconfirmed && !call.Lost {
		e.Name = *t.Lost // if the account is ours, the lost attempt created it, under the name that it sent
	}
	if o := t.Other; o != nil {
		e.Reason = outcome.JoinReasons(e.Reason, fmt.Sprintf(outcome.ReasonOtherAddress, o.Email, outcome.Day(o.At)))
	}
	if e.LookUp && t.Account != nil {
		found, err := r.find(t.row.Email)
		return judgeResent(e, t.row.Name, *t.Account, found, err)
	}
	e.LookUp = e.LookUp && r.options.ResolveConflicts
	return e
}

// settle records the outcome of a row, and returns the result once it is on disk.
func (r *Run) settle(ctx context.Context, t *task, e ledger.Entry, call apiclient.Call) Result {
	e.Outcome = identified(t.row, e.Outcome)
	e.Revoke, e.HTTPStatus, e.Attempts = r.revokes, call.Status, call.Attempts
	next := r.conflictsNext.Load() // else the one of this row may be found among those of earlier runs, too
	err := r.ledger.Settle(ctx, r.plan.Run.Seq, e)
	r.stop(brokenLedger(err))
	switch {
	case err != nil:
		e.Status, e.Reason = outcome.Unknown, outcome.ReasonNotRecorded
	case next && e.LookUp && e.Status == outcome.Conflict: // and if one is free; all others come after the rows
		r.beside.TryGo(func() error {
			r.lookUp(ledger.OpenLookUp{Run: r.plan.Run.Seq, Outcome: e.Outcome, SettledAt: time.Now()})
			return nil
		})
	}
	result := resultOf(t.row, e.Outcome)
	result.Call, result.isRename = call, t.wants == outcome.Renamed
	return result
}
