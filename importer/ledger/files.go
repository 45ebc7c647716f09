package ledger

import "context"

// Remember keeps the checksum of a file that this program has written, or is about to, by its absolute
// path, so that one that somebody has edited since can be told apart.
func (l *Ledger) Remember(ctx context.Context, path, sha256 string) error {
	return l.update(ctx, "INSERT OR IGNORE INTO files VALUES (?, ?)", path, sha256)
}

// Wrote reports whether a file with this checksum was written to path by this program, as far as Remember
// knows.
func (l *Ledger) Wrote(path, sha256 string) bool {
	var wrote bool
	const known = "SELECT EXISTS (SELECT 1 FROM files WHERE path = ? AND sha256 = ?)"
	err := l.read.QueryRow(known, path, sha256).Scan(&wrote)
	return err == nil && wrote
}

// Fixed is a row of a failed file: where it came from, or what it was onboarded with.
type Fixed struct {
	Original string // how the importer identifies the row
	Key      string
}

// KeepFixed keeps rows, in place of what was kept of them.
func (l *Ledger) KeepFixed(ctx context.Context, run int64, rows []Fixed) error {
	return l.update(
		ctx,
		"INSERT OR REPLACE INTO fixed SELECT value ->> 'Original', value ->> 'Key', ? FROM json_each(?)",
		run,
		list(rows),
	)
}

// Fixed returns the keys of rows that were kept, by what identifies them.
func (l *Ledger) Fixed(ctx context.Context, originals []string) (map[string]string, error) {
	return pairs(ctx, l, `SELECT f.original, f.key FROM json_each(?) q
		CROSS JOIN fixed f ON f.original = q.value`, originals)
}
