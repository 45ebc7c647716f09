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

// Config is what all pacers of a group share.
type Config struct {
	MaxPause time.Duration // the longest wait for quota or site; 0: any length
	Notify   func(Event)   // may be nil; called with no lock held, by the goroutine that caused it
}

// Group is the endpoints of one tenant: each has its own pace, and a shared refusal pauses all of them.
type Group struct {
	config Config

	mu     sync.Mutex // guards the group and all of its pacers
	random *rand.Rand
	pacers []*Pacer
	shared pause   // the last one of all pacers
	events []Event // to be reported when mu is unlocked
}

// NewGroup returns a group without pacers.
func NewGroup(c Config) *Group {
	c.MaxPause = cmp.Or(c.MaxPause, math.MaxInt64)
	return &Group{config: c, random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))}
}

// unlock unlocks mu and reports what has happened under it.
func (g *Group) unlock() {
	events := g.events
	g.events = nil
	g.mu.Unlock()
	for _, e := range events {
		g.config.Notify(e)
	}
}

// Pacer is the pace of one endpoint and method. It is safe for any number of goroutines.
type Pacer struct {
	name    string
	group   *Group
	queue   chan struct{} // holds a value while a request is first in the queue
	wake    chan struct{} // gets a value when the first in the queue should try again
	ceiling *rate.Limiter // limits what leaves to maxRate

	// Guarded by group.mu:
	pause         pause
	outage        bool    // the site does not answer: single requests probe it
	failureWeight float64 // of the failures, less that of what got through
	quota         quota
	epoch         uint64    // counts pauses; a refusal of what left before a pause begins no other
	inEpoch       int       // permits of this epoch in flight
	pausesInRow   int       // pauses since a request has passed
	blockedSince  time.Time // when the first request since the last pass was refused or failed; zero: none
	counts        Pace
}

// Pacer adds the pace of one endpoint and method. maxRate, in requests a second, is the ceiling and the first guess;
// with 0 it is not paced until the first refusal or level.
func (g *Group) Pacer(name string, maxRate float64) *Pacer {
	if !(maxRate > 0 && maxRate < unpaced) {
		maxRate = unpaced
	}
	p := &Pacer{
		name:    name,
		group:   g,
		queue:   make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		ceiling: rate.NewLimiter(rate.Limit(maxRate), max(1, int(maxRate*burstTime.Seconds()))),
		quota:   quota{maxRate: maxRate, refill: maxRate},
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
	if err := ctx.Err(); err != nil {
		return permit, err
	}
	select {
	case p.queue <- struct{}{}:
	case <-ctx.Done():
		return permit, ctx.Err()
	}
	defer func() { <-p.queue }()
	for held := false; ; held = true {
		d, err := p.tryPermit(&permit, held)
		if d == 0 || err != nil {
			return permit, err
		}
		select {
		case <-time.After(d):
		case <-p.wake:
		case <-ctx.Done():
			return permit, ctx.Err()
		}
	}
}

// Leave is called when the request leaves: it is counted now, and waits while more than the ceiling would leave.
// The error is that of ctx; the permit is given back as Unsent then.
func (p *Pacer) Leave(ctx context.Context, permit *Permit) error {
	if err := p.ceiling.Wait(ctx); err != nil {
		return cmp.Or(ctx.Err(), context.DeadlineExceeded) // an error of its own when the deadline would be passed
	}
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	permit.left = time.Now()
	permit.number = p.quota.leave(permit.left)
	p.counts.Sent++
	return nil
}

// Done gives a permit back with what became of its request.
func (p *Pacer) Done(permit Permit, a Answer) {
	p.group.mu.Lock()
	defer p.group.unlock()
	defer p.wakeFirst()
	now := time.Now()
	p.counts.InFlight--
	if permit.epoch == p.epoch {
		p.inEpoch--
	}
	switch a.Kind {
	case Passed:
		if q := &p.pause; !q.unconfirmed.IsZero() && permit.left.After(q.unconfirmed) {
			q.until, q.unconfirmed = time.Time{}, time.Time{} // only one request was meant
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

// wakeFirst makes the first in the queue try again. It never blocks.
func (p *Pacer) wakeFirst() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// tryPermit fills in the permit, or returns how long to wait before the next try. held: the pace made the request wait.
func (p *Pacer) tryPermit(permit *Permit, held bool) (time.Duration, error) {
	p.group.mu.Lock()
	defer p.group.unlock()
	now := time.Now()
	if end := p.quota.levels.usedUp(now, p.quota.refill); end.After(now) {
		p.pauseUntil(now, end, Answer{Reason: "nothing remains until the quota starts anew"})
	}
	if d, err := p.paused(now); d > 0 || err != nil {
		return d, err
	}
	held = held && p.pause.began.IsZero() // not by a pause
	p.resume(now)
	if (p.pausesInRow > 1 || p.outage) && p.inEpoch > 0 {
		return time.Hour, nil // or until it is woken: one request looks before others go, "no Retry-After; window"
	}
	if d := p.quota.take(now, held); d > 0 {
		return d, nil
	}
	p.counts.InFlight++
	p.inEpoch++
	permit.epoch = p.epoch
	return 0, nil
}
