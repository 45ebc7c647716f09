package pacer

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// admission is what a simulated quota says to one request.
type admission struct {
	ok         bool
	retryAfter time.Duration
	level      *Level
}

// quota is a simulated limit. capacity is how many requests it can have admitted t seconds after the start.
type quota interface {
	admit(t float64) admission
	capacity(t float64) float64
}

// schedule is a rate that changes: from each time on, in seconds, so much a second.
type schedule []struct{ from, rate float64 }

func steady(rate float64) schedule { return schedule{{0, rate}} }

func (s schedule) at(t float64) float64 {
	r := s[0].rate
	for _, step := range s {
		if step.from <= t {
			r = step.rate
		}
	}
	return r
}

// sum is the integral from a to b.
func (s schedule) sum(a, b float64) float64 {
	total := 0.0
	for i, step := range s {
		end := math.Inf(1)
		if i+1 < len(s) {
			end = s[i+1].from
		}
		total += step.rate * max(0, min(b, end)-max(a, step.from))
	}
	return total
}

// alternate is a rate that a neighbour lowers in every other stretch of so many seconds.
func alternate(rate, lowered, every, until float64) schedule {
	var s schedule
	for i := 0; float64(i)*every < until; i++ {
		r := rate
		if i%2 == 1 {
			r = lowered
		}
		s = append(s, struct{ from, rate float64 }{float64(i) * every, r})
	}
	return s
}

// tokenBucket has headers from and until the given times.
type tokenBucket struct {
	rates             schedule
	burst             float64
	headers           bool
	headersFrom       float64
	headersEnd        float64 // 0: never
	lockout           bool
	noRetryAfter      bool
	tokens, at, close float64
	started           bool
}

func (b *tokenBucket) admit(t float64) admission {
	if !b.started {
		b.started, b.tokens = true, b.burst
	}
	b.tokens = min(b.burst, b.tokens+b.rates.sum(b.at, t))
	b.at = t
	a := admission{ok: t >= b.close && b.tokens >= 1}
	if a.ok {
		b.tokens--
	} else {
		a.retryAfter = b.wait(t)
	}
	if b.headers && t >= b.headersFrom && (b.headersEnd == 0 || t < b.headersEnd) {
		a.level = &Level{Remaining: int(b.tokens), Limit: int(b.burst)}
	}
	return a
}

func (b *tokenBucket) wait(t float64) time.Duration {
	if b.noRetryAfter {
		return 0
	}
	if b.lockout {
		if t >= b.close {
			b.close = t + 1
		}
		return time.Second
	}
	return seconds(max(1, math.Ceil((1-b.tokens)/b.rates.at(t))))
}

func (b *tokenBucket) capacity(t float64) float64 { return b.burst + b.rates.sum(0, t) }

// fixedWindow starts anew every so many seconds.
type fixedWindow struct {
	size, every float64
	headers     bool
	number      float64
	used        float64
}

func (w *fixedWindow) admit(t float64) admission {
	if n := math.Floor(t / w.every); n != w.number {
		w.number, w.used = n, 0
	}
	end := seconds(math.Ceil((w.number+1)*w.every - t))
	a := admission{ok: w.used < w.size}
	if a.ok {
		w.used++
	} else {
		a.retryAfter = end
	}
	if w.headers {
		a.level = &Level{Remaining: int(w.size - w.used), Limit: int(w.size), Reset: end}
	}
	return a
}

func (w *fixedWindow) capacity(t float64) float64 { return w.size * (1 + math.Floor(t/w.every)) }

// refusalLevels sends its headers with refusals alone, as Jira is documented to.
type refusalLevels struct{ *tokenBucket }

func (r refusalLevels) admit(t float64) admission {
	a := r.tokenBucket.admit(t)
	if a.ok {
		a.level = nil
	}
	return a
}

// sharded spreads requests over several buckets at random.
type sharded struct {
	shards []*tokenBucket
	random *rand.Rand
}

func newSharded(n int, rate, burst float64, headers bool, random *rand.Rand) *sharded {
	s := &sharded{random: random}
	for range n {
		s.shards = append(s.shards, &tokenBucket{rates: steady(rate / float64(n)), burst: burst / float64(n), headers: headers})
	}
	return s
}

func (s *sharded) admit(t float64) admission { return s.shards[s.random.IntN(len(s.shards))].admit(t) }

func (s *sharded) capacity(t float64) float64 {
	total := 0.0
	for _, b := range s.shards {
		total += b.capacity(t)
	}
	return total
}

// site is a simulated server: quota, latency and faults.
type site struct {
	mu       sync.Mutex
	random   *rand.Rand
	start    time.Time
	quota    quota
	faults   float64 // share of 503; a tenth of it are resets, half of them after the row was created
	down     [2]time.Duration
	created  []bool
	admitted int
	refused  int
	arrivals []time.Duration
}

func newSite(sc scene, seed uint64) *site {
	random := rand.New(rand.NewPCG(seed, 1))
	faults := sc.faults
	if faults == 0 {
		faults = 0.01
	}
	return &site{random: random, start: time.Now(), quota: sc.quota(random), faults: faults, down: sc.down, created: make([]bool, sc.rows)}
}

func (s *site) figures() figures {
	lasted := time.Since(s.start)
	return figures{
		time: lasted.Seconds() / ideal(s.quota, s.admitted), lasted: lasted,
		refused: float64(s.refused) / float64(len(s.arrivals)), arrivals: s.arrivals,
	}
}

// herd is the largest number of arrivals in 100 ms within two seconds of a pause's end.
func (s *site) herd(events []Event) int {
	most, from := 0, 0
	for _, e := range events {
		if e.Kind != PauseEnded {
			continue
		}
		end := e.At.Sub(s.start)
		for from < len(s.arrivals) && s.arrivals[from] < end {
			from++
		}
		to := from
		for to < len(s.arrivals) && s.arrivals[to] < end+2*time.Second {
			to++
		}
		most = max(most, densest(s.arrivals[from:to]))
	}
	return most
}

// reply is what a sender sees.
type reply struct {
	status     int // 0: the connection was reset
	retryAfter time.Duration
	level      *Level
}

// do sends a row, and takes as long as a request does.
func (s *site) do(row int) reply {
	s.mu.Lock()
	latency := time.Duration(141.4e6 * math.Exp(0.3463*s.random.NormFloat64()))
	s.mu.Unlock()
	time.Sleep(latency / 2)
	r := s.arrive(row)
	time.Sleep(latency - latency/2)
	return r
}

func (s *site) arrive(row int) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Since(s.start)
	s.arrivals = append(s.arrivals, at)
	if at >= s.down[0] && at < s.down[1] {
		return reply{status: 503}
	}
	a := s.quota.admit(at.Seconds())
	if !a.ok {
		s.refused++
		return reply{status: 429, retryAfter: a.retryAfter, level: a.level}
	}
	s.admitted++
	fault := s.random.Float64()
	if fault < s.faults {
		return reply{status: 503, level: a.level}
	}
	if fault < 1.05*s.faults {
		return reply{}
	}
	if s.created[row] {
		return reply{status: 409, level: a.level}
	}
	s.created[row] = true
	if fault < 1.1*s.faults {
		return reply{}
	}
	return reply{status: 201, level: a.level}
}

// ideal is the least time, in seconds, in which the quota admits so many requests, plus 150 ms.
func ideal(q quota, n int) float64 {
	low, high := 0.0, 1e7
	for range 60 {
		if mid := (low + high) / 2; q.capacity(mid) >= float64(n) {
			high = mid
		} else {
			low = mid
		}
	}
	return high + 0.15
}

// densest is the largest number of arrivals in 100 ms.
func densest(arrivals []time.Duration) int {
	most, from := 0, 0
	for i, at := range arrivals {
		for arrivals[from] <= at-100*time.Millisecond {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
