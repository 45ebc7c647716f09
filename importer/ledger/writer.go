package ledger

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// lingering is how long no group follows one of many.
const lingering = time.Millisecond

type action int

const (
	begin action = iota + 1
	settle
	withdraw
	enterAll // the newest accounts in account_keys
	call     // something else, in a transaction of its own
	bare     // something else, in no transaction
)

// entry is one thing to be written.
type entry struct {
	action  action
	run     int64
	outcome Outcome // of begin and withdraw only what an Attempt has
	call    func(context.Context, *sql.Conn) error
	done    func(error)
	prompt  bool // done never blocks: it is called at once
}

// writer owns the connection that writes.
type writer struct {
	path    string
	db      *sql.DB
	conn    *sql.Conn
	stmts   *statements
	tail    *tail
	commits atomic.Int64
	*queue

	told    chan []told // to the goroutine that calls the callbacks
	working sync.WaitGroup
}

type told struct {
	done func(error)
	err  error
}

func startWriter(path string, db *sql.DB, c *sql.Conn) (*writer, error) {
	stmts, err := prepareStatements(context.Background(), c)
	if err != nil {
		return nil, err
	}
	w := &writer{path: path, db: db, conn: c, stmts: stmts, tail: &tail{}, queue: newQueue(), told: make(chan []told, 1)}
	w.working.Go(w.work)
	w.working.Go(w.tell)
	return w, nil
}

// do writes entries and waits until they are durable. They are written in
// their order, and after one that fails no other is: the last speaks for all.
func (w *writer) do(entries ...entry) error {
	if w == nil {
		return errReadOnly
	}
	answer := make(chan error, 1)
	last := &entries[len(entries)-1]
	last.done, last.prompt = func(err error) { answer <- err }, true
	if err := w.put(entries...); err != nil {
		return err
	}
	return <-answer
}

// call runs f in a transaction of its own, after all that came before it.
func (w *writer) call(ctx context.Context, f func(context.Context, *sql.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.do(entry{action: call, call: func(context.Context, *sql.Conn) error { return f(ctx, w.conn) }})
}

// work is the goroutine that writes.
func (w *writer) work() {
	defer close(w.told)
	var group []entry
	for {
		group = w.take(group)
		if len(group) == 0 {
			return
		}
		err := w.failure()
		if err == nil {
			err = w.write(group)
		}
		w.answer(group, err)
		if w.tail.len() >= maxTail && w.failure() == nil {
			_ = w.write([]entry{{action: enterAll}}) // the next group is told the error
		}
		w.gather(len(group))
	}
}

// gather lets those who were just woken bring their next entry into the next
// group: it costs no time when there are few, and when there are many it spares
// commits, each of which takes as long as the disk does.
func (w *writer) gather(last int) {
	if last < busyGroup {
		runtime.Gosched()
		return
	}
	time.Sleep(lingering)
}

// write writes group as one transaction. Its error is final, unless it is a
// call's own.
func (w *writer) write(group []entry) error {
	ctx := context.Background()
	first := group[0]
	var err error
	switch first.action {
	case bare:
		err = first.call(ctx, w.conn)
	case enterAll:
		err = w.transact(ctx, func() error { return w.stmts.enterKeys(ctx) })
	case call:
		err = w.transact(ctx, func() error { return first.call(ctx, w.conn) })
	default:
		err = w.transact(ctx, func() error { return w.stmts.write(ctx, group) })
	}
	if err == nil {
		return nil
	}
	final := first.action < call || unusable(err)
	err = wrap(w.path, err)
	if final {
		w.fail(err)
	}
	return err
}

func (w *writer) transact(ctx context.Context, f func() error) error {
	if _, err := w.stmts.begin.ExecContext(ctx); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = w.stmts.commit.ExecContext(ctx)
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors; then this one says so.
		_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	w.commits.Add(1)
	if s := w.stmts; s.allEntered || len(s.fresh) > 0 {
		w.tail.extend(s.fresh, s.allEntered)
		s.fresh, s.allEntered = s.fresh[:0], false
	}
	return nil
}

// enter enters the newest accounts in account_keys, after all that came before.
func (w *writer) enter() error {
	if w == nil || w.tail.len() == 0 {
		return nil
	}
	return w.do(entry{action: enterAll})
}

// answer wakes who waits in Begin, and passes the callbacks on, in order.
func (w *writer) answer(group []entry, err error) {
	var later []told
	for _, e := range group {
		switch {
		case e.prompt:
			e.done(err)
		case e.done != nil:
			later = append(later, told{e.done, err})
		}
	}
	if later != nil {
		w.told <- later
	}
}

// tell is the goroutine that calls the callbacks.
func (w *writer) tell() {
	for batch := range w.told {
		for _, t := range batch {
			t.done(t.err)
		}
	}
}

// close writes what waits and ends the goroutines. It returns the error that
// ended writing.
func (w *writer) close() error {
	_ = w.enter() // if it fails, that is what ended writing
	w.queue.end()
	w.working.Wait()
	return errors.Join(w.failed, w.stmts.close(), w.conn.Close(), w.db.Close())
}
