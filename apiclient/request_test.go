package apiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
		c.Transport, c.Timeout, c.MaxPause = jsmtest.Transport(h.ServeHTTP), time.Minute, 15*time.Minute
	}}, change...)...)
}

func TestFinal(t *testing.T) {
	noProxy := &net.OpError{Op: "proxyconnect", Err: errors.New("407")}
	for _, tt := range []struct {
		name  string
		a     answer
		check bool
		want  bool
	}{
		{"refused", answer{effect: refused, status: 429}, false, false},
		{"refused before", answer{effect: refused, status: 429}, true, false},
		{"conflict", answer{effect: denied, status: 409}, false, true},
		{"503", answer{effect: ambiguous, status: 503}, false, false},
		{"503 before", answer{effect: ambiguous, status: 503}, true, false},
		{"201 cut short", answer{effect: ambiguous, status: 201, err: io.ErrUnexpectedEOF}, false, false},
		{"no connection", answer{effect: unsent, err: context.DeadlineExceeded}, false, false},
		{"no connection before", answer{effect: unsent, err: context.DeadlineExceeded}, true, false},
		{"proxy in a run", answer{effect: unsent, err: noProxy}, false, false},
		{"proxy before", answer{effect: unsent, err: noProxy}, true, true},
		{"a page in a run", answer{effect: odd, status: 200}, false, false},
		{"a page before", answer{effect: odd, status: 200}, true, true},
	} {
		if got := tt.a.final(tt.check); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		maxPause time.Duration
		failures int
		want     time.Duration
	}{
		{0, 1, 500 * time.Millisecond}, {0, 2, time.Second}, {0, 6, 16 * time.Second}, {0, 7, 30 * time.Second},
		{15 * time.Minute, 1000, 30 * time.Second}, {6 * time.Second, 7, 2 * time.Second}, {1, 7, 1},
	} {
		client := newTestClient(t, "https://acme.example.test", func(c *Config) { c.MaxPause = tt.maxPause })
		var longest time.Duration
		for range 1000 {
			longest = max(longest, client.pause(&request{failures: tt.failures}))
		}
		if longest > tt.want || longest < tt.want*9/10-1 {
			t.Errorf("%v, after %d failures up to %v, want %v", tt.maxPause, tt.failures, longest, tt.want)
		}
	}
}

// In virtual time the same answers take the same time again: what a simulation has found can be looked at.
func TestWaitsAreRepeatable(t *testing.T) {
	var took [2]time.Duration
	for i := range took {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			client := inProcess(t, &steps{handlers: []http.HandlerFunc{says(503, ``)}})
			_, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
			checkKind(t, err, KindUnavailable, "")
			took[i] = time.Since(start)
		})
	}
	if took[0] != took[1] || took[0] == 0 {
		t.Errorf("%v and %v", took[0], took[1])
	}
}

// A row waits as long as it is told when that is its own trouble, and not a quota's, and when anybody waits for so long.
func TestPause(t *testing.T) {
	client := newTestClient(t, "https://acme.example.test", func(c *Config) { c.MaxPause = 15 * time.Minute })
	for _, tt := range []struct {
		name    string
		verdict effect
		quota   pacer.Answer
		want    time.Duration // 0: a backoff
	}{
		{"a quota's refusal", refused, pacer.Answer{RetryAfter: 10 * time.Minute}, 0},
		{"its own", refused, pacer.Answer{RetryAfter: 10 * time.Minute, Own: true}, 10 * time.Minute},
		{"its own, for long", refused, pacer.Answer{RetryAfter: 20 * time.Minute, Own: true}, 0},
		{"its own, and not told", refused, pacer.Answer{Own: true}, 0},
		{"a failure", ambiguous, pacer.Answer{RetryAfter: 10 * time.Minute}, 10 * time.Minute},
		{"a failure, for long", ambiguous, pacer.Answer{RetryAfter: 20 * time.Minute}, 0},
	} {
		r := &request{failures: 1, last: answer{effect: tt.verdict, quota: tt.quota}}
		if got := client.pause(r); got != tt.want && (tt.want > 0 || got >= 500*time.Millisecond) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A 503 may say how long to wait.
func TestRetryAfterOn503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client := inProcess(t, &steps{handlers: []http.HandlerFunc{says(503, ``, "Retry-After", "90"), says(201, created)}})
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if d := time.Since(start); err != nil || d != 90*time.Second || call.Attempts != 2 {
			t.Errorf("after %v: %+v, %v", d, call, err)
		}
	})
}

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
				client := inProcess(t, jsmtest.New(jsmtest.Options{OnCreate: bad,
					Latency: 100 * time.Millisecond}))
				var wg sync.WaitGroup
				stop := make(chan struct{})
				for i := range 4 {
					wg.Go(func() {
						for tt.others {
							select {
							case <-stop:
								return
							case <-time.After(time.Duration(i) * 25 * time.Millisecond):
								client.CreateCustomer(t.Context(), NewCustomer{"other@example.com", "Other"}, Hooks{})
							}
						}
					})
				}
				_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
				close(stop)
				wg.Wait()
				checkKind(t, err, KindUnavailable, "")
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
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		e, ok := errors.AsType[*PauseError](err)
		if !ok || !call.Lost || call.Status != 503 {
			t.Fatalf("%v, %+v", err, call)
		}
		if d := time.Since(start); d < 14*time.Minute || d > 20*time.Minute {
			t.Errorf("ended after %v, since %v", d, e.Outage)
		}
		if !call.First.Equal(start) {
			t.Errorf("the first attempt left %v after the start", call.First.Sub(start))
		}
	})
}

func TestLongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inProcess(t, says(429, ``, "Retry-After", "3000", "RateLimit-Reason", "jira-quota-global-based"))
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if e, ok := errors.AsType[*PauseError](err); !ok || time.Until(e.Until).Round(time.Second) != 50*time.Minute {
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
		{"in a pause", says(429, ``, "Retry-After", "60"), time.Second, Call{Refused: 1, Attempts: 1, Status: 429,
			Lost: false}, false},
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
				_, call, err := inProcess(t, tt.server).CreateCustomer(ctx, newcomer, Hooks{})
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
	for name, h := range map[string]http.HandlerFunc{"hangs": hang, "fails": says(503, ``),
		"cuts": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := inProcess(t, h).Connect(t.Context())
				e, ok := errors.AsType[*Error](err)
				if !ok || e.NotAuthorized() {
					t.Errorf("got %v", err)
				}
				d := time.Since(start)
				early := name == "hangs" && (d < 14*time.Second || !strings.Contains(err.Error(), "15s"))
				if d > 16*time.Second || early {
					t.Errorf("after %v: %v", d, err)
				}
			})
		})
	}
}

// A site that hangs at tenant_info alone is asked for 15 s: a token that the site takes is good without the cloud id.
func TestSilentTenantInfo(t *testing.T) {
	for name, credentials := range map[string]Credentials{"token": sandboxBasic, "bearer": {AccessToken: "access"}} {
		synctest.Test(t, func(t *testing.T) {
			site := jsmtest.New(jsmtest.Options{})
			defer site.Close()
			client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == opTenant.route {
					hang(w, r)
				}
				site.ServeHTTP(w, r)
			}), func(c *Config) { c.Credentials = credentials })
			start := time.Now()
			conn, err := client.Connect(t.Context())
			if d := time.Since(start); d < 14*time.Second || d > 16*time.Second {
				t.Errorf("%s: after %v", name, d)
			}
			if name == "token" && (err != nil || conn.CloudID != "" || conn.User.ID == "") {
				t.Errorf("%s: %+v, %v", name, conn, err)
			}
			if name == "bearer" {
				checkKind(t, err, KindTimeout, "browser")
			}
		})
	}
}

// Checks end with their context, also when they are on their way.
func TestCheckIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := inProcess(t, http.HandlerFunc(hang)).myself(ctx, new(Connection))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// recorder keeps what a Record was called with, and what of it stands.
type recorder struct {
	events   []string
	onRecord bool
}

func (r *recorder) record() Hooks {
	return Hooks{
		BeforeSend: func() error {
			r.events, r.onRecord = append(r.events, "before"), true
			return nil
		},
		Withdraw: func() error {
			r.events, r.onRecord = append(r.events, "undone"), false
			return nil
		},
	}
}

// What provably did nothing is off the record before anything waits; what may have been done stays on it.
func TestRecord(t *testing.T) {
	ok, taken, no := says(201, created), says(409, `{}`), says(429, ``, "Retry-After", "30")
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name   string
		server []http.HandlerFunc
		want   string
		stands bool
	}{
		{"created", []http.HandlerFunc{ok}, "before", true},
		{"refused twice", []http.HandlerFunc{no, no, taken}, "before undone before undone before", true},
		{"refused after a lost answer", []http.HandlerFunc{says(503, ``), no, no, taken}, "before", true},
		{"lost after a refusal", []http.HandlerFunc{no, abort, no, taken}, "before undone before", true},
		{"no longer authorised", []http.HandlerFunc{says(401, ``)}, "before undone", false},
		{"no longer authorised after a lost answer", []http.HandlerFunc{abort, says(401, ``)}, "before", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := new(recorder)
				client := inProcess(t, &steps{handlers: tt.server})
				client.CreateCustomer(t.Context(), newcomer, r.record())
				if got := strings.Join(r.events, " "); got != tt.want || r.onRecord != tt.stands {
					t.Errorf("%s (%t), want %s (%t)", got, r.onRecord, tt.want, tt.stands)
				}
			})
		})
	}
}

// A run that is stopped in the pause after a 429 leaves nothing on record.
func TestNothingOnRecordInAPause(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"create": says(429, ``, "Retry-After", "600"),
		"bare":   says(429, ``),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := new(recorder)
				client := inProcess(t, h)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() {
					_, _, err := client.CreateCustomer(ctx, newcomer, r.record())
					done <- err
				}()
				synctest.Wait() // it waits out the pause
				if r.onRecord || len(r.events) == 0 {
					t.Errorf("in the pause: %v", r.events)
				}
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) || r.onRecord {
					t.Errorf("%v, %v", err, r.events)
				}
			})
		})
	}
}

// A request that never left comes off the record, too.
func TestUnsentIsOffTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		client := inProcess(t, http.NotFoundHandler())
		client.config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if tries++; tries == 1 {
				httptrace.ContextClientTrace(r.Context()).GetConn(r.Host)
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}
			return jsmtest.Transport(says(201, created)).RoundTrip(r)
		})
		r := new(recorder)
		_, call, err := client.CreateCustomer(t.Context(), newcomer, r.record())
		if diff := cmp.Diff([]string{"before", "undone", "before"}, r.events); diff != "" || err != nil || call.Lost {
			t.Errorf("%s%+v, %v", diff, call, err)
		}
	})
}

// What cannot be put on record does not leave, and what cannot be taken off it ends the call.
func TestRecordFails(t *testing.T) {
	full := errors.New("the disk is full")
	fails := func() error { return full }
	var sent atomic.Int32
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		says(429, ``)(w, r)
	}))
	client := newTestClient(t, server.URL)
	_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{BeforeSend: fails})
	if !errors.Is(err, full) || call != (Call{}) || sent.Load() != 0 {
		t.Errorf("before: %v, %+v, %d requests", err, call, sent.Load())
	}
	call, err = client.RevokePortalAccess(t.Context(), "qm:1:2", Hooks{BeforeSend: func() error { return nil },
		Withdraw: fails})
	if !errors.Is(err, full) || call.Refused != 1 || sent.Load() != 1 {
		t.Errorf("undone: %v, %+v, %d requests", err, call, sent.Load())
	}
	if p := client.Pace(); p.InFlight != 0 {
		t.Errorf("a permit was kept: %+v", p)
	}
}

// Several rows that are always refused get their outcomes soon after the others are done: what is theirs alone pauses
// nobody.
func TestSeveralAlwaysRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := jsmtest.New(jsmtest.Options{Latency: 100 * time.Millisecond,
			OnCreate: func(email string, _ int) jsmtest.Decision {
				if strings.HasPrefix(email, "bad") {
					return jsmtest.Decision{Fault: jsmtest.RefusedBare}
				}
				return jsmtest.Decision{}
			}})
		client := inProcess(t, site, func(c *Config) { c.MaxRate, c.Workers, c.MaxPause = 100, 64, 15*time.Minute })
		start := time.Now()
		var next, refused atomic.Int32
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for i := next.Add(1); i <= 2000; i = next.Add(1) {
					name := "good"
					if i <= 800 && i%100 == 50 {
						name = "bad"
					}
					n := NewCustomer{fmt.Sprintf("%s%d@example.com", name, i), "C"}
					_, _, err := client.CreateCustomer(t.Context(), n, Hooks{})
					if e, ok := errors.AsType[*Error](err); ok && e.Status == 429 && name == "bad" {
						refused.Add(1)
					} else if err != nil {
						t.Errorf("%s%d: %v", name, i, err)
					}
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); refused.Load() != 8 || took > 2*time.Minute {
			t.Errorf("%d of 8 rows were given up after %s", refused.Load(), took)
		}
	})
}

// One row that is always refused gets an outcome of its own and holds up nobody: while others pass, and alone.
func TestAlwaysRefused(t *testing.T) {
	poison := func(email string, _ int) jsmtest.Decision {
		if email == newcomer.Email {
			return jsmtest.Decision{Fault: jsmtest.RefusedBare}
		}
		return jsmtest.Decision{}
	}
	for _, tt := range []struct {
		name   string
		others int
		want   int
	}{{"others pass", 15_000, maxAttempts}, {"alone", 0, maxAttemptsAlone}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := jsmtest.New(jsmtest.Options{OnCreate: poison, Latency: 100 * time.Millisecond})
				client := inProcess(t, site, func(c *Config) { c.MaxRate, c.Workers = 100, 64 })
				start := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() {
					_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
					e, ok := errors.AsType[*Error](err)
					if !ok || e.Status != 429 || e.Kind != KindUnavailable {
						t.Errorf("got %v", err)
					}
					if diff := cmp.Diff(Call{Attempts: tt.want, Refused: tt.want, Status: 429}, call, anyTime); diff != "" {
						t.Error(diff)
					}
				})
				var next atomic.Int32
				for range 63 {
					wg.Go(func() {
						for i := next.Add(1); int(i) <= tt.others; i = next.Add(1) {
							n := NewCustomer{fmt.Sprintf("c%d@example.com", i), "C"}
							if _, _, err := client.CreateCustomer(t.Context(), n, Hooks{}); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
				if d := time.Since(start); d > 8*time.Minute {
					t.Errorf("took %v", d)
				}
			})
		})
	}
}

// One row that is told to wait for longer than anybody does gets its outcome soon, refused or failed, and stops nobody.
func TestOneRowIsToldToWaitForLong(t *testing.T) {
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			site := jsmtest.New(jsmtest.Options{Latency: 100 * time.Millisecond})
			client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if strings.Contains(string(body), newcomer.Email) {
					time.Sleep(100 * time.Millisecond)
					says(status, ``, "Retry-After", "7200")(w, r)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				site.ServeHTTP(w, r)
			}), func(c *Config) { c.MaxRate, c.MaxPause = 100, 15*time.Minute })
			start := time.Now()
			var next atomic.Int32
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					for i := next.Add(1); i <= 1000; i = next.Add(1) {
						n := NewCustomer{fmt.Sprintf("c%d@example.com", i), "C"}
						if i == 300 {
							n = newcomer
						}
						_, call, err := client.CreateCustomer(t.Context(), n, Hooks{})
						if e, ok := errors.AsType[*Error](err); i == 300 && ok {
							if e.Status != status || call.Attempts > ownTroubleAfter || call.Lost != (status == 503) {
								t.Errorf("the row: %+v, %v", call, err)
							}
						} else if err != nil || i == 300 {
							t.Errorf("row %d: %+v, %v", i, call, err)
							return // and not on and on
						}
					}
				})
			}
			wg.Wait()
			if took := time.Since(start); took > 90*time.Second {
				t.Errorf("%d: it took %v", status, took)
			}
		})
	}
}

// A row that alone fails, and is told to wait, is given up when that would be longer than anybody waits.
func TestLastRowIsToldToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client := inProcess(t, &steps{handlers: []http.HandlerFunc{says(503, ``, "Retry-After", "600")}})
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		checkKind(t, err, KindUnavailable, "browser")
		if took := time.Since(start); took != 10*time.Minute || call.Attempts != 2 || !call.Lost {
			t.Errorf("after %v: %+v", took, call)
		}
	})
}

// A refusal that says nothing of a wait, or of one that is waited for, is asked again; and so is the first one, as it
// may be that of the quota.
func TestExhausted(t *testing.T) {
	refusal := func(told time.Duration) answer {
		return answer{effect: refused, status: 429, quota: pacer.Answer{RetryAfter: told}}
	}
	failed := answer{effect: ambiguous, status: 503}
	const long, short = 20 * time.Minute, 10 * time.Minute
	for _, tt := range []struct {
		name                        string
		last                        answer
		singled, refusals, failures int
		check                       bool
		want                        bool // the site is down: nobody is alive
	}{
		{"told to wait for long, and nobody passes", refusal(long), 0, 7, 0, false, false},
		{"told to wait for long, once while others pass", refusal(long), 1, 1, 0, false, false},
		{"told to wait for long, twice", refusal(long), 2, 2, 0, false, true},
		{"told to wait for less", refusal(short), 2, 2, 0, false, false},
		{"refused while others pass", refusal(0), 3, 8, 0, false, true},
		{"not so often", refusal(0), 3, 7, 0, false, false},
		{"hardly anybody passes", refusal(0), 2, 15, 0, false, false},
		{"refusals are no failures", refusal(0), 3, 7, 8, false, false},
		{"failed while others pass", failed, 3, 0, 8, false, true},
		{"failures are no refusals", failed, 3, 8, 7, false, false},
		{"alone, and the site is down", failed, 0, 0, 16, false, false},
		{"not what is promised", answer{effect: odd, status: 200}, 0, 0, 5, false, true},
		{"not so often what is promised", answer{effect: odd, status: 200}, 0, 0, 4, false, false},
		{"before the run", failed, 0, 0, 5, true, true},
		{"before the run, not so often", failed, 0, 0, 4, true, false},
		{"before the run, told to wait", answer{effect: ambiguous, quota: pacer.Answer{RetryAfter: checkTimeout}},
			0, 0, 1, true, true},
		{"before the run, refused and told to wait", refusal(checkTimeout), 0, 1, 0, true, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := inProcess(t, says(503, ``))
			r := &request{operation: opCreate, last: tt.last, failedAlone: tt.singled, failures: tt.failures, check: tt.check,
				began: time.Now(), call: Call{Refused: tt.refusals}}
			if got := client.exhausted(t.Context(), r); got != tt.want {
				t.Errorf("%s: %t", tt.name, got)
			}
		})
	}
}

// What is recorded and has failed for long is given up early only when it is told to wait even longer; what is not, such
// as a question before the run, when that was as long as anybody waits.
func TestExhaustedAfterLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inProcess(t, says(503, ``))
		for told, want := range map[time.Duration]bool{0: false, time.Second: true} {
			r := &request{operation: opCreate, failedAlone: 2, failures: 2, began: time.Now().Add(-time.Hour),
				last:  answer{effect: ambiguous, status: 503, quota: pacer.Answer{RetryAfter: told}},
				hooks: Hooks{BeforeSend: func() error { return nil }}}
			if got := client.exhausted(t.Context(), r); got != want {
				t.Errorf("told %v: %t", told, got)
			}
			if r.hooks = (Hooks{}); !client.exhausted(t.Context(), r) {
				t.Errorf("told %v, and not recorded: it goes on", told)
			}
		}
	})
}

// A site that answers one kind of question with errors alone, before the run, is given up after the longest pause.
func TestQuestionsHaveALongestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := jsmtest.New(jsmtest.Options{Faults: []jsmtest.Fault{{Kind: jsmtest.Unavailable, Share: 1, Route: "GET"}}})
		for name, ask := range map[string]func(*Client) error{
			"organizations":   func(c *Client) error { _, err := c.Organizations(t.Context()); return err },
			"service project": func(c *Client) error { _, err := c.ServiceDesk(t.Context(), "SUP"); return err },
			"account":         func(c *Client) error { _, err := c.FindAccount(t.Context(), newcomer.Email); return err },
			"who am I":        func(c *Client) error { _, err := c.Connect(t.Context()); return err },
		} {
			client, began := inProcess(t, site, func(c *Config) { c.MaxPause = 3 * time.Second }), time.Now()
			checkKind(t, ask(client), KindUnavailable, "browser")
			if took := time.Since(began); took < 100*time.Millisecond || took > 15*time.Second {
				t.Errorf("%s: it is given up after %v", name, took)
			}
		}
	})
}

// A site that refuses everybody is no reason to fail a row: the pause ends the call.
func TestEverybodyIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inProcess(t, says(429, ``))
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				_, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
				if _, ok := errors.AsType[*PauseError](err); !ok {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
	})
}

// A site that nobody reaches is given up after the longest pause, by few rows as by many; nothing has left.
func TestNobodyListens(t *testing.T) {
	for _, rows := range []int{1, 2, 4, 64} {
		synctest.Test(t, func(t *testing.T) {
			client := inProcess(t, http.NotFoundHandler(), func(c *Config) {
				c.MaxPause, c.MaxRate = 30*time.Second, 100
				c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					httptrace.ContextClientTrace(r.Context()).GetConn("")
					return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
				})
			})
			start := time.Now()
			var wg sync.WaitGroup
			for i := range rows {
				wg.Go(func() {
					n := NewCustomer{fmt.Sprintf("c%d@example.com", i), "C"}
					_, call, err := client.CreateCustomer(t.Context(), n, Hooks{BeforeSend: succeed, Withdraw: succeed})
					e, ok := errors.AsType[*PauseError](err)
					if !ok || e.Outage.Sub(start) > 2*time.Second || !strings.Contains(e.Reason, "/customer: cannot connect: ") {
						t.Errorf("%d rows: %v", rows, err)
					}
					if call.Attempts > 0 {
						t.Errorf("%d rows: %+v", rows, call)
					}
				})
			}
			wg.Wait()
			if took := time.Since(start); took < 30*time.Second || took > 51*time.Second || client.Requests() > 0 {
				t.Errorf("%d rows: it took %v, and %d requests are said to have left", rows, took, client.Requests())
			}
		})
	}
}

func succeed() error { return nil }

// A site that is down, and says for how long, is left alone: a run of one row does not ask it again and again.
func TestMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client := inProcess(t, says(503, ``, "Retry-After", "3600"))
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{BeforeSend: succeed, Withdraw: succeed})
		e, ok := errors.AsType[*PauseError](err)
		if !ok || !e.Outage.Equal(start) || !e.Until.Equal(start.Add(time.Hour)) || call.Attempts != 1 {
			t.Errorf("%+v, %+v", err, call)
		}
	})
}

// Headers in beta are of a quota that is not enforced: they neither end a run nor slow it down.
func TestBetaHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, start := 500, time.Now()
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			left = max(0, left-1)
			says(201, created, "Beta-X-RateLimit-Remaining", fmt.Sprint(left),
				"Beta-X-RateLimit-Reset", start.Add(time.Hour).UTC().Format(time.RFC3339))(w, r)
		}), func(c *Config) { c.MaxRate = 100 })
		for i := range 1000 {
			if _, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{}); err != nil {
				t.Fatalf("after %d: %v", i, err)
			}
		}
		if took := time.Since(start); took > 11*time.Second {
			t.Errorf("1000 took %v", took)
		}
	})
}

// While most requests are refused, as another program of the tenant uses the quota up, no row is given up for it.
func TestManyAreRefused(t *testing.T) {
	for _, headers := range [][]string{nil, {"Retry-After", "1"}} {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			var mu sync.Mutex
			client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(80 * time.Millisecond)
				mu.Lock()
				lucky := random.Float64() > 0.6
				mu.Unlock()
				if lucky || r.Method == get {
					says(201, created)(w, r)
				} else {
					says(429, ``, headers...)(w, r)
				}
			}), func(c *Config) { c.MaxRate, c.MaxPause = 100, 24*time.Hour })
			var next atomic.Int32
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for next.Add(1) <= 600 {
						if _, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{}); err != nil {
							t.Errorf("%v: %+v, %v", headers, call, err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// A 429 without Retry-After that says when the quota starts anew is waited for, and its hour is the one reported.
func TestResetIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var refused atomic.Int32
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if opens := start.Add(10 * time.Minute); time.Now().Before(opens) {
				refused.Add(1)
				says(429, ``, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", opens.UTC().Format("2006-01-02T15:04Z"))(w, r)
				return
			}
			says(201, created)(w, r)
		}))
		_, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if d := time.Since(start); err != nil || refused.Load() != 1 || d < 10*time.Minute || d > 11*time.Minute {
			t.Errorf("%d refusals, after %v: %v", refused.Load(), d, err)
		}

		hour := time.Now().Add(time.Hour).Truncate(time.Minute)
		client = inProcess(t, says(429, ``, "X-RateLimit-Reset", hour.UTC().Format(time.RFC3339)))
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if e, ok := errors.AsType[*PauseError](err); !ok || e.Until.Sub(hour).Abs() > time.Second || call.Refused != 1 {
			t.Errorf("%v, %+v, want until %v", err, call, hour)
		}
	})
}

// Revocations and changes of names are paced whatever the ceiling is, as Jira documents for PUT.
func TestPutIsPaced(t *testing.T) {
	for maxRate, want := range map[float64]float64{0: 50, 10: 10, 100: 50, 400: 200} {
		client := newTestClient(t, "https://acme.example.test", func(c *Config) { c.MaxRate = maxRate })
		if got := client.RevokePace().Rate; got != want {
			t.Errorf("of %v: %v, want %v", maxRate, got, want)
		}
		if got := client.endpoint(opRename).Pace().Rate; got != want {
			t.Errorf("names, of %v: %v, want %v", maxRate, got, want)
		}
		if got := client.Pace().Rate; got != maxRate {
			t.Errorf("creates, of %v: %v", maxRate, got)
		}
	}
}

// Whatever is sent is counted by a lane.
func TestNothingIsSentOutsideALane(t *testing.T) {
	var sent atomic.Int64
	site := jsmtest.New(jsmtest.Options{})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		site.ServeHTTP(w, r)
	}))
	client := newTestClient(t, server.URL)
	ctx := t.Context()
	if _, err := client.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	client.CreateCustomer(ctx, newcomer, Hooks{})
	client.FindAccount(ctx, newcomer.Email)
	client.RevokePortalAccess(ctx, "qm:1:2", Hooks{})
	client.RenameCustomer(ctx, "qm:1:2", "N")
	client.alive(ctx)
	client.myself(ctx, new(Connection))
	client.Organizations(ctx)
	client.CreateOrganization(ctx, "A")
	var counted int64
	for _, l := range client.endpoints {
		counted += int64(l.Pace().Sent)
	}
	if counted != sent.Load() || counted < 10 {
		t.Errorf("%d requests arrived, the pacers count %d", sent.Load(), counted)
	}
}

// A 2xx that is not what the API promises is never a success, on no route, and is an *Error of KindAnswer.
func TestNoOtherAnswerIsSuccess(t *testing.T) {
	ctx := t.Context()
	routes := map[string]func(*Client) error{
		"create": func(c *Client) error {
			_, _, err := c.CreateCustomer(ctx, newcomer, Hooks{})
			return err
		},
		"revoke": func(c *Client) error {
			_, err := c.RevokePortalAccess(ctx, "qm:1:2", Hooks{})
			return err
		},
		"rename": func(c *Client) error {
			_, err := c.RenameCustomer(ctx, "qm:1:2", "New Name")
			return err
		},
		"find": func(c *Client) error {
			_, err := c.FindAccount(ctx, "ann.lee@example.com")
			return err
		},
		"organizations": func(c *Client) error {
			_, err := c.Organizations(ctx)
			return err
		},
		"create organization": func(c *Client) error {
			_, err := c.CreateOrganization(ctx, "Acme")
			return err
		},
		"members": func(c *Client) error {
			_, err := c.AddToOrganization(ctx, "1", []string{"qm:1:2"})
			return err
		},
		"service desk": func(c *Client) error {
			_, err := c.ServiceDesk(ctx, "SUP")
			return err
		},
		"desk customers": func(c *Client) error {
			_, err := c.AddToServiceDesk(ctx, "1", []string{"qm:1:2"})
			return err
		},
		"desk organization": func(c *Client) error {
			_, err := c.AddOrganizationToServiceDesk(ctx, "1", "2")
			return err
		},
		"desk organizations": func(c *Client) error {
			_, err := c.ServiceDeskOrganizations(ctx, "1")
			return err
		},
		"cloud id": func(c *Client) error {
			c.kind = AccessToken
			return c.identify(ctx, new(Connection))
		},
		"myself": func(c *Client) error {
			_, err := c.myself(ctx, new(Connection))
			return err
		},
		"permissions": func(c *Client) error { return c.checkPermissions(ctx, new(Connection)) },
	}
	for name, do := range routes {
		for body, kind := range map[string]string{
			"<html><title>Sign in</title></html>": "text/html",
			"<html>":                              "application/json",
			`{"status":"ok","accountId":7}`:       "application/json",
			`"ok"`:                                "application/json",
			`null`:                                "application/json",
		} {
			synctest.Test(t, func(t *testing.T) {
				client := inProcess(t, says(200, body, "Content-Type", kind))
				client.tenant = "c1"
				ctx = t.Context()
				err := do(client)
				e, ok := errors.AsType[*Error](err)
				if !ok || e.Kind != KindAnswer || e.RouteUncertain != strings.HasPrefix(body, "<") {
					t.Errorf("%s, %s: %v (%+v)", name, body, err, e)
				}
			})
		}
	}
}

// A 404 is about what was named only when the operation is known to exist.
func TestRouteUncertain(t *testing.T) {
	gone := says(404, `{"errorMessage":"not found"}`)
	page := says(404, `<html>not found</html>`, "Content-Type", "text/html")
	done := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }
	client := newTestClient(t, serve(t, &steps{handlers: []http.HandlerFunc{gone, done, gone, page}}).URL)
	for i, want := range []struct{ fails, doubt bool }{{true, true}, {false, false}, {true, false}, {true, true}} {
		_, err := client.RevokePortalAccess(t.Context(), "qm:1:2", Hooks{})
		e, ok := errors.AsType[*Error](err)
		if ok != want.fails || ok && (e.Kind != KindNotFound || e.RouteUncertain != want.doubt) {
			t.Errorf("%d: %v (%+v), want in doubt %t", i, err, e, want.doubt)
		}
	}
}

// A 401 is a missing scope when the same token is good for something else, and nothing else shows it: no text.
func TestScopeByEvidence(t *testing.T) {
	for _, tt := range []struct {
		myself int
		text   string
		want   Kind
	}{
		{200, `{"message":"Unauthorized"}`, KindScope},
		{401, `{"message":"Unauthorized; scope does not match"}`, KindUnauthorized},
	} {
		client := newTestClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/rest/api/3/myself" {
				says(tt.myself, `{"accountId":"1"}`)(w, r)
				return
			}
			says(401, tt.text)(w, r)
		})).URL)
		_, err := client.AddToOrganization(t.Context(), "1", []string{"qm:1:2"})
		checkKind(t, err, tt.want, "")
	}
}

// A token that may neither ask whose it is nor look anybody up is good all the same.
func TestNarrowTokenIsNoEndedToken(t *testing.T) {
	token := jsmtest.SandboxToken()
	token.Scoped = true
	token.Scopes = []string{"read:customer:jira-service-management", "write:customer:jira-service-management",
		"read:user:jira"}
	site, server := serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{token}})
	client := newTestClient(t, server.URL)
	if _, err := client.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := client.FindAccount(t.Context(), newcomer.Email)
	checkKind(t, err, KindScope, "read:jira-user")
	site.SetFaults(jsmtest.Fault{Kind: jsmtest.TokenEnds})
	_, err = client.FindAccount(t.Context(), newcomer.Email)
	checkKind(t, err, KindUnauthorized, "JIRA_API_TOKEN")
}

// Requests that waited for a slow disk between permit and departure leave at the ceiling, not all at once.
func TestStalledRecordMakesNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var left []time.Time
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			left = append(left, time.Now())
			mu.Unlock()
			says(201, created)(w, r)
		}), func(c *Config) { c.MaxRate = 100 })
		stalled := time.Now().Add(2 * time.Second)
		before := func() error {
			time.Sleep(time.Until(stalled))
			return nil
		}
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() { client.CreateCustomer(t.Context(), newcomer, Hooks{BeforeSend: before}) })
		}
		wg.Wait()
		for i := range left {
			n := 0
			for _, at := range left[i:] {
				if at.Sub(left[i]) < 100*time.Millisecond {
					n++
				}
			}
			if n > 25 {
				t.Fatalf("%d requests left within 100 ms", n)
			}
		}
	})
}
