package ledger

import (
	"context"
	"database/sql"
)

// Remember keeps the checksum of a file that this program has written, by its
// absolute path, so that one that somebody has edited since is known for it.
func (l *Ledger) Remember(ctx context.Context, path, sha256 string) error {
	return l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES (?, ?)", "file:"+path, sha256)
		return err
	})
}

// Remembered returns what Remember has kept for path.
func (l *Ledger) Remembered(path string) (sha256 string, ok bool) {
	err := l.read.QueryRow("SELECT value FROM meta WHERE name = ?", "file:"+path).Scan(&sha256)
	return sha256, err == nil
}

// NamesSent returns the names under which a create for key may have been
// carried out without its answer having been learned, in any run.
func (l *Ledger) NamesSent(ctx context.Context, key string) ([]string, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT DISTINCT name FROM attempts WHERE lost = 1 AND key = ? AND revoke = 0", key)
	if err != nil {
		return nil, wrap(l.path, err)
	}
	names, err := collect(rows, func(s scanner) (name string, err error) {
		err = s.Scan(&name)
		return name, err
	})
	return names, wrap(l.path, err)
}
