package importer

import (
	"context"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// otherwise is the result of a row when the run stops before it is sent.
func otherwise(row *export.Row, m ledger.Memory) Result {
	if m.Outcome != nil {
		return resultOf(row, *m.Outcome) // of an attempt whose answer is not known
	}
	return resultOf(row, outcome.Outcome{Status: outcome.NotAttempted, Reason: outcome.ReasonStopped})
}

// ask returns what the ledger has on rows of a run: for the run to go on with, or as it was at its end (then).
func ask(ctx context.Context, l *ledger.Ledger, run ledger.Run, revoke bool, rows []ledger.Query,
	then bool) ([]ledger.Memory, error) {
	for i := range rows {
		rows[i].Source = run.Source
	}
	found, err := l.Recall(ctx, run.Seq, revoke, rows)
	for i := range found {
		m := &found[i]
		switch a := m.Account; {
		case a != nil && (then && a.FirstRun >= run.Seq || !then && a.Gone && !revoke):
			m.Account = nil
		case a != nil && then && a.RevokedRun > run.Seq:
			a.RevokedAt = time.Time{} // it had its access then
		}
		if o := m.Outcome; !then && o != nil && o.Retry && run.Retry { // it is forgotten when the run goes on
			m.Outcome = nil
		}
	}
	return found, err
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
