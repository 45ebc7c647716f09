package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
)

// writePragmas: a commit flushes the log; at 32 MB of log a checkpoint follows.
var writePragmas = []string{"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
	"wal_autocheckpoint(8000)", "journal_size_limit(67108864)", "cache_size(-4096)"}

// writer commits what it is given. Its goroutine alone uses the connection.
type writer struct {
	path string
	db   *sql.DB
	conn *sql.Conn

	changes chan change
	closing chan struct{} // closed by close
	ended   chan struct{} // closed when the goroutine has ended

	statements map[string]*sql.Stmt
	broken     error // nothing is written after it
}

// change is something to be written. do fails only when the disk does.
type change struct {
	do   func(*writer) error
	done chan error
}

// openWriter opens the file for writing, makes it a ledger when it is empty, and starts the goroutine.
// A file that is refused is not written to.
func openWriter(ctx context.Context, path, site string) (*writer, error) {
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := prepare(ctx, c, path, site); err != nil {
		return nil, errors.Join(err, c.Close(), db.Close())
	}
	w := &writer{path: path, db: db, conn: c, statements: map[string]*sql.Stmt{},
		changes: make(chan change), closing: make(chan struct{}), ended: make(chan struct{})}
	go w.work()
	return w, nil
}

func prepare(ctx context.Context, c *sql.Conn, path, site string) error {
	empty, err := inspect(ctx, c, path, site)
	if err != nil {
		return err
	}
	if err := setPragmas(ctx, c); err != nil {
		return err
	}
	if empty {
		return makeSchema(ctx, c, site)
	}
	_, err = c.ExecContext(ctx, "UPDATE attempts SET lost = 1 WHERE lost = 0")
	return err
}

// setPragmas makes commits durable, and checks that they are.
func setPragmas(ctx context.Context, c *sql.Conn) error {
	for _, pragma := range writePragmas {
		if _, err := c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	var mode string
	var synchronous int
	err := c.QueryRowContext(ctx, "SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous").
		Scan(&mode, &synchronous)
	if err != nil {
		return err
	}
	if mode != "wal" || synchronous != 2 {
		return fmt.Errorf("SQLite cannot write durably here: journal_mode is %q, synchronous is %d", mode, synchronous)
	}
	return nil
}

// work commits what comes in until close is called.
func (w *writer) work() {
	defer close(w.ended)
	for {
		select {
		case <-w.closing:
			return
		case first := <-w.changes:
			w.commit(w.group(first))
		}
	}
}

// group adds to first what has come in since the last commit.
func (w *writer) group(first change) []change {
	group := []change{first}
	for waited := false; ; {
		select {
		case next := <-w.changes:
			group, waited = append(group, next), false
		default:
			if waited {
				return group
			}
			runtime.Gosched() // those who were just answered bring their next change
			waited = true
		}
	}
}

// commit writes group as one transaction and answers all of it. An error is final: it is one of the disk.
func (w *writer) commit(group []change) {
	if w.broken == nil {
		w.broken = wrap(w.path, w.transact(group))
	}
	for _, c := range group {
		c.done <- w.broken
	}
}

func (w *writer) transact(group []change) error {
	err := w.exec("BEGIN IMMEDIATE")
	for i := 0; i < len(group) && err == nil; i++ {
		err = group[i].do(w)
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		_ = w.exec("ROLLBACK") // after some errors SQLite has done so by itself
	}
	return err
}

// close waits for what is being written and ends the goroutine. It returns the error that ended writing.
func (w *writer) close() error {
	close(w.closing)
	<-w.ended
	err := w.broken
	for _, s := range w.statements {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, w.conn.Close(), w.db.Close())
}

// change writes what do does, and returns when it is durable. ctx counts only until it is handed over: what
// may be on disk is never reported as not written.
func (l *Ledger) change(ctx context.Context, do func(*writer) error) error {
	if l.write == nil {
		return errReadOnly
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c := change{do: do, done: make(chan error, 1)}
	select {
	case l.write.changes <- c:
		return <-c.done
	case <-l.write.ended:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// update is change for one statement.
func (l *Ledger) update(ctx context.Context, statement string, args ...any) error {
	return l.change(ctx, func(w *writer) error { return w.exec(statement, args...) })
}

// exec executes a statement, which is prepared once.
func (w *writer) exec(statement string, args ...any) error {
	_, err := w.changed(statement, args...)
	return err
}

// changed is exec that returns how many rows were changed.
func (w *writer) changed(statement string, args ...any) (int64, error) {
	s, ok := w.statements[statement]
	if !ok {
		var err error
		if s, err = w.conn.PrepareContext(context.Background(), statement); err != nil {
			return 0, err
		}
		w.statements[statement] = s
	}
	result, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row queries one row.
func (w *writer) row(query string, args ...any) scanner {
	return w.conn.QueryRowContext(context.Background(), query, args...)
}
