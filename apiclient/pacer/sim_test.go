package pacer

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

const (
	workers  = 64
	attempts = 8 // failures of a row after which it is given up; refusals are failures of a row that is refused alone
)

// scene is one row of the table.
type scene struct {
	name    string
	rows    int
	maxRate float64 // 0: 100 a second; below: no ceiling
	quota   jsmtest.Quota
	stray   float64                        // share of 429 although the quota is not used up
	plenty  int                            // the level that is reported instead of the true one; 0: the true one
	faults  float64                        // share of 503; 0: the usual one
	down    [2]time.Duration               // between these times there is no answer but 503
	cursed  int                            // the row that is always refused; 0: none
	alter   func(time.Duration, *decision) // what is wrong with the answers of the quota

	time, refused float64 // goals; 0: none
}

type decision = jsmtest.Admission

// strategy sends one row until there is an outcome.
type strategy interface {
	send(s *site, row int, random *rand.Rand) outcome
}

// outcome is what became of a row.
type outcome struct {
	status int  // 0: given up
	lost   bool // an attempt had no answer, so that a conflict may be our own
}

// take notes a reply, and reports whether it is the row's end.
func (o *outcome) take(r reply) bool {
	if r.status == 201 || r.status == 409 {
		o.status = r.status
		return true
	}
	o.lost = o.lost || r.status == 0
	return false
}

// paced is this package, used as apiclient does.
type paced struct {
	pacer  *Pacer
	passed atomic.Int64
	mu     sync.Mutex
	events []Event
}

func ours(sc scene) strategy {
	p := &paced{}
	g := NewGroup(0, p.notify)
	ceiling := sc.maxRate
	if ceiling == 0 {
		ceiling = 100
	}
	p.pacer = g.Pacer("create", ceiling)
	return p
}

func (p *paced) notify(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

func (p *paced) send(s *site, row int, random *rand.Rand) (o outcome) {
	failures, refusals, alone, retry := 0, 0, 0, false
	for failures < attempts && alone < attempts && refusals < 100 {
		passed := p.passed.Load()
		permit, err := p.pacer.Wait(context.Background(), retry)
		if err == nil {
			err = p.pacer.Leave(context.Background(), &permit)
		}
		if err != nil {
			return o
		}
		s.leaves()
		r := s.do(row)
		p.pacer.Done(permit, r.answer())
		if o.take(r) {
			p.passed.Add(1)
			return o
		}
		retry = r.status != 429
		if retry {
			failures++
			time.Sleep(fullJitter(failures, random))
			continue
		}
		refusals++
		if p.passed.Load() > passed {
			alone++
		}
		time.Sleep(fullJitter(refusals, random))
	}
	return o
}

// fullJitter is the wait after so many failures: up to half a second, doubled each time, at most 30 s.
func fullJitter(failures int, random *rand.Rand) time.Duration {
	return time.Duration(random.Float64() * float64(min(250*time.Millisecond<<failures, 30*time.Second)))
}

// figures are what one run has shown.
type figures struct {
	time     float64 // ÷ ideal
	refused  float64 // 429 as a share of requests
	lost     int     // rows given up
	twice    int     // rows executed twice
	strange  int     // conflicts that no attempt of ours explains
	herd     int     // arrivals in 100 ms after a pause
	lasted   time.Duration
	arrivals []time.Duration
	left     []time.Duration // when the requests left
	pace     Pace
	events   []Event
}

// run plays a scene to its end, in virtual time.
func run(t *testing.T, sc scene, seed uint64, with func(sc scene) strategy) (f figures) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(sc, seed)
		st := with(sc)
		var next, lost, strange atomic.Int64
		var end time.Duration
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				own := rand.New(rand.NewPCG(seed, uint64(w)+2))
				for row := next.Add(1); row <= int64(sc.rows); row = next.Add(1) {
					o := st.send(s, int(row), own)
					if int(row) == sc.cursed {
						continue
					}
					s.done()
					if o.status == 0 {
						lost.Add(1)
					}
					if o.status == 409 && !o.lost {
						strange.Add(1)
					}
				}
			})
		}
		wg.Wait()
		end = s.last
		f = s.figures(end)
		f.lost, f.strange = int(lost.Load()), int(strange.Load())
		if p, ok := st.(*paced); ok {
			f.pace, f.events = p.pacer.Pace(), p.events
			f.herd = s.herd(p.events)
		}
	})
	return f
}

// site is a simulated server: quota, latency and faults.
type site struct {
	scene
	mu       sync.Mutex
	random   *rand.Rand
	strays   *rand.Rand
	start    time.Time
	limiter  *jsmtest.Limiter
	created  []int
	admitted int
	refused  int
	arrivals []time.Duration
	left     []time.Duration
	last     time.Duration // when the last row was done
}

func newSite(sc scene, seed uint64) *site {
	if sc.faults == 0 {
		sc.faults = 0.01
	}
	return &site{
		scene:   sc,
		random:  rand.New(rand.NewPCG(seed, 1)),
		strays:  rand.New(rand.NewPCG(seed, 429)),
		start:   time.Now(),
		created: make([]int, sc.rows+1),
		limiter: &jsmtest.Limiter{Quotas: []jsmtest.Quota{sc.quota}},
	}
}

func (s *site) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Since(s.start)
}

func (s *site) leaves() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, time.Since(s.start))
}

func (s *site) figures(lasted time.Duration) figures {
	f := figures{
		time: lasted.Seconds() / ideal(s.quota, s.admitted), lasted: lasted,
		refused: float64(s.refused) / float64(len(s.arrivals)), arrivals: s.arrivals, left: s.left,
	}
	for _, n := range s.created {
		if n > 1 {
			f.twice++
		}
	}
	return f
}

// herd is the largest number of arrivals in 100 ms within two seconds of a pause's end.
func (s *site) herd(events []Event) int {
	most, from := 0, 0
	for _, e := range events {
		if !strings.Contains(e.Text, "pause ended") {
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

func (r reply) answer() Answer {
	a := Answer{Kind: Passed, RetryAfter: r.retryAfter, Level: r.level}
	switch r.status {
	case 429:
		a.Kind = Refused
	case 0, 503:
		a.Kind = Failed
	}
	return a
}

// do sends a row, and takes as long as a request does: 80 ms at 5 % and 250 ms at 95 %.
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
	if row == s.cursed {
		return reply{status: 429}
	}
	d := s.admit()
	if s.alter != nil {
		s.alter(at, &d)
	}
	r := reply{retryAfter: d.RetryAfter}
	if d.Level != nil {
		r.level = &Level{Remaining: d.Level.Remaining, Reset: d.Level.Reset}
	}
	r.status = s.execute(row, d.Admitted)
	if r.status == 0 {
		r.level = nil
	}
	return r
}

// admit asks the quota, unless the refusal is a stray one.
func (s *site) admit() (d decision) {
	if s.strays.Float64() >= s.stray {
		d = s.limiter.Admit(time.Now(), "POST", "create")
	} else if !s.quota.NoRetryAfter {
		d.RetryAfter = time.Second
	}
	if s.plenty > 0 {
		d.Level = &jsmtest.Level{Remaining: s.plenty}
	}
	return d
}

// execute creates a row's account, or fails to. A tenth of the faults are resets, half of them after the row was created.
func (s *site) execute(row int, admitted bool) int {
	if !admitted {
		s.refused++
		return 429
	}
	s.admitted++
	fault := s.random.Float64()
	switch {
	case fault < s.faults:
		return 503
	case fault < 1.05*s.faults:
		return 0
	case s.created[row] > 0:
		return 409
	}
	s.created[row]++
	if fault < 1.1*s.faults {
		return 0
	}
	return 201
}

// ideal is the least time, in seconds, in which the quota admits so many requests, plus 150 ms.
func ideal(q jsmtest.Quota, n int) float64 {
	low, high := time.Duration(0), 1000*time.Hour
	for range 60 {
		if mid := (low + high) / 2; capacity(q, mid) >= float64(n) {
			high = mid
		} else {
			low = mid
		}
	}
	return high.Seconds() + 0.15
}

// capacity is how many requests can be admitted until so long after the first; a window is taken to begin with it.
func capacity(q jsmtest.Quota, d time.Duration) float64 {
	if q.Window > 0 {
		return float64(q.Limit) * float64(1+d/q.Window)
	}
	n, at, rate := cmp.Or(float64(q.Burst), q.Rate), time.Duration(0), q.Rate
	for _, c := range q.Schedule {
		until := max(at, min(c.After, d))
		n += rate * (until - at).Seconds()
		at, rate = until, c.Rate
	}
	return n + rate*(d-at).Seconds()
}

// densest is the largest number of arrivals in 100 ms.
func densest(arrivals []time.Duration) int { return mostWithin(100*time.Millisecond, arrivals) }

// mostWithin is the largest number of these times within d.
func mostWithin(d time.Duration, times []time.Duration) int {
	most, from := 0, 0
	for i, at := range times {
		for times[from] <= at-d {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
