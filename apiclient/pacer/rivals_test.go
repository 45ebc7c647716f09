package pacer

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

// fixed sends at a fixed rate, too fast by a fifth, and tries again at once what was refused.
type fixed struct{ limiter *rate.Limiter }

func newFixed(r float64) func(scene) strategy {
	return func(scene) strategy { return &fixed{rate.NewLimiter(rate.Limit(r), 1)} }
}

func (f *fixed) send(s *site, row int, random *rand.Rand) (o outcome) {
	for failures := 0; failures < attempts; {
		_ = f.limiter.Wait(context.Background())
		r := s.do(row)
		if r.status == 429 {
			continue
		}
		if o.take(r) {
			return o
		}
		failures++
		time.Sleep(fullJitter(failures, random))
	}
	return o
}

// sleepers are workers that each wait for Retry-After when they are refused.
type sleepers struct{}

func newSleepers(scene) strategy { return sleepers{} }

func (sleepers) send(s *site, row int, random *rand.Rand) (o outcome) {
	for failures := 0; failures < attempts; {
		r := s.do(row)
		if r.status == 429 {
			time.Sleep(r.retryAfter)
			continue
		}
		if o.take(r) {
			return o
		}
		failures++
		time.Sleep(fullJitter(failures, random))
	}
	return o
}

// retryable has the default policy of hashicorp/go-retryablehttp (client.go, DefaultRetryPolicy and DefaultBackoff):
// four retries, of refusals too, after Retry-After on 429 and 503 or after 1 s, doubled each time, at most 30 s.
type retryable struct{}

func newRetryable(scene) strategy { return retryable{} }

func (retryable) send(s *site, row int, _ *rand.Rand) (o outcome) {
	for attempt := range 5 {
		r := s.do(row)
		if o.take(r) {
			return o
		}
		if attempt == 4 {
			break
		}
		wait := min(time.Second<<attempt, 30*time.Second)
		if r.retryAfter > 0 {
			wait = r.retryAfter
		}
		time.Sleep(wait)
	}
	return o
}
