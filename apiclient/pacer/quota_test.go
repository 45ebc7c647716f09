package pacer

import (
	"math"
	"testing"
	"time"
)

func TestEstimate(t *testing.T) {
	tests := []struct {
		name  string
		event event
		want  float64
	}{
		{"the very first request", event{rate: 100, high: 1000, hadRetryAfter: true}, 50},
		{"the bucket was full at the start; the share admitted counts",
			event{rate: 98, high: 115, hadRetryAfter: true, sent: 13, passed: 5}, 40},
		{"short pauses: nearly exact", event{rate: 60, low: 37, high: 38}, 38},
		{"at most what was let in outside of pauses",
			event{rate: 100, low: 45, high: 91, hadRetryAfter: true, sent: 14, passed: 14}, 91},
		{"it was refused at that rate",
			event{rate: 100, low: 90, high: 180, hadRetryAfter: true, sent: 14, passed: 14}, 95},
		{"none of the later ones was admitted", event{rate: 50, low: 16.7, high: 50, hadRetryAfter: true, sent: 10}, 25},
		{"at least what was let in", event{rate: 100, low: 90, high: 100, hadRetryAfter: true, sent: 14, passed: 4}, 90},
		{"congestion by the count of strays", event{rate: 100, low: 40, high: 91, hadTokens: true, sent: 5, passed: 3}, 50},
		{"the same, with too few answers", event{rate: 100, low: 40, high: 91, hadTokens: true, sent: 2, passed: 1}, 50},
	}
	for _, tt := range tests {
		if got, _ := tt.event.estimate(strayMost); math.Abs(got-tt.want) > 0.01*tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestCertain: what is no proof of an empty bucket changes nothing.
func TestCertain(t *testing.T) {
	tests := []struct {
		name  string
		event event
		want  bool
	}{
		{"a good level", event{rate: 100, high: 100, hadTokens: true}, false},
		{"an empty bucket", event{rate: 100, high: 100}, true},
		{"Retry-After", event{rate: 100, high: 100, hadTokens: true, hadRetryAfter: true}, true},
		{"twice what an empty bucket could admit", event{rate: 100, high: 50, hadRetryAfter: true, sent: 14, passed: 14}, false},
	}
	for _, tt := range tests {
		if _, got := tt.event.estimate(0); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// A window refills by nothing until it ends; a stray refusal in it is no reason for a long pause.
func TestHoldIsShort(t *testing.T) {
	if got := (&quota{}).hold(); got > 300*time.Millisecond {
		t.Error(got)
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
			q.answered(now, permit, Answer{Kind: Passed, Level: &Level{Remaining: int(math.Round(level))}}, false)
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
