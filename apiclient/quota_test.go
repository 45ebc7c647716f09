package apiclient

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/pacer"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  time.Duration
	}{
		{"", 0}, {"0", 0}, {"-5", 0}, {"30", 30 * time.Second}, {" 7 ", 7 * time.Second}, {"1.5", 1500 * time.Millisecond},
		{"3600", time.Hour}, {"9999999999", maxWait}, {"999999999999999999999", maxWait}, {"1e999", maxWait}, {"soon", 0},
		{"NaN", 0}, {"Mon, 04 May 2026 12:00:20 GMT", 20 * time.Second},
		{"Monday, 04-May-26 12:00:20 GMT", 20 * time.Second}, {"Mon May  4 12:00:20 2026", 20 * time.Second},
		{"Mon, 04 May 2026 11:00:00 GMT", 0}, {"Mon, 04 May 2126 12:00:00 GMT", maxWait},
		{"5, 60", time.Minute}, {"60,soon", time.Minute}, {"5, Mon, 04 May 2026 12:00:20 GMT", 5 * time.Second},
	} {
		h := http.Header{"Retry-After": {tt.value}, "Date": {noon.Format(http.TimeFormat)}}
		// The local clock is an hour off: only Date counts.
		got := quotaAnswer(answer{effect: refused, status: 429, header: h, receivedAt: noon.Add(time.Hour)})
		if diff := cmp.Diff(pacer.Answer{Kind: pacer.Refused, RetryAfter: tt.want}, got); diff != "" {
			t.Errorf("%q:\n%s", tt.value, diff)
		}
	}
}

func TestLevel(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		want    *pacer.Level
	}{
		{"none", nil, nil},
		{"limit alone", []string{"X-RateLimit-Limit", "100"}, nil},
		{"remaining alone", []string{"X-RateLimit-Remaining", "7"}, &pacer.Level{Remaining: 7}},
		{"all, without seconds", []string{"X-RateLimit-Limit", "350", "X-RateLimit-Remaining", "0",
			"X-RateLimit-Reset", "2026-05-04T12:01Z"}, &pacer.Level{Reset: time.Minute}},
		{"with seconds", []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-05-04T12:00:30Z"},
			&pacer.Level{Remaining: 1, Reset: 30 * time.Second}},
		{"with an offset", []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-05-04T14:00:30.5+0200"},
			&pacer.Level{Remaining: 1, Reset: 30*time.Second + 500*time.Millisecond}},
		{"past", []string{"X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-05-04T11:59Z"},
			&pacer.Level{Remaining: 1}},
		{"nonsense", []string{"X-RateLimit-Remaining", "many", "X-RateLimit-Reset", "soon"}, nil},
		{"negative", []string{"X-RateLimit-Remaining", "-3"}, &pacer.Level{}},
		{"beta", []string{"Beta-X-RateLimit-Remaining", "12", "Beta-X-RateLimit-Limit", "100"}, nil},
		{"enforced beside beta", []string{"Beta-X-RateLimit-Remaining", "12", "X-RateLimit-Remaining", "50"},
			&pacer.Level{Remaining: 50}},
		{"policy alone", []string{"RateLimit-Policy", `"default";q=100;w=60`}, nil},
	} {
		h := http.Header{"Date": {noon.Format(http.TimeFormat)}}
		for i := 0; i < len(tt.headers); i += 2 {
			h.Set(tt.headers[i], tt.headers[i+1])
		}
		got := quotaAnswer(answer{effect: done, status: 201, header: h, receivedAt: noon.Add(time.Hour)})
		if diff := cmp.Diff(pacer.Answer{Kind: pacer.Passed, Level: tt.want}, got); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

func TestQuotaAnswer(t *testing.T) {
	header := func(reason string) http.Header {
		return http.Header{"Ratelimit-Reason": {reason}, "Retry-After": {"60"}}
	}
	remaining := func(n string) http.Header {
		return http.Header{"X-Ratelimit-Remaining": {n}, "X-Ratelimit-Reset": {"2026-05-04T13:00Z"},
			"Date": {noon.Format(http.TimeFormat)}}
	}
	more, none := remaining("5"), remaining("0")
	for _, tt := range []struct {
		name string
		in   answer
		want pacer.Answer
	}{
		{"burst", answer{effect: refused, status: 429, header: header("jira-burst-based")},
			pacer.Answer{Kind: pacer.Refused, RetryAfter: time.Minute, Reason: "jira-burst-based"}},
		{"points", answer{effect: refused, status: 429, header: header("jira-quota-tenant-based")},
			pacer.Answer{Kind: pacer.Refused, RetryAfter: time.Minute, Reason: "jira-quota-tenant-based", Shared: true}},
		{"a person", answer{effect: refused, status: 429, header: header("jira of Ann Lee, ann@example.com")},
			pacer.Answer{Kind: pacer.Refused, RetryAfter: time.Minute, Reason: "jira of [hidden] [hidden], [hidden]"}},
		{"no header", answer{effect: refused, status: 429, header: http.Header{}}, pacer.Answer{Kind: pacer.Refused}},
		{"while more remains", answer{effect: refused, status: 429, header: more}, pacer.Answer{Kind: pacer.Refused,
			Level: &pacer.Level{Remaining: 5, Reset: time.Hour}}},
		{"when nothing remains", answer{effect: refused, status: 429, header: none}, pacer.Answer{Kind: pacer.Refused,
			RetryAfter: time.Hour, Level: &pacer.Level{Reset: time.Hour}}},
		{"server", answer{effect: ambiguous, status: 503, header: http.Header{"Retry-After": {"5"}}},
			pacer.Answer{Kind: pacer.Failed, RetryAfter: 5 * time.Second, Reason: "503 Service Unavailable"}},
		{"network", answer{effect: ambiguous, err: context.DeadlineExceeded}, pacer.Answer{Kind: pacer.Failed,
			Reason: "no answer in time"}},
		{"refused customer", answer{effect: denied, status: 400, header: header("")}, pacer.Answer{Kind: pacer.Passed}},
	} {
		if diff := cmp.Diff(tt.want, quotaAnswer(tt.in)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

// Whatever the headers say, waits are between nothing and a day, and counts are not negative.
func FuzzRateHeaders(f *testing.F) {
	f.Add("30", "Mon, 04 May 2026 12:00:00 GMT", "5", "2026-05-04T12:01Z", `"default";r=50;t=30`, `"default";q=100;w=60`)
	f.Add("Mon, 04 May 2026 12:00:20 GMT", "", "-1", "1e308", `limit=1, remaining=2, reset=3`, `"a\";r=1`)
	f.Add("0", "Mon, 01 MAY 0000 0:00:00 GMT", "0", "0", "0", "0") // a clock before all times
	f.Add("-9223372036854775808", "x", "NaN", "9223372036854775807", `;;;,,,"`, `=`)
	f.Fuzz(func(t *testing.T, after, date, remaining, until, limits, policy string) {
		h := http.Header{"Retry-After": {after}, "Date": {date}, "X-Ratelimit-Remaining": {remaining},
			"X-Ratelimit-Limit": {remaining},
			"X-Ratelimit-Reset": {until}}
		check := func(got pacer.Answer) {
			if got.RetryAfter < 0 || got.RetryAfter > maxWait {
				t.Errorf("retry after %v", got.RetryAfter)
			}
			if l := got.Level; l != nil && (l.Remaining < 0 || l.Reset < 0 || l.Reset > maxWait) {
				t.Errorf("level %+v", *l)
			}
		}
		check(quotaAnswer(answer{effect: refused, status: 429, header: h, receivedAt: noon}))
		if n, err := strconv.Atoi(after); err == nil && n >= 0 && n < 86400 {
			if got := (answer{header: h, receivedAt: noon}).retryAfter(); got != time.Duration(n)*time.Second {
				t.Errorf("%q is read as %v", after, got)
			}
		}
		fields := http.Header{"Ratelimit": {limits}, "Beta-Ratelimit": {policy}, "Ratelimit-Policy": {policy},
			"Ratelimit-Reset": {until}}
		check(quotaAnswer(answer{effect: done, status: 201, header: fields, receivedAt: noon}))
	})
}
