package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"iter"

	"jsm-onboard/importer/outcome"
)

// Kinds of memberships.
const (
	Organization            = "organization"              // account in organization
	ServiceDesk             = "service_desk"              // account in service project
	ServiceDeskOrganization = "service_desk_organization" // organization in service project
)

// RecordAccess records that run has added members to target. It ignores the end of ctx.
func (l *Ledger) RecordAccess(ctx context.Context, run int64, kind, target string, members []string) error {
	return l.update(context.WithoutCancel(ctx), `INSERT OR REPLACE INTO access (kind, target, member, run)
		SELECT ?, ?, value, ? FROM json_each(?)`, kind, target, run, jsonList(members))
}

// CountAccess returns how many memberships of a kind run has recorded.
func (l *Ledger) CountAccess(ctx context.Context, run int64, kind string) (int, error) {
	return value[int](ctx, l, "SELECT count(*) FROM access WHERE kind = ? AND run = ?", kind, run)
}

// RowAccess is what the results show of a row's access: words of outcome.Access joined by ';', and why it is not good.
type RowAccess struct {
	Row                               int
	Organization, ServiceDesk, Reason string
}

func rowAccessInto(r *RowAccess) []any {
	return []any{&r.Row, &r.Organization, &r.ServiceDesk, &r.Reason}
}

// Wanted is the access that the rows of a run ask for, compared with what the ledger has, in a temporary database.
type Wanted struct{ temp Ledger }

//go:embed wanted.sql
var wantedSchema string

// NewWanted returns an empty Wanted.
func (l *Ledger) NewWanted(ctx context.Context) (*Wanted, error) {
	db, _ := sql.Open("sqlite", l.name)
	db.SetMaxOpenConns(1) // temporary tables are those of a connection
	l.wanted = append(l.wanted, db)
	w := &Wanted{Ledger{path: l.path, read: db, write: l.write}}
	return w, w.exec(ctx, fmt.Sprintf(wantedSchema, outcome.ReasonNoMember, outcome.ReasonAccessStopped))
}

func (w *Wanted) exec(ctx context.Context, statement string, args ...any) error {
	_, err := w.temp.read.ExecContext(context.WithoutCancel(ctx), statement, args...)
	return wrap(w.temp.path, err)
}

// Claim is what one row asks for: access to all service projects, and to an organization.
type Claim struct {
	Row, SheetRow         int    // its number, and as a spreadsheet numbers it
	Key                   string // of an account
	NoAccount             bool   // there is none, and the run will not make one
	Organization, Spelled string // the Name of a Group, and as the row has it; "": none
}

// AddClaims adds what some rows ask for.
func (w *Wanted) AddClaims(ctx context.Context, rows []Claim) error {
	return w.exec(ctx, `INSERT INTO claims SELECT value ->> 'Key', value ->> 'Row', value ->> 'SheetRow',
		value ->> 'Organization', value ->> 'Spelled', value ->> 'NoAccount' FROM json_each(?)`, jsonList(rows))
}

// Group is what takes members: an organization or a service project.
type Group struct {
	Kind, Name string
	ID         string // at the site; "": it has none
	Why        string // why nobody can be added; "": somebody can
	Invalid    bool   // because it is none
	Spelled    string // as the first row has it
}

// Organizations returns those that rows name, by name, without what only the site knows of them.
func (w *Wanted) Organizations(ctx context.Context) ([]*Group, error) {
	return query(ctx, &w.temp, func(g **Group) []any {
		*g = &Group{Kind: Organization}
		return []any{&(*g).Name, &(*g).Spelled, new(int)}
	}, "SELECT organization, spelled, min(row) FROM claims WHERE organization <> '' GROUP BY organization")
}

// SetGroups replaces the groups that accounts can be members of. Memberships that run has recorded count as added.
func (w *Wanted) SetGroups(ctx context.Context, run Run, groups []*Group) error {
	return w.exec(ctx, `DELETE FROM groups; INSERT INTO groups SELECT key, value ->> 'Kind', value ->> 'Name',
		value ->> 'ID', value ->> 'Why', value ->> 'Invalid', ?, ? FROM json_each(?)`,
		run.Seq, run.Source, jsonList(groups))
}

// Needed yields those of groups that somebody with an account asks for.
func (w *Wanted) Needed(ctx context.Context, groups []*Group) iter.Seq2[*Group, error] {
	return func(yield func(*Group, error) bool) {
		for _, g := range groups {
			needed, err := value[bool](ctx, &w.temp, "SELECT EXISTS (SELECT 1 FROM needed WHERE name = ?)", g.Name)
			if (needed || err != nil) && !yield(g, err) {
				return
			}
		}
	}
}

// Call is one request that adds members, by id, to the target.
type Call struct {
	Number       int // 1, 2, …
	Kind, Target string
	Members      []string
}

// Calls yields the calls for what is wanted and lacks, of most members at most; organizations join projects singly.
func (w *Wanted) Calls(ctx context.Context, most int) iter.Seq2[Call, error] {
	err := w.exec(ctx, `CREATE TEMP TABLE calls AS SELECT kind, target, json_group_array(member) AS members
		FROM (SELECT *, row_number() OVER (PARTITION BY kind, target ORDER BY member) - 1 AS place
			FROM (SELECT DISTINCT kind, target, member FROM wanted WHERE access = 'not_attempted' AND member <> ''
				AND (kind <> 'service_desk_organization' OR key IN (SELECT name FROM needed))))
		GROUP BY kind, target, place / iif(kind = 'service_desk_organization', 1, ?)`, most)
	if err != nil {
		return func(yield func(Call, error) bool) { yield(Call{}, err) }
	}
	into := func(c *Call) []any { return []any{&c.Number, &c.Kind, &c.Target, parsed{(*texts)(&c.Members)}} }
	return pages(ctx, &w.temp, into, 0, func(c Call) int { return c.Number },
		"SELECT rowid, * FROM calls WHERE rowid > ?1 ORDER BY rowid LIMIT ?2")
}

// Refuse keeps why the site has refused a call.
func (w *Wanted) Refuse(ctx context.Context, c Call, reason string) error {
	return w.exec(ctx, "INSERT OR REPLACE INTO refused SELECT ?, ?, value, ? FROM json_each(?)",
		c.Kind, c.Target, reason, jsonList(c.Members))
}

// AccessCounts counts memberships by what became of them.
type AccessCounts struct {
	Added  int `json:"added"`
	Known  int `json:"known"`
	Failed int `json:"failed"`
	Open   int `json:"not_attempted,omitempty"`
}

// GroupCounts counts the memberships of a service project, or of all organizations.
type GroupCounts struct {
	Kind, Name string
	AccessCounts
	Pending int    // of Open, those whose member has an account or will get one in this run
	Reason  string // of one that failed
}

// Counts counts what is wanted, each person once: in organizations, in projects, and organizations in projects.
func (w *Wanted) Counts(ctx context.Context) ([]GroupCounts, error) {
	return query(ctx, &w.temp, func(n *GroupCounts) []any {
		return []any{&n.Kind, &n.Name, &n.Added, &n.Known, &n.Failed, &n.Open, &n.Pending, &n.Reason}
	}, `SELECT kind, iif(kind = 'organization', '', name) AS project, sum(access = 'added'), sum(access = 'known'),
		sum(access = 'failed'), sum(access = 'not_attempted'), sum(access = 'not_attempted' AND coming),
		max(iif(access = 'failed', reason, '')) FROM (
			SELECT kind, name, access, reason, member <> '' OR max(no_account) = 0 AS coming
			FROM wanted GROUP BY number, kind, key)
		GROUP BY kind, project ORDER BY kind`)
}

// RecordRows records what became of the access of each row, and returns how many lack some for a reason of their own.
func (w *Wanted) RecordRows(ctx context.Context, run int64) (notGood int, err error) {
	last, err := value[int](ctx, &w.temp, "SELECT coalesce(max(row), 0) FROM claims")
	for from := 1; from <= last && err == nil; from += pageRows {
		var rows []RowAccess
		rows, err = query(ctx, &w.temp, rowAccessInto, `SELECT row, max(iif(kind = 'organization', access, '')),
			coalesce(group_concat(access, ';' ORDER BY number) FILTER (WHERE kind = 'service_desk'), ''),
			(SELECT coalesce(group_concat(value, '; '), '') FROM json_each(json_group_array(DISTINCT reason))
				WHERE value <> '') FROM wanted WHERE row BETWEEN ? AND ? GROUP BY row`, from, from+pageRows-1)
		if err == nil {
			err = w.temp.update(context.WithoutCancel(ctx), `INSERT OR REPLACE INTO row_access SELECT ?,
				value ->> 'Row', value ->> 'Organization', value ->> 'ServiceDesk', value ->> 'Reason'
				FROM json_each(?)`, run, jsonList(rows))
		}
	}
	if err != nil {
		return 0, err
	}
	return value[int](ctx, &w.temp, `SELECT count(*) FROM row_access WHERE run = ?
		AND (organization IN ('invalid', 'failed') OR service_desk LIKE '%failed%')`, run)
}

// Moved is an earlier membership of somebody whose row now asks for another organization.
type Moved struct {
	Row            int    `json:"row"` // as a spreadsheet numbers it
	AccountID      string `json:"account_id"`
	OrganizationID string `json:"organization_id"`
}

// Moved returns memberships older than run that no row asks for, of people who are added to another organization, and
// are in no other source, which may ask for them.
func (w *Wanted) Moved(ctx context.Context, run int64) ([]Moved, error) {
	return query(ctx, &w.temp, func(m *Moved) []any { return []any{&m.Row, &m.AccountID, &m.OrganizationID} },
		`SELECT min(w.sheet_row), w.member, x.target FROM wanted w
		CROSS JOIN access x ON x.kind = w.kind AND x.member = w.member AND x.run <> ?1
		WHERE w.kind = 'organization' AND w.access <> 'known' AND NOT EXISTS (SELECT 1 FROM claims c
			CROSS JOIN groups g ON g.kind = w.kind AND g.name = c.organization WHERE c.key = w.key AND g.id = x.target)
			AND NOT EXISTS (SELECT 1 FROM members m CROSS JOIN runs r ON r.seq = ?1
			WHERE m.key = w.key AND m.left_run IS NULL AND m.source <> r.source)
		GROUP BY w.member, x.target ORDER BY 1`, run)
}
