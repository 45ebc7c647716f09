package apiclient

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"jsm-onboard/apiclient/jsmtest"
)

func TestCredentialsKind(t *testing.T) {
	for _, tt := range []struct {
		in   Credentials
		want CredentialKind
		hint string
	}{
		{Credentials{Email: "a@example.com", APIToken: "t\n"}, APIToken, ""},
		{Credentials{AccessToken: "t"}, AccessToken, ""},
		{Credentials{ClientID: "i", ClientSecret: "s"}, ServiceAccount, ""},
		{Credentials{}, "", "JIRA_API_TOKEN"},
		{Credentials{Email: "a@example.com"}, "", "--token-file"},
		{Credentials{APIToken: "t"}, "", "JIRA_USER_EMAIL"},
		{Credentials{ClientID: "i"}, "", "JIRA_CLIENT_SECRET"},
		{Credentials{ClientSecret: "s"}, "", "JIRA_CLIENT_ID"},
		{Credentials{Email: "a@example.com", APIToken: "t", AccessToken: "t"}, "", "keep one"},
		{Credentials{AccessToken: "two\nlines"}, "", "one line"},
	} {
		got, err := tt.in.Kind()
		if tt.want != "" {
			checkKind(t, err, 0, "")
		} else {
			checkKind(t, err, KindUnauthorized, tt.hint)
		}
		if got != tt.want {
			t.Errorf("%v, want %v", got, tt.want)
		}
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	c := Credentials{Email: "a@example.com", APIToken: "secret"}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s", c, c, c), fmt.Sprintf("%+v",
		Config{Credentials: c}), c.LogValue().String()} {
		if strings.Contains(text, "secret") {
			t.Error(text)
		}
	}
}

// What quotes the header or the form of a request back shows none of the credentials in them.
func TestEchoedCredentials(t *testing.T) {
	pair := base64.StdEncoding.EncodeToString([]byte("sandbox@example.com:sandbox-token"))
	const token = `{"access_token":"live-token","token_type":"Bearer","expires_in":3600}`
	for _, tt := range []struct {
		name        string
		credentials Credentials
		at          string // the path that echoes
		secret      string
	}{
		{"API token", sandboxBasic, "/customer", strings.TrimRight(pair, "=")},
		{"access token", Credentials{AccessToken: "eyJ.a/b+c=="}, "/customer", "eyJ.a"},
		{"token of a service account", Credentials{ClientID: "i", ClientSecret: "s"}, "/customer", "live-token"},
		{"secret of a service account", Credentials{ClientID: "i", ClientSecret: "a/hush+="}, "/token", "hush"},
	} {
		for _, escape := range []func(string) string{func(s string) string { return s }, url.QueryEscape} {
			var log bytes.Buffer
			server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				form, _ := io.ReadAll(r.Body)
				switch {
				case !strings.HasSuffix(r.URL.Path, tt.at):
					says(200, token)(w, r)
				case tt.at == "/token":
					says(400, "invalid form: "+string(form))(w, r)
				default:
					says(400, "invalid header: "+escape(r.Header.Get("Authorization")))(w, r)
				}
			}))
			client := newTestClient(t, server.URL, func(c *Config) {
				c.Credentials = tt.credentials
				c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Status != 400 || !strings.Contains(e.Message, hidden) {
				t.Errorf("%s: %v", tt.name, err)
			}
			if all := fmt.Sprintf("%+v %s %s", e, e, log.String()); strings.Contains(all, tt.secret) {
				t.Errorf("%s: it is in %s", tt.name, all)
			}
		}
	}
}

// withService makes a client that of the sandbox's service account.
func withService(c *Config) {
	c.Credentials = Credentials{ClientID: "sandbox-client", ClientSecret: "sandbox-secret"}
}

// createAll creates n customers by so many workers, and returns how their calls have ended.
func createAll(t *testing.T, client *Client, workers, n int) (errs []error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var next atomic.Int64
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				_, _, err := client.CreateCustomer(t.Context(), NewCustomer{fmt.Sprintf("p%d@example.com", i), "P"}, Hooks{})
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errs
}

// Those who have waited for a token leave at the pace of all others, and not at once.
func TestTokenRenewalMakesNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := jsmtest.SandboxClient()
		account.Lifetime = time.Minute
		site := jsmtest.New(jsmtest.Options{Clients: []jsmtest.Client{account}, Latency: 80 * time.Millisecond})
		var mu sync.Mutex
		var left []time.Time
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/token"):
				time.Sleep(2 * time.Second)
			case r.Method == http.MethodPost:
				mu.Lock()
				left = append(left, time.Now())
				mu.Unlock()
			}
			site.ServeHTTP(w, r)
		}), withService, func(c *Config) { c.Workers, c.MaxRate = 64, 50 })
		if _, err := client.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, err := range createAll(t, client, 64, 4000) {
			if err != nil {
				t.Error(err)
			}
		}
		most, first := 0, 0
		for i, at := range left {
			for at.Sub(left[first]) >= time.Second {
				first++
			}
			most = max(most, i-first+1)
		}
		if most > 50+6 { // those of a second, and of burstTime
			t.Errorf("%d creates left within a second", most)
		}
	})
}

// A token that has ended in a long pause is renewed before the request leaves, and not by a 401.
func TestTokenEndsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused, unauthorized atomic.Int64
		site := jsmtest.New(jsmtest.Options{Clients: []jsmtest.Client{jsmtest.SandboxClient()},
			OnAnswer: func(x jsmtest.Exchange) {
				if x.Status == http.StatusUnauthorized {
					unauthorized.Add(1)
				}
			}})
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/customer") && refused.Add(1) <= 2 {
				says(429, ``, "Retry-After", "7200")(w, r)
				return
			}
			site.ServeHTTP(w, r)
		}), withService, func(c *Config) { c.MaxPause = 10 * time.Hour })
		if err := client.identify(t.Context(), new(Connection)); err != nil {
			t.Fatal(err)
		}
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if err != nil || call.Attempts != 3 || unauthorized.Load() != 0 {
			t.Errorf("%+v, %d times 401, %v", call, unauthorized.Load(), err)
		}
	})
}

// The token endpoint's Retry-After is obeyed, before a run and in it, and one that is too long ends the calls: no row is
// to blame.
func TestTokenEndpointSaysWhen(t *testing.T) {
	for _, tt := range []struct {
		name string
		rest time.Duration
		at   int // the request for a token that is refused: Connect makes two
	}{
		{"before the run", 5 * time.Minute, 2}, {"in the run", 5 * time.Minute, 3},
		{"before the run, for long", time.Hour, 2}, {"in the run, for long", time.Hour, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked []time.Time // by one goroutine after the other
				account := jsmtest.SandboxClient()
				account.Lifetime = time.Minute
				site := jsmtest.New(jsmtest.Options{Clients: []jsmtest.Client{account}, Latency: 80 * time.Millisecond})
				client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/token") {
						if asked = append(asked, time.Now()); len(asked) == tt.at {
							says(429, ``, "Retry-After", fmt.Sprint(tt.rest.Seconds()))(w, r)
							return
						}
					}
					site.ServeHTTP(w, r)
				}), withService, func(c *Config) { c.Workers, c.MaxRate, c.MaxPause = 64, 100, 15*time.Minute })
				_, err := client.Connect(t.Context())
				for _, err := range append(createAll(t, client, 64, 8000), err) {
					if _, paused := errors.AsType[*PauseError](err); err != nil && !(paused && tt.rest == time.Hour) {
						t.Error(err)
					}
				}
				switch {
				case tt.rest == time.Hour && len(asked) != tt.at:
					t.Errorf("it was asked again: %v", asked[tt.at-1:])
				case tt.rest < time.Hour && asked[tt.at].Sub(asked[tt.at-1]) < tt.rest:
					t.Errorf("it was asked again after %v", asked[tt.at].Sub(asked[tt.at-1]))
				}
			})
		})
	}
}

// A token endpoint that is out of order for long, or refuses, ends the calls as a site does: no row is to blame.
func TestTokenEndpointIsDown(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answer   http.HandlerFunc
		maxPause time.Duration
		ended    time.Duration // at the latest
		outage   bool          // and not a pause
	}{
		{"fails", says(502, ``), 2 * time.Minute, 3 * time.Minute, true},
		{"fails, and nobody waits for long", says(502, ``), time.Second, time.Minute, true},
		{"says that it fails for long", says(503, ``, "Retry-After", "7200"), 15 * time.Minute, 2 * time.Minute, true},
		{"refuses", says(429, ``), 15 * time.Minute, 16 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := jsmtest.New(jsmtest.Options{Clients: []jsmtest.Client{jsmtest.SandboxClient()}})
				asked, start := 0, time.Now() // by one goroutine after the other
				client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/token") {
						asked++
						tt.answer(w, r)
						return
					}
					site.ServeHTTP(w, r)
				}), withService, func(c *Config) { c.MaxPause = tt.maxPause })
				for _, err := range createAll(t, client, 64, 100) {
					if e, ok := errors.AsType[*PauseError](err); !ok || e.Outage.IsZero() == tt.outage {
						t.Errorf("got %v", err)
					}
				}
				if took := time.Since(start); took > tt.ended || asked > 45 {
					t.Errorf("ended after %v, and asked %d times", took, asked)
				}
			})
		})
	}
}

// A request for a token ends with the call that needs it.
func TestTokenRequestEndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asking atomic.Int64
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asking.Add(1)
			defer asking.Add(-1)
			hang(w, r)
		}), withService)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, call, err := client.CreateCustomer(ctx, newcomer, Hooks{})
		if !errors.Is(err, context.DeadlineExceeded) || call != (Call{}) || asking.Load() != 0 ||
			time.Since(start) != time.Second {
			t.Errorf("after %v: %+v, %v; %d are under way", time.Since(start), call, err, asking.Load())
		}
	})
}

// A service account's token is fetched again before it ends, once for all workers.
func TestServiceTokenIsRenewedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched, refused, fetchedAt, oldest atomic.Int64
		account := jsmtest.SandboxClient()
		account.Lifetime = time.Hour
		site := jsmtest.New(jsmtest.Options{Clients: []jsmtest.Client{account}, OnAnswer: func(x jsmtest.Exchange) {
			if x.Status == http.StatusUnauthorized {
				refused.Add(1)
			}
		}})
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/oauth/token" {
				fetched.Add(1)
				fetchedAt.Store(time.Now().UnixNano())
			}
			oldest.Store(max(oldest.Load(), time.Now().UnixNano()-fetchedAt.Load()))
			site.ServeHTTP(w, r)
		}), func(c *Config) {
			c.Credentials = Credentials{ClientID: "sandbox-client", ClientSecret: "sandbox-secret"}
		})
		fetchedAt.Store(time.Now().UnixNano())
		if err := client.identify(t.Context(), new(Connection)); err != nil {
			t.Fatal(err)
		}
		for minute := range 150 {
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					_, _, err := client.CreateCustomer(t.Context(), NewCustomer{fmt.Sprintf("c%d-%d@example.com", minute, i),
						"C"}, Hooks{})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			time.Sleep(time.Minute)
		}
		if age := time.Duration(oldest.Load()); age < 57*time.Minute || age >= time.Hour {
			t.Errorf("a token of an hour was used for %v", age)
		}
		if fetched.Load() != 3 || refused.Load() != 0 {
			t.Errorf("%d tokens in 150 minutes, %d times 401; want 3 and 0", fetched.Load(), refused.Load())
		}
	})
}

// A token that is taken away early costs one 401, and one more when that is for good.
func TestServiceTokenIsRenewedAfter401(t *testing.T) {
	_, server := serveSite(t, jsmtest.Options{Clients: []jsmtest.Client{jsmtest.SandboxClient()},
		Faults: []jsmtest.Fault{{Kind: jsmtest.TokenEnds, After: 3}}})
	client := newTestClient(t, server.URL, func(c *Config) {
		c.Credentials = Credentials{ClientID: "sandbox-client", ClientSecret: "sandbox-secret"}
	})
	if err := client.identify(t.Context(), new(Connection)); err != nil { // three requests
		t.Fatal(err)
	}
	var calls []Call
	for i := range 8 {
		_, call, err := client.CreateCustomer(t.Context(), NewCustomer{fmt.Sprintf("c%d@example.com", i), "C"}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	one, two := Call{Attempts: 1, Status: 201, Lost: false}, Call{Attempts: 2, Status: 201, Lost: false}
	if diff := cmp.Diff([]Call{two, one, one, two, one, one, two, one}, calls, anyTime); diff != "" {
		t.Error(diff)
	}

	always := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/oauth/token":
			says(200, `{"access_token":"x","token_type":"Bearer","expires_in":3600}`)(w, r)
		case "/_edge/tenant_info":
			says(200, `{"cloudId":"c1"}`)(w, r)
		default:
			says(401, `{"code":401,"message":"Unauthorized"}`)(w, r)
		}
	}))
	client = newTestClient(t, always.URL, func(c *Config) {
		c.Credentials = Credentials{ClientID: "i",
			ClientSecret: "s"}
	})
	_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
	checkKind(t, err, KindUnauthorized, "JIRA_CLIENT_SECRET")
	if diff := cmp.Diff(Call{Attempts: 2, Status: 401, Lost: false}, call, anyTime); diff != "" {
		t.Error(diff)
	}
}

// A late 401 for an old token does not throw the new one away.
func TestRenewKeepsANewerToken(t *testing.T) {
	client := newTestClient(t, "https://acme.example.test", func(c *Config) {
		c.Credentials = Credentials{ClientID: "i", ClientSecret: "s"}
	})
	<-client.current
	client.current <- &oauth2.Token{AccessToken: "new"}
	if got, err := client.token(t.Context(), &request{badToken: &oauth2.Token{AccessToken: "old"}}); err != nil || got.AccessToken != "new" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEndpointsForCredentials(t *testing.T) {
	for _, bad := range []string{"http://gateway.example.test", "https://ann:secret@gateway.example.test",
		"gateway", "https://gateway.example.test?x=1"} {
		for _, change := range []func(*Config){func(c *Config) { c.GatewayURL = bad },
			func(c *Config) { c.TokenURL = bad }} {
			config := Config{Site: "acme", Credentials: sandboxBasic}
			change(&config)
			_, err := New(config)
			checkKind(t, err, KindSite, "")
			if strings.Contains(err.Error(), "secret") {
				t.Error(err)
			}
		}
	}
}

// A token endpoint that is out of order for a while is waited for; nothing is lost by it.
func TestTokenEndpointFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := jsmtest.New(jsmtest.Options{CloudID: "c1", Clients: []jsmtest.Client{jsmtest.SandboxClient()}})
		start := time.Now()
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/oauth/token" && time.Since(start) < time.Minute {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			site.ServeHTTP(w, r)
		}), func(c *Config) {
			c.Credentials = Credentials{ClientID: "sandbox-client", ClientSecret: "sandbox-secret"}
		})
		client.root += "/ex/jira/c1"
		_, call, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if diff := cmp.Diff(Call{Attempts: 1, Status: 201, Lost: false}, call, anyTime); diff != "" || err != nil {
			t.Errorf("%s%v", diff, err)
		}
	})
}
