// Package outcome describes what became of the rows of a run: a status each, and why.
package outcome

import "fmt"

// Status is what became of one row. Each row of a run has exactly one.
type Status int

// The statuses of import and sync; up to Renamed, the person has an account.
const (
	Created            Status = iota + 1 // 201
	CreatedUnconfirmed                   // 409 after an attempt of ours whose answer was lost
	Conflict                             // 409, and no lost attempt of ours before it
	Known                                // the ledger has it from an earlier run
	Renamed                              // known, and its name was changed
	RevokedBefore                        // the ledger knows that we revoked it
	Duplicate                            // same address earlier in this file
	Excluded                             // left out by --include or --exclude
	Invalid                              // the row itself is wrong; never sent
	Failed                               // refused for good, or the site was not reached; nothing was done
	Unknown                              // an attempt may have been carried out
	NotAttempted                         // the run stopped before this row
)

// The statuses that only revoke and undo have.
const (
	Revoked        Status = iota + NotAttempted + 1 // 204
	AlreadyRevoked                                  // the ledger knows that it was revoked
	Review                                          // a person must decide; nothing was done
	NotFound                                        // 404
	NotPortalOnly                                   // more than a portal customer
)

// statuses has the name and the meaning of each status.
var statuses = [...]struct{ name, meaning string }{
	Created: {"created", "The customer was created in this run."},
	CreatedUnconfirmed: {"created_unconfirmed",
		"The answer was lost, and the account is there now: probably ours. undo does not revoke it."},
	Conflict:      {"conflict", "An account with this address was there before; none was created."},
	Known:         {"known", "Known from an earlier run; nothing is sent."},
	Renamed:       {"renamed", "Onboarded by an earlier run; only the name is changed."},
	RevokedBefore: {"revoked_before", "This program revoked the access earlier; give it back by hand if it is wanted."},
	Duplicate:     {"duplicate", "The same address is in an earlier row, and that row counts."},
	Excluded:      {"excluded", "Left out by --include or --exclude."},
	Invalid:       {"invalid", "Not sent, because the row itself is wrong: fix it, then send it again."},
	Failed:        {"failed", "The request was refused or did not arrive; nothing was done."},
	Unknown:       {"unknown", "The request may have been carried out; run the same command again to find out."},
	NotAttempted:  {"not_attempted", "The run ended before this row; run the same command again."},
	Revoked:       {"revoked", "The portal access was revoked in this run."},
	AlreadyRevoked: {"already_revoked",
		"This program revoked the portal access earlier; nothing is sent."},
	Review:        {"review", "A person has to decide; nothing is done."},
	NotFound:      {"not_found", "The site has no such account."},
	NotPortalOnly: {"not_portal_only", "The account is more than a portal customer; it is left as it is."},
}

// ImportStatuses are the statuses that a row of import or sync can have, in the order in which people are shown them.
func ImportStatuses() []Status {
	return []Status{Created, CreatedUnconfirmed, Conflict, Known, Renamed, Duplicate, Excluded,
		RevokedBefore, Invalid, Failed, Unknown, NotAttempted}
}

// RevokeStatuses are the statuses that a row of revoke or undo can have, in the same way.
func RevokeStatuses() []Status {
	return []Status{Revoked, AlreadyRevoked, Duplicate, Excluded, Review, NotFound, NotPortalOnly,
		Invalid, Failed, Unknown, NotAttempted}
}

// ParseStatus is the reverse of String.
func ParseStatus(name string) (Status, error) {
	for s := Created; int(s) < len(statuses); s++ {
		if statuses[s].name == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is not a status", name)
}

// String is the name that results and summary use.
func (s Status) String() string {
	if s < Created || int(s) >= len(statuses) {
		return fmt.Sprintf("status(%d)", int(s))
	}
	return statuses[s].name
}

// MarshalText returns the name.
func (s Status) MarshalText() ([]byte, error) {
	_, err := ParseStatus(s.String())
	return []byte(s.String()), err
}

// UnmarshalText reads the name.
func (s *Status) UnmarshalText(name []byte) (err error) {
	*s, err = ParseStatus(string(name))
	return err
}

// Meaning is one sentence that says what the status means.
func (s Status) Meaning() string { return statuses[s].meaning }

// Good reports whether a row that ended so needs nobody's attention.
func (s Status) Good() bool {
	switch s {
	case Created, CreatedUnconfirmed, Conflict, Known, Renamed, Duplicate, Excluded, Revoked, AlreadyRevoked:
		return true
	}
	return false
}

// NeedsFixing reports whether a row that ended so belongs in the failed file.
func (s Status) NeedsFixing() bool { return s == Invalid || s == Failed || s == Unknown }
