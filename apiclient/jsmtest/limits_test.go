package jsmtest

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestQuotas: what the second of two requests to myself is answered, when the first took the only one there was.
func TestQuotas(t *testing.T) {
	bare := map[string]string{"Ratelimit-Reason": "jira-burst-based", "Retry-After": "1"}
	headers := map[string]string{"X-Ratelimit-Limit": "1", "X-Ratelimit-Remaining": "0"}
	with := func(more ...string) map[string]string {
		all := map[string]string{}
		for k, v := range headers {
			all[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	tests := map[string]struct {
		quotas []Quota
		status int
		header map[string]string
	}{
		"none":             {nil, 200, map[string]string{}},
		"bucket":           {[]Quota{{Rate: 1}}, 429, bare},
		"another method":   {[]Quota{{Method: "POST", Rate: 1}}, 200, map[string]string{}},
		"another path":     {[]Quota{{Path: UserSearchPath, Rate: 1}}, 200, map[string]string{}},
		"this path":        {[]Quota{{Path: MyselfPath, Rate: 1}}, 429, bare},
		"slow":             {[]Quota{{Rate: 0.1}}, 429, map[string]string{"Ratelimit-Reason": "jira-burst-based", "Retry-After": "10"}},
		"no time":          {[]Quota{{Rate: 1, NoRetryAfter: true}}, 429, map[string]string{"Ratelimit-Reason": "jira-burst-based"}},
		"headers":          {[]Quota{{Rate: 1, RateHeaders: true}}, 429, with("Ratelimit-Reason", "jira-burst-based", "Retry-After", "1", "X-Ratelimit-Reset", "2000-01-01T00:00:02Z")},
		"hourly":           {[]Quota{{Window: time.Hour, Limit: 1, Reason: "jira-quota-tenant-based"}}, 429, map[string]string{"Ratelimit-Reason": "jira-quota-tenant-based", "Retry-After": "3600"}},
		"documented":       {BurstQuotas(1, 0, false), 429, bare},
		"documented, zero": {BurstQuotas(0, 0, true), 200, map[string]string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{Quotas: tt.quotas})
				time.Sleep(time.Millisecond) // so that times are rounded
				var status int
				var header http.Header
				for range 2 {
					status, _, header = ask{method: "GET", url: MyselfPath}.do(t, s)
				}
				got := map[string]string{}
				for _, name := range []string{"Ratelimit-Reason", "Retry-After", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"} {
					if v := header.Get(name); v != "" {
						got[name] = v
					}
				}
				if diff := cmp.Diff(tt.header, got); diff != "" || status != tt.status {
					t.Errorf("got %d, want %d (-want +got):\n%s", status, tt.status, diff)
				}
			})
		})
	}
}

// TestQuotasCountByOperation: both forms of address, and all accounts, are one operation; a refusal does nothing.
func TestQuotasCountByOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := refusals()
		o.Quotas = []Quota{{Rate: 1, Burst: 2}}
		s := New(o)
		asks := []ask{
			{method: "PUT", url: revokeURL("qm:two:1")}, {method: "PUT", url: gateway + revokeURL("qm:two:2"), as: "scoped@example.com:s"},
			{method: "PUT", url: revokeURL("qm:gone:1")}, {method: "POST", url: create, body: dana},
			{method: "POST", url: create, body: dana, as: "nobody"}, {method: "PUT", url: revokeURL("qm:two:1")},
		}
		var got []int
		for _, a := range asks {
			status, _, _ := a.do(t, s)
			got = append(got, status)
		}
		if diff := cmp.Diff([]int{204, 204, 429, 201, 401, 429}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
