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

// quotaAnswer is what the pacer is told of an attempt.
func quotaAnswer(a answer) pacer.Answer {
	q := pacer.Answer{Kind: quotaKind(a)}
	if a.header != nil {
		q.Level = level(a)
	}
	if q.Kind != pacer.Refused && q.Kind != pacer.Failed {
		return q
	}
	if a.header == nil {
		_, q.Reason, _ = explain(a.err)
		return q
	}
	q.RetryAfter = retryAfter(a)
	q.Reason = clean(first(a.header, "Ratelimit-Reason", "X-Ratelimit-Reason"))
	q.Shared = q.Kind == pacer.Refused && strings.HasPrefix(strings.ToLower(q.Reason), "jira-quota-")
	if q.Reason == "" && q.Kind == pacer.Failed {
		q.Reason = strings.TrimSpace(strconv.Itoa(a.status) + " " + http.StatusText(a.status))
	}
	return q
}

func quotaKind(a answer) pacer.Kind {
	switch {
	case a.verdict == refused:
		return pacer.Refused
	case a.verdict == definite:
		return pacer.Passed
	case errors.Is(a.err, context.Canceled):
		return pacer.Unsent // the site is not to blame
	}
	return pacer.Failed
}

// clock is the server's, against which its times are read; without it, our own.
func (a answer) clock() time.Time {
	if date, err := http.ParseTime(first(a.header, "Date")); err == nil {
		return date
	}
	return a.at
}

// retryAfter reads seconds or a date; 0: not said. Of several values the longest counts.
func retryAfter(a answer) time.Duration {
	var longest time.Duration
	for _, v := range a.header["Retry-After"] {
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

// plain names the headers that come one by one; field those of the structured fields.
type (
	plain struct{ remaining, limit, reset string }
	field struct{ limits, policies string }
)

// Headers about quotas in canonical form, those that are enforced before those in beta.
var (
	plainNames = [...]plain{
		{"X-Ratelimit-Remaining", "X-Ratelimit-Limit", "X-Ratelimit-Reset"},
		{"Ratelimit-Remaining", "Ratelimit-Limit", "Ratelimit-Reset"},
		{"Beta-X-Ratelimit-Remaining", "Beta-X-Ratelimit-Limit", "Beta-X-Ratelimit-Reset"},
		{"Beta-Ratelimit-Remaining", "Beta-Ratelimit-Limit", "Beta-Ratelimit-Reset"},
	}
	fieldNames = [...]field{{"Ratelimit", "Ratelimit-Policy"}, {}, {"Beta-Ratelimit", "Beta-Ratelimit-Policy"}, {}}
)

// level is what the headers say of the quota; nil: nothing. Limit is carried along, and never a rate: it is the bucket
// as often.
func level(a answer) *pacer.Level {
	for i, name := range plainNames {
		if remaining, ok := count(first(a.header, name.remaining)); ok {
			limit, _ := count(first(a.header, name.limit))
			return &pacer.Level{Remaining: remaining, Limit: limit, Reset: reset(first(a.header, name.reset), a)}
		}
		if limits := first(a.header, fieldNames[i].limits); limits != "" {
			if l := fieldLevel(limits, first(a.header, fieldNames[i].policies)); l != nil {
				return l
			}
		}
	}
	return nil
}

// count reads a whole number that is not negative; after a comma or semicolon there may be a policy.
func count(s string) (int, bool) {
	if s == "" {
		return 0, false
	}
	if i := strings.IndexAny(s, ",;"); i >= 0 {
		s = s[:i]
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || f > math.MaxInt32 {
		return 0, false
	}
	return int(max(f, 0)), true
}

// reset reads a time: ISO 8601 with or without seconds, since 1970 in seconds or milliseconds, or seconds from now.
func reset(s string, a answer) time.Duration {
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
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
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04", http.TimeFormat} {
		if t, err := time.Parse(layout, s); err == nil {
			return clamp(t.Sub(a.clock()))
		}
	}
	return 0
}

// fieldLevel reads draft-ietf-httpapi-ratelimit-headers: RateLimit: "default";r=50;t=30, with the quota in
// RateLimit-Policy: "default";q=100;w=60; or the older limit=100, remaining=50, reset=30. Of several policies the
// one with the least left counts.
func fieldLevel(limits, policies string) *pacer.Level {
	var least *pacer.Level
	for _, item := range items(limits) {
		remaining, ok := count(item.param("r"))
		if !ok {
			continue
		}
		l := &pacer.Level{Remaining: remaining}
		l.Reset, _ = seconds(item.param("t"))
		for _, policy := range items(policies) {
			if policy.name == item.name {
				l.Limit, _ = count(policy.param("q"))
			}
		}
		if least == nil || l.Remaining < least.Remaining {
			least = l
		}
	}
	if least == nil {
		least = oldFieldLevel(items(limits))
	}
	return least
}

func oldFieldLevel(list []item) *pacer.Level {
	flat := item{params: map[string]string{}}
	for _, it := range list {
		if name, value, ok := strings.Cut(it.name, "="); ok {
			flat.params[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	remaining, ok := count(flat.param("remaining"))
	if !ok {
		return nil
	}
	l := &pacer.Level{Remaining: remaining}
	l.Limit, _ = count(flat.param("limit"))
	l.Reset, _ = seconds(flat.param("reset"))
	return l
}

// item is a member of a structured field's list (RFC 9651): a name and parameters.
type item struct {
	name   string
	params map[string]string
}

func (i item) param(name string) string { return i.params[name] }

func items(field string) []item {
	var list []item
	for _, member := range splitQuoted(field, ',') {
		parts := splitQuoted(member, ';')
		it := item{name: strings.Trim(strings.TrimSpace(parts[0]), `"`), params: map[string]string{}}
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(p, "=")
			it.params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
		list = append(list, it)
	}
	return list
}

// splitQuoted splits at sep, but not inside quotes.
func splitQuoted(s string, sep byte) []string {
	var parts []string
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// first is the first value of the first of these headers, whose names are in canonical form.
func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h[name]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

func isRateHeader(name string) bool {
	return strings.Contains(strings.ToLower(name), "ratelimit") || name == "Retry-After"
}
