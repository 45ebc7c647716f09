package pacer

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

func TestOddSignals(t *testing.T) {
	const day = 24 * time.Hour
	const slow = "never moves, low" // nothing tells it from a bucket that is kept at this level
	const random = "at random"
	real := func(d decision) int { return d.Level.Remaining }
	tests := []struct {
		name  string
		level func(at time.Duration, d decision) *jsmtest.Level
	}{
		{"negative", func(time.Duration, decision) *jsmtest.Level { return &jsmtest.Level{Remaining: -5} }},
		{"always nothing", func(time.Duration, decision) *jsmtest.Level { return &jsmtest.Level{} }},
		{"always nothing, and a reset", func(time.Duration, decision) *jsmtest.Level {
			return &jsmtest.Level{Reset: time.Minute}
		}},
		{"always nothing, and a day", func(time.Duration, decision) *jsmtest.Level { return &jsmtest.Level{Reset: day} }},
		{slow, func(time.Duration, decision) *jsmtest.Level { return &jsmtest.Level{Remaining: 4} }},
		{"never moves, high", func(time.Duration, decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: 40, Limit: 40}
		}},
		{"far too much", func(time.Duration, decision) *jsmtest.Level { return &jsmtest.Level{Remaining: 1 << 40} }},
		{"reset in the past", func(_ time.Duration, d decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: real(d), Reset: -time.Hour}
		}},
		{"reset of a bucket", func(_ time.Duration, d decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: real(d), Reset: time.Duration(50-real(d)) * 20 * time.Millisecond}
		}},
		{"reset of a bucket in minutes", func(at time.Duration, d decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: real(d), Reset: time.Minute - at%time.Minute}
		}},
		{"reset of a day", func(at time.Duration, d decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: real(d), Reset: day - at}
		}},
		{"limit now the bucket and now the rate", func(at time.Duration, d decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: real(d), Limit: 1 + int(at.Milliseconds())%100}
		}},
		{"every third answer only", func(at time.Duration, d decision) *jsmtest.Level {
			if int(at.Milliseconds())%3 > 0 {
				return nil
			}
			return &jsmtest.Level{Remaining: real(d)}
		}},
		{random, func(at time.Duration, _ decision) *jsmtest.Level {
			return &jsmtest.Level{Remaining: int(at.Microseconds()) % 50}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, maxRate := range []float64{-1, 100} {
				f := run(t, scene{
					rows: 4000, maxRate: maxRate, quota: quotaOf{Rate: 50, RateHeaders: true},
					alter: func(at time.Duration, d *decision) { d.Level = tt.level(at, *d) },
				}, 1, ours)
				t.Logf("max rate %v: time %.3f, 429 %.2f %%, pace %+v", maxRate, f.time, 100*f.refused, f.pace.Rate)
				most, ok := map[string]float64{slow: 4, random: 1.6}[tt.name]
				if !ok {
					most = 1.2
				}
				if f.time > most || f.refused > 0.14 || f.lost > 0 {
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
		permit, start := leave(t, p), time.Now()
		p.Done(permit, refusedFor(-time.Hour))
		leave(t, p)
		if got := time.Since(start); got > 100*time.Millisecond {
			t.Errorf("a negative Retry-After paused for %v", got)
		}
	})
}

// A quota that becomes larger is found again, whatever was learned before.
func TestLargerQuotaIsFound(t *testing.T) {
	t.Parallel()
	for _, headers := range []bool{true, false} {
		for _, maxRate := range []float64{-1, 100} {
			f := run(t, scene{rows: 30_000, maxRate: maxRate, quota: quotaOf{
				Burst: 50, Schedule: changes(5*time.Minute, 20, 80), RateHeaders: headers}}, 1, ours)
			if f.pace.Learned < 75 || f.pace.Learned > 85 {
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
		f := run(t, scene{rows: 3000, maxRate: 30, quota: quotaOf{Rate: 100, Burst: 300, RateHeaders: headers}}, 1, ours)
		if n := mostWithin(time.Second, f.left); n > 30 {
			t.Errorf("headers %v: %d left within a second", headers, n)
		}
		if f.lasted > 103*time.Second {
			t.Errorf("headers %v: took %v", headers, f.lasted)
		}
	}
}

// TestHeadersComeAndGo plays scenes in which it matters what the headers say, and when.
func TestHeadersComeAndGo(t *testing.T) {
	t.Parallel()
	limits := map[string]struct{ time, refused float64 }{
		"levels; window 1,000 in 60 s":       {1.004, 0.002},
		"429 with levels; 37/s, burst 50":    {1.01, 0.01},
		"levels that vanish; 37/s, burst 50": {1.01, 0.01},
		"levels that appear; 37/s, burst 50": {1.005, 0.01},
		"levels; neighbour takes 40 %":       {1.005, 0.0005},
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

// A pause that a used-up window makes is announced, and ends when the window does.
func TestUsedUpWindowIsReported(t *testing.T) {
	f := run(t, scene{rows: 2500, quota: quotaOf{Window: time.Minute, Limit: 1000, RateHeaders: true}}, 1, ours)
	want := []string{"pause began", "pause ended", "pause began", "pause ended"}
	for _, e := range f.events {
		if len(want) == 0 || !strings.Contains(e.Text, want[0]) || e.Lasted == 0 && !strings.Contains(e.Text, ":00 (") {
			t.Fatalf("%q, want %q and the window's end", e.Text, want)
		}
		want = want[1:]
	}
	if len(want) > 0 || f.refused > 0 {
		t.Errorf("%.3f %% refused; no %q", 100*f.refused, want)
	}
}

// What leaves is counted when it leaves: permits that were held up do not leave together.
func TestCeiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		var permits []Permit
		for range 300 {
			permit, err := p.Wait(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			permits = append(permits, permit)
		}
		start := time.Now()
		var left []time.Duration
		for _, permit := range permits {
			if err := p.Leave(t.Context(), &permit); err != nil {
				t.Fatal(err)
			}
			left = append(left, time.Since(start))
		}
		if n, burst := mostWithin(time.Second, left), densest(left); n > 100 || burst > 25 {
			t.Errorf("%d left within a second, %d within a tenth of it", n, burst)
		}
	})
}

// What must be written before each request leaves makes a run no slower, and no second fuller.
func TestSlowRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		start := time.Now()
		var mu sync.Mutex
		var left []time.Duration
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				for range 3200 / workers {
					permit, _ := p.Wait(t.Context(), false)
					time.Sleep(time.Duration(12+random.IntN(5)) * time.Millisecond)
					if err := p.Leave(t.Context(), &permit); err != nil {
						t.Error(err)
					}
					mu.Lock()
					left = append(left, time.Since(start))
					mu.Unlock()
					time.Sleep(100 * time.Millisecond)
					p.Done(permit, Answer{Kind: Passed})
				}
			})
		}
		wg.Wait()
		if n := mostWithin(time.Second, left); n > 100 {
			t.Errorf("%d left within a second", n)
		}
		if took := left[len(left)-1]; took > 32*time.Second*1005/1000 {
			t.Errorf("3200 took %v", took)
		}
	})
}

// A row that is always refused gets its outcome while the others go on at full speed. The median counts, as a refusal
// of it may be taken for the quota's.
func TestOneRowAlwaysRefused(t *testing.T) {
	var all []figures
	for seed := range uint64(9) {
		f := run(t, scene{rows: 10_000, cursed: 1000, quota: quotaOf{Rate: 100}}, seed+1, ours)
		if all = append(all, f); f.pace.Refused != 8 {
			t.Errorf("the row was refused %d times", f.pace.Refused)
		}
	}
	if s := summarize(all); s.time > 1.05 || s.lost > 0 {
		t.Errorf("time ÷ ideal of the others %.3f, %d lost", s.time, s.lost)
	}
}
