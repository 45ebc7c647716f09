package apiclient

import (
	"fmt"
	"net/http"
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
	client.current.Store(&oauth2.Token{AccessToken: "new"})
	client.dropToken(&oauth2.Token{AccessToken: "old"})
	if got, err := client.token(t.Context()); err != nil || got.AccessToken != "new" {
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
