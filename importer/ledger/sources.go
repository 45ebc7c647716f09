package ledger

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"
)

// Member is somebody who is in a source.
type Member struct {
	Key, ExternalID string
	Aside           bool // only in a row that is not sent, or as a further address: there, but not because of us
}

func scanMember(s scanner) (m Member, err error) {
	err = s.Scan(&m.Key, &m.ExternalID, &m.Aside)
	return m, err
}

// adds reports whether m says more of somebody than what is known already.
func (m Member) adds(before Member) bool {
	return before.Aside && !m.Aside || m.ExternalID != "" && m.ExternalID != before.ExternalID
}

// Arrive stages those of batch who are new in the source, are back, or have another external id; for all
// others it only reads. Who was seen without an external id keeps the one from before: an export may lack
// the column for a night. Batches of some hundred.
func (l *Ledger) Arrive(ctx context.Context, run int64, source string, batch []Member) error {
	keys := make([]string, len(batch))
	for i, m := range batch {
		keys[i] = m.Key
	}
	there, err := query(ctx, l, scanMember, `SELECT m.key, m.external_id, m.aside FROM json_each(?) q
		CROSS JOIN members m ON m.source = ? AND m.key = q.value WHERE m.left_run IS NULL`, list(keys), source)
	if err != nil {
		return err
	}
	before := make(map[string]Member, len(there))
	for _, m := range there {
		before[m.Key] = m
	}
	var moves []Member
	for _, m := range batch {
		if old, found := before[m.Key]; !found || m.adds(old) {
			moves = append(moves, m)
		}
	}
	return l.stage(ctx, source, false, moves)
}

// stage keeps who comes into the source, or is gone from it, until the run is complete. Of two of the same
// key, both staged as there, the one that is not aside counts, and the external id that is not empty.
func (l *Ledger) stage(ctx context.Context, source string, gone bool, moves []Member) error {
	if l.write != nil && len(moves) == 0 {
		return nil
	}
	return l.transaction(ctx, func(w *writer) error {
		for _, m := range moves {
			err := w.exec(`INSERT INTO moves (source, key, external_id, gone, aside) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
					gone = excluded.gone, aside = min(aside, excluded.aside)`, source, m.Key, m.ExternalID, gone, m.Aside)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Leave goes through the source's members once and stages as gone those for whom contains is false; count
// is how many. It marks run as one that says who is in the source, once it is complete.
func (l *Ledger) Leave(ctx context.Context, run int64, source string, contains func(Member) bool) (count int, err error) {
	var moves []Member
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return count, err
		}
		if contains(m) {
			continue
		}
		count++
		if moves = append(moves, m); len(moves) < pageRows {
			continue
		}
		if err := l.stage(ctx, source, true, moves); err != nil {
			return count, err
		}
		moves = moves[:0]
	}
	if err := l.stage(ctx, source, true, moves); err != nil {
		return count, err
	}
	return count, l.update(ctx, "UPDATE runs SET roster = 1 WHERE seq = ?", run)
}

// Members yields who is in the source, as of its last complete run, by key.
func (l *Ledger) Members(ctx context.Context, source string) iter.Seq2[Member, error] {
	page := func(after string) ([]Member, error) {
		return query(ctx, l, scanMember, `SELECT key, external_id, aside FROM members
			WHERE source = ? AND key > ? AND left_run IS NULL ORDER BY key LIMIT ?`, source, after, pageRows)
	}
	return paged("", page, func(m Member) string { return m.Key })
}

// Present returns the source in which each of keys is, as of the last complete runs; those who are in none
// are left out.
func (l *Ledger) Present(ctx context.Context, keys []string) (map[string]string, error) {
	type pair struct{ key, source string }
	all, err := query(ctx, l, func(s scanner) (p pair, err error) {
		err = s.Scan(&p.key, &p.source)
		return p, err
	}, `SELECT m.key, m.source FROM json_each(?) q CROSS JOIN members m ON m.key = q.value
		WHERE m.left_run IS NULL ORDER BY m.source`, list(keys))
	sources := make(map[string]string, len(all))
	for _, p := range all {
		sources[p.key] = p.source
	}
	return sources, err
}

// applyMoves makes the staged members of run's source the present ones.
func (w *writer) applyMoves(run Run) error {
	var roster bool
	if err := w.row("SELECT roster FROM runs WHERE seq = ?", run.Seq).Scan(&roster); err != nil || !roster {
		return err
	}
	last, err := scanRun(w.row(lastComplete, run.Source))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = w.exec(`INSERT INTO members (source, key, external_id, first_run, left_run, last_seen, aside)
		SELECT source, key, external_id, ?, NULL, '', aside FROM moves WHERE source = ? AND gone = 0
		ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
			left_run = NULL, last_seen = '', aside = min(aside, excluded.aside)`, run.Seq, run.Source)
	if err != nil {
		return err
	}
	err = w.exec(`UPDATE members SET left_run = ?1, last_seen = ?2 WHERE source = ?3 AND left_run IS NULL
		AND key IN (SELECT key FROM moves WHERE source = ?3 AND gone = 1)`, run.Seq, moment(last.FinishedAt), run.Source)
	if err != nil {
		return err
	}
	return w.exec("DELETE FROM moves")
}

// Leaver is somebody who was in the source and is no more.
type Leaver struct {
	Account
	MemberID string    // the external id that they had in the source last; may be ""
	LastSeen time.Time // end of the last complete run of the source that had them
	NewKey   string    // who has their external id in the source now; "" when nobody has
}

// Leavers yields, by key, who has left the source, is in no other, and has an account that is neither
// revoked nor gone, except by run itself. What run has staged counts; with run 0 only what complete runs
// have said.
func (l *Ledger) Leavers(ctx context.Context, run int64, source string) iter.Seq2[Leaver, error] {
	last, _, failed := l.LastComplete(ctx, source)
	page := func(after string) ([]Leaver, error) {
		if failed != nil {
			return nil, failed
		}
		return query(ctx, l, scanLeaver, leaversQuery, sql.Named("source", source), sql.Named("after", after),
			sql.Named("run", run), sql.Named("last", moment(last.FinishedAt)), sql.Named("limit", pageRows))
	}
	return paged("", page, func(one Leaver) string { return one.Key })
}

func scanLeaver(s scanner) (one Leaver, err error) {
	err = s.Scan(append([]any{timeColumn{&one.LastSeen}, &one.MemberID, &one.NewKey}, one.into()...)...)
	one.Email = orKey(one.Email, one.Key)
	return one, err
}

// theirID is the external id that a leaver had in the source last, or when it was never known there, the
// one with which the account was made.
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
      WHERE m.external_id <> '' AND m.source = @source AND m.external_id = ` + theirID + `
      AND m.key <> who.key AND m.left_run IS NULL AND NOT (@run > 0 AND EXISTS
        (SELECT 1 FROM moves v WHERE v.source = @source AND v.key = m.key AND v.gone = 1)) LIMIT 1),
    (SELECT v.key FROM moves v INDEXED BY moves_external
      WHERE @run > 0 AND v.external_id <> '' AND v.source = @source AND v.external_id = ` + theirID + `
      AND v.key <> who.key AND v.gone = 0 LIMIT 1),
    ''), ` + accountColumns + `
FROM gone who CROSS JOIN accounts a ON a.key = who.key
WHERE (a.revoked_at = '' AND a.gone_run = 0 OR @run > 0 AND @run IN (a.revoked_run, a.gone_run))
  AND NOT EXISTS (SELECT 1 FROM members o WHERE o.key = who.key AND o.source <> @source AND o.left_run IS NULL)
ORDER BY who.key LIMIT @limit`
