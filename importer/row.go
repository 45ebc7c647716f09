package importer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// common is what every kind of run works with.
type common struct {
	api     API
	ledger  *ledger.Ledger
	plan    *Plan
	run     int64
	options Options
	rules   stopRules
	refused atomic.Pointer[error] // why accounts cannot be looked up
}

func newCommon(api API, l *ledger.Ledger, plan *Plan, o Options, action string) *common {
	return &common{
		api:     api,
		ledger:  l,
		plan:    plan,
		run:     plan.Run.Seq,
		options: o,
		rules:   stopRules{maxErrors: o.MaxErrors, action: action},
	}
}

// creation is the work of import and sync: a customer for each row.
type creation struct {
	*common
	namesOff atomic.Pointer[string] // why no name can be changed at this site
	fixes    fixes
}

func newCreation(api API, l *ledger.Ledger, plan *Plan, o Options) *creation {
	return &creation{
		common: newCommon(api, l, plan, o, "create customers"),
		fixes:  fixes{failedPath: o.FailedPath, input: plan.Run.Input},
	}
}

// before asks for the account ids that earlier runs could not find yet. A quota that forbids it for long holds up no
// creates: it is asked again later.
func (c *creation) before(ctx context.Context) *Stop {
	if !c.options.ResolveConflicts {
		return nil
	}
	stop := c.lookUps(ctx, nil)
	if stop != nil && stop.Cause == QuotaPause {
		return nil
	}
	return stop
}

func (c *creation) seen(r Result) { c.fixes.seen(r) }

// after looks up what is open and gives the access that was asked for, once every row has a result.
func (c *creation) after(ctx context.Context, r *Run, end *End) {
	still := context.WithoutCancel(ctx)
	end.Stop = firstStop(end.Stop, brokenLedger(c.fixes.record(still, c.ledger, c.run)))
	if end.Stop == nil {
		end.Stop = firstStop(c.rules.onlyForbidden(), c.lookUpRest(ctx, r, end))
	}
	if end.Stop == nil && c.plan.Access != nil {
		end.Stop = c.giveAccess(ctx, end)
	}
	end.Notes = c.notes(still, end)
}

// notes are what has to be said besides the rows.
func (c *creation) notes(ctx context.Context, end *End) (notes []string) {
	if off := c.namesOff.Load(); off != nil {
		notes = append(notes, "names were not changed: "+*off)
	}
	if n := c.plan.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address; the results name it")
	}
	if open, err := countLookUps(ctx, c.ledger); err == nil && open > 0 && c.options.ResolveConflicts {
		then := "the next command on this ledger does it first"
		if refused := c.refused.Load(); refused != nil {
			then = "the token may not do that (" + oneLine(*refused) + ")"
		}
		notes = append(notes, text.Counted(open, "account id is", "account ids are")+" still to be looked up; "+then)
	}
	if end.Access != nil {
		notes = append(notes, end.Access.Refused...)
	}
	return notes
}

// decide settles what needs no request: rows that must not be sent, rows that an earlier session of this run has
// settled, and customers that the ledger knows.
func (c *creation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	known, err := recall(ctx, c.ledger, c.run, rows)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision, len(rows))
	for i, row := range rows {
		decisions[i] = c.one(row, known[i])
	}
	return decisions, nil
}

// one decides on one row. Plan and replay ask it, too: for what it would be, and for what it was.
func (c *creation) one(row *export.Row, m memory) decision {
	if result, ok := settled(row, m); ok {
		return decision{result: result}
	}
	if a := m.Account; a != nil && !c.options.ResendKnown {
		d := decision{result: knownResult(row, *a)}
		if c.options.UpdateNames && d.result.Status == outcome.Known && nameChanged(row, *a) && a.Ours() && a.ID != "" {
			d.do = func(ctx context.Context) (Result, *Stop) { return c.rename(ctx, row, *a) }
		}
		return d
	}
	t := task{row: row, memory: m, otherwise: notAttempted(row)}
	if m.Lost != nil && m.Lost.Run == c.run {
		t.otherwise = resultOf(row, outcome.Outcome{Status: outcome.Unknown, Open: true})
	}
	create := func(ctx context.Context) (Result, *Stop) { return c.create(ctx, t) }
	return decision{result: t.otherwise, do: create}
}

// A task is a row that has to be sent.
type task struct {
	row       *export.Row
	memory           // Account: what the ledger has for this address already (--resend-known)
	otherwise Result // when the run stops before it
}

// create carries one row out, from top to bottom: permit and attempt on record within the call, the answer judged,
// the outcome on record, the result.
func (c *creation) create(ctx context.Context, t task) (Result, *Stop) {
	a := c.attempt(t.row, t.row.Key, false)
	customer := apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}
	made, call, err := c.api.CreateCustomer(ctx, customer, a.onRecord(ctx))
	if a.err != nil {
		return t.otherwise, brokenLedger(a.err)
	}
	v := judgeCreate(t.Lost != nil, call, err)
	stop := c.rules.after(v.status, err)
	if v.status == outcome.NotAttempted {
		return t.otherwise, firstStop(stop, brokenLedger(a.withdraw(ctx)))
	}
	e := c.entry(t, v, call)
	e.AccountID = made.AccountID
	if e.Status == outcome.CreatedUnconfirmed && !call.Lost {
		if err := a.withdraw(ctx); err != nil { // this attempt was answered: its name is no evidence
			return t.otherwise, brokenLedger(err)
		}
	}
	if v.lookUp && (e.Status == outcome.Conflict || t.Account != nil) {
		var early *Stop
		e, early = c.resolve(ctx, t, e)
		stop = firstStop(stop, early)
	}
	result, broken := c.record(ctx, t.row, e, call)
	return result, firstStop(stop, broken)
}

// entry is what the ledger keeps of a row.
func (c *creation) entry(t task, v verdict, call apiclient.Call) ledger.Entry {
	e := entryOf(t.row, v, call)
	e.LookUp, e.Retry = v.lookUp && c.options.ResolveConflicts && t.Account == nil, v.status == outcome.Failed
	if v.lookUp && t.Account != nil {
		e.Account = ledger.NoChange // what the ledger has stays, unless the look-up finds another account
	}
	if v.status == outcome.CreatedUnconfirmed && t.Lost != nil && !call.Lost {
		e.Name = t.Lost.Name // if the account is ours, the lost attempt created it, under the name that it sent
	}
	if t.other != nil {
		e.Reason = outcome.JoinReasons(e.Reason,
			fmt.Sprintf(outcome.ReasonOtherAddress, t.other.Email, outcome.Day(t.other.At)))
	}
	return e
}

// errNotLookedUp is why an account id is not known that nobody looks up.
var errNotLookedUp = errors.New("account ids are not looked up in this run")

// resolve looks up the account behind a 409. Before that the definite answer goes on record: whatever happens next,
// it is no lost attempt. What follows a lost attempt is looked up after the rows: new accounts are not found at once.
func (c *creation) resolve(ctx context.Context, t task, e ledger.Entry) (ledger.Entry, *Stop) {
	found, err := apiclient.Account{}, errNotLookedUp
	if c.options.ResolveConflicts {
		if err := c.ledger.Settle(ctx, c.run, e); err != nil {
			return e, brokenLedger(err)
		}
		found, err = c.find(ctx, t.row.Email)
		if stop := lookUpStop(ctx, err); stop != nil {
			return e, stop
		}
	}
	switch {
	case t.Account != nil:
		e.Outcome, e.Account = judgeResent(e.Outcome, *t.Account, found, err)
	case c.options.ResolveConflicts:
		e.Outcome = judgeLookUp(e.Outcome, nil, found, err, true)
	}
	return e, nil
}

// attempt keeps one row's request on record: before it leaves, and off again when it provably did nothing.
type attempt struct {
	*common
	ledger.Attempt
	err error // of the ledger
}

func (c *common) attempt(row *export.Row, key string, revoke bool) *attempt {
	return &attempt{common: c, Attempt: ledger.Attempt{
		Row:        row.Number,
		Revoke:     revoke,
		Key:        key,
		Email:      row.Email,
		Name:       row.Name,
		ExternalID: row.ExternalID,
	}}
}

func (a *attempt) onRecord(ctx context.Context) apiclient.Record {
	return apiclient.Record{
		Before: func() error {
			a.err = a.ledger.Begin(context.WithoutCancel(ctx), a.run, a.Attempt)
			return a.err
		},
		Undone: func() error {
			a.err = a.withdraw(ctx)
			return a.err
		},
	}
}

// withdraw takes off the record what this session has begun.
func (a *attempt) withdraw(ctx context.Context) error {
	return a.ledger.Withdraw(ctx, a.run, a.Row, a.Revoke)
}

// record puts what became of a row on record; the result is handed out when it is on disk.
func (c *common) record(ctx context.Context, row *export.Row, e ledger.Entry, call apiclient.Call) (Result, *Stop) {
	err := c.ledger.Settle(ctx, c.run, e)
	if err != nil {
		e.Status, e.Reason = outcome.Unknown, outcome.ReasonNotRecorded
	}
	result := resultOf(row, e.Outcome)
	result.Lost, result.Refused, result.Took = call.Lost, call.Refused, call.Took
	return result, brokenLedger(err)
}
