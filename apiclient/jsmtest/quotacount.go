package jsmtest

import (
	"math"
	"time"
)

// quotaCount is a quota at work on one operation. The limiter's lock guards it.
type quotaCount struct {
	Quota
	seed   uint64
	began  time.Time // first request
	asked  uint64
	shards []shard
	picked *shard
	closed time.Time // of a Lockout: until then
}

// shard is one bucket, or one window.
type shard struct {
	level float64
	at    time.Time // when level was so
}

// whole is what a level may lack of 1 by rounding.
const whole = 1 - 1e-9

// longest is the wait that is told when the quota would never admit.
const longest = time.Hour

// ask picks a shard for the next request and says how long to wait until it
// admits one: 0 now.
func (q *quotaCount) ask(now time.Time) time.Duration {
	q.begin(now)
	q.asked++
	q.picked = &q.shards[0]
	if len(q.shards) > 1 {
		q.picked = &q.shards[hash(string(rune(q.seed)), string(rune(q.asked)))%uint64(len(q.shards))]
	}
	q.fill(q.picked, now)
	if now.Before(q.closed) {
		return q.closed.Sub(now)
	}
	if q.picked.level >= whole {
		return 0
	}
	switch q.Kind {
	case Lockout:
		q.closed = now.Add(q.Closed)
		return q.Closed
	case FixedWindow:
		return q.windowEnd(now).Sub(now)
	}
	need := (1 - q.picked.level) * float64(len(q.shards))
	return max(q.timeFor(now.Sub(q.began), need), time.Millisecond)
}

func (q *quotaCount) begin(now time.Time) {
	if !q.began.IsZero() {
		return
	}
	q.began = now
	for range q.Shards {
		q.shards = append(q.shards, shard{q.full(), now})
	}
}

func (q *quotaCount) take() { q.picked.level-- }

func (q *quotaCount) size() int {
	if q.Kind == FixedWindow {
		return q.Limit
	}
	return q.Burst
}

// full is the level of a full shard.
func (q *quotaCount) full() float64 { return float64(q.size()) / float64(q.Shards) }

// left is the picked shard's level, as if all had the same.
func (q *quotaCount) left() int {
	return int(math.Floor(max(q.picked.level+1e-9, 0) * float64(len(q.shards))))
}

// fill brings a shard up to now.
func (q *quotaCount) fill(s *shard, now time.Time) {
	n := float64(len(q.shards))
	if q.Kind == FixedWindow {
		since := q.windowEnd(now).Add(-q.Window)
		if s.at.Before(since) {
			s.level, s.at = q.full(), since
		}
		s.level -= q.Neighbor / n * now.Sub(s.at).Seconds()
	} else {
		s.level = min(q.full(), s.level+q.supply(s.at.Sub(q.began), now.Sub(q.began))/n)
	}
	s.at = now
}

// windowEnd is when the window of now ends.
func (q *quotaCount) windowEnd(now time.Time) time.Time {
	if q.Aligned {
		return now.Truncate(q.Window).Add(q.Window)
	}
	return q.began.Add((now.Sub(q.began)/q.Window + 1) * q.Window)
}

// rate is the net rate at a time since the first request, and when it changes
// next; 0: never.
func (q *quotaCount) rate(at time.Duration) (float64, time.Duration) {
	rate := q.Rate
	for _, c := range q.Schedule {
		if c.After > at {
			return max(rate-q.Neighbor, 0), c.After
		}
		rate = c.Rate
	}
	return max(rate-q.Neighbor, 0), 0
}

// supply is what comes in from one time to another.
func (q *quotaCount) supply(from, to time.Duration) float64 {
	sum := 0.0
	for from < to {
		rate, until := q.rate(from)
		if until == 0 || until > to {
			until = to
		}
		sum += rate * (until - from).Seconds()
		from = until
	}
	return sum
}

// timeFor is how long it takes from a time on until need has come in.
func (q *quotaCount) timeFor(from time.Duration, need float64) time.Duration {
	start := from
	for {
		rate, until := q.rate(from)
		if rate > 0 {
			d := time.Duration(need / rate * float64(time.Second))
			if until == 0 || from+d <= until {
				return min(from+d-start, longest)
			}
			need -= rate * (until - from).Seconds()
		}
		if until == 0 {
			return longest
		}
		from = until
	}
}
