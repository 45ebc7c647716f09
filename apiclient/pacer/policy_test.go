package pacer

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var roughly = cmpopts.EquateApprox(1e-6, 1e-9)

func TestJudge(t *testing.T) {
	tests := []struct {
		name  string
		signs signs
		want  verdict
	}{
		{"a first guess that was wrong", signs{rate: 100, sent: 3}, verdict{rate: 50}},
		{"first event of a taught rate", signs{rate: 40, taught: true}, verdict{rate: 34}},
		{"first event, and a share is admitted", signs{rate: 100, sent: 19, admitted: 5}, verdict{rate: 1.15 * 27.5}},
		{"the share is no reason to go faster", signs{rate: 100, sent: 19, admitted: 19}, verdict{rate: 85}},
		{"lockout: none admitted says nothing", signs{rate: 100, between: 20, sent: 15}, verdict{rate: 85}},
		{"long pause", signs{rate: 100, long: true, taught: true, sent: 15}, verdict{rate: 60}},
		{"estimate near the rate", signs{rate: 40, between: 37}, verdict{rate: 37, known: true}},
		{"estimate at the lower edge", signs{rate: 100, between: 70}, verdict{rate: 70, known: true}},
		{"estimate at the upper edge", signs{rate: 100, between: 110}, verdict{rate: 110, known: true}},
		{"estimate too low: overflow", signs{rate: 100, between: 69}, verdict{rate: 85}},
		{"estimate too high", signs{rate: 100, between: 111}, verdict{rate: 85}},
		{"two low ones agree", signs{rate: 100, between: 10, before: 11}, verdict{rate: 10, known: true}},
		{"two low ones differ", signs{rate: 100, between: 10, before: 13}, verdict{rate: 85}},
		{"the quota has moved since", signs{rate: 100, between: 98, sent: 19, admitted: 5}, verdict{rate: 1.15 * 27.5}},
		{"a low estimate is a lower bound", signs{rate: 100, between: 60, sent: 19, admitted: 5}, verdict{rate: 60}},
		{"never to nothing", signs{rate: 0.1, sent: 20, admitted: 1}, verdict{rate: slowest}},
		{"never to nothing, known", signs{rate: 0.01, between: 0.01}, verdict{rate: slowest, known: true}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, judge(tt.signs), cmp.AllowUnexported(verdict{}), roughly); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestSlope(t *testing.T) {
	tests := []struct {
		name                      string
		last, quota, rate, before float64
		want                      float64
	}{
		{"confirmed: less and less", 0.008, 100, 120, 101, 0.002},
		{"never less than the creep", creep, 100, 101, 100, creep},
		{"the rate went far beyond: searched", 0.01, 100, 120, 80, 0.005},
		{"never steeper than the search", 0.01, 10, 100, 0, search},
		{"quota above the rate", 0.01, 100, 90, 0, creep},
	}
	for _, tt := range tests {
		if got := slope(tt.last, tt.quota, tt.rate, tt.before); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: slope %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestStretch(t *testing.T) {
	tests := []struct {
		name    string
		stretch stretch
		want    float64
	}{
		{"not paced", stretch{pushed: 100, slope: 1}, 0},
		{"at the start", stretch{base: 100, slope: 0.01}, 100},
		{"grows", stretch{base: 100, slope: 0.01, quiet: 20, pushed: 10}, 110},
		{"grows faster", stretch{base: 100, slope: 0.01, quiet: 20, faster: 0.02, pushed: 25}, 175},
		{"uses up what the pause let in", stretch{base: 100, paused: 1}, 120},
		{"of a long pause no more", stretch{base: 100, paused: 3000}, 120},
	}
	for _, tt := range tests {
		if got := tt.stretch.rate(); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("%s: rate %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestObserver gives the observer exact levels, and wants the refill and the level to be found within 2 s.
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
		b := newBucket(now, 50, tt.guess)
		level := 50.0
		for i := range int(2/tt.perSend) + 3 {
			now = now.Add(time.Duration(tt.perSend * 1e9))
			level = 50 + (tt.refill-1/tt.perSend)*tt.perSend*float64(i+1)
			b.left(now)
			b.most = 1e9
			b.answered(now, 0, math.Max(level, -1e9), 0)
		}
		if math.Abs(b.refill-tt.refill) > 0.03*tt.refill+0.5 {
			t.Errorf("%s: refill %.2f, want %.2f", tt.name, b.refill, tt.refill)
		}
		if math.Abs(b.level-level) > 1 {
			t.Errorf("%s: level %.2f, want %.2f", tt.name, b.level, level)
		}
	}
}

func TestSetPoint(t *testing.T) {
	tests := []struct {
		name   string
		bucket bucket
		want   float64
	}{
		{"a fifth of a second", bucket{refill: 100, most: 100}, 20},
		{"at least three", bucket{refill: 1, most: 100}, 3},
		{"a small bucket", bucket{refill: 100, most: 10}, 3},
		{"levels that scatter", bucket{refill: 100, most: 100, noise: 12}, 30},
		{"half of the bucket at most", bucket{refill: 100, most: 25, noise: 12}, 12.5},
		{"nothing", bucket{}, 0},
	}
	for _, tt := range tests {
		if got := tt.bucket.setPoint(); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: set point %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestIsWindow(t *testing.T) {
	at := time.Unix(1000, 0)
	a := closing{admitted: 1000, pause: 50 * time.Second, reset: at}
	tests := []struct {
		name string
		b    closing
		want bool
	}{
		{"as many, closed for another time", closing{admitted: 995, pause: 44 * time.Second, reset: at.Add(time.Minute)}, true},
		{"a lockout always lasts as long", closing{admitted: 1000, pause: 50 * time.Second, reset: at.Add(time.Minute)}, false},
		{"fewer admitted", closing{admitted: 900, pause: 44 * time.Second, reset: at.Add(time.Minute)}, false},
		{"the same window still", closing{admitted: 1000, pause: 44 * time.Second, reset: at}, false},
	}
	for _, tt := range tests {
		if got := isWindow(a, tt.b); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestWindow(t *testing.T) {
	type told struct {
		at, reset time.Duration
		total     float64
	}
	sec := time.Second
	tests := []struct {
		name string
		told []told
		want bool
	}{
		{"a reset that stands still", []told{{0, 60 * sec, 1000}, {sec, 59 * sec, 1000}, {2 * sec, 58 * sec, 999}}, true},
		{"not for long enough", []told{{0, 60 * sec, 1000}, {1900 * time.Millisecond, 58 * sec, 1000}}, false},
		{"a reset that moves", []told{{0, 10 * sec, 1000}, {2 * sec, 10 * sec, 1000}, {4 * sec, 10 * sec, 1000}}, false},
		{"a level that refills", []told{{0, 60 * sec, 1000}, {sec, 59 * sec, 1100}, {2 * sec, 58 * sec, 1200}}, false},
		{"the next window needs no proof", []told{{0, 4 * sec, 10}, {3 * sec, sec, 10}, {4 * sec, 60 * sec, 20}}, true},
		{"no reset, or in the past", []told{{0, 0, 10}, {3 * sec, -sec, 10}}, false},
	}
	for _, tt := range tests {
		var w window
		start := time.Unix(0, 0)
		for _, a := range tt.told {
			w.answered(start.Add(a.at), a.reset, a.total, 0)
		}
		if w.proven != tt.want {
			t.Errorf("%s: %+v", tt.name, w)
		}
	}
}

func TestCeiling(t *testing.T) {
	tests := []struct {
		rate   float64
		within time.Duration
		most   int
	}{
		{100, time.Second, 100},
		{0.5, 2 * time.Second, 1},
		{2.5, 1200 * time.Millisecond, 3},
		{50_000, 81920 * time.Microsecond, 4096},
	}
	for _, tt := range tests {
		c := newCeiling(tt.rate)
		now, sent := time.Unix(0, 0), 0
		for end := now.Add(tt.within - time.Nanosecond); !now.After(end); {
			if d := c.wait(now); d > 0 {
				now = now.Add(d)
				continue
			}
			c.left(now)
			sent++
		}
		if sent != tt.most {
			t.Errorf("%v a second: %d in %v, want %d", tt.rate, sent, tt.within, tt.most)
		}
	}
}

func TestPauseIsOnlyExtended(t *testing.T) {
	now := time.Unix(100, 0)
	var p pause
	for i, tt := range []struct {
		at, until int
		want      bool
		left      time.Duration
	}{
		{0, 5, true, 5 * time.Second},
		{1, 3, false, 4 * time.Second},
		{2, 8, true, 6 * time.Second},
		{9, 9, false, 0},
	} {
		at := now.Add(time.Duration(tt.at) * time.Second)
		if got := p.extend(at, now.Add(time.Duration(tt.until)*time.Second), ""); got != tt.want {
			t.Errorf("%d: extend: %v", i, got)
		}
		if got := p.left(at); got != tt.left {
			t.Errorf("%d: left %v, want %v", i, got, tt.left)
		}
	}
	if lasted, ended := p.end(now.Add(9 * time.Second)); !ended || lasted != 9*time.Second {
		t.Errorf("end: %v, %v", lasted, ended)
	}
	if _, ended := p.end(now.Add(9 * time.Second)); ended {
		t.Error("a pause ends twice")
	}
}
