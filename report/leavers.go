package report

import (
	"time"

	"github.com/gocarina/gocsv"
)

// A Leaver is somebody whom an earlier complete sync of a source onboarded and
// who is gone from it.
type Leaver struct {
	Email     string `csv:"email"`
	Name      string `csv:"name"`
	AccountID string `csv:"jsm_account_id"`
	Action    string `csv:"jsm_action"` // "revoke" or "review"
	Reason    string `csv:"jsm_reason"`
	LastSeen  Day    `csv:"last_seen"`
	Source    string `csv:"jsm_source"`
	RunID     string `csv:"jsm_run_id"`
}

// Departures are a sync's leavers in numbers.
type Departures struct {
	Path      string `json:"path"`      // the list; "" when there is none
	Revoke    int    `json:"to_revoke"` // on the list, with that action
	Review    int    `json:"to_review"`
	Held      string `json:"held,omitempty"`      // why there is no list, or why access was not taken away
	Rows      *Rows  `json:"rows,omitempty"`      // --revoke-leavers: what became of those on the list
	Results   string `json:"results,omitempty"`   // and where each is told
	Sent      int    `json:"requests,omitempty"`  // to revoke; those to create are the summary's
	Throttled int    `json:"throttled,omitempty"` // of them, answered 429
}

// revoked tells whether access was taken away from leavers.
func revoked(d *Departures) bool { return d != nil && d.Rows != nil }

// RevokeCommand is what to type to take access away from those on a list, with
// the words of the command line that say where site and ledger are.
func RevokeCommand(list string, site []string) string { return command("revoke", list, site) }

// Day is a time that is written as its date in UTC.
type Day struct{ time.Time }

// MarshalCSV writes 2025-03-01; nothing for the zero time.
func (d Day) MarshalCSV() (string, error) {
	if d.IsZero() {
		return "", nil
	}
	return d.UTC().Format(time.DateOnly), nil
}

// UnmarshalCSV reads what MarshalCSV wrote.
func (d *Day) UnmarshalCSV(s string) (err error) {
	*d = Day{}
	if s != "" {
		d.Time, err = time.Parse(time.DateOnly, s)
	}
	return err
}

// WriteLeavers writes the leavers' file, in the form of the results: BOM, CRLF,
// quoted, guarded. Without leavers it holds the header alone, so that
// yesterday's list is not acted on.
func WriteLeavers(path string, leavers []Leaver) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	if err := gocsv.MarshalCSV(leavers, newTable(f)); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}
