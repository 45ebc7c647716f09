package ledger

import (
	"context"
	"database/sql"
)

// revoke keeps what the version before says, and adds when.
const revoke = "INSERT OR ROLLBACK INTO accounts (" + versionColumns + `)
	SELECT who.key, who.run, who.row, coalesce(a.email, who.email), coalesce(a.name, who.name),
		coalesce(a.external_id, who.external_id), coalesce(nullif(a.account_id, ''), who.account_id),
		coalesce(nullif(a.status, 'gone'), ''), coalesce(a.verified, 0), coalesce(a.at, ?1), ?1
	FROM outcomes who LEFT JOIN accounts a ON a.id = ` + newestOf + `
	WHERE who.key <> '' AND` + whoseRows

// restore is what the version before says, but for its being revoked. What was
// known of it by its revocation alone is from now on what the row says.
const restore = "INSERT OR ROLLBACK INTO accounts (" + versionColumns + `)
	SELECT who.key, who.run, who.row, a.email, a.name, a.external_id, coalesce(nullif(who.account_id, ''), a.account_id),
		coalesce(nullif(a.status, ''), who.status), a.verified, CASE a.status WHEN '' THEN ?1 ELSE a.at END, ''
	FROM outcomes who CROSS JOIN accounts a ON a.id = ` + newestOf + `
	WHERE` + whoseRows

// lostSight says that the account is gone: only the one that was asked about,
// and for as long as it is not revoked.
const lostSight = "INSERT OR ROLLBACK INTO accounts (" + versionColumns + `)
	SELECT who.key, who.run, who.row, a.email, a.name, a.external_id, a.account_id, 'gone', 0, ?1, ''
	FROM outcomes who CROSS JOIN accounts a ON a.id = ` + newestOf + `
	WHERE a.account_id = who.account_id AND a.account_id <> '' AND a.revoked_at = '' AND a.status <> 'gone' AND` + whoseRows

const whoseRows = " who.run = ?2 AND who.revoke = ?3 AND who.row IN (SELECT value FROM json_each(?4))"

func isRestored(e *entry) bool { return isKnown(e) && e.outcome.Restored }
func isGone(e *entry) bool     { return isKnown(e) && e.outcome.Gone }
func isRevoked(e *entry) bool  { return isKnown(e) && !e.outcome.Gone }

// versions adds those of the accounts that part tells of.
func (s *statements) versions(ctx context.Context, part []entry, now string) error {
	if part[0].outcome.Revoke {
		if err := s.derive(ctx, s.revoke, part, isRevoked, now); err != nil {
			return err
		}
		return s.derive(ctx, s.lostSight, part, isGone, now)
	}
	args, from := s.args[:0], len(s.fresh)
	for i := range part {
		if e := &part[i]; isKnown(e) && !e.outcome.Restored {
			o := &e.outcome
			args = append(args, o.Key, e.run, o.Row, unlessKey(o), o.Name, o.ExternalID, o.AccountID, o.Status,
				flag(o.Verified), now, "")
			s.fresh = append(s.fresh, keyVersion{key: o.Key})
		}
	}
	s.args = args
	last, err := s.accounts.exec(ctx, args)
	for i := range s.fresh[from:] {
		s.fresh[from+i].id = last - int64(len(s.fresh)-from-1-i) // nobody else adds any
	}
	if err != nil {
		return err
	}
	return s.derive(ctx, s.restore, part, isRestored, now)
}

// derive adds versions that are made of those before them.
func (s *statements) derive(ctx context.Context, st *sql.Stmt, part []entry, chosen func(*entry) bool, now string) error {
	added, err := s.onRows(ctx, st, part, chosen, now)
	if err != nil || added == 0 {
		return err
	}
	return s.enterKeys(ctx)
}
