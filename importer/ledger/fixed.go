package ledger

import "context"

// Fixed is a row of a failed file: where it came from, or what it was onboarded with.
type Fixed struct {
	Original string // how the importer identifies the row
	Key      string
}

// KeepFixed keeps rows, in place of what was kept of them.
func (l *Ledger) KeepFixed(ctx context.Context, run int64, rows []Fixed) error {
	return l.update(ctx, `INSERT OR REPLACE INTO fixed
		SELECT value ->> 'Original', value ->> 'Key', ? FROM json_each(?)`, run, list(rows))
}

// Fixed returns the keys of rows that were kept, by what identifies them.
func (l *Ledger) Fixed(ctx context.Context, originals []string) (map[string]string, error) {
	keys := map[string]string{}
	_, err := query(ctx, l, func(s scanner) (original string, err error) {
		var key string
		err = s.Scan(&original, &key)
		keys[original] = key
		return original, err
	}, "SELECT f.original, f.key FROM json_each(?) q CROSS JOIN fixed f ON f.original = q.value", list(originals))
	return keys, err
}
