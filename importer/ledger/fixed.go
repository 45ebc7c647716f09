package ledger

import "context"

// Fixed links a row of an export to its copy in a failed file, or to the address with which that was onboarded.
type Fixed struct {
	From        string // place of the row in the failed file that it came from
	Fingerprint string // identifies the original row, if nothing is known of From; "": nothing does
	At          string // place of the row in the failed file that it goes into
	Key         string // the address that it was onboarded with
}

// KeepFixed stores rows, in place of what was stored for the same ones.
func (l *Ledger) KeepFixed(ctx context.Context, run int64, rows []Fixed) error {
	return l.update(ctx, `INSERT OR REPLACE INTO fixed
		SELECT coalesce(nullif(at, ''), original), iif(at = '', key, original), ?
		FROM (SELECT q.value ->> 'At' AS at, q.value ->> 'Key' AS key, coalesce(
			(SELECT key FROM fixed WHERE original = q.value ->> 'From'), q.value ->> 'Fingerprint') AS original
			FROM json_each(?) q) WHERE original <> ''`, run, jsonList(rows))
}
