package importer

import (
	"context"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// memory is what the ledger has on a row.
type memory struct {
	ledger.Memory
	open *outcome.Outcome // of an attempt in this run whose answer is not known: the row is sent again
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

// queries ask what the ledger has on rows of an import.
func queries(rows []*export.Row) []ledger.Query {
	q := make([]ledger.Query, len(rows))
	for i, row := range rows {
		q[i] = ledger.Query{Row: row.Number, Mark: fixedMark(row)}
		if row.Sendable() && row.DuplicateOf == (export.Place{}) {
			q[i].Key, q[i].ExternalID = row.Key, row.ExternalID
		}
	}
	return q
}
