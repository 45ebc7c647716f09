package pacer

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// odd is a bucket whose headers are not what they should be.
type odd struct {
	*tokenBucket
	level func(t float64, a admission) *Level
}

func (o odd) admit(t float64) admission {
	a := o.tokenBucket.admit(t)
	a.level = o.level(t, a)
	return a
}

func TestOddSignals(t *testing.T) {
	const day = 24 * time.Hour
	const slow = "never moves, low" // nothing tells it from a bucket that is kept at this level
	const random = "at random"
	real := func(a admission) int { return a.level.Remaining }
	tests := []struct {
		name  string
		level func(t float64, a admission) *Level
	}{
		{"negative", func(float64, admission) *Level { return &Level{Remaining: -5} }},
		{"always nothing", func(float64, admission) *Level { return &Level{} }},
		{"always nothing, and a reset", func(float64, admission) *Level { return &Level{Reset: time.Minute} }},
		{"always nothing, and a day", func(float64, admission) *Level { return &Level{Reset: day} }},
		{slow, func(float64, admission) *Level { return &Level{Remaining: 4} }},
		{"never moves, high", func(float64, admission) *Level { return &Level{Remaining: 40, Limit: 40} }},
		{"far too much", func(float64, admission) *Level { return &Level{Remaining: 1 << 40} }},
		{"reset in the past", func(_ float64, a admission) *Level { return &Level{Remaining: real(a), Reset: -time.Hour} }},
		{"reset of a bucket", func(_ float64, a admission) *Level {
			return &Level{Remaining: real(a), Reset: time.Duration(50-real(a)) * 20 * time.Millisecond}
		}},
		{"reset of a bucket in minutes", func(at float64, a admission) *Level {
			return &Level{Remaining: real(a), Reset: time.Minute - seconds(at)%time.Minute}
		}},
		{"reset of a day", func(at float64, a admission) *Level { return &Level{Remaining: real(a), Reset: day - seconds(at)} }},
		{"limit now the bucket and now the rate", func(at float64, a admission) *Level {
			return &Level{Remaining: real(a), Limit: 1 + int(at*1000)%100}
		}},
		{"every third answer only", func(at float64, a admission) *Level {
			if int(at*1000)%3 > 0 {
				return nil
			}
			return &Level{Remaining: real(a)}
		}},
		{random, func(at float64, _ admission) *Level { return &Level{Remaining: int(at*1e6) % 50} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, maxRate := range []float64{0, 100} {
				f := run(t, scene{rows: 4000, maxRate: maxRate, quota: func(*rand.Rand) quota {
					return odd{&tokenBucket{rates: steady(50), burst: 50, headers: true}, tt.level}
				}}, 1, ours)
				t.Logf("max rate %v: time %.3f, 429 %.2f %%, pace %+v", maxRate, f.time, 100*f.refused, f.pace.Rate)
				if f.time > 1.2 && tt.name != slow && tt.name != random || f.time > 1.6 && tt.name != slow || f.time > 4 || f.refused > 0.12 || f.lost > 0 {
					t.Errorf("max rate %v: time ÷ ideal %.3f, 429 %.2f %%, %d lost", maxRate, f.time, 100*f.refused, f.lost)
				}
			}
		})
	}
}

func TestAbsurdRetryAfter(t *testing.T) {
	for _, d := range []time.Duration{24 * time.Hour, 1e9 * time.Second, 1<<63 - 1} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := watched(15 * time.Minute)
			p.Done(leave(t, p), refusedFor(d))
			var pe *PauseError
			if _, err := p.Wait(t.Context(), false); !errors.As(err, &pe) {
				t.Errorf("%v: error %v", d, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(15 * time.Minute)
		ticket, start := leave(t, p), time.Now()
		p.Done(ticket, refusedFor(-time.Hour))
		leave(t, p)
		if got := time.Since(start); got < time.Second || got > 3*time.Second {
			t.Errorf("a negative Retry-After paused for %v", got)
		}
	})
}

// A quota that becomes larger is found again, whatever was learned before.
func TestLargerQuotaIsFound(t *testing.T) {
	for _, headers := range []bool{true, false} {
		for _, maxRate := range []float64{0, 100} {
			f := run(t, scene{rows: 30_000, maxRate: maxRate, quota: bucketOf(tokenBucket{
				rates: schedule{{0, 20}, {300, 80}}, burst: 50, headers: headers})}, 1, ours)
			if f.pace.Learned < 70 || f.pace.Learned > 90 {
				t.Errorf("headers %v, max rate %v: learned %v a second of 80", headers, maxRate, f.pace.Learned)
			}
			if f.time > 1.3 || f.refused > 0.01 {
				t.Errorf("headers %v, max rate %v: time ÷ ideal %.3f, 429 %.2f %%", headers, maxRate, f.time, 100*f.refused)
			}
		}
	}
}

func TestCeilingIsKept(t *testing.T) {
	for _, headers := range []bool{true, false} {
		f := run(t, scene{rows: 3000, maxRate: 30, quota: bucketOf(tokenBucket{rates: steady(100), burst: 300, headers: headers})}, 1, ours)
		first := 0
		for i, at := range f.arrivals {
			for f.arrivals[first] <= at-10*time.Second {
				first++
			}
			if n := i - first + 1; n > 300+20 {
				t.Fatalf("headers %v: %d arrivals in 10 s", headers, n)
			}
		}
		if f.lasted > 103*time.Second {
			t.Errorf("headers %v: took %v", headers, f.lasted)
		}
	}
}

// TestHeadersComeAndGo plays scenes in which it matters what the headers say, and when.
func TestHeadersComeAndGo(t *testing.T) {
	limits := map[string]struct{ time, refused float64 }{
		"levels; window 1,000 in 60 s":       {1.006, 0.002},
		"429 with levels; 37/s, burst 50":    {1.01, 0.003},
		"levels that vanish; 37/s, burst 50": {1.01, 0.003},
		"levels that appear; 37/s, burst 50": {1.005, 0.003},
		"levels; neighbour takes 40 %":       {1.005, 0.0005},
		"levels; 4 shards; 100/s":            {1.15, 0.002},
	}
	for _, sc := range more() {
		limit, ok := limits[sc.name]
		if !ok {
			continue
		}
		delete(limits, sc.name)
		f := run(t, sc, 1, ours)
		if f.time > limit.time || f.refused > limit.refused || f.lost+f.strange > 0 || f.herd > herdMost {
			t.Errorf("%s: time ÷ ideal %.4f, 429 %.3f %%, %d lost, herd %d", sc.name, f.time, 100*f.refused, f.lost, f.herd)
		}
	}
	if len(limits) > 0 {
		t.Errorf("no such scenes: %v", limits)
	}
}
