package export

// Row is one row of the file: what it says, and whether it may be sent.
type Row struct {
	Number int // 1, 2, … of the rows read, excluded and invalid ones too
	Line   int // physical line where the row starts, from 1
	// Cells are the cells as they stand in the file, in order and never
	// shifted, without guards against formulas (see [Guard]) and without jsm_ columns. Bytes
	// that are not UTF-8 stay as they are.
	Cells []string
	// Own has the jsm_ columns of a file that this program wrote; else it is nil.
	Own map[string]string

	Email, Name, Organization, ExternalID, AccountID string // as to be sent; Name is never empty in a valid row

	Key   string   // by which a customer is known: the address in lower case, its domain in ASCII
	Other []string // keys of the further addresses in the row
	Note  string   // what was repaired, or is to be said of a row that is sent; "": nothing

	Invalid   string // why it must not be sent; "": it may
	NoAddress bool   // invalid, and so broken that its address could not even be read
	Excluded  string // why it is left out; "": it is not

	DuplicateOf   int  // physical line of the first row to be sent with the same key; 0: none, or not yet known
	DuplicateName bool // that row has another name

	fault   kind
	repairs []kind
	login   string
	value   string // of an invalid row: the cell that is wrong
	why     string // and what is wrong with it, when the kind of fault does not say it
	differs bool   // further addresses in columns of the same header
	both    bool   // there were some to compare
}

// Sendable tells whether the row is neither invalid nor excluded. A duplicate
// may be sendable too.
func (r *Row) Sendable() bool { return r.Invalid == "" && r.Excluded == "" }

// identity is what makes two rows the same.
func (r *Row) identity() string {
	if r.Key == "" && r.AccountID != "" {
		return "\x00" + r.AccountID
	}
	return r.Key
}
