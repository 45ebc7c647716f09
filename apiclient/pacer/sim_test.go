package pacer

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	workers  = 64
	attempts = 8 // failures, refusals not counted, after which a row is given up
)

// strategy sends one row until there is an outcome.
type strategy interface {
	send(s *site, row int, random *rand.Rand) outcome
}

// outcome is what became of a row.
type outcome struct {
	status int  // 0: given up
	lost   bool // an attempt had no answer, so that a conflict may be our own
}

// paced is this package.
type paced struct {
	pacer  *Pacer
	mu     sync.Mutex
	events []Event
}

func ours(sc scene) strategy {
	p := &paced{}
	p.pacer = NewGroup(Config{Notify: p.notify}).Pacer("create", sc.maxRate)
	return p
}

func (p *paced) notify(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

func (p *paced) send(s *site, row int, random *rand.Rand) (o outcome) {
	for failures := 0; failures < attempts; {
		ticket, err := p.pacer.Wait(context.Background(), failures > 0)
		if err != nil {
			return o
		}
		r := s.do(row)
		p.pacer.Done(ticket, r.answer())
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

// take notes a reply, and reports whether it is the row's end.
func (o *outcome) take(r reply) bool {
	if r.status == 201 || r.status == 409 {
		o.status = r.status
		return true
	}
	o.lost = o.lost || r.status == 0
	return false
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

// fullJitter is the wait after so many failures: up to half a second, doubled each time, at most 30 s.
func fullJitter(failures int, random *rand.Rand) time.Duration {
	return time.Duration(random.Float64() * float64(min(250*time.Millisecond<<failures, 30*time.Second)))
}

// scene is one row of the table.
type scene struct {
	name    string
	rows    int
	maxRate float64
	quota   func(*rand.Rand) quota
	faults  float64          // share of 503; 0: the usual one
	down    [2]time.Duration // between these times there is no answer but 503

	time, refused float64 // goals; 0: none
}

// figures are what one run has shown.
type figures struct {
	time     float64 // ÷ ideal
	refused  float64 // 429 as a share of requests
	lost     int     // rows given up
	strange  int     // conflicts that no attempt of ours explains
	herd     int     // arrivals in 100 ms after a pause
	lasted   time.Duration
	arrivals []time.Duration
	pace     Pace
	events   []Event
}

// run plays a scene to its end, in virtual time.
func run(t *testing.T, sc scene, seed uint64, with func(sc scene) strategy) (f figures) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(sc, seed)
		st := with(sc)
		var next, lost, strange atomic.Int64
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				own := rand.New(rand.NewPCG(seed, uint64(w)+2))
				for row := next.Add(1) - 1; row < int64(sc.rows); row = next.Add(1) - 1 {
					o := st.send(s, int(row), own)
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
		f = s.figures()
		f.lost, f.strange = int(lost.Load()), int(strange.Load())
		if p, ok := st.(*paced); ok {
			f.pace, f.events = p.pacer.Pace(), p.events
			f.herd = s.herd(p.events)
		}
	})
	return f
}

// summary is the middle and the worst of several runs.
type summary struct {
	time, worstTime       float64
	refused, worstRefused float64
	lost, strange, herd   int
}
