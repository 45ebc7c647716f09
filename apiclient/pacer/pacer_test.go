package pacer

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// send waits for a permit and leaves with it.
func send(t *testing.T, p *Pacer, retry bool) (Permit, error) {
	t.Helper()
	permit, err := p.Wait(t.Context(), retry)
	if err == nil {
		err = p.Leave(t.Context(), &permit)
	}
	return permit, err
}

// leave does so, and fails the test when it cannot.
func leave(t *testing.T, p *Pacer) Permit {
	t.Helper()
	permit, err := send(t, p, false)
	if err != nil {
		t.Fatal(err)
	}
	return permit
}

func leaves(t *testing.T, p *Pacer, n int) (permits []Permit) {
	t.Helper()
	for range n {
		permits = append(permits, leave(t, p))
	}
	return permits
}

func refusedFor(d time.Duration) Answer { return Answer{Kind: Refused, RetryAfter: d} }

// around reports whether a duration is what is wanted, but for the rounding of waits.
func around(got, want time.Duration) bool {
	return got >= want && got < want+10*time.Microsecond
}

func TestOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		permits := leaves(t, p, 12)
		straggler, permits := permits[0], permits[1:]
		for _, permit := range permits {
			p.Done(permit, refusedFor(time.Second))
		}
		p.Done(leave(t, p), Answer{Kind: Passed})
		rate := p.Pace().Rate
		if rate < 49 || rate > 52 {
			t.Errorf("after %d refusals of one event the rate is %v, want half of it, once", len(permits), rate)
		}
		p.Done(straggler, refusedFor(time.Second))
		p.Done(leave(t, p), Answer{Kind: Passed})
		if got := p.Pace().Rate; got < rate {
			t.Errorf("a refusal of an older epoch changed the rate from %v to %v", rate, got)
		}
	})
}

func TestPauseThenPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		leaves(t, p, 20)
		p.Done(leave(t, p), refusedFor(2*time.Second))
		refused := time.Now()
		var mu sync.Mutex
		var left []time.Duration
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				leave(t, p)
				mu.Lock()
				defer mu.Unlock()
				left = append(left, time.Since(refused))
			})
		}
		wg.Wait()
		if left[0] < 2*time.Second {
			t.Errorf("the first left %v after the refusal", left[0])
		}
		if n := densest(left); n > herdMost {
			t.Errorf("%d left within 100 ms", n)
		}
		if last := left[workers-1]; last < 2*time.Second+workers/2*10*time.Millisecond {
			t.Errorf("all had left %v after the refusal", last)
		}
	})
}

func TestLateSuccessEndsNoPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 0)
		permits := leaves(t, p, 5)
		start := time.Now()
		p.Done(permits[0], refusedFor(5*time.Second))
		p.Done(permits[1], refusedFor(time.Second))
		p.Done(permits[2], Answer{Kind: Passed})
		time.Sleep(2 * time.Second)
		p.Done(permits[3], refusedFor(4*time.Second))
		p.Done(permits[4], Answer{Kind: Passed})
		leave(t, p)
		if got := time.Since(start); !around(got, 6*time.Second) {
			t.Errorf("paused for %v, want 6s", got)
		}
	})
}

func TestWaiterLooksAgainAfterItsSleep(t *testing.T) {
	t.Run("a pause came", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewGroup(0, nil).Pacer("create", 1)
			permit := leave(t, p)
			start := time.Now()
			time.AfterFunc(500*time.Millisecond, func() { p.Done(permit, refusedFor(3*time.Second)) })
			leave(t, p)
			if got := time.Since(start); got < 3500*time.Millisecond {
				t.Errorf("left after %v, in the middle of a pause", got)
			}
		})
	})
	t.Run("the rate rose", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := NewGroup(0, nil).Pacer("create", 0)
			permit, other := leave(t, p), leave(t, p)
			p.Done(permit, Answer{Kind: Passed, Level: &Level{Remaining: 0}})
			leave(t, p)
			start := time.Now()
			time.AfterFunc(100*time.Millisecond, func() {
				p.Done(other, Answer{Kind: Passed, Level: &Level{Remaining: 1000}})
			})
			leave(t, p)
			if got := time.Since(start); got < 100*time.Millisecond || got > 200*time.Millisecond {
				t.Errorf("left after %v; it slept on at the old rate", got)
			}
		})
	})
}

func TestWaitReturnsTheErrorOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		p.Done(leave(t, p), refusedFor(time.Minute))
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 { // at the front, and behind it
			wg.Go(func() {
				if _, err := p.Wait(ctx, false); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if got := time.Since(start); got != time.Second {
					t.Errorf("returned after %v, want the deadline", got)
				}
			})
		}
		wg.Wait()
		if _, err := p.Wait(ctx, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		leave(t, p)
	})
}

func TestNoWaitSpins(t *testing.T) {
	for _, maxRate := range []float64{0.3, 7, 33.3, 99.7, 333.3, 12345.678} {
		synctest.Test(t, func(t *testing.T) {
			p := NewGroup(0, nil).Pacer("create", maxRate)
			start, looks := time.Now(), 0
			const sends = 200
			for sent := 0; sent < sends; looks++ {
				d, err := p.tryPermit(&Permit{}, true)
				if err != nil {
					t.Fatal(err)
				}
				if d == 0 {
					sent++
				} else if d < 0 {
					t.Fatalf("%v a second: a wait of %v", maxRate, d)
				}
				time.Sleep(d)
			}
			if looks > 3*sends {
				t.Errorf("%v a second: looked %d times for %d sends", maxRate, looks, sends)
			}
			least := (sends - math.Ceil(maxRate)*1.1 - 1) / maxRate
			if got := time.Since(start).Seconds(); got < least || got > sends/maxRate+0.01 {
				t.Errorf("%v a second: %d sends took %v s", maxRate, sends, got)
			}
		})
	}
}

// Refusals are no failures: only retries after failures are limited.
func TestRefusalsCountForNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		for range 100 {
			p.Done(leave(t, p), refusedFor(10*time.Millisecond))
			if p.Pace().Probing {
				t.Fatal("refusals began an outage")
			}
		}
	})
}

func TestGrowsOnlyWhileThePaceLimits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		busy  bool
		grows bool
	}{{"busy", true, true}, {"idle", false, false}} {
		synctest.Test(t, func(t *testing.T) {
			p := NewGroup(0, nil).Pacer("create", 100)
			p.Done(leave(t, p), refusedFor(time.Second))
			p.Done(leave(t, p), Answer{Kind: Passed})
			before := p.Pace().Rate
			for start := time.Now(); time.Since(start) < time.Minute; {
				p.Done(leave(t, p), Answer{Kind: Passed})
				if !tt.busy {
					time.Sleep(time.Second)
				}
			}
			if after := p.Pace().Rate; (after > 1.1*before) != tt.grows {
				t.Errorf("%s: from %v to %v a second", tt.name, before, after)
			}
		})
	}
}

func TestOnePaceForEachEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(0, nil)
		create, search := g.Pacer("create", 100), g.Pacer("search", 100)
		create.Done(leave(t, create), refusedFor(10*time.Second))
		start := time.Now()
		leave(t, search)
		if d := time.Since(start); d > 0 {
			t.Errorf("another endpoint waited %v", d)
		}
		create.Done(leave(t, create), Answer{
			Kind: Refused, RetryAfter: 20 * time.Second, Shared: true, Reason: "jira-quota-tenant-based"})
		start = time.Now()
		if got := search.Pace(); got.PausedUntil.Sub(start) != 20*time.Second || got.Why != "jira-quota-tenant-based" {
			t.Errorf("pace of the other endpoint: %+v", got)
		}
		leave(t, search)
		if d := time.Since(start); !around(d, 20*time.Second) {
			t.Errorf("a shared pause held the other endpoint for %v, want 20s", d)
		}
		if rate := search.Pace().Rate; rate != 100 {
			t.Errorf("a shared pause changed the other rate to %v", rate)
		}
	})
}

// An endpoint that is first asked during a shared pause waits for its end, too.
func TestSharedPauseHoldsNewPacers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(0, nil)
		create := g.Pacer("create", 100)
		permits, start := leaves(t, create, 2), time.Now()
		create.Done(permits[0], Answer{Kind: Refused, RetryAfter: 20 * time.Second, Shared: true})
		create.Done(permits[1], Answer{Kind: Refused, RetryAfter: time.Second, Shared: true})
		leave(t, g.Pacer("search", 100))
		if d := time.Since(start); !around(d, 20*time.Second) {
			t.Errorf("waited %v, want 20s", d)
		}
	})
}

// What passes ends no pause of the whole tenant, also when a refusal of one request alone has asked for a longer one.
func TestPassEndsNoSharedPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		create := NewGroup(15*time.Minute, nil).Pacer("create", 100)
		var left []Permit
		for range 4 {
			left = append(left, leave(t, create))
			time.Sleep(10 * time.Millisecond)
		}
		create.Done(left[0], refusedFor(time.Hour))
		create.Done(left[2], Answer{Kind: Refused, RetryAfter: 10 * time.Minute, Shared: true})
		start := time.Now()
		create.Done(left[1], Answer{Kind: Passed})
		create.Done(left[3], refusedFor(time.Minute))
		leave(t, create)
		if d := time.Since(start); !around(d, 10*time.Minute) {
			t.Errorf("the next one left after %v, want 10m", d)
		}
	})
}

// Requests that have not left are not counted, whatever has become of them; those that a transport repeats are.
func TestSentIsWhatHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		for sent := range 3 {
			p.Done(leave(t, p), Answer{Kind: Failed, Sent: sent})
		}
		permit, _ := p.Wait(t.Context(), false)
		p.Done(permit, Answer{Kind: Unsent})
		if got := p.Pace(); got.Sent != 3 || got.InFlight != 0 || p.unsent != 0 {
			t.Errorf("%+v, %d permits are taken for unsent", got, p.unsent)
		}
	})
}

func TestLatencySaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 50)
		start := time.Now()
		for i := range 1000 {
			permit := leave(t, p)
			time.AfterFunc(time.Duration(i)*50*time.Millisecond, func() { p.Done(permit, Answer{Kind: Passed}) })
		}
		if got := time.Since(start); got > 20*time.Second {
			t.Errorf("1000 sends at 50 a second took %v", got)
		}
		if rate := p.Pace().Rate; rate != 50 {
			t.Errorf("rate %v", rate)
		}
		time.Sleep(time.Minute)
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 1)
		leave(t, p)
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				leave(t, p)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			})
			synctest.Wait()
		}
		wg.Wait()
		for i, n := range order {
			if i != n {
				t.Fatalf("left in the order %v", order)
			}
		}
	})
}

// A quota of the whole tenant says nothing about the endpoint that happened to be refused.
func TestSharedRefusalLeavesThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		for _, permit := range leaves(t, p, 12) {
			p.Done(permit, Answer{Kind: Refused, RetryAfter: time.Second, Shared: true})
		}
		p.Done(leave(t, p), Answer{Kind: Passed})
		p.Done(leave(t, p), Answer{Kind: Refused})
		leave(t, p)
		if rate := p.Pace().Rate; rate != 100 {
			t.Errorf("rate %v", rate)
		}
	})
}

// Those behind the front may go before it.
func TestWaiterBehindTheFrontIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		p.Done(leave(t, p), refusedFor(time.Minute))
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { leave(t, p) })
		synctest.Wait()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Wait(ctx, false); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
	})
}

// A full bucket is no reason for a herd after a pause.
func TestNoHerdAtAFullLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewGroup(0, nil).Pacer("create", 100)
		permits := leaves(t, p, 3)
		p.Done(permits[0], Answer{Kind: Passed, Level: &Level{Remaining: 1000}})
		p.Done(permits[1], refusedFor(10*time.Second))
		p.Done(permits[2], Answer{Kind: Passed, Level: &Level{Remaining: 1000}})
		var left []time.Duration
		start := time.Now()
		for range workers {
			p.Done(leave(t, p), Answer{Kind: Passed, Level: &Level{Remaining: 1000}})
			left = append(left, time.Since(start))
		}
		if n := densest(left); n > 14 {
			t.Errorf("%d left within 100 ms", n)
		}
	})
}
