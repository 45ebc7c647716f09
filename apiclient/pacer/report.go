package pacer

import (
	"strings"
	"time"
)

// Kind is what became of a request, as far as the pace is concerned.
type Kind int

const (
	Passed  Kind = iota + 1 // any answer that shows that the site works: 2xx, and 4xx but 429
	Refused                 // 429
	Failed                  // 5xx, network error, timeout
	Unsent                  // it never left
)

// Answer is what became of one request.
type Answer struct {
	Kind       Kind
	Sent       int           // requests that have left for it
	RetryAfter time.Duration // Refused: the least wait; Failed: obeyed by the next probe of an outage; 0: not said
	Shared     bool          // Refused: by a quota of the whole tenant, so that every pacer of the group pauses
	Own        bool          // Refused: it is this request that is refused, not the quota, which learns nothing from it
	Reason     string        // Refused or Failed: for people
	Level      *Level        // Passed: what rate headers reported; nil: there were none
}

// Level is what rate headers report.
type Level struct {
	Remaining int
	Reset     time.Duration // from the moment of the answer; 0: not reported
}

// Permit allows one request to leave. It is given back by Done, exactly once.
type Permit struct {
	number uint64    // of what has left, from 1; 0: it has not left
	left   time.Time // when it left
	epoch  uint64    // when the permit was given
	retry  bool
}

// Event is a pause of a second or more, or an outage, in which single requests probe the site.
type Event struct {
	At     time.Time
	Lasted time.Duration // 0: it begins now
	Text   string        // one line for the log
}

// report reports what has ended after so long, or begun, once the lock is given up.
func (p *Pacer) report(what string, lasted time.Duration, reason string) {
	text := p.name + ": " + what + " began, until " + p.pause.until.Format(time.TimeOnly)
	if lasted > 0 {
		text = p.name + ": " + what + " ended after " + lasted.Round(100*time.Millisecond).String()
	}
	if p.group.notify != nil {
		p.group.events = append(p.group.events, Event{time.Now(), lasted, withReason(text, reason)})
	}
}

// Pace is what a pacer does at one moment: for the progress bar and the summary.
type Pace struct {
	Rate        float64   // requests a second that may leave now; 0: not paced
	Learned     float64   // the quota, requests a second, as far as it has been learned; 0: not
	PausedUntil time.Time // of the last pause or outage
	Why         string    // of it, for people
	Probing     bool      // an outage: single requests probe the site
	InFlight    int       // permits that have not been given back
	Sent        int       // requests that have left, but for those on their way
	Refused     int       // of them
}

// Pace returns a snapshot.
func (p *Pacer) Pace() Pace {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	s := p.counts
	s.Probing, s.PausedUntil, s.Why = p.outage, p.pause.until, p.pause.reason
	if r := p.quota.rate(time.Now()); r < unpaced {
		s.Rate = r
	}
	if p.quota.levels.on || p.quota.empty.After(p.quota.start) {
		s.Learned = p.quota.refill
	}
	return s
}

// PauseError is what waiters get when they would wait for longer than the group's maxPause.
type PauseError struct {
	Until  time.Time // the end of the pause that the quota or, if that is not past, the site has asked for
	Outage time.Time // no request has got through since then; zero: it is the quota that asks for the pause
	Reason string    // of the last refusal or failure; may be empty
}

func (e *PauseError) Error() string {
	if e.Outage.IsZero() {
		return withReason("the quota asks for a pause until "+e.Until.Format(time.RFC3339), e.Reason)
	}
	return withReason("no request has got through since "+e.Outage.Format(time.RFC3339), e.Reason)
}

func withReason(text, reason string) string { return strings.TrimSuffix(text+" ("+reason+")", " ()") }
