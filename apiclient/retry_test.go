package apiclient

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/apiclient/pacer"
)

var newcomer = NewCustomer{"new@example.com", "New One"}

// inProcess is a client of h in virtual time.
func inProcess(t *testing.T, h http.Handler, change ...func(*Config)) *Client {
	return newTestClient(t, "https://acme.example.test", append([]func(*Config){func(c *Config) {
		c.GatewayURL, c.TokenURL = "https://gateway.example.test", "https://gateway.example.test/oauth/token"
		c.Transport, c.Timeout, c.MaxPause = jsmtest.Transport(h), time.Minute, 15*time.Minute
	}}, change...)...)
}

func TestNext(t *testing.T) {
	create, check, open := &request{}, &request{check: true}, &request{anonymous: true}
	for _, tt := range []struct {
		name      string
		a         answer
		r         *request
		renewed   bool
		renewable bool
		want      step
	}{
		{"created", answer{verdict: definite, status: 201}, create, false, false, finish},
		{"refused", answer{verdict: refused, status: 429}, create, false, false, again},
		{"conflict", answer{verdict: definite, status: 409}, create, false, false, stop},
		{"503", answer{verdict: ambiguous, status: 503}, create, false, false, retry},
		{"201 cut short", answer{verdict: ambiguous, status: 201}, create, false, false, retry},
		{"no connection", answer{verdict: unsent, err: errTimeout}, create, false, false, retry},
		{"401", answer{verdict: definite, status: 401}, create, false, false, stop},
		{"401, renewable", answer{verdict: definite, status: 401}, create, false, true, renew},
		{"401 again", answer{verdict: definite, status: 401}, create, true, true, stop},
		{"401 without credentials", answer{verdict: definite, status: 401}, open, false, true, stop},
		{"proxy in a run", answer{verdict: unsent, err: &proxyError{407}}, create, false, false, retry},
		{"proxy before", answer{verdict: unsent, err: &proxyError{407}}, check, false, false, stop},
		{"a page before", answer{verdict: ambiguous, status: 200}, check, false, false, stop},
		{"credentials refused", answer{verdict: unsent, err: &Error{}}, create, false, true, stop},
	} {
		if got := next(tt.a, &progress{renewed: tt.renewed}, tt.r, tt.renewable); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for failures, ceiling := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 6: 16 * time.Second, 7: 30 * time.Second, 1000: 30 * time.Second} {
		var longest time.Duration
		for range 1000 {
			longest = max(longest, backoff(failures))
		}
		if longest > ceiling || longest < ceiling*9/10 {
			t.Errorf("after %d failures up to %v, want %v", failures, longest, ceiling)
		}
	}
}

// A 503 may say how long to wait.
func TestRetryAfterOn503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client := inProcess(t, &steps{handlers: []http.HandlerFunc{says(503, ``, "Retry-After", "90"), says(201, created)}})
		_, call, err := client.CreateCustomer(t.Context(), newcomer, nil)
		if d := time.Since(start); err != nil || d != 90*time.Second || call.Attempts != 2 {
			t.Errorf("after %v: %+v, %v", d, call, err)
		}
	})
}

// After more than 10 s without a request the idle connections are closed, and not before.
func TestWakeClosesIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closer := &idleCloser{RoundTripper: jsmtest.Transport(says(201, created))}
		client := inProcess(t, nil, func(c *Config) { c.Transport = closer })
		for _, wait := range []time.Duration{0, 9 * time.Second, 11 * time.Second, time.Second} {
			time.Sleep(wait)
			if _, _, err := client.CreateCustomer(t.Context(), newcomer, nil); err != nil {
				t.Fatal(err)
			}
			if want := wait > 10*time.Second; closer.closed != want {
				t.Errorf("after %v: closed %v", wait, closer.closed)
			}
			closer.closed = false
		}
	})
}

type idleCloser struct {
	http.RoundTripper
	closed bool
}

func (c *idleCloser) CloseIdleConnections() { c.closed = true }

// One bad row gives up after 8 attempts as soon as somebody else is answered, and after 16 when nobody is but the site
// answers.
func TestGivesUp(t *testing.T) {
	bad := func(email string, _ int) jsmtest.Decision {
		if email == newcomer.Email {
			return jsmtest.Decision{Fault: jsmtest.Unavailable}
		}
		return jsmtest.Decision{}
	}
	for _, tt := range []struct {
		name   string
		others bool
		want   int
	}{{"others pass", true, 8}, {"alone", false, 16}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := inProcess(t, jsmtest.New(jsmtest.Options{OnCreate: bad}))
				var wg sync.WaitGroup
				stop := make(chan struct{})
				if tt.others {
					wg.Go(func() {
						for {
							select {
							case <-stop:
								return
							case <-time.After(time.Second):
								client.CreateCustomer(t.Context(), NewCustomer{"other@example.com", "Other"}, nil)
							}
						}
					})
				}
				_, call, err := client.CreateCustomer(t.Context(), newcomer, nil)
				close(stop)
				wg.Wait()
				checkKind(t, err, KindServer, "")
				if diff := cmp.Diff(Call{Attempts: tt.want, Status: 503, Lost: true}, call, anyTime); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// When nothing answers at all, the outage ends the operation, not the row's patience.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client := inProcess(t, says(503, ``))
		_, call, err := client.CreateCustomer(t.Context(), newcomer, nil)
		e, ok := errors.AsType[*pacer.OutageError](err)
		if !ok || !call.Lost || call.Status != 503 {
			t.Fatalf("%v, %+v", err, call)
		}
		if d := time.Since(start); d < 14*time.Minute || d > 20*time.Minute {
			t.Errorf("ended after %v, since %v", d, e.Since)
		}
	})
}

func TestLongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inProcess(t, says(429, ``, "Retry-After", "3000", "RateLimit-Reason", "jira-quota-global-based"))
		_, call, err := client.CreateCustomer(t.Context(), newcomer, nil)
		if e, ok := errors.AsType[*pacer.PauseError](err); !ok || time.Until(e.Until).Round(time.Second) != 50*time.Minute {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(Call{Refused: 1, Attempts: 1, Status: 429, Lost: false}, call, anyTime); diff != "" {
			t.Error(diff)
		}
		if _, err := client.FindAccount(t.Context(), newcomer.Email); err == nil {
			t.Error("a quota of the tenant does not pause the search")
		}
	})
}

// What happens when ctx ends at each moment of an operation.
func TestCancellation(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(2 * time.Second):
			says(201, created)(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	})
	for _, tt := range []struct {
		name   string
		server http.Handler
		after  time.Duration
		want   Call
		done   bool
	}{
		{"before", slow, 0, Call{}, false},
		{"in flight", slow, time.Second, Call{Attempts: 1, Status: 201, Lost: false}, true},
		{"in a pause", says(429, ``, "Retry-After", "60"), time.Second, Call{Refused: 1, Attempts: 1, Status: 429, Lost: false}, false},
		{"between attempts", says(503, ``), time.Minute, Call{Status: 503, Lost: true}, false},
		{"in flight, and lost", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			time.Sleep(2 * time.Second)
			panic(http.ErrAbortHandler)
		}), time.Second, Call{Attempts: 1, Status: 0, Lost: true}, false},
		{"in flight, and hanging", http.HandlerFunc(hang), time.Second, Call{Attempts: 1, Status: 0, Lost: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.after)
				defer cancel()
				_, call, err := inProcess(t, tt.server).CreateCustomer(ctx, newcomer, nil)
				if tt.name == "between attempts" {
					tt.want.Attempts = max(2, call.Attempts)
				}
				if diff := cmp.Diff(tt.want, call, anyTime); diff != "" {
					t.Error(diff)
				}
				if tt.done != (err == nil) || !tt.done && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// A site that does not answer at the start: 15 s, then an error that says so.
func TestSilentSite(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"hangs": hang, "fails": says(503, ``), "cuts": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := inProcess(t, h).Connect(t.Context())
				e, ok := errors.AsType[*Error](err)
				if !ok || e.NotAuthorized() {
					t.Errorf("got %v", err)
				}
				if d := time.Since(start); d > 16*time.Second || name == "hangs" && (d < 14*time.Second || !strings.Contains(err.Error(), "15s")) {
					t.Errorf("after %v: %v", d, err)
				}
			})
		})
	}
}

// Checks end with their context, also when they are on their way.
func TestCheckIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := inProcess(t, http.HandlerFunc(hang)).Myself(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
