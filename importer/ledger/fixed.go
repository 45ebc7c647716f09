package ledger

import "context"

// Fixed is a row that goes into a failed file, or one of such a file that was imported with success. It stands for the
// row that it came from.
type Fixed struct {
	From string // its place in the failed file that it came from
	Mark string // how the importer identifies it, when nothing is known of that place; "": not at all
	At   string // its place in the failed file that it goes into, or
	Key  string // the address that it was onboarded with
}

// KeepFixed keeps rows, in place of what was kept of them.
func (l *Ledger) KeepFixed(ctx context.Context, run int64, rows []Fixed) error {
	return l.update(ctx, `INSERT OR REPLACE INTO fixed
		SELECT coalesce(nullif(at, ''), original), iif(at = '', key, original), ?
		FROM (SELECT q.value ->> 'At' AS at, q.value ->> 'Key' AS key, coalesce(
			(SELECT key FROM fixed WHERE original = q.value ->> 'From'), q.value ->> 'Mark') AS original
			FROM json_each(?) q) WHERE original <> ''`, run, list(rows))
}
