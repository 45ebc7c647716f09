package apiclient

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A client is unpaced until the site says otherwise, and never while something
// is paused.
func TestUnpaced(t *testing.T) {
	made := says(201, created)
	create := func(t *testing.T, c *Client) { c.CreateCustomer(t.Context(), newcomer, nil) }
	createMany := func(t *testing.T, c *Client) {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { create(t, c) })
		}
		all.Wait()
	}
	find := func(t *testing.T, c *Client) { c.FindAccount(t.Context(), newcomer.Email) }
	for _, tt := range []struct {
		name  string
		rate  float64
		site  []http.HandlerFunc
		ask   func(*testing.T, *Client)
		begin bool // before anything is asked
		then  bool // 10 s later
		after bool // when the answer is there
	}{
		{"no limit", 0, []http.HandlerFunc{made}, create, true, true, true},
		{"a limit", 100, []http.HandlerFunc{made}, create, false, false, false},
		{"refused", 0, []http.HandlerFunc{says(429, ``, "Retry-After", "30"), made}, create, true, false, false},
		{"out of order", 0, slices.Concat(slices.Repeat([]http.HandlerFunc{says(503, ``)}, 25), []http.HandlerFunc{made}), createMany, true, false, true},
		{"all endpoints are paused", 0, []http.HandlerFunc{says(429, ``, "Retry-After", "30", "RateLimit-Reason", "jira-quota-global-based"), says(200, `[]`)}, find, true, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := inProcess(t, &steps{handlers: tt.site}, func(c *Config) { c.MaxRate = tt.rate })
				expect := func(when string, want bool) {
					t.Helper()
					if got := client.Unpaced(); got != want {
						t.Errorf("%s: %t (%+v)", when, got, client.Pace())
					}
				}
				expect("before", tt.begin)
				done := make(chan bool)
				go func() {
					defer close(done)
					tt.ask(t, client)
				}()
				time.Sleep(10 * time.Second)
				expect("then", tt.then)
				<-done
				expect("after", tt.after)
			})
		})
	}
}
