package ledger

import (
	"context"
	"iter"
	"time"

	"jsm-onboard/importer/outcome"
)

// Attempt is a request that is about to leave.
type Attempt struct {
	Row                          int
	Revoke                       bool // revokes access; else it creates
	Key, Email, Name, ExternalID string
}

// Entry is what became of a row, and what that means for the account of its key.
type Entry struct {
	outcome.Outcome
	Revoke  bool // of a revocation: the rows of these are numbered by themselves
	Account Change
}

// Change is what an outcome means for the account.
type Change int

// Changes of accounts.
const (
	NoChange     Change = iota
	Store               // the address has an account: keep it, with the status of the row
	MarkRevoked         // we have revoked it; one that is not known is kept as a conflict
	MarkGone            // the site has the account with this id no more
	MarkRestored        // it has its access back
	Rename              // its name at the site is that of the row
)

// Begin puts an attempt on record and returns when it is durable. ctx counts only before that: what may
// be on disk is never reported as not begun. When one of the row is on record already, the answer to that
// one is lost.
func (l *Ledger) Begin(ctx context.Context, run int64, a Attempt) error {
	return l.change(ctx, func(w *writer) error { return w.putAttempt(run, a, false) })
}

func (w *writer) putAttempt(run int64, a Attempt, lost bool) error {
	return w.exec(`INSERT INTO attempts (run, revoke, row, key, email, name, external_id, at, lost)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET lost = 1`,
		run, a.Revoke, a.Row, a.Key, a.Email, a.Name, a.ExternalID, now(), lost)
}

// Withdraw takes an attempt off the record that provably did nothing. One whose answer was lost, in this
// session or an earlier one, stays. It does not listen to ctx.
func (l *Ledger) Withdraw(ctx context.Context, run int64, row int, revoke bool) error {
	return l.update(context.WithoutCancel(ctx), withdraw, run, revoke, row)
}

const withdraw = "DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ? AND lost = 0"

// Settle records what became of a row, its account and the end of its attempt together. Settling a row
// again replaces its outcome. It does not listen to ctx.
//
// Where the outcome is Open the attempt stays, as one whose answer was lost. A failed row says nothing of
// what an earlier lost attempt has done, so that stays too; any other outcome ends all attempts for the key.
func (l *Ledger) Settle(ctx context.Context, run int64, e Entry) error {
	return l.change(context.WithoutCancel(ctx), func(w *writer) error {
		if err := w.putOutcome(run, e.Revoke, e.Outcome); err != nil {
			return err
		}
		if err := w.changeAccount(run, e); err != nil {
			return err
		}
		return w.endAttempt(run, e)
	})
}

const outcomeColumns = `row, sheet_row, line, key, email, name, external_id, status, account_id, reason,
	http_status, attempts, open, look_up, retry`

func (w *writer) putOutcome(run int64, revoke bool, o outcome.Outcome) error {
	return w.exec("INSERT OR REPLACE INTO outcomes (run, revoke, "+outcomeColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		run, revoke, o.Row, o.SheetRow, o.Line, o.Key, o.Email, o.Name, o.ExternalID,
		o.Status.String(), o.AccountID, o.Reason, o.HTTPStatus, o.Attempts, o.Open, o.LookUp, o.Retry)
}

func (w *writer) endAttempt(run int64, e Entry) error {
	switch {
	case e.Open:
		return w.putAttempt(run, Attempt{Row: e.Row, Revoke: e.Revoke, Key: e.Key, Email: e.Email, Name: e.Name,
			ExternalID: e.ExternalID}, true)
	case e.Status == outcome.Failed:
		return w.exec(withdraw, run, e.Revoke, e.Row)
	case e.Key == "":
		return w.exec("DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ?", run, e.Revoke, e.Row)
	}
	return w.exec("DELETE FROM attempts WHERE key = ? AND revoke = ? AND (lost = 1 OR run = ? AND row = ?)",
		e.Key, e.Revoke, run, e.Row)
}

// Query asks what is remembered of a row.
type Query struct {
	Row    int
	Key    string
	Revoke bool // the row is one of the run's revocations
}

// Memory is what is remembered of a row; nil: nothing.
type Memory struct {
	Outcome *outcome.Outcome // what this run has settled for the row; not one that is Open, which is asked again
	Account *Account         // the account of the key; one that is gone only for a Revoke
	Lost    *Lost            // an attempt of ours for the key whose answer was never learned
}

// Lost is an attempt that may have been carried out, in this run or an earlier one.
type Lost struct {
	Run   int64
	RunID string
	Name  string // as it was sent
	At    time.Time
}

// Recall returns what is remembered of each of q, in their order. It is made for batches of some hundred;
// run 0 is no run, for a plan.
func (l *Ledger) Recall(ctx context.Context, run int64, q []Query) ([]Memory, error) {
	if len(q) == 0 {
		return nil, nil
	}
	memories := make([]Memory, len(q))
	keys := make([]string, len(q))
	for i := range q {
		keys[i] = q[i].Key
	}
	if run != 0 {
		if err := l.recallOutcomes(ctx, run, q, memories); err != nil {
			return nil, err
		}
	}
	accounts, err := l.Accounts(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i := range q {
		if a, ok := accounts[q[i].Key]; ok && (!a.Gone || q[i].Revoke) {
			memories[i].Account = &a
		}
	}
	return memories, l.recallLost(ctx, q, keys, memories)
}

// recallOutcomes reads the run's outcomes between the lowest row and the highest.
func (l *Ledger) recallOutcomes(ctx context.Context, run int64, q []Query, memories []Memory) error {
	at := make(map[Query]int, len(q)) // without the keys
	low, high := q[0].Row, q[0].Row
	for i := range q {
		low, high = min(low, q[i].Row), max(high, q[i].Row)
		at[Query{Row: q[i].Row, Revoke: q[i].Revoke}] = i
	}
	for _, revoke := range [...]bool{false, true} {
		found, err := query(ctx, l, scanOutcome, "SELECT "+outcomeColumns+` FROM outcomes
			WHERE run = ? AND revoke = ? AND row BETWEEN ? AND ? AND open = 0`, run, revoke, low, high)
		if err != nil {
			return err
		}
		for _, o := range found {
			if i, asked := at[Query{Row: o.Row, Revoke: revoke}]; asked {
				memories[i].Outcome = &o
			}
		}
	}
	return nil
}

// recallLost finds the newest lost attempt for each key. One that this process has under way is not lost;
// who only reads cannot know whether the process that began it still lives, and takes it for lost.
func (l *Ledger) recallLost(ctx context.Context, q []Query, keys []string, memories []Memory) error {
	readOnly := l.write == nil
	var some bool
	err := l.read.QueryRowContext(
		ctx,
		"SELECT EXISTS (SELECT 1 FROM attempts WHERE lost = 1 OR ?)",
		readOnly,
	).Scan(
		&some,
	)
	if err != nil || !some {
		return wrap(l.path, err)
	}
	_, err = query(ctx, l, func(s scanner) (lost Lost, err error) {
		var at int
		var revoke bool
		err = s.Scan(&at, &revoke, &lost.Run, &lost.RunID, &lost.Name, timeColumn{&lost.At})
		if err == nil && revoke == q[at].Revoke {
			memories[at].Lost = &lost
		}
		return lost, err
	}, `SELECT q.key, a.revoke, a.run, coalesce(r.id, ''), a.name, a.at
		FROM json_each(?) q CROSS JOIN attempts a ON a.key = q.value LEFT JOIN runs r ON r.seq = a.run
		WHERE (a.lost = 1 OR ?) AND a.key <> '' ORDER BY a.run, a.row`, list(keys), readOnly)
	return err
}

// Outcomes yields what became of the rows of run from row number from on, in row order. A row whose
// attempt was never settled is Unknown and Open, without a reason. Organization and ServiceDesk are left
// out: see RowAccess.
func (l *Ledger) Outcomes(ctx context.Context, run int64, from int) iter.Seq2[outcome.Outcome, error] {
	return l.outcomes(ctx, run, false, from)
}

// Revocations is Outcomes for the run's revocations.
func (l *Ledger) Revocations(ctx context.Context, run int64, from int) iter.Seq2[outcome.Outcome, error] {
	return l.outcomes(ctx, run, true, from)
}

const allOutcomes = "SELECT " + outcomeColumns + ` FROM outcomes WHERE run = ?1 AND revoke = ?2 AND row >= ?3
	UNION ALL SELECT row, 0, 0, key, email, name, external_id, 'unknown', '', '', 0, 0, 1, 0, 0 FROM attempts a
	WHERE run = ?1 AND revoke = ?2 AND row >= ?3 AND NOT EXISTS
		(SELECT 1 FROM outcomes o WHERE o.run = a.run AND o.revoke = a.revoke AND o.row = a.row)
	ORDER BY 1 LIMIT ?4`

func (l *Ledger) outcomes(ctx context.Context, run int64, revoke bool, from int) iter.Seq2[outcome.Outcome, error] {
	page := func(from int) ([]outcome.Outcome, error) {
		return query(ctx, l, scanOutcome, allOutcomes, run, revoke, from, pageRows)
	}
	return paged(from, page, func(o outcome.Outcome) int { return o.Row + 1 })
}

func scanOutcome(s scanner) (o outcome.Outcome, err error) {
	err = s.Scan(&o.Row, &o.SheetRow, &o.Line, &o.Key, &o.Email, &o.Name, &o.ExternalID, statusColumn{&o.Status},
		&o.AccountID, &o.Reason, &o.HTTPStatus, &o.Attempts, &o.Open, &o.LookUp, &o.Retry)
	return o, err
}
