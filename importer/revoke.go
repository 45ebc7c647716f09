package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// revocation is the work of revoke and undo: portal access is revoked for each account. What the plan has decided
// without a request is recorded too, so that the ledger alone can replay the run.
type revocation struct {
	*Run
	accounts map[string]export.Place // of the rows so far
	list     string                  // the path of a file that may be a list of leavers, which has to be up to date
	latest   ledger.Run              // the last complete run of its source
}

func newRevocation(r *Run) *revocation {
	const action = "revoke portal access, which needs site administration"
	r.rules = stopRules{maxErrors: r.options.MaxErrors, action: action, alike: true}
	return &revocation{Run: r, accounts: map[string]export.Place{}}
}

// after marks a run as undone when nothing of it is left to undo but by a person.
func (v *revocation) after(ctx context.Context, end *End) {
	if v.plan.Undoes == nil || end.Stop != nil || end.Totals.NotGood() > end.Totals.Of(outcome.Review) {
		return
	}
	err := v.ledger.MarkUndone(context.WithoutCancel(ctx), v.plan.Undoes.Seq, time.Now())
	end.Stop = brokenLedger(err)
}

// decide settles what needs no request.
func (v *revocation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	q := make([]ledger.Query, len(rows))
	for i, row := range rows {
		q[i] = ledger.Query{Row: row.Number, Key: row.Key, ID: row.AccountID}
	}
	known, err := ask(ctx, v.ledger, v.plan.Run, true, q, false)
	decisions := make([]decision, len(known))
	for i, m := range known {
		t := targetOf(rows[i], m)
		err = cmp.Or(err, v.outdated(ctx, t))
		decisions[i] = v.one(t)
		decisions[i].Memory = t.Memory
	}
	return decisions, err
}

// one decides on one row.
func (v *revocation) one(t target) decision {
	result, done := settled(t.row, t.Memory)
	d := decision{result: result, becomes: result.Status}
	if done && t.Outcome == nil {
		return d
	}
	decided := withoutRequest(t, v.accounts)
	if done { // in an earlier session; it counts as the first row with its account
		return d
	}
	q := request{row: t.row, revoke: true, otherwise: otherwise(t.row, t.Memory)}
	if decided.Status != 0 {
		record := func(ctx context.Context) (Result, *Stop) { return v.settle(ctx, q, decided, apiclient.Call{}) }
		return decision{result: q.otherwise, do: record, becomes: decided.Status}
	}
	q.send = func(ctx context.Context, record apiclient.Record) (string, apiclient.Call, error) {
		call, err := v.api.RevokePortalAccess(ctx, t.id, record)
		return t.id, call, err
	}
	q.judge = func(ctx context.Context, call apiclient.Call, err error) (e ledger.Entry, stop *Stop) {
		if e = judgeRevoke(t.Lost != nil, call, err); e.Status == outcome.NotFound {
			return v.confirm(ctx, t, e)
		}
		return e, nil
	}
	return decision{result: q.otherwise, do: v.carriedOut(q), becomes: outcome.Revoked}
}

// confirm asks after a 404 whether the account that the ledger has was really deleted: the 404 may have been about
// something else.
func (v *revocation) confirm(ctx context.Context, t target, e ledger.Entry) (ledger.Entry, *Stop) {
	if t.Account == nil || t.Account.ID != t.id {
		return e, nil
	}
	found, err := v.find(ctx, t.Account.Email)
	if stop := lookUpStop(ctx, err); stop != nil {
		return e, stop
	}
	if deleted(t.id, found, err, v.options.MayBrowse && time.Since(t.Account.At) >= searchLag) {
		return entry(outcome.NotFound, outcome.ReasonGone, ledger.MarkGone), nil
	}
	return e, nil
}

// deleted reads the look-up after a 404. Only what it shows counts: nobody has the address, where everybody would be
// seen (sees), or another account has it.
func deleted(id string, found apiclient.Account, err error, sees bool) bool {
	if errors.Is(err, apiclient.NoneFound) {
		return sees
	}
	return err == nil && found.ID != "" && found.ID != id
}

// judgeRevoke reads the answer to a revocation. Doing it twice does no harm, so that an answer that was lost is simply
// asked for again.
func judgeRevoke(lost bool, call apiclient.Call, err error) ledger.Entry {
	switch {
	case err == nil:
		return entry(outcome.Revoked, "", ledger.MarkRevoked)
	case statusOf(err) == 404:
		e := entry(outcome.NotFound, outcome.ReasonNotFound, ledger.NoChange)
		e.Retry = true
		return e
	}
	return judgeRest(lost, call, err, "revoke portal access")
}

// A target is a row of a revocation with the account that it means.
type target struct {
	row *export.Row // its Key is the address under which the ledger knows the account; "": it does not
	id  string
	ledger.Memory
}

func targetOf(row *export.Row, m ledger.Memory) target {
	row.Key = cmp.Or(row.Key, m.Owner)
	t := target{row: row, id: row.AccountID, Memory: m}
	if m.Outcome != nil {
		t.id = cmp.Or(t.id, m.Outcome.AccountID)
	}
	if m.Account != nil {
		t.id = cmp.Or(t.id, m.Account.ID)
	}
	return t
}

// withoutRequest is what becomes of a row for which nothing is asked of the site; without a status: it has to be. seen
// has the accounts of the rows before.
func withoutRequest(t target, seen map[string]export.Place) ledger.Entry {
	is := func(s outcome.Status, reason string) ledger.Entry {
		e := entry(s, reason, ledger.NoChange)
		e.AccountID, e.Retry = t.id, true
		return e
	}
	if reason := forReview(t.row); reason != "" {
		return is(outcome.Review, reason)
	}
	if reason := mistaken(t); reason != "" {
		return is(outcome.Invalid, reason)
	}
	if first, ok := seen[t.id]; ok {
		return is(outcome.Duplicate, fmt.Sprintf(outcome.ReasonSameAccount, first))
	}
	seen[strings.Clone(t.id)] = t.row.Place
	switch {
	case t.Account != nil && !t.Account.RevokedAt.IsZero():
		return is(outcome.AlreadyRevoked, fmt.Sprintf(outcome.ReasonAlreadyRevoked, outcome.Day(t.Account.RevokedAt)))
	case !strings.HasPrefix(t.id, portalOnly):
		return is(outcome.NotPortalOnly, outcome.ReasonNotPortalOnly)
	}
	return ledger.Entry{}
}

// portalOnly is how the account ids of portal-only customers begin.
const portalOnly = "qm:"

// accountID is what account ids look like: of portal-only customers qm:…, of Atlassian accounts 712020:…, ug:… or
// 24 hexadecimal digits.
var accountID = regexp.MustCompile(`^(?:(?:[a-z]{2}|[0-9]{4,}):.+|[0-9a-f]{24})$`)

// forReview is why a row of one of our own files is left to a person; "": it is not.
func forReview(row *export.Row) string {
	action, listed := row.Own["jsm_action"]
	action, status := strings.ToLower(strings.TrimSpace(action)), row.Own["jsm_status"]
	switch {
	case action == ActionReview || status == outcome.Review.String():
		return outcome.JoinReasons("left to a person", row.Own["jsm_reason"])
	case listed && action != ActionRevoke: // emptied, too: somebody is to be spared
		return fmt.Sprintf(outcome.ReasonOtherAction, action)
	case status == outcome.Conflict.String() || status == outcome.CreatedUnconfirmed.String():
		return outcome.ReasonNotOurs
	}
	return ""
}

// mistaken is why it is not clear which account a row means; "": it is.
func mistaken(t target) string {
	switch {
	case t.id == "":
		return outcome.ReasonNoAccount
	case !apiclient.IsAccountID(t.id) || !accountID.MatchString(t.id):
		return outcome.ReasonNoAccountID
	case t.Account != nil && t.Account.ID != "" && t.Account.ID != t.id:
		return fmt.Sprintf(outcome.ReasonOtherID, t.Account.ID)
	case t.Owner != "" && t.Owner != t.row.Key:
		return fmt.Sprintf(outcome.ReasonOtherOwner, t.Owner)
	}
	return ""
}

// Reach is whom a revocation would touch, of the accounts that Plan.Create counts.
type Reach struct {
	Listed  bool // the file says by a column jsm_action what is to be done: sync wrote it as a list of leavers
	Foreign int  // accounts that the ledger has, and that were not certainly created by us
	Unknown int  // accounts that it does not have
}

// PlanRevocation reads the file and holds it against the ledger: Create is how many accounts would be revoked, and
// Settled what would become of the other rows. The checksum of job comes from the file. It changes nothing. An
// *export.RefusedError says of a list of leavers that it is out of date.
func PlanRevocation(ctx context.Context, file *export.File, l *ledger.Ledger, o export.Options,
	job ledger.Job) (*Plan, error) {
	o.NeedAccounts = true
	survey, err := file.Survey(ctx, o)
	if err != nil {
		return nil, err
	}
	p := &Plan{Survey: survey, Rows: survey.All, Reach: Reach{Listed: slices.Contains(survey.Own, "jsm_action")}}
	if err := p.find(ctx, l, job); err != nil {
		return nil, err
	}
	v := newRevocation(newRun(ctx, nil, l, p, Options{}))
	v.list = file.Path()
	return p, p.decideAll(ctx, v)
}
