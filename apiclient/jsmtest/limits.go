package jsmtest

import (
	"net/http"
	"strconv"
	"time"
)

// DocumentedQuotas are Atlassian's burst limits for API tokens: 100 a second for GET and POST, 50 for PUT, and 5 for
// the customers of a service project. The sizes of the buckets are not published; here they are one second's.
func DocumentedQuotas() []Quota { return BurstQuotas(100, 0, false) }

// BurstQuotas are those of [DocumentedQuotas] for a site that admits rate POST requests a second from buckets of
// burst; burst 0: one second's; rate 0: no quota at all.
func BurstQuotas(rate float64, burst int, headers bool) []Quota {
	if rate <= 0 {
		return nil
	}
	return []Quota{
		{Method: "POST", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "GET", Rate: rate, Burst: burst, RateHeaders: headers},
		{Method: "PUT", Rate: rate / 2, Burst: (burst + 1) / 2, RateHeaders: headers},
		{Method: "GET", Path: DeskCustomersPath, Rate: min(5, rate), RateHeaders: headers},
	}
}

// admit asks the quotas for one request, and writes what they say to h.
func (s *Site) admit(r *route, h http.Header) bool {
	now := time.Now()
	a := s.limits.Admit(now, r.method, r.pattern)
	if a.Reason != "" {
		h.Set("RateLimit-Reason", a.Reason)
	}
	if a.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(a.RetryAfter/time.Second)))
	}
	if level := a.Level; level != nil {
		h.Set("X-RateLimit-Limit", strconv.Itoa(level.Limit))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(level.Remaining))
		if level.Remaining*5 < level.Limit {
			h.Set("X-RateLimit-NearLimit", "true")
		}
		if level.Reset > 0 {
			at := now.Add(level.Reset + time.Second - 1).UTC() // rounded up
			h.Set("X-RateLimit-Reset", at.Format("2006-01-02T15:04:05Z"))
		}
	}
	return a.Admitted
}
