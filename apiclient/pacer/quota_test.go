package pacer

import (
	"math"
	"testing"
	"time"
)

func TestEstimate(t *testing.T) {
	tests := []struct {
		name   string
		event  event
		before float64
		flow   flow
		want   float64
	}{
		{name: "the very first request", want: 50,
			event: event{rate: 100, seconds: 0.001, first: true, vouched: true, certain: true}},
		{name: "the bucket was full at the start; the share admitted counts", want: 40,
			event: event{rate: 100, admitted: 80, seconds: 0.7, first: true, vouched: true, certain: true, after: flow{13, 5, 0}},
			flow:  flow{13, 5, 0.125}},
		{name: "short pauses: nearly exact", want: 38,
			event: event{rate: 60, admitted: 369, seconds: 10, idle: 0.25, certain: true}},
		{name: "at most what was let in outside of pauses", want: 91,
			event: event{rate: 100, admitted: 90, seconds: 2, idle: 1, vouched: true, certain: true, after: flow{14, 14, 0}},
			flow:  flow{14, 14, 0.14}},
		{name: "it was refused at that rate", want: 95,
			event: event{rate: 100, admitted: 180, seconds: 2, idle: 1, vouched: true, certain: true, after: flow{14, 14, 0}},
			flow:  flow{14, 14, 0.14}},
		{name: "none of the later ones was admitted", want: 30,
			event: event{rate: 50, admitted: 1000, seconds: 60, idle: 40, vouched: true, certain: true, after: flow{10, 0, 0}}},
		{name: "two lower bounds agree", before: 16.4, want: 1000. / 60,
			event: event{rate: 50, admitted: 1000, seconds: 60, idle: 40, vouched: true, certain: true, after: flow{10, 0, 0}}},
		{name: "the quota has fallen", want: 50,
			event: event{rate: 100, admitted: 5000, seconds: 50, vouched: true, certain: true, after: flow{14, 4, 0}}},
		{name: "congestion by the count of strays", want: 50,
			event: event{rate: 100, admitted: 40, seconds: 1, after: flow{5, 3, 0}}, flow: flow{5, 3, 0.05}},
		{name: "the same, with too few answers", want: 40,
			event: event{rate: 100, admitted: 40, seconds: 1, after: flow{2, 1, 0}}},
	}
	for _, tt := range tests {
		if _, got := tt.event.estimate(tt.before, tt.flow); math.Abs(got-tt.want) > 0.01*tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestBelieves: what is no proof of an empty bucket changes nothing.
func TestBelieves(t *testing.T) {
	clean := flow{60, 60, 0.6}
	tests := []struct {
		name  string
		quota quota
		event event
		want  bool
	}{
		{"a good level", quota{}, event{rate: 100, admitted: 100, seconds: 1, good: true}, false},
		{"an empty bucket", quota{}, event{rate: 100, admitted: 100, seconds: 1}, true},
		{"others came with Retry-After", quota{vouched: true}, event{rate: 100, admitted: 100, seconds: 1}, false},
		{"Retry-After", quota{vouched: true}, event{rate: 100, admitted: 100, seconds: 1, good: true, vouched: true}, true},
		{"Retry-After, but all that followed it lately was admitted", quota{vouched: true, flow: clean},
			event{rate: 100, admitted: 100, seconds: 1, good: true, vouched: true, after: flow{14, 14, 0}}, false},
		{"the same, and now none is", quota{vouched: true, flow: clean},
			event{rate: 100, admitted: 100, seconds: 1, good: true, vouched: true, after: flow{14, 0, 0}}, true},
		{"twice what an empty bucket could admit", quota{vouched: true},
			event{rate: 100, admitted: 50, seconds: 1, vouched: true, after: flow{14, 14, 0}}, false},
	}
	for _, tt := range tests {
		if got := tt.quota.believes(&tt.event); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestObserver gives exact levels, and wants the refill and the level to be found within 2 s.
func TestObserver(t *testing.T) {
	tests := []struct {
		name                   string
		guess, refill, perSend float64 // a second, a second, seconds
	}{
		{"guess too high", 100, 30, 0.01},
		{"guess too low", 10, 80, 0.01},
		{"few answers", 10, 4, 0.4},
		{"many answers", 1000, 900, 0.0001},
	}
	for _, tt := range tests {
		now := time.Unix(0, 0)
		q := quota{maxRate: unpaced, refill: tt.guess}
		level := 1e6
		for range int(2/tt.perSend) + 3 {
			now = now.Add(time.Duration(tt.perSend * 1e9))
			level += tt.refill*tt.perSend - 1
			permit := Permit{left: now, number: q.leave(now)}
			q.levels.largest = 1e9
			q.passed(now, permit, &Level{Remaining: int(math.Round(level))})
		}
		if math.Abs(q.refill-tt.refill) > 0.05*tt.refill+1 {
			t.Errorf("%s: refill %.2f, want %.2f", tt.name, q.refill, tt.refill)
		}
		if math.Abs(q.levels.level-level) > 2 {
			t.Errorf("%s: level %.2f, want %.2f", tt.name, q.levels.level, level)
		}
	}
}

func TestTarget(t *testing.T) {
	tests := []struct {
		name                  string
		refill, largest, want float64
	}{
		{"a fifth of a second", 100, 100, 20},
		{"at least three", 1, 100, 3},
		{"a small bucket", 100, 10, 3},
		{"nothing", 0, 0, 0},
	}
	for _, tt := range tests {
		l := levels{largest: tt.largest}
		if got := l.target(tt.refill); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
