package ledger

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"golang.org/x/sync/errgroup"
)

// Account is a version of what is known of an account at the site.
type Account struct {
	Key, Email, Name, ExternalID string
	ID                           string // "" when not known
	Status                       string // of the row that was settled as Known; gone
	Verified                     bool
	Run                          int64
	RunID                        string
	At                           time.Time
	RevokedAt                    time.Time // zero: not revoked by us
}

// gone is the Status of an account that the site has no more.
const gone = "gone"

// ours picks the accounts that we may manage.
const ours = "(a.status = 'created' OR a.status = 'created_unconfirmed' AND a.verified = 1)"

const accountColumns = "a.id, a.row, a.key, a.email, a.name, a.external_id, a.account_id, a.status, a.verified, a.run, a.at, a.revoked_at"

const (
	accountsQuery = "SELECT q.key, " + accountColumns + ` FROM json_each(?) q
		CROSS JOIN account_keys k ON k.key = q.value CROSS JOIN accounts a ON a.id = k.id`
	rangeQuery    = "SELECT a.id - ?1, " + accountColumns + " FROM accounts a WHERE a.id BETWEEN ?1 AND ?2"
	versionsQuery = "SELECT q.key, " + accountColumns + " FROM json_each(?) q CROSS JOIN accounts a ON a.id = q.value"
)

// AccountsAsOf returns, in the order of q, the versions that counted for run
// in its last sitting: nil where none did, or it was gone. What run added for the row itself
// is its outcome, and not returned.
func (l *Ledger) AccountsAsOf(ctx context.Context, run int64, q []Query) ([]*Account, error) {
	if len(q) == 0 {
		return nil, nil
	}
	var upto int64
	if err := l.read.QueryRowContext(ctx, "SELECT accounts_upto FROM runs WHERE seq = ?", run).Scan(&upto); err != nil {
		return nil, wrap(l.path, err)
	}
	memories := make([]Memory, len(q))
	if err := l.recallAccounts(ctx, run, upto, q, memories); err != nil {
		return nil, wrap(l.path, err)
	}
	accounts := make([]*Account, len(q))
	forgetGone(q, memories)
	for i := range memories {
		accounts[i] = memories[i].Account
	}
	return accounts, nil
}

// recallAccounts finds the newest version for each key: of other runs up to
// the id upto, of this run only by other rows. The keys are shared out among
// the connections: finding a million is work for more than one core.
func (l *Ledger) recallAccounts(ctx context.Context, run, upto int64, q []Query, memories []Memory) error {
	share := max(64, (len(q)+readers-1)/readers)
	var parts errgroup.Group
	for from := 0; from < len(q); from += share {
		to := min(from+share, len(q))
		parts.Go(func() error { return l.findAccounts(ctx, run, upto, q[from:to], memories[from:to]) })
	}
	if err := parts.Wait(); err != nil {
		return err
	}
	return l.nameRuns(ctx, memories)
}

// recallNewest is recallAccounts for all versions, with the directory where
// there is one.
func (l *Ledger) recallNewest(ctx context.Context, run int64, q []Query, memories []Memory) error {
	if l.directory == nil {
		return l.recallAccounts(ctx, run, math.MaxInt64, q, memories)
	}
	rest, err := l.followDirectory(ctx, run, q, memories)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		some, found := make([]Query, len(rest)), make([]Memory, len(rest))
		for n, i := range rest {
			some[n] = q[i]
		}
		if err := l.recallAccounts(ctx, run, math.MaxInt64, some, found); err != nil {
			return err
		}
		for n, i := range rest {
			memories[i].Account = found[n].Account
		}
	}
	return l.nameRuns(ctx, memories)
}

func (l *Ledger) findAccounts(ctx context.Context, run, upto int64, q []Query, memories []Memory) error {
	newest := make([]int64, len(q))
	consider := func(i int, v version) {
		counts := v.Run != run && v.id <= upto || v.Run == run && v.row != q[i].Row
		if counts && v.id > newest[i] {
			newest[i], memories[i].Account = v.id, &v.Account
		}
	}
	// The tail first: what leaves it meanwhile is found by key.
	if ids, places := l.tail.find(q); len(ids) > 0 {
		rows, err := l.read.QueryContext(ctx, versionsQuery, list(ids))
		if err == nil {
			err = eachVersion(rows, func(n int, v version) { consider(places[n], v) })
		}
		if err != nil {
			return err
		}
	}
	rows, err := l.accounts.QueryContext(ctx, keys(q))
	if err != nil {
		return err
	}
	return eachVersion(rows, consider)
}

// eachVersion reads rows of accountsQuery or versionsQuery to their end; n is
// the place in what was asked for.
func eachVersion(rows *sql.Rows, take func(n int, v version)) error {
	defer rows.Close()
	var n int
	scan := newVersionScan(&n)
	for rows.Next() {
		v, err := scan.version(rows)
		if err != nil {
			return err
		}
		take(n, v)
	}
	return errors.Join(rows.Err(), rows.Close())
}

// nameRuns fills in the ids of the runs that the accounts are from.
func (l *Ledger) nameRuns(ctx context.Context, memories []Memory) (err error) {
	for i := range memories {
		if a := memories[i].Account; a != nil {
			if a.RunID, err = l.runID(ctx, a.Run); err != nil {
				return err
			}
		}
	}
	return nil
}

// version is an Account with its place in the table.
type version struct {
	Account
	id  int64
	row int
}

func scanVersion(s scanner, before ...any) (version, error) {
	return newVersionScan(before...).version(s)
}

// A versionScan scans versions one after the other.
type versionScan struct {
	v           version
	at, revoked string
	into        []any

	lastAt string // of the version before: many are of one moment
	moment time.Time
}

// newVersionScan scans into before what stands before accountColumns.
func newVersionScan(before ...any) *versionScan {
	c := &versionScan{}
	v := &c.v
	c.into = append(before, &v.id, &v.row, &v.Key, &v.Email, &v.Name, &v.ExternalID, &v.ID, &v.Status,
		&v.Verified, &v.Run, &c.at, &c.revoked)
	return c
}

func (c *versionScan) version(s scanner) (v version, err error) {
	if err := s.Scan(c.into...); err != nil {
		return v, err
	}
	v = c.v
	if v.Email == "" {
		v.Email = v.Key
	}
	if c.at != c.lastAt {
		if c.moment, err = moment(c.at); err != nil {
			return v, err
		}
		c.lastAt = c.at
	}
	v.At = c.moment
	v.RevokedAt, err = moment(c.revoked)
	return v, err
}

// AccountsByID returns the newest versions of the accounts with these ids, by
// id; what is not known is left out. Each call reads the whole table: ask for
// many at once.
func (l *Ledger) AccountsByID(ctx context.Context, ids []string) (map[string]Account, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT "+accountColumns+` FROM accounts a
		WHERE a.account_id IN (SELECT value FROM json_each(?)) AND a.account_id <> '' ORDER BY a.id`, list(ids))
	if err != nil {
		return nil, wrap(l.path, err)
	}
	versions, err := collect(rows, func(s scanner) (version, error) { return scanVersion(s) })
	if err != nil {
		return nil, wrap(l.path, err)
	}
	found := make(map[string]Account, len(versions))
	for _, v := range versions {
		if v.RunID, err = l.runID(ctx, v.Run); err != nil {
			return nil, wrap(l.path, err)
		}
		found[v.ID] = v.Account
	}
	return found, nil
}

// forgetGone leaves out the accounts that are gone: who would create one there
// has none. For a revocation it is still told which one it was.
func forgetGone(q []Query, memories []Memory) {
	for i := range memories {
		if a := memories[i].Account; a != nil && a.Status == gone && !q[i].Revoke {
			memories[i].Account = nil
		}
	}
}

// Managed counts the accounts that are ours and not revoked.
func (l *Ledger) Managed(ctx context.Context) (int, error) {
	var n int
	err := l.read.QueryRowContext(ctx, "SELECT count(*) FROM "+l.newest()+" WHERE a.revoked_at = '' AND "+ours).Scan(&n)
	return n, wrap(l.path, err)
}

// newestOf is the id of the newest version of who.key, as an expression. (Over
// the view versions, max would read all of it.)
const newestOf = `max(coalesce((SELECT max(id) FROM account_keys WHERE key = who.key), 0),
	coalesce((SELECT max(id) FROM unentered WHERE key = who.key), 0))`

// newest is the newest versions, as a table a.
func (l *Ledger) newest() string {
	ids := "account_keys" // these stand in order
	if l.tail.len() > 0 {
		ids = "versions"
	}
	return "(SELECT max(id) AS id FROM " + ids + " GROUP BY key) newest CROSS JOIN accounts a ON a.id = newest.id"
}
