package report

import (
	"slices"
	"sync"
	"time"

	"jsm-onboard/importer"
)

// The bounds that keep a trace small however long the run is.
const (
	traceSteps  = 240
	maxSittings = 50
	maxReasons  = 10 // of pauses; further ones are told together
)

// A Trace is how a run went over time. Its clock runs only while the run does:
// when a run goes on the next day, the night between is no time.
type Trace struct {
	Width    time.Duration `json:"width_ns"` // of one step
	Steps    []Step        `json:"steps"`    // at most 240
	Sittings []Sitting     `json:"sittings"`
	Pauses   []Pauses      `json:"pauses,omitempty"`
	Latency  Histogram     `json:"latency"`
}

// A Step is what happened in one stretch of time.
type Step struct {
	Rows    int           `json:"r,omitempty"` // settled
	Sent    int           `json:"s,omitempty"` // of them, rows for which a request left
	NotGood int           `json:"n,omitempty"` // of them, rows that need attention
	Refused int           `json:"x,omitempty"` // requests answered 429
	Paused  time.Duration `json:"p,omitempty"`
}

// A Sitting is one process that worked at the run.
type Sitting struct {
	At   time.Time     `json:"at"`
	From time.Duration `json:"from_ns"` // on the clock of the trace
}

// Pauses are all pauses for one reason.
type Pauses struct {
	Why   string        `json:"why"`
	Count int           `json:"count"`
	Took  time.Duration `json:"took_ns"`
}

// A Recorder makes a Trace. Safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	trace Trace
	start time.Time     // of this sitting
	from  time.Duration // where this sitting starts on the clock of the trace
	why   string        // of the pause that goes on

	refused int // requests answered 429 in this sitting, as last told
}

// NewRecorder begins a sitting at start. before is what earlier sittings of
// the same run recorded; nil when there were none.
func NewRecorder(start time.Time, before *Trace) *Recorder {
	r := &Recorder{start: start, trace: Trace{Width: time.Second}}
	if before != nil && before.Width > 0 {
		r.trace = before.clone()
		r.from = time.Duration(len(before.Steps)) * before.Width
	}
	if len(r.trace.Sittings) >= maxSittings {
		r.trace.Sittings = slices.Delete(r.trace.Sittings, 1, 2)
	}
	r.trace.Sittings = append(r.trace.Sittings, Sitting{At: start, From: r.from})
	return r
}

// Row records a row that was settled. latency is how long the site took to
// answer for it; 0: no request was made.
func (r *Recorder) Row(at time.Time, s importer.Status, latency time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := r.step(at)
	step.Rows++
	if !s.Good() {
		step.NotGood++
	}
	if latency > 0 {
		step.Sent++
		r.trace.Latency.Add(latency)
	}
}

// Refused takes how many requests of this sitting have been answered 429 up to
// now, and records those that are new.
func (r *Recorder) Refused(at time.Time, soFar int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if soFar > r.refused {
		r.step(at).Refused += soFar - r.refused
		r.refused = soFar
	}
}

// Hold records why a pause begins, or goes on.
func (r *Recorder) Hold(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if why != "" {
		r.why = why
	}
}

// Pause records that nothing was sent for a while, when it is over.
func (r *Recorder) Pause(from, to time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	why := r.why
	if why == "" {
		why = "the site asked for it"
	}
	r.why = ""
	if !to.After(from) {
		return
	}
	r.addReason(why, to.Sub(from))
	r.step(to)
	begin, end := max(r.clock(from), 0), r.clock(to)
	for i := int(begin / r.trace.Width); i < len(r.trace.Steps); i++ {
		stepBegin := time.Duration(i) * r.trace.Width
		if part := min(end, stepBegin+r.trace.Width) - max(begin, stepBegin); part > 0 {
			r.trace.Steps[i].Paused += part
		}
	}
}

func (r *Recorder) addReason(why string, took time.Duration) {
	reasons := &r.trace.Pauses
	i := slices.IndexFunc(*reasons, func(p Pauses) bool { return p.Why == why })
	if i < 0 && len(*reasons) == maxReasons {
		i = maxReasons - 1
		(*reasons)[i].Why = "other reasons"
	}
	if i < 0 {
		*reasons = append(*reasons, Pauses{Why: why})
		i = len(*reasons) - 1
	}
	(*reasons)[i].Count++
	(*reasons)[i].Took += took
}

// Trace is what has been recorded so far.
func (r *Recorder) Trace() Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trace.clone()
}

func (r *Recorder) clock(at time.Time) time.Duration { return r.from + at.Sub(r.start) }

// step is the step of a time; when there are too many, all become twice as
// wide.
func (r *Recorder) step(at time.Time) *Step {
	t := &r.trace
	clock := max(r.clock(at), 0)
	for clock/t.Width >= traceSteps {
		t.widen()
	}
	i := int(clock / t.Width)
	for len(t.Steps) <= i {
		t.Steps = append(t.Steps, Step{})
	}
	return &t.Steps[i]
}

func (t *Trace) widen() {
	t.Width *= 2
	half := t.Steps[:(len(t.Steps)+1)/2]
	for i := range half {
		sum := t.Steps[2*i]
		if 2*i+1 < len(t.Steps) {
			sum.add(t.Steps[2*i+1])
		}
		half[i] = sum
	}
	t.Steps = half
}

func (s *Step) add(o Step) {
	s.Rows += o.Rows
	s.Sent += o.Sent
	s.NotGood += o.NotGood
	s.Refused += o.Refused
	s.Paused += o.Paused
}

func (t *Trace) clone() Trace {
	c := *t
	c.Steps, c.Sittings, c.Pauses = slices.Clone(t.Steps), slices.Clone(t.Sittings), slices.Clone(t.Pauses)
	return c
}

// Total is the sum of all steps.
func (t *Trace) Total() Step {
	var sum Step
	for _, s := range t.Steps {
		sum.add(s)
	}
	return sum
}
