package importer

import (
	"cmp"
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
	r := NewRun(ctx, nil, l, &Plan{Run: run}, Options{ResendKnown: resent})
	r.replays = true
	next, stop := iter.Pull2(l.RowAccess(ctx, run.Seq, 1))
	defer stop()
	access, accessErr, more := next()
	for t, err := range r.tasks(ctx, rows) {
		if t == nil {
			return totals, err
		}
		for more && accessErr == nil && access.Row < t.row.Number {
			access, accessErr, more = next()
		}
		if err = cmp.Or(err, accessErr); err != nil {
			return totals, fmt.Errorf("reading the outcomes of run %s: %w", run.ID, err)
		}
		result := t.result
		if more && access.Row == result.Row.Number {
			result.Organization, result.ServiceDesk = access.Organization, access.ServiceDesk
			result.Reason = outcome.JoinReasons(result.Reason, access.Reason)
		}
		totals[result.Status]++
		if err := tell(result); err != nil {
			return totals, err
		}
	}
	return totals, nil
}
