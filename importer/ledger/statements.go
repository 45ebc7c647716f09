package ledger

import (
	"context"
	"database/sql"
	"errors"
	"slices"
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

	outcomes, accounts, moves inserts

	record, strike, closeRecords  *sql.Stmt
	lose, keepOpen, renew, forget *sql.Stmt
	supersede                     *sql.Stmt
	revoke, restore, lostSight    *sql.Stmt
	enter, entered                *sql.Stmt

	journal journal
	anyLost bool // there may be something in the table lost
	args    []any
	settled []*Outcome

	fresh      []keyVersion // added by the transaction, and not entered in account_keys
	allEntered bool         // the transaction has entered all before them
}

// inserts is one INSERT, prepared for each of tupleSizes.
type inserts struct {
	columns int
	sizes   [len(tupleSizes)]*sql.Stmt
}

const (
	outcomeColumns = "run, revoke, row, line, key, email, name, external_id, status, account_id, reason, " +
		"http_status, attempts, open, look_up, known, verified, ask_again"
	versionColumns = "key, run, row, email, name, external_id, account_id, status, verified, at, revoked_at"
	moveColumns    = "source, key, external_id, gone, aside"
	onMove         = ` ON CONFLICT DO UPDATE SET (external_id, gone, aside) = (excluded.external_id, excluded.gone, excluded.aside)
		WHERE excluded.aside = 0 OR moves.gone = 1`

	theseRows = " run = ? AND revoke = ? AND row IN (SELECT value FROM json_each(?))"

	keepOpen = "INSERT OR ROLLBACK INTO lost (" + attemptColumns + `)
		SELECT run, revoke, row, line, key, email, name, external_id, ? FROM outcomes WHERE` + theseRows + onLost
	forget    = "DELETE FROM lost WHERE" + theseRows
	supersede = `UPDATE OR ROLLBACK lost SET superseded_by = ? WHERE superseded_by = 0 AND revoke = ? AND run <> ?
		AND key IN (SELECT value FROM json_each(?))`

	enter   = "INSERT OR IGNORE INTO account_keys SELECT key, id FROM unentered ORDER BY key"
	entered = `UPDATE OR ROLLBACK meta SET value = (SELECT max(id) FROM accounts)
		WHERE name = 'accounts_entered' AND CAST(value AS INTEGER) < (SELECT max(id) FROM accounts)`
)

// close ends the statements: while there is one, SQLite keeps the file open.
func (s *statements) close() error {
	all := []*sql.Stmt{s.begin, s.commit, s.record, s.strike, s.closeRecords, s.lose, s.keepOpen, s.renew, s.forget,
		s.supersede, s.revoke, s.restore, s.lostSight, s.enter, s.entered}
	for _, in := range []inserts{s.outcomes, s.accounts, s.moves} {
		all = append(all, in.sizes[:]...)
	}
	var errs []error
	for _, st := range all {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}

func prepareStatements(ctx context.Context, c *sql.Conn) (*statements, error) {
	s := &statements{journal: newJournal()}
	for text, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &s.begin, "COMMIT": &s.commit,
		record: &s.record, strike: &s.strike, closeRecords: &s.closeRecords,
		lose: &s.lose, keepOpen: &s.keepOpen, renew: &s.renew, forget: &s.forget,
		supersede: &s.supersede, revoke: &s.revoke, restore: &s.restore, lostSight: &s.lostSight, enter: &s.enter, entered: &s.entered,
	} {
		var err error
		if *into, err = c.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	var err error
	if s.outcomes, err = prepareInserts(ctx, c, "INSERT OR REPLACE INTO outcomes", outcomeColumns, ""); err != nil {
		return nil, err
	}
	if s.accounts, err = prepareInserts(ctx, c, "INSERT OR ROLLBACK INTO accounts", versionColumns, ""); err != nil {
		return nil, err
	}
	if s.moves, err = prepareInserts(ctx, c, "INSERT OR ROLLBACK INTO moves", moveColumns, onMove); err != nil {
		return nil, err
	}
	return s, c.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM lost)").Scan(&s.anyLost)
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

// exec inserts the tuples that stand one after the other in args, and returns
// the id of the last one.
func (in *inserts) exec(ctx context.Context, args []any) (last int64, err error) {
	for i, n := range tupleSizes {
		for n *= in.columns; len(args) >= n; args = args[n:] {
			result, err := in.sizes[i].ExecContext(ctx, args[:n]...)
			if err != nil {
				return 0, err
			}
			if last, err = result.LastInsertId(); err != nil {
				return 0, err
			}
		}
	}
	return last, nil
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
	return s.leave(ctx, part, func(e *entry) bool { return e.action != begin })
}

func (s *statements) settles(ctx context.Context, part []entry, now string) error {
	args := s.args[:0]
	for _, o := range s.inOrder(part) {
		args = append(args, part[0].run, flag(o.Revoke), o.Row, o.Line, o.Key, unlessKey(o), o.Name, o.ExternalID,
			o.Status, o.AccountID, o.Reason, o.HTTPStatus, o.Attempts,
			flag(o.Open), flag(o.LookUp), flag(o.Known), flag(o.Verified), flag(o.AskAgain))
	}
	s.args = args
	if _, err := s.outcomes.exec(ctx, args); err != nil {
		return err
	}
	open, err := s.onRows(ctx, s.keepOpen, part, func(e *entry) bool { return e.action == settle && e.outcome.Open }, now)
	if err != nil {
		return err
	}
	s.anyLost = s.anyLost || open > 0
	if err := s.versions(ctx, part, now); err != nil || !s.anyLost {
		return err
	}
	return s.answered(ctx, part)
}

// inOrder are the outcomes of part, by row: so they stand in the table, and
// few of its pages change.
func (s *statements) inOrder(part []entry) []*Outcome {
	s.settled = s.settled[:0]
	for i := range part {
		if e := &part[i]; e.action == settle {
			s.settled = append(s.settled, &e.outcome)
		}
	}
	slices.SortFunc(s.settled, func(a, b *Outcome) int { return a.Row - b.Row })
	return s.settled
}

func isKnown(e *entry) bool { return e.action == settle && e.outcome.Known }

// enterKeys enters the newest accounts in account_keys.
func (s *statements) enterKeys(ctx context.Context) error {
	if _, err := s.enter.ExecContext(ctx); err != nil {
		return err
	}
	_, err := s.entered.ExecContext(ctx)
	s.fresh, s.allEntered = s.fresh[:0], true
	return err
}

// answered takes back the lost attempts that part answers.
func (s *statements) answered(ctx context.Context, part []entry) error {
	settled := func(e *entry) bool { return isKnown(e) && !e.outcome.Open }
	if _, err := s.onRows(ctx, s.forget, part, settled); err != nil {
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
