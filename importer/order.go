package importer

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// windowRows is how many rows the fastest worker may be ahead of the slowest.
const windowRows = 1 << 14

// A window puts results back into input order in bounded memory. Rows are reserved before they are worked on, in
// order; their results are put in any order and from any goroutine; one goroutine takes them in order. When the oldest
// row is late, only reserve waits, and only once the window is full.
type window struct {
	room *semaphore.Weighted
	size int

	mu    sync.Mutex
	ring  []Result // row n at (n-1) % size; without a Row: not there yet
	first int      // number of the row to take next
	last  int      // number of the last row of all; -1 while it is not known
	wake  chan struct{}
}

func newWindow(size int) *window {
	return &window{
		room:  semaphore.NewWeighted(int64(size)),
		size:  size,
		ring:  make([]Result, size),
		first: 1,
		last:  -1,
		wake:  make(chan struct{}, 1),
	}
}

// reserve waits until there is room for n more rows, which are no more than the size of the window.
func (w *window) reserve(n int) { _ = w.room.Acquire(context.Background(), int64(n)) }

// put takes the result of a reserved row. It never waits.
func (w *window) put(r Result) {
	w.mu.Lock()
	w.ring[(r.Row.Number-1)%w.size] = r
	ready := r.Row.Number == w.first
	w.mu.Unlock()
	if ready {
		w.signal()
	}
}

// close says that row last was the last one to be reserved.
func (w *window) close(last int) {
	w.mu.Lock()
	w.last = last
	w.mu.Unlock()
	w.signal()
}

func (w *window) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take waits for results and appends the next ones in order to buf; it returns none when all have been taken.
func (w *window) take(buf []Result) []Result {
	for {
		var done bool
		buf, done = w.ready(buf)
		if len(buf) > 0 || done {
			w.room.Release(int64(len(buf)))
			return buf
		}
		<-w.wake
	}
}

// ready moves what can be taken now into buf, up to its capacity.
func (w *window) ready(buf []Result) (_ []Result, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(buf) < cap(buf) {
		slot := &w.ring[(w.first-1)%w.size]
		if slot.Row == nil || slot.Row.Number != w.first {
			break
		}
		buf = append(buf, *slot)
		*slot = Result{}
		w.first++
	}
	return buf, w.last >= 0 && w.first > w.last
}
