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
	r := &replay{ledger: l, run: run, revoke: run.Command == "revoke" || run.Command == "undo"}
	outcomes := l.Outcomes(ctx, run.Seq, 0)
	if r.revoke {
		outcomes = l.Revocations(ctx, run.Seq, 0)
	}
	var end func()
	r.outcomes.next, end = iter.Pull2(outcomes)
	defer end()
	r.access.next, end = iter.Pull2(l.RowAccess(ctx, run.Seq, 0))
	defer end()
	for batch, err := range inBatches(rows, batchRows) {
		if err != nil {
			return err
		}
		if err := r.tell(ctx, batch, tell); err != nil {
			return err
		}
	}
	return nil
}

// replay walks the rows of a run and what the ledger has of them side by side.
type replay struct {
	ledger   *ledger.Ledger
	run      ledger.Run
	revoke   bool
	outcomes beside[outcome.Outcome]
	access   beside[ledger.RowAccess]
}

// tell hands out what became of each row of a batch: what the row itself says, what the ledger has recorded for it, the
// account that was known at the time, or nothing at all.
func (r *replay) tell(ctx context.Context, batch []*export.Row, tell func(Result) error) error {
	known := make([]remembered, len(batch))
	var keys []string
	for i, row := range batch {
		o, err := r.outcomes.at(row.Number, func(o outcome.Outcome) int { return o.Row })
		if err != nil {
			return fmt.Errorf("reading the outcomes of run %s: %w", r.run.ID, err)
		}
		if known[i].Outcome = o; o == nil && row.Sendable() {
			keys = append(keys, row.Key)
		}
	}
	if !r.revoke {
		if err := r.recallKnown(ctx, batch, known, keys); err != nil {
			return err
		}
	}
	for i, row := range batch {
		result, err := r.result(row, known[i])
		if err == nil {
			err = tell(result)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recallKnown finds the accounts that were known before the run.
func (r *replay) recallKnown(ctx context.Context, batch []*export.Row, known []remembered, keys []string) error {
	accounts, err := r.ledger.Accounts(ctx, keys)
	if err != nil {
		return err
	}
	for i, row := range batch {
		a, ok := accounts[row.Key]
		if !ok || known[i].Outcome != nil || a.FirstRun >= r.run.Seq {
			continue
		}
		if a.RevokedRun > r.run.Seq {
			a.RevokedAt = time.Time{} // it had its access then
		}
		known[i].Account = &a
	}
	return recallFixed(ctx, r.ledger, batch, known)
}

func (r *replay) result(row *export.Row, m remembered) (Result, error) {
	result, ok := settled(row, m)
	switch {
	case ok:
	case m.Account != nil:
		result = knownResult(row, *m.Account)
	default:
		result = notAttempted(row)
	}
	access, err := r.access.at(row.Number, func(a ledger.RowAccess) int { return a.Row })
	if err != nil || access == nil {
		return result, err
	}
	result.Organization, result.ServiceDesk = access.Organization, access.ServiceDesk
	result.Reason = outcome.JoinReasons(result.Reason, access.Reason)
	return result, nil
}

// beside is a sequence in row order that is asked for single rows.
type beside[T any] struct {
	next func() (T, error, bool)
	held *T // the next one
}

// at is the one for a row; nil: there is none. It is asked with rising numbers.
func (b *beside[T]) at(number int, row func(T) int) (*T, error) {
	for b.held == nil || row(*b.held) < number {
		one, err, more := b.next()
		if err != nil || !more {
			return nil, err
		}
		b.held = &one
	}
	if row(*b.held) != number {
		return nil, nil
	}
	return b.held, nil
}
