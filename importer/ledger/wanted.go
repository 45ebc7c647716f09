package ledger

import (
	"context"
	"database/sql"
	_ "embed"

	"jsm-onboard/importer/outcome"
)

// Wanted holds the access that the rows of a run ask for against what the ledger has: in a temporary database, which
// is gone when the ledger is closed.
type Wanted struct{ beside Ledger }

//go:embed wanted.sql
var wantedSchema string

// Want begins with nothing that is asked for.
func (l *Ledger) Want(ctx context.Context) (*Wanted, error) {
	db, _ := sql.Open("sqlite", l.name)
	db.SetMaxOpenConns(1) // temporary tables are those of a connection
	l.wanted = append(l.wanted, db)
	w := &Wanted{Ledger{path: l.path, read: db, write: l.write}}
	return w, w.exec(ctx, wantedSchema)
}

func (w *Wanted) exec(ctx context.Context, statement string, args ...any) error {
	_, err := w.beside.read.ExecContext(context.WithoutCancel(ctx), statement, args...)
	return wrap(w.beside.path, err)
}

// Claim is what one row asks for: access to all service projects, and to an organization.
type Claim struct {
	Row, SheetRow         int    // its number, and as a spreadsheet numbers it
	Key                   string // of an account
	NoAccount             bool   // there is none, and the run will not make one
	Organization, Spelled string // the Name of a Group, and as the row has it; "": none
	Problem               string // why its organization cannot be used
}

// Claim adds what some rows ask for.
func (w *Wanted) Claim(ctx context.Context, rows []Claim) error {
	return w.exec(ctx, `INSERT INTO claims
		SELECT value ->> 'Row', value ->> 'SheetRow', value ->> 'Key', value ->> 'Organization', value ->> 'Spelled',
			value ->> 'Problem', value ->> 'NoAccount' FROM json_each(?)`, list(rows))
}

// Group is what takes members: an organization or a service project.
type Group struct {
	Kind, Name string
	ID         string // at the site; "": it has none
	Why        string // why nobody can be added; "": somebody can
	Spelled    string // as the first row has it
}

// Organizations returns those that rows name, by name, without what only the site knows of them.
func (w *Wanted) Organizations(ctx context.Context) ([]Group, error) {
	return query(ctx, &w.beside, func(g *Group) []any { return []any{&g.Kind, &g.Name, &g.Spelled, new(int)} },
		`SELECT 'organization', organization, spelled, min(row) FROM claims
		WHERE organization <> '' GROUP BY organization`)
}

// Seat finds out for each claim whether there is access, with these groups and the accounts of now. By run it was
// added, also when a process was killed over it. What is open is not attempted, for the reason stopped.
func (w *Wanted) Seat(ctx context.Context, run int64, groups []Group, stopped string) error {
	const is = `CASE WHEN g.why <> '' OR a.id = '' THEN 'failed' WHEN x.run = ?2 THEN 'added'
		WHEN x.run <> ?2 THEN 'known' ELSE 'not_attempted' END, CASE WHEN g.why <> '' THEN g.why
		WHEN a.id = '' THEN ?4 WHEN x.run IS NOT NULL OR a.id IS NULL THEN '' ELSE ?3 END`
	return w.exec(ctx, `DELETE FROM seats; DELETE FROM groups;
		INSERT INTO groups SELECT value ->> 'Kind', value ->> 'Name', value ->> 'ID', value ->> 'Why'
			FROM json_each(?1);
		INSERT OR IGNORE INTO seats SELECT g.kind, g.name, c.key, coalesce(a.id, ''), `+is+` FROM claims c CROSS JOIN
				groups g ON g.kind = 'service_desk' OR g.kind = 'organization' AND g.name = c.organization
			LEFT JOIN accounts a ON a.key = c.key AND a.gone_run = 0 AND a.revoked_at = ''
			LEFT JOIN access x ON x.kind = g.kind AND x.member = a.id AND x.target = g.id;
		INSERT INTO seats SELECT ?5, g.name, a.name, a.id, `+is+` FROM groups g CROSS JOIN groups a
			LEFT JOIN access x ON x.kind = ?5 AND x.member = a.id AND x.target = g.id
			WHERE g.kind = 'service_desk' AND a.kind = 'organization' AND a.id <> ''`,
		list(groups), run, stopped, outcome.ReasonNoMember, ServiceDeskOrganization)
}

// Call is for seats of one group that are open: members, by id, who can be added to the target at once.
type Call struct {
	Kind, Name, Target string
	Keys, Members      []string
}

// Calls returns the next calls, of at most so many members; an organization is added to a project by itself.
func (w *Wanted) Calls(ctx context.Context, most int) ([]Call, error) {
	return query(ctx, &w.beside, func(c *Call) []any {
		return []any{&c.Kind, &c.Name, &c.Target, parsed{(*texts)(&c.Keys)}, parsed{(*texts)(&c.Members)}}
	}, `SELECT o.kind, o.name, g.id, json_group_array(o.key ORDER BY o.key), json_group_array(o.member ORDER BY o.key)
		FROM (SELECT *, row_number() OVER (PARTITION BY kind, name ORDER BY key) - 1 AS place
			FROM (SELECT kind, name, key, member FROM seats WHERE access = 'not_attempted' AND member <> ''
				ORDER BY kind DESC, name DESC LIMIT 10000)) o
		CROSS JOIN groups g ON g.name = o.name AND g.kind = iif(o.kind = 'organization', o.kind, 'service_desk')
		GROUP BY o.kind, o.name, o.place / iif(o.kind = 'service_desk_organization', 1, ?)
		ORDER BY o.kind DESC, o.name DESC`, most)
}

// Settle keeps what became of a call.
func (w *Wanted) Settle(ctx context.Context, c Call, is outcome.Access, reason string) error {
	return w.exec(ctx, `UPDATE seats SET access = ?, reason = ? WHERE kind = ? AND name = ?
		AND key IN (SELECT value FROM json_each(?))`, is.String(), reason, c.Kind, c.Name, list(c.Keys))
}

// Seated counts seats by what became of them.
type Seated struct {
	Added  int `json:"added"`
	Known  int `json:"known"`
	Failed int `json:"failed"`
	Open   int `json:"not_attempted,omitempty"`
}

// Seats are those in a service project, or in all organizations.
type Seats struct {
	Kind, Name string
	Seated
	Ahead  int    // of those that are open, the ones whose member has an account or is still to get one
	Reason string // of one that failed
}

// Seats counts all seats.
func (w *Wanted) Seats(ctx context.Context) ([]Seats, error) {
	return query(ctx, &w.beside, func(n *Seats) []any {
		return []any{&n.Kind, &n.Name, &n.Added, &n.Known, &n.Failed, &n.Open, &n.Ahead, &n.Reason}
	}, `SELECT kind, iif(kind = 'organization', '', name) AS project, sum(access = 'added'), sum(access = 'known'),
		sum(access = 'failed'), sum(access = 'not_attempted'), sum(access = 'not_attempted' AND (member <> ''
			OR NOT EXISTS (SELECT 1 FROM claims c WHERE c.key = seats.key AND c.no_account))),
		max(iif(access = 'failed', reason, '')) FROM seats GROUP BY kind, project`)
}

// Keep puts what became of the access of each row on record, for RowAccess, and returns how many rows lack some of it
// for a reason of their own.
func (w *Wanted) Keep(ctx context.Context, run int64) (notGood int, err error) {
	const desks = `groups g CROSS JOIN seats s ON s.kind = g.kind AND s.name = g.name AND s.key = c.key
		WHERE g.kind = 'service_desk'`
	var batch []RowAccess
	keep := func() error {
		return w.beside.update(context.WithoutCancel(ctx), `INSERT OR REPLACE INTO row_access SELECT ?, value ->> 'Row',
			value ->> 'Organization', value ->> 'ServiceDesk', value ->> 'Reason' FROM json_each(?)`, run, list(batch))
	}
	for row, err := range pages(ctx, &w.beside, rowAccessInto, 0, rowOfAccess, `SELECT
		c.row, coalesce(o.access, iif(c.problem = '', '', 'invalid')),
			(SELECT coalesce(group_concat(s.access, ';' ORDER BY g.rowid), '') FROM `+desks+`),
			(SELECT coalesce(group_concat(reason, '; '), '') FROM (SELECT c.problem AS reason UNION SELECT o.reason
				UNION SELECT s.reason FROM `+desks+`) WHERE reason <> '')
		FROM claims c LEFT JOIN seats o ON o.kind = 'organization' AND o.name = c.organization AND o.key = c.key
		WHERE c.row > ?1 ORDER BY c.row LIMIT ?2`) {
		if batch = append(batch, row); err == nil && len(batch) == pageRows {
			err, batch = keep(), nil
		}
		if err != nil {
			return 0, err
		}
	}
	if err := keep(); err != nil {
		return 0, err
	}
	return value[int](ctx, &w.beside, `SELECT count(*) FROM row_access WHERE run = ?
		AND (organization IN ('invalid', 'failed') OR service_desk LIKE '%failed%')`, run)
}

// Moved is a membership of before, of somebody whose Row asks for another organization.
type Moved struct {
	Row            int    `json:"row"` // as a spreadsheet numbers it
	AccountID      string `json:"account_id"`
	OrganizationID string `json:"organization_id"`
}

// Moved returns the memberships of before run of those who are added to another organization, and that no row asks for.
func (w *Wanted) Moved(ctx context.Context, run int64) ([]Moved, error) {
	return query(ctx, &w.beside, func(m *Moved) []any { return []any{&m.Row, &m.AccountID, &m.OrganizationID} },
		`SELECT min(c.sheet_row), s.member, x.target FROM claims c
		CROSS JOIN seats s ON s.kind = 'organization' AND s.name = c.organization AND s.key = c.key
		CROSS JOIN access x ON x.kind = s.kind AND x.member = s.member
		WHERE s.access <> 'known' AND x.run <> ?1 AND NOT EXISTS (SELECT 1 FROM seats o JOIN groups g USING (kind, name)
			WHERE o.kind = s.kind AND g.id = x.target AND o.member = s.member)
		GROUP BY s.member, x.target ORDER BY 1`, run)
}
