package outcome

import (
	"fmt"
	"strings"
	"time"
)

// Reasons stand in the results. Each says what happened and, where there is something to do, what.
const (
	ReasonUnconfirmed = "the answer to our request was lost, and the next one found the address taken: " +
		"probably created by us"
	ReasonConflict = "the address has an account at the site already; nothing was changed"
	ReasonCutShort = "the run stopped before it was known whether the customer was created; " +
		"run the same command again to settle it"
	ReasonStopped     = "the run stopped before this row; run the same command again"
	ReasonNotRecorded = "the answer could not be written to the ledger; make room on the disk and " +
		"run the same command again to settle it"
	ReasonNotRead = "the ledger could not be read, so what was done with this row before is not known; " +
		"run the same command again"
	ReasonRevokeCutShort = "the run stopped before it was known whether access was revoked; " +
		"run the same command again to settle it"
	ReasonNotFound = "the site says that it has no account with this id, and no look-up has confirmed that it " +
		"was deleted; check the id, and that it belongs to this site"
	ReasonGone = "the account was deleted at the site; it is no longer on the list of leavers, " +
		"and somebody who returns gets a new account"
	ReasonNotPortalOnly = "this is an Atlassian account and not a portal-only customer; " +
		"its access is revoked at admin.atlassian.com"
	ReasonNoAccount   = "there is no account id, and the ledger does not know this address"
	ReasonNoID        = "there is no account id, and the ledger has none for this address"
	ReasonNoAccountID = "this is not an account id; those of portal-only customers look like qm:…"
	ReasonNotOurs     = "this account was not certainly created by this program; to revoke it all the same, " +
		"put its account id into a file without jsm_status"
	ReasonNoMember      = "not added to an organization or project: the account id is not known"
	ReasonAccessStopped = "the run stopped before access was given; run the same command again"
)

const giveBack = "give it back by hand: Jira Service Management, the project's Customers page, find the address " +
	"and grant portal access; then send this row once with --resend-known, so that it is known again"

// Day is how reasons write a date.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// JoinReasons puts several reasons into one cell.
func JoinReasons(parts ...string) string {
	var all []string
	for _, part := range parts {
		if part != "" {
			all = append(all, part)
		}
	}
	return strings.Join(all, "; ")
}

// ReasonUnknown is for an attempt whose answer is not known. cause is a line.
func ReasonUnknown(cause string) string {
	return "no clear answer after several attempts (" + cause +
		"): the customer may or may not have been created; run the same command again to settle it"
}

// ReasonRevokeUnknown is the same for a revocation.
func ReasonRevokeUnknown(cause string) string {
	return "no clear answer after several attempts (" + cause +
		"): access may or may not have been revoked; run the same command again to settle it"
}

// ReasonUnreached is for a row that never got an answer and of which nothing was done.
func ReasonUnreached(cause string) string {
	return "the site could not be reached (" + cause + "); nothing was done; run the same command again"
}

// ReasonRefused is for a row that the site refused for good. action is what was asked for.
func ReasonRefused(status int, answer, action string) string {
	switch status {
	case 400:
		return "the site refused this row: " + answer
	case 401:
		return "the site did not accept the credentials: " + answer
	case 403:
		return "the account may not " + action + " here: " + answer
	case 429:
		return "the site refused this row again and again, and took others meanwhile: " + answer +
			"; something in front of the site may reject this address"
	}
	return "the site answered " + answer
}

const unresolved = "account id not known"

// Unresolved adds to a reason why the account id is not known, in place of what was said of that before.
func Unresolved(reason, cause string) string {
	return JoinReasons(Resolved(reason), unresolved+": "+cause)
}

// Resolved is a reason without what Unresolved added.
func Resolved(reason string) string {
	if strings.HasPrefix(reason, unresolved) {
		return ""
	}
	before, _, _ := strings.Cut(reason, "; "+unresolved)
	return before
}

// ReasonTooEarly is why an empty look-up soon after a create means nothing.
const ReasonTooEarly = "new accounts are found only minutes later; the next command looks it up first"

// ReasonOtherName is for an account that shows another name than we sent.
func ReasonOtherName(shown string) string {
	return fmt.Sprintf("the address has an account at the site already, under another name (%q); "+
		"nothing was changed", shown)
}

// ReasonDuplicate is for an address that stands in an earlier row.
func ReasonDuplicate(first string, otherName bool) string {
	if otherName {
		return "same address as " + first + ", which has another name; only that one is sent"
	}
	return "same address as " + first
}

// ReasonSameAccount is for an account that an earlier row names.
func ReasonSameAccount(first string) string { return "same account as " + first }

// ReasonKnown is for a row whose customer the ledger has, with the status of then.
func ReasonKnown(status Status, on time.Time) string {
	switch status {
	case Conflict:
		return "found at the site on " + Day(on) + "; no request was made"
	case CreatedUnconfirmed:
		return "onboarded on " + Day(on) + " (not confirmed); no request was made"
	}
	return "onboarded on " + Day(on) + "; no request was made"
}

// ReasonFixed is for a row that was fixed in the failed file and imported from there.
func ReasonFixed(email string, on time.Time) string {
	return "fixed and imported as " + email + " on " + Day(on) + "; no request was made"
}

// ReasonNameChanged is for a known customer whose row has another name than the one sent.
func ReasonNameChanged(sent string) string {
	return fmt.Sprintf("the name has changed: the account was created as %q; --update-names renames it", sent)
}

// ReasonRenamed is for a customer who has been renamed.
func ReasonRenamed(sent string) string { return fmt.Sprintf("renamed from %q", sent) }

// ReasonNotRenamed is for a name that should have been changed.
func ReasonNotRenamed(cause string) string { return "the name was not changed: " + cause }

// ReasonOtherAddress is for somebody who has an account under another address.
func ReasonOtherAddress(email string, on time.Time) string {
	return "the same external id is onboarded under another address (" + email + ", since " + Day(on) +
		"): this is a second account, and requests stay with the first"
}

// ReasonRevoked is for an account that we have revoked.
func ReasonRevoked(on time.Time) string {
	return "its portal access was revoked by this program on " + Day(on)
}

// ReasonRevokedBefore says how access is given back.
func ReasonRevokedBefore(on time.Time) string { return JoinReasons(ReasonRevoked(on), giveBack) }

// ReasonStillRevoked is for a row sent with --resend-known that is not taken for given back.
func ReasonStillRevoked(on time.Time, cause string) string {
	return JoinReasons(ReasonRevoked(on), "it does not count as given back: "+cause)
}

// ReasonInactive is why an account does not count as given back.
const ReasonInactive = "the site shows it as inactive; " + giveBack

// ReasonGivenBack is for an account that --resend-known says was given back.
func ReasonGivenBack(on time.Time) string {
	return ReasonRevoked(on) + "; the site has the account, active, and --resend-known says that its access was " +
		"given back: from now on it is known. The project's Customers page shows whether it may use the portal"
}

// ReasonAlreadyRevoked is for an account that needs no second revocation.
func ReasonAlreadyRevoked(on time.Time) string {
	return "revoked by this program on " + Day(on) + "; no request was made"
}
