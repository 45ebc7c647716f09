package jsmtest

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Quota limits the requests to some operations: a token bucket of Burst that refills at Rate a second, or with a Window
// Limit requests in each of them. Each operation (method and path pattern) is counted by itself.
type Quota struct {
	Method string // "": every method
	Path   string // a path pattern; "": every path

	Rate     float64       // of a bucket, a second
	Burst    int           // size of the bucket; 0: one second of Rate
	Schedule []Change      // of Rate, in order of time
	Lockout  time.Duration // of a bucket: one refusal closes it for so long; 0: it does not
	Window   time.Duration // 0: a bucket; windows begin at whole multiples of it on the clock
	Limit    int           // of a window

	NoRetryAfter bool   // refusals do not say how long to wait
	Reason       string // of a refusal; "": jira-burst-based
	RateHeaders  bool   // answers report a [Level]
}

// Change is a new rate, from a time on that counts from the first request.
type Change struct {
	After time.Duration
	Rate  float64
}

// Admission is what the quotas say to one request.
type Admission struct {
	Admitted   bool
	RetryAfter time.Duration // of a refusal, whole seconds; 0: not said
	Reason     string        // of a refusal
	Level      *Level        // nil: not reported
}

// Level is what rate headers report.
type Level struct {
	Limit, Remaining int
	Reset            time.Duration // from now; 0: not reported; on refusals, and with windows on all answers
}

// Limiter counts requests against quotas, one at a time.
type Limiter struct {
	Quotas   []Quota
	counters map[string]*counter // nil: it has admitted nothing yet
}

// Admit takes one request of an operation from all quotas that limit it, or from none when one of them refuses it.
// Times must not go back.
func (l *Limiter) Admit(now time.Time, method, path string) Admission {
	counters := l.of(now, method, path)
	for _, c := range counters {
		if wait := c.wait(now); wait > 0 {
			return c.refusal(now, wait)
		}
	}
	d := Admission{Admitted: true}
	for _, c := range counters {
		c.level--
		if level := c.report(now); level != nil && (d.Level == nil || level.Remaining < d.Level.Remaining) {
			d.Level = level
		}
	}
	return d
}

// of returns the counters of an operation.
func (l *Limiter) of(now time.Time, method, path string) (counters []*counter) {
	if l.counters == nil {
		l.counters = map[string]*counter{}
	}
	for i, q := range l.Quotas {
		if q.Method != "" && q.Method != method || q.Path != "" && q.Path != path {
			continue
		}
		key := fmt.Sprint(i, method, path)
		if l.counters[key] == nil {
			l.counters[key] = &counter{Quota: q, began: now, at: now, level: q.size()}
		}
		counters = append(counters, l.counters[key])
	}
	return counters
}

// counter is a quota at work.
type counter struct {
	Quota
	began  time.Time
	at     time.Time // when the level was what it is
	level  float64
	closed time.Time // by a lockout, until then
}

// wait returns how long a request that is refused now should wait; 0: it is not refused.
func (c *counter) wait(now time.Time) time.Duration {
	c.refill(now)
	switch {
	case now.Before(c.closed):
		return c.closed.Sub(now)
	case c.level >= 1-1e-9: // what rounding may take from a whole one
		return 0
	case c.Lockout > 0:
		c.closed = now.Add(c.Lockout)
		return c.Lockout
	case c.Window > 0:
		return c.windowEnd(now).Sub(now)
	}
	since := now.Sub(c.began)
	soon := max(c.supply(since, since+time.Second), 1e-3) // a second
	return time.Duration((1 - c.level) / soon * 1e9)
}

func (c *counter) refill(now time.Time) {
	if c.Window == 0 {
		c.level = min(c.size(), c.level+c.supply(c.at.Sub(c.began), now.Sub(c.began)))
	} else if !now.Before(c.windowEnd(c.at)) {
		c.level = c.size()
	}
	c.at = now
}

func (c *counter) windowEnd(now time.Time) time.Time { return now.Truncate(c.Window).Add(c.Window) }

// refusal rounds the wait up to whole seconds, at least one.
func (c *counter) refusal(now time.Time, wait time.Duration) Admission {
	d := Admission{Reason: cmp.Or(c.Reason, "jira-burst-based"), Level: c.report(now)}
	wait = max((wait + time.Second - 1).Truncate(time.Second), time.Second)
	if !c.NoRetryAfter {
		d.RetryAfter = wait
	}
	if d.Level != nil && d.Level.Reset == 0 {
		d.Level.Reset = wait
	}
	return d
}

func (c *counter) report(now time.Time) *Level {
	if !c.RateHeaders {
		return nil
	}
	l := &Level{Limit: int(c.size()), Remaining: int(math.Floor(c.level + 1e-9))}
	if c.Window > 0 {
		l.Reset = c.windowEnd(now).Sub(now)
	}
	return l
}

// size is what a full bucket or a new window admits.
func (q Quota) size() float64 {
	if q.Window > 0 {
		return float64(q.Limit)
	}
	return max(cmp.Or(float64(q.Burst), math.Ceil(q.Rate)), 1)
}

// supply is what a bucket receives from one time after the first request to another.
func (q Quota) supply(from, to time.Duration) (sum float64) {
	rate := q.Rate
	for _, c := range q.Schedule {
		until := max(from, min(c.After, to))
		sum += rate * (until - from).Seconds()
		from, rate = until, c.Rate
	}
	return sum + rate*(to-from).Seconds()
}
