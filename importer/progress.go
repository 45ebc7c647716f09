package importer

import (
	"context"
	"sync"
)

// Progress is a look at a run while it goes on.
type Progress struct {
	Totals Totals // rows with an outcome, told or not
	Tasks  int    // of them, rows for which a request was to be made
	Made   int    // of them, rows whose customer was made, or may have been: what --limit counts
	Sent   int    // of them, rows for which a request left in this sitting
	Lost   int    // of these, rows with an attempt whose answer was lost
}

// progress counts what a run has done so far.
type progress struct {
	mu  sync.Mutex
	now Progress
}

func (p *progress) count(s Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Totals.Add(s)
}

// skip counts n rows that will never be told.
func (p *progress) skip(s Status, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.now.Totals.Add(s)
	}
}

func (p *progress) move(from, to Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Totals.Move(from, to)
}

func (p *progress) worked(o Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Tasks++
	if counts(o.Status) {
		p.now.Made++
	}
	if o.Attempts > 0 {
		p.now.Sent++
	}
	if o.Lost {
		p.now.Lost++
	}
}

func (p *progress) look() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// allowance is --limit: it lets tasks through only as long as no more than
// limit of them can end up made. nil lets everything through.
type allowance struct {
	mu     sync.Mutex
	limit  int
	made   int
	flying int
	free   chan struct{} // a task came back and made nothing
}

func newAllowance(limit int) *allowance {
	if limit <= 0 {
		return nil
	}
	return &allowance{limit: limit, free: make(chan struct{}, 1)}
}

// take waits until one more task may go; false: the limit is reached, or ctx
// has ended.
func (a *allowance) take(ctx context.Context) bool {
	if a == nil {
		return ctx.Err() == nil
	}
	for {
		a.mu.Lock()
		full, may := a.made >= a.limit, a.made+a.flying < a.limit
		if may {
			a.flying++
		}
		a.mu.Unlock()
		if may || full {
			return may
		}
		select {
		case <-ctx.Done():
			return false
		case <-a.free:
		}
	}
}

// give takes a task back with what became of it.
func (a *allowance) give(s Status) {
	if a == nil {
		return
	}
	a.mu.Lock()
	a.flying--
	if counts(s) {
		a.made++
	}
	a.mu.Unlock()
	select {
	case a.free <- struct{}{}:
	default:
	}
}

// counts tells whether a row that ended so uses up --limit.
func counts(s Status) bool { return s == Created || s == CreatedUnconfirmed || s == Unknown }

// reached tells whether the limit let no more through.
func (a *allowance) reached() bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.made >= a.limit
}
