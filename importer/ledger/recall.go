package ledger

import (
	"context"
	"database/sql"
	"time"
)

// Query asks what is remembered of a row.
type Query struct {
	Row    int
	Key    string
	Revoke bool // the row is one of the run's revocations
}

// Memory is what is remembered of a row; nil: nothing.
type Memory struct {
	Outcome *Outcome // what this run has settled for the row already; not when pending or Open: those are asked again
	Account *Account // the newest version, by another run or another row of this one; one that is gone only for a Revoke
	Lost    *Lost    // an attempt of ours whose answer was never learned
}

// Lost is an attempt that may have been carried out. Nothing Known has been
// settled for its key since.
type Lost struct {
	Run  string // its id
	Name string // as it was sent
	At   time.Time
}

// Recall returns what is remembered of each of q, in their order. It is made
// for batches of some hundred; run 0 is no run, for a plan.
func (l *Ledger) Recall(ctx context.Context, run int64, q []Query) ([]Memory, error) {
	if len(q) == 0 {
		return nil, nil
	}
	memories := make([]Memory, len(q))
	err := l.recallOutcomes(ctx, run, q, memories)
	if err == nil {
		err = l.recallNewest(ctx, run, q, memories)
	}
	if err == nil {
		err = l.recallLost(ctx, q, memories)
	}
	if err != nil {
		return nil, wrap(l.path, err)
	}
	forgetGone(q, memories)
	return memories, nil
}

// recallOutcomes reads the run's outcomes between the lowest row and the highest.
func (l *Ledger) recallOutcomes(ctx context.Context, run int64, q []Query, memories []Memory) error {
	type place struct {
		row    int
		revoke bool
	}
	at := make(map[place]int, len(q))
	low, high := q[0].Row, q[0].Row
	for i, one := range q {
		at[place{one.Row, one.Revoke}] = i
		low, high = min(low, one.Row), max(high, one.Row)
	}
	for _, kind := range [...]bool{false, true} {
		rows, err := l.read.QueryContext(ctx, "SELECT "+outcomeColumns+` FROM outcomes
			WHERE run = ? AND revoke = ? AND row BETWEEN ? AND ? AND open = 0`, run, flag(kind), low, high)
		if err != nil {
			return err
		}
		outcomes, err := collect(rows, scanOutcome)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if i, asked := at[place{o.Row, o.Revoke}]; asked {
				memories[i].Outcome = &o
			}
		}
	}
	return nil
}

// lostAttempt is a Lost with what it belongs to.
type lostAttempt struct {
	Lost
	place  int // in the keys that were asked for
	key    string
	revoke bool
}

const lostColumns = "a.key, a.revoke, coalesce((SELECT id FROM runs WHERE seq = a.run), ''), a.name, a.at"

// recallLost looks for lost attempts with the keys of q. One that this process
// has begun is not lost until it is begun again or settled as Open.
func (l *Ledger) recallLost(ctx context.Context, q []Query, memories []Memory) error {
	var some bool
	err := l.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM lost WHERE superseded_by = 0)").Scan(&some)
	if err != nil || !some {
		l.recallPending(q, memories)
		return err
	}
	rows, err := l.read.QueryContext(ctx, "SELECT q.key, "+lostColumns+`
		FROM json_each(?) q CROSS JOIN lost a ON a.key = q.value
		WHERE a.superseded_by = 0 ORDER BY a.run, a.row`, keys(q))
	if err != nil {
		return err
	}
	found, err := collect(rows, func(s scanner) (lostAttempt, error) {
		var place int
		a, err := scanLost(s, &place)
		a.place = place
		return a, err
	})
	if err != nil {
		return err
	}
	for _, a := range found {
		if a.revoke == q[a.place].Revoke {
			memories[a.place].Lost = &a.Lost
		}
	}
	l.recallPending(q, memories)
	return nil
}

// recallPending looks at what was pending when a ledger was opened for
// reading. Only a writer knows that nobody else can still settle it, and marks
// it as lost; for a plan it is.
func (l *Ledger) recallPending(q []Query, memories []Memory) {
	for _, a := range l.pending {
		for i := range q {
			if a.key == q[i].Key && a.revoke == q[i].Revoke {
				memories[i].Lost = &a.Lost
			}
		}
	}
}

func (l *Ledger) readPending(ctx context.Context) (err error) {
	rows, err := l.read.QueryContext(ctx, "SELECT "+lostColumns+" FROM pending a ORDER BY a.run, a.row")
	if err != nil {
		return err
	}
	l.pending, err = collect(rows, func(s scanner) (lostAttempt, error) { return scanLost(s) })
	return err
}

func scanLost(s scanner, before ...any) (lostAttempt, error) {
	var a lostAttempt
	var at string
	err := s.Scan(append(before, &a.key, &a.revoke, &a.Run, &a.Name, &at)...)
	if err == nil {
		a.At, err = moment(at)
	}
	return a, err
}

func keys(q []Query) string {
	keys := make([]string, len(q))
	for i := range q {
		keys[i] = q[i].Key
	}
	return list(keys)
}

// runID returns the id of the run with this seq. Runs keep theirs when they are pruned.
func (l *Ledger) runID(ctx context.Context, seq int64) (string, error) {
	l.mu.Lock()
	id, found := l.runs[seq]
	l.mu.Unlock()
	if found {
		return id, nil
	}
	err := l.read.QueryRowContext(ctx, "SELECT id FROM runs WHERE seq = ?", seq).Scan(&id)
	if err != nil && err != sql.ErrNoRows {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[seq] = id
	return id, nil
}
