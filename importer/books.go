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
	halt   func(*Stop) // ends the run at once, before the outcome that asks for it is on disk; nil: nobody waits for that

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

// observe asks the stop rules, and ends the run when they say so.
func (b *books) observe(s Status, err error) *Stop {
	stop := stopFor(err)
	if s != NotAttempted {
		b.mu.Lock()
		stop = b.watch.after(s, err)
		b.mu.Unlock()
	}
	return b.end(stop)
}

// end ends the run for stop, unless that is nil.
func (b *books) end(stop *Stop) *Stop {
	if stop != nil && b.halt != nil {
		b.halt(stop)
	}
	return stop
}
