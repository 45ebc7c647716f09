package report

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
)

func TestTrace(t *testing.T) {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	r := NewRecorder(start, nil)
	r.Row(at(0.1), importer.Known, 0)
	r.Row(at(0.2), importer.Created, 100*time.Millisecond)
	r.Row(at(2.5), importer.Failed, 200*time.Millisecond)
	r.Refused(at(0.5), 0)
	r.Refused(at(2.6), 2)
	r.Refused(at(2.7), 2)
	r.Refused(at(3.1), 5)
	r.Refused(at(3.2), 4) // somebody who looked earlier, and tells later
	r.Hold("quota")
	r.Pause(at(2.75), at(4.5))
	r.Hold("nothing")
	r.Pause(at(4.5), at(4.5))
	r.Pause(at(4.5), at(4.75))         // whose reason nobody said
	r.Row(at(-5), importer.Created, 0) // a clock that was set back
	want := []Step{
		{Rows: 3, Sent: 1}, {}, {Rows: 1, Sent: 1, NotGood: 1, Refused: 2, Paused: 250 * time.Millisecond}, {Refused: 3, Paused: time.Second}, {Paused: 750 * time.Millisecond}}
	got := r.Trace()
	if diff := cmp.Diff(want, got.Steps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Pauses{{"quota", 1, 1750 * time.Millisecond}, {"the site asked for it", 1, 250 * time.Millisecond}}, got.Pauses); diff != "" {
		t.Error(diff)
	}
	if got.Total() != (Step{Rows: 4, Sent: 2, NotGood: 1, Refused: 5, Paused: 2 * time.Second}) {
		t.Errorf("%+v", got.Total())
	}
}

func TestTraceStaysSmall(t *testing.T) {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	r := NewRecorder(start, nil)
	for s := range 20000 {
		r.Row(start.Add(time.Duration(s)*time.Second), importer.Created, time.Millisecond)
		if s%100 == 0 {
			r.Hold(fmt.Sprint("reason ", s))
			r.Pause(start.Add(time.Duration(s)*time.Second), start.Add(time.Duration(s+1)*time.Second))
		}
	}
	got := r.Trace()
	if len(got.Steps) > traceSteps || got.Width != 128*time.Second {
		t.Errorf("%d steps of %v", len(got.Steps), got.Width)
	}
	for i, step := range got.Steps[:len(got.Steps)-1] {
		if step.Rows != 128 {
			t.Errorf("step %d has %d rows", i, step.Rows)
		}
	}
	if total := got.Total(); total.Rows != 20000 || total.Paused != 200*time.Second {
		t.Errorf("%+v", total)
	}
	count := 0
	for _, p := range got.Pauses {
		count += p.Count
	}
	if len(got.Pauses) != maxReasons || count != 200 || got.Pauses[maxReasons-1].Why != "other reasons" {
		t.Errorf("%d reasons, %d pauses: %v", len(got.Pauses), count, got.Pauses)
	}
}

func TestTraceDoublesWhenItIsFull(t *testing.T) {
	r := NewRecorder(time.Unix(0, 0), nil)
	for _, test := range []struct {
		second, steps int
		width         time.Duration
	}{{239, 240, time.Second}, {240, 121, 2 * time.Second}, {479, 240, 2 * time.Second}, {480, 121, 4 * time.Second}, {100000, 196, 512 * time.Second}} {
		r.Row(time.Unix(int64(test.second), 0), importer.Created, 0)
		if got := r.Trace(); len(got.Steps) != test.steps || got.Width != test.width {
			t.Errorf("after %d s: %d steps of %v", test.second, len(got.Steps), got.Width)
		}
	}
}

func TestTraceGoesOnWithoutTheNightBetween(t *testing.T) {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	first := NewRecorder(start, nil)
	first.Row(start.Add(1500*time.Millisecond), importer.Created, time.Second)
	stored, err := json.Marshal(first.Trace())
	if err != nil {
		t.Fatal(err)
	}
	var before Trace
	if err := json.Unmarshal(stored, &before); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Trace(), before, cmp.AllowUnexported(Histogram{})); diff != "" {
		t.Error(diff)
	}
	second := NewRecorder(start.Add(24*time.Hour), &before)
	second.Row(start.Add(24*time.Hour+time.Millisecond), importer.Failed, time.Second)
	got := second.Trace()
	if diff := cmp.Diff([]Step{{}, {Rows: 1, Sent: 1}, {Rows: 1, Sent: 1, NotGood: 1}}, got.Steps); diff != "" {
		t.Error(diff)
	}
	if len(got.Sittings) != 2 || got.Sittings[1].From != 2*time.Second || len(before.Steps) != 2 {
		t.Errorf("%+v", got)
	}
	for range 100 {
		now := got
		got = NewRecorder(start, &now).Trace()
	}
	if len(got.Sittings) != maxSittings || !got.Sittings[0].At.Equal(start) {
		t.Errorf("%d sittings", len(got.Sittings))
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for ms := 1; ms <= 10000; ms++ {
		h.Add(time.Duration(ms) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 5 * time.Second, 0.95: 9500 * time.Millisecond, 0.99: 9900 * time.Millisecond, 0: time.Millisecond} {
		if got := h.Quantile(q); math.Abs(float64(got-want)) > 0.05*float64(want) {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
	var extreme Histogram
	extreme.Add(-time.Second)
	extreme.Add(0)
	extreme.Add(1000 * time.Hour)
	if extreme.Count() != 3 || extreme.Quantile(0.5) > 2*time.Millisecond || extreme.Quantile(1) < 17*time.Minute {
		t.Errorf("%d: %v, %v", extreme.Count(), extreme.Quantile(0.5), extreme.Quantile(1))
	}
	if err := json.Unmarshal([]byte("[1]"), &h); err != nil || h.Count() != 1 {
		t.Errorf("%d %v", h.Count(), err)
	}
	many, err := json.Marshal(make([]int, bucketCount+1))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(many, &h); err == nil {
		t.Error("a histogram with too many buckets was read")
	}
}
