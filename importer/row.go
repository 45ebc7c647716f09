package importer

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// creation is the work of import and sync: a customer for each row.
type creation struct {
	api     API
	ledger  *ledger.Ledger
	plan    *Plan
	run     int64
	options Options
	rules   stopRules
	finder  finder
	names   nameChanges
	fixes   fixes
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
	if off := c.names.why(); off != "" {
		notes = append(notes, "names were not changed: "+off)
	}
	if n := c.plan.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address; the results name it")
	}
	open := 0
	for _, err := range c.ledger.LookUps(ctx) {
		if err == nil {
			open++
		}
	}
	if open > 0 && c.options.ResolveConflicts {
		note := text.Counted(open, "account id is", "account ids are") + " still to be looked up; "
		if c.finder.refused != nil {
			notes = append(notes, note+"the token may not do that ("+oneLine(c.finder.refused)+")")
		} else {
			notes = append(notes, note+"the next command on this ledger does it first")
		}
	}
	if end.Access != nil {
		notes = append(notes, end.Access.Refused...)
	}
	return notes
}

// decide settles what needs no request: rows that must not be sent, rows that an earlier session of this run has
// settled, and customers that the ledger knows.
func (c *creation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	known, err := recallRows(ctx, c.ledger, c.plan.hasAccounts, c.run, rows)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision, len(rows))
	for i, row := range rows {
		decisions[i] = c.one(row, known[i])
	}
	return decisions, nil
}

// remembered is what the ledger has on a row.
type remembered struct {
	ledger.Memory
	fixed *ledger.Account // the row was fixed in a failed file, and imported as this
	other *ledger.Account // the same external id under another address
}

// one decides on one row.
func (c *creation) one(row *export.Row, m remembered) decision {
	if result, ok := settled(row, m); ok {
		return decision{result: result}
	}
	if m.Account != nil && !c.options.ResendKnown {
		return c.known(row, *m.Account)
	}
	t := task{row: row, lost: m.Lost, had: m.Account, other: m.other, otherwise: notAttempted(row)}
	if m.Lost != nil && m.Lost.Run == c.run {
		t.otherwise = resultOf(row, outcome.Outcome{Status: outcome.Unknown, Open: true})
	}
	return decision{
		result: t.otherwise,
		do:     func(ctx context.Context) (Result, *Stop) { return c.create(ctx, t) },
	}
}

// settled is the result of a row that needs no request, whatever the options.
func settled(row *export.Row, m remembered) (Result, bool) {
	switch {
	case row.Excluded != "":
		return rowResult(row, outcome.Excluded, row.Excluded), true
	case m.fixed != nil:
		return fixedResult(row, *m.fixed), true
	case row.Invalid != "":
		return rowResult(row, outcome.Invalid, row.Invalid), true
	case row.DuplicateOf != export.Place{}:
		reason := outcome.ReasonDuplicate(row.DuplicateOf.String(), row.DuplicateName)
		return rowResult(row, outcome.Duplicate, outcome.JoinReasons(reason, row.Note)), true
	case m.Outcome != nil:
		return resultOf(row, *m.Outcome), true
	}
	return Result{}, false
}

// known decides on a customer whom the ledger has from another run.
func (c *creation) known(row *export.Row, a ledger.Account) decision {
	if c.options.UpdateNames && nameChanged(row, a) && a.Ours() && a.ID != "" && a.RevokedAt.IsZero() {
		return decision{
			result: knownResult(row, a),
			do:     func(ctx context.Context) (Result, *Stop) { return c.rename(ctx, row, a) },
		}
	}
	return decision{result: knownResult(row, a)}
}

// A task is a row that has to be sent.
type task struct {
	row       *export.Row
	lost      *ledger.Lost    // an earlier attempt of ours whose answer was never learned
	had       *ledger.Account // what the ledger has for this address already (--resend-known)
	other     *ledger.Account // of the same person, under another address
	otherwise Result          // when the run stops before it
}

// create carries one row out, from top to bottom: permit and attempt on record within the call, the answer judged,
// the outcome on record, the result.
func (c *creation) create(ctx context.Context, t task) (Result, *Stop) {
	row := t.row
	a := newAttempt(c.ledger, c.run, row, row.Key, false)
	customer := apiclient.NewCustomer{Email: row.Email, DisplayName: row.Name}
	made, call, err := c.api.CreateCustomer(ctx, customer, a.record(ctx))
	if a.err != nil {
		return t.otherwise, brokenLedger(a.err)
	}
	v := judgeCreate(t.lost != nil, call, err)
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
	if v.lookUp && (e.Status == outcome.Conflict || t.had != nil) {
		var early *Stop
		e, early = c.resolve(ctx, t, e)
		stop = firstStop(stop, early)
	}
	result, broken := record(ctx, c.ledger, c.run, row, e, call)
	return result, firstStop(stop, broken)
}

// entry is what the ledger keeps of a row.
func (c *creation) entry(t task, v verdict, call apiclient.Call) ledger.Entry {
	e := ledger.Entry{Account: v.change, Outcome: rowResult(t.row, v.status, v.reason).Outcome}
	e.HTTPStatus, e.Attempts, e.Open = call.Status, call.Attempts, v.open
	e.LookUp, e.Retry = v.lookUp && c.options.ResolveConflicts && t.had == nil, v.status == outcome.Failed
	if v.lookUp && t.had != nil {
		e.Account = ledger.NoChange // what the ledger has stays, unless the look-up finds another account
	}
	if v.status == outcome.CreatedUnconfirmed && t.lost != nil && !call.Lost {
		e.Name = t.lost.Name // if the account is ours, the lost attempt created it, under the name that it sent
	}
	if t.other != nil {
		e.Reason = outcome.JoinReasons(e.Reason, outcome.ReasonOtherAddress(t.other.Email, t.other.At))
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
	case t.had != nil:
		e.Outcome, e.Account = judgeResent(e.Outcome, *t.had, found, err)
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
		return verdict{status: outcome.Unknown, reason: outcome.ReasonUnknown(oneLine(err)), open: true}
	}
	return verdict{status: outcome.Failed, reason: refusedReason(err, "create customers")}
}

// refusedReason is why nothing was done.
func refusedReason(err error, action string) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok || refused.Status == 0 {
		return outcome.ReasonUnreached(oneLine(err))
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
		o.Status, o.Reason = outcome.Conflict, outcome.ReasonOtherName(found.DisplayName)
	}
	return o
}

// judgeResent reads the look-up after a 409 for an address that the ledger has (--resend-known). What it has stays, as
// long as no other account is found there. That access which we revoked was given back is the word of who sends such
// rows again: the site shows only whether the account is the same, portal-only, and active.
func judgeResent(o outcome.Outcome, had ledger.Account, found apiclient.Account,
	err error) (outcome.Outcome, ledger.Change) {
	switch o.AccountID = had.ID; {
	case err == nil && found.ID != had.ID && (had.ID != "" || had.RevokedAt.IsZero()):
		return judgeLookUp(o, []string{o.Name}, found, nil, false), ledger.Store
	case had.RevokedAt.IsZero() && err == nil:
		o.Status, o.Reason = outcome.Conflict, outcome.ReasonConflict
		return o, ledger.NoChange
	case had.RevokedAt.IsZero():
		return o, ledger.NoChange
	case err != nil:
		o.Reason = outcome.ReasonStillRevoked(had.RevokedAt, oneLine(err))
	case !found.PortalOnly():
		o.Reason = outcome.ReasonStillRevoked(had.RevokedAt, "the site does not show it as a portal-only customer")
	case !found.Active:
		o.Reason = outcome.ReasonStillRevoked(had.RevokedAt, outcome.ReasonInactive)
	default:
		o.Status, o.Reason = outcome.Conflict, outcome.ReasonGivenBack(had.RevokedAt)
		return o, ledger.MarkRestored
	}
	o.Status, o.Retry = outcome.RevokedBefore, true
	return o, ledger.NoChange
}

func sentOneOf(names []string, shown string) bool {
	for _, name := range names {
		if foldName(name) == foldName(shown) {
			return true
		}
	}
	return false
}

// foldName makes display names equal that differ only by case, blanks and Unicode form.
func foldName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}

// rowResult is a result that follows from the row alone.
func rowResult(row *export.Row, s outcome.Status, reason string) Result {
	return Result{Row: row, Outcome: outcome.Outcome{
		Row:        row.Number,
		SheetRow:   row.Place.Row,
		Line:       row.Place.Line,
		Key:        row.Key,
		Email:      row.Email,
		Name:       row.Name,
		ExternalID: row.ExternalID,
		Status:     s,
		Reason:     reason,
	}}
}

// resultOf is what the ledger has of a row, with what is to be said of the row itself.
func resultOf(row *export.Row, o outcome.Outcome) Result {
	result := rowResult(row, o.Status, o.Reason)
	if o.Open && o.Reason == "" {
		result.Reason = outcome.ReasonCutShort
	}
	result.Reason = outcome.JoinReasons(result.Reason, row.Note)
	result.AccountID, result.HTTPStatus, result.Attempts = o.AccountID, o.HTTPStatus, o.Attempts
	result.Open, result.LookUp, result.Retry = o.Open, o.LookUp, o.Retry
	return result
}

// knownResult is the result of a row whose customer the ledger has from another run.
func knownResult(row *export.Row, a ledger.Account) Result {
	status, reason := outcome.Known, outcome.ReasonKnown(a.Status, a.At)
	switch {
	case !a.RevokedAt.IsZero():
		status, reason = outcome.RevokedBefore, outcome.ReasonRevokedBefore(a.RevokedAt)
	case nameChanged(row, a):
		reason = outcome.JoinReasons(reason, outcome.ReasonNameChanged(a.Name))
	}
	result := rowResult(row, status, outcome.JoinReasons(reason, row.Note))
	result.AccountID = a.ID
	return result
}

// notAttempted is the result of a row that the run stopped before.
func notAttempted(row *export.Row) Result {
	return rowResult(row, outcome.NotAttempted, outcome.JoinReasons(outcome.ReasonStopped, row.Note))
}

// unread is the result of a row of which the ledger could not be asked: one that it may have settled is not known.
func (c *creation) unread(row *export.Row) Result {
	if result, ok := settled(row, remembered{}); ok {
		return result
	}
	if c.plan.settledBefore(row.Number) {
		return rowResult(row, outcome.Unknown, outcome.ReasonNotRead)
	}
	return notAttempted(row)
}
