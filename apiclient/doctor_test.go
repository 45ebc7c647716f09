package apiclient

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jsm-onboard/apiclient/jsmtest"
)

func TestConnect(t *testing.T) {
	admin := jsmtest.SandboxToken()
	scoped := admin
	scoped.Scoped = true
	scoped.Scopes = append(jsmtest.DefaultScopes(), "read:jira-work")
	narrow := scoped
	narrow.Scopes = nil
	clerk := admin
	clerk.Admin, clerk.BrowseUsers = false, false
	blind := admin
	blind.BrowseUsers = false
	unscoped := scoped
	unscoped.Scopes = []string{"read:servicedesk-request"}
	granular := scoped
	granular.Scopes = []string{"read:customer:jira-service-management", "write:customer:jira-service-management",
		"read:user:jira"}
	asking := scoped
	asking.Scopes = []string{"read:servicedesk-request", "read:jira-user"}
	bearer := jsmtest.Token{Email: "app@example.com", Secret: "access", Bearer: true, Admin: true, BrowseUsers: true}

	for _, tt := range []struct {
		name        string
		token       jsmtest.Token
		credentials Credentials
		want        Connection
		kind        Kind
		hint        string
		nameless    bool
	}{
		{name: "token", token: admin, credentials: sandboxBasic,
			want: Connection{Administer: Yes, BrowseUsers: Yes}},
		{name: "token with scopes", token: scoped, credentials: sandboxBasic,
			want: Connection{Gateway: true, Administer: Yes, BrowseUsers: Yes}},
		{name: "token that may not ask for permissions", token: narrow, credentials: sandboxBasic,
			want: Connection{Gateway: true, Administer: Unverified,
				BrowseUsers: Unverified}},
		{name: "token without the scope", token: unscoped, credentials: sandboxBasic, kind: KindScope,
			hint: "read:jira-user",
			want: Connection{Gateway: true}},
		{name: "token that may ask for nothing else", token: granular, credentials: sandboxBasic, nameless: true,
			want: Connection{Gateway: true, Administer: Unverified,
				BrowseUsers: Unverified}},
		{name: "token that may only ask", token: asking, credentials: sandboxBasic, kind: KindScope,
			hint: "manage:servicedesk-customer",
			want: Connection{Gateway: true}},
		{name: "wrong token", token: admin, credentials: Credentials{Email: "sandbox@example.com", APIToken: "wrong"},
			kind: KindUnauthorized, hint: "JIRA_API_TOKEN", want: Connection{}},
		{name: "no administrator", token: clerk, credentials: sandboxBasic, kind: KindForbidden, hint: "Administer Jira",
			want: Connection{Administer: No, BrowseUsers: No}},
		{name: "may not browse", token: blind, credentials: sandboxBasic,
			want: Connection{Administer: Yes, BrowseUsers: No}},
		{name: "access token", token: bearer, credentials: Credentials{AccessToken: "access"},
			want: Connection{Gateway: true, Administer: Unverified,
				BrowseUsers: Unverified}},
		{name: "wrong access token", token: bearer, credentials: Credentials{AccessToken: "wrong"}, kind: KindUnauthorized,
			hint: "JIRA_ACCESS_TOKEN", want: Connection{}},
		{name: "service account", token: admin, credentials: Credentials{ClientID: "sandbox-client",
			ClientSecret: "sandbox-secret"},
			want: Connection{Gateway: true, Administer: Unverified,
				BrowseUsers: Unverified}},
		{name: "wrong client secret", token: admin, credentials: Credentials{ClientID: "sandbox-client",
			ClientSecret: "wrong"},
			kind: KindUnauthorized, hint: "JIRA_CLIENT_SECRET", want: Connection{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, server := serveSite(t, jsmtest.Options{Tokens: []jsmtest.Token{tt.token},
				Clients: []jsmtest.Client{jsmtest.SandboxClient()}})
			client := newTestClient(t, server.URL, func(c *Config) { c.Credentials = tt.credentials })
			got, err := client.Connect(t.Context())
			checkKind(t, err, tt.kind, tt.hint)
			tt.want.Reached = true
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Connection{}, "User", "CloudID", "Version",
				"Skew", "RateHeaders", "Scopes")); diff != "" {
				t.Errorf("connection (-want +got):\n%s", diff)
			}
			if err != nil {
				return
			}
			if (got.User.ID == "") != tt.nameless || got.Version == "" {
				t.Errorf("user %q, version %q", got.User.ID, got.Version)
			}
			if _, _, err := client.CreateCustomer(t.Context(), NewCustomer{"new@example.com", "New One"},
				Hooks{}); err != nil {
				t.Errorf("create after connect: %v", err)
			}
		})
	}
}

func checkKind(t *testing.T, err error, kind Kind, hint string) {
	t.Helper()
	if kind == 0 {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != kind || !strings.Contains(e.Hint, hint) {
		t.Fatalf("error %#v, want kind %v and a hint with %q", err, kind, hint)
	}
}

func TestConnectToSomethingElse(t *testing.T) {
	page := func(status int) http.HandlerFunc {
		return says(status, `<!DOCTYPE html><html><head><title>Log in &ndash; Example</title></head></html>`,
			"Content-Type", "text/html")
	}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		kind    Kind
		message string
	}{
		{"login page", page(200), KindSite, "Log in"},
		{"no site", page(404), KindSite, "404"},
		{"no service management", says(404, ``), KindSite, "no Jira Service Management"},
		{"something else in JSON", says(200, `{"status":"ok"}`), KindAnswer, "not what the API promises"},
		{"nobody", says(200, `{"version":"1"}`), KindAnswer, "not what the API promises"},
		{"redirect to a login page", says(302, "", "Location", "https://id.atlassian.com/login?continue=x"),
			KindSite, "id.atlassian.com"},
		{"renamed site", says(301, "", "Location", "https://other.example.net/rest?a=b"),
			KindSite, "other.example.net"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newTestClient(t, serve(t, tt.handler).URL).Connect(t.Context())
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind != tt.kind || !strings.Contains(e.Error(), tt.message) || e.Hint == "" {
				t.Errorf("got %v (%+v)", err, e)
			}
		})
	}
}

func TestConnectReportsSkewAndRateHeaders(t *testing.T) {
	site := jsmtest.New(jsmtest.Options{})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Beta-RateLimit-Policy", `"default";q=100;w=1`)
		site.ServeHTTP(w, r)
	}))
	conn, err := newTestClient(t, server.URL).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := conn.Skew + time.Hour; d < -2*time.Second || d > 2*time.Second {
		t.Errorf("skew %v, want -1h", conn.Skew)
	}
	if diff := cmp.Diff([]string{"Beta-Ratelimit-Policy"}, conn.RateHeaders); diff != "" {
		t.Error(diff)
	}
}

// The headers of every answer count, not those of the last one.
func TestRateHeadersOfTheFirstAnswer(t *testing.T) {
	site := jsmtest.New(jsmtest.Options{})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, serviceDeskAPI) {
			w.Header().Set("X-RateLimit-Remaining", "99")
		} else {
			w.Header().Set("Retry-After", "1")
		}
		site.ServeHTTP(w, r)
	}))
	conn, err := newTestClient(t, server.URL).Connect(t.Context())
	if diff := cmp.Diff([]string{"Retry-After", "X-Ratelimit-Remaining"}, conn.RateHeaders); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}

func TestConnectWaitsForTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := jsmtest.New(jsmtest.Options{})
		defer site.Close()
		began := time.Now()
		client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if time.Since(began) < 2*time.Minute {
				says(429, "", "Retry-After", "120")(w, r)
				return
			}
			site.ServeHTTP(w, r)
		}))
		if _, err := client.Connect(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 2*time.Minute || took > 5*time.Minute {
			t.Errorf("connected after %v", took)
		}
	})
}

func TestScopes(t *testing.T) {
	const granular = "read:customer:jira-service-management read:user:jira"
	for name, tt := range map[string]struct {
		scopes string // "": a token without scopes
		want   []Scope
	}{
		"none": {"", nil},
		"all": {ScopeManage + " " + ScopeRequest + " " + ScopeUser, []Scope{{ScopeManage, Yes},
			{ScopeRequest, Yes}, {ScopeUser, Yes}}},
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
			refused := client.identify(t.Context(), &conn)
			if (refused != nil) != (name == "user alone") {
				t.Fatal(refused)
			}
			if diff := cmp.Diff(tt.want, conn.Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
			for _, a := range site.Accounts() {
				if a.CreatedBy > 0 {
					t.Errorf("%s was created", a.Email)
				}
			}
		})
	}
}
