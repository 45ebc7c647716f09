package importer

import (
	"errors"
	"fmt"
	"strings"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// The reasons that stand in the results file. Each tells a support person what
// happened and, where there is something to do, what.
const (
	reasonUnconfirmed = "the answer to our attempt was lost, and the next one found the address taken: most likely made by us"
	reasonConflict    = "the address has an account at the site already; nothing was changed"
	reasonCutShort    = "the run stopped before it was known whether the customer was made; run the same command again, it will be settled"
	reasonStopped     = "the run stopped before this row; run the same command again"
	reasonDryRun      = "dry run: would be created"
	reasonNotRecorded = "the answer could not be written to the ledger; run the same command again when there is room on the disk, it will be settled"

	giveBack = "give it back by hand: Jira Service Management, the project's Customers page, find the address, and grant portal access; then send this row once with --resend-known, so that it is known again"
)

func revokedOn(a ledger.Account) string {
	return "its portal access was revoked by us on " + a.RevokedAt.UTC().Format("2006-01-02")
}

func reasonGivenBack(a ledger.Account) string {
	return revokedOn(a) + "; the site has the account, active, and --resend-known says that its access was given back: from now on it is known. Whether it may use the portal cannot be seen from here; in doubt look at the project's Customers page"
}

const (
	reasonRevokeCutShort = "the run stopped before it was known whether access was taken away; run the same command again, it will be settled"
	reasonNotFound       = "the site knows no account with this id; look whether it is of another site"
	reasonGone           = "the site has this account no more, it was deleted there: it is off the list of leavers from now on, and who returns is made anew"
	reasonNotPortalOnly  = "this is an Atlassian account and not a portal-only customer; its access is taken away at admin.atlassian.com"
)

func reasonSameAccount(line int) string { return fmt.Sprintf("same account as line %d", line) }

func reasonAlreadyRevoked(a ledger.Account) string {
	return "revoked by us on " + a.RevokedAt.UTC().Format("2006-01-02") + "; no request was made"
}

func reasonRevokeUnknown(err error) string {
	return "no clear answer after several attempts (" + oneLine(err) + "): access may or may not have been taken away; run the same command again to settle it"
}

func reasonRevokeFailed(err error) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	switch {
	case !ok || refused.Status == 0:
		return "the site could not be reached (" + oneLine(err) + "); nothing was done; run it again"
	case refused.Status == 401:
		return "the site did not accept the credentials: " + said(refused)
	case refused.Status == 403:
		return "the account may not take portal access away: " + said(refused)
	}
	return "the site answered " + said(refused)
}

func reasonUnknown(err error) string {
	return "no clear answer after several attempts (" + oneLine(err) + "): the customer may or may not have been made; run the same command again to settle it"
}

func reasonFailed(err error) string {
	refused, ok := errors.AsType[*apiclient.Error](err)
	if !ok {
		return "the site could not be reached (" + oneLine(err) + "); nothing was made; run it again"
	}
	switch {
	case refused.Status == 400:
		return "the site refused this row: " + said(refused) + "; mend the row and send the failed file again"
	case refused.Status == 401:
		return "the site did not accept the credentials: " + said(refused)
	case refused.Status == 403:
		return "the account may not make customers here: " + said(refused)
	case refused.Status != 0:
		return "the site answered " + said(refused)
	}
	return "the site could not be reached (" + oneLine(err) + "); nothing was made; run it again"
}

// said is what the site said, at most a line, for a results file.
func said(e *apiclient.Error) string { return strings.TrimSuffix(e.Reason(), ".") }

func reasonUnresolved(err error) string {
	if unresolved, ok := errors.AsType[*apiclient.UnresolvedError](err); ok {
		return "account id not resolved: " + unresolved.Error()
	}
	return "account id not resolved: the look-up failed (" + oneLine(err) + ")"
}

func reasonOtherName(shown string) string {
	return fmt.Sprintf("the address has an account at the site already, under another name (%q); nothing was changed", shown)
}

func reasonDuplicate(row *export.Row) string {
	reason := fmt.Sprintf("same address as line %d", row.DuplicateOf)
	if row.DuplicateName {
		reason += ", which has another name; only that one is sent"
	}
	return reason
}

func reasonKnown(a ledger.Account) string {
	day := a.At.UTC().Format("2006-01-02")
	switch a.Status {
	case Conflict.String():
		return "found at the site on " + day + "; no request was made"
	case CreatedUnconfirmed.String():
		return "onboarded on " + day + " (not confirmed); no request was made"
	}
	return "onboarded on " + day + "; no request was made"
}

// reasonRenamed tells of a name that is not the one that the account was made
// with. There is no API to change it.
func reasonRenamed(row *export.Row, a ledger.Account) string {
	if a.Name == "" || a.Name == row.Name || row.Name == row.Email || a.Status == Conflict.String() {
		return ""
	}
	return fmt.Sprintf("the name has changed since: the account was made as %q, and there is no API to change it", a.Name)
}

func joinReasons(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, "; ")
}

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// unsendable is the outcome of a row that never needs a request.
func unsendable(row *export.Row) (Outcome, bool) {
	switch {
	case row.Excluded != "":
		return Outcome{Row: row, Status: Excluded, Reason: row.Excluded}, true
	case row.Invalid != "":
		return Outcome{Row: row, Status: Invalid, Reason: row.Invalid}, true
	case row.DuplicateOf != 0:
		return Outcome{Row: row, Status: Duplicate, Reason: joinReasons(reasonDuplicate(row), row.Note)}, true
	}
	return Outcome{}, false
}

// recalled is the outcome that the ledger has for a row of this run.
func recalled(row *export.Row, o ledger.Outcome) (Outcome, error) {
	if o.Status == "" && o.Revoke { // its answer is not known
		return Outcome{Row: row, Status: Unknown, AccountID: o.AccountID, Reason: joinReasons(reasonRevokeCutShort, row.Note)}, nil
	}
	if o.Status == "" {
		return Outcome{Row: row, Status: Unknown, Reason: joinReasons(reasonCutShort, row.Note)}, nil
	}
	status, err := ParseStatus(o.Status)
	if err != nil {
		return Outcome{}, fmt.Errorf("the ledger has row %d of line %d as %w", o.Row, o.Line, err)
	}
	return Outcome{Row: row, Status: status, AccountID: o.AccountID, Reason: joinReasons(o.Reason, row.Note),
		HTTPStatus: o.HTTPStatus, Attempts: o.Attempts}, nil
}

// knownOutcome is the outcome of a row whose customer the ledger has from
// another run.
func knownOutcome(row *export.Row, a ledger.Account) Outcome {
	if !a.RevokedAt.IsZero() {
		return Outcome{Row: row, Status: RevokedBefore, AccountID: a.ID,
			Reason: joinReasons(revokedOn(a), giveBack, row.Note)}
	}
	return Outcome{Row: row, Status: Known, AccountID: a.ID, Reason: joinReasons(reasonKnown(a), reasonRenamed(row, a), row.Note)}
}

// notAttempted is the outcome of a row that the run stopped before.
func notAttempted(row *export.Row) Outcome {
	return Outcome{Row: row, Status: NotAttempted, Reason: joinReasons(reasonStopped, row.Note)}
}
