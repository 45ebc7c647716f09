package page

import (
	"sync"
	"time"

	"jsm-onboard/apiclient"
)

// maxSteps keeps a trace small however long the run is.
const maxSteps = 240

// A Trace is how one session of a run went over time.
type Trace struct {
	Start  time.Time     `json:"start"`
	Width  time.Duration `json:"width_ns"` // of one step
	Steps  []Step        `json:"steps"`    // at most 240
	Pauses int           `json:"pauses"`
}

// A Step is what happened in one stretch of time.
type Step struct {
	Rows   int           `json:"r,omitempty"` // rows settled for which a request left
	Paused time.Duration `json:"p,omitempty"`
}

// A Recorder makes a Trace. Safe for concurrent use.
type Recorder struct {
	mu          sync.Mutex
	trace       Trace
	first, last time.Time // of the requests for rows
}

// NewRecorder begins a trace.
func NewRecorder(start time.Time) *Recorder {
	return &Recorder{trace: Trace{Start: start, Width: time.Second}}
}

// Row records a row that was settled; first is when the first of its requests left, zero: none did.
func (r *Recorder) Row(at, first time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if step := r.step(at); !first.IsZero() {
		step.Rows++
		if r.first.IsZero() || first.Before(r.first) {
			r.first = first
		}
		r.last = at
	}
}

// Busy is how long it was from the first request for a row to the last answer.
func (r *Recorder) Busy() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.Sub(r.first)
}

// Event records the pauses and outages among what the client reports, when they are over.
func (r *Recorder) Event(e apiclient.Event) {
	if e.Lasted <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.step(e.At)
	t := &r.trace
	t.Pauses++
	end := e.At.Sub(t.Start)
	begin := max(end-e.Lasted, 0)
	for i := int(begin / t.Width); i < len(t.Steps); i++ {
		from := time.Duration(i) * t.Width
		part := max(min(end, from+t.Width)-max(begin, from), 0)
		t.Steps[i].Paused = min(t.Steps[i].Paused+part, t.Width) // endpoints may pause at the same time
	}
}

// Trace is what has been recorded so far.
func (r *Recorder) Trace() *Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.trace
	t.Steps = append([]Step(nil), t.Steps...)
	return &t
}

// step is the step of a time; when there are too many, all become twice as wide.
func (r *Recorder) step(at time.Time) *Step {
	t := &r.trace
	since := max(at.Sub(t.Start), 0)
	for since/t.Width >= maxSteps {
		t.widen()
	}
	for len(t.Steps) <= int(since/t.Width) {
		t.Steps = append(t.Steps, Step{})
	}
	return &t.Steps[since/t.Width]
}

func (t *Trace) widen() {
	t.Width *= 2
	for i := range t.Steps {
		if half := i / 2; i%2 == 0 {
			t.Steps[half] = t.Steps[i]
		} else {
			t.Steps[half].Rows += t.Steps[i].Rows
			t.Steps[half].Paused += t.Steps[i].Paused
		}
	}
	t.Steps = t.Steps[:(len(t.Steps)+1)/2]
}
