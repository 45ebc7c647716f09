package importer

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient"
	"jsm-onboard/apiclient/pacer"
	"jsm-onboard/importer/ledger"
)

// A verdict is what one call means for its row.
type verdict struct {
	status   Status
	reason   string
	lookUp   bool // the account id has to be looked up
	known    bool // later runs make no request for this address
	verified bool // ours beyond doubt
	open     bool // an attempt of ours may have been carried out, and it is not settled whether
	gone     bool // revoke: the site has the account no more
	withdraw bool // nothing left that could have been carried out: as if never begun
}

// judgeCreate reads the answer to a create together with its history: lost
// tells that an earlier attempt of ours for this address has no known answer.
// By status alone; texts only go into reasons.
func judgeCreate(lost bool, call apiclient.Call, err error) verdict {
	lost = lost || call.Lost
	refused, _ := errors.AsType[*apiclient.Error](err)
	switch {
	case err == nil:
		return verdict{status: Created, known: true, verified: true}
	case refused != nil && refused.Status == 409 && lost:
		return verdict{status: CreatedUnconfirmed, known: true, lookUp: true, reason: reasonUnconfirmed}
	case refused != nil && refused.Status == 409:
		return verdict{status: Conflict, known: true, lookUp: true, reason: reasonConflict}
	case cutShort(err) && call.Lost:
		return verdict{status: Unknown, open: true, reason: reasonCutShort}
	case cutShort(err):
		return verdict{status: NotAttempted, withdraw: true, reason: reasonStopped}
	case lost:
		return verdict{status: Unknown, open: true, reason: reasonUnknown(err)}
	}
	return verdict{status: Failed, reason: reasonFailed(err)}
}

// cutShort tells whether a call ended because the run did, and not because of
// an answer.
func cutShort(err error) bool {
	if _, ok := errors.AsType[*pacer.PauseError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pacer.OutageError](err); ok {
		return true
	}
	return errors.Is(err, context.Canceled)
}

// judgeLookUp reads what the look-up after a 409 found. names are those that we
// sent in attempts whose answer was lost; they count only for a row that is
// created_unconfirmed.
func judgeLookUp(o ledger.Outcome, names []string, found apiclient.Account, err error) ledger.Outcome {
	o.LookUp = false
	if err != nil {
		o.Reason = joinReasons(o.Reason, reasonUnresolved(err))
		return o
	}
	o.AccountID = found.ID
	if o.Status != CreatedUnconfirmed.String() {
		return o
	}
	if found.DisplayName != "" && !sentOneOf(names, found.DisplayName) {
		o.Status, o.Reason, o.Verified = Conflict.String(), reasonOtherName(found.DisplayName), false
		return o
	}
	o.Verified = found.DisplayName != "" && found.PortalOnly()
	return o
}

func sentOneOf(names []string, shown string) bool {
	for _, name := range names {
		if sameName(name, shown) {
			return true
		}
	}
	return false
}

// sameName compares display names without regard to case, blanks and Unicode
// form.
func sameName(a, b string) bool { return foldName(a) == foldName(b) }

func foldName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}
