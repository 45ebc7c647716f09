package ledger

import (
	"context"
	"database/sql"
	_ "embed"
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

// stageMembers keeps who comes into the source, or is gone from it, until the run is complete. Of two of the
// same key the one that is not aside counts, and the external id that is not empty.
const stageMembers = `INSERT INTO moves (source, key, external_id, gone, aside)
	SELECT ?1, q.value ->> 'Key', q.value ->> 'ExternalID', ?2, q.value ->> 'Aside' FROM json_each(?3) q
	WHERE ?2 OR NOT EXISTS (SELECT 1 FROM members m WHERE m.source = ?1 AND m.key = q.value ->> 'Key'
		AND m.left_run IS NULL AND m.aside <= q.value ->> 'Aside' AND q.value ->> 'ExternalID' IN ('', m.external_id))
	ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
		gone = excluded.gone, aside = min(aside, excluded.aside)`

// Arrive stages those of batch who are new in the source, are back, or have another external id. Who was
// seen without an external id keeps the one from before: an export may lack the column for a night.
// Batches of some hundred.
func (l *Ledger) Arrive(ctx context.Context, run int64, source string, batch []Member) error {
	return l.update(ctx, stageMembers, source, false, list(batch))
}

// Leave goes through the source's members once and stages as gone those for whom contains is false. It
// returns how many they are, and marks run as one that says who is in the source, once it is complete.
func (l *Ledger) Leave(ctx context.Context, run int64, source string, contains func(Member) bool) (int, error) {
	var gone []Member
	for m, err := range l.Members(ctx, source) {
		if err != nil {
			return 0, err
		}
		if !contains(m) {
			gone = append(gone, m)
		}
	}
	return len(gone), l.change(ctx, func(w *writer) error {
		if err := w.exec(stageMembers, source, true, list(gone)); err != nil {
			return err
		}
		return w.exec("UPDATE runs SET roster = 1 WHERE seq = ?", run)
	})
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
	return pairs(ctx, l, `SELECT m.key, m.source FROM json_each(?) q CROSS JOIN members m ON m.key = q.value
		WHERE m.left_run IS NULL ORDER BY m.source`, keys)
}

// applyMoves makes the staged members of run's source the present ones.
func (w *writer) applyMoves(run Run) error {
	var roster bool
	if err := w.row("SELECT roster FROM runs WHERE seq = ?", run.Seq).Scan(&roster); err != nil || !roster {
		return err
	}
	last, _, err := findRun(w.row(lastComplete, run.Source))
	if err != nil {
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
		AND key IN (SELECT key FROM moves WHERE source = ?3 AND gone = 1)`,
		run.Seq, moment(last.FinishedAt), run.Source)
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

//go:embed leavers.sql
var leaversQuery string

// Leavers yields, by key, who has left the source, is in no other, and has an account that is neither
// revoked nor gone, except by run itself. What run has staged counts; with run 0 only what complete runs
// have said.
func (l *Ledger) Leavers(ctx context.Context, run int64, source string) iter.Seq2[Leaver, error] {
	last, _, failed := l.LastComplete(ctx, source)
	page := func(after string) ([]Leaver, error) {
		if failed != nil {
			return nil, failed
		}
		all, err := query(ctx, l, scanLeaver, leaversQuery, sql.Named("source", source), sql.Named("after", after),
			sql.Named("run", run), sql.Named("last", moment(last.FinishedAt)), sql.Named("limit", pageRows))
		if err != nil {
			return nil, err
		}
		keys := make([]string, len(all))
		for i, one := range all {
			keys[i] = one.Key
		}
		accounts, err := l.Accounts(ctx, keys)
		for i, one := range all {
			all[i].Account = accounts[one.Key]
		}
		return all, err
	}
	return paged("", page, func(one Leaver) string { return one.Key })
}

func scanLeaver(s scanner) (one Leaver, err error) {
	err = s.Scan(&one.Key, timeColumn{&one.LastSeen}, &one.MemberID, &one.NewKey)
	return one, err
}
