package pacer

import "time"

// pause is a time in which nothing leaves. It is only ever extended: a late success does not end it.
type pause struct {
	began  time.Time // zero: none is known
	until  time.Time
	reason string
}

// extend makes the pause last until at least that time, and reports whether that changed it.
func (p *pause) extend(now, until time.Time, reason string) bool {
	if !until.After(now) || !until.After(p.until) {
		return false
	}
	if p.began.IsZero() {
		p.began = now
	}
	p.until, p.reason = until, reason
	return true
}

// left returns how much of it is still to come; 0: none.
func (p *pause) left(now time.Time) time.Duration {
	return max(0, p.until.Sub(now))
}

// end forgets a pause that is over, and returns how long it was; false when there was none or it still lasts.
func (p *pause) end(now time.Time) (time.Duration, bool) {
	if p.began.IsZero() || p.left(now) > 0 {
		return 0, false
	}
	lasted := now.Sub(p.began)
	p.began = time.Time{}
	return lasted, true
}
