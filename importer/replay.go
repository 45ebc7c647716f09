package importer

import (
	"context"
	"fmt"
	"iter"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// Replay hands out the results of a run again, from the ledger and in input order: the same as at its end. rows are
// those of the same input, read with the same choices, or Plan.Rows. It returns the count of them. resent: rows that
// the ledger knew were to be sent, too (Options.ResendKnown).
func Replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, resent bool, rows iter.Seq2[*export.Row, error],
	tell func(Result) error) (totals outcome.Totals, err error) {
	for batch, err := range inBatches(rows, batchRows) {
		if err != nil {
			return totals, err
		}
		results, err := replay(ctx, l, run, resent, batch)
		if err != nil {
			return totals, fmt.Errorf("reading the outcomes of run %s: %w", run.ID, err)
		}
		for _, result := range results {
			totals[result.Status]++
			if err := tell(result); err != nil {
				return totals, err
			}
		}
	}
	return totals, nil
}

// replay is what became of each row of a batch: what the row itself says, what the ledger has recorded for it, the
// account that was known at the time, or nothing at all.
func replay(ctx context.Context, l *ledger.Ledger, run ledger.Run, resent bool, batch []*export.Row) ([]Result, error) {
	revoke, q := run.Command == "revoke" || run.Command == "undo", queries(batch)
	for i := range q {
		if revoke {
			q[i] = ledger.Query{Row: q[i].Row}
		}
	}
	known, err := ask(ctx, l, run, revoke, q, true)
	if err != nil {
		return nil, err
	}
	c := creation{Run: &Run{options: Options{ResendKnown: resent}}}
	results, byRow := make([]Result, len(batch)), map[int]*Result{}
	for i, row := range batch {
		results[i] = c.one(row, known[i]).result
		byRow[row.Number] = &results[i]
	}
	for a, err := range l.RowAccess(ctx, run.Seq, batch[0].Number) {
		if err != nil || a.Row > batch[len(batch)-1].Number {
			return results, err
		}
		if r := byRow[a.Row]; r != nil {
			r.Organization, r.ServiceDesk = a.Organization, a.ServiceDesk
			r.Reason = outcome.JoinReasons(r.Reason, a.Reason)
		}
	}
	return results, nil
}
