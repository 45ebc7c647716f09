package importer

import (
	"context"
	"sync"

	"jsm-onboard/importer/outcome"
)

// Progress is a look at a run while it goes on.
type Progress struct {
	Totals outcome.Totals // rows with a result, handed out or not
	Tasks  int            // of them, rows for which a request was to be made
	Made   int            // of them, rows whose customer was created, or may have been: what --limit counts
	Sent   int            // of them, rows for which a request left in this session
	Lost   int            // of these, rows with an attempt whose answer was lost
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

func (p *progress) count(s outcome.Status, rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range rows {
		p.now.Totals.Add(s)
	}
}

func (p *progress) move(from, to outcome.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Totals.Move(from, to)
}

func (p *progress) worked(r Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Tasks++
	if usesLimit(r.Status) {
		p.now.Made++
	}
	if r.Attempts > 0 {
		p.now.Sent++
	}
	if r.Lost {
		p.now.Lost++
	}
}

// allowance is --limit: a permit for each row that may end up created. One that created nobody gives its permit back.
type allowance struct {
	permits chan struct{}
	used    chan struct{} // closed when no more may be created

	mu   sync.Mutex
	left int
}

// newAllowance is nil for no limit.
func newAllowance(limit int) *allowance {
	if limit <= 0 {
		return nil
	}
	a := &allowance{permits: make(chan struct{}, limit), used: make(chan struct{}), left: limit}
	for range limit {
		a.permits <- struct{}{}
	}
	return a
}

// take waits until one more row may go; false: the limit is reached, or ctx has ended.
func (a *allowance) take(ctx context.Context) bool {
	if a == nil {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
	case <-a.used:
	case <-a.permits:
		return true
	}
	return false
}

// give takes a row back with what became of it.
func (a *allowance) give(s outcome.Status) {
	if a == nil {
		return
	}
	if !usesLimit(s) {
		a.permits <- struct{}{}
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left--; a.left == 0 {
		close(a.used)
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
	select {
	case <-a.used:
		return true
	default:
		return false
	}
}
