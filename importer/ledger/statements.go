package ledger

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
)

// tupleSizes are how many rows one INSERT takes; a batch is made up of the
// largest that fit. Parameters are written "?": the driver looks each numbered
// one up by its name, in a time that grows with the square of their number.
// Where many pages are touched there is no DO UPDATE: it makes SQLite copy each
// page, to be able to take back that statement alone.
var tupleSizes = [...]int{64, 16, 4, 1}

// statements are prepared once, for the one connection that writes.
type statements struct {
	begin, commit *sql.Stmt
	attempts      inserts
	outcomes      inserts
	moves         inserts
	keepOpen      *sql.Stmt
	markLost      *sql.Stmt
	dropPending   *sql.Stmt
	dropSettled   *sql.Stmt
	supersede     *sql.Stmt
	create        *sql.Stmt
	complete      *sql.Stmt
	revoke        *sql.Stmt

	args []any
}

// inserts is one INSERT, prepared for each of tupleSizes.
type inserts struct {
	columns int
	sizes   [len(tupleSizes)]*sql.Stmt
}

const (
	attemptColumns = "run, revoke, row, line, key, email, name, external_id, at"
	outcomeColumns = "run, revoke, row, line, key, email, name, external_id, status, account_id, reason, " +
		"http_status, attempts, open, look_up, known, verified, ask_again"

	// The answer of an attempt that is there already is lost.
	onAttempt   = " ON CONFLICT DO UPDATE SET lost = 1, superseded_by = 0"
	moveColumns = "source, key, external_id, gone"
	onMove      = " ON CONFLICT DO UPDATE SET (external_id, gone) = (excluded.external_id, excluded.gone)"

	versionColumns = "key, run, row, email, name, external_id, account_id, status, verified, at, revoked_at"

	theseRows = " run = ? AND revoke = ? AND row IN (SELECT value FROM json_each(?))"

	keepOpen = "INSERT OR ROLLBACK INTO attempts (" + attemptColumns + `)
		SELECT run, revoke, row, line, key, email, name, external_id, ? FROM outcomes WHERE` + theseRows + onAttempt
	markLost    = "UPDATE OR ROLLBACK attempts SET lost = 1 WHERE" + theseRows
	dropPending = "DELETE FROM attempts WHERE lost = 0 AND" + theseRows
	dropSettled = "DELETE FROM attempts WHERE" + theseRows
	supersede   = `UPDATE OR ROLLBACK attempts SET superseded_by = ? WHERE lost = 1 AND superseded_by = 0 AND revoke = ? AND run <> ?
		AND key IN (SELECT value FROM json_each(?))`

	create = "INSERT OR IGNORE INTO accounts (" + versionColumns + `)
		SELECT key, run, row, email, name, external_id, account_id, status, verified, ?, '' FROM outcomes WHERE` + theseRows
	// A run that settles a row again completes the version that it has added.
	complete = `UPDATE OR ROLLBACK accounts SET (row, email, name, external_id, account_id, status, verified, at) =
		(o.row, o.email, o.name, o.external_id, o.account_id, o.status, o.verified, ?1) FROM outcomes o
		WHERE o.run = ?2 AND o.revoke = ?3 AND o.row IN (SELECT value FROM json_each(?4))
		AND accounts.key = o.key AND accounts.run = o.run`
	// A revocation keeps what the version before it says, and adds when.
	revoke = "INSERT OR ROLLBACK INTO accounts (" + versionColumns + `)
		SELECT o.key, o.run, o.row, coalesce(a.email, o.email), coalesce(a.name, o.name),
			coalesce(a.external_id, o.external_id), coalesce(nullif(a.account_id, ''), o.account_id),
			coalesce(a.status, ''), coalesce(a.verified, 0), ?1, ?1
		FROM outcomes o LEFT JOIN accounts a ON a.id = (SELECT max(id) FROM accounts WHERE key = o.key)
		WHERE o.key <> '' AND o.run = ?2 AND o.revoke = ?3 AND o.row IN (SELECT value FROM json_each(?4))
		ON CONFLICT (key, run) DO UPDATE SET (account_id, revoked_at) = (excluded.account_id, excluded.revoked_at)`
)

// close ends the statements: while there is one, SQLite keeps the file open.
func (s *statements) close() error {
	all := []*sql.Stmt{s.begin, s.commit, s.keepOpen, s.markLost, s.dropPending, s.dropSettled, s.supersede,
		s.create, s.complete, s.revoke}
	for _, in := range []inserts{s.attempts, s.outcomes, s.moves} {
		all = append(all, in.sizes[:]...)
	}
	var errs []error
	for _, st := range all {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}

func prepareStatements(ctx context.Context, c *sql.Conn) (*statements, error) {
	s := &statements{}
	for text, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &s.begin, "COMMIT": &s.commit,
		keepOpen: &s.keepOpen, markLost: &s.markLost, dropPending: &s.dropPending, dropSettled: &s.dropSettled,
		supersede: &s.supersede, create: &s.create, complete: &s.complete, revoke: &s.revoke,
	} {
		var err error
		if *into, err = c.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	var err error
	if s.attempts, err = prepareInserts(ctx, c, "INSERT OR ROLLBACK INTO attempts", attemptColumns, onAttempt); err != nil {
		return nil, err
	}
	if s.outcomes, err = prepareInserts(ctx, c, "INSERT OR REPLACE INTO outcomes", outcomeColumns, ""); err != nil {
		return nil, err
	}
	s.moves, err = prepareInserts(ctx, c, "INSERT OR ROLLBACK INTO moves", moveColumns, onMove)
	return s, err
}

func prepareInserts(ctx context.Context, c *sql.Conn, head, columns, tail string) (inserts, error) {
	in := inserts{columns: strings.Count(columns, ",") + 1}
	tuple := "(?" + strings.Repeat(",?", in.columns-1) + ")"
	for i, n := range tupleSizes {
		text := head + " (" + columns + ") VALUES " + tuple + strings.Repeat(","+tuple, n-1) + tail
		var err error
		if in.sizes[i], err = c.PrepareContext(ctx, text); err != nil {
			return in, err
		}
	}
	return in, nil
}

// exec inserts the tuples that stand one after the other in args.
func (in *inserts) exec(ctx context.Context, args []any) error {
	for i, n := range tupleSizes {
		for n *= in.columns; len(args) >= n; args = args[n:] {
			if _, err := in.sizes[i].ExecContext(ctx, args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a group in parts: of one run and kind, and with no row twice,
// so that within a part the order does not matter.
func (s *statements) write(ctx context.Context, group []entry) error {
	rows := make(map[int]struct{}, len(group))
	from := 0
	for i, e := range group {
		_, again := rows[e.outcome.Row]
		if first := group[from]; again || e.run != first.run || e.outcome.Revoke != first.outcome.Revoke {
			if err := s.part(ctx, group[from:i]); err != nil {
				return err
			}
			clear(rows)
			from = i
		}
		rows[e.outcome.Row] = struct{}{}
	}
	return s.part(ctx, group[from:])
}

func (s *statements) part(ctx context.Context, part []entry) error {
	now := time.Now().UTC().Format(timeLayout)
	if err := s.begins(ctx, part, now); err != nil {
		return err
	}
	if err := s.settles(ctx, part, now); err != nil {
		return err
	}
	_, err := s.onRows(ctx, s.dropPending, part, func(e *entry) bool { return e.action == withdraw })
	return err
}

func (s *statements) begins(ctx context.Context, part []entry, now string) error {
	args := s.args[:0]
	for i := range part {
		if e := &part[i]; e.action == begin {
			o := &e.outcome
			args = append(args, e.run, flag(o.Revoke), o.Row, o.Line, o.Key, unlessKey(o), o.Name, o.ExternalID, now)
		}
	}
	s.args = args
	return s.attempts.exec(ctx, args)
}

func (s *statements) settles(ctx context.Context, part []entry, now string) error {
	args := s.args[:0]
	for i := range part {
		if e := &part[i]; e.action == settle {
			o := &e.outcome
			args = append(args, e.run, flag(o.Revoke), o.Row, o.Line, o.Key, unlessKey(o), o.Name, o.ExternalID,
				o.Status, o.AccountID, o.Reason, o.HTTPStatus, o.Attempts,
				flag(o.Open), flag(o.LookUp), flag(o.Known), flag(o.Verified), flag(o.AskAgain))
		}
	}
	s.args = args
	if err := s.outcomes.exec(ctx, args); err != nil {
		return err
	}
	isOpen := func(e *entry) bool { return e.action == settle && e.outcome.Open }
	refused := func(e *entry) bool { return e.action == settle && !e.outcome.Open && !e.outcome.Known }
	if _, err := s.onRows(ctx, s.keepOpen, part, isOpen, now); err != nil {
		return err
	}
	if _, err := s.onRows(ctx, s.markLost, part, isOpen); err != nil {
		return err
	}
	if _, err := s.onRows(ctx, s.dropPending, part, refused); err != nil {
		return err
	}
	return s.known(ctx, part, now)
}

// known adds versions of accounts and takes back the attempts that they answer.
func (s *statements) known(ctx context.Context, part []entry, now string) error {
	known := func(e *entry) bool { return e.action == settle && e.outcome.Known }
	if err := s.versions(ctx, part, known, now); err != nil {
		return err
	}
	settled := func(e *entry) bool { return known(e) && !e.outcome.Open }
	if _, err := s.onRows(ctx, s.dropSettled, part, settled); err != nil {
		return err
	}
	var keys []string
	for i := range part {
		if settled(&part[i]) {
			keys = append(keys, part[i].outcome.Key)
		}
	}
	if keys == nil {
		return nil
	}
	run, kind := part[0].run, flag(part[0].outcome.Revoke)
	_, err := s.supersede.ExecContext(ctx, run, kind, run, list(keys))
	return err
}

func (s *statements) versions(ctx context.Context, part []entry, known func(*entry) bool, now string) error {
	if part[0].outcome.Revoke {
		_, err := s.onRows(ctx, s.revoke, part, known, now)
		return err
	}
	added, err := s.onRows(ctx, s.create, part, known, now)
	if err != nil || added == count(part, known) {
		return err
	}
	_, err = s.onRows(ctx, s.complete, part, known, now)
	return err
}

func count(part []entry, chosen func(*entry) bool) (n int) {
	for i := range part {
		n += flag(chosen(&part[i]))
	}
	return n
}

// onRows runs st with args, run, kind and the rows of those entries that are
// chosen, and returns how many rows it changed.
func (s *statements) onRows(ctx context.Context, st *sql.Stmt, part []entry, chosen func(*entry) bool, args ...any) (int, error) {
	rows := []byte{'['}
	for i := range part {
		if chosen(&part[i]) {
			rows = append(strconv.AppendInt(rows, int64(part[i].outcome.Row), 10), ',')
		}
	}
	if len(rows) == 1 {
		return 0, nil
	}
	rows[len(rows)-1] = ']'
	result, err := st.ExecContext(ctx, append(args, part[0].run, flag(part[0].outcome.Revoke), string(rows))...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unlessKey leaves out an address that is the key itself.
func unlessKey(o *Outcome) string {
	if o.Email == o.Key {
		return ""
	}
	return o.Email
}
