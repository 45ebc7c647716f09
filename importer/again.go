package importer

import (
	"errors"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/ledger"
)

// errNotLookedUp is why an account id is not resolved that nobody looks up.
var errNotLookedUp = errors.New("account ids are not looked up in this run")

// returns tells whether a row is sent again whose account we have revoked.
func (t *task) returns() bool { return t.had != nil && !t.had.RevokedAt.IsZero() }

// judgeFound reads the look-up after a 409, like judgeLookUp, where the ledger
// may have had an account for that address already (--resend-known; nil: it had
// none). Whose it was it stays, as long as no other account is found there.
//
// Restored: had was revoked by us, and is so no longer. That access was given
// back is the word of who sends such rows again: the site shows only whether
// the account is the same, portal-only, and active.
func judgeFound(o ledger.Outcome, had *ledger.Account, names []string, found apiclient.Account, err error) ledger.Outcome {
	if had == nil {
		return judgeLookUp(o, names, found, err)
	}
	other := err == nil && had.ID != "" && found.ID != had.ID
	if other || had.RevokedAt.IsZero() {
		o = judgeLookUp(o, names, found, err)
		o.Known = other || had.ID == "" && o.Status == CreatedUnconfirmed.String()
		return o
	}
	o.LookUp, o.Known, o.Verified, o.AccountID = false, false, false, had.ID
	if reason := stillRevoked(found, err); reason != "" {
		o.Status, o.Reason, o.AskAgain = RevokedBefore.String(), joinReasons(revokedOn(*had), reason), true
		return o
	}
	o.Status, o.Reason, o.Known, o.Restored = Conflict.String(), reasonGivenBack(*had), true, true
	return o
}

// stillRevoked is why an account that we have revoked is not taken for one that
// was given back; "": nothing speaks against it.
func stillRevoked(found apiclient.Account, err error) string {
	switch {
	case err != nil:
		return "it is not taken as given back: " + reasonUnresolved(err)
	case !found.PortalOnly():
		return "it is not taken as given back: the site does not show it as a portal-only customer"
	case !found.Active:
		return "it is not taken as given back: the site shows it as inactive; " + giveBack
	}
	return ""
}
