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
