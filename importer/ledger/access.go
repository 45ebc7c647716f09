package ledger

import (
	"context"
	"iter"
)

// Kinds of memberships.
const (
	Organization            = "organization"              // account in organization
	ServiceDesk             = "service_desk"              // account in service project
	ServiceDeskOrganization = "service_desk_organization" // organization in service project
)

// RecordAccess keeps that members were added to target. The first run that recorded it stays. It does not
// listen to ctx.
func (l *Ledger) RecordAccess(ctx context.Context, run int64, kind, target string, members []string) error {
	return l.update(context.WithoutCancel(ctx), `INSERT OR IGNORE INTO access (kind, target, member, run)
		SELECT ?, ?, value, ? FROM json_each(?)`, kind, target, run, list(members))
}

// CountAccess returns how many memberships of a kind run has recorded.
func (l *Ledger) CountAccess(ctx context.Context, run int64, kind string) (int, error) {
	return value[int](ctx, l, "SELECT count(*) FROM access WHERE kind = ? AND run = ?", kind, run)
}

// RowAccess is what the results show of a row's access: the words of outcome.Access joined by ';', and the
// cause of those that are not good.
type RowAccess struct {
	Row                               int
	Organization, ServiceDesk, Reason string
}

// RowAccess yields what Wanted.Keep has kept for run from row number from on, in row order.
func (l *Ledger) RowAccess(ctx context.Context, run int64, from int) iter.Seq2[RowAccess, error] {
	return pages(ctx, l, rowAccessInto, from-1, rowOfAccess, `SELECT row, organization, service_desk, reason
		FROM row_access WHERE row > ?1 AND run = ?3 ORDER BY row LIMIT ?2`, run)
}

func rowAccessInto(r *RowAccess) []any {
	return []any{&r.Row, &r.Organization, &r.ServiceDesk, &r.Reason}
}

func rowOfAccess(r RowAccess) int { return r.Row }
