package apiclient

import (
	"crypto/x509"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

func TestScopes(t *testing.T) {
	const granular = "read:customer:jira-service-management read:user:jira"
	for name, tt := range map[string]struct {
		scopes string // "": a token without scopes
		want   []Scope
	}{
		"none":         {"", nil},
		"all":          {ScopeManage + " " + ScopeRequest + " " + ScopeUser, []Scope{{ScopeManage, Yes}, {ScopeRequest, Yes}, {ScopeUser, Yes}}},
		"manage alone": {ScopeManage, []Scope{{ScopeManage, Yes}, {ScopeRequest, No}, {ScopeUser, No}}},
		"granular":     {granular, []Scope{{ScopeManage, Yes}, {ScopeRequest, No}, {ScopeUser, No}}},
		"user alone":   {ScopeUser, []Scope{{ScopeManage, No}, {ScopeRequest, No}, {ScopeUser, Yes}}},
	} {
		t.Run(name, func(t *testing.T) {
			token := jsmtest.SandboxToken()
			if tt.scopes != "" {
				token.Scoped, token.Scopes = true, strings.Fields(tt.scopes)
			}
			site, server := serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{token}})
			client := newTestClient(t, server.URL)
			conn := Connection{}
			refused := client.Identify(t.Context(), &conn)
			if (refused != nil) != (name == "user alone") {
				t.Fatal(refused)
			}
			if diff := cmp.Diff(tt.want, client.Scopes(t.Context(), conn)); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
			for a := range site.Accounts() {
				if a.CreatedBy > 0 {
					t.Errorf("%s was created", a.Email)
				}
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	site := jsmtest.New(jsmtest.Options{})
	server := httptest.NewUnstartedServer(site)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	got, err := newTestClient(t, server.URL, func(c *Config) { c.RootCAs = roots }).Certificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Certificate{Version: "TLS 1.3", Issuer: `"Acme Co"`, Until: server.Certificate().NotAfter}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("certificate (-want +got):\n%s", diff)
	}
	_, err = newTestClient(t, server.URL).Certificate(t.Context())
	checkKind(t, err, KindTLS, "--ca-file")
	if !strings.Contains(err.Error(), `signed by "Acme Co", which this machine does not know`) {
		t.Error(err)
	}
}

func TestAnonymousClientSendsNoCredentials(t *testing.T) {
	_, server := serveSite(t, jsmtest.Options{})
	client := newTestClient(t, server.URL, func(c *Config) { c.Credentials, c.Anonymous = Credentials{}, true })
	conn := Connection{}
	if err := client.Reach(t.Context(), &conn); err != nil || conn.Version == "" {
		t.Errorf("version %q, %v", conn.Version, err)
	}
	if _, err := New(Config{Site: server.URL}); err == nil {
		t.Error("a client without credentials was made")
	}
}

func TestLookUp(t *testing.T) {
	found, err := newTestClient(t, "http://127.0.0.1:1").LookUp(t.Context())
	if err != nil || len(found) != 1 || found[0].String() != "127.0.0.1" {
		t.Errorf("%v, %v", found, err)
	}
}
