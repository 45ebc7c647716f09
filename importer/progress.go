package importer

import (
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

// count counts a row that has its result; asked: a worker had it. It returns how many count for --limit.
func (p *progress) count(r Result, asked bool) (made int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Totals[r.Status]++
	if !asked {
		return p.now.Made
	}
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
	return p.now.Made
}

// usesLimit reports whether a row that ended so counts for --limit.
func usesLimit(s outcome.Status) bool {
	return s == outcome.Created || s == outcome.CreatedUnconfirmed || s == outcome.Unknown
}
