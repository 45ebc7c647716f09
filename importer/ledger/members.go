package ledger

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"
)

// memberPage is how many members are read, or staged, at a time.
const memberPage = 2000

// Member is somebody who is in a source.
type Member struct {
	Key, ExternalID string
	Aside           bool // only in a row that is not sent, or as a further address: there, but not because of us
}

// Arrive stages those of batch that are new in the source, are back, or have
// another external id; for all others it only reads. Who was seen without one
// keeps the external id from before: an export may lack the column for a night.
// Batches of some hundred.
func (l *Ledger) Arrive(ctx context.Context, run int64, source string, batch []Member) error {
	if l.write == nil {
		return errReadOnly
	}
	there, err := l.there(ctx, source, batch)
	if err != nil {
		return wrap(l.path, err)
	}
	var moves []any
	for _, m := range batch {
		if before, found := there[m.Key]; !found || m.changes(before) {
			moves = append(moves, source, m.Key, m.ExternalID, 0, flag(m.Aside))
		}
	}
	return l.stage(ctx, moves)
}

// changes tells whether m says more of somebody than what is known already.
func (m Member) changes(before Member) bool {
	return before.Aside && !m.Aside || m.ExternalID != "" && m.ExternalID != before.ExternalID
}

// there returns those in batch who are in the source, by key, as they are there.
func (l *Ledger) there(ctx context.Context, source string, batch []Member) (map[string]Member, error) {
	keys := make([]string, len(batch))
	for i, m := range batch {
		keys[i] = m.Key
	}
	rows, err := l.read.QueryContext(ctx, `SELECT m.key, m.external_id, m.aside FROM json_each(?) q
		CROSS JOIN members m ON m.source = ? AND m.key = q.value WHERE m.left_run IS NULL`, list(keys), source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	there := make(map[string]Member, len(batch))
	for rows.Next() {
		m, err := scanMember(rows)
		if err != nil {
			return nil, err
		}
		there[m.Key] = m
	}
	return there, rows.Err()
}

// stage writes moves: source, key, external id, gone, aside for each.
func (l *Ledger) stage(ctx context.Context, moves []any) error {
	if len(moves) == 0 {
		return nil
	}
	return l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		_, err := l.write.stmts.moves.exec(ctx, moves)
		return err
	})
}

// Leave goes through the source's members once and stages as gone those for
// whom contains is false; count is how many. It marks run as one that tells who
// is in the source, when it is complete. Nobody may both arrive and leave.
func (l *Ledger) Leave(ctx context.Context, run int64, source string, contains func(Member) bool) (count int, err error) {
	if l.write == nil {
		return 0, errReadOnly
	}
	var moves []any
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return count, err
		}
		if contains(m) {
			continue
		}
		count++
		if moves = append(moves, source, m.Key, m.ExternalID, 1, flag(m.Aside)); len(moves) < 5*memberPage {
			continue
		}
		if err := l.stage(ctx, moves); err != nil {
			return count, err
		}
		moves = moves[:0]
	}
	if err := l.stage(ctx, moves); err != nil {
		return count, err
	}
	return count, l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "UPDATE runs SET roster = 1 WHERE seq = ?", run)
		return err
	})
}

// Present returns the sources in which keys are, as of the last complete runs,
// by key; those who are in none are left out.
func (l *Ledger) Present(ctx context.Context, keys []string) (map[string]string, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT m.key, m.source FROM json_each(?) q
		CROSS JOIN members m ON m.key = q.value WHERE m.left_run IS NULL ORDER BY m.source`, list(keys))
	if err != nil {
		return nil, wrap(l.path, err)
	}
	defer rows.Close()
	sources := map[string]string{}
	for rows.Next() {
		var key, source string
		if err := rows.Scan(&key, &source); err != nil {
			return nil, wrap(l.path, err)
		}
		sources[key] = source
	}
	return sources, wrap(l.path, rows.Err())
}

// Members yields who is in the source, as of its last complete run, by key.
func (l *Ledger) Members(ctx context.Context, source string) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		after, more := "", true
		for more {
			page, err := l.members(ctx, source, after)
			if err != nil {
				yield(Member{}, wrap(l.path, err))
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			if more = len(page) == memberPage; more {
				after = page[len(page)-1].Key
			}
		}
	}
}

// members reads a page of who is in the source.
func (l *Ledger) members(ctx context.Context, source, after string) ([]Member, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT key, external_id, aside FROM members
		WHERE source = ? AND key > ? AND left_run IS NULL ORDER BY key LIMIT ?`, source, after, memberPage)
	if err != nil {
		return nil, err
	}
	return collect(rows, scanMember)
}

func scanMember(s scanner) (m Member, err error) {
	err = s.Scan(&m.Key, &m.ExternalID, &m.Aside)
	return m, err
}

// applyMoves makes the staged members of run's source the present ones.
func applyMoves(ctx context.Context, c *sql.Conn, run Run) error {
	var told bool
	if err := c.QueryRowContext(ctx, "SELECT roster FROM runs WHERE seq = ?", run.Seq).Scan(&told); err != nil || !told {
		return err
	}
	last, _, err := lastComplete(ctx, c, run.Source)
	if err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, `INSERT INTO members (source, key, external_id, first_run, left_run, last_seen, aside)
		SELECT source, key, external_id, ?, NULL, '', aside FROM moves WHERE source = ? AND gone = 0
		ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
			left_run = NULL, last_seen = '', aside = min(aside, excluded.aside)`, run.Seq, run.Source); err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, `UPDATE members SET left_run = ?, last_seen = ? WHERE source = ? AND left_run IS NULL
		AND key IN (SELECT key FROM moves WHERE source = ? AND gone = 1)`, run.Seq, text(last.FinishedAt), run.Source, run.Source); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "DELETE FROM moves")
	return err
}

// LastComplete returns the last complete run that told who is in the source.
func (l *Ledger) LastComplete(ctx context.Context, source string) (Run, bool, error) {
	run, found, err := lastComplete(ctx, l.read, source)
	return run, found, wrap(l.path, err)
}

func lastComplete(ctx context.Context, q querier, source string) (Run, bool, error) {
	run, err := scanRun(q.QueryRowContext(ctx, "SELECT "+runColumns+` FROM runs
		WHERE source = ? AND roster = 1 AND outcome = 'complete' ORDER BY completed DESC LIMIT 1`, source))
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, false, nil
	}
	return run, err == nil, err
}

// Leaver is somebody who was in the source and is no more.
type Leaver struct {
	Account            // the newest version: ours
	MemberID string    // the external id that they had in the source last; may be ""
	LastSeen time.Time // end of the last complete run of the source that had them
	NewKey   string    // who has their external id in the source now; "" when nobody has
}

// Leavers yields, by key, who has left the source, is in no other source, and
// whose account is ours and neither revoked nor gone, except by run itself. What
// run has staged counts; with run 0 only what complete runs have said.
func (l *Ledger) Leavers(ctx context.Context, run int64, source string) iter.Seq2[Leaver, error] {
	return func(yield func(Leaver, error) bool) {
		last, _, err := l.LastComplete(ctx, source)
		after := ""
		for err == nil {
			var page []Leaver
			if page, err = l.leavers(ctx, run, source, after, last.FinishedAt); err != nil {
				break
			}
			for _, one := range page {
				if one.RunID, err = l.runID(ctx, one.Run); err != nil {
					break
				}
				if !yield(one, nil) {
					return
				}
			}
			if len(page) < pageRows {
				break
			}
			after = page[len(page)-1].Key
		}
		if err != nil {
			yield(Leaver{}, wrap(l.path, err))
		}
	}
}

func (l *Ledger) leavers(ctx context.Context, run int64, source, after string, last time.Time) ([]Leaver, error) {
	rows, err := l.read.QueryContext(ctx, leaversQuery,
		sql.Named("source", source), sql.Named("after", after), sql.Named("run", run),
		sql.Named("last", text(last)), sql.Named("limit", pageRows))
	if err != nil {
		return nil, err
	}
	return collect(rows, func(s scanner) (Leaver, error) {
		var one Leaver
		var seen string
		v, err := scanVersion(s, &seen, &one.MemberID, &one.NewKey)
		if err != nil {
			return one, err
		}
		one.Account = v.Account
		one.LastSeen, err = moment(seen)
		return one, err
	})
}

// theirID is the external id that a leaver had in the source last, or when it
// was never known there, the one with which the account was made.
const theirID = "coalesce(nullif(who.external_id, ''), a.external_id)"

const leaversQuery = `
WITH gone AS (
  SELECT key, external_id, last_seen FROM members INDEXED BY members_left
  WHERE source = @source AND left_run IS NOT NULL AND key > @after AND aside = 0
    AND NOT (@run > 0 AND EXISTS (SELECT 1 FROM moves v WHERE v.source = @source AND v.key = members.key AND v.gone = 0))
  UNION ALL
  SELECT key, external_id, @last FROM moves
  WHERE @run > 0 AND source = @source AND gone = 1 AND key > @after AND aside = 0
)
SELECT who.last_seen, who.external_id,
  coalesce(
    (SELECT m.key FROM members m INDEXED BY members_external
      WHERE m.external_id <> '' AND m.source = @source AND m.external_id = ` + theirID + ` AND m.key <> who.key AND m.left_run IS NULL
      AND NOT (@run > 0 AND EXISTS (SELECT 1 FROM moves v WHERE v.source = @source AND v.key = m.key AND v.gone = 1)) LIMIT 1),
    (SELECT v.key FROM moves v INDEXED BY moves_external
      WHERE @run > 0 AND v.external_id <> '' AND v.source = @source AND v.external_id = ` + theirID + ` AND v.key <> who.key AND v.gone = 0 LIMIT 1),
    ''), ` + accountColumns + `
FROM gone who CROSS JOIN accounts a ON a.id = ` + newestOf + `
WHERE (` + ours + ` AND a.revoked_at = '' OR a.run = @run AND (` + ours + ` OR a.status = 'gone'))
  AND NOT EXISTS (SELECT 1 FROM members o WHERE o.key = who.key AND o.source <> @source AND o.left_run IS NULL)
ORDER BY who.key LIMIT @limit`
