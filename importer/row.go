package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// creation is the work of import and sync: a customer for each row.
type creation struct {
	api      API
	ledger   *ledger.Ledger
	plan     *Plan
	run      int64
	options  Options
	rules    stopRules
	finder   finder
	namesOff atomic.Pointer[string] // why no name can be changed at this site
	fixes    fixes
}

func newCreation(api API, l *ledger.Ledger, plan *Plan, o Options) *creation {
	return &creation{
		api:     api,
		ledger:  l,
		plan:    plan,
		run:     plan.Run.Seq,
		options: o,
		rules:   stopRules{maxErrors: o.MaxErrors, action: "create customers"},
		finder:  finder{api: api},
		fixes:   fixes{failedPath: o.FailedPath, input: plan.Run.Input},
	}
}

// before asks for the account ids that earlier runs could not find yet. A quota that forbids it for long holds up no
// creates: it is asked again later.
func (c *creation) before(ctx context.Context) *Stop {
	if !c.options.ResolveConflicts {
		return nil
	}
	stop := c.finder.lookUps(ctx, c.ledger, nil, nil)
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
		if refused := c.finder.refused.Load(); refused != nil {
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
	return decision{t.otherwise, func(ctx context.Context) (Result, *Stop) { return c.create(ctx, t) }}
}

// settled is the result of a row that needs no request, whatever the options.
func settled(row *export.Row, m memory) (Result, bool) {
	o := outcome.Outcome{}
	switch {
	case row.Excluded != "":
		o.Status, o.Reason = outcome.Excluded, row.Excluded
	case m.fixed != nil:
		o.Status, o.AccountID = outcome.Known, m.fixed.ID
		o.Reason = fmt.Sprintf(outcome.ReasonFixed, m.fixed.Email, outcome.Day(m.fixed.At))
	case row.Invalid != "":
		o.Status, o.Reason = outcome.Invalid, row.Invalid
	case row.DuplicateOf != export.Place{}:
		o.Status, o.Reason = outcome.Duplicate, fmt.Sprintf(outcome.ReasonSameAddress, row.DuplicateOf)
		if row.DuplicateName {
			o.Reason += outcome.ReasonOnlyThatSent
		}
	case m.Outcome != nil:
		o = *m.Outcome
	default:
		return Result{}, false
	}
	return resultOf(row, o), true
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
	a := newAttempt(c.ledger, c.run, t.row, t.row.Key, false)
	customer := apiclient.NewCustomer{Email: t.row.Email, DisplayName: t.row.Name}
	made, call, err := c.api.CreateCustomer(ctx, customer, a.record(ctx))
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
	result, broken := record(ctx, c.ledger, c.run, t.row, e, call)
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
		found, err = c.finder.find(ctx, t.row.Email)
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
	ledger *ledger.Ledger
	run    int64
	ledger.Attempt
	on  bool
	err error // of the ledger
}

func newAttempt(l *ledger.Ledger, run int64, row *export.Row, key string, revoke bool) *attempt {
	return &attempt{ledger: l, run: run, Attempt: ledger.Attempt{
		Row:        row.Number,
		Revoke:     revoke,
		Key:        key,
		Email:      row.Email,
		Name:       row.Name,
		ExternalID: row.ExternalID,
	}}
}

func (a *attempt) record(ctx context.Context) apiclient.Record {
	return apiclient.Record{
		Before: func() error {
			if a.err = a.ledger.Begin(context.WithoutCancel(ctx), a.run, a.Attempt); a.err == nil {
				a.on = true
			}
			return a.err
		},
		Undone: func() error {
			a.err = a.withdraw(ctx)
			return a.err
		},
	}
}

// withdraw takes off the record what is on it.
func (a *attempt) withdraw(ctx context.Context) error {
	if !a.on {
		return nil
	}
	a.on = false
	return a.ledger.Withdraw(ctx, a.run, a.Row, a.Revoke)
}

// record puts what became of a row on record; the result is handed out when it is on disk.
func record(ctx context.Context, l *ledger.Ledger, run int64, row *export.Row, e ledger.Entry,
	call apiclient.Call) (Result, *Stop) {
	err := l.Settle(ctx, run, e)
	if err != nil {
		e.Status, e.Reason = outcome.Unknown, outcome.ReasonNotRecorded
	}
	result := resultOf(row, e.Outcome)
	result.Lost, result.Refused, result.Took = call.Lost, call.Refused, call.Took
	return result, brokenLedger(err)
}

// entryOf is what one call means for the ledger.
func entryOf(row *export.Row, v verdict, call apiclient.Call) ledger.Entry {
	return ledger.Entry{Account: v.change, Outcome: identified(row, outcome.Outcome{
		Status:     v.status,
		Reason:     v.reason,
		Open:       v.open,
		HTTPStatus: call.Status,
		Attempts:   call.Attempts,
	})}
}

// A verdict is what one call means for its row.
type verdict struct {
	status outcome.Status
	reason string
	open   bool // an attempt of ours may have been carried out, and it is not settled whether
	lookUp bool // the account id is not in the answer
	change ledger.Change
}

// judgeCreate reads the answer to a create together with its history: lost says that an earlier attempt of ours for
// this address has no known answer. By status alone; texts only go into reasons.
func judgeCreate(lost bool, call apiclient.Call, err error) verdict {
	lost = lost || call.Lost
	switch status := statusOf(err); {
	case err == nil:
		return verdict{status: outcome.Created, change: ledger.Store}
	case status == 409:
		v := verdict{status: outcome.Conflict, reason: outcome.ReasonConflict, lookUp: true, change: ledger.Store}
		if lost {
			v.status, v.reason = outcome.CreatedUnconfirmed, outcome.ReasonUnconfirmed
		}
		return v
	case cutShort(err) && call.Lost:
		return verdict{status: outcome.Unknown, reason: outcome.ReasonCutShort, open: true}
	case cutShort(err):
		return verdict{status: outcome.NotAttempted}
	case lost:
		return verdict{status: outcome.Unknown, reason: fmt.Sprintf(outcome.ReasonUnknown, oneLine(err)), open: true}
	}
	return verdict{status: outcome.Failed, reason: refusedReason(err, "create customers")}
}

// refusedReason is why nothing was done.
func refusedReason(err error, action string) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok || refused.Status == 0 {
		return fmt.Sprintf(outcome.ReasonUnreached, oneLine(err))
	}
	return outcome.ReasonRefused(refused.Status, strings.TrimSuffix(refused.Reason(), "."), action)
}

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// judgeLookUp reads what the look-up after a 409 found. names are those that our lost attempts sent; early says that
// an account created then may not be searchable yet. Only an answer that means something closes the look-up.
func judgeLookUp(o outcome.Outcome, names []string, found apiclient.Account, err error, early bool) outcome.Outcome {
	if err != nil {
		unresolved, answered := errors.AsType[*apiclient.UnresolvedError](err)
		none := answered && unresolved.Why == apiclient.NoneFound
		o.LookUp = !answered || unresolved.Why == apiclient.BrowseMissing || none && early
		cause := oneLine(err)
		if none && early {
			cause = outcome.ReasonTooEarly
		}
		o.Reason = outcome.Unresolved(o.Reason, cause)
		return o
	}
	o.LookUp, o.AccountID, o.Reason = false, found.ID, outcome.Resolved(o.Reason)
	if o.Status == outcome.CreatedUnconfirmed && found.DisplayName != "" && !sentOneOf(names, found.DisplayName) {
		o.Status, o.Reason = outcome.Conflict, fmt.Sprintf(outcome.ReasonOtherName, found.DisplayName)
	}
	return o
}

// judgeResent reads the look-up after a 409 for an address that the ledger has (--resend-known). What it has stays, as
// long as no other account is found there. That access which we revoked was given back is the word of who sends such
// rows again: the site shows only whether the account is the same, portal-only, and active.
func judgeResent(o outcome.Outcome, had ledger.Account, found apiclient.Account,
	err error) (outcome.Outcome, ledger.Change) {
	revoked, why := !had.RevokedAt.IsZero(), ""
	switch o.AccountID = had.ID; {
	case err == nil && found.ID != had.ID && (had.ID != "" || !revoked):
		return judgeLookUp(o, []string{o.Name}, found, nil, false), ledger.Store
	case err != nil && !revoked:
		return o, ledger.NoChange
	case err != nil:
		why = oneLine(err)
	case !revoked:
		o.Status, o.Reason = outcome.Conflict, outcome.ReasonConflict
		return o, ledger.NoChange
	case !found.PortalOnly():
		why = outcome.ReasonNotPortal
	case !found.Active:
		why = outcome.ReasonInactive
	default:
		o.Status, o.Reason = outcome.Conflict, fmt.Sprintf(outcome.ReasonGivenBack, outcome.Day(had.RevokedAt))
		return o, ledger.MarkRestored
	}
	o.Status, o.Retry = outcome.RevokedBefore, true
	o.Reason = fmt.Sprintf(outcome.ReasonStillRevoked, outcome.Day(had.RevokedAt), why)
	return o, ledger.NoChange
}

func sentOneOf(names []string, shown string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return foldName(name) == foldName(shown) })
}

// foldName makes display names equal that differ only by case, blanks and Unicode form.
func foldName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}

// identified is an outcome of row.
func identified(row *export.Row, o outcome.Outcome) outcome.Outcome {
	o.Row, o.SheetRow, o.Line = row.Number, row.Place.Row, row.Place.Line
	o.Key, o.Email, o.Name, o.ExternalID = row.Key, row.Email, row.Name, row.ExternalID
	return o
}

// resultOf is the result of a row: what became of it, and what is to be said of the row itself.
func resultOf(row *export.Row, o outcome.Outcome) Result {
	if o.Open && o.Reason == "" {
		o.Reason = outcome.ReasonCutShort
	}
	o.Reason = outcome.JoinReasons(o.Reason, row.Note)
	return Result{Row: row, Outcome: identified(row, o)}
}

// knownResult is the result of a row whose customer the ledger has from another run.
func knownResult(row *export.Row, a ledger.Account) Result {
	o := outcome.Outcome{Status: outcome.Known, AccountID: a.ID, Reason: outcome.ReasonKnown(a.Status, a.At)}
	switch {
	case !a.RevokedAt.IsZero():
		o.Status = outcome.RevokedBefore
		o.Reason = fmt.Sprintf(outcome.ReasonRevokedBefore, outcome.Day(a.RevokedAt))
	case nameChanged(row, a):
		o.Reason = outcome.JoinReasons(o.Reason, fmt.Sprintf(outcome.ReasonNameChanged, a.Name))
	}
	return resultOf(row, o)
}

// notAttempted is the result of a row that the run stopped before.
func notAttempted(row *export.Row) Result {
	return resultOf(row, outcome.Outcome{Status: outcome.NotAttempted, Reason: outcome.ReasonStopped})
}
