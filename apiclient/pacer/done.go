package pacer

import "time"

// Done gives a ticket back and says what became of its request. It never blocks.
func (p *Pacer) Done(t Ticket, a Answer) {
	p.group.notify(p.answer(t, a))
}

func (p *Pacer) answer(t Ticket, a Answer) []Event {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	now := time.Now()
	p.counts.InFlight--
	probe := p.outage.on && t.probe == p.outage.number
	var events []Event
	switch a.Kind {
	case Passed:
		p.counts.Passed++
		p.refused, p.unsaid = time.Time{}, 0
		events = p.answers(now, probe)
	case Refused:
		p.counts.Refused++
		events = append(p.answers(now, probe), p.refusal(now, t, a)...)
	case Failed:
		p.counts.Failed++
		events = p.failure(now, t, a, probe)
	default:
		if probe {
			p.outage.probing = false
		}
		p.ring()
		return nil
	}
	p.governor.answered(now, t, a, uint64(p.counts.Sent))
	p.ring()
	return append(events, p.changed(now)...)
}

// ring makes the waiter at the front look again, if there is one.
func (p *Pacer) ring() {
	if p.waiting > 0 {
		p.turnstile.ring()
	}
}

// answers notes that the site works.
func (p *Pacer) answers(now time.Time, probe bool) []Event {
	lasted, ended := p.outage.passed(now, probe)
	if !ended {
		return nil
	}
	p.settled = false
	return []Event{{Kind: OutageEnded, At: now, Pacer: p.name, Lasted: lasted}}
}

// failure counts one, and begins an outage or goes on with it.
func (p *Pacer) failure(now time.Time, t Ticket, a Answer, probe bool) []Event {
	jitter := p.group.jitter()
	if p.outage.failed(now, t.retry, a.Reason, jitter) {
		why := outageFailing
		if p.outage.flaky {
			why = outageRetries
		}
		return []Event{{Kind: OutageBegan, At: now, Pacer: p.name, Until: p.outage.next, Reason: why}}
	}
	if probe {
		p.outage.probeFailed(now, a.RetryAfter, jitter)
	}
	return nil
}

// refusal pauses, and counts a congestion event unless the request left before the last one.
func (p *Pacer) refusal(now time.Time, t Ticket, a Answer) []Event {
	if p.refused.IsZero() {
		p.refused = now
	}
	first := t.epoch == p.epoch
	d := a.RetryAfter
	switch {
	case d > 0:
		p.unsaid = 0
	case first:
		d = p.unsaidPause()
	}
	if !a.Shared {
		p.governor.refused(now, t, first, d, uint64(p.counts.Sent))
	}
	if first {
		p.epoch++
	}
	return p.pauseFor(now, d, a)
}

// unsaidPause is the pause after a refusal that does not say how long.
func (p *Pacer) unsaidPause() time.Duration {
	d := min(firstPause<<min(p.unsaid, 4), longestStep)
	p.unsaid++
	return min(time.Duration(float64(d)*p.group.jitter()), longestStep)
}

// pauseFor extends the pause, own or shared.
func (p *Pacer) pauseFor(now time.Time, d time.Duration, a Answer) []Event {
	q := &p.pause
	if a.Shared {
		q = &p.group.shared
	}
	kind, before := PauseExtended, q.until
	if q.left(now) == 0 {
		kind, before = PauseBegan, now
	}
	if !q.extend(now, now.Add(d), a.Reason) {
		return nil
	}
	p.unsettle(a.Shared)
	if kind == PauseExtended && q.until.Sub(before) < time.Second {
		return nil
	}
	return []Event{{Kind: kind, At: now, Pacer: p.name, Shared: a.Shared, Until: q.until, Reason: a.Reason}}
}

// unsettle leaves decisions to the end of the pause, for all whom it concerns.
func (p *Pacer) unsettle(shared bool) {
	p.settled = false
	if !shared {
		return
	}
	for _, other := range p.group.pacers {
		other.settled = false
		other.ring()
	}
}

// over tells of pauses that have ended.
func (p *Pacer) over(now time.Time) []Event {
	var events []Event
	if d, ended := p.pause.end(now); ended {
		events = append(events, Event{Kind: PauseEnded, At: now, Pacer: p.name, Lasted: d})
	}
	if d, ended := p.group.shared.end(now); ended {
		events = append(events, Event{Kind: PauseEnded, At: now, Pacer: p.name, Shared: true, Lasted: d})
	}
	return events
}

// changed tells of a pace that is markedly different from what was told last.
func (p *Pacer) changed(now time.Time) []Event {
	if now.Sub(p.toldAt) < markedEvery {
		return nil
	}
	r := p.governor.learned()
	if d := r - p.told; r == 0 || d < marked*p.told && d > -marked*p.told {
		return nil
	}
	p.told, p.toldAt = r, now
	return []Event{{Kind: PaceChanged, At: now, Pacer: p.name, Rate: r}}
}
