package csvtext

// Bounds of what is read as one.
const (
	maxCell = 1 << 20 // bytes in a cell
	maxRow  = 4 << 20 // bytes in a row
	// MaxColumns is how many cells of a row may be more than empty.
	MaxColumns = 2000
)

// Flaw is what is wrong with the form of a record.
type Flaw int

// The first four are repaired; with the others the cells cannot be trusted.
const (
	EscapedQuotes      Flaw = iota + 1 // \" for "" inside a cell
	BlanksAroundQuotes                 // a blank between delimiter and quote
	QuotedPhrases                      // "Ann Lee" <ann@example.com> as one cell
	BareQuotes                         // quotes inside a cell that are not doubled
	QuoteNeverClosed
	QuotesUnclear
	SwallowedRows // a quoted cell holds what looks like whole rows
	TooManyColumns
	CellTooLong
)

// Record is one record, or the first physical line of one that is broken.
type Record struct {
	Cells []string
	Place Place
	Lines int  // physical lines it takes
	Ended bool // a line end stands after it
	Blank bool
	BOM   bool // a byte order mark stood before it, not at the start of the file
	// Repair is how its quotes had to be read, Fault why its cells cannot be trusted; or 0.
	Repair, Fault Flaw
	Suspect       bool // it lies in lines over which an unclosed quote was followed
}
