package outcome

import (
	"fmt"
	"strings"
)

// Outcome is what became of one row. As CSV it is the columns that the results have besides those of the input.
type Outcome struct {
	Row int `csv:"-"` // number of the row read: 1, 2, …

	Key, Email, Name, ExternalID string `csv:"-"`

	Status       Status `csv:"jsm_status"`
	AccountID    string `csv:"jsm_account_id"`   // "" when it is not known
	Organization string `csv:"jsm_organization"` // access words, joined by ';'; "" where nothing was asked for
	ServiceDesk  string `csv:"jsm_service_desk"` // the same
	Reason       string `csv:"jsm_reason"`       // why, in words that a support person can act on
	SheetRow     int    `csv:"jsm_row"`          // the row as a spreadsheet numbers it
	Line         int    `csv:"jsm_line"`         // physical line where it starts
	HTTPStatus   int    `csv:"jsm_http_status"`  // of the last answer; 0: none
	Attempts     int    `csv:"jsm_attempts"`     // requests that left for the row

	Open   bool `csv:"-"` // a request may have been carried out, and its answer is not known
	LookUp bool `csv:"-"` // the account id is still to be looked up
	Retry  bool `csv:"-"` // dropped when a run continues that was stopped by a problem of the site
}

// Place names the row for people: "row 415 (line 424)", or "row 2" when both are the same.
func (o Outcome) Place() string {
	if o.Line == o.SheetRow || o.Line == 0 {
		return fmt.Sprintf("row %d", o.SheetRow)
	}
	return fmt.Sprintf("row %d (line %d)", o.SheetRow, o.Line)
}

// Access is what became of one membership that was asked for.
type Access int

// What results show of a membership.
const (
	Added              Access = iota + 1 // in this run
	AccessKnown                          // there before
	AccessInvalid                        // the row's organization cannot be used
	AccessFailed                         // refused
	AccessNotAttempted                   // the run ended before it, or there is no account to add
)

// String is the word that the results use.
func (a Access) String() string {
	return [...]string{"", "added", "known", "invalid", "failed", "not_attempted"}[a]
}

// AccessGood reports whether the customer has all the access of a cell of the results: words joined by ';'.
func AccessGood(cell string) bool {
	for word := range strings.SplitSeq(cell, ";") {
		if word != "" && word != Added.String() && word != AccessKnown.String() {
			return false
		}
	}
	return true
}
