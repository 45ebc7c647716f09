package importer

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// decideRevocation asks for a request, but for rows that were settled before, or must not or need not be revoked.
func (r *Run) decideRevocation(t *task) {
	t.row.Key = cmp.Or(t.row.Key, t.Owner) // the address under which the ledger knows the account; "": it does not
	before, known := cmp.Or(t.Outcome, &outcome.Outcome{}), cmp.Or(t.Account, &ledger.Account{})
	t.accountID = cmp.Or(t.row.AccountID, before.AccountID, known.ID)
	o, done := knownOutcome(t.row, t.History)
	wants, why := withoutRequest(t)
	account := maphash.String(hashSeed, t.accountID)
	first, repeats := r.accounts[account] // by its address once, and once by its id
	switch {
	case done:
	case repeats && wants != outcome.Invalid:
		o.Status, o.Reason = outcome.Duplicate, fmt.Sprintf(outcome.ReasonSame, "account", first)
	default:
		t.wants, t.why = wants, why
	}
	if !repeats && t.accountID != "" && t.row.Sendable() && o.Status != outcome.Duplicate && wants != outcome.Invalid {
		r.accounts[account] = t.row.Place
	}
	t.result = resultOf(t.row, o)
}

var hashSeed = maphash.MakeSeed() // for the hashes of account ids in memory

// afterRevoke looks up, after a 404, what it means: deleted, revoked by a lost attempt, or something else.
func (r *Run) afterRevoke(t *task, e ledger.Entry, err error) ledger.Entry {
	if statusOf(err) != 404 || t.Account == nil || t.Account.ID != t.accountID {
		return e
	}
	found, err := r.find(t.Account.Email)
	switch {
	case deleted(t.accountID, found, err, r.options.MayBrowse && time.Since(t.Account.At) >= searchLag):
		e = entry(outcome.NotFound, outcome.ReasonGone, ledger.MarkGone)
	case e.Status == outcome.Review && err == nil && !found.Active:
		e = entry(outcome.Revoked, outcome.ReasonLostRevoked, ledger.MarkRevoked)
	}
	return e
}

// withoutRequest returns the status that a row is to have, and why without a request; "": by one.
func withoutRequest(t *task) (outcome.Status, string) {
	action, listed := t.row.Own["jsm_action"]
	status, uncertain := t.row.Own["jsm_status"], []string{"conflict", "created_unconfirmed", "unknown", "review"}
	switch a, why := t.Account, t.row.Own["jsm_reason"]; {
	case listed && !strings.EqualFold(strings.TrimSpace(action), ActionRevoke): // emptied: somebody is to be spared
		return outcome.Review, outcome.JoinReasons(fmt.Sprintf(outcome.ReasonOtherAction, action), why)
	case status == inSource && cmp.Or(a, &ledger.Account{}).RevokedAt.IsZero():
		return outcome.Review, why
	case slices.Contains(uncertain, status), a == nil && (status == "known" || t.row.Own["jsm_run_id"] != ""),
		a != nil && (status+why != "" || listed) && !a.Ours() && a.RevokedAt.IsZero():
		return outcome.Review, outcome.JoinReasons(outcome.ReasonNotOurs, why)
	case t.accountID == "":
		return outcome.Invalid, outcome.ReasonNoAccount
	case !accountIDForm.MatchString(t.accountID):
		return outcome.Invalid, outcome.ReasonNoAccountID
	case a != nil && a.ID != "" && a.ID != t.accountID:
		return outcome.Invalid, fmt.Sprintf(outcome.ReasonOtherID, a.ID)
	case t.Owner != "" && t.Owner != t.row.Key:
		return outcome.Invalid, fmt.Sprintf(outcome.ReasonOtherOwner, t.Owner)
	case a != nil && !a.RevokedAt.IsZero():
		return outcome.AlreadyRevoked, fmt.Sprintf(outcome.ReasonAlreadyRevoked, outcome.Day(a.RevokedAt))
	case !strings.HasPrefix(t.accountID, "qm:"):
		return outcome.NotPortalOnly, outcome.ReasonNotPortalOnly
	}
	return outcome.Revoked, ""
}

// accountIDForm matches account ids: qm:… of portal-only customers, else 712020:…, ug:… or 24 hexadecimal digits.
var accountIDForm = regexp.MustCompile(`^(?:(?:[a-z]{2}|[0-9]{4,}):[A-Za-z0-9:_.-]{1,200}|[0-9a-f]{24})$`)

// upToDate refuses a list of leavers that has lost a column, or whose source was synced since, or with somebody back.
func upToDate(ctx context.Context, l *ledger.Ledger, path string, row *export.Row) error {
	source, sourced := row.Own["jsm_source"]
	by, listed := row.Own["jsm_run_id"]
	_, decided := row.Own["jsm_action"]
	if !sourced && !listed && !decided {
		return nil
	}
	latest, back, err := l.SourceState(ctx, source, row.Key)
	if err != nil || latest == by && back == "" && decided {
		return err
	}
	what := fmt.Sprintf("run %s has listed this leaver, and the last complete run of the source %s is %s",
		cmp.Or(by, "(none)"), cmp.Or(source, "(none)"), cmp.Or(latest, "(none)"))
	if back != "" {
		what += "; this person is in the source " + back
	}
	return &export.RefusedError{Path: path, Place: row.Place, What: what, Hint: "the list of leavers is out of date, " +
		"or has lost a column or got a row: use the list of a new jsm-onboard sync; for others, a file of your own"}
}

// PlanUndo plans to revoke the accounts that a run created, and no others. It returns a *Stop if there are none.
func PlanUndo(ctx context.Context, l *ledger.Ledger, run ledger.Run) (*Plan, error) {
	survey := &export.Survey{Header: []string{"email", "name"}, Width: 2}
	rows := func(ctx context.Context) iter.Seq2[*export.Row, error] { return undoRows(ctx, l, run) }
	p := &Plan{Undoes: &run, Rows: rows, Survey: survey}
	err := p.decide(ctx, l, PlanOptions{Job: ledger.Job{Command: "undo", Source: run.ID, Input: run.Input}})
	n := p.Create + p.Others.Sum() + p.Finished.Sum()
	if err == nil && n == 0 {
		err = newStop(Broken, nil, "run "+run.ID+" cannot be undone: it has created nobody",
			"jsm-onboard report --list shows how many each run has created; then name one:\njsm-onboard undo RUN")
	}
	survey.Records, survey.Rows, survey.Valid = n, n, n
	return p, err
}

// inSource stands for the status of a row whose person is in a source now.
const inSource = "in source"

// undoRows yields the rows whose accounts a run created, and those whose accounts it may have created. The latter are
// left to a person, as are members of another source, or of the same one by a later complete run.
func undoRows(ctx context.Context, l *ledger.Ledger, run ledger.Run) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for o, err := range l.CreatedRows(ctx, run.Seq) {
			latest, in := "", ""
			if err == nil {
				latest, in, err = l.SourceState(ctx, run.Source, o.Key)
			}
			row, status, reason := RowOf(o), o.Status.String(), outcome.ReasonMaybeCreated
			if in != "" && (in != run.Source || latest != run.ID) {
				status, reason = inSource, fmt.Sprintf(outcome.ReasonInSource, in)
			}
			row.Own = map[string]string{"jsm_status": status, "jsm_reason": reason}
			if !yield(row, err) {
				return
			}
		}
	}
}

// RowOf is a row that the ledger remembers, without the columns of its file.
func RowOf(o outcome.Outcome) *export.Row {
	return &export.Row{
		Number: o.Row, Place: export.Place{Row: o.SheetRow, Line: o.Line}, Cells: []string{o.Email, o.Name},
		Key: o.Key, Email: o.Email, Name: o.Name, ExternalID: o.ExternalID, AccountID: o.AccountID,
	}
}

// afterRevocations marks a run as undone if somebody was revoked, and only rows for a person to review are left of it.
func (r *Run) afterRevocations(t outcome.Totals) {
	if r.plan.Undoes == nil || r.sendCtx.Err() != nil || t.NotGood() == t.Sum() || t.NotGood() > t.Of(outcome.Review) {
		return
	}
	r.stop(brokenLedger(r.ledger.MarkUndone(r.sendCtx, r.plan.Undoes.Seq, time.Now())))
}
