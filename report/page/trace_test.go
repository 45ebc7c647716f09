package page

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient"
)

func TestTrace(t *testing.T) {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	r := NewRecorder(start)
	r.Row(at(0.1), time.Time{}) // known: no request left for it
	r.Row(at(0.2), start)
	r.Row(at(2.5), start)
	r.Event(apiclient.Event{At: at(2.75)})
	r.Event(apiclient.Event{At: at(4.5), Lasted: 1750 * time.Millisecond})
	r.Event(apiclient.Event{At: at(4.25), Lasted: 500 * time.Millisecond}) // of another lane
	r.Event(apiclient.Event{At: at(4.75), Lasted: 250 * time.Millisecond})
	r.Event(apiclient.Event{At: at(4.75)})
	r.Row(at(-5), start) // a clock that was set back
	want := &Trace{Start: start, Width: time.Second, Pauses: 3, Steps: []Step{
		{Rows: 2}, {}, {Rows: 1, Paused: 250 * time.Millisecond}, {Paused: time.Second}, {Paused: time.Second}}}
	got := r.Trace()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	stored, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Trace
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &back); diff != "" {
		t.Error(diff)
	}
	r.Row(at(0), start)
	if got.Steps[0].Rows != 2 {
		t.Error("a trace that was handed out has changed")
	}
}

func TestTraceDoublesWhenItIsFull(t *testing.T) {
	r := NewRecorder(time.Unix(0, 0))
	rows := 0
	for _, test := range []struct {
		second, steps int
		width         time.Duration
	}{{239, 240, time.Second}, {240, 121, 2 * time.Second}, {479, 240, 2 * time.Second}, {480, 121, 4 * time.Second},
		{100000, 196, 512 * time.Second}} {
		r.Row(time.Unix(int64(test.second), 0), time.Unix(0, 0))
		rows++
		got := r.Trace()
		if len(got.Steps) != test.steps || got.Width != test.width {
			t.Errorf("after %d s: %d steps of %v", test.second, len(got.Steps), got.Width)
		}
		sum := 0
		for _, s := range got.Steps {
			sum += s.Rows
		}
		if sum != rows {
			t.Errorf("after %d s: %d rows of %d", test.second, sum, rows)
		}
	}
}

// A run is busy from its first request to the last answer: the time before, such as that at a question, counts for no pace.
func TestBusy(t *testing.T) {
	start := time.Unix(0, 0)
	r := NewRecorder(start)
	r.Row(start.Add(time.Second), time.Time{})
	r.Row(start.Add(16*time.Second), start.Add(15*time.Second))
	r.Row(start.Add(17*time.Second), start.Add(14*time.Second)) // sent first, and tried again
	if r.Busy() != 3*time.Second {
		t.Error(r.Busy())
	}
}
