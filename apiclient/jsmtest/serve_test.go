package jsmtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"", ":8765", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1", "[::ffff:192.0.2.1]:0"} {
		if _, stop, err := New(Options{}).Start(addr); err == nil {
			t.Errorf("listens on %q", addr)
			_ = stop()
		} else if !strings.Contains(err.Error(), "127.0.0.1:8765") {
			t.Errorf("%q: %v does not say what to use", addr, err)
		}
	}
	url, stop, err := New(Options{}).Start("localhost:0")
	if err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("localhost: %v, %v", url, err)
	}
	if _, _, err := New(Options{}).Start(strings.TrimPrefix(url, "http://")); err == nil {
		t.Error("a port in use is no error")
	}
	for range 2 {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestCloseLetsRequestsFinish: a request in flight is answered at once, and the port is free then.
func TestCloseLetsRequestsFinish(t *testing.T) {
	o := Sandbox()
	o.Latency = time.Hour
	s := New(o)
	url, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan int, 1)
	go func() {
		rt := &http.Transport{}
		defer rt.CloseIdleConnections()
		resp, err := rt.RoundTrip(ask{method: "GET", url: url + InfoPath}.request(t, context.Background()))
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	for s.Stats().Requests == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if status := <-answered; status != 200 {
		t.Errorf("the request in flight got %d, want 200", status)
	}
}

func TestOwnPages(t *testing.T) {
	o := Sandbox()
	o.Existing = []Account{{Email: "sandbox@example.com", Name: `Admin, "the"`, ID: "712020:a", Type: Atlassian}, {Email: "a@b.example", Name: "A", ID: "qm:a", Revoked: true}}
	s := New(o)
	ask{method: "POST", url: create, body: dana}.do(t, s)
	ask{method: "POST", url: create, body: dana}.do(t, s)
	ask{method: "GET", url: "/nothing"}.do(t, s)
	_, body, _ := ask{method: "GET", url: AccountsPath, as: "nobody"}.do(t, s)
	want := "address,name,account_id,active,created_by_attempt,account_type\n" +
		"sandbox@example.com,\"Admin, \"\"the\"\"\",712020:a,true,0,atlassian\n" +
		"a@b.example,A,qm:a,false,0,customer\n" +
		"dana@example.com,Dana Whitfield," + s.Find("dana@example.com")[0].ID + ",true,1,customer\n"
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	again, err := ReadExisting(strings.NewReader(body))
	if err != nil || len(again) != 3 || again[2].Email != "dana@example.com" || again[2].Name != "Dana Whitfield" {
		t.Errorf("read back: %+v, %v", again, err)
	}

	_, body, _ = ask{method: "GET", url: StatsPath, as: "nobody"}.do(t, s)
	var stats Stats
	if err := json.Unmarshal([]byte(body), &stats); err != nil {
		t.Fatal(err)
	}
	wantRoutes := map[string]RouteStats{
		"POST " + CreatePath: {Requests: 2, Answers: map[int]int{201: 1, 409: 1}},
		" /":                 {Requests: 1, Answers: map[int]int{404: 1}},
	}
	if diff := cmp.Diff(wantRoutes, stats.Routes); diff != "" {
		t.Errorf("stats (-want +got):\n%s\n%s", diff, body)
	}
	if status, _, header := (ask{method: "GET", url: "/", as: "nobody"}).do(t, s); status != 302 || header.Get("Location") != AccountsPath {
		t.Errorf("the first page: got %d to %q, want 302 to the accounts", status, header.Get("Location"))
	}
	if stats.Requests != 3 || stats.Accounts != 3 || stats.Created != 1 {
		t.Errorf("got %+v", stats)
	}
}

// TestManyAtOnce makes each of many customers once, whoever asks, and keeps
// account of every request.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Sandbox()
		o.Quotas = []Quota{{Rate: 1000, Burst: 500}}
		o.Latency = 100 * time.Millisecond
		o.Faults = []Fault{{Kind: Unavailable, Share: 0.05}, {Kind: ResetAfter, Share: 0.05}, {Kind: TruncateAfter, Share: 0.05}}
		var mu sync.Mutex
		var exchanges []Exchange
		o.OnAnswer = func(x Exchange) { mu.Lock(); exchanges = append(exchanges, x); mu.Unlock() }
		s := New(o)
		var wg sync.WaitGroup
		for i := range 600 {
			wg.Go(func() {
				body := fmt.Sprintf(`{"email":"p%d@crowd.example","displayName":"P"}`, i/2)
				if resp, err := Transport(s.ServeHTTP).RoundTrip((ask{method: "POST", url: create, body: body}).request(t, t.Context())); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
				}
			})
		}
		wg.Wait()
		stats := s.Stats()
		sum := 0
		for _, n := range stats.Answers {
			sum += n
		}
		if sum < 500 || stats.Requests != 600 || len(exchanges) != 600 {
			t.Errorf("%d requests, %d exchanges, %d accounted for; want 600", stats.Requests, len(exchanges), sum)
		}
		for _, x := range exchanges {
			if x.Status == 0 {
				sum++
			}
		}
		if sum != 600 {
			t.Errorf("%d accounted for, want 600", sum)
		}
		if stats.Answers[429] != 100 || stats.Faults[ResetAfter] == 0 || stats.Faults[TruncateAfter] == 0 {
			t.Errorf("got %+v", stats)
		}
		var read Stats
		_, body, _ := ask{method: "GET", url: StatsPath}.do(t, s)
		if err := json.Unmarshal([]byte(body), &read); err != nil || !cmp.Equal(read.Faults, stats.Faults) {
			t.Errorf("read back %v, %v; want %v", read.Faults, err, stats.Faults)
		}
		made := 0
		for _, a := range s.Accounts() {
			if a.CreatedBy > 0 {
				made++
			}
			if len(s.Find(a.Email)) != 1 {
				t.Errorf("%s was made more than once", a.Email)
			}
		}
		if made != stats.Created || made < 200 {
			t.Errorf("%d made, and the site says %d", made, stats.Created)
		}
	})
}
