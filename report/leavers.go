package report

import (
	"bytes"
	"time"

	"github.com/gocarina/gocsv"
)

// A Leaver is somebody whom an earlier complete sync of a source onboarded and who is gone from it.
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

// Day is a time that is written as its date in UTC.
type Day struct{ time.Time }

// MarshalCSV writes 2025-03-01; nothing for the zero time.
func (d Day) MarshalCSV() (string, error) {
	if d.IsZero() {
		return "", nil
	}
	return d.UTC().Format(time.DateOnly), nil
}

// WriteLeavers writes the leavers' file in the form of the results. Without
// leavers it holds the header alone, so that nobody acts on yesterday's list.
func WriteLeavers(path string, delimiter rune, leavers []Leaver) error {
	var b bytes.Buffer
	if err := gocsv.MarshalCSV(leavers, newTable(&b, delimiter)); err != nil {
		return err
	}
	return WriteFile(path, b.Bytes())
}
