package apiclient

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// maxWait is the longest wait that a header can ask for; anything longer is cut to it.
const maxWait = 24 * time.Hour

// quotaAnswer is what an attempt means for the pacer.
func quotaAnswer(a answer) pacer.Answer {
	reason := mask(clean(a.header.Get("RateLimit-Reason")), nil)
	q := pacer.Answer{Level: a.level(), RetryAfter: a.retryAfter(), Reason: reason}
	switch {
	case a.effect == refused:
		q.Kind, q.Shared = pacer.Refused, strings.HasPrefix(strings.ToLower(q.Reason), "jira-quota-")
		if q.RetryAfter == 0 && (q.Level == nil || q.Level.Remaining == 0) { // if more remains, that was not the reason
			q.RetryAfter = a.until(a.header.Get("X-RateLimit-Reset"))
		}
	case a.effect == odd, a.effect == denied, a.effect == done:
		return pacer.Answer{Kind: pacer.Passed, Level: q.Level}
	case errors.Is(a.err, context.Canceled):
		q.Kind = pacer.Unsent // the site is not to blame
	case a.status == 0:
		q.Kind = pacer.Failed
		_, q.Reason, _ = noAnswer(a.err)
	default:
		q.Kind, q.Reason = pacer.Failed, cmp.Or(q.Reason, statusText(a.status))
	}
	return q
}

// retryAfter reads seconds or a date; 0: not given. Of several values, also in one line, the longest counts.
func (a answer) retryAfter() (longest time.Duration) {
	lines := a.header.Values("Retry-After")
	for _, v := range slices.Concat(lines, strings.Split(strings.Join(lines, ","), ",")) {
		if s, err := strconv.ParseFloat(strings.TrimSpace(v), 64); s > 0 && (err == nil || math.IsInf(s, 0)) {
			longest = max(longest, time.Duration(min(s, maxWait.Seconds())*float64(time.Second)))
		} else {
			longest = max(longest, a.until(v))
		}
	}
	return longest
}

// level is what the headers report, but for those in beta, which are of a quota that is not enforced; nil: nothing.
// Their limit is of no use: it is the size of the bucket as often as a rate.
func (a answer) level() *pacer.Level {
	remaining, err := strconv.Atoi(strings.TrimSpace(a.header.Get("X-RateLimit-Remaining")))
	if err != nil {
		return nil
	}
	return &pacer.Level{Remaining: max(0, remaining), Reset: a.until(a.header.Get("X-RateLimit-Reset"))}
}

// until returns the time until s, a time in ISO 8601, with or without seconds, or an HTTP date, by the server's clock,
// or ours if the server sent no Date. 0: not given.
func (a answer) until(s string) time.Duration {
	now, _ := http.ParseTime(a.header.Get("Date"))
	now = cmp.Or(now, a.receivedAt)
	t := now
	for _, layout := range []string{
		http.TimeFormat, time.RFC850, time.ANSIC,
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
	} {
		if read, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			t = read
		}
	}
	return max(0, min(t.Sub(now), maxWait))
}
