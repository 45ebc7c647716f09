package apiclient

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// maxWait is the longest wait that a header can ask for; anything longer, or absurd, is taken for that.
const maxWait = 24 * time.Hour

// quotaAnswer is what an attempt means for the pacer.
func quotaAnswer(a answer) pacer.Answer {
	q := pacer.Answer{Kind: quotaKind(a), Level: level(a)}
	switch {
	case q.Kind != pacer.Refused && q.Kind != pacer.Failed:
		return q
	case a.header == nil:
		_, q.Reason, _ = explain(a.err)
		return q
	}
	q.RetryAfter = retryAfter(a)
	q.Reason = clean(a.header.Get("RateLimit-Reason"))
	if q.Kind == pacer.Failed {
		if q.Reason == "" {
			q.Reason = strings.TrimSpace(strconv.Itoa(a.status) + " " + http.StatusText(a.status))
		}
		return q
	}
	q.Shared = strings.HasPrefix(strings.ToLower(q.Reason), "jira-quota-")
	if q.RetryAfter == 0 {
		q.RetryAfter = untilReset(a)
	}
	return q
}

func quotaKind(a answer) pacer.Kind {
	switch {
	case a.verdict == refused:
		return pacer.Refused
	case a.verdict == definite, a.whole():
		return pacer.Passed
	case errors.Is(a.err, context.Canceled):
		return pacer.Unsent // the site is not to blame
	}
	return pacer.Failed
}

// untilReset is the wait that a 429 without Retry-After asks for by X-RateLimit-Reset. Headers that speak of more
// that remains were not the reason for the 429.
func untilReset(a answer) time.Duration {
	if remaining, ok := count(a.header.Get("X-RateLimit-Remaining")); ok && remaining > 0 {
		return 0
	}
	return reset(a.header.Get("X-RateLimit-Reset"), a)
}

// clock is the server's, against which its times are read; without it, our own.
func (a answer) clock() time.Time {
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		return date
	}
	return a.at
}

// retryAfter reads seconds or a date; 0: not given. Of several values the longest counts.
func retryAfter(a answer) time.Duration {
	var longest time.Duration
	for _, v := range a.header.Values("Retry-After") {
		v = strings.TrimSpace(v)
		if d, ok := seconds(v); ok {
			longest = max(longest, d)
		} else if t, err := http.ParseTime(v); err == nil {
			longest = max(longest, clamp(t.Sub(a.clock())))
		}
	}
	return longest
}

// seconds reads a number of seconds, also one with a fraction.
func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(s, "xXpPiI_") {
		return 0, false
	}
	if f >= maxWait.Seconds() {
		return maxWait, true
	}
	return clamp(time.Duration(math.Ceil(max(f, 0)*1000)) * time.Millisecond), true
}

func clamp(d time.Duration) time.Duration { return max(0, min(d, maxWait)) }

// level is what the headers report of the quota; nil: nothing. Those that are enforced count before those in beta.
// Limit is passed on, and is never a rate: it is the size of the bucket as often.
func level(a answer) *pacer.Level {
	for _, prefix := range []string{"X-Ratelimit-", "Beta-X-Ratelimit-"} {
		if remaining, ok := count(a.header.Get(prefix + "Remaining")); ok {
			limit, _ := count(a.header.Get(prefix + "Limit"))
			return &pacer.Level{Remaining: remaining, Limit: limit, Reset: reset(a.header.Get(prefix+"Reset"), a)}
		}
	}
	return nil
}

// count reads a whole number; a negative one is 0.
func count(s string) (int, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || f > math.MaxInt32 {
		return 0, false
	}
	return int(max(f, 0)), true
}

// resetLayouts are the forms of ISO 8601 that were seen, with and without seconds.
var resetLayouts = []string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", http.TimeFormat,
}

// reset reads the time until a moment: ISO 8601, seconds or milliseconds since 1970, or seconds from now.
func reset(s string, a answer) time.Duration {
	s = strings.TrimSpace(s)
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) {
		switch {
		case f >= 1e15:
			return 0
		case f >= 1e11:
			return clamp(time.UnixMilli(int64(f)).Sub(a.clock()))
		case f >= 1e8:
			return clamp(time.Unix(int64(f), 0).Sub(a.clock()))
		}
		d, _ := seconds(s)
		return d
	}
	for _, layout := range resetLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return clamp(t.Sub(a.clock()))
		}
	}
	return 0
}

func isRateHeader(name string) bool {
	return strings.Contains(strings.ToLower(name), "ratelimit") || name == "Retry-After"
}
