// Package importer is the import itself: the plan, the run, the steps of one
// row, the guards, and what sync and revoke add to them.
package importer

import "fmt"

// Status is what became of one row. Each row of a run has exactly one.
type Status int

// The statuses of import and sync, then those that only revoke has.
const (
	Created            Status = iota + 1 // 201
	CreatedUnconfirmed                   // 409 after an attempt of ours whose answer was lost
	Conflict                             // 409, and no lost attempt of ours before it
	Known                                // the ledger has it from an earlier run
	RevokedBefore                        // the ledger knows that we revoked it
	Duplicate                            // same address earlier in this file
	Excluded                             // left out by --include or --exclude
	Invalid                              // the row itself is wrong; never sent
	Failed                               // refused for good, or not reached; nothing was done
	Unknown                              // an attempt may have been carried out
	NotAttempted                         // the run stopped before this row

	Revoked        // 204
	AlreadyRevoked // the ledger knows that it was revoked
	Review         // a leaver that a person must look at; nothing was done
	NotFound       // 404
	NotPortalOnly  // an account that is more than a portal customer
)

var statusNames = [...]string{
	Created: "created", CreatedUnconfirmed: "created_unconfirmed", Conflict: "conflict", Known: "known",
	RevokedBefore: "revoked_before", Duplicate: "duplicate", Excluded: "excluded", Invalid: "invalid",
	Failed: "failed", Unknown: "unknown", NotAttempted: "not_attempted",
	Revoked: "revoked", AlreadyRevoked: "already_revoked", Review: "review",
	NotFound: "not_found", NotPortalOnly: "not_portal_only",
}

// ImportStatuses are the statuses that a row of import or sync can have, in
// the order in which people are shown them.
func ImportStatuses() []Status {
	return []Status{Created, CreatedUnconfirmed, Conflict, Known, Duplicate, Excluded, RevokedBefore, Invalid, Failed, Unknown, NotAttempted}
}

// RevokeStatuses are the statuses that a row of revoke can have.
func RevokeStatuses() []Status {
	return []Status{Revoked, AlreadyRevoked, Duplicate, Excluded, Review, NotFound, NotPortalOnly, Invalid, Failed, Unknown, NotAttempted}
}

func (s Status) String() string {
	if s < Created || int(s) >= len(statusNames) {
		return fmt.Sprintf("status(%d)", int(s))
	}
	return statusNames[s]
}

// MarshalText gives the name that the results file and the summary use.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseStatus is the reverse of String.
func ParseStatus(name string) (Status, error) {
	for s := Created; int(s) < len(statusNames); s++ {
		if statusNames[s] == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is no status", name)
}

// Good tells whether a row that ended so needs nobody's attention.
func (s Status) Good() bool {
	switch s {
	case Created, CreatedUnconfirmed, Conflict, Known, Duplicate, Excluded, Revoked, AlreadyRevoked:
		return true
	}
	return false
}

// Mendable tells whether a row that ended so belongs in the file of rows to
// mend and send again.
func (s Status) Mendable() bool { return s == Invalid || s == Failed || s == Unknown }
