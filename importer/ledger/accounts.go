package ledger

import (
	"context"
	"iter"
	"time"

	"jsm-onboard/importer/outcome"
)

// Account is what is known of an account at the site. There is one for each key.
type Account struct {
	Key, Email string
	Name       string         // as it was sent last
	ID         string         // "" when it is not known
	Status     outcome.Status // Created, CreatedUnconfirmed or Conflict
	FirstRun   int64          // the first run that knew it
	Run        int64          // the run that Status and ID are from
	At         time.Time
	RevokedAt  time.Time // zero: not revoked by us
	Perhaps    string    // what is added to that time when the answer was lost; "": it is certain
	Gone       bool      // the site has it no more
}

// Ours reports whether this program certainly created the account.
func (a Account) Ours() bool { return a.Status == outcome.Created }

const accountColumns = "a.key, a.email, a.name, a.id, a.status, a.first_run, a.run, a.at, a.revoked_at, a.gone_run <> 0"

// accountInto is where accountColumns are scanned to.
func accountInto(a *Account) []any {
	return []any{&a.Key, &a.Email, &a.Name, &a.ID, parsed{&a.Status}, &a.FirstRun, &a.Run, parsed{&a.At},
		parsed{&a.RevokedAt}, &a.Gone}
}

// changeAccount makes the change of an entry to the account of its key.
func (w *writer) changeAccount(run int64, e Entry) {
	if e.Key == "" {
		return // of an account that is known by its id alone nothing is kept
	}
	switch e.Account {
	case Store:
		w.exec(`INSERT INTO accounts (key, email, name, external_id, id, status, first_run, run, row, at, look_up,
				names_sent)
			VALUES (?, ?, ?, ?, ?, ?6, ?7, ?7, ?, ?, ?10, iif(?10 AND ?6 = 'created_unconfirmed',
				(SELECT json_group_array(name) FROM
					(SELECT name FROM attempts WHERE key = ?1 AND revoke = 0 AND lost = 1 UNION SELECT ?3)), ''))
			ON CONFLICT DO UPDATE SET email = excluded.email, name = excluded.name, external_id = excluded.external_id,
				id = excluded.id, status = excluded.status, run = excluded.run, row = excluded.row, at = excluded.at,
				revoked_at = '', revoked_run = 0, gone_run = 0, look_up = excluded.look_up,
				names_sent = excluded.names_sent`,
			e.Key, e.Email, e.Name, e.ExternalID, e.AccountID, e.Status.String(), run, e.Row, now(), e.LookUp)
	case MarkRevoked:
		w.exec(`INSERT INTO accounts (key, email, name, external_id, id, status, first_run, run, row, at,
				revoked_at, revoked_run)
			VALUES (?, ?, ?, ?, ?, 'conflict', ?6, ?6, ?, ?8, ?8, ?6) ON CONFLICT DO UPDATE SET
				revoked_at = excluded.revoked_at, revoked_run = excluded.revoked_run, gone_run = 0,
				id = coalesce(nullif(id, ''), excluded.id)`,
			e.Key, e.Email, e.Name, e.ExternalID, e.AccountID, run, e.Row, now())
	case MarkGone:
		w.exec("UPDATE accounts SET gone_run = ? WHERE key = ? AND id = ? AND id <> '' AND revoked_at = ''",
			run, e.Key, e.AccountID)
	case MarkRestored:
		w.exec(`UPDATE accounts SET revoked_at = '', revoked_run = 0, id = coalesce(nullif(?, ''), id)
			WHERE key = ?`, e.AccountID, e.Key)
	case Rename:
		w.exec("UPDATE accounts SET name = ? WHERE key = ?", e.Name, e.Key)
	}
	if e.Account == Store || e.Account == MarkRestored { // a source that they have left is no longer why they have it
		w.exec("UPDATE members SET aside = 1 WHERE key = ? AND left_run IS NOT NULL", e.Key)
	}
}

// Holdings counts accounts, without those that are gone. Ours have access and were made by this program.
type Holdings struct{ Accounts, Revoked, Ours int }

// Holdings counts what the ledger knows.
func (l *Ledger) Holdings(ctx context.Context) (Holdings, error) {
	return first(ctx, l, func(h *Holdings) []any { return []any{&h.Accounts, &h.Revoked, &h.Ours} },
		`SELECT count(*), count(nullif(revoked_at, '')),
		count(CASE WHEN status = 'created' AND revoked_at = '' THEN 1 END) FROM accounts WHERE gone_run = 0`)
}

// OpenLookUp is an account whose id is still to be looked up.
type OpenLookUp struct {
	Run       int64
	Outcome   outcome.Outcome // of its row; when that was pruned, what the account has of it
	SettledAt time.Time
	Names     []string // sent in attempts whose answer was lost
}

// LookUps yields the look-ups that are open, of every run, by key. They may be resolved meanwhile.
func (l *Ledger) LookUps(ctx context.Context) iter.Seq2[OpenLookUp, error] {
	into := func(u *OpenLookUp) []any {
		return append([]any{&u.Run, parsed{&u.SettledAt}, parsed{(*texts)(&u.Names)}}, outcomeInto(&u.Outcome)...)
	}
	return pages(ctx, l, into, "", func(u OpenLookUp) string { return u.Outcome.Key },
		`SELECT a.run, a.at, a.names_sent, a.row, coalesce(o.sheet_row, 0), coalesce(o.line, 0), a.key, a.email, a.name,
			a.external_id, a.status, a.id, coalesce(o.reason, ''), coalesce(o.http_status, 0), coalesce(o.attempts, 0),
			0, 1, coalesce(o.retry, 0) FROM accounts a INDEXED BY accounts_look_up
		LEFT JOIN outcomes o ON o.run = a.run AND o.revoke = 0 AND o.row = a.row AND o.key = a.key
		WHERE a.look_up = 1 AND a.key > ?1 ORDER BY a.key LIMIT ?2`)
}

// CountLookUps returns how many look-ups are open.
func (l *Ledger) CountLookUps(ctx context.Context) (int, error) {
	return value[int](ctx, l, "SELECT count(*) FROM accounts WHERE look_up = 1")
}

// Resolve records what a look-up has found: o is u.Outcome with what changed of Status, AccountID, Reason
// and LookUp. The account and the outcome of the run change together.
func (l *Ledger) Resolve(ctx context.Context, u OpenLookUp, o outcome.Outcome) error {
	return l.change(context.WithoutCancel(ctx), func(w *writer) {
		w.exec(`UPDATE accounts SET status = ?1, id = ?2, look_up = ?4, names_sent = iif(?4, names_sent, '')
			WHERE key = ?3 AND run = ?5 AND look_up = 1`, o.Status.String(), o.AccountID, o.Key, o.LookUp, u.Run)
		w.exec(`UPDATE outcomes SET status = ?, account_id = ?, reason = ?, look_up = ?
			WHERE run = ? AND revoke = 0 AND row = ? AND key = ?`,
			o.Status.String(), o.AccountID, o.Reason, o.LookUp, u.Run, o.Row, o.Key)
	})
}
