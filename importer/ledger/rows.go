package ledger

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer/outcome"
)

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

// Begin puts an attempt, a request that is about to leave, on record, and returns when it is durable. ctx counts only
// before: what may be on disk is never reported as not begun. If the row has one on record, the answer to that is lost.
func (l *Ledger) Begin(ctx context.Context, run int64, a Entry) error {
	return l.change(ctx, func(w *writer) { w.putAttempt(run, a, false) })
}

func (w *writer) putAttempt(run int64, a Entry, lost bool) {
	w.exec(`INSERT INTO attempts (run, revoke, row, key, email, name, external_id, at, lost)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET lost = 1`,
		run, a.Revoke, a.Row, a.Key, a.Email, a.Name, a.ExternalID, now(), lost)
}

// Withdraw takes an attempt off the record that provably did nothing. A lost one stays. It ignores the end of ctx.
func (l *Ledger) Withdraw(ctx context.Context, run int64, row int, revoke bool) error {
	return l.update(context.WithoutCancel(ctx), withdraw, run, revoke, row)
}

const withdraw = "DELETE FROM attempts WHERE run = ? AND revoke = ? AND row = ? AND lost = 0"

// Settle records, in one transaction, the outcome of a row, its account, and the end of its attempt. Settling a row
// again replaces its outcome. It ignores the end of ctx.
//
// Where the outcome is Open the attempt stays, as one whose answer was lost. A failed row, or one for which nothing was
// revoked, says nothing of what an earlier lost attempt has done, so that stays too; others end all for the key.
func (l *Ledger) Settle(ctx context.Context, run int64, e Entry) error {
	return l.change(context.WithoutCancel(ctx), func(w *writer) {
		w.putOutcome(run, e.Revoke, e.Outcome)
		w.changeAccount(run, e)
		w.endAttempt(run, e)
	})
}

const outcomeColumns = `row, sheet_row, line, key, email, name, external_id, status, account_id, reason,
	http_status, attempts, open, look_up, retry`

// outcomeInto is where outcomeColumns are scanned to.
func outcomeInto(o *outcome.Outcome) []any {
	return []any{&o.Row, &o.SheetRow, &o.Line, &o.Key, &o.Email, &o.Name, &o.ExternalID, parsed{&o.Status},
		&o.AccountID, &o.Reason, &o.HTTPStatus, &o.Attempts, &o.Open, &o.LookUp, &o.Retry}
}

func (w *writer) putOutcome(run int64, revoke bool, o outcome.Outcome) {
	w.exec("INSERT OR REPLACE INTO outcomes (run, revoke, "+outcomeColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		run, revoke, o.Row, o.SheetRow, o.Line, o.Key, o.Email, o.Name, o.ExternalID,
		o.Status.String(), o.AccountID, o.Reason, o.HTTPStatus, o.Attempts, o.Open, o.LookUp, o.Retry)
}

func (w *writer) endAttempt(run int64, e Entry) {
	switch {
	case e.Open:
		w.putAttempt(run, e, true)
	case e.Status == outcome.Failed, e.Revoke && e.Account == NoChange && e.Status != outcome.AlreadyRevoked:
		w.exec(withdraw, run, e.Revoke, e.Row)
	default:
		w.exec(`DELETE FROM attempts WHERE revoke = ?1 AND run = ?2 AND row = ?3`, e.Revoke, run, e.Row)
		w.exec(`DELETE FROM attempts WHERE (revoke = ? OR ?) AND key = ? AND key <> '' AND lost = 1`,
			e.Revoke, e.Account == MarkRestored, e.Key)
	}
}

// Query asks for the History of a row. Empty fields are not asked about.
type Query struct {
	Row             int
	Key, ExternalID string
	Source          string   // of the row's run: external ids of another source are those of another system
	Fingerprint     string   // of a row that may have been fixed, see [Fixed]
	Further         []string // keys of further addresses in the row
	Name            string   // in the row: a further address with an account of another name is somebody else's
	ID              string   // of an account; it stands for the key that has it, when there is no Key
}

// History is what the ledger has on a row; nil: nothing.
type History struct {
	Outcome *outcome.Outcome // of the row in this run; Open also when its attempt was never settled
	Account *Account         // of the key, also one that is gone
	Lost    *string          // a lost attempt for the key: the name that it sent
	Owner   string           // the key that has the ID; "": none
	Access  RowAccess        // what the results of this run show, once it has ended

	// Only for a key without an account:
	Fixed *Account // created by the copy of the row that was fixed in a failed file
	Other *Account // with the external id under another address, or else with a further address; from before the run
}

// Recall returns the histories of q, in their order, for batches of a few hundred. revoke: they are rows of a
// revocation. Run 0 stands for a run that has not begun.
func (l *Ledger) Recall(ctx context.Context, run int64, revoke bool, q []Query) ([]History, error) {
	histories, at := make([]History, len(q)), make(map[int]*History, len(q))
	for i := range q {
		at[q[i].Row] = &histories[i]
	}
	return histories, cmp.Or(l.recallAccounts(ctx, q, histories), l.recallLost(ctx, revoke, q, histories),
		l.recallElsewhere(ctx, run, q, at), l.recallOutcomes(ctx, run, revoke, at))
}

// found is what a query has found for a row: an account, or an attempt with a Name and At.
type found struct {
	row int // its number, or its place in the batch
	by  string
	Account
}

func foundInto(f *found) []any { return append([]any{&f.row, &f.by}, accountInto(&f.Account)...) }

// recallAccounts finds the accounts with the keys of q, and whose the ids are. Rows mostly come in the order in which
// their accounts were made: if the first and the last are near, all between is read at once, in a quarter of the time.
func (l *Ledger) recallAccounts(ctx context.Context, q []Query, histories []History) error {
	var keys, ids []string
	for _, asked := range q {
		keys, ids = append(keys, asked.Key), append(ids, asked.ID)
	}
	near, _ := query(ctx, l, accountInto, "SELECT "+accountColumns+` FROM (SELECT min(rowid) AS low, max(rowid) AS high
		FROM accounts WHERE key IN (?1 ->> 0, ?1 ->> '$[#-1]'))
		CROSS JOIN accounts a ON a.rowid BETWEEN low AND high AND high < low + ?2`, jsonList(keys), 2*len(keys))
	between := make(map[string]*Account, len(near))
	for i := range near {
		between[near[i].Key] = &near[i]
	}
	for i, key := range keys {
		if histories[i].Account = between[key]; between[key] != nil {
			keys[i] = ""
		}
	}
	if strings.Join(keys, "")+strings.Join(ids, "") == "" {
		return nil
	}
	all, err := query(ctx, l, foundInto,
		"SELECT q.key, 'key', "+accountColumns+` FROM json_each(?1) q CROSS JOIN accounts a ON a.key = q.value
		UNION ALL SELECT q.key, 'id', `+accountColumns+` FROM json_each(?2) q CROSS JOIN accounts a ON a.id = q.value
		AND a.id <> ''`, jsonList(keys), jsonList(ids))
	for _, f := range all {
		if f.by == "id" {
			histories[f.row].Owner = f.Key
		}
		if f.by == "key" || q[f.row].Key == "" {
			histories[f.row].Account = &f.Account
		}
	}
	return err
}

// recallLost finds the newest lost attempts, for creates also to revoke. One that this process has under way is not
// lost; who only reads cannot know whether the process that began it still lives, and takes it for lost.
func (l *Ledger) recallLost(ctx context.Context, revoke bool, q []Query, histories []History) error {
	var keys []string
	for i, asked := range q {
		keys = append(keys, cmp.Or(asked.Key, histories[i].Owner))
	}
	all, err := query(ctx, l, func(a *found) []any { return []any{&a.row, &a.by, &a.Name, parsed{&a.At}} },
		`SELECT q.key, iif(a.revoke, 'revoke', 'create'), a.name, a.at FROM json_each(?) q CROSS JOIN attempts a
		ON a.key = q.value
		WHERE EXISTS (SELECT 1 FROM attempts WHERE lost = 1 OR ?3)
			AND a.revoke >= ?2 AND (a.lost = 1 OR ?3) AND a.key <> '' ORDER BY a.run, a.row`,
		jsonList(keys), revoke, l.write == nil)
	for _, a := range all {
		switch known := histories[a.row].Account; {
		case (a.by == "revoke") == revoke:
			histories[a.row].Lost = &a.Name
		case known != nil && known.RevokedAt.IsZero() && a.At.After(known.At):
			known.RevokedAt, known.Perhaps = a.At, outcome.Perhaps
		}
	}
	return err
}

// recallElsewhere finds the accounts, not perhaps revoked, that the people whose keys have none may have all the same.
func (l *Ledger) recallElsewhere(ctx context.Context, run int64, q []Query, at map[int]*History) error {
	unknown := slices.DeleteFunc(slices.Clone(q), func(asked Query) bool {
		a := at[asked.Row].Account
		return a != nil && !a.Gone
	})
	all, err := query(ctx, l, foundInto, "SELECT asked, found_by, "+accountColumns+` FROM (
		SELECT q.value ->> 'Row' AS asked, 'fix' AS found_by, a.* FROM json_each(?1) q
			CROSS JOIN fixed f ON f.original = q.value ->> 'Fingerprint' CROSS JOIN accounts a ON a.key = f.key
		UNION ALL SELECT q.value ->> 'Row', 'id', a.* FROM json_each(?1) q
			CROSS JOIN accounts a ON a.external_id = q.value ->> 'ExternalID' AND a.external_id <> ''
			CROSS JOIN runs r ON r.seq = a.run AND (r.source IN ('', q.value ->> 'Source') OR q.value ->> 'Source' = '')
		UNION ALL SELECT q.value ->> 'Row', 'address', a.* FROM json_each(?1) q
			CROSS JOIN json_each(q.value -> 'Further') other CROSS JOIN accounts a ON a.key = other.value
			WHERE a.name = a.email OR lower(q.value ->> 'Name') IN (lower(a.name), q.value ->> 'Key')) a
		WHERE a.gone_run = 0 AND a.revoked_at = '' AND (found_by = 'fix' OR a.first_run < ?2 OR ?2 = 0)
			AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.key = a.key AND t.revoke = 1 AND t.at > a.at)
		ORDER BY found_by = 'id', a.run`, jsonList(unknown), run)
	for _, e := range all {
		if e.by == "fix" {
			at[e.row].Fixed = &e.Account
		} else {
			at[e.row].Other = &e.Account
		}
	}
	return err
}

// recallOutcomes reads the access that the run's results show, and its outcomes between the lowest row and the highest.
func (l *Ledger) recallOutcomes(ctx context.Context, run int64, revoke bool, at map[int]*History) error {
	rows := slices.Sorted(maps.Keys(at))
	if len(rows) == 0 || run == 0 {
		return nil
	}
	access, err := query(ctx, l, rowAccessInto, `SELECT a.row, organization, service_desk, reason FROM json_each(?) q
		CROSS JOIN row_access a ON a.run = ? AND a.row = q.value`, jsonList(rows), run)
	if err != nil {
		return err
	}
	for _, a := range access {
		at[a.Row].Access = a
	}
	for o, err := range l.Outcomes(ctx, run, revoke, rows[0]) {
		if err != nil || o.Row > rows[len(rows)-1] {
			return err
		}
		if m := at[o.Row]; m != nil {
			m.Outcome = &o
		}
	}
	return nil
}

// outcomesAfter are the outcomes of run ?3 after row ?1. A row whose attempt was never settled is Unknown and Open.
const outcomesAfter = "SELECT " + outcomeColumns + ` FROM outcomes WHERE row > ?1 AND run = ?3 AND revoke = ?4
	UNION ALL SELECT row, 0, 0, key, email, name, external_id, 'unknown', '', '` + outcome.ReasonCutShort + `',
		0, 0, 1, 0, 0 FROM attempts a WHERE row > ?1 AND run = ?3 AND revoke = ?4 AND NOT EXISTS
		(SELECT 1 FROM outcomes o WHERE o.run = a.run AND o.revoke = a.revoke AND o.row = a.row)`

func outcomeRow(o outcome.Outcome) int { return o.Row }

// Outcomes yields what became of the rows of run, or of its revocations, from row number from on, in row order. A row
// whose attempt was never settled was cut short. Organization and ServiceDesk are left out: see RowAccess.
func (l *Ledger) Outcomes(ctx context.Context, run int64, revoke bool, from int) iter.Seq2[outcome.Outcome, error] {
	return pages(ctx, l, outcomeInto, from-1, outcomeRow, outcomesAfter+" ORDER BY 1 LIMIT ?2", run, revoke)
}

// CreatedRows yields, in row order, the rows whose accounts run created, even if these were revoked or are gone since,
// and the rows whose accounts it may have created.
func (l *Ledger) CreatedRows(ctx context.Context, run int64) iter.Seq2[outcome.Outcome, error] {
	return pages(ctx, l, outcomeInto, 0, outcomeRow, "SELECT * FROM ("+outcomesAfter+`) o
		WHERE open = 1 OR status = 'created_unconfirmed' OR EXISTS (SELECT 1 FROM accounts a
			WHERE a.key = o.key AND a.run = ?3 AND a.row = o.row AND a.status = 'created')
		ORDER BY 1 LIMIT ?2`, run, false)
}
