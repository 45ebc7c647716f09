package ledger

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"time"
)

// Member is somebody who is in a source.
type Member struct {
	Key, ExternalID string
	Aside           bool // only in a row that is not sent, or as a further address: not onboarded because of the source
	Missing         bool // in no row of the last complete run that could be read, and perhaps there: not gone
	Gone            bool // in no row, and not missing: staged to leave the source
}

// StageMembers stages, until the run is complete, those of batch who are new in the source, are back, missing or gone,
// or have another external id. A member without an external id keeps the earlier one: an export may lack the column for
// once. One without a key is nobody. Of two with the same key, the one that is not aside counts.
func (l *Ledger) StageMembers(ctx context.Context, source string, batch []Member) error {
	return l.update(ctx, `INSERT INTO moves (source, key, external_id, gone, aside) SELECT ?1, q.value ->> 'Key',
			q.value ->> 'ExternalID', (q.value ->> 'Gone') + 2 * (q.value ->> 'Missing'), q.value ->> 'Aside'
		FROM json_each(?2) q WHERE q.value ->> 'Key' <> '' AND NOT EXISTS (SELECT 1 FROM members m
			WHERE m.source = ?1 AND m.key = q.value ->> 'Key' AND m.left_run IS NULL AND NOT q.value ->> 'Gone'
			AND (m.last_seen <> '') = q.value ->> 'Missing' AND m.aside <= q.value ->> 'Aside'
			AND q.value ->> 'ExternalID' IN ('', m.external_id))
		ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
			gone = excluded.gone, aside = min(aside, excluded.aside)`, source, jsonList(batch))
}

// Members yields who is in the source, as of its last complete run, by key.
func (l *Ledger) Members(ctx context.Context, source string) iter.Seq2[Member, error] {
	into := func(m *Member) []any { return []any{&m.Key, &m.ExternalID, &m.Aside, &m.Missing} }
	return pages(ctx, l, into, "", func(m Member) string { return m.Key }, `SELECT key, external_id, aside,
		last_seen <> '' FROM members WHERE source = ?3 AND key > ?1 AND left_run IS NULL ORDER BY key LIMIT ?2`, source)
}

// SourceState returns the id of the last complete run that said who is in the source, and the name of a source that has
// key as a member, preferably another one; this one only if it is not missing there. "": there is none.
func (l *Ledger) SourceState(ctx context.Context, source, key string) (latest, in string, err error) {
	_, err = first(ctx, l, func(*struct{}) []any { return []any{&latest, &in} },
		"SELECT coalesce((SELECT id "+lastComplete+`), ''), coalesce((SELECT source FROM members WHERE key = ?2 AND
		left_run IS NULL AND (source <> ?1 OR last_seen = '') ORDER BY source = ?1, source LIMIT 1), '')`, source, key)
	return latest, in, err
}

// EarlierRun returns the id of a complete run of the source with this input, if the last one had another; "": none.
func (l *Ledger) EarlierRun(ctx context.Context, source, inputSHA256 string) (string, error) {
	return value[string](ctx, l, `SELECT id FROM runs WHERE source = ?1 AND roster = 1 AND outcome = 'complete'
		AND input_sha256 = ?2 AND ?2 <> (SELECT input_sha256`+lastComplete+`) ORDER BY completed DESC LIMIT 1`,
		source, inputSHA256)
}

// applyMoves makes the staged members of run's source the present ones.
func (w *writer) applyMoves(run Run) {
	w.exec(`INSERT INTO members (source, key, external_id, first_run, left_run, last_seen, aside)
		SELECT source, key, external_id, ?2, NULL, '', aside FROM moves WHERE source = ?1 AND gone = 0
		ON CONFLICT DO UPDATE SET external_id = coalesce(nullif(excluded.external_id, ''), external_id),
			left_run = NULL, last_seen = '', aside = min(aside, excluded.aside)`, run.Source, run.Seq)
	w.exec(`UPDATE members SET last_seen = coalesce(nullif(last_seen, ''), (SELECT finished_at`+lastComplete+`), ''),
		left_run = iif(m.gone = 1, ?2, NULL) FROM moves m
		WHERE m.source = ?1 AND m.gone > 0 AND members.source = ?1 AND members.key = m.key AND left_run IS NULL`,
		run.Source, run.Seq)
	w.exec("DELETE FROM moves")
}

// Leaver is somebody who was in the source and no longer is.
type Leaver struct {
	Account
	MemberID    string    // the last external id in the source; may be ""
	KnownID     string    // MemberID, or else the external id of the account, unless that is from another source
	LastSeen    time.Time // end of the last complete run of the source that had them
	NewKey      string    // the member of the source who has their external id now; "": nobody
	Stays       bool      // in another source, or was aside in this one: no leaver
	SameAccount string    // another key with the account's id; "": none
}

//go:embed leavers.sql
var leaversQuery string

// Leavers returns, ordered by key, who has left the source: those who had left it before and are in no other, even if
// they are back now, and those whose keys are in gone. Their accounts are neither gone nor revoked, except by a killed
// revocation of the source after the last one that ended. Unknown: there may be an account, its answer was lost.
func (l *Ledger) Leavers(ctx context.Context, source string, gone []string) ([]Leaver, error) {
	return query(ctx, l, func(w *Leaver) []any {
		return append(accountInto(&w.Account), parsed{&w.LastSeen}, &w.MemberID, &w.KnownID, &w.Stays, &w.NewKey,
			&w.SameAccount)
	}, fmt.Sprintf(leaversQuery, accountColumns, lastComplete), source, jsonList(gone))
}
