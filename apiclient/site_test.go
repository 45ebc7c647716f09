package apiclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"jsm-onboard/apiclient/jsmtest"
)

func TestParseSite(t *testing.T) {
	for in, want := range map[string]string{
		"acme":                "https://acme.atlassian.net",
		"ACME.Atlassian.net":  "https://acme.atlassian.net",
		"acme.atlassian.net/": "https://acme.atlassian.net",
		" https://acme.atlassian.net/jira/servicedesk/projects?x=1#y ": "https://acme.atlassian.net",
		"https://acme.atlassian.net:443":                               "https://acme.atlassian.net",
		"https://acme.atlassian.net.":                                  "https://acme.atlassian.net",
		"acme.atlassian.net/jira/a@b":                                  "https://acme.atlassian.net",
		`"https://help.example.com"`:                                   "https://help.example.com",
		"https://help.example.com:8443/x":                              "https://help.example.com:8443",
		"http://localhost:8765/":                                       "http://localhost:8765",
		"localhost:8765":                                               "http://localhost:8765",
		"http://127.0.0.1:8765":                                        "http://127.0.0.1:8765",
		"http://[::1]:8765":                                            "http://[::1]:8765",
		"http://[::1]":                                                 "http://[::1]",
		"https://localhost:1":                                          "https://localhost:1",
	} {
		if got, err := ParseSite(in); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestParseSiteRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "no site",
		"http://acme.atlassian.net":         "only https",
		"http://127.0.0.1.example.com":      "only https",
		"https://ann:secret@acme.example":   "user name",
		"ann@acme.atlassian.net":            "user name",
		"ftp://acme.atlassian.net":          "only https",
		"https://":                          "not an address",
		"https://acme..atlassian.net":       "not an address",
		"https://acme atlassian.net":        "not an address",
		"https://acme.example:port":         "not an address",
		"https://api.atlassian.com/ex/jira": "Atlassian's own",
		"https://admin.atlassian.com/s/1":   "Atlassian's own",
	} {
		got, err := ParseSite(in)
		e, ok := errors.AsType[*Error](err)
		if got != "" || !ok || e.Kind != KindSite || !strings.Contains(e.Message,
			want) || e.Hint == "" || strings.Contains(fmt.Sprint(err, e.Hint), "secret") {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

// What is accepted is a fixed point, and never plain http to a host that is not loopback.
func FuzzParseSite(f *testing.F) {
	for _, s := range []string{"acme", "http://localhost:1/x", "https://a@b", "//x", "http://[::1%25en0]", "a:b:c",
		"https://[::ffff:127.0.0.1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseSite(in)
		if err != nil {
			return
		}
		again, err := ParseSite(got)
		if err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", in, got, again, err)
		}
		if _, err := parseAddress(got); err != nil {
			t.Errorf("%q: %q: %v", in, got, err)
		}
	})
}

// Each site has the gateway and the token endpoint of its cloud; of a cloud that is not known they must be given.
func TestCloudOf(t *testing.T) {
	const commercial, gov, unknown = "https://api.atlassian.com", "https://api.atlassian-us-gov-mod.com", ""
	for site, want := range map[string]string{
		"https://acme.atlassian.net":            commercial,
		"https://acme.jira.com":                 commercial,
		"https://help.example.com":              commercial,
		"https://atlassian.net.example.com":     commercial,
		"https://acme.atlassian-us-gov-mod.net": gov,
		"https://acme.atlassian-us-gov.net":     unknown,
		"https://acme.atlassian-isolated.net":   unknown,
		"https://acme.atl-ic.net":               unknown,
		"https://acme.atlassian-some-new.net":   unknown,
		"https://acme.atlassian-us-gov-mod.com": unknown,
		"https://notatlassian-us-gov-mod.net":   commercial,
		"https://x.notatlassian-us-gov-mod.net": commercial,
	} {
		client, err := New(Config{Site: site, Credentials: sandboxBasic})
		switch {
		case want != unknown && (err != nil || client.cloud.gateway != want):
			t.Errorf("%s: %v, want %s", site, err, want)
		case want == unknown:
			checkKind(t, err, KindSite, "--gateway-url")
			given := Config{Site: site, Credentials: sandboxBasic, GatewayURL: "https://gw.example.com/",
				TokenURL: "https://t.example.com/t"}
			if client, err := New(given); err != nil || client.cloud.gateway != "https://gw.example.com" {
				t.Errorf("%s with a gateway: %v", site, err)
			}
			for _, other := range []string{commercial, "https://API.Atlassian.com./x", gov, "https://auth.atlassian.com"} {
				given.GatewayURL = other
				_, err := New(given)
				checkKind(t, err, KindSite, "--gateway-url")
			}
		}
	}
	half := Config{Site: "https://acme.atl-ic.net", GatewayURL: "https://gw.example.com", Credentials: sandboxBasic}
	if client, err := New(half); err != nil || client.cloud != (cloud{gateway: "https://gw.example.com"}) {
		t.Errorf("an API token needs no token endpoint: %v", err)
	}
	half.Credentials = Credentials{ClientID: "i", ClientSecret: "s"}
	_, err := New(half)
	checkKind(t, err, KindSite, "--token-url")
	_, err = New(Config{Site: "acme", Credentials: sandboxBasic,
		TokenURL: "https://auth.atlassian-us-gov-mod.com/oauth/token"})
	checkKind(t, err, KindSite, "--token-url")
}

// No credential reaches a host of another cloud, whatever the answers point to.
func TestCredentialsStayInTheirCloud(t *testing.T) {
	kinds := map[string]Credentials{
		"token":   sandboxBasic,
		"bearer":  {AccessToken: "secret-bearer"},
		"service": {ClientID: "id", ClientSecret: "secret-of-client"},
	}
	for site, hosts := range map[string][]string{
		"acme.atlassian.net": {"acme.atlassian.net", "api.atlassian.com", "auth.atlassian.com"},
		"help.example.com":   {"help.example.com", "api.atlassian.com", "auth.atlassian.com"},
		"acme.atlassian-us-gov-mod.net": {"acme.atlassian-us-gov-mod.net", "api.atlassian-us-gov-mod.com",
			"auth.atlassian-us-gov-mod.com"},
	} {
		for kind, credentials := range kinds {
			for _, scoped := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					got := map[string]bool{}
					client, err := New(Config{Site: site, Credentials: credentials,
						Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
							body := ""
							if r.Body != nil {
								b, _ := io.ReadAll(r.Body)
								body = string(b)
							}
							if r.Header.Get("Authorization") != "" || strings.Contains(body, "secret") {
								got[r.URL.Host] = true
							}
							return jsmtest.Transport(otherClouds(scoped).ServeHTTP).RoundTrip(r)
						})})
					if err != nil {
						t.Fatal(err)
					}
					ctx := t.Context()
					client.Connect(ctx)
					client.CreateCustomer(ctx, newcomer, Hooks{})
					client.FindAccount(ctx, newcomer.Email)
					client.RenameCustomer(ctx, "qm:1:2", "N")
					client.RevokePortalAccess(ctx, "qm:1:2", Hooks{})
					client.Organizations(ctx)
					for host := range got {
						if !slices.Contains(hosts, host) || !slices.Contains(client.CredentialHosts(), host) {
							t.Errorf("%s, %s: credentials went to %s", site, kind, host)
						}
					}
					if len(got) == 0 {
						t.Errorf("%s, %s: no credentials were sent at all", site, kind)
					}
				})
			}
		}
	}
}

// otherClouds answers as a site would, with links and redirects to every other host.
func otherClouds(scoped bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway := strings.HasPrefix(r.URL.Path, "/ex/jira/")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			says(200, `{"access_token":"secret-made","token_type":"Bearer","expires_in":3600}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/tenant_info"):
			says(200, `{"cloudId":"c1"}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/info"):
			says(200, `{"version":"1"}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/myself") && gateway == scoped:
			says(200, `{"accountId":"1"}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/myself"):
			says(401, ``)(w, r)
		case strings.HasSuffix(r.URL.Path, "/organization"):
			start := r.URL.Query().Get("start")
			says(200, fmt.Sprintf(`{"limit":1,"isLastPage":%t,"values":[{"id":"7%s"}],"_links":{"next":%q}}`,
				start == "3", start, "https://api.atlassian-us-gov-mod.com/ex/jira/c1"+opOrganizations.route))(w, r)
		case r.Method == http.MethodGet:
			says(302, ``, "Location", "https://api.atlassian.com/elsewhere")(w, r)
		default:
			says(307, ``, "Location", "https://auth.atlassian-us-gov-mod.com/oauth/token")(w, r)
		}
	})
}
