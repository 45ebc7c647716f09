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

const (
	maxWaiting = 4096 // entries that may wait for the disk; who brings more waits too
	maxGroup   = 512  // entries written in one transaction
	busyGroup  = 16   // entries in a group from which on the next is waited for
	lingering  = 500 * time.Microsecond
)

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

// writer owns the connection that writes. Entries are written in the order in
// which they came.
type writer struct {
	path    string
	db      *sql.DB
	conn    *sql.Conn
	stmts   *statements
	tail    *tail
	commits atomic.Int64

	mu      sync.Mutex
	some    sync.Cond // entries wait, or closing
	room    sync.Cond // fewer than maxWaiting wait, or failed
	waiting []entry
	closing bool
	failed  error // set once; nothing is written after it

	told  chan []told // to the goroutine that calls the callbacks
	ended sync.WaitGroup
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
	w := &writer{path: path, db: db, conn: c, stmts: stmts, tail: &tail{}, told: make(chan []told, 1)}
	w.some.L, w.room.L = &w.mu, &w.mu
	w.ended.Go(w.work)
	w.ended.Go(w.tell)
	return w, nil
}

// put hands over e, or returns why it will not be written; then e.done is not called.
func (w *writer) put(e entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) >= maxWaiting && w.failed == nil && !w.closing {
		w.room.Wait()
	}
	if w.failed != nil {
		return w.failed
	}
	if w.closing {
		return errClosed
	}
	w.waiting = append(w.waiting, e)
	w.some.Signal()
	return nil
}

// do writes e and waits until it is durable.
func (w *writer) do(e entry) error {
	if w == nil {
		return errReadOnly
	}
	answer := make(chan error, 1)
	e.done, e.prompt = func(err error) { answer <- err }, true
	if err := w.put(e); err != nil {
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

// take waits for entries and returns those that make the next transaction;
// none when the writer is to end.
func (w *writer) take(group []entry) []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == 0 && !w.closing {
		w.some.Wait()
	}
	n := 0
	for n < len(w.waiting) && n < maxGroup {
		if w.waiting[n].action >= enterAll {
			n = max(n, 1)
			break
		}
		n++
	}
	group = append(group[:0], w.waiting[:n]...)
	left := copy(w.waiting, w.waiting[n:])
	clear(w.waiting[left:])
	w.waiting = w.waiting[:left]
	w.room.Broadcast()
	return group
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
// commits, of which each takes as long as the disk does.
func (w *writer) gather(last int) {
	if last < busyGroup {
		runtime.Gosched()
		return
	}
	time.Sleep(lingering)
}

func (w *writer) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
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

func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err
	w.room.Broadcast()
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
	w.mu.Lock()
	w.closing = true
	w.some.Signal()
	w.room.Broadcast()
	w.mu.Unlock()
	w.ended.Wait()
	return errors.Join(w.failed, w.stmts.close(), w.conn.Close(), w.db.Close())
}
