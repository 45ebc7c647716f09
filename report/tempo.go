package report

import "time"

// tempoWindow is over how long the pace is measured.
const tempoWindow = 10 * time.Second

// A tempo measures how fast a run is now, from looks at it; pauses do not
// count, and neither does what was done before the first look.
type tempo struct{ looks []look }

type look struct {
	at         time.Time
	done, sent int
}

// see takes one look; while the run is held up the measurement starts anew.
func (t *tempo) see(m Moment, now time.Time) {
	if m.Probing || m.PausedUntil.After(now) {
		t.looks = t.looks[:0]
	}
	t.looks = append(t.looks, look{now, m.Done, m.Sent})
	for len(t.looks) > 2 && now.Sub(t.looks[0].at) > tempoWindow {
		t.looks = t.looks[1:]
	}
}

// sentPerSecond is the pace of requests; 0 when it is not known yet.
func (t *tempo) sentPerSecond() float64 {
	first, last, seconds := t.span()
	if seconds == 0 {
		return 0
	}
	return float64(last.sent-first.sent) / seconds
}

// left is how long so many rows will take at the pace of now.
func (t *tempo) left(rows int) (time.Duration, bool) {
	first, last, seconds := t.span()
	if seconds == 0 || last.done == first.done {
		return 0, false
	}
	return time.Duration(float64(rows) * seconds / float64(last.done-first.done) * float64(time.Second)), true
}

func (t *tempo) span() (first, last look, seconds float64) {
	if len(t.looks) < 2 {
		return look{}, look{}, 0
	}
	first, last = t.looks[0], t.looks[len(t.looks)-1]
	return first, last, last.at.Sub(first.at).Seconds()
}
