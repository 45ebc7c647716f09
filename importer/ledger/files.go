package ledger

import "context"

// keptSums is how many checksums are kept for a path: that of the file that is about to get its name
// there, and those of files that may still stand there when the process dies before.
const keptSums = 3

// Remember keeps the checksum of a file that this program has written, or is about to, by its absolute
// path, so that one that somebody has edited since can be told apart.
func (l *Ledger) Remember(ctx context.Context, path, sha256 string) error {
	return l.transaction(ctx, func(w *writer) error {
		if err := w.exec("INSERT OR REPLACE INTO files (path, sha256) VALUES (?, ?)", path, sha256); err != nil {
			return err
		}
		return w.exec(`DELETE FROM files WHERE path = ?1 AND id NOT IN
			(SELECT id FROM files WHERE path = ?1 ORDER BY id DESC LIMIT ?2)`, path, keptSums)
	})
}

// Wrote reports whether a file with this checksum was written to path by this program, as far as Remember
// knows.
func (l *Ledger) Wrote(path, sha256 string) bool {
	var wrote bool
	err := l.read.QueryRow("SELECT EXISTS (SELECT 1 FROM files WHERE path = ? AND sha256 = ?)", path, sha256).Scan(&wrote)
	return err == nil && wrote
}

// Fixed is a row of a failed file that was imported with success.
type Fixed struct {
	Original string // identifies the row of the original file
	Key      string // the address it was onboarded with
}

// KeepFixed keeps rows that were fixed.
func (l *Ledger) KeepFixed(ctx context.Context, run int64, rows []Fixed) error {
	return l.transaction(ctx, func(w *writer) error {
		for _, f := range rows {
			if err := w.exec("INSERT OR REPLACE INTO fixed (original, key, run) VALUES (?, ?, ?)", f.Original, f.Key, run); err != nil {
				return err
			}
		}
		return nil
	})
}

// Fixed returns the keys of the rows that were fixed, by what identifies them; others are left out.
func (l *Ledger) Fixed(ctx context.Context, originals []string) (map[string]string, error) {
	all, err := query(ctx, l, func(s scanner) (f Fixed, err error) {
		err = s.Scan(&f.Original, &f.Key)
		return f, err
	}, "SELECT f.original, f.key FROM json_each(?) q CROSS JOIN fixed f ON f.original = q.value", list(originals))
	keys := make(map[string]string, len(all))
	for _, f := range all {
		keys[f.Original] = f.Key
	}
	return keys, err
}
