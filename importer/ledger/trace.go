package ledger

import (
	"context"
	"database/sql"
	"errors"
)

// KeepTrace keeps what a run's page draws, as JSON, with the run.
func (l *Ledger) KeepTrace(ctx context.Context, run int64, trace []byte) error {
	return l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "INSERT OR REPLACE INTO traces VALUES (?, ?)", run, string(trace))
		return err
	})
}

// Trace returns what KeepTrace has kept; nil when there is nothing.
func (l *Ledger) Trace(ctx context.Context, run int64) ([]byte, error) {
	var trace []byte
	err := l.read.QueryRowContext(ctx, "SELECT trace FROM traces WHERE run = ?", run).Scan(&trace)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return trace, wrap(l.path, err)
}
