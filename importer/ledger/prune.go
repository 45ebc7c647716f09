package ledger

import (
	"context"
	"database/sql"
	"time"
)

// pruneRows is how many outcomes one transaction of Prune forgets.
const pruneRows = 20000

// Pruned says what Prune has forgotten.
type Pruned struct {
	Runs, Outcomes int
}

// Prune forgets runs that finished before before, their summaries and outcomes,
// and gives the room back to the disk. Accounts, members, lost attempts and the
// last complete run of each source stay. Killed on the way, the next Prune goes on.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	var done Pruned
	now := text(time.Now())
	err := l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		result, err := c.ExecContext(ctx, `UPDATE runs SET pruned_at = ?, summary = ''
			WHERE pruned_at = '' AND finished_at <> '' AND finished_at < ? AND NOT (roster = 1 AND outcome = 'complete'
			AND seq = (SELECT l.seq FROM runs l WHERE l.source = runs.source AND l.roster = 1 AND l.outcome = 'complete'
				ORDER BY l.completed DESC LIMIT 1))`, now, text(before))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		done.Runs = int(n)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, "DELETE FROM traces WHERE run IN (SELECT seq FROM runs WHERE pruned_at <> '')")
		return err
	})
	for n := int64(pruneRows); err == nil && n == pruneRows; done.Outcomes += int(n) {
		n, err = l.forget(ctx)
	}
	if err != nil || done.Outcomes == 0 {
		return done, err
	}
	return done, l.write.do(entry{action: bare, call: func(_ context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "VACUUM")
		return err
	}})
}

// forget deletes some outcomes of pruned runs and returns how many.
func (l *Ledger) forget(ctx context.Context) (n int64, err error) {
	err = l.write.call(ctx, func(ctx context.Context, c *sql.Conn) error {
		result, err := c.ExecContext(ctx, `DELETE FROM outcomes WHERE (run, revoke, row) IN (
			SELECT o.run, o.revoke, o.row FROM runs r CROSS JOIN outcomes o ON o.run = r.seq
			WHERE r.pruned_at <> '' LIMIT ?)`, pruneRows)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, err
}
