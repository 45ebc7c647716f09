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

// AccessDone returns which of members are in target already.
func (l *Ledger) AccessDone(ctx context.Context, kind, target string, members []string) (map[string]bool, error) {
	all, err := query(ctx, l, scanText, `SELECT a.member FROM json_each(?) q
		CROSS JOIN access a ON a.kind = ? AND a.target = ? AND a.member = q.value`, list(members), kind, target)
	done := make(map[string]bool, len(all))
	for _, member := range all {
		done[member] = true
	}
	return done, err
}

// AccessOf returns the targets that each of members was added to, in any run.
func (l *Ledger) AccessOf(ctx context.Context, kind string, members []string) (map[string][]string, error) {
	type pair struct{ member, target string }
	all, err := query(ctx, l, func(s scanner) (p pair, err error) {
		err = s.Scan(&p.member, &p.target)
		return p, err
	}, `SELECT a.member, a.target FROM json_each(?) q CROSS JOIN access a ON a.kind = ? AND a.member = q.value
		ORDER BY a.run, a.target`, list(members), kind)
	targets := make(map[string][]string, len(members))
	for _, p := range all {
		targets[p.member] = append(targets[p.member], p.target)
	}
	return targets, err
}

// RecordAccess keeps that members were added to target.
func (l *Ledger) RecordAccess(ctx context.Context, run int64, kind, target string, members []string) error {
	return l.update(context.WithoutCancel(ctx), `INSERT OR IGNORE INTO access (kind, target, member, run)
		SELECT ?, ?, value, ? FROM json_each(?)`, kind, target, run, list(members))
}

// RowAccess is what the results show of a row's access: the words of outcome.Access joined by ';', and the
// cause of those that are not good.
type RowAccess struct {
	Row                               int
	Organization, ServiceDesk, Reason string
}

// SetRowAccess keeps what became of the access of rows; those of before are replaced.
func (l *Ledger) SetRowAccess(ctx context.Context, run int64, rows []RowAccess) error {
	return l.transaction(context.WithoutCancel(ctx), func(w *writer) error {
		for _, r := range rows {
			err := w.exec("INSERT OR REPLACE INTO row_access (run, row, organization, service_desk, reason) VALUES (?, ?, ?, ?, ?)",
				run, r.Row, r.Organization, r.ServiceDesk, r.Reason)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// RowAccess yields what SetRowAccess has kept for run from row number from on, in row order.
func (l *Ledger) RowAccess(ctx context.Context, run int64, from int) iter.Seq2[RowAccess, error] {
	page := func(from int) ([]RowAccess, error) {
		return query(ctx, l, func(s scanner) (r RowAccess, err error) {
			err = s.Scan(&r.Row, &r.Organization, &r.ServiceDesk, &r.Reason)
			return r, err
		}, "SELECT row, organization, service_desk, reason FROM row_access WHERE run = ? AND row >= ? ORDER BY row LIMIT ?",
			run, from, pageRows)
	}
	return paged(from, page, func(r RowAccess) int { return r.Row + 1 })
}
