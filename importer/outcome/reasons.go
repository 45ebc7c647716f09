package outcome

import (
	"slices"
	"strings"
	"time"
)

// Reasons stand in the results. Each says what happened and, where there is something to do, what.
const (
	ReasonUnconfirmed = "the answer to our request was lost, and the next one found the address taken: " +
		"probably created by us"
	ReasonConflict  = "the address has an account at the site already; none was created"
	ReasonOtherName = "the address has an account at the site already, under another name (%q); none was created"
	ReasonCutShort  = "the run stopped before it was known whether the request was carried out; " + settleIt
	ReasonUnknown   = "no clear answer after several attempts (%s): the request may or may not have been carried " +
		"out; " + settleIt
	ReasonUnreached   = "the site could not be reached (%s); nothing was done; " + askAgain
	ReasonStopped     = "the run stopped before this row; " + askAgain
	ReasonNotRecorded = "the answer could not be written to the ledger; make room on the disk and " + settleIt
	ReasonNotRead     = "the ledger could not be read, so what was done with this row before is not known; " + askAgain
	ReasonTooEarly    = "new accounts are found only minutes later; the next command looks it up first"

	ReasonSame         = "same %s as %s"
	ReasonOnlyThatSent = ", which has another name; only that one is sent"
	ReasonFixed        = "fixed and imported as %s on %s; " + noRequest
	ReasonOtherAddress = "the ledger has this person, going by external id or further address, under another one " +
		"(%s, since %s): if it is the same person, this is a second account, and requests stay with the first"
	ReasonNameChanged = "the name has changed: the account was created as %q; --update-names renames it"
	ReasonOldName     = "the name has changed: the account was created as %q, not certainly by this program, " +
		"and is not renamed: change it in Jira"
	ReasonRenamed    = "renamed from %q"
	ReasonNotRenamed = "the name was not changed: %s"

	ReasonRevoked        = "its portal access was revoked by this program on %s"
	ReasonRevokedBefore  = ReasonRevoked + "; " + giveBack
	Perhaps              = " (perhaps: the answer was lost)"
	ReasonStillRevoked   = ReasonRevoked + "; it does not count as given back: %s"
	ReasonInactive       = "the site does not show it as an active portal-only customer; " + giveBack
	ReasonAlreadyRevoked = "revoked by this program on %s; " + noRequest
	ReasonGivenBack      = ReasonRevoked +
		"; the site has the account, active, and --resend-known says that its access " +
		"was given back: from now on it is known. The project's Customers page shows whether it may use the portal"

	ReasonNotFound = "the site says that it has no account with this id, and no look-up has confirmed that it " +
		"was deleted; check the id, and that it belongs to this site"
	ReasonLostRevoked = "the answer to our request was lost, and the site shows that the account is no longer active"
	ReasonLostReview  = "the answer to our request was lost, and now the site says that it has no account with this " +
		"id: see in Jira whether the customer still has portal access"
	ReasonGone = "the account was deleted at the site; it is no longer on the list of leavers, " +
		"and somebody who returns gets a new account"
	ReasonNotPortalOnly = "this is an Atlassian account and not a portal-only customer; " +
		"its access is revoked at admin.atlassian.com"
	ReasonNoAccount   = "there is no account id, and the ledger has none for this address"
	ReasonNoAccountID = "this is not an account id; those of portal-only customers look like qm:…"
	ReasonOtherID     = "the ledger has another account id for this address: %s"
	ReasonOtherOwner  = "the ledger has this account id for another address: %s"
	ReasonOtherAction = "the jsm_action of this row is %q: only revoke is acted on"
	ReasonNotOurs     = "this account was not certainly created by this program; to revoke it all the same, " +
		"put its account id alone into a file"
	ReasonMaybeCreated = "the run may have created this account: the answer to its request was lost; if nobody " +
		"knew this customer before, take the account's access away in Jira"
	ReasonInSource = "this person is in the source %s: take the row out there and sync, or use revoke with the id"

	ReasonNoMember      = "not added to an organization or project: its account id is not known (see --resend-known)"
	ReasonAccessStopped = "the run stopped before access was given; " + askAgain
)

const (
	askAgain  = "run the same command again"
	settleIt  = askAgain + " to settle it"
	noRequest = "no request was made"
	giveBack  = "give it back by hand: Jira Service Management, the project's Customers page, find the address " +
		"and grant portal access; then send this row once with --resend-known, so that it is known again"
	unresolved = "account id not known"
)

// Day is how reasons write a date.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// JoinReasons puts several reasons into one cell.
func JoinReasons(parts ...string) string {
	empty := func(part string) bool { return part == "" }
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), empty), "; ")
}

// ReasonRefused is for a row that the site refused for good. doing is what was asked for.
func ReasonRefused(status int, doing, answer string) string {
	switch status {
	case 400:
		return "the site refused this row: " + answer
	case 401:
		return "the site did not accept the credentials: " + answer
	case 403:
		return doing + " is not allowed for this account: " + answer
	case 429:
		return "the site refused this row again and again, and took others meanwhile: " + answer +
			"; something in front of the site may reject this address"
	}
	return "the site answered " + answer
}

// ReasonKnown is for a row whose customer the ledger has, with the status of then.
func ReasonKnown(status Status, on time.Time) string {
	switch status {
	case Conflict:
		return "found at the site on " + Day(on) + "; " + noRequest
	case CreatedUnconfirmed:
		return "onboarded on " + Day(on) + " (not confirmed); " + noRequest
	}
	return "onboarded on " + Day(on) + "; " + noRequest
}

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
