package apiclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Nothing leaves loopback.
func TestMain(m *testing.M) {
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, errors.New("a test wanted to reach " + r.URL.Host)
	})
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

var sandboxBasic = Credentials{Email: "sandbox@example.com", APIToken: "sandbox-token"}

// newTestClient is a client of site, by an address or a function that changes the settings.
func newTestClient(t testing.TB, site string, change ...func(*Config)) *Client {
	t.Helper()
	c := Config{Site: site, GatewayURL: site, TokenURL: site + "/oauth/token", Credentials: sandboxBasic,
		Timeout: time.Minute, MaxPause: time.Minute, Workers: 8, UserAgent: "jsm-onboard"}
	for _, f := range change {
		f(&c)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// serve is a site over real sockets.
func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func serveSite(t testing.TB, o jsmtest.Options) (*jsmtest.Site, *httptest.Server) {
	t.Helper()
	site := jsmtest.New(o)
	s := httptest.NewServer(site)
	t.Cleanup(func() { site.Close(); s.Close() })
	return site, s
}

// steps answers the nth create with the nth handler, and all after the last with that.
type steps struct {
	handlers []http.HandlerFunc
	n        atomic.Int64
}

func (s *steps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/rest/servicedeskapi/info" {
		w.Write([]byte(`{"version":"1001"}`))
		return
	}
	i := int(s.n.Add(1)) - 1
	s.handlers[min(i, len(s.handlers)-1)](w, r)
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

const created = `{"accountId":"qm:1:2","emailAddress":null,"displayName":"Ann Lee","active":true}`
