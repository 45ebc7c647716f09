package pacer

import (
	"math"
	"time"
)

const (
	patient    = 1.5   // times the expected time without a refusal: the quota is larger than was thought
	quietMost  = 130.0 // seconds
	quietLow   = 6.0   // while the estimate is unknown or below the best one; longer each time that it was in vain
	vainFactor = 1.4
	vainMost   = 10.0
	vainTries  = 14 // after so many, the best one is forgotten
	belowBest  = 0.93
	gained     = 1.1 // an estimate so much larger than the last one is a try that was not in vain
	dropped    = 0.9
	longEnough = 10.0 // seconds after which the mean rate until the first refusal says what the site can bear
)

// mark is a moment at which the bucket was empty: when a request was refused, and how many had come before it.
type mark struct {
	number float64
	at     time.Time
}

// event is a congestion event: what became of the sends from the first refused one on.
type event struct {
	first    mark
	rate     float64       // at which they were sent
	sent     int           // answers to sends after the first
	admitted int           // of them not refused
	pause    time.Duration // until requests may leave again
}

// refusals finds the quota from refusals alone.
type refusals struct {
	stretch
	quota   float64 // the last one known; 0: none
	best    float64 // the best one known
	vain    float64 // seconds to wait before a try for more
	tries   int     // in vain
	trip    float64 // seconds of a round trip, smoothed
	last    mark    // the last event, or where counting began
	lost    int     // sends after it that were refused: they count for nothing
	events  int     // since counting began
	before  float64 // the last estimate, whether believed or not; 0: none
	event   *event  // the present one
	windows budget
}

func newRefusals(first float64) refusals {
	return refusals{stretch: stretch{base: first, known: true, quiet: quietMost, faster: accelerate}, vain: quietLow}
}

// rate is the present rate; 0: not paced.
func (r *refusals) rate() float64 {
	if r.windows.size > 0 {
		return r.windows.top
	}
	return r.stretch.rate()
}

// count begins to count anew after so many sends.
func (r *refusals) count(now time.Time, sends uint64) {
	r.last = mark{number: float64(sends), at: now}
	r.lost, r.events, r.before, r.event = 0, 0, 0, nil
}

// taught takes over a quota that was learned in another way; known: surely.
func (r *refusals) taught(quota float64, known bool) {
	quota = max(quota, slowest)
	r.stretch = stretch{base: quota, known: known, slope: search, quiet: quietLow, faster: accelerateLow}
	r.quota, r.vain, r.tries, r.windows = quota, quietLow, 0, budget{}
	if known {
		r.slope, r.faster, r.quiet = vague, accelerate, patient*expected(1, vague)
		r.best = max(r.best, quota)
	}
}

// answered counts an answer; trip is its round trip in seconds.
func (r *refusals) answered(t Ticket, refused bool, trip float64) {
	if r.trip == 0 {
		r.trip = trip
	}
	r.trip += 0.05 * (trip - r.trip)
	if r.event == nil || float64(t.number) <= r.event.first.number {
		return
	}
	r.event.sent++
	if !refused {
		r.event.admitted++
	}
}

// begins begins an event.
func (r *refusals) begins(t Ticket, now time.Time, rate float64, pause time.Duration) {
	r.event = &event{first: r.mark(t, now, rate), rate: rate, pause: pause}
}

// goesOn takes a refusal of a request that left before the last event began: it counts for no other.
func (r *refusals) goesOn(t Ticket, now time.Time, pause time.Duration) {
	ev := r.event
	if ev == nil {
		if float64(t.number) > r.last.number {
			r.lost++
		}
		return
	}
	ev.pause = max(ev.pause, now.Add(pause).Sub(ev.first.at))
	if m := r.mark(t, now, ev.rate); m.at.Before(ev.first.at) {
		ev.first = m
	}
}

// mark places a refusal among the sends. A request that took longer than usual was overtaken by some that left later.
func (r *refusals) mark(t Ticket, now time.Time, rate float64) mark {
	trip := now.Sub(t.left)
	overtaken := max(trip.Seconds()-r.trip, 0) / 2 * rate
	return mark{number: float64(t.number) + math.Round(overtaken), at: t.left.Add(trip / 2)}
}

// settle takes the decision about the event, once and with all that is known: when its pause is over.
func (r *refusals) settle(sends uint64) {
	if r.event == nil {
		return
	}
	ev := *r.event
	r.event = nil
	r.events++
	admitted := max(ev.first.number-r.last.number-1-float64(r.lost), 0)
	r.windows.closed(closing{admitted: admitted, pause: ev.pause, reset: ev.first.at.Add(ev.pause), rate: ev.rate}, sends)
	r.begin(r.signs(ev, admitted), ev.pause)
	r.last, r.lost = ev.first, ev.sent-ev.admitted
}

func (r *refusals) signs(ev event, admitted float64) signs {
	s := signs{rate: ev.rate, before: r.before, taught: r.quota > 0, long: ev.pause > longPause, sent: ev.sent, admitted: ev.admitted}
	seconds := ev.first.at.Sub(r.last.at).Seconds()
	switch {
	case r.events > 1 && seconds > 0:
		s.between = admitted / seconds
	case seconds > longEnough:
		r.best = max(r.best, admitted/seconds)
	}
	return s
}

// begin begins a new stretch.
func (r *refusals) begin(s signs, pause time.Duration) {
	v := judge(s)
	next := stretch{base: v.rate, known: v.known, slope: search, faster: accelerate}
	gain := 0.0
	if v.known {
		next.slope = slope(r.slope, v.rate, s.rate, r.quota)
		next.paused = pause.Seconds()
		if r.quota > 0 {
			gain = v.rate / r.quota
		}
		r.quota, r.best = v.rate, max(r.best, v.rate)
	}
	if s.long {
		next.slope = creep
	}
	next.quiet = min(patient*expected(pause.Seconds(), next.slope), quietMost)
	r.stretch, r.before = next, s.between
	r.patience(gain)
}

// patience is for a quota that is unknown or below the best one: more is tried soon, and later after each try in vain.
func (r *refusals) patience(gain float64) {
	if !r.known {
		r.quiet, r.faster = min(r.quiet, quietLow), accelerateLow
		return
	}
	low := r.base < belowBest*r.best
	switch {
	case !low || gain > gained:
		r.vain, r.tries = quietLow, 0
	case gain > dropped:
		r.vain, r.tries = min(vainFactor*r.vain, vainMost), r.tries+1
	}
	if r.tries >= vainTries {
		r.best, r.vain, r.tries, low = r.base, quietLow, 0, false
	}
	if low {
		r.quiet, r.faster = min(r.quiet, r.vain), accelerateLow
	}
}
