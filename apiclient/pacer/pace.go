package pacer

import "time"

// Pace is what a pacer does at one moment: for the progress bar and the summary.
type Pace struct {
	Rate        float64   // requests a second that may leave now; 0: not paced
	Learned     float64   // the quota, requests a second, as far as it has been learned; 0: not
	PausedUntil time.Time // zero: there is no pause
	Why         string    // of the pause or outage, for people
	Probing     bool      // an outage: single requests probe the site
	Waiting     int       // requests that wait for leave
	InFlight    int       // requests that have left and not been answered

	Sent, Passed, Refused, Failed int // requests so far
}

// Pace returns a snapshot.
func (p *Pacer) Pace() Pace {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	now := time.Now()
	s := p.counts
	s.Rate, s.Learned = p.governor.under(p.governor.rate(now), 1), p.governor.learned()
	s.Waiting = p.waiting
	if q := p.longest(); q.left(now) > 0 {
		s.PausedUntil, s.Why = q.until, q.reason
	}
	if p.outage.on {
		s.Probing, s.Why = true, p.outage.cause
		if p.outage.next.After(now) && p.outage.next.After(s.PausedUntil) {
			s.PausedUntil = p.outage.next
		}
	}
	return s
}
