package importer

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// books is what every trade keeps: the ledger, and the rules by which a run
// stops.
type books struct {
	ledger *ledger.Ledger
	run    ledger.Run

	mu    sync.Mutex
	watch watch
}

// unattempted is the outcome of a task that the run stopped before. When an
// earlier sitting of this run sent it and never learned the answer, it is
// still unknown.
func (b *books) unattempted(t *task) Outcome {
	nameless := t.id != "" && t.key == "" // lost attempts are found by key
	if !nameless && (t.lost == nil || t.lost.Run != b.run.ID) {
		return notAttempted(t.row)
	}
	for o, err := range b.recorded(context.Background(), t) {
		if err != nil || o.Row != t.row.Number {
			break
		}
		if outcome, err := recalled(t.row, o); err == nil {
			return outcome
		}
	}
	if nameless {
		return notAttempted(t.row)
	}
	return Outcome{Row: t.row, Status: Unknown, Reason: joinReasons(reasonCutShort, t.row.Note)}
}

func (b *books) recorded(ctx context.Context, t *task) iter.Seq2[ledger.Outcome, error] {
	if t.id != "" {
		return b.ledger.Revocations(ctx, b.run.Seq, t.row.Number)
	}
	return b.ledger.Outcomes(ctx, b.run.Seq, t.row.Number)
}

// told is the outcome as the results tell it; an outcome that is not on disk
// is not known.
func (b *books) told(row *export.Row, o ledger.Outcome, call apiclient.Call, diskErr error) Outcome {
	if diskErr != nil {
		return Outcome{Row: row, Status: Unknown, AccountID: o.AccountID, Reason: reasonNotRecorded,
			HTTPStatus: o.HTTPStatus, Attempts: o.Attempts, Lost: call.Lost}
	}
	outcome, err := recalled(row, o)
	if err != nil {
		panic(fmt.Sprintf("a status of our own is not readable: %v", err))
	}
	outcome.Lost, outcome.Refused, outcome.Took = call.Lost, call.Refused, call.Took
	return outcome
}

// observe asks the stop rules.
func (b *books) observe(s Status, err error) *Stop {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s == NotAttempted {
		return stopFor(err)
	}
	return b.watch.after(s, err)
}
