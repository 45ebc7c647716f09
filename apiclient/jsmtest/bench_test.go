package jsmtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkCreate makes customers in process, without quota or latency: by the
// handler alone, and by the round tripper.
func BenchmarkCreate(b *testing.B) {
	u, err := url.Parse(site + create)
	if err != nil {
		b.Fatal(err)
	}
	r := &http.Request{Method: "POST", URL: u, Host: "site.test", Header: http.Header{"Content-Type": {"application/json"}}}
	r.SetBasicAuth("sandbox@example.com", "sandbox-token")
	next := func(i int) *http.Request {
		again := *r
		again.Body = io.NopCloser(strings.NewReader(`{"email":"person.number` + strconv.Itoa(i) + `@example.com","displayName":"Person Number"}`))
		return &again
	}
	b.Run("handler", func(b *testing.B) {
		s := New(Options{})
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			s.ServeHTTP(httptest.NewRecorder(), next(i))
			i++
		}
		report(b, s, i)
	})
	b.Run("transport", func(b *testing.B) {
		s := New(Options{Quotas: []Quota{{Rate: 1e9}}})
		rt := Transport(s)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			resp, err := rt.RoundTrip(next(i))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			i++
		}
		report(b, s, i)
	})
}

func report(b *testing.B, s *Site, made int) {
	b.Helper()
	if n := s.Stats().Created; n != made {
		b.Fatalf("%d created, want %d", n, made)
	}
	b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "creates/s")
}

// TestMemory keeps an account in at most 200 bytes.
func TestMemory(t *testing.T) {
	const n = 200_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	a := newAccounts(1)
	for i := range n {
		a.add(Account{Email: "person.number" + strconv.Itoa(i) + "@example.com", Name: "Person Number", CreatedBy: i})
	}
	a.search("person.number17@") // with the index
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.0f bytes an account", each)
	if each > 200 || a.len() != n {
		t.Errorf("%.0f bytes for each of %d accounts, want at most 200", each, a.len())
	}
}
