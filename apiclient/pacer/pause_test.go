package pacer

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a pacer of which the events are kept.
func watched(maxPause time.Duration) (*Pacer, func(what string) []Event) {
	var mu sync.Mutex
	var events []Event
	g := NewGroup(maxPause, func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	})
	return g.Pacer("create", 100), func(what string) (some []Event) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range events {
			if strings.Contains(e.Text, what) {
				some = append(some, e)
			}
		}
		return some
	}
}

// breakDown lets first attempts fail until there is an outage.
func breakDown(t *testing.T, p *Pacer) {
	t.Helper()
	for range outageWeight {
		if p.Pace().Probing {
			t.Fatal("an outage too early")
		}
		p.Done(leave(t, p), Answer{Kind: Failed, Reason: "503"})
	}
	if !p.Pace().Probing {
		t.Fatal("no outage")
	}
}

func TestOutageIsProbedWithSingleRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, reported := watched(time.Hour)
		late := leave(t, p)
		breakDown(t, p)
		failed := time.Now()
		probe := leave(t, p)
		for i := range 8 {
			d, want := time.Since(failed), min(firstProbe<<i, longestDelay)
			if d < want*7/10-time.Millisecond || d > min(want*13/10, longestDelay)+time.Millisecond {
				t.Errorf("probe %d after %v, want %v ± 30 %%", i, d, want)
			}
			next := make(chan Permit)
			go func() { next <- leave(t, p) }()
			time.Sleep(time.Minute)
			select {
			case <-next:
				t.Fatal("a second request left while a probe was on its way")
			default:
			}
			p.Done(probe, Answer{Kind: Failed})
			failed = time.Now()
			probe = <-next
		}
		if n := len(reported("outage began")); n != 1 {
			t.Errorf("told of %d outages", n)
		}
		p.Done(probe, Answer{Kind: Passed})
		if n := len(reported("outage ended")); n != 1 || p.Pace().Probing {
			t.Errorf("told of %d ends", n)
		}
		p.Done(late, Answer{Kind: Failed})
		if p.Pace().Probing {
			t.Error("one late failure began an outage")
		}
	})
}

// An unsent probe says nothing: the next one may leave at once.
func TestUnsentProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(time.Hour)
		breakDown(t, p)
		probe, start := leave(t, p), time.Now()
		p.Done(probe, Answer{Kind: Unsent})
		leave(t, p)
		if d := time.Since(start); d > 100*time.Millisecond {
			t.Errorf("waited %v", d)
		}
	})
}

// What left before the outage shows nothing of the site as it is now.
func TestAnswerToAProbeEndsAnOutage(t *testing.T) {
	for _, a := range []Answer{{Kind: Passed}, refusedFor(time.Second)} {
		synctest.Test(t, func(t *testing.T) {
			p, reported := watched(time.Hour)
			inFlight := leave(t, p)
			breakDown(t, p)
			p.Done(inFlight, a)
			if n := len(reported("outage ended")); n > 0 || !p.Pace().Probing {
				t.Errorf("%v: a late answer ended the outage", a.Kind)
			}
			p.Done(leave(t, p), a)
			if n := len(reported("outage ended")); n != 1 || p.Pace().Probing {
				t.Errorf("%v: reported %d ends", a.Kind, n)
			}
		})
	}
}

func TestProbeHeedsRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(time.Hour)
		breakDown(t, p)
		probe, start := leave(t, p), time.Now()
		p.Done(probe, Answer{Kind: Failed, RetryAfter: 5 * time.Minute})
		leave(t, p)
		if got := time.Since(start); got < 5*time.Minute {
			t.Errorf("probed again after %v", got)
		}
	})
}

func TestOutageThatLastsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(time.Minute)
		start := time.Now()
		breakDown(t, p)
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for {
					permit, err := send(t, p, true)
					if err == nil {
						time.Sleep(time.Second)
						p.Done(permit, Answer{Kind: Failed, Reason: "bad gateway"})
						continue
					}
					var o *PauseError
					if !errors.As(err, &o) || o.Outage.Sub(start) > time.Second || !strings.HasSuffix(o.Reason, ": bad gateway") {
						t.Errorf("error %v", err)
					}
					return
				}
			})
		}
		wg.Wait()
		if got := time.Since(start); got < time.Minute || got > 62*time.Second {
			t.Errorf("gave up after %v", got)
		}
	})
}

// One request that fails again and again waits no longer than all of them would, and what is no retry does not.
func TestFailuresThatLastTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, reported := watched(5 * time.Second)
		for _, idle := range []time.Duration{0, time.Minute} { // nobody has waited meanwhile
			time.Sleep(idle)
			start, permit := time.Now(), leave(t, p)
			for err := error(nil); err == nil; permit, err = send(t, p, true) {
				p.Done(permit, Answer{Kind: Failed, Reason: "bad gateway"})
				if time.Sleep(time.Second); time.Since(start) > 10*time.Second {
					t.Fatal("it goes on")
				}
			}
			_, err := send(t, p, true)
			want := PauseError{Outage: start, Until: start.Add(5 * time.Second), Reason: "create: bad gateway"}
			if e, ok := errors.AsType[*PauseError](err); !ok || *e != want || time.Since(start) < 5*time.Second {
				t.Errorf("after %v: %v, want %v", time.Since(start), err, &want)
			}
		}
		p.Done(leave(t, p), Answer{Kind: Passed})
		if _, err := send(t, p, true); err != nil || len(reported("outage")) > 0 {
			t.Errorf("%v, %v", err, reported("outage"))
		}
	})
}

// A site that is down, and wants to be left alone for long, does not speak of its quota. What one request is told is
// believed when it is told so again, and nothing else passes.
func TestSiteIsDownForLong(t *testing.T) {
	for _, first := range []int{1, outageWeight} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := watched(15 * time.Minute)
			start := time.Now()
			other, some := leave(t, p), leaves(t, p, first)
			for _, permit := range some {
				p.Done(permit, Answer{Kind: Failed, RetryAfter: time.Hour, Reason: "503"})
			}
			retried := make(chan error)
			go func() {
				_, err := p.Wait(t.Context(), true)
				retried <- err
			}()
			synctest.Wait() // for the answer to the other one
			failed := time.Now()
			p.Done(other, Answer{Kind: Failed, RetryAfter: time.Hour, Reason: "503"})
			e, ok := errors.AsType[*PauseError](<-retried)
			if !ok || !e.Until.Equal(failed.Add(time.Hour)) || e.Outage.Sub(start) > time.Second || e.Reason != "create: 503" {
				t.Errorf("%d: %+v", first, e)
			}
			if _, err := p.Wait(t.Context(), false); (err != nil) != (first > 1) {
				t.Errorf("%d, another request: %v", first, err)
			}
		})
	}
}

// What one request was told is forgotten when others pass that left later, also during a pause.
func TestWhatOneRequestIsToldIsForgotten(t *testing.T) {
	for _, later := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := watched(15 * time.Minute)
			var left []Permit
			for range 3 {
				left = append(left, leave(t, p))
				time.Sleep(10 * time.Millisecond)
			}
			p.Done(left[1], Answer{Kind: Failed, RetryAfter: 2 * time.Hour})
			p.Done(left[0], refusedFor(time.Second))
			if later {
				p.Done(left[2], Answer{Kind: Passed})
			} else {
				p.Done(left[2], Answer{Kind: Failed, RetryAfter: 2 * time.Hour})
			}
			if _, err := send(t, p, true); (err == nil) != later {
				t.Errorf("%t: %v", later, err)
			}
		})
	}
}

func TestOneBadRowIsNoOutage(t *testing.T) {
	t.Run("while others pass", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, reported := watched(time.Minute)
			for range 200 {
				bad, err := send(t, p, true)
				if err != nil {
					t.Fatal(err)
				}
				p.Done(bad, Answer{Kind: Failed})
				for range 5 {
					p.Done(leave(t, p), Answer{Kind: Passed})
				}
			}
			if e := reported("outage began"); len(e) > 0 {
				t.Error(e)
			}
		})
	})
	t.Run("the last one of the run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, reported := watched(time.Minute)
			for i := range 16 {
				bad, err := send(t, p, i > 0)
				if err != nil {
					t.Fatal(err)
				}
				p.Done(bad, Answer{Kind: Failed})
			}
			if e := reported("outage began"); len(e) > 0 {
				t.Error(e)
			}
		})
	})
}

func TestTooManyFailuresAreAnOutage(t *testing.T) {
	for _, tt := range []struct {
		every int // one request in so many fails
		want  bool
	}{{100, false}, {7, false}, {3, true}} {
		synctest.Test(t, func(t *testing.T) {
			p, reported := watched(time.Hour)
			retry := false
			for i := range 2000 {
				permit, err := send(t, p, retry)
				if err != nil {
					t.Fatal(err)
				}
				retry = i%tt.every == 0
				if retry {
					p.Done(permit, Answer{Kind: Failed})
				} else {
					p.Done(permit, Answer{Kind: Passed})
				}
			}
			if got := reported("outage began"); (len(got) > 0) != tt.want {
				t.Errorf("one in %d fails: %d outages", tt.every, len(got))
			}
			if n := len(reported("outage ended")); tt.want && n == 0 {
				t.Error("no outage ended")
			}
		})
	}
}

// TestRunThroughAnOutage loses no row, and sends nearly nothing while the site is down.
func TestRunThroughAnOutage(t *testing.T) {
	sc := scene{rows: 5000, maxRate: 100, down: [2]time.Duration{10 * time.Second, 130 * time.Second},
		quota: quotaOf{Rate: 100}}
	f := run(t, sc, 1, ours)
	sent := 0
	for _, at := range f.arrivals {
		if at >= sc.down[0] && at < sc.down[1] {
			sent++
		}
	}
	if f.lost > 0 || f.strange > 0 || sent > workers {
		t.Errorf("%d rows lost, %d false conflicts, %d requests sent to a site that was down", f.lost, f.strange, sent)
	}
	if f.lasted > 215*time.Second {
		t.Errorf("took %v, want 170s and at most a probe's delay", f.lasted)
	}
}

func TestLongPauseIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(15 * time.Minute)
		permit, start := leave(t, p), time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { leaves(t, p, 100) }) // at the pace, until the refusal
		time.Sleep(2 * time.Second)
		p.Done(permit, Answer{Kind: Refused, RetryAfter: time.Hour, Shared: true, Reason: "jira-quota-tenant-based"})
		for range 10 {
			wg.Go(func() {
				_, err := p.Wait(t.Context(), false)
				var pe *PauseError
				want := PauseError{Until: start.Add(time.Hour + 2*time.Second), Reason: "jira-quota-tenant-based"}
				if !errors.As(err, &pe) || *pe != want {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("the waiters were told after %v", got)
		}
		time.Sleep(time.Hour)
		leave(t, p)
	})
}

// A refusal of one request for longer than anybody waits is believed when nothing passes that left after it.
func TestLongPauseOfOneRequest(t *testing.T) {
	for _, tc := range []struct {
		name          string
		before, after Kind // of the requests that left before it and after it
		ends          bool
	}{
		{"others pass", Passed, Passed, true},
		{"an answer that was late", Passed, Refused, false},
		{"no answer", Refused, Failed, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := watched(15 * time.Minute)
				var left [3]Permit
				for i := range left {
					left[i] = leave(t, p)
					time.Sleep(time.Second)
				}
				p.Done(left[1], Answer{Kind: Refused, RetryAfter: time.Hour})
				waiter := make(chan error)
				go func() {
					_, err := p.Wait(t.Context(), false)
					waiter <- err
				}()
				time.Sleep(time.Second)
				start := time.Now()
				for i, kind := range map[int]Kind{0: tc.before, 2: tc.after} {
					p.Done(left[i], Answer{Kind: kind, RetryAfter: time.Hour})
				}
				if err := <-waiter; (err == nil) != tc.ends || time.Since(start) > time.Minute {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}

// Waiters that stand in line already when the pause comes are told at once too, of a shared pause in every pacer.
func TestLongPauseReachesAllWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(time.Minute, nil)
		create, search := g.Pacer("create", 1), g.Pacer("search", 1)
		permit := leave(t, create)
		leave(t, search)
		start := time.Now()
		var wg sync.WaitGroup
		for _, p := range []*Pacer{create, search} {
			for range 10 {
				wg.Go(func() {
					_, err := p.Wait(t.Context(), false)
					var pe *PauseError
					if !errors.As(err, &pe) {
						t.Errorf("error %v", err)
					}
				})
			}
		}
		synctest.Wait()
		create.Done(permit, Answer{Kind: Refused, RetryAfter: time.Hour, Shared: true})
		wg.Wait()
		if got := time.Since(start); got > 0 {
			t.Errorf("told after %v", got)
		}
	})
}

// Many pauses in a row, none of them too long, are together as long as they are.
func TestPausesInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(15 * time.Minute)
		start := time.Now()
		for {
			permit, err := p.Wait(t.Context(), false)
			if err != nil {
				var pe *PauseError
				if !errors.As(err, &pe) {
					t.Error(err)
				}
				break
			}
			p.Done(permit, refusedFor(time.Minute))
		}
		if got := time.Since(start); got > 16*time.Minute {
			t.Errorf("gave up after %v", got)
		}
	})
}

func TestRefusalsThatDoNotSayHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watched(0)
		for i := range 12 {
			permit, hold, start := leave(t, p), p.quota.hold(), time.Now()
			p.Done(permit, refusedFor(0))
			p.Done(leave(t, p), Answer{Kind: Unsent})
			want := min(hold<<i, longestDelay)
			if got := time.Since(start); got < want*7/10 || got > min(want*13/10, longestDelay)+time.Second {
				t.Errorf("pause %d lasted %v, want %v ± 30 %%", i, got, want)
			}
		}
	})
}

// Requests that were in flight together and are refused one after the other make one pause, which is told of once.
func TestOnePauseIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, reported := watched(time.Hour)
		var together []Permit
		for range 8 {
			together = append(together, leave(t, p))
		}
		for _, permit := range together {
			time.Sleep(50 * time.Millisecond)
			p.Done(permit, Answer{Kind: Refused, RetryAfter: time.Second, Reason: "jira-burst-based"})
		}
		p.Done(leave(t, p), Answer{Kind: Passed})
		if began, ended := len(reported("pause began")), len(reported("pause ended")); began != 1 || ended != 1 {
			t.Errorf("%d pauses began and %d ended", began, ended)
		}
	})
}
