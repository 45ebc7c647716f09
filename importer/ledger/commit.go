package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// writePragmas: a commit flushes the log; at 32 MB of log a checkpoint follows.
var writePragmas = []string{"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
	"wal_autocheckpoint(8000)", "journal_size_limit(67108864)", "cache_size(-4096)"}

// writer is group commit: changes that come in during one commit make up the next.
type writer struct {
	path string
	db   *sql.DB
	conn *sql.Conn

	mu   sync.Mutex
	next *commitGroup // of the next commit; nil: nobody waits for it

	commitMu   sync.Mutex // held while committing; guards what is below
	statements map[string]*sql.Stmt
	err        error // the first one of the disk; nothing is written after it
}

// commitGroup is the changes that are committed together.
type commitGroup struct {
	changes []func(*writer)
	done    chan struct{} // closed when they are durable, or err is set
	err     error
}

func openWriter(ctx context.Context, path string) (*writer, error) {
	db, _ := sql.Open("sqlite", dsn(path, "rw", writePragmas...))
	conn, err := db.Conn(ctx)
	if err == nil {
		err = durable(ctx, conn)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &writer{path: path, db: db, conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

// durable refuses a connection whose commits would not outlive a power loss: not every file system can do that.
func durable(ctx context.Context, conn *sql.Conn) error {
	var journal string
	var synchronous int
	err := conn.QueryRowContext(ctx, "SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous").
		Scan(&journal, &synchronous)
	if err == nil && (journal != "wal" || synchronous != 2) {
		err = fmt.Errorf("commits are not durable here (journal_mode %s, synchronous %d); "+
			"name a ledger on another disk with --ledger", journal, synchronous)
	}
	return err
}

// change adds do to the next commit and returns when that is durable; the first caller of a group commits it. ctx
// counts only before that: what may be on disk is never reported as not written.
func (l *Ledger) change(ctx context.Context, do func(*writer)) error {
	if l.write == nil {
		return errReadOnly
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := l.write
	w.mu.Lock()
	first := w.next == nil
	if first {
		w.next = &commitGroup{done: make(chan struct{})}
	}
	g := w.next
	g.changes = append(g.changes, do)
	w.mu.Unlock()
	if first {
		w.commit(g)
	}
	<-g.done
	return g.err
}

// update is change for one statement.
func (l *Ledger) update(ctx context.Context, statement string, args ...any) error {
	return l.change(ctx, func(w *writer) { w.exec(statement, args...) })
}

// commit writes g as one transaction, when the one before is written.
func (w *writer) commit(g *commitGroup) {
	w.commitMu.Lock()
	defer w.commitMu.Unlock()
	defer close(g.done)
	runtime.Gosched() // those whose changes were just written bring their next ones
	w.mu.Lock()
	w.next = nil
	w.mu.Unlock()
	w.exec("BEGIN IMMEDIATE")
	for _, do := range g.changes {
		do(w)
	}
	w.exec("COMMIT")
	if g.err = w.err; g.err != nil {
		_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK") // after some errors SQLite has done so by itself
	}
}

// close waits for what is being written. It returns the error that ended writing.
func (w *writer) close() error {
	w.commitMu.Lock()
	defer w.commitMu.Unlock()
	err := w.err
	for _, s := range w.statements {
		err = errors.Join(err, s.Close())
	}
	w.err = errClosed
	return errors.Join(err, w.conn.Close(), w.db.Close())
}

// exec executes a statement, prepared once, and returns how many rows it has changed. After an error it does nothing.
func (w *writer) exec(statement string, args ...any) (changed int64) {
	var err error
	s := w.statements[statement]
	if s == nil && w.err == nil {
		if s, err = w.conn.PrepareContext(context.Background(), statement); err == nil {
			w.statements[statement] = s
		}
		w.err = wrap(w.path, err)
	}
	if w.err != nil {
		return 0
	}
	result, err := s.Exec(args...)
	if err == nil {
		changed, err = result.RowsAffected()
	}
	w.err = wrap(w.path, err)
	return changed
}
