package importer

import (
	"fmt"
	"iter"
	"time"

	"jsm-onboard/importer/export"
)

// Outcome is what became of one row.
type Outcome struct {
	Row        *export.Row
	Status     Status
	AccountID  string
	Reason     string // why, in words that a support person can act on
	HTTPStatus int    // of the last answer; 0: none
	Attempts   int    // requests that left for this row in the sitting that settled it

	// Of this sitting alone; the ledger does not keep them.
	Lost    bool          // the answer to one of the attempts was lost
	Refused int           // attempts answered with 429
	Took    time.Duration // how long the site took for the last answer; 0: nothing was asked
}

// Totals counts outcomes by status.
type Totals struct{ byStatus [len(statusNames)]int }

// Add counts one row.
func (t *Totals) Add(s Status) { t.byStatus[s]++ }

// Move counts a row under another status than before.
func (t *Totals) Move(from, to Status) {
	t.byStatus[from]--
	t.byStatus[to]++
}

// Of is the number of rows with status s.
func (t *Totals) Of(s Status) int { return t.byStatus[s] }

// Sum is the number of rows counted.
func (t *Totals) Sum() int {
	n := 0
	for _, c := range t.byStatus {
		n += c
	}
	return n
}

// NotGood is the number of rows that need somebody's attention.
func (t *Totals) NotGood() int {
	n := 0
	for s, c := range t.All() {
		if !s.Good() {
			n += c
		}
	}
	return n
}

// Mendable is the number of rows that belong in the failed file.
func (t *Totals) Mendable() int { return t.Of(Invalid) + t.Of(Failed) + t.Of(Unknown) }

// All yields every status with its count, zero counts too.
func (t *Totals) All() iter.Seq2[Status, int] {
	return func(yield func(Status, int) bool) {
		for s := Created; int(s) < len(t.byStatus); s++ {
			if !yield(s, t.byStatus[s]) {
				return
			}
		}
	}
}

// Prove checks the promise that each row read has exactly one outcome.
func (t *Totals) Prove(rowsRead int) error {
	if sum := t.Sum(); sum != rowsRead {
		return fmt.Errorf("%s read but %s have an outcome", Counted(rowsRead, "row was", "rows were"), Grouped(sum))
	}
	return nil
}
