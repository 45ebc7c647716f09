package jsmtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// admitted asks every 50 ms for so many seconds, and returns how many were admitted in each, and the first refusal.
func admitted(q Quota, seconds int) (counts []int, refusal *Admission) {
	l := &Limiter{Quotas: []Quota{q}}
	counts = make([]int, seconds)
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for i := range 20 * seconds {
		a := l.Admit(start.Add(time.Duration(i)*50*time.Millisecond), "POST", "/a")
		if a.Admitted {
			counts[i/20]++
		} else if refusal == nil {
			refusal = &a
		}
	}
	return counts, refusal
}

func TestQuota(t *testing.T) {
	second := func(level *Level) *Admission {
		return &Admission{RetryAfter: time.Second, Reason: "jira-burst-based", Level: level}
	}
	tests := []struct {
		name    string
		quota   Quota
		want    []int
		refusal *Admission
	}{
		{"bucket", Quota{Rate: 5, Burst: 10}, []int{14, 5, 5, 5}, second(nil)},
		{"bucket of one second", Quota{Rate: 5}, []int{9, 5, 5, 5}, second(nil)},
		{"lockout", Quota{Rate: 5, Lockout: 2 * time.Second}, []int{6, 0, 6, 0},
			&Admission{RetryAfter: 2 * time.Second, Reason: "jira-burst-based"}},
		{"window", Quota{Window: 2 * time.Second, Limit: 7, Reason: "other"}, []int{7, 0, 7, 0},
			&Admission{RetryAfter: 2 * time.Second, Reason: "other"}},
		{"schedule", Quota{Burst: 1, Rate: 10, Schedule: []Change{{time.Second, 0}, {2 * time.Second, 2}}}, []int{10, 1, 1, 2},
			second(nil)},
		{"no Retry-After", Quota{Rate: 2, NoRetryAfter: true}, []int{3, 2, 2, 2}, &Admission{Reason: "jira-burst-based"}},
		{"headers", Quota{Rate: 2, RateHeaders: true}, []int{3, 2, 2, 2}, second(&Level{Limit: 2, Reset: time.Second})},
		{"another method's", Quota{Method: "GET", Rate: 1}, []int{20, 20}, nil},
		{"another path's", Quota{Path: "/b", Rate: 1}, []int{20, 20}, nil},
	}
	for _, tt := range tests {
		got, refusal := admitted(tt.quota, len(tt.want))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: admitted a second (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.refusal, refusal); diff != "" {
			t.Errorf("%s: refusal (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestQuotaCountsEachOperation(t *testing.T) {
	now := time.Unix(0, 0)
	l := &Limiter{Quotas: []Quota{{Rate: 1, RateHeaders: true}, {Window: time.Hour, Limit: 2}}}
	var got []bool
	for _, path := range []string{"/a", "/a", "/b"} {
		got = append(got, l.Admit(now, "POST", path).Admitted)
	}
	if diff := cmp.Diff([]bool{true, false, true}, got); diff != "" {
		t.Errorf("admitted (-want +got):\n%s", diff)
	}
}
