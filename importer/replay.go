package importer

import (
	"context"
	"fmt"
	"iter"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// Replay hands out the results of a run again, from the ledger and in input order: the same as at its end. rows are
// those of the same input, read with the same choices, or [Plan.Rows].
func Replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, rows iter.Seq2[*export.Row, error],
	tell func(Result) error) error {
	for batch, err := range inBatches(rows, manyRows) {
		if err != nil {
			return err
		}
		results, err := replay(ctx, l, run, batch)
		if err != nil {
			return fmt.Errorf("reading the outcomes of run %s: %w", run.ID, err)
		}
		for _, result := range results {
			if err := tell(result); err != nil {
				return err
			}
		}
	}
	return nil
}

// replay is what became of each row of a batch: what the row itself says, what the ledger has recorded for it, the
// account that was known at the time, or nothing at all.
func replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, batch []*export.Row) ([]Result, error) {
	from, revoke := batch[0].Number, run.Command == "revoke" || run.Command == "undo"
	to := batch[len(batch)-1].Number
	settled, err := upTo(l.Outcomes(ctx, run.Seq, revoke, from), to, func(o outcome.Outcome) int { return o.Row })
	if err != nil {
		return nil, err
	}
	access, err := upTo(l.RowAccess(ctx, run.Seq, from), to, func(a ledger.RowAccess) int { return a.Row })
	if err != nil {
		return nil, err
	}
	known := make([]memory, len(batch))
	for i, row := range batch {
		known[i].Outcome = settled[row.Number]
	}
	if !revoke {
		if err := recallThen(ctx, l, run, batch, known); err != nil {
			return nil, err
		}
	}
	c, results := creation{common: &common{}}, make([]Result, len(batch))
	for i, row := range batch {
		results[i] = c.one(row, known[i]).result
		if a := access[row.Number]; a != nil {
			results[i].Organization, results[i].ServiceDesk = a.Organization, a.ServiceDesk
			results[i].Reason = outcome.JoinReasons(results[i].Reason, a.Reason)
		}
	}
	return results, nil
}

// recallThen finds the accounts that were known before the run.
func recallThen(ctx context.Context, l *ledger.Ledger, run ledger.Run, batch []*export.Row, known []memory) error {
	var keys []string
	for i, row := range batch {
		if known[i].Outcome == nil && row.Sendable() {
			keys = append(keys, row.Key)
		}
	}
	accounts, err := l.Accounts(ctx, keys)
	if err != nil {
		return err
	}
	for i, row := range batch {
		a, ok := accounts[row.Key]
		if !ok || known[i].Outcome != nil || a.FirstRun >= run.Seq {
			continue
		}
		if a.RevokedRun > run.Seq {
			a.RevokedAt = time.Time{} // it had its access then
		}
		known[i].Account = &a
	}
	return recallFixed(ctx, l, batch, known)
}

// upTo collects what a sequence in row order has up to the last row, by row.
func upTo[T any](all iter.Seq2[T, error], last int, row func(T) int) (map[int]*T, error) {
	found := map[int]*T{}
	for one, err := range all {
		if err != nil {
			return nil, err
		}
		if row(one) > last {
			break
		}
		found[row(one)] = &one
	}
	return found, nil
}
