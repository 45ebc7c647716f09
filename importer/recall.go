package importer

import (
	"context"
	"maps"
	"slices"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// memory is what the ledger has on a row.
type memory struct {
	ledger.Memory
	open  *outcome.Outcome // of an attempt in this run whose answer is not known: the row is sent again
	fixed *ledger.Account  // the row was fixed in a failed file, and imported as this
	other *ledger.Account  // the same external id under another address
}

// otherwise is the result of a row when the run stops before it is sent.
func (m memory) otherwise(row *export.Row) Result {
	if m.open != nil {
		return resultOf(row, *m.open)
	}
	return resultOf(row, outcome.Outcome{Status: outcome.NotAttempted, Reason: outcome.ReasonStopped})
}

// ask returns what the ledger has on rows of a run: for the run to go on with, or as it was at its end (then).
func ask(ctx context.Context, l *ledger.Ledger, run ledger.Run, revoke bool, rows []ledger.Query,
	then bool) ([]memory, error) {
	found, err := l.Recall(ctx, run.Seq, revoke, rows)
	known := make([]memory, len(found))
	for i, m := range found {
		o, a := m.Outcome, m.Account
		switch {
		case then && a != nil && a.FirstRun >= run.Seq, !then && a != nil && a.Gone && !revoke:
			m.Account = nil
		case then && a != nil && a.RevokedRun > run.Seq:
			a.RevokedAt = time.Time{} // it had its access then
		}
		switch {
		case then || o == nil:
		case o.Open:
			known[i].open, m.Outcome = o, nil
		case o.Retry && run.Retry: // it is forgotten when the run goes on
			m.Outcome = nil
		}
		known[i].Memory = m
	}
	return known, err
}

// recall returns what the ledger has on each of rows; then as in ask.
func recall(ctx context.Context, l *ledger.Ledger, run ledger.Run, rows []*export.Row, then bool) ([]memory, error) {
	known := make([]memory, len(rows))
	var queries []ledger.Query
	var asked []int
	for i, row := range rows {
		if row.Sendable() && row.DuplicateOf == (export.Place{}) {
			queries, asked = append(queries, ledger.Query{Row: row.Number, Key: row.Key}), append(asked, i)
		}
	}
	memories, err := ask(ctx, l, run, false, queries, then)
	if err != nil {
		return nil, err
	}
	for n, i := range asked {
		known[i] = memories[n]
	}
	if err := recallFixed(ctx, l, rows, known); err != nil || then {
		return known, err
	}
	return known, recallOthers(ctx, l, run.Seq, rows, known)
}

// recallFixed finds the rows that were fixed in a failed file and imported from there.
func recallFixed(ctx context.Context, l *ledger.Ledger, rows []*export.Row, known []memory) error {
	marks := map[int]string{}
	for i, row := range rows {
		first := row.Excluded == "" && row.DuplicateOf == (export.Place{})
		if first && row.Own == nil && known[i].Outcome == nil && known[i].Account == nil {
			marks[i] = mark(row)
		}
	}
	keys, err := l.Fixed(ctx, slices.Collect(maps.Values(marks)))
	if err != nil {
		return err
	}
	accounts, err := l.Accounts(ctx, slices.Collect(maps.Values(keys)))
	for i, mark := range marks {
		if a, ok := accounts[keys[mark]]; ok && !a.Gone && a.RevokedAt.IsZero() {
			known[i].fixed = &a
		}
	}
	return err
}

// recallOthers finds the people who have an account under another address, from before the run.
func recallOthers(ctx context.Context, l *ledger.Ledger, run int64, rows []*export.Row, known []memory) error {
	var ids []string
	for i, row := range rows {
		if row.Sendable() && row.ExternalID != "" && known[i].Account == nil {
			ids = append(ids, row.ExternalID)
		}
	}
	accounts, err := l.AccountsByExternalID(ctx, ids)
	for i, row := range rows {
		a, ok := accounts[row.ExternalID]
		if ok && known[i].Account == nil && a.Key != row.Key && a.RevokedAt.IsZero() && (run == 0 || a.FirstRun < run) {
			known[i].other = &a
		}
	}
	return err
}
