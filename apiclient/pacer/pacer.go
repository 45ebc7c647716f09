// Package pacer decides when a request may leave, so that a quota that nobody knows is used up and hardly exceeded.
// A request calls Wait for its permit, Leave when all that must be done before it leaves is done, and at last Done.
package pacer

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const burstTime = 120 * time.Millisecond // of sends may leave at once when a timer was late: TestCeiling
const lead = 20 * time.Millisecond       // by which a permit may come before the second has room: TestSlowRecord

// Group is the endpoints of one tenant: each has its own pace, and a shared refusal pauses all of them.
type Group struct {
	maxPause time.Duration
	notify   func(Event)
	mu       sync.Mutex // guards the group and all of its pacers
	random   *rand.Rand
	pacers   []*Pacer
	shared   pause   // the last one of all pacers
	events   []Event // to be reported when mu is unlocked
}

// NewGroup returns a group without pacers. maxPause is the longest wait for quota or site; 0: any length. notify may be
// nil; it is called with no lock held, by the goroutine that caused the event.
func NewGroup(maxPause time.Duration, notify func(Event)) *Group {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	return &Group{maxPause: cmp.Or(maxPause, math.MaxInt64), notify: notify, random: random}
}

// unlock unlocks mu and reports what has happened under it.
func (g *Group) unlock() {
	events := g.events
	g.events = nil
	g.mu.Unlock()
	for _, e := range events {
		g.notify(e)
	}
}

// Pacer is the pace of one endpoint and method. It is safe for any number of goroutines.
type Pacer struct {
	name   string
	group  *Group
	queue  chan struct{} // holds a value while a request is first in the queue
	wake   chan struct{} // gets a value when the first in the queue should try again
	spread *rate.Limiter // spreads what was held up after it got its permit

	// Guarded by group.mu:
	pause         pause
	tooLong       pause       // that a refusal asks for, perhaps of its request alone, which left when it "began"
	recent        []time.Time // when the requests of the last second left
	unsent        int         // permits whose requests have not left
	outage        bool        // the site does not answer: single requests probe it
	failureWeight float64     // of the failures, less that of what got through
	failed        pause       // the last failure: its time or for as long as it said, its reason, likewise
	quota         quota
	epoch         uint64    // counts pauses; a refusal of what left before a pause begins no other
	inEpoch       int       // permits of this epoch in flight
	pausesInRow   int       // pauses since a request has passed
	blockedSince  time.Time // when the first request since the last pass was refused or failed; zero: none
	counts        Pace
}

// Pacer adds the pace of one endpoint and method. maxRate is how many requests may leave in any second, rounded up, and
// the first guess; with 0 it is not paced until the first refusal or level.
func (g *Group) Pacer(name string, maxRate float64) *Pacer {
	if !(maxRate > 0 && maxRate < unpaced) {
		maxRate = unpaced
	}
	p := &Pacer{
		name:   name,
		group:  g,
		queue:  make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		spread: rate.NewLimiter(rate.Limit(maxRate), max(1, int(maxRate*burstTime.Seconds()))),
		quota:  quota{maxRate: maxRate, refill: maxRate, last: time.Now().Add(-time.Duration(1e9 / maxRate))},
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pacers = append(g.pacers, p)
	p.pause.extend(time.Now(), g.shared.until, g.shared.reason)
	return p
}

// Wait returns when one request may leave, first come, first served. retry: it follows a failed one of the same row; a
// refusal is no failure. The error is a *PauseError or that of ctx.
func (p *Pacer) Wait(ctx context.Context, retry bool) (Permit, error) {
	permit := Permit{retry: retry}
	select {
	case p.queue <- struct{}{}:
	case <-ctx.Done():
		return permit, ctx.Err()
	}
	defer func() { <-p.queue }()
	for held := false; ctx.Err() == nil; held = true {
		d, err := p.tryPermit(&permit, held)
		if d == 0 || err != nil {
			return permit, err
		}
		select {
		case <-time.After(d):
		case <-p.wake:
		case <-ctx.Done():
		}
	}
	return permit, ctx.Err()
}

// Leave returns when the request leaves, which is now unless it was held up since Wait. The error is that of ctx; the
// permit is given back as Unsent then.
func (p *Pacer) Leave(ctx context.Context, permit *Permit) error {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	for d := max(p.spread.Reserve().Delay(), p.full(0)); d > 0; d = p.full(0) {
		p.group.mu.Unlock()
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		p.group.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	permit.left = time.Now()
	permit.number = p.quota.leave(permit.left)
	p.recent = append(p.recent, permit.left)
	p.unsent--
	return nil
}

// full returns for how long the second has no room, when so many others are to leave first.
func (p *Pacer) full(others int) time.Duration {
	for len(p.recent) > 0 && time.Since(p.recent[0]) >= time.Second {
		p.recent = p.recent[1:]
	}
	i := min(len(p.recent)+others-int(math.Ceil(p.quota.maxRate)), len(p.recent)-1)
	if i < 0 {
		return 0
	}
	return time.Second - time.Since(p.recent[i])
}

// Done gives a permit back with what became of its request.
func (p *Pacer) Done(permit Permit, a Answer) {
	p.group.mu.Lock()
	defer p.group.unlock()
	if len(p.wake) == 0 {
		p.wake <- struct{}{}
	}
	now := time.Now()
	p.counts.InFlight--
	p.counts.Sent += a.Sent
	if permit.number == 0 {
		p.unsent--
	}
	if permit.epoch == p.epoch {
		p.inEpoch--
	}
	switch a.Kind {
	case Passed:
		for _, told := range []*pause{&p.tooLong, &p.failed} {
			if permit.left.After(told.began) {
				*told = pause{} // only one request was meant
			}
		}
		p.siteAnswers(now, permit)
		if permit.epoch == p.epoch {
			p.pausesInRow, p.blockedSince = 0, time.Time{}
		}
		p.quota.answered(now, permit, a, false)
	case Refused:
		if p.counts.Refused++; !a.Own {
			p.siteAnswers(now, permit)
			p.refusal(now, permit, a)
		}
	case Failed:
		p.failure(now, permit, a)
	}
}

// tryPermit fills in the permit, or returns how long to wait before the next try. held: the pace made the request wait.
func (p *Pacer) tryPermit(permit *Permit, held bool) (time.Duration, error) {
	p.group.mu.Lock()
	defer p.group.unlock()
	now := time.Now()
	if l := &p.quota.levels; l.usedUp(now, p.quota.refill) {
		p.pauseUntil(now, l.resets, Answer{Reason: "nothing remains until the quota starts anew"})
	}
	if d, err := p.paused(now, permit.retry); d > 0 || err != nil {
		return d, err
	}
	held = held && p.pause.began.IsZero() // not by a pause
	p.resume(now)
	if (p.pausesInRow > 1 || p.outage) && p.inEpoch > 0 {
		return time.Hour, nil // or until it is woken: one request looks before others go, "no Retry-After; window"
	}
	if d := p.full(p.unsent) - lead; d > 0 {
		p.quota.last = now.Add(d - p.quota.gap(now)) // and nothing is made up for later
	}
	if d := p.quota.take(now, held); d > 0 {
		return d, nil
	}
	p.counts.InFlight++
	p.unsent++
	p.inEpoch++
	permit.epoch = p.epoch
	return 0, nil
}
