package ledger

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
)

// keptSums is how many checksums are kept for a path: that of the file that is
// about to get its name there, and those of files that may still stand there
// when the process dies before.
const keptSums = 3

// Remember keeps the checksum of a file that this program has written, or is
// about to, by its absolute path, so that one that somebody has edited since is
// known for it.
func (l *Ledger) Remember(ctx context.Context, path, sha256 string) error {
	return l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		var old string
		err := c.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", "file:"+path).Scan(&old)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		sums := append([]string{sha256}, slices.DeleteFunc(strings.Fields(old), func(s string) bool { return s == sha256 })...)
		_, err = c.ExecContext(ctx, "INSERT OR REPLACE INTO meta VALUES (?, ?)", "file:"+path, strings.Join(sums[:min(len(sums), keptSums)], " "))
		return err
	})
}

// Wrote tells whether a file with this checksum was written to path by this
// program, as far as Remember was told.
func (l *Ledger) Wrote(path, sha256 string) bool {
	var sums string
	err := l.read.QueryRow("SELECT value FROM meta WHERE name = ?", "file:"+path).Scan(&sums)
	return err == nil && slices.Contains(strings.Fields(sums), sha256)
}

// NamesSent returns the names under which a create for key may have been
// carried out without its answer having been learned, in any run.
func (l *Ledger) NamesSent(ctx context.Context, key string) ([]string, error) {
	rows, err := l.read.QueryContext(ctx, "SELECT DISTINCT name FROM lost WHERE key = ? AND revoke = 0", key)
	if err != nil {
		return nil, wrap(l.path, err)
	}
	names, err := collect(rows, func(s scanner) (name string, err error) {
		err = s.Scan(&name)
		return name, err
	})
	return names, wrap(l.path, err)
}
