package importer

import (
	"context"
	"fmt"
	"iter"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// Replay tells a run again from the ledger, in input order: the same outcomes
// as at its end. rows are those of the same input, read with the same choices.
func Replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, rows iter.Seq2[*export.Row, error], tell func(Outcome) error) error {
	recorded := l.Outcomes
	if run.Command == "revoke" {
		recorded = l.Revocations
	}
	next, end := iter.Pull2(recorded(ctx, run.Seq, 0))
	defer end()
	r := &replay{ledger: l, run: run, next: next}
	batch := make([]*export.Row, 0, batchRows)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) == cap(batch) {
			if err := r.tell(ctx, batch, tell); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return r.tell(ctx, batch, tell)
}

// replay walks the rows of a run and its outcomes side by side.
type replay struct {
	ledger *ledger.Ledger
	run    ledger.Run
	next   func() (ledger.Outcome, error, bool)
	held   *ledger.Outcome // the next one of the ledger
}

func (r *replay) tell(ctx context.Context, batch []*export.Row, tell func(Outcome) error) error {
	outcomes, err := r.outcomes(ctx, batch)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if err := tell(o); err != nil {
			return err
		}
	}
	return nil
}

// outcomes is what became of each row of a batch: what the row itself says,
// what the ledger has recorded for it, the account that was known at the time,
// or nothing at all.
func (r *replay) outcomes(ctx context.Context, batch []*export.Row) ([]Outcome, error) {
	outcomes := make([]Outcome, len(batch))
	var keys []ledger.Query
	var open []int
	for i, row := range batch {
		if o, ok := unsendable(row); ok {
			outcomes[i] = o
			continue
		}
		recorded, err := r.at(row.Number)
		if err != nil {
			return nil, err
		}
		if recorded == nil && r.run.Command == "revoke" {
			outcomes[i] = notAttempted(row)
			continue
		}
		if recorded == nil {
			keys, open = append(keys, ledger.Query{Row: row.Number, Key: row.Key}), append(open, i)
			continue
		}
		if outcomes[i], err = recalled(row, *recorded); err != nil {
			return nil, err
		}
	}
	accounts, err := r.ledger.AccountsAsOf(ctx, r.run.Seq, keys)
	if err != nil {
		return nil, err
	}
	for n, i := range open {
		outcomes[i] = notAttempted(batch[i])
		if a := accounts[n]; a != nil {
			outcomes[i] = knownOutcome(batch[i], *a)
		}
	}
	return outcomes, nil
}

// at is the outcome that the ledger has for one row; nil: none. It is asked
// with rising numbers.
func (r *replay) at(number int) (*ledger.Outcome, error) {
	for r.held == nil || r.held.Row < number {
		o, err, more := r.next()
		if err != nil {
			return nil, fmt.Errorf("reading the outcomes of run %s: %w", r.run.ID, err)
		}
		if !more {
			return nil, nil
		}
		r.held = &o
	}
	if r.held.Row != number {
		return nil, nil
	}
	return r.held, nil
}
