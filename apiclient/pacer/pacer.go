// Package pacer decides when a request may leave, so that a quota that nobody knows is used up and hardly ever exceeded.
// It finds the pace by itself: by the level while answers report one, by refusals while they do not. It knows no HTTP.
//
// A request goes through Wait, Leave and Done:
//
//	permit, err := p.Wait(ctx, false) // queue, pace, pauses, outage
//	…                                 // what must be on record before it leaves
//	err = p.Leave(ctx, &permit)       // it leaves
//	others := p.Done(permit, answer)
package pacer

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	burstTime    = 120 * time.Millisecond // of sends may leave at once when a timer was late; pacing.md's bound, TestCeiling
	shortestWait = time.Microsecond       // TestNoWaitSpins
	untilBell    = time.Hour              // the wait for somebody else's answer
	reportPause  = time.Second            // shorter pauses are not reported: there is one for each stray refusal
	reportChange = 0.25                   // of the pace
	reportEvery  = 10 * time.Second       // at most, of the pace
)

// Config is what all pacers of a group share.
type Config struct {
	MaxPause time.Duration // the longest wait for quota or site; 0: any length
	Notify   func(Event)   // may be nil; called with no lock held, by the goroutine that caused it
}

// Group is the endpoints of one tenant: each has its own pace, and a shared refusal pauses all of them.
type Group struct {
	config Config
	jitter func() float64 // 0.7 to 1.3

	mu     sync.Mutex // guards the group and all of its pacers
	shared pause
	pacers []*Pacer
}

// NewGroup returns a group without pacers.
func NewGroup(c Config) *Group {
	return &Group{config: c, jitter: func() float64 { return 0.7 + 0.6*rand.Float64() }}
}

// Pacer adds the pace of one endpoint and method. maxRate, in requests a second, is the ceiling and the first guess;
// with 0 it is not paced until the first refusal or level.
func (g *Group) Pacer(name string, maxRate float64) *Pacer {
	if !(maxRate > 0) || math.IsInf(maxRate, 0) {
		maxRate = 0
	}
	p := &Pacer{
		name: name, group: g, front: make(chan struct{}, 1), bell: make(chan struct{}, 1),
		leaving: newLimiter(maxRate), limiter: newLimiter(maxRate), settled: true,
		quota: newQuota(maxRate), outage: outage{spare: retrySavings}, reported: maxRate,
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pacers = append(g.pacers, p)
	return p
}

func newLimiter(r float64) *rate.Limiter { return rate.NewLimiter(rate.Limit(r), burst(r)) }

func burst(r float64) int { return max(1, int(math.Min(r*burstTime.Seconds(), 1e6))) }

// notify reports events that were gathered under the lock; it is called without it.
func (g *Group) notify(events []Event) {
	if g.config.Notify == nil {
		return
	}
	for _, e := range events {
		g.config.Notify(e)
	}
}

// Pacer is the pace of one endpoint and method. It is safe for any number of goroutines.
type Pacer struct {
	name    string
	group   *Group
	front   chan struct{} // holds a token while somebody is at the front of the queue
	bell    chan struct{} // rung when the one at the front should look again
	leaving *rate.Limiter // holds what leaves to the ceiling

	// Guarded by group.mu:
	waiting  int
	pause    pause
	outage   outage
	quota    quota
	limiter  *rate.Limiter // of permits, at the present pace
	permit   time.Time     // the last one
	epoch    uint64        // counts pauses of its own; a refusal of an older epoch is no new event
	refused  time.Time     // first refusal since the last pass; zero: none
	again    int           // pauses in a row before which nothing had passed since the one before
	passed   bool          // something that left after the last pause has passed
	settled  bool          // the last pause is over, and its decisions are taken
	halted   time.Time     // when it began
	reported float64       // the pace, at
	at       time.Time
	counts   Pace
}

// Wait returns when one request may leave, first come, first served. retry says that it follows a failed one of the same
// row; one that was refused is no failure. The error is a *PauseError, an *OutageError or that of ctx.
func (p *Pacer) Wait(ctx context.Context, retry bool) (Permit, error) {
	if err := ctx.Err(); err != nil {
		return Permit{}, err
	}
	permit := Permit{retry: retry, passed: -1}
	d, err := p.try(&permit, false)
	if d == 0 {
		return permit, err
	}
	defer p.stopWaiting()
	select {
	case p.front <- struct{}{}:
	case <-ctx.Done():
		return Permit{}, ctx.Err()
	}
	defer func() { <-p.front }()
	for {
		if d, err = p.try(&permit, true); d == 0 {
			return permit, err
		}
		if err := sleep(ctx, d, p.bell); err != nil {
			return Permit{}, err
		}
	}
}

// Leave is called when the request leaves, after whatever had to be done with its permit first: it is counted now, and
// waits while more than the ceiling would leave. The error is that of ctx; the permit is given back as Unsent then.
func (p *Pacer) Leave(ctx context.Context, permit *Permit) error {
	now := time.Now()
	if p.leaving.Limit() > 0 {
		if d := p.leaving.ReserveN(now, 1).DelayFrom(now); d > 0 {
			if err := sleep(ctx, d, nil); err != nil {
				return err
			}
		}
	}
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	permit.left = time.Now()
	permit.number = p.quota.leave(permit.left)
	p.counts.Sent++
	p.outage.left(permit.retry)
	return nil
}

// Done gives a permit back and reports what became of its request. It never blocks. It returns whether another request
// of this pacer has passed since the permit was asked for: if so, a refusal may be this request's own trouble.
func (p *Pacer) Done(permit Permit, a Answer) (others bool) {
	others, events := p.answer(permit, a)
	p.group.notify(events)
	return others
}

// sleep waits for d, for the bell, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration, bell <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-bell:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ring makes the waiter at the front look again, if there is one.
func (p *Pacer) ring() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// try fills in the permit, or returns how long to wait before trying again.
func (p *Pacer) try(permit *Permit, front bool) (time.Duration, error) {
	d, events, err := p.look(permit, front)
	p.group.notify(events)
	return d, err
}

// look does so under the lock. Who is not at the front gets no permit while others wait, and is counted among them.
func (p *Pacer) look(permit *Permit, front bool) (d time.Duration, events []Event, err error) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if permit.passed < 0 {
		permit.passed = p.counts.Passed
	}
	if !front && p.waiting > 0 {
		p.waiting++
		return untilBell, nil, nil
	}
	now := time.Now()
	d, events, err = p.delay(now)
	switch {
	case err != nil:
		return 0, events, err
	case d > 0 && !front:
		p.waiting++
	case d == 0:
		events = append(events, p.give(now, permit, front)...)
	}
	return d, events, nil
}

func (p *Pacer) stopWaiting() {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	p.waiting--
}

// delay returns how long the next request must wait as things stand; 0: it may leave, and its token has been taken.
func (p *Pacer) delay(now time.Time) (time.Duration, []Event, error) {
	if d, err := p.pausedFor(now); d > 0 || err != nil {
		return d, nil, err
	}
	if p.outage.on {
		d, err := p.outage.wait(now, p.group.config.MaxPause)
		return d, nil, err
	}
	if until := p.quota.usedUp(now); until.After(now) {
		events := p.pauseUntil(now, until, Answer{Reason: "nothing remains until the quota starts anew"})
		d, err := p.pausedFor(now)
		return d, events, err
	}
	if !p.settled {
		p.resume(now)
	}
	if p.again > 1 && p.counts.InFlight > 0 {
		return untilBell, nil, nil
	}
	return p.token(now), nil, nil
}

// token takes one from the limiter, or returns when there is one. Nobody holds a reservation, so that a new rate holds
// for the very next request.
func (p *Pacer) token(now time.Time) time.Duration {
	r := p.quota.rate(now)
	if r == 0 {
		return 0
	}
	if l := rate.Limit(r); l != p.limiter.Limit() {
		p.limiter.SetLimitAt(now, l)
		p.limiter.SetBurstAt(now, burst(r))
	}
	if p.limiter.AllowN(now, 1) {
		return 0
	}
	short := 1 - p.limiter.TokensAt(now)
	return max(time.Duration(math.Ceil(short/r*float64(time.Second))), shortestWait)
}

// resume goes on after a pause, without a herd: all tokens but one are thrown away.
func (p *Pacer) resume(now time.Time) {
	p.settled, p.passed = true, false
	p.quota.resume(now, p.halted)
	if spare := int(p.limiter.TokensAt(now)) - 1; spare > 0 {
		p.limiter.AllowN(now, spare)
	}
}

// give makes out a permit. held: the pace made the request wait, so that it is the pace that limits.
func (p *Pacer) give(now time.Time, permit *Permit, held bool) []Event {
	p.counts.InFlight++
	permit.epoch = p.epoch
	if p.outage.on {
		p.outage.probing = true
		permit.probe = p.outage.number
	}
	if held {
		p.quota.held(now, p.permit)
	}
	p.permit = now
	return p.pausesOver(now)
}

func (p *Pacer) answer(permit Permit, a Answer) (others bool, events []Event) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	defer p.ring()
	now := time.Now()
	p.counts.InFlight--
	probe := p.outage.on && permit.probe == p.outage.number
	others = p.counts.Passed > permit.passed
	switch a.Kind {
	case Passed:
		p.counts.Passed++
		p.refused = time.Time{}
		if permit.epoch == p.epoch {
			p.passed, p.again = true, 0
		}
		events = p.works(now, probe)
		p.quota.passed(now, permit, a.Level)
	case Refused:
		p.counts.Refused++
		events = append(p.works(now, probe), p.refusal(now, permit, a)...)
	case Failed:
		p.counts.Failed++
		return others, p.failure(now, permit, a, probe)
	default:
		if probe {
			p.outage.probing = false
		}
		return others, nil
	}
	return others, append(events, p.paceChanged(now)...)
}

// works notes that the site answers.
func (p *Pacer) works(now time.Time, probe bool) []Event {
	lasted, ended := p.outage.answered(now, probe)
	if !ended {
		return nil
	}
	return []Event{{Kind: OutageEnded, At: now, Pacer: p.name, Lasted: lasted}}
}

// failure counts one, and begins an outage or goes on with it.
func (p *Pacer) failure(now time.Time, permit Permit, a Answer, probe bool) []Event {
	jitter := p.group.jitter()
	if p.outage.failed(now, permit.retry, a.Reason, jitter) {
		p.halt(now)
		return []Event{{Kind: OutageBegan, At: now, Pacer: p.name, Until: p.outage.next, Reason: p.outage.why()}}
	}
	if probe {
		p.outage.probeFailed(now, a.RetryAfter, jitter)
	}
	return nil
}

// refusal pauses. It is a new event only when its request left in the present epoch, and something has passed since the
// last pause; otherwise the same event goes on.
func (p *Pacer) refusal(now time.Time, permit Permit, a Answer) []Event {
	if p.refused.IsZero() {
		p.refused = now
	}
	present := permit.epoch == p.epoch
	if present && p.epoch > 0 && !p.passed {
		p.again++
	}
	d := a.RetryAfter
	if d <= 0 && present {
		d = scaled(p.quota.hold(), p.group.jitter()*float64(uint64(1)<<min(p.again, 20)))
	}
	p.quota.refused(now, permit, present && p.again == 0 && !a.Shared, a.RetryAfter > 0 && !a.Shared)
	if present {
		p.epoch++
		p.passed = false
	}
	return p.pauseUntil(now, now.Add(d), a)
}

// paceChanged reports a pace that is clearly different from what was reported last.
func (p *Pacer) paceChanged(now time.Time) []Event {
	r := p.quota.learned()
	if r == 0 || now.Sub(p.at) < reportEvery || math.Abs(r-p.reported) < reportChange*p.reported {
		return nil
	}
	p.reported, p.at = r, now
	return []Event{{Kind: PaceChanged, At: now, Pacer: p.name, Rate: r}}
}

// pause is a time in which nothing leaves. It is only ever extended: a late success does not end it.
type pause struct {
	began    time.Time // zero: there was none, or its end is known
	until    time.Time
	reason   string
	reported bool
}

// longestPause is the one that ends last, of its own and the shared one.
func (p *Pacer) longestPause() *pause {
	if p.group.shared.until.After(p.pause.until) {
		return &p.group.shared
	}
	return &p.pause
}

// pausedFor returns what is left of a pause, or the error when that or all pauses in a row are too long.
func (p *Pacer) pausedFor(now time.Time) (time.Duration, error) {
	q, most := p.longestPause(), p.group.config.MaxPause
	left := max(0, q.until.Sub(now))
	if left == 0 || most <= 0 {
		return left, nil
	}
	if left > most || !p.refused.IsZero() && q.until.Sub(p.refused) > most {
		return 0, &PauseError{Until: q.until, Reason: q.reason}
	}
	return left, nil
}

// pauseUntil extends the pause, its own or the shared one.
func (p *Pacer) pauseUntil(now, until time.Time, a Answer) []Event {
	q, pacers := &p.pause, []*Pacer{p}
	if a.Shared {
		q, pacers = &p.group.shared, p.group.pacers
	}
	if !until.After(now) || !until.After(q.until) {
		return nil
	}
	if q.began.IsZero() {
		q.began = now
	}
	kind, more := PauseBegan, until.Sub(now)
	if q.reported {
		kind, more = PauseExtended, until.Sub(q.until)
	}
	q.until, q.reason = until, a.Reason
	for _, other := range pacers {
		other.halt(now)
		other.ring()
	}
	if more < reportPause {
		return nil
	}
	q.reported = true
	return []Event{{Kind: kind, At: now, Pacer: p.name, Shared: a.Shared, Until: until, Reason: a.Reason}}
}

// halt leaves decisions to the end of a pause or outage.
func (p *Pacer) halt(now time.Time) {
	if p.settled {
		p.settled, p.halted = false, now
	}
}

// pausesOver reports pauses that have ended.
func (p *Pacer) pausesOver(now time.Time) (events []Event) {
	for _, q := range []*pause{&p.pause, &p.group.shared} {
		if q.began.IsZero() || q.until.After(now) {
			continue
		}
		if q.reported {
			shared := q == &p.group.shared
			events = append(events, Event{Kind: PauseEnded, At: now, Pacer: p.name, Shared: shared, Lasted: now.Sub(q.began)})
		}
		q.began, q.reported = time.Time{}, false
	}
	return events
}
