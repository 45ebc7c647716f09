// Package csvtext reads bytes as records of cells: it unpacks, decodes and
// splits them. It knows nothing of what the cells mean.
package csvtext

import "fmt"

// Bounds of what is read as one.
const (
	maxCell = 1 << 20 // bytes in a cell
	maxRow  = 4 << 20 // bytes in a row
	// MaxColumns is the most cells of a row; further ones must be empty.
	MaxColumns = 2000
)

// Record is one record, or the first physical line of one that is broken.
type Record struct {
	Cells   []string
	Place   Place
	Ended   bool     // a line end stands after it
	Repairs []string // what was wrong and leaves the cells certain
	Fault   string   // why the cells cannot be trusted; "": they can
	Suspect bool     // it is in lines that were read before as part of an unclosed quote
}

// What may be wrong with a record.
const (
	BOMInside      = "bom_inside"      // before it, and not at the start of the file
	QuotesRepaired = "quotes_repaired" // with blanks around them, or in a cell and not doubled
	QuotesUnclear  = "quotes_unclear"
	SwallowedRows  = "swallowed_rows" // a cell holds what looks like rows
	TooManyColumns = "too_many_columns"
	CellTooLong    = "cell_too_long"
)

// Place is where a record stands.
type Place struct {
	Row  int `json:"row"`  // as a spreadsheet numbers it, from 1
	Line int `json:"line"` // physical line where it starts, from 1
}

// String names the line only where a spreadsheet would not: "row 415 (line 424)", "row 2".
func (p Place) String() string {
	if p.Row == p.Line {
		return fmt.Sprintf("row %d", p.Row)
	}
	return fmt.Sprintf("row %d (line %d)", p.Row, p.Line)
}

// RefusedError says why a file cannot be used. It comes before anything is done with any of its rows.
type RefusedError struct {
	Path  string
	Place Place // zero: the whole file
	What  string
	Hint  string // what to do next; may be empty
	Cells string // what shows it in the file's cells: for a terminal, and for no log; may be empty
}

func (e *RefusedError) Error() string {
	where := e.Path
	if e.Place.Row > 0 {
		where += ", " + e.Place.String()
	}
	return where + ": " + e.What
}

// OptionError says that an option itself is wrong, whatever the file.
type OptionError struct{ Flag, What string }

func (e *OptionError) Error() string { return e.Flag + ": " + e.What }
