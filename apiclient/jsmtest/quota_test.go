package jsmtest

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// press asks for d, each every, and tells when requests were admitted, by
// second, and the first refusal's headers.
func press(t *testing.T, s *Site, d, every time.Duration) (admitted []int, refused int, header http.Header) {
	t.Helper()
	admitted = make([]int, int(d/time.Second))
	for start := time.Now(); time.Since(start) < d; time.Sleep(every) {
		status, _, h := ask{method: "GET", url: MyselfPath}.do(t, s)
		if status == http.StatusOK {
			admitted[int(time.Since(start)/time.Second)]++
			continue
		}
		refused++
		if header == nil {
			header = h
		}
	}
	return admitted, refused, header
}

func TestQuotas(t *testing.T) {
	tests := map[string]struct {
		quota    Quota
		admitted []int // in each second, of 20 asked
		header   map[string]string
	}{
		"bucket":               {Quota{Rate: 5, Burst: 10}, []int{14, 5, 5, 5}, map[string]string{"Retry-After": "1", "Ratelimit-Reason": "jira-burst-based", "X-Ratelimit-Limit": ""}},
		"lockout":              {Quota{Kind: Lockout, Rate: 5, Burst: 5, Closed: 2 * time.Second}, []int{6, 0, 6, 0}, map[string]string{"Retry-After": "2"}},
		"window":               {Quota{Kind: FixedWindow, Limit: 7, Window: 2 * time.Second}, []int{7, 0, 7, 0}, map[string]string{"Retry-After": "2"}},
		"schedule":             {Quota{Rate: 10, Burst: 1, Schedule: []Change{{time.Second, 0}, {2 * time.Second, 2}, {3 * time.Second, 5}}}, []int{10, 1, 1, 5}, map[string]string{"Retry-After": "1"}},
		"neighbor":             {Quota{Rate: 10, Burst: 5, Neighbor: 5}, []int{9, 5, 5, 5}, nil},
		"neighbor in a window": {Quota{Kind: FixedWindow, Limit: 10, Window: 2 * time.Second, Neighbor: 10}, []int{7, 0, 7, 0}, nil},
		"shared, of all":       {Quota{Shared: true, Rate: 2}, []int{3, 2, 2, 2}, nil},
		"another method's":     {Quota{Method: "POST", Rate: 2}, []int{20, 20, 20, 20}, nil},
		"another path's":       {Quota{Path: UserSearchPath, Rate: 2}, []int{20, 20, 20, 20}, nil},
		"no Retry-After":       {Quota{Rate: 2, RetryAfter: RetryAfterNone, Reason: "other"}, []int{3, 2, 2, 2}, map[string]string{"Retry-After": "", "Ratelimit-Reason": "other"}},
		"Retry-After 0":        {Quota{Rate: 2, RetryAfter: RetryAfterZero}, []int{3, 2, 2, 2}, map[string]string{"Retry-After": "0"}},
		"long Retry-After":     {Quota{Rate: 2, LeastRetry: time.Hour}, []int{3, 2, 2, 2}, map[string]string{"Retry-After": "3600"}},
		"headers": {Quota{Rate: 2, RateHeaders: true}, []int{3, 2, 2, 2}, map[string]string{
			"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Nearlimit": "true", "X-Ratelimit-Reset": "2000-01-01T00:00:01Z"}},
		"headers without seconds": {Quota{Rate: 2, RateHeaders: true, NoSeconds: true, HeaderPrefix: "Beta-"}, []int{3, 2, 2, 2}, map[string]string{
			"X-Ratelimit-Limit": "", "Beta-X-Ratelimit-Remaining": "0", "Beta-X-Ratelimit-Reset": "2000-01-01T00:01Z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				admitted, _, header := press(t, New(Options{Quotas: []Quota{tt.quota}}), 4*time.Second, 50*time.Millisecond)
				if diff := cmp.Diff(tt.admitted, admitted); diff != "" {
					t.Errorf("admitted a second (-want +got):\n%s", diff)
				}
				for name, want := range tt.header {
					if got := header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
			})
		})
	}
}

// TestShards: one bucket would admit the first 8 at once, and 8 a second.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Quotas: []Quota{{Rate: 8, Burst: 8, Shards: 4}}})
		at := 0
		for range 8 {
			if status, _, _ := (ask{method: "GET", url: MyselfPath}).do(t, s); status == 200 {
				at++
			}
		}
		if at < 4 || at == 8 {
			t.Errorf("admitted %d of 8 at once, want 4 to 7", at)
		}
		admitted, _, _ := press(t, s, 20*time.Second, 50*time.Millisecond)
		sum := 0
		for _, n := range admitted {
			sum += n
		}
		if sum < 120 || sum > 168 {
			t.Errorf("admitted %d in 20 s, want about 160", sum)
		}
	})
}

func TestWaitOfAShard(t *testing.T) {
	now := time.Unix(0, 0)
	q := quotaCount{Quota: Quota{Rate: 1, Burst: 2, Shards: 2}.withDefaults()}
	for q.ask(now) == 0 {
		q.take()
	}
	if got := q.ask(now.Add(100 * time.Millisecond)); q.picked.level > 0.051 || got != 1900*time.Millisecond {
		t.Errorf("wait %v for a shard at %v, want 1.9s", got, q.picked.level)
	}
}

// TestWaitingAsToldIsEnough: who waits as Retry-After says is admitted.
func TestWaitingAsToldIsEnough(t *testing.T) {
	quotas := map[string]Quota{
		"bucket":  {Rate: 0.4, Burst: 1},
		"change":  {Rate: 0.1, Burst: 1, Schedule: []Change{{3 * time.Second, 5}, {40 * time.Second, 0.2}}},
		"lockout": {Kind: Lockout, Rate: 0.5, Burst: 1, Closed: 7 * time.Second},
		"window":  {Kind: FixedWindow, Limit: 3, Window: time.Minute, Aligned: true},
		"points":  PointsQuota(5),
	}
	for name, q := range quotas {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(13 * time.Second) // windows begin on the minute, we do not
				s := New(Options{Quotas: []Quota{q}})
				refused := 0
				for last := 0; refused < 20; {
					status, _, h := ask{method: "GET", url: MyselfPath}.do(t, s)
					if status == http.StatusOK {
						last = status
						continue
					}
					if last == http.StatusTooManyRequests && q.Shards == 0 {
						t.Fatal("refused after the wait that was asked for")
					}
					refused, last = refused+1, status
					seconds, err := strconv.Atoi(h.Get("Retry-After"))
					if err != nil || seconds < 1 {
						t.Fatalf("Retry-After %q", h.Get("Retry-After"))
					}
					time.Sleep(time.Duration(seconds) * time.Second)
				}
			})
		})
	}
}

func TestPointsAreForAllOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(50 * time.Minute)
		s := New(Options{Quotas: []Quota{PointsQuota(2)}})
		ask{method: "POST", url: create, body: dana}.do(t, s)
		ask{method: "GET", url: MyselfPath}.do(t, s)
		status, _, h := ask{method: "GET", url: DesksPath}.do(t, s)
		if status != 429 || h.Get("Retry-After") != "600" || h.Get("RateLimit-Reason") != "jira-quota-tenant-based" {
			t.Errorf("got %d %v, want 429 for 600 s", status, h)
		}
		if status, _, _ := (ask{method: "GET", url: TenantInfoPath}).do(t, s); status != 200 {
			t.Errorf("the tenant's id: got %d, want 200", status)
		}
	})
}

func TestRefusalTakesFromNoQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Quotas: []Quota{{Rate: 0.001, Burst: 3, RateHeaders: true}, {Rate: 1, Burst: 1}}})
		press(t, s, 2*time.Second, 100*time.Millisecond)
		time.Sleep(time.Second)
		if status, _, h := (ask{method: "GET", url: MyselfPath}).do(t, s); status != 200 || h.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("got %d with %q left, want 200 with 0", status, h.Get("X-RateLimit-Remaining"))
		}
	})
}

func TestHeadersVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Quotas: []Quota{{Rate: 10, RateHeaders: true, HeadersFor: time.Second}}})
		for _, want := range []string{"9", "9", ""} {
			_, _, h := ask{method: "GET", url: MyselfPath}.do(t, s)
			if got := h.Get("X-RateLimit-Remaining"); got != want {
				t.Errorf("after %v: got %q left, want %q", time.Now(), got, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

func TestDocumentedQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Sandbox()
		s := New(o)
		admitted := func(a ask) (n int) {
			for range 150 {
				if status, _, _ := a.do(t, s); status != http.StatusTooManyRequests {
					n++
				}
			}
			return n
		}
		got := []int{
			admitted(ask{method: "POST", url: create, body: dana}),
			admitted(ask{method: "PUT", url: "/rest/servicedeskapi/customer/user/a/revoke-portal-only-access"}),
			admitted(ask{method: "PUT", url: "/rest/servicedeskapi/customer/user/b/revoke-portal-only-access"}),
			admitted(ask{method: "GET", url: MyselfPath}),
			admitted(ask{method: "DELETE", url: "/rest/servicedeskapi/servicedesk/1/customer", header: "X-ExperimentalApi: opt-in"}),
			admitted(ask{method: "GET", url: "/rest/servicedeskapi/servicedesk/1/customer", header: "X-ExperimentalApi: opt-in"}),
		}
		if diff := cmp.Diff([]int{100, 50, 0, 100, 50, 5}, got); diff != "" {
			t.Errorf("admitted at once (-want +got):\n%s", diff)
		}
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: Latency{P5: 80 * time.Millisecond, P95: 250 * time.Millisecond}})
		const n = 2000
		var below, above int
		var first []time.Duration
		for range n {
			start := time.Now()
			ask{method: "GET", url: MyselfPath}.do(t, s)
			d := time.Since(start)
			if d < 80*time.Millisecond {
				below++
			}
			if d > 250*time.Millisecond {
				above++
			}
			if len(first) < 5 {
				first = append(first, d)
			}
		}
		for name, k := range map[string]int{"below 5 %": below, "above 95 %": above} {
			if k < n*3/100 || k > n*7/100 {
				t.Errorf("%s: %d of %d", name, k, n)
			}
		}
		again := newSampler(s.options.Latency, 0)
		for i, d := range first {
			if got := again.draw(uint64(i + 1)); got != d {
				t.Errorf("request %d took %v, and %v with the same seed", i+1, d, got)
			}
		}
		if other := newSampler(s.options.Latency, 1); other.draw(1) == first[0] {
			t.Error("another seed draws the same")
		}
	})
}
