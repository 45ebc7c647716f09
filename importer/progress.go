package importer

import (
	"context"
	"sync"

	"jsm-onboard/importer/outcome"
)

// Progress is a look at a run while it goes on.
type Progress struct {
	Totals outcome.Totals // rows with a result, told or not
	Tasks  int            // of them, rows for which a request was to be made
	Made   int            // of them, rows whose customer was created, or may have been: what --limit counts
	Sent   int            // of them, rows for which a request left in this session
	Lost   int            // of these, rows with an attempt whose answer was lost

	Phase               string // "": rows; "look-ups"; "access"
	PhaseDone, PhaseAll int    // of the phase that is no rows; PhaseAll 0: not known
}

// progress counts what a run has done so far.
type progress struct {
	mu  sync.Mutex
	now Progress
}

// Progress may be called from anywhere.
func (p *progress) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *progress) change(f func(*Progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.now)
}

func (p *progress) count(s outcome.Status) { p.change(func(n *Progress) { n.Totals.Add(s) }) }

// skip counts rows that will never be told.
func (p *progress) skip(s outcome.Status, rows int) {
	p.change(func(n *Progress) {
		for range rows {
			n.Totals.Add(s)
		}
	})
}

func (p *progress) move(from, to outcome.Status) {
	p.change(func(n *Progress) { n.Totals.Move(from, to) })
}

func (p *progress) worked(r Result) {
	p.change(func(n *Progress) {
		n.Tasks++
		if usesLimit(r.Status) {
			n.Made++
		}
		if r.Attempts > 0 {
			n.Sent++
		}
		if r.Lost {
			n.Lost++
		}
	})
}

// phase begins a part of the run that follows the rows.
func (p *progress) phase(name string, all int) {
	p.change(func(n *Progress) { n.Phase, n.PhaseDone, n.PhaseAll = name, 0, all })
}

func (p *progress) step(done int) { p.change(func(n *Progress) { n.PhaseDone += done }) }

// allowance is --limit: it lets rows through only as long as no more than limit of them can end up created. nil lets
// everything through.
type allowance struct {
	mu     sync.Mutex
	limit  int
	made   int
	flying int
	free   chan struct{} // a row came back and created nobody
}

func newAllowance(limit int) *allowance {
	if limit <= 0 {
		return nil
	}
	return &allowance{limit: limit, free: make(chan struct{}, 1)}
}

// take waits until one more row may go; false: the limit is reached, or ctx has ended.
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

// give takes a row back with what became of it.
func (a *allowance) give(s outcome.Status) {
	if a == nil {
		return
	}
	a.mu.Lock()
	a.flying--
	if usesLimit(s) {
		a.made++
	}
	a.mu.Unlock()
	select {
	case a.free <- struct{}{}:
	default:
	}
}

// usesLimit reports whether a row that ended so counts for --limit.
func usesLimit(s outcome.Status) bool {
	return s == outcome.Created || s == outcome.CreatedUnconfirmed || s == outcome.Unknown
}

// reached reports whether the limit let no more through.
func (a *allowance) reached() bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.made >= a.limit
}
