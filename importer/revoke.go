package importer

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// portalOnly is how the account ids of portal-only customers begin.
const portalOnly = "qm:"

// revocation is the trade of revoke: portal access is taken away from each
// account of a file. What it decides without a request is recorded too, so
// that the run can be told again from the ledger alone.
type revocation struct {
	books
	desk  Desk
	keys  map[string]string // under which address the ledger has an account id
	lines map[string]int    // of the row that named an account id first
	plan  bool              // nothing is recorded
}

// decide settles what needs no request.
func (v *revocation) decide(ctx context.Context, rows []*export.Row) ([]decision, error) {
	queries := make([]ledger.Query, len(rows))
	for i, row := range rows {
		queries[i] = ledger.Query{Row: row.Number, Key: v.key(row), Revoke: true}
	}
	memories, err := v.ledger.Recall(ctx, v.run.Seq, queries)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision, len(rows))
	for i, row := range rows {
		t := &task{row: row, key: queries[i].Key, lost: memories[i].Lost, had: memories[i].Account, id: accountOf(row, memories[i])}
		if t.key == "" {
			t.lost = nil // whose it is cannot be told
		}
		if decisions[i], err = v.judge(t, memories[i]); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// key is the address under which the ledger knows a row's customer.
func (v *revocation) key(row *export.Row) string {
	if row.Key != "" {
		return row.Key
	}
	return v.keys[row.AccountID]
}

func accountOf(row *export.Row, m ledger.Memory) string {
	switch {
	case row.AccountID != "":
		return row.AccountID
	case m.Outcome != nil:
		return m.Outcome.AccountID
	case m.Account != nil:
		return m.Account.ID
	}
	return ""
}

// judge decides on one row, and records what needs no request.
func (v *revocation) judge(t *task, m ledger.Memory) (decision, error) {
	if o, ok := unsendable(t.row); ok {
		return decision{outcome: o}, nil
	}
	if m.Outcome != nil {
		v.first(t)
		o, err := recalled(t.row, *m.Outcome)
		return decision{outcome: o}, err
	}
	status, reason := v.withoutRequest(t, m.Account)
	if status == 0 {
		return decision{task: t}, nil
	}
	o := v.outcome(t, verdict{status: status, reason: reason}, apiclient.Call{})
	o.AskAgain = true
	if !v.plan {
		v.ledger.Settle(v.run.Seq, o, nil)
	}
	told, err := recalled(t.row, o)
	return decision{outcome: told}, err
}

// withoutRequest is the status of a row for which nothing is asked of the
// site; 0: it has to be.
func (v *revocation) withoutRequest(t *task, known *ledger.Account) (Status, string) {
	if reason := forReview(t.row); reason != "" {
		return Review, reason
	}
	if reason := v.mistaken(t, known); reason != "" {
		return Invalid, reason
	}
	if line := v.first(t); line != t.row.Line {
		return Duplicate, reasonSameAccount(line)
	}
	switch {
	case known != nil && !known.RevokedAt.IsZero():
		return AlreadyRevoked, reasonAlreadyRevoked(*known)
	case !strings.HasPrefix(t.id, portalOnly):
		return NotPortalOnly, reasonNotPortalOnly
	}
	return 0, ""
}

// first is the line of the row that names t's account first, which may be t.
func (v *revocation) first(t *task) int {
	if line, seen := v.lines[t.id]; seen || t.id == "" {
		return line
	}
	v.lines[strings.Clone(t.id)] = t.row.Line
	return t.row.Line
}

// forReview tells why a row of one of our own files is left to a person; "":
// it is not.
func forReview(row *export.Row) string {
	status := row.Own["jsm_status"]
	switch action := strings.ToLower(strings.TrimSpace(row.Own["jsm_action"])); {
	case action == "review" || status == Review.String():
		return joinReasons("left to a person", row.Own["jsm_reason"])
	case action != "" && action != "revoke":
		return "the jsm_action of this row is " + action + ": only revoke is acted on"
	case status == Conflict.String():
		return "this account was at the site before us, its row was a conflict; to take its access away, put its account id into a file without jsm_status"
	}
	return ""
}

// mistaken tells why it is not clear which account a row means; "": it is.
func (v *revocation) mistaken(t *task, known *ledger.Account) string {
	switch {
	case t.id == "" && known == nil:
		return "there is no account id, and the ledger does not know this address"
	case t.id == "":
		return "there is no account id, and the ledger has none for this address"
	case !apiclient.IsAccountID(t.id) || !accountID.MatchString(t.id):
		return "this is no account id; it looks like qm:… for portal-only customers"
	case known != nil && known.ID != "" && known.ID != t.id:
		return "the ledger has another account id for this address: " + known.ID
	case v.keys[t.id] != "" && v.keys[t.id] != t.key:
		return "the ledger has this account id for another address: " + v.keys[t.id]
	}
	return ""
}

// accountID is what account ids look like: of portal-only customers qm:…, of
// Atlassian accounts 712020:…, ug:… or 24 hexadecimal digits.
var accountID = regexp.MustCompile(`^(?:(?:[a-z]{2}|[0-9]{4,}):.+|[0-9a-f]{24})$`)

// ahead records nothing: revocations are paced from the start.
func (v *revocation) ahead(context.Context, []*task) error { return nil }

// perform takes the access of one account away. Doing it twice does no harm,
// so that an answer that was lost is simply asked for again.
func (v *revocation) perform(ctx context.Context, t *task, done func(Outcome, *Stop)) {
	if ctx.Err() != nil {
		done(v.unattempted(t), nil)
		return
	}
	o := v.outcome(t, verdict{}, apiclient.Call{})
	err := v.ledger.Begin(context.WithoutCancel(ctx), v.run.Seq, ledger.Attempt{Row: o.Row, Line: o.Line,
		Key: o.Key, Email: o.Email, Name: o.Name, ExternalID: o.ExternalID, Revoke: true})
	if err != nil {
		done(v.unattempted(t), brokenLedger(err))
		return
	}
	call, err := v.desk.RevokePortalAccess(ctx, t.id)
	judged := judgeRevoke(t.lost != nil, call, err)
	stop := firstStop(v.end(forbiddenRevoke(err)), v.observe(judged.status, err))
	if judged.status == NotFound && v.gone(ctx, t) {
		judged.known, judged.gone, judged.reason = true, true, reasonGone
	}
	if judged.withdraw {
		o := v.unattempted(t)
		v.ledger.WithdrawRevocation(v.run.Seq, t.row.Number, func(e error) {
			done(o, firstStop(stop, brokenLedger(e)))
		})
		return
	}
	o = v.outcome(t, judged, call)
	v.ledger.Settle(v.run.Seq, o, func(e error) {
		done(v.told(t.row, o, call, e), firstStop(stop, brokenLedger(e)))
	})
}

// gone tells of an account that was not found whether it is one that the ledger
// has, and was deleted at the site.
func (v *revocation) gone(ctx context.Context, t *task) bool {
	if t.had == nil || t.had.ID != t.id {
		return false
	}
	found, err := v.desk.FindAccount(ctx, t.had.Email)
	return notThere(t.id, found, err)
}

// notThere reads the look-up after a 404, which may have been about something
// else than the account: it counts unless the site shows the account, or may
// show it another night. Who may not look up has to take its word.
func notThere(id string, found apiclient.Account, err error) bool {
	if unresolved, ok := errors.AsType[*apiclient.UnresolvedError](err); ok {
		return unresolved.Why == apiclient.NoneFound || unresolved.Why == apiclient.BrowseMissing
	}
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		return refused.Status == 401 || refused.Status == 403
	}
	return err == nil && found.ID != id
}

// outcome is what became of t as the ledger keeps it.
func (v *revocation) outcome(t *task, judged verdict, call apiclient.Call) ledger.Outcome {
	row := t.row
	o := ledger.Outcome{Row: row.Number, Line: row.Line, Key: t.key, Email: row.Email, Name: row.Name, ExternalID: row.ExternalID,
		AccountID: t.id, Reason: judged.reason, HTTPStatus: call.Status, Attempts: call.Attempts,
		Revoke: true, Open: judged.open, Known: judged.known, Gone: judged.gone, AskAgain: judged.status == Failed}
	if judged.status != 0 {
		o.Status = judged.status.String()
	}
	return o
}

// judgeRevoke reads the answer to a revocation.
func judgeRevoke(lost bool, call apiclient.Call, err error) verdict {
	refused, _ := errors.AsType[*apiclient.Error](err)
	switch {
	case err == nil:
		return verdict{status: Revoked, known: true}
	case refused != nil && refused.Status == 404:
		return verdict{status: NotFound, reason: reasonNotFound}
	case cutShort(err) && call.Lost:
		return verdict{status: Unknown, open: true, reason: reasonRevokeCutShort}
	case cutShort(err):
		return verdict{status: NotAttempted, withdraw: true}
	case lost || call.Lost:
		return verdict{status: Unknown, open: true, reason: reasonRevokeUnknown(err)}
	}
	return verdict{status: Failed, reason: reasonRevokeFailed(err)}
}

// forbiddenRevoke stops at the first 403: who may not do this may not do it
// for any account.
func forbiddenRevoke(err error) *Stop {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok || refused.Status != 403 {
		return nil
	}
	return &Stop{Cause: Unauthorised, Err: err,
		What: "the account may not take portal access away (" + refused.Redacted() + "): that needs site administration, which is more than creating customers does",
		Hint: "use the token of a site administrator, or let one revoke the accounts by hand; then run the same command again"}
}
