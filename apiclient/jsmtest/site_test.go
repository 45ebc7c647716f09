package jsmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets nothing leave loopback.
func TestMain(m *testing.M) {
	http.DefaultTransport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(addr); err != nil || !net.ParseIP(host).IsLoopback() {
			return nil, errors.New("tests stay on loopback, not " + addr)
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	os.Exit(m.Run())
}

const (
	site    = "http://site.test"
	gateway = site + "/ex/jira/" + DefaultCloudID
	create  = CreatePath + "?strictConflictStatusCode=true"
	dana    = `{"email":"dana@example.com","displayName":"Dana Whitfield"}`
)

// ask is one request to a site; it is sent as the sandbox's administrator
// unless as says otherwise.
type ask struct {
	method, url, body string
	as                string // "email:secret", "Bearer secret" or "nobody"
	kind              string // content type; "" is application/json
	header            string // "Name: value"
}

func (a ask) request(t *testing.T, ctx context.Context) *http.Request {
	t.Helper()
	if strings.HasPrefix(a.url, "/") {
		a.url = site + a.url
	}
	var body io.Reader
	if a.body != "" {
		body = strings.NewReader(a.body)
	}
	r, err := http.NewRequestWithContext(ctx, a.method, a.url, body)
	if err != nil {
		t.Fatal(err)
	}
	if a.kind == "" && a.body != "" {
		a.kind = "application/json"
	}
	if a.kind != "" {
		r.Header.Set("Content-Type", a.kind)
	}
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		r.Header.Set(name, value)
	}
	switch {
	case a.as == "":
		r.SetBasicAuth("sandbox@example.com", "sandbox-token")
	case strings.HasPrefix(a.as, "Bearer "):
		r.Header.Set("Authorization", a.as)
	case a.as != "nobody":
		email, secret, _ := strings.Cut(a.as, ":")
		r.SetBasicAuth(email, secret)
	}
	return r
}

// do sends a request in process and reads the whole answer.
func (a ask) do(t *testing.T, h http.Handler) (int, string, http.Header) {
	t.Helper()
	resp, err := Transport(h).RoundTrip(a.request(t, t.Context()))
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.url, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.url, err)
	}
	return resp.StatusCode, string(body), resp.Header
}

// refusals has one token of each kind.
func refusals() Options {
	o := Sandbox()
	o.Tokens = append(o.Tokens,
		Token{Email: "scoped@example.com", Secret: "s", Scoped: true, Admin: true, SiteAdmin: true, BrowseUsers: true},
		Token{Email: "narrow@example.com", Secret: "s", Scoped: true, Scopes: []string{"read:jira-user"}, Admin: true},
		Token{Email: "granular@example.com", Secret: "s", Scoped: true, Admin: true, Scopes: []string{
			"read:customer:jira-service-management", "write:customer:jira-service-management", "read:user:jira"}},
		Token{Email: "plain@example.com", Secret: "s"},
		Token{Email: "admin@example.com", Secret: "s", Admin: true},
		Token{Secret: "access", Bearer: true, Admin: true, SiteAdmin: true},
	)
	o.Existing = append(o.Existing,
		Account{Email: "two@portal.example", Name: "Two", ID: "qm:two:1", Type: Customer},
		Account{Email: "two@portal.example", Name: "Two", ID: "712020:two", Type: Atlassian},
		Account{Email: "two@portal.example.org", Name: "Not Two", ID: "qm:two:2"},
		Account{Email: "gone@portal.example", Name: "Gone", ID: "qm:gone:1", Revoked: true},
	)
	return o
}

func TestRefusalsAndAnswers(t *testing.T) {
	const revoke = "/rest/servicedeskapi/customer/user/"
	const only = "/revoke-portal-only-access"
	unauthenticated := "Client must be authenticated to access this resource."
	signedOut := `{"code":401,"message":"Unauthorized"}`
	mismatch := `{"code":401,"message":"Unauthorized; scope does not match"}`
	tests := map[string]struct {
		ask    ask
		status int
		want   string // part of the body
	}{
		"created":               {ask{method: "POST", url: create, body: dana}, 201, `"emailAddress":"dana@example.com","displayName":"Dana Whitfield","active":true`},
		"created at gateway":    {ask{method: "POST", url: gateway + create, body: dana, as: "scoped@example.com:s"}, 201, `"accountId":"qm:`},
		"created with bearer":   {ask{method: "POST", url: gateway + create, body: dana, as: "Bearer access"}, 201, ""},
		"created with granular": {ask{method: "POST", url: gateway + create, body: dana, as: "granular@example.com:s"}, 201, ""},
		"created with charset":  {ask{method: "POST", url: create, body: dana, kind: "application/json; charset=utf-8"}, 201, ""},
		"created by full name":  {ask{method: "POST", url: create, body: `{"email":"a@b.example","fullName":"A B"}`}, 201, `"displayName":"A B"`},

		"no credentials":            {ask{method: "POST", url: create, body: dana, as: "nobody"}, 401, unauthenticated},
		"wrong secret":              {ask{method: "POST", url: create, body: dana, as: "sandbox@example.com:x"}, 401, unauthenticated},
		"scoped token at site":      {ask{method: "POST", url: create, body: dana, as: "scoped@example.com:s"}, 401, unauthenticated},
		"bearer at site":            {ask{method: "POST", url: create, body: dana, as: "Bearer access"}, 401, unauthenticated},
		"unscoped token at gateway": {ask{method: "POST", url: gateway + create, body: dana}, 401, signedOut},
		"wrong bearer at gateway":   {ask{method: "POST", url: gateway + create, body: dana, as: "Bearer x"}, 401, signedOut},
		"scope missing":             {ask{method: "POST", url: gateway + create, body: dana, as: "narrow@example.com:s"}, 401, mismatch},
		"scope for permissions":     {ask{method: "GET", url: gateway + PermissionsPath + "?permissions=ADMINISTER", as: "Bearer access"}, 401, mismatch},
		"other tenant":              {ask{method: "POST", url: site + "/ex/jira/other" + create, body: dana, as: "Bearer access"}, 404, `"code":404`},
		"no administrator":          {ask{method: "POST", url: create, body: dana, as: "plain@example.com:s"}, 403, `"errorMessage":`},
		"content type":              {ask{method: "POST", url: create, body: dana, kind: "text/plain"}, 415, ""},
		"no content type":           {ask{method: "POST", url: create}, 415, ""},
		"malformed JSON":            {ask{method: "POST", url: create, body: dana[1:]}, 400, `"i18nErrorMessage":{"i18nKey":`},
		"JSON of another type":      {ask{method: "POST", url: create, body: `{"email":1,"displayName":"A"}`}, 400, ""},
		"two JSON values":           {ask{method: "POST", url: create, body: dana + dana}, 400, ""},
		"malformed address":         {ask{method: "POST", url: create, body: `{"email":"dana@","displayName":"A"}`}, 400, ""},
		"no name":                   {ask{method: "POST", url: create, body: `{"email":"dana@example.com"}`}, 400, ""},
		"duplicate":                 {ask{method: "POST", url: create, body: `{"email":"Chen.Wei@Example.net","displayName":"A"}`}, 409, `"errorMessage":`},
		"duplicate without flag":    {ask{method: "POST", url: CreatePath, body: `{"email":"chen.wei@example.net","displayName":"A"}`}, 400, ""},
		"duplicate, flag false":     {ask{method: "POST", url: CreatePath + "?strictConflictStatusCode=false", body: `{"email":"chen.wei@example.net","displayName":"A"}`}, 400, ""},
		"duplicate of revoked":      {ask{method: "POST", url: create, body: `{"email":"gone@portal.example","displayName":"A"}`}, 409, ""},
		"forged by a page":          {ask{method: "POST", url: create, body: dana, header: "User-Agent: Mozilla/5.0"}, 403, "XSRF check failed"},
		"too long":                  {ask{method: "POST", url: create, body: strings.Repeat(" ", maxBody+1)}, 413, ""},
		"wrong method":              {ask{method: "GET", url: CreatePath}, 405, "POST"},
		"wrong path":                {ask{method: "GET", url: "/rest/servicedeskapi/nothing"}, 404, `"errorMessage":`},
		"wrong path of api 3":       {ask{method: "GET", url: "/rest/api/3/nothing"}, 404, `"errorMessages":[`},

		"revoked":                     {ask{method: "PUT", url: revoke + "qm:two:1" + only}, 204, ""},
		"revoked, encoded":            {ask{method: "PUT", url: revoke + "qm%3Atwo%3A1" + only}, 204, ""},
		"revoked at gateway":          {ask{method: "PUT", url: gateway + revoke + "qm%3atwo%3a1" + only, as: "Bearer access"}, 204, ""},
		"revoked again":               {ask{method: "PUT", url: revoke + "qm:gone:1" + only}, 204, ""},
		"revoke unknown":              {ask{method: "PUT", url: revoke + "qm:none:1" + only}, 404, `"parameters":["qm:none:1"]`},
		"revoke of another kind":      {ask{method: "PUT", url: revoke + "712020:two" + only}, 404, "portal"},
		"revoke by Jira admin":        {ask{method: "PUT", url: revoke + "qm:two:1" + only, as: "admin@example.com:s"}, 403, ""},
		"revoke without credentials":  {ask{method: "PUT", url: revoke + "qm:two:1" + only, as: "nobody"}, 401, unauthenticated},
		"info needs no credentials":   {ask{method: "GET", url: InfoPath, as: "nobody"}, 200, `"isLicensedForUse":true`},
		"tenant info":                 {ask{method: "GET", url: TenantInfoPath, as: "nobody"}, 200, `{"cloudId":"` + DefaultCloudID + `"}`},
		"myself":                      {ask{method: "GET", url: MyselfPath}, 200, `"emailAddress":"sandbox@example.com"`},
		"myself without credentials":  {ask{method: "GET", url: MyselfPath, as: "nobody"}, 401, ""},
		"myself of an access token":   {ask{method: "GET", url: gateway + MyselfPath, as: "Bearer access"}, 200, `"accountType":"app"`},
		"permissions":                 {ask{method: "GET", url: PermissionsPath + "?permissions=ADMINISTER,USER_PICKER"}, 200, `"ADMINISTER":{"description":"","havePermission":true`},
		"permissions not held":        {ask{method: "GET", url: PermissionsPath + "?permissions=ADMINISTER", as: "plain@example.com:s"}, 200, `"havePermission":false`},
		"permissions not named":       {ask{method: "GET", url: PermissionsPath}, 400, `"errorMessages":[`},
		"permission not known":        {ask{method: "GET", url: PermissionsPath + "?permissions=FLY"}, 400, ""},
		"search without a query":      {ask{method: "GET", url: UserSearchPath}, 400, ""},
		"search by who may not":       {ask{method: "GET", url: UserSearchPath + "?query=chen.wei@example.net", as: "plain@example.com:s"}, 200, "[]"},
		"search":                      {ask{method: "GET", url: UserSearchPath + "?query=Chen.wei@example.net"}, 200, `"emailAddress":"chen.wei@example.net"`},
		"experimental, not opted in":  {ask{method: "GET", url: "/rest/servicedeskapi/servicedesk/1/customer"}, 412, ""},
		"experimental, signed out":    {ask{method: "GET", url: "/rest/servicedeskapi/servicedesk/1/customer", as: "nobody"}, 401, ""},
		"desk not known":              {ask{method: "GET", url: "/rest/servicedeskapi/servicedesk/9/organization"}, 404, ""},
		"organization not known":      {ask{method: "GET", url: "/rest/servicedeskapi/organization/9/user"}, 404, ""},
		"organization without a name": {ask{method: "POST", url: OrgsPath, body: `{"name":""}`}, 400, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, body, header := tt.ask.do(t, New(refusals()))
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d …%s…", status, body, tt.status, tt.want)
			}
			if kind := header.Get("Content-Type"); strings.HasPrefix(body, "{") != strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(body, "[") {
				t.Errorf("content type %q for %s", kind, body)
			}
		})
	}
}

func TestCreateThenConflictThenRevoke(t *testing.T) {
	s := New(Options{})
	_, body, _ := ask{method: "POST", url: create, body: dana}.do(t, s)
	var made struct{ AccountID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := (ask{method: "POST", url: create, body: `{"email":"DANA@example.com","displayName":"D"}`}).do(t, s); status != 409 {
		t.Errorf("conflict in another case: got %d, want 409", status)
	}
	path := "/rest/servicedeskapi/customer/user/" + url.PathEscape(made.AccountID) + "/revoke-portal-only-access"
	if status, _, _ := (ask{method: "PUT", url: path}).do(t, s); status != 204 {
		t.Errorf("revoke: got %d, want 204", status)
	}
	want := []Account{{
		Email: "dana@example.com", Name: "Dana Whitfield", ID: made.AccountID, Type: Customer, Revoked: true,
		CreatedBy: 1, Creations: 1, Asked: 2,
	}}
	if diff := cmp.Diff(want, s.Find("Dana@Example.com")); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	stats := s.Stats()
	if stats.Created != 1 || stats.Accounts != 2 {
		t.Errorf("got %d created of %d accounts, want 1 of 2", stats.Created, stats.Accounts)
	}
}

func TestSearch(t *testing.T) {
	o := refusals()
	for i := range 3 * mostUnsorted {
		o.Existing = append(o.Existing, Account{Email: fmt.Sprintf("P%d@crowd.example", (20000-i)%10007), Name: "Crowd Person"})
	}
	s := New(o)
	tests := map[string]struct {
		query string
		want  []string
	}{
		"exact":         {"query=resident.one@portal.example", []string{"resident.one@portal.example customer"}},
		"prefix":        {"query=two@portal.example", []string{"two@portal.example customer", "two@portal.example atlassian", "two@portal.example.org customer"}},
		"second page":   {"query=two@portal.example&startAt=1&maxResults=1", []string{"two@portal.example atlassian"}},
		"name":          {"query=haddad", []string{"amira.haddad@example.com customer"}},
		"nobody":        {"query=nobody@portal.example", nil},
		"in the crowd":  {"query=p9000@crowd.example", []string{"P9000@crowd.example customer", "P9000@crowd.example customer"}},
		"of an address": {"query=chen", []string{"chen.wei@example.net customer"}},
	}
	for range 2 {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				_, body, _ := ask{method: "GET", url: UserSearchPath + "?" + tt.query}.do(t, s)
				var users []struct{ EmailAddress, AccountType string }
				if err := json.Unmarshal([]byte(body), &users); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, u := range users {
					got = append(got, u.EmailAddress+" "+u.AccountType)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
		// More of them, so that some are sorted in and some are not.
		for i := range mostUnsorted + 10 {
			s.accounts.add(Account{Email: fmt.Sprintf("q%d@crowd.example", i), Name: "Crowd Person"})
		}
	}
}

func TestSearchShowsFiftyAndHidesAddresses(t *testing.T) {
	o := Sandbox()
	o.HideAddresses = true
	for i := range 60 {
		o.Existing = append(o.Existing, Account{Email: fmt.Sprintf("p%d@crowd.example", i), Name: "Crowd Person"})
	}
	_, body, _ := ask{method: "GET", url: UserSearchPath + "?query=crowd"}.do(t, New(o))
	if n := strings.Count(body, `"accountId"`); n != 50 {
		t.Errorf("got %d users, want 50", n)
	}
	if strings.Contains(body, "@crowd.example") {
		t.Error("addresses are shown")
	}
	_, body, _ = ask{method: "POST", url: create, body: dana}.do(t, New(o))
	if !strings.Contains(body, `"emailAddress":null`) || !strings.Contains(body, `"timeZone":null`) {
		t.Errorf("got %s, want no address and no time zone", body)
	}
}

func TestAccountIDs(t *testing.T) {
	a := newAccounts(7)
	seen := map[string]bool{}
	for i := range uint32(3 * recordsInChunk) {
		a.add(Account{Email: fmt.Sprintf("p%d@crowd.example", i), Name: "P", Type: AccountType(1 + i%2)})
		id := a.id(i)
		if got, ok := a.find(id); !ok || got != i || seen[id] {
			t.Fatalf("account %d: id %s finds %d, %v; seen before %v", i, id, got, ok, seen[id])
		}
		seen[id] = true
	}
	for _, id := range []string{"", "qm:", a.id(0)[:62] + "x", "x" + a.id(0), strings.Replace(a.id(4), "qm:", "712020:", 1), "qm:ffffffff"} {
		if i, ok := a.find(id); ok {
			t.Errorf("%q finds %d, want none", id, i)
		}
	}
	if !strings.HasPrefix(a.id(0), "qm:") || !strings.HasPrefix(a.id(1), "712020:") {
		t.Errorf("ids %s and %s", a.id(0), a.id(1))
	}
}

func TestWellFormed(t *testing.T) {
	for address, want := range map[string]bool{
		"a@b.example": true, "o'neil+x@b.example": true, "jürgen@bücher.example": true,
		"": false, "@b.example": false, "a@": false, "a@b": false, "a@@b.example": false, "a b@c.example": false,
		"a@b..example": false, "a@-b.example": false, "a@b.example-": false, ".a@b.example": false, "a..b@c.example": false,
		"<a@b.example>": false, "a@b.example,c@d.example": false, "a\x00@b.example": false,
		strings.Repeat("a", 65) + "@b.example": false, "a@" + strings.Repeat("b.", 130) + "example": false,
	} {
		if got := wellFormed(address); got != want {
			t.Errorf("%q: got %v, want %v", address, got, want)
		}
	}
}

func TestOnCreate(t *testing.T) {
	o := Sandbox()
	o.OnCreate = func(email string, attempt int) Decision {
		if email == "dana@example.com" && attempt == 1 {
			return Decision{Status: 503, Key: "tried.once"}
		}
		return Decision{}
	}
	s := New(o)
	if status, body, _ := (ask{method: "POST", url: create, body: dana}).do(t, s); status != 503 || !strings.Contains(body, "tried.once") {
		t.Errorf("first: got %d %s", status, body)
	}
	if n := len(s.Find("dana@example.com")); n != 0 {
		t.Errorf("a refused create made %d accounts", n)
	}
	if status, _, _ := (ask{method: "POST", url: create, body: dana}).do(t, s); status != 201 {
		t.Errorf("second: got %d, want 201", status)
	}
}
