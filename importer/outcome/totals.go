package outcome

import (
	"fmt"

	"jsm-onboard/importer/text"
)

// Totals counts rows by status.
type Totals struct{ byStatus [len(statuses)]int }

// Add counts one row.
func (t *Totals) Add(s Status) { t.byStatus[s]++ }

// Move counts a row under another status than before.
func (t *Totals) Move(from, to Status) {
	t.byStatus[from]--
	t.byStatus[to]++
}

// Of is the number of rows with status s.
func (t Totals) Of(s Status) int { return t.byStatus[s] }

// Sum is the number of rows counted.
func (t Totals) Sum() int { return t.count(func(Status) bool { return true }) }

// NotGood is the number of rows that need somebody's attention.
func (t Totals) NotGood() int { return t.count(func(s Status) bool { return !s.Good() }) }

func (t Totals) count(which func(Status) bool) (n int) {
	for s := Created; int(s) < len(t.byStatus); s++ {
		if which(s) {
			n += t.byStatus[s]
		}
	}
	return n
}

// Prove returns an error unless each of the rows read has exactly one outcome.
func (t Totals) Prove(rowsRead int) error {
	if sum := t.Sum(); sum != rowsRead {
		return fmt.Errorf("%s read but %s counted", text.Counted(rowsRead, "row was", "rows were"),
			text.Counted(sum, "outcome was", "outcomes were"))
	}
	return nil
}
