package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// judge returns the outcome of the request that a row wants, by its answer and its history: lost says that the answer
// to an earlier attempt of ours is not known. Only the status of the answer counts; its text only goes into reasons.
func judge(wants outcome.Status, lost bool, call apiclient.Call, err error) ledger.Entry {
	status := statusOf(err)
	lost = lost || call.Lost
	switch {
	case err == nil:
		return entry(wants, "", done[wants])
	case wants == outcome.Created && status == 409 && lost:
		return entry(outcome.CreatedUnconfirmed, outcome.ReasonUnconfirmed, ledger.Store)
	case wants == outcome.Created && status == 409:
		return entry(outcome.Conflict, outcome.ReasonConflict, ledger.Store)
	case wants == outcome.Revoked && status == 404 && lost:
		return entry(outcome.Review, outcome.ReasonLostReview, ledger.NoChange)
	case wants == outcome.Revoked && status == 404:
		return entry(outcome.NotFound, outcome.ReasonNotFound, ledger.NoChange)
	case cutShort(err) && !call.Lost: // nothing was done, and the row is sent when the run goes on
		return entry(outcome.NotAttempted, "", ledger.NoChange)
	case cutShort(err):
		return entry(outcome.Unknown, outcome.ReasonCutShort, ledger.NoChange)
	case lost:
		return entry(outcome.Unknown, fmt.Sprintf(outcome.ReasonUnknown, oneLine(err)), ledger.NoChange)
	}
	return entry(outcome.Failed, refusedReason(err), ledger.NoChange)
}

// done is how a request that was carried out changes the account.
var done = map[outcome.Status]ledger.Change{
	outcome.Created: ledger.Store,
	outcome.Renamed: ledger.Rename,
	outcome.Revoked: ledger.MarkRevoked,
}

// entry returns an Entry with the flags of its status: may it be sent again, is an attempt open, is an id to look up.
func entry(s outcome.Status, reason string, change ledger.Change) ledger.Entry {
	o := outcome.Outcome{Status: s, Reason: reason, Open: s == outcome.Unknown || s == outcome.Review}
	o.Retry = s == outcome.Failed || s == outcome.NotFound
	o.LookUp = s == outcome.Conflict || s == outcome.CreatedUnconfirmed
	return ledger.Entry{Outcome: o, Account: change}
}

// judgeRename reads the answer to a rename, which may be repeated: no attempt of one is ever open.
func judgeRename(a ledger.Account, lost bool, err error) ledger.Entry {
	e := judge(outcome.Renamed, false, apiclient.Call{}, err)
	switch {
	case err == nil:
		e.Reason = fmt.Sprintf(outcome.ReasonRenamed, a.Name)
	case lost && e.Status == outcome.Failed:
		e.Status, e.Reason = outcome.Unknown, fmt.Sprintf(outcome.ReasonUnknown, oneLine(err))
	case e.Status == outcome.Failed:
		e.Reason = fmt.Sprintf(outcome.ReasonNotRenamed, e.Reason)
	}
	return e
}

// refusedReason is why nothing was done.
func refusedReason(err error) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if off, ok := errors.AsType[leftOut](err); ok {
		return off.Error()
	}
	if !ok || refused.Status == 0 {
		return fmt.Sprintf(outcome.ReasonUnreached, oneLine(err))
	}
	return outcome.ReasonRefused(refused.Status, refused.Op, strings.TrimSuffix(refused.Reason(), "."))
}

// oneLine is an error for people, without addresses and names.
func oneLine(err error) string {
	return strings.SplitN(err.Error(), "\n", 2)[0]
}

// deleted reports whether a look-up after a 404 proves it: nobody has the address, though all are seen, or another has.
func deleted(id string, found apiclient.Account, err error, sees bool) bool {
	return errors.Is(err, apiclient.NoneFound) && sees || err == nil && found.ID != "" && found.ID != id
}

// judgeLookUp reads what the look-up after a 409 found. names are those that our lost attempts sent; early says that
// an account created then may not be searchable yet. Only an answer that means something closes the look-up.
func judgeLookUp(o outcome.Outcome, names []string, found apiclient.Account, err error, early bool) outcome.Outcome {
	if err != nil {
		cause := oneLine(err)
		_, answered := errors.AsType[apiclient.Unresolved](err)
		if o.LookUp = !answered || early; answered && early {
			cause += "; " + outcome.ReasonTooEarly
		}
		o.Reason = outcome.Unresolved(o.Reason, cause)
		return o
	}
	o.LookUp, o.AccountID, o.Reason = false, found.ID, outcome.Resolved(o.Reason)
	sent := slices.ContainsFunc(names, func(name string) bool { return foldName(name) == foldName(found.DisplayName) })
	if o.Status == outcome.CreatedUnconfirmed && found.DisplayName != "" && !sent {
		o.Status, o.Reason = outcome.Conflict, fmt.Sprintf(outcome.ReasonOtherName, found.DisplayName)
	}
	return o
}

// judgeResent reads the look-up after a 409 for a known address (--resend-known). e is the outcome before it, name the
// name sent, had the account in the ledger, which stays unless another one is found. That revoked access was given back
// is taken on the user's word: the site only shows whether the account is the same, portal-only and active.
func judgeResent(e ledger.Entry, name string, had ledger.Account, found apiclient.Account, err error) ledger.Entry {
	revoked, day := !had.RevokedAt.IsZero(), outcome.Day(had.RevokedAt)+had.Perhaps
	if err == nil && found.ID != had.ID && (had.ID != "" || !revoked) {
		e.Outcome = judgeLookUp(e.Outcome, []string{name}, found, nil, false)
		return e
	}
	e.AccountID, e.Account, e.LookUp = had.ID, ledger.NoChange, false
	switch {
	case revoked && err == nil && found.PortalOnly() && found.Active:
		e.Status, e.Reason = outcome.Conflict, fmt.Sprintf(outcome.ReasonGivenBack, day)
		e.Account = ledger.MarkRestored
	case revoked:
		cause := oneLine(cmp.Or(err, errors.New(outcome.ReasonInactive)))
		e.Status, e.Reason = outcome.RevokedBefore, fmt.Sprintf(outcome.ReasonStillRevoked, day, cause)
	case err == nil:
		e.Status, e.Reason = outcome.Conflict, outcome.ReasonConflict
	}
	e.Retry = e.Status == outcome.RevokedBefore
	return e
}

// foldName makes display names equal that differ only by case, blanks and Unicode form.
func foldName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}
