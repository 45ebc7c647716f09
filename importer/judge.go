package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// judgeCreate reads the answer to a create together with its history: lost says that an earlier attempt of ours for
// this address has no known answer. By status alone; texts only go into reasons.
func judgeCreate(lost bool, call apiclient.Call, err error) ledger.Entry {
	switch {
	case err == nil:
		return entry(outcome.Created, "", ledger.Store)
	case statusOf(err) != 409:
		return judgeRest(lost, call, err, "create customers")
	}
	e := entry(outcome.Conflict, outcome.ReasonConflict, ledger.Store)
	if lost || call.Lost {
		e = entry(outcome.CreatedUnconfirmed, outcome.ReasonUnconfirmed, ledger.Store)
	}
	e.LookUp = true
	return e
}

// entry is what became of a row: one that failed may be asked for again, and of one that is unknown an attempt is open.
func entry(s outcome.Status, reason string, change ledger.Change) ledger.Entry {
	o := outcome.Outcome{Status: s, Reason: reason, Retry: s == outcome.Failed, Open: s == outcome.Unknown}
	return ledger.Entry{Outcome: o, Account: change}
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

// judgeRename reads the answer to a rename.
func judgeRename(a ledger.Account, err error) ledger.Entry {
	switch {
	case err == nil:
		return entry(outcome.Renamed, fmt.Sprintf(outcome.ReasonRenamed, a.Name), ledger.Rename)
	case forNobody(err):
		return entry(outcome.Known, outcome.JoinReasons(outcome.ReasonKnown(a.Status, a.At),
			fmt.Sprintf(outcome.ReasonNotRenamed, notAllowed(err))), ledger.NoChange)
	case cutShort(err):
		return entry(outcome.NotAttempted, "", ledger.NoChange)
	}
	reason := fmt.Sprintf(outcome.ReasonNotRenamed, refusedReason(err, "change names"))
	return entry(outcome.Failed, reason, ledger.NoChange)
}

// judgeRest reads what is left of the answers to a request: nothing is known to have been done.
func judgeRest(lost bool, call apiclient.Call, err error, action string) ledger.Entry {
	switch {
	case cutShort(err) && !call.Lost:
		return entry(outcome.NotAttempted, "", ledger.NoChange)
	case cutShort(err):
		return entry(outcome.Unknown, outcome.ReasonCutShort, ledger.NoChange)
	case lost || call.Lost:
		return entry(outcome.Unknown, fmt.Sprintf(outcome.ReasonUnknown, oneLine(err)), ledger.NoChange)
	}
	return entry(outcome.Failed, refusedReason(err, action), ledger.NoChange)
}

// refusedReason is why nothing was done.
func refusedReason(err error, action string) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok || refused.Status == 0 {
		return fmt.Sprintf(outcome.ReasonUnreached, oneLine(err))
	}
	return outcome.ReasonRefused(refused.Status, strings.TrimSuffix(refused.Reason(), "."), action)
}

// answerOf is an error for people, without addresses and names.
func answerOf(err error) string {
	if refused, ok := errors.AsType[*apiclient.Error](err); ok {
		return "the site answered " + strings.TrimSuffix(refused.Redacted(), ".")
	}
	return oneLine(err)
}

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// notAllowed is what people read of an answer that every such request would get.
func notAllowed(err error) string {
	return "this site, or this account or its token, does not allow it (" + answerOf(err) + ")"
}

// deleted reads the look-up after a 404. Only what it shows counts: nobody has the address, where everybody would be
// seen (sees), or another account has it.
func deleted(id string, found apiclient.Account, err error, sees bool) bool {
	if errors.Is(err, apiclient.NoneFound) {
		return sees
	}
	return err == nil && found.ID != "" && found.ID != id
}

// judgeLookUp reads what the look-up after a 409 found. names are those that our lost attempts sent; early says that
// an account created then may not be searchable yet. Only an answer that means something closes the look-up.
func judgeLookUp(o outcome.Outcome, names []string, found apiclient.Account, err error, early bool) outcome.Outcome {
	if err != nil {
		unresolved, answered := errors.AsType[apiclient.Unresolved](err)
		none := unresolved == apiclient.NoneFound
		o.LookUp = !answered || unresolved == apiclient.BrowseMissing || none && early
		cause := oneLine(err)
		if none && early {
			cause = outcome.ReasonTooEarly
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

// judgeResent reads the look-up after a 409 for an address that the ledger has (--resend-known), as e says with name.
// What it has stays, as long as no other account is found there. That access which we revoked was given back is the
// word of who sends such rows again: the site shows only whether the account is the same, portal-only, and active.
func judgeResent(e ledger.Entry, name string, had ledger.Account, found apiclient.Account, err error) ledger.Entry {
	revoked, why := !had.RevokedAt.IsZero(), outcome.ReasonInactive
	if err == nil && found.ID != had.ID && (had.ID != "" || !revoked) {
		e.Outcome = judgeLookUp(e.Outcome, []string{name}, found, nil, false)
		return e
	}
	e.AccountID, e.Account, e.LookUp = had.ID, ledger.NoChange, false
	switch {
	case err != nil && !revoked:
		return e
	case !revoked:
		if e.Status, e.Reason = outcome.Conflict, outcome.ReasonConflict; had.Ours() {
			e.Reason = "created by this program on " + outcome.Day(had.At) + "; " + e.Reason
		}
		return e
	case err == nil && found.PortalOnly() && found.Active:
		e.Status, e.Reason = outcome.Conflict, fmt.Sprintf(outcome.ReasonGivenBack, outcome.Day(had.RevokedAt))
		e.Account = ledger.MarkRestored
		return e
	case err != nil:
		why = oneLine(err)
	}
	e.Status, e.Retry = outcome.RevokedBefore, true
	e.Reason = fmt.Sprintf(outcome.ReasonStillRevoked, outcome.Day(had.RevokedAt), why)
	return e
}

// foldName makes display names equal that differ only by case, blanks and Unicode form.
func foldName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}
