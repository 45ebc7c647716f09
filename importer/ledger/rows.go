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
	return l.row(ctx, func(w *writer) error {
		return w.exec(`INSERT INTO attempts (run, revoke, row, key, email, name, external_id, at, lost)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET lost = 1`,
			run, a.Revoke, a.Row, a.Key, unlessKey(a.Email, a.Key), a.Name, a.ExternalID, now())
	})
}

// Withdraw takes an attempt off the record that provably did nothing. One whose answer was lost, in this
// session or an earlier one, stays. It does not listen to ctx.
func (l *Ledger) Withdraw(ctx context.Context, run int64, row int, revoke bool) error {
	return l.row(context.WithoutCancel(ctx), func(w *writer) error {
		return w.exec("DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ? AND lost = 0", run, revoke, row)
	})
}

// Settle records what became of a row, its account and the end of its attempt together. Settling a row
// again replaces its outcome. It does not listen to ctx.
//
// Where the outcome is Open the attempt stays, as one whose answer was lost. A failed row says nothing of
// what an earlier lost attempt has done, so that stays too; any other outcome ends all attempts for the key.
func (l *Ledger) Settle(ctx context.Context, run int64, e Entry) error {
	return l.row(context.WithoutCancel(ctx), func(w *writer) error {
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
		run, revoke, o.Row, o.SheetRow, o.Line, o.Key, unlessKey(o.Email, o.Key), o.Name, o.ExternalID,
		o.Status.String(), o.AccountID, o.Reason, o.HTTPStatus, o.Attempts, o.Open, o.LookUp, o.Retry)
}

func (w *writer) endAttempt(run int64, e Entry) error {
	switch {
	case e.Open:
		return w.exec(`INSERT INTO attempts (run, revoke, row, key, email, name, external_id, at, lost)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET lost = 1`,
			run, e.Revoke, e.Row, e.Key, unlessKey(e.Email, e.Key), e.Name, e.ExternalID, now())
	case e.Status == outcome.Failed:
		return w.exec("DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ? AND lost = 0", run, e.Revoke, e.Row)
	case e.Key == "":
		return w.exec("DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ?", run, e.Revoke, e.Row)
	}
	return w.exec("DELETE FROM attempts WHERE key = ? AND revoke = ?", e.Key, e.Revoke)
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
	err := l.eachAccount(ctx, keys, func(i int, a *Account) {
		if !a.Gone || q[i].Revoke {
			memories[i].Account = a
		}
	})
	if err != nil {
		return nil, err
	}
	return memories, l.recallLost(ctx, q, keys, memories)
}

// recallOutcomes reads the run's outcomes between the lowest row and the highest.
func (l *Ledger) recallOutcomes(ctx context.Context, run int64, q []Query, memories []Memory) error {
	for _, revoke := range [...]bool{false, true} {
		low, high, at := 0, 0, map[int]int{}
		for i := range q {
			if q[i].Revoke != revoke {
				continue
			}
			if len(at) == 0 {
				low, high = q[i].Row, q[i].Row
			}
			low, high = min(low, q[i].Row), max(high, q[i].Row)
			at[q[i].Row] = i
		}
		if len(at) == 0 {
			continue
		}
		found, err := query(ctx, l, scanOutcome, "SELECT "+outcomeColumns+` FROM outcomes
			WHERE run = ? AND revoke = ? AND row BETWEEN ? AND ? AND open = 0`, run, revoke, low, high)
		if err != nil {
			return err
		}
		for _, o := range found {
			if i, asked := at[o.Row]; asked {
				memories[i].Outcome = &o
			}
		}
	}
	return nil
}

// lostAttempt is a Lost with what it belongs to.
type lostAttempt struct {
	Lost
	at     int // in the keys that were asked for
	revoke bool
}

// recallLost finds the newest lost attempt for each key. One that this process has under way is not lost;
// who only reads cannot know whether the process that began it still lives, and takes it for lost.
func (l *Ledger) recallLost(ctx context.Context, q []Query, keys []string, memories []Memory) error {
	readOnly := l.write == nil
	var some bool
	err := l.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM attempts WHERE lost = 1 OR ?)", readOnly).Scan(&some)
	if err != nil || !some {
		return wrap(l.path, err)
	}
	found, err := query(ctx, l, scanLost, `SELECT q.key, a.revoke, a.run, coalesce(r.id, ''), a.name, a.at
		FROM json_each(?) q CROSS JOIN attempts a ON a.key = q.value LEFT JOIN runs r ON r.seq = a.run
		WHERE (a.lost = 1 OR ?) AND a.key <> '' ORDER BY a.run, a.row`, list(keys), readOnly)
	if err != nil {
		return err
	}
	for _, a := range found {
		if a.revoke == q[a.at].Revoke {
			memories[a.at].Lost = &a.Lost
		}
	}
	return nil
}

func scanLost(s scanner) (a lostAttempt, err error) {
	err = s.Scan(&a.at, &a.revoke, &a.Run, &a.RunID, &a.Name, timeColumn{&a.At})
	return a, err
}

// NamesSent returns the names of the attempts to create the account of key whose outcome is not settled,
// in any run.
func (l *Ledger) NamesSent(ctx context.Context, key string) ([]string, error) {
	return query(ctx, l, scanText, "SELECT DISTINCT name FROM attempts WHERE key = ? AND revoke = 0", key)
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
	o.Email = orKey(o.Email, o.Key)
	return o, err
}

// unlessKey is how an address stands in the file: not at all where it is the key.
func unlessKey(email, key string) string {
	if email == key {
		return ""
	}
	return email
}

func orKey(email, key string) string {
	if email == "" {
		return key
	}
	return email
}
