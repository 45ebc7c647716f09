// Package pacer decides when a request may leave, so that a quota which is known to nobody is used up and hardly ever
// exceeded. It finds the pace by itself: by the level while answers tell one, by refusals while they do not.
// It knows no HTTP.
package pacer

import (
	"context"
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	burstTime   = 80 * time.Millisecond // of sends that may leave at once, when a timer was late
	shortest    = time.Microsecond      // a wait is never shorter, so that it cannot spin
	untilRung   = time.Hour             // the wait of one who waits for somebody else's answer
	firstPause  = 2 * time.Second       // after a refusal that does not say how long; doubled each time
	longestStep = 30 * time.Second
	usedUp      = "nothing remains until the quota starts anew"
	marked      = 0.25 // a change of the pace worth telling
	markedEvery = 10 * time.Second
)

// Pacer is the pace of one endpoint and method. It is safe for any number of goroutines.
type Pacer struct {
	name      string
	group     *Group
	turnstile turnstile

	// Guarded by group.mu:
	waiting  int
	pause    pause
	outage   outage
	governor governor
	ceiling  ceiling
	limiter  *rate.Limiter
	epoch    uint64    // congestion events
	refused  time.Time // first refusal since the last request that passed; zero: none
	unsaid   int       // congestion events in a row that did not say how long to wait
	settled  bool      // the last pause is over and its decisions are taken
	told     float64   // rate that was last told
	toldAt   time.Time
	counts   Pace
}

func newPacer(g *Group, name string, maxRate float64) *Pacer {
	if maxRate < 0 || math.IsNaN(maxRate) || math.IsInf(maxRate, 0) {
		maxRate = 0
	}
	return &Pacer{
		name: name, group: g, turnstile: newTurnstile(), outage: newOutage(), settled: true, told: maxRate,
		governor: newGovernor(maxRate), ceiling: newCeiling(maxRate), limiter: rate.NewLimiter(rate.Limit(maxRate), burst(maxRate)),
	}
}

// Wait returns when one request may leave; first come, first served. retry says that the request follows a failed one
// of the same row. The error is a *PauseError, an *OutageError or that of ctx. The ticket must be given back by Done.
func (p *Pacer) Wait(ctx context.Context, retry bool) (Ticket, error) {
	if err := ctx.Err(); err != nil {
		return Ticket{}, err
	}
	t, d, err := p.try(retry, false)
	if d == 0 {
		return t, err
	}
	defer p.standBack()
	if err := p.turnstile.enter(ctx); err != nil {
		return Ticket{}, err
	}
	defer p.turnstile.leave()
	for {
		t, d, err := p.try(retry, true)
		if d == 0 {
			return t, err
		}
		if err := p.turnstile.sleep(ctx, d); err != nil {
			return Ticket{}, err
		}
	}
}

// try takes leave for one request, or returns how long to wait before trying again.
func (p *Pacer) try(retry, front bool) (Ticket, time.Duration, error) {
	t, d, events, err := p.look(retry, front)
	p.group.notify(events)
	return t, d, err
}

// look does so under the lock. Who is not at the front takes no leave while others wait, and is counted among them.
func (p *Pacer) look(retry, front bool) (t Ticket, d time.Duration, events []Event, err error) {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if !front && p.waiting > 0 {
		p.waiting++
		return t, untilRung, nil, nil
	}
	now := time.Now()
	d, err = p.delay(now)
	switch {
	case err != nil:
		return t, 0, nil, err
	case d > 0 && !front:
		p.waiting++
	case d == 0:
		t, events = p.leave(now, retry, front)
	}
	return t, d, events, nil
}

func (p *Pacer) standBack() {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	p.waiting--
}

// delay is how long the next request must wait as things stand; 0: it may leave, and a token has been taken for it.
func (p *Pacer) delay(now time.Time) (time.Duration, error) {
	if d, err := p.pausedFor(now); d > 0 || err != nil {
		return d, err
	}
	if p.outage.on {
		return p.probeIn(now)
	}
	if d := p.governor.closed(now); d > 0 {
		p.pause.extend(now, now.Add(d), usedUp)
		p.settled = false
		return p.pausedFor(now)
	}
	if !p.settled {
		p.resume(now)
	}
	if p.counts.InFlight > 0 && p.governor.oneByOne(now, uint64(p.counts.Sent)) {
		p.settled = false // those who wait meanwhile must not leave in a herd
		return untilRung, nil
	}
	if d := p.ceiling.wait(now); d > 0 {
		return d, nil
	}
	r := p.governor.rate(now)
	if r == 0 {
		return 0, nil
	}
	p.setRate(now, r)
	if p.limiter.AllowN(now, 1) {
		return 0, nil
	}
	short := 1 - p.limiter.TokensAt(now)
	return max(time.Duration(math.Ceil(short/r*float64(time.Second))), shortest), nil
}

// setRate moves the limiter; nobody has reserved anything, so that it holds for the very next request.
func (p *Pacer) setRate(now time.Time, r float64) {
	if l := rate.Limit(r); l != p.limiter.Limit() {
		p.limiter.SetLimitAt(now, l)
		p.limiter.SetBurstAt(now, burst(r))
	}
}

func burst(r float64) int { return max(1, int(math.Min(r*burstTime.Seconds(), 1e6))) }

// pausedFor returns what is left of a pause, own or shared, or the error when the quota asks for too long a one.
func (p *Pacer) pausedFor(now time.Time) (time.Duration, error) {
	q := p.longest()
	left := q.left(now)
	most := p.group.config.MaxPause
	if left == 0 || most <= 0 {
		return left, nil
	}
	if left > most || !p.refused.IsZero() && q.until.Sub(p.refused) > most {
		return 0, &PauseError{Until: q.until, Reason: q.reason}
	}
	return left, nil
}

// longest is the pause that ends last.
func (p *Pacer) longest() *pause {
	if p.group.shared.until.After(p.pause.until) {
		return &p.group.shared
	}
	return &p.pause
}

// probeIn is how long to wait before a request may probe the site.
func (p *Pacer) probeIn(now time.Time) (time.Duration, error) {
	o := &p.outage
	last := untilRung
	if most := p.group.config.MaxPause; most > 0 {
		if last = o.start().Add(most).Sub(now); last <= 0 {
			return 0, &OutageError{Since: o.start(), Reason: o.cause}
		}
	}
	if o.probing {
		return last, nil
	}
	return min(max(0, o.next.Sub(now)), last), nil
}

// resume goes on after a pause: gently, and with the decisions that have waited for its end.
func (p *Pacer) resume(now time.Time) {
	p.settled = true
	p.governor.resume(now, uint64(p.counts.Sent))
	if spare := int(p.limiter.TokensAt(now)) - 1; spare > 0 {
		p.limiter.AllowN(now, spare)
	}
}

// leave makes out a ticket.
func (p *Pacer) leave(now time.Time, retry, held bool) (Ticket, []Event) {
	events := p.over(now)
	p.counts.Sent++
	p.counts.InFlight++
	t := Ticket{number: uint64(p.counts.Sent), epoch: p.epoch, left: now, retry: retry}
	p.outage.left(retry)
	if p.outage.on {
		p.outage.probing = true
		t.probe = p.outage.number
	}
	p.ceiling.left(now)
	p.governor.left(now, held)
	return t, events
}
