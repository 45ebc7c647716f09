package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"

	sqlite3 "modernc.org/sqlite/lib"
)

// maxGroup is how many writes share a commit at most.
const maxGroup = 512

// writePragmas: a commit flushes the log; at 32 MB of log a checkpoint follows.
var writePragmas = []string{"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
	"wal_autocheckpoint(8000)", "journal_size_limit(67108864)", "cache_size(-4096)"}

// writer commits what it is given. Its goroutine alone uses the connection.
type writer struct {
	path string
	db   *sql.DB
	conn *sql.Conn

	rows    chan change   // what many goroutines write, row by row: shares commits
	others  chan change   // the rest: a transaction each
	closing chan struct{} // closed by close
	ended   chan struct{} // closed when the goroutine has ended

	statements map[string]*sql.Stmt
	broken     error // nothing is written after it
}

// change is something to be written. plain: outside of a transaction.
type change struct {
	do    func(*writer) error
	plain bool
	done  chan error
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
		rows: make(chan change), others: make(chan change), closing: make(chan struct{}), ended: make(chan struct{})}
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
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if err := c.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
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
		case first := <-w.rows:
			w.commit(w.group(first))
		case alone := <-w.others:
			w.commit([]change{alone})
		}
	}
}

// group adds to first what has come in since the last commit.
func (w *writer) group(first change) []change {
	group := []change{first}
	for waited := false; len(group) < maxGroup; {
		select {
		case next := <-w.rows:
			group = append(group, next)
			waited = false
		default:
			if waited {
				return group
			}
			runtime.Gosched() // those who were answered last bring what they have next
			waited = true
		}
	}
	return group
}

// commit writes group as one transaction and answers all of it. An error of the disk is final, and so is
// one of rows, which can have no other.
func (w *writer) commit(group []change) {
	err := w.broken
	if err == nil {
		err = wrap(w.path, w.transact(group))
		if final(err) {
			w.broken = err
		}
	}
	for _, c := range group {
		c.done <- err
	}
}

func (w *writer) transact(group []change) error {
	if group[0].plain {
		return group[0].do(w)
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	var err error
	for i := 0; i < len(group) && err == nil; i++ {
		err = group[i].do(w)
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		_ = w.exec("ROLLBACK") // SQLite has done so by itself after some errors
	}
	return err
}

// final reports whether err means that nothing more can be written for now.
func final(err error) bool {
	if _, refused := errors.AsType[*RefusedError](err); refused {
		return true
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return true
	}
	return false
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

// put hands c over and waits until it is durable or has failed. ctx counts only until it is handed over:
// what may be on disk is never reported as not written.
func (w *writer) put(ctx context.Context, to chan<- change, c change) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.done = make(chan error, 1)
	select {
	case to <- c:
		return <-c.done
	case <-w.ended:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// row writes what many goroutines write at once. do must fail only when the disk does.
func (l *Ledger) row(ctx context.Context, do func(*writer) error) error {
	if l.write == nil {
		return errReadOnly
	}
	return l.write.put(ctx, l.write.rows, change{do: do})
}

// transaction writes what do does, or nothing of it when do returns an error.
func (l *Ledger) transaction(ctx context.Context, do func(*writer) error) error {
	if l.write == nil {
		return errReadOnly
	}
	return l.write.put(ctx, l.write.others, change{do: do})
}

// update executes one statement as a transaction.
func (l *Ledger) update(ctx context.Context, statement string, args ...any) error {
	return l.transaction(ctx, func(w *writer) error { return w.exec(statement, args...) })
}

// exec executes a statement, which is prepared once.
func (w *writer) exec(statement string, args ...any) error {
	_, err := w.changed(statement, args...)
	return err
}

// changed is exec that returns how many rows were changed.
func (w *writer) changed(statement string, args ...any) (int64, error) {
	s, err := w.prepared(statement)
	if err != nil {
		return 0, err
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

func (w *writer) prepared(statement string) (*sql.Stmt, error) {
	if s, ok := w.statements[statement]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), statement)
	if err == nil {
		w.statements[statement] = s
	}
	return s, err
}
