package jsmtest

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// QuotaKind is how a quota counts.
type QuotaKind int

const (
	// TokenBucket holds up to Burst requests and refills at Rate a second. The
	// zero value of a kind means it too.
	TokenBucket QuotaKind = iota + 1
	// Lockout is a token bucket that refuses everything for Closed after it
	// has refused one request.
	Lockout
	// FixedWindow admits Limit requests in each Window.
	FixedWindow
)

// RetryAfter is what a refusal says about when to come again.
type RetryAfter int

const (
	RetryAfterSeconds RetryAfter = iota + 1 // until one request is admitted, rounded up; the zero value means it too
	RetryAfterNone                          // no header
	RetryAfterZero                          // "0"
)

// Change is a new rate, counted from the first request that the quota saw.
type Change struct {
	After time.Duration
	Rate  float64 // a second
}

// Quota limits the requests to some operations. Each operation (method and
// path pattern) has a count of its own, unless Shared.
type Quota struct {
	Method string // "": all
	Path   string // a path pattern, as [CreatePath]; "": all
	Shared bool   // one count for all of them, as the points of a tenant

	Kind     QuotaKind
	Rate     float64       // a second
	Burst    int           // bucket size; 0: one second of Rate
	Schedule []Change      // of Rate, in order of time
	Closed   time.Duration // of a Lockout; 0: 1 s
	Limit    int           // of a FixedWindow
	Window   time.Duration
	Aligned  bool    // windows begin on whole multiples of Window of the clock, else with the first request
	Shards   int     // so many counts of an even share, of which chance picks one for each request
	Neighbor float64 // requests a second that other programs of the tenant take

	RetryAfter   RetryAfter
	LeastRetry   time.Duration // Retry-After is never less than this
	Reason       string        // of RateLimit-Reason on a refusal; "": jira-burst-based
	RateHeaders  bool          // X-RateLimit-Limit and -Remaining on all answers; -Reset on refusals, with windows on all
	HeaderPrefix string        // before these names: "Beta-"
	HeadersFor   time.Duration // after this long there are none any more; 0: always
	NoSeconds    bool          // -Reset leaves the seconds out, rounded up
}

// DocumentedQuotas are Atlassian's burst limits for API tokens: 100 a second
// for GET and POST, 50 for PUT and DELETE, and 5 for the customers of a desk.
// The sizes of the buckets are not published; here they are one second's.
func DocumentedQuotas() []Quota { return BurstQuotas(100, 100, false) }

// BurstQuotas are those of [DocumentedQuotas] for a site that admits rate POST
// requests a second from buckets of burst; burst 0: one second's; rate 0: no
// quota at all.
func BurstQuotas(rate float64, burst int, headers bool) []Quota {
	if rate <= 0 {
		return nil
	}
	half := burst / 2
	if burst > 0 {
		half = max(half, 1)
	}
	return []Quota{
		{Method: "POST", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "GET", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "PUT", Rate: rate / 2, Burst: half, RateHeaders: headers},
		{Method: "DELETE", Rate: rate / 2, Burst: half, RateHeaders: headers},
		{Method: "GET", Path: DeskCustomersPath, Rate: min(5, rate), RateHeaders: headers},
	}
}

// PointsQuota is the tenant's quota of OAuth and service accounts: points an
// hour for all operations together, one each, and a Retry-After up to the
// whole hour.
func PointsQuota(points int) Quota {
	return Quota{Shared: true, Kind: FixedWindow, Limit: points, Window: time.Hour, Aligned: true, Reason: "jira-quota-tenant-based"}
}

func (q Quota) matches(r *route) bool {
	return r.api && (q.Method == "" || q.Method == r.method) && (q.Path == "" || q.Path == r.pattern)
}

func (q Quota) withDefaults() Quota {
	if q.Kind == 0 {
		q.Kind = TokenBucket
	}
	if q.Burst == 0 {
		q.Burst = max(int(math.Ceil(q.Rate)), 1)
	}
	if q.Closed == 0 {
		q.Closed = time.Second
	}
	if q.Reason == "" {
		q.Reason = "jira-burst-based"
	}
	q.Shards = max(q.Shards, 1)
	return q
}

// limiter asks all quotas of a route.
type limiter struct {
	mu     sync.Mutex
	counts map[*route][]*quotaCount
}

func newLimiter(quotas []Quota, routes []*route) *limiter {
	l := &limiter{counts: map[*route][]*quotaCount{}}
	for i, q := range quotas {
		fresh := func() *quotaCount {
			return &quotaCount{Quota: q.withDefaults(), seed: uint64(i)}
		}
		shared := fresh()
		for _, r := range routes {
			switch {
			case !q.matches(r):
			case q.Shared:
				l.counts[r] = append(l.counts[r], shared)
			default:
				l.counts[r] = append(l.counts[r], fresh())
			}
		}
	}
	return l
}

// admit takes one request from all quotas of a route, or refuses it by the
// first that has none and takes from none. Headers go to h.
func (l *limiter) admit(r *route, now time.Time, h http.Header) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.counts[r] {
		if wait := q.ask(now); wait > 0 {
			q.refuse(now, wait, h)
			return false
		}
	}
	for _, q := range l.counts[r] {
		q.take()
		q.writeLevel(now, h)
	}
	return true
}

// writeLevel tells what is left.
func (q *quotaCount) writeLevel(now time.Time, h http.Header) {
	if !q.RateHeaders || q.HeadersFor > 0 && now.Sub(q.began) >= q.HeadersFor {
		return
	}
	limit, left := q.size(), q.left()
	h.Set(q.HeaderPrefix+"X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set(q.HeaderPrefix+"X-RateLimit-Remaining", strconv.Itoa(left))
	if left*5 < limit {
		h.Set(q.HeaderPrefix+"X-RateLimit-NearLimit", "true")
	}
	if q.Kind == FixedWindow {
		q.writeReset(q.windowEnd(now), h)
	}
}

// refuse tells why and how long.
func (q *quotaCount) refuse(now time.Time, wait time.Duration, h http.Header) {
	h.Set("RateLimit-Reason", q.Reason)
	q.writeLevel(now, h)
	if q.RateHeaders && h.Get(q.HeaderPrefix+"X-RateLimit-Limit") != "" {
		q.writeReset(now.Add(wait), h)
	}
	switch q.RetryAfter {
	case RetryAfterNone:
	case RetryAfterZero:
		h.Set("Retry-After", "0")
	default:
		seconds := math.Ceil(max(wait, q.LeastRetry).Seconds())
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
}

func (q *quotaCount) writeReset(at time.Time, h http.Header) {
	layout, unit := "2006-01-02T15:04:05Z", time.Second
	if q.NoSeconds {
		layout, unit = "2006-01-02T15:04Z", time.Minute
	}
	at = at.Add(unit - 1).Truncate(unit)
	h.Set(q.HeaderPrefix+"X-RateLimit-Reset", at.UTC().Format(layout))
}
