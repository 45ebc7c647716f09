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
// back: had was revoked by us, and is so no longer. That access was given back
// is the word of who sends such rows again: the site shows only whether the
// account is the same, portal-only, and active.
func judgeFound(o ledger.Outcome, had *ledger.Account, names []string, found apiclient.Account, err error) (_ ledger.Outcome, back bool) {
	if had == nil {
		return judgeLookUp(o, names, found, err), false
	}
	other := err == nil && had.ID != "" && found.ID != had.ID
	if other || had.RevokedAt.IsZero() {
		o = judgeLookUp(o, names, found, err)
		o.Known = other || had.ID == "" && o.Status == CreatedUnconfirmed.String()
		return o, false
	}
	o.LookUp, o.Known, o.Verified, o.AccountID = false, false, false, had.ID
	if reason := stillRevoked(found, err); reason != "" {
		o.Status, o.Reason, o.AskAgain = RevokedBefore.String(), joinReasons(revokedOn(*had), reason), true
		return o, false
	}
	o.Status, o.Reason = Conflict.String(), reasonGivenBack(*had)
	return o, true
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

// settleBack records o, the outcome of a row whose account was given back: from
// here on the ledger has had as it was before we revoked it. Who is killed
// between the two finds the look-up still to be done, and does it again.
func (b *books) settleBack(o ledger.Outcome, had ledger.Account, done func(error)) {
	if had.Status != Created.String() && had.Status != CreatedUnconfirmed.String() {
		o.Known = true // it was never ours
		b.ledger.Settle(b.run.Seq, o, done)
		return
	}
	version := o
	version.Email, version.Name, version.ExternalID = had.Email, had.Name, had.ExternalID
	version.Status, version.Verified, version.Known, version.LookUp = had.Status, had.Verified, true, true
	b.ledger.Settle(b.run.Seq, version, nil)
	b.ledger.Settle(b.run.Seq, o, done)
}
