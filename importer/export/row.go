package export

import "slices"

// Row is one row of the file: what it says, and whether it may be sent.
type Row struct {
	Number int // 1, 2, … of the rows read, excluded and invalid ones too
	Place  Place
	// Cells are the cells as they stand in the file, in order and never shifted,
	// without guards against formulas (see [Guard]) and without our own columns.
	// Bytes that are not UTF-8 stay as they are.
	Cells []string
	// Own has the columns that this program added to the file; nil: there are none.
	Own map[string]string

	// As to be sent; Name is never empty in a valid row. The external id is
	// empty in a file whose external ids are not used (see [Survey.OneExternalID]).
	Email, Name, Organization, ExternalID, AccountID string

	InvalidOrganization string // why --organizations cannot use it; "": it can

	Key   string   // by which a customer is known: the address in lower case, its domain in ASCII
	Other []string // keys of the further addresses in the row
	Note  string   // what was repaired, or is to be said of a row that is sent; "": nothing

	Invalid   string // why it must not be sent; "": it may
	NoAddress bool   // invalid, and so broken that its address could not even be read
	Excluded  string // why it is left out; "": it is not

	DuplicateOf   Place // the first row to be sent with the same key; zero: none, or not yet known
	DuplicateName bool  // that row has another name

	fault   *kind
	repairs []*kind
	value   string // of an invalid row: the cell that is wrong
	why     string // and what is wrong with it, when the kind of fault does not say it
}

// repaired adds what was repaired in the row.
func (r *Row) repaired(list ...*kind) {
	for _, k := range list {
		if k != nil && !slices.Contains(r.repairs, k) {
			r.repairs = append(r.repairs, k)
		}
	}
}

// Sendable reports whether the row is neither invalid nor excluded. A duplicate
// may be sendable too.
func (r *Row) Sendable() bool { return r.Invalid == "" && r.Excluded == "" }

// identity is what makes two rows the same.
func (r *Row) identity() string {
	if r.Key == "" && r.AccountID != "" {
		return "\x00" + r.AccountID
	}
	return r.Key
}

// Example is a row that may be sent, as it was understood. It holds somebody's
// name and address: it is for no log.
type Example struct {
	Place        Place  `json:"place"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	ExternalID   string `json:"external_id"`
	Organization string `json:"organization"`
	AccountID    string `json:"account_id,omitempty"`
}
