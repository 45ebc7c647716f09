package ledger

import "context"

// Holdings is how many accounts the ledger knows, and how many of them were
// revoked by us.
type Holdings struct{ Accounts, Revoked int }

// Holdings counts the accounts, but for those that are gone.
func (l *Ledger) Holdings(ctx context.Context) (Holdings, error) {
	var h Holdings
	err := l.read.QueryRowContext(ctx, "SELECT count(*), count(CASE WHEN a.revoked_at <> '' THEN 1 END) FROM "+l.newest()+" WHERE a.status <> 'gone'").Scan(&h.Accounts, &h.Revoked)
	return h, wrap(l.path, err)
}

// HasAccounts tells whether anybody was ever onboarded with this ledger.
func (l *Ledger) HasAccounts(ctx context.Context) (bool, error) {
	var any bool
	err := l.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM accounts)").Scan(&any)
	return any, wrap(l.path, err)
}
