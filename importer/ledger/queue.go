package ledger

import (
	"sync"
	"time"
)

const (
	maxWaiting = 4096 // entries that may wait for the disk; who brings more waits too
	maxGroup   = 512  // entries written in one transaction
	busyGroup  = 16   // entries that wait, or were just written, from which on there are many

	// While there are many, what no request waits for is held back until there
	// is so much of it, or for so long.
	maxHeld  = 128
	holdback = 10 * time.Millisecond
)

// A queue holds what waits for the disk. While much does, attempts overtake
// the rest, since requests wait for them; but nothing of their own row.
type queue struct {
	mu      sync.Mutex
	some    sync.Cond // there may be something to take
	room    sync.Cond // fewer than maxWaiting wait, or none may
	waiting []entry
	begins  int           // how many of waiting are attempts
	held    map[place]int // the others, by row
	due     bool          // nothing is held back
	timer   *time.Timer   // makes it so
	ended   bool
	failed  error // set once; nothing is written after it
}

func newQueue() *queue {
	q := &queue{held: map[place]int{}}
	q.some.L, q.room.L = &q.mu, &q.mu
	q.timer = time.AfterFunc(time.Hour, q.release)
	q.timer.Stop()
	return q
}

// put adds entries together, or returns why they will not be written; then
// nobody's done is called.
func (q *queue) put(entries ...entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= maxWaiting && q.failed == nil && !q.ended {
		q.room.Wait()
	}
	if q.failed != nil {
		return q.failed
	}
	if q.ended {
		return errClosed
	}
	q.waiting = append(q.waiting, entries...)
	for i := range entries {
		q.classify(&entries[i])
	}
	q.some.Signal()
	return nil
}

// classify counts an entry that has come to wait.
func (q *queue) classify(e *entry) {
	switch {
	case e.action >= enterAll:
		q.due = true
	case e.action == begin:
		q.begins++
		q.due = q.due || q.held[placeOf(e)] > 0
	default:
		if len(q.held) == 0 {
			q.timer.Reset(holdback)
		}
		q.held[placeOf(e)]++
	}
}

// release ends the holding back.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = true
	q.some.Signal()
}

// take waits for entries and puts those that make the next transaction into
// group; none when the queue has ended.
func (q *queue) take(group []entry) []entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.ended || q.holdsBack() && q.begins == 0 {
		q.some.Wait()
	}
	group = group[:0]
	if q.holdsBack() {
		group = q.takeBegins(group)
	} else {
		group = q.takeFirst(group)
	}
	q.room.Broadcast()
	return group
}

func (q *queue) holdsBack() bool {
	n := len(q.waiting)
	return !q.due && !q.ended && n >= busyGroup && n-q.begins < maxHeld
}

// takeFirst takes what comes before the next call, or that call alone.
func (q *queue) takeFirst(group []entry) []entry {
	n := 0
	for n < len(q.waiting) && n < maxGroup && q.waiting[n].action < enterAll {
		e := &q.waiting[n]
		n++
		if e.action == begin {
			q.begins--
			continue
		}
		if p := placeOf(e); q.held[p] > 1 {
			q.held[p]--
		} else {
			delete(q.held, p)
		}
	}
	n = min(max(n, 1), len(q.waiting))
	group = append(group, q.waiting[:n]...)
	q.keep(q.waiting[n:])
	q.due = q.due && len(q.waiting) > 0
	return group
}

// takeBegins takes the attempts.
func (q *queue) takeBegins(group []entry) []entry {
	rest := q.waiting[:0]
	for i := range q.waiting {
		if e := &q.waiting[i]; e.action == begin && len(group) < maxGroup {
			group = append(group, *e)
		} else {
			rest = append(rest, *e)
		}
	}
	q.begins -= len(group)
	q.keep(rest)
	return group
}

// keep makes rest, a part of what waits, all that does.
func (q *queue) keep(rest []entry) {
	n := copy(q.waiting, rest)
	clear(q.waiting[n:]) // lets go of what the others point to
	q.waiting = q.waiting[:n]
}

// fail ends the queue for good: nothing is written after err.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failed = err
	q.room.Broadcast()
}

func (q *queue) failure() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failed
}

// end lets nothing more in; what is in it can be taken.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.timer.Stop()
	q.some.Signal()
	q.room.Broadcast()
}
