package importer

import (
	"cmp"
	"context"
	"iter"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// A task is a row on its way through a run, with what the ledger has on it.
type task struct {
	ledger.Memory
	row     *export.Row
	id      string          // of the account that is to be renamed or revoked
	result  Result          // what became of it, or what does when the run stops before it
	wants   outcome.Status  // what a request would make of it: Created, Renamed or Revoked; 0: none is made
	decided outcome.Outcome // what is put on record without a request; without a status: nothing
}

// becomes is what the row is when all goes well.
func (t *task) becomes() outcome.Status { return cmp.Or(t.wants, t.decided.Status, t.result.Status) }

// tasks yields what the run makes of each row. With an error and no task, that of the rows, it ends; with both, the
// ledger could not be asked about the row, which may have been settled before.
func (r *Run) tasks(ctx context.Context, rows iter.Seq2[*export.Row, error]) iter.Seq2[*task, error] {
	notRead := outcome.Outcome{Status: outcome.Unknown, Reason: outcome.ReasonNotRead, Open: true}
	return func(yield func(*task, error) bool) {
		for batch, err := range inBatches(rows) {
			if err != nil {
				yield(nil, err)
				return
			}
			known, err := r.recall(ctx, batch)
			tasks := make([]task, len(batch))
			for i, row := range batch {
				t := &tasks[i]
				if t.row = row; err == nil {
					t.Memory = known[i]
				} else {
					t.Outcome = &notRead
				}
				if r.revokes {
					r.decideRevocation(t)
				} else {
					r.decideCreate(t)
				}
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

// recall returns what the ledger has on rows: for a run that goes on, or as it was at the end of one that is told
// again.
func (r *Run) recall(ctx context.Context, rows []*export.Row) ([]ledger.Memory, error) {
	run, queries := r.plan.Run, make([]ledger.Query, len(rows))
	for i, row := range rows {
		queries[i] = r.query(row)
		queries[i].Row, queries[i].Source = row.Number, run.Source
	}
	found, err := r.ledger.Recall(ctx, run.Seq, r.revokes, queries)
	for i := range found {
		m := &found[i]
		switch a := m.Account; {
		case a == nil:
		case r.replays && a.FirstRun >= run.Seq, !r.replays && a.Gone && !r.revokes:
			m.Account = nil
		case r.replays && a.RevokedRun > run.Seq:
			a.RevokedAt = time.Time{} // it had its access then
		}
		if o := m.Outcome; !r.replays && o != nil && o.Retry && run.Retry { // it is forgotten when the run goes on
			m.Outcome = nil
		}
	}
	return found, err
}

// query is what the ledger is asked about a row: the account, by its id where the row has no address; or the customer,
// when the row may be sent, and whether it was fixed.
func (r *Run) query(row *export.Row) ledger.Query {
	if r.revokes {
		return ledger.Query{Key: row.Key, ID: row.AccountID}
	}
	q := ledger.Query{Mark: fixedMark(row)}
	if row.Sendable() && row.DuplicateOf == (export.Place{}) {
		q.Key, q.ExternalID = row.Key, row.ExternalID
	}
	return q
}

// batchRows is how many rows the ledger is asked about at once.
const batchRows = 512

// inBatches yields so many rows at a time, and reads the next ones while the caller works. An error comes last, alone.
func inBatches(rows iter.Seq2[*export.Row, error]) iter.Seq2[[]*export.Row, error] {
	return func(yield func([]*export.Row, error) bool) {
		batches := make(chan []*export.Row, 1)
		var failed error
		go func() {
			defer close(batches)
			var batch []*export.Row
			for row, err := range rows {
				if failed = err; err != nil {
					return
				}
				if batch = append(batch, row); len(batch) == batchRows {
					batches <- batch
					batch = nil
				}
			}
			if len(batch) > 0 {
				batches <- batch
			}
		}()
		more := true
		for batch := range batches { // to the end: nobody is left who writes
			more = more && yield(batch, nil)
		}
		if more && failed != nil {
			yield(nil, failed)
		}
	}
}
