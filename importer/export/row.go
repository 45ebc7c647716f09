package export

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"jsm-onboard/importer/csvtext"
)

// Row is one row of the file: what it says, and whether it may be sent. It has a name and an address: for no log.
type Row struct {
	Number int   `json:"-"` // 1, 2, … of the rows read, excluded and invalid ones too
	Place  Place `json:"place"`

	// As to be sent; Name is never empty in a valid row. ExternalID is, where [Survey.ExternalIDsUnused] says why.
	Name         string `json:"name"`
	Email        string `json:"email"`
	ExternalID   string `json:"external_id"`
	Organization string `json:"organization"`
	AccountID    string `json:"account_id,omitempty"`

	// Cells are as they stand in the file, in order and never shifted, without guards against formulas (see [Guard])
	// and without columns of ours that results replace. Bytes that are not UTF-8 stay as they are.
	Cells []string `json:"-"`
	// Own has the columns that this program added to the file; nil: there are none.
	Own map[string]string `json:"-"`

	InvalidOrganization string `json:"-"` // why --organizations cannot use it; "": it can

	Key   string   `json:"-"` // by which a customer is known: the address in lower case, its domain in ASCII
	Other []string `json:"-"` // keys of the further addresses in the row
	Note  string   `json:"-"` // what was repaired, or is to be said of a row that is sent; "": nothing

	Invalid   string `json:"-"` // why it must not be sent; "": it may
	NoAddress bool   `json:"-"` // invalid, and so broken that its address could not even be read
	Excluded  string `json:"-"` // why it is left out; "": it is not
	Alike     int    `json:"-"` // invalid rows before this one with the same cells

	DuplicateOf   Place `json:"-"` // the first row to be sent with the same key; zero: none, or not yet known
	DuplicateName bool  `json:"-"` // that row has another name

	record   csvtext.Record
	skipped  *Problem // why it is no row; nil: it is one
	fragment bool     // fewer cells than the header, and no address or account of its own
	fault    *Problem
	repairs  []*Problem // each once
}

// refuse says why the row must not be sent.
func (r *Row) refuse(k *Problem, why string) { r.fault, r.Invalid = k, why }

// Sendable reports whether the row is neither invalid nor excluded. A duplicate may be sendable, too.
func (r *Row) Sendable() bool { return r.Invalid == "" && r.Excluded == "" }

// Mentions reports whether the cells have an address, or all words of a name.
func (r *Row) Mentions(key, name string) bool {
	cells := strings.ToLower(strings.Join(r.Cells, " "))
	missing := func(word string) bool { return !strings.Contains(cells, word) }
	isSign := func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }
	return !missing(key) || !slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(name), isSign), missing)
}

// identity is what makes two rows the same.
func (r *Row) identity() string { return cmp.Or(r.Key, "\x00"+r.AccountID) }
