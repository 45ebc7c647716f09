package outcome

import (
	"fmt"

	"jsm-onboard/importer/text"
)

// Totals counts rows: the number at a status is that of the rows that have it.
type Totals [len(statuses)]int

// Of is the number of rows that have one of these statuses.
func (t Totals) Of(these ...Status) (n int) {
	for _, s := range these {
		n += t[s]
	}
	return n
}

// Sum is the number of rows counted.
func (t Totals) Sum() (n int) {
	for _, rows := range t {
		n += rows
	}
	return n
}

// NotGood is the number of rows that need somebody's attention.
func (t Totals) NotGood() (n int) {
	for s, rows := range t {
		if !Status(s).Good() {
			n += rows
		}
	}
	return n
}

// CheckComplete returns an error unless each of the rows read has exactly one outcome.
func (t Totals) CheckComplete(rowsRead int) error {
	if sum := t.Sum(); sum != rowsRead {
		return fmt.Errorf("%s read but %s counted", text.Counted(rowsRead, "row was", "rows were"),
			text.Counted(sum, "outcome was", "outcomes were"))
	}
	return nil
}
