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
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	cloudID = "11111111-2222-4333-8444-555555555555"
	gateway = site + "/ex/jira/" + cloudID
	rename  = site + "/jsm/csm/cloudid/" + cloudID + "/api/v1/customer/account/"
	create  = CreatePath + "?strictConflictStatusCode=true"
	dana    = `{"email":"dana@example.com","displayName":"Dana Whitfield"}`
)

// ask is one request to a site; it is sent as the sandbox's administrator
// unless as says otherwise.
type ask struct {
	method, url, body string
	as                string // "email:secret", "Bearer secret" or "nobody"
	kind              string // content type; "" is application/json
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
	resp, err := Transport(h.ServeHTTP).RoundTrip(a.request(t, t.Context()))
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
	o.CloudID = cloudID
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
		"created":               {ask{method: "POST", url: create, body: dana}, 201, `"displayName":"Dana Whitfield","emailAddress":"dana@example.com"`},
		"created at gateway":    {ask{method: "POST", url: gateway + create, body: dana, as: "scoped@example.com:s"}, 201, `"accountId":"qm:`},
		"created with bearer":   {ask{method: "POST", url: gateway + create, body: dana, as: "Bearer access"}, 201, ""},
		"created with granular": {ask{method: "POST", url: gateway + create, body: dana, as: "granular@example.com:s"}, 201, ""},
		"created with charset":  {ask{method: "POST", url: create, body: dana, kind: "application/json; charset=utf-8"}, 201, ""},

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
		"wrong method":              {ask{method: "GET", url: CreatePath}, 404, `"errorMessage":`},
		"wrong path":                {ask{method: "GET", url: "/rest/servicedeskapi/nothing"}, 404, `"errorMessage":`},
		"wrong path of api 3":       {ask{method: "GET", url: "/rest/api/3/nothing"}, 404, `"errorMessages":[`},

		"revoked":                     {ask{method: "PUT", url: revoke + "qm:two:1" + only}, 204, ""},
		"revoked, encoded":            {ask{method: "PUT", url: revoke + "qm%3Atwo%3A1" + only}, 204, ""},
		"revoked at gateway":          {ask{method: "PUT", url: gateway + revoke + "qm%3atwo%3a1" + only, as: "Bearer access"}, 204, ""},
		"revoked again":               {ask{method: "PUT", url: revoke + "qm:gone:1" + only}, 204, ""},
		"revoke unknown":              {ask{method: "PUT", url: revoke + "qm:none:1" + only}, 404, `"i18nKey":"sandbox.account.unknown"`},
		"revoke of another kind":      {ask{method: "PUT", url: revoke + "712020:two" + only}, 404, "portal"},
		"revoke by Jira admin":        {ask{method: "PUT", url: revoke + "qm:two:1" + only, as: "admin@example.com:s"}, 403, ""},
		"revoke without credentials":  {ask{method: "PUT", url: revoke + "qm:two:1" + only, as: "nobody"}, 401, unauthenticated},
		"info needs no credentials":   {ask{method: "GET", url: InfoPath, as: "nobody"}, 200, `"isLicensedForUse":true`},
		"tenant info":                 {ask{method: "GET", url: TenantInfoPath, as: "nobody"}, 200, `{"cloudId":"` + cloudID + `"}`},
		"myself":                      {ask{method: "GET", url: MyselfPath}, 200, `"emailAddress":"sandbox@example.com"`},
		"myself without credentials":  {ask{method: "GET", url: MyselfPath, as: "nobody"}, 401, ""},
		"myself of an access token":   {ask{method: "GET", url: gateway + MyselfPath, as: "Bearer access"}, 200, `"accountType":"app"`},
		"permissions":                 {ask{method: "GET", url: PermissionsPath + "?permissions=ADMINISTER,USER_PICKER"}, 200, `"ADMINISTER":{"havePermission":true`},
		"permissions not held":        {ask{method: "GET", url: PermissionsPath + "?permissions=ADMINISTER", as: "plain@example.com:s"}, 200, `"havePermission":false`},
		"permissions not named":       {ask{method: "GET", url: PermissionsPath}, 400, `"errorMessages":[`},
		"permission not known":        {ask{method: "GET", url: PermissionsPath + "?permissions=FLY"}, 400, ""},
		"search without a query":      {ask{method: "GET", url: UserSearchPath}, 400, ""},
		"search by who may not":       {ask{method: "GET", url: UserSearchPath + "?query=chen.wei@example.net", as: "plain@example.com:s"}, 200, "[]"},
		"search":                      {ask{method: "GET", url: UserSearchPath + "?query=Chen.wei@example.net"}, 200, `"emailAddress":"chen.wei@example.net"`},
		"renamed":                     {ask{method: "PUT", url: rename + "qm:two:1", body: `{"displayName":"Two Again"}`}, 200, `"displayName":"Two Again"`},
		"renamed with the scope":      {ask{method: "PUT", url: rename + "qm%3Atwo%3A1", body: `{"displayName":"T"}`, as: "granular@example.com:s"}, 200, ""},
		"rename without the scope":    {ask{method: "PUT", url: rename + "qm:two:1", body: `{"displayName":"T"}`, as: "scoped@example.com:s"}, 401, mismatch},
		"rename by no administrator":  {ask{method: "PUT", url: rename + "qm:two:1", body: `{"displayName":"T"}`, as: "plain@example.com:s"}, 403, `"code":403`},
		"rename unknown":              {ask{method: "PUT", url: rename + "qm:none:1", body: `{"displayName":"T"}`}, 404, `"code":404`},
		"rename of another kind":      {ask{method: "PUT", url: rename + "712020:two", body: `{"displayName":"T"}`}, 404, ""},
		"rename to nothing":           {ask{method: "PUT", url: rename + "qm:two:1", body: `{"displayName":""}`}, 400, ""},
		"rename on another tenant":    {ask{method: "PUT", url: strings.Replace(rename, cloudID, "other", 1) + "qm:two:1", body: `{"displayName":"T"}`}, 404, "tenant"},
		"rename without credentials":  {ask{method: "PUT", url: rename + "qm:two:1", body: `{"displayName":"T"}`, as: "nobody"}, 401, signedOut},
		"desks need their scope":      {ask{method: "GET", url: gateway + DesksPath, as: "narrow@example.com:s"}, 401, mismatch},
		"customers with the granular": {ask{method: "GET", url: gateway + "/rest/servicedeskapi/servicedesk/0/customer", as: "granular@example.com:s"}, 404, ""},
		"customers, signed out":       {ask{method: "GET", url: "/rest/servicedeskapi/servicedesk/0/customer", as: "nobody"}, 401, ""},
		"customers, without scope":    {ask{method: "GET", url: gateway + "/rest/servicedeskapi/servicedesk/0/customer", as: "narrow@example.com:s"}, 401, mismatch},
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
		CreatedBy: 1,
	}}
	if diff := cmp.Diff(want, s.Find("Dana@Example.com")); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if stats := s.Stats(); stats.Created != 1 || stats.Accounts != 2 {
		t.Errorf("got %d created of %d accounts, want 1 of 2", stats.Created, stats.Accounts)
	}
}

func TestSearch(t *testing.T) {
	tests := map[string]struct {
		query string
		want  []string
	}{
		"exact":         {"query=Resident.One@portal.example", []string{"resident.one@portal.example customer"}},
		"prefix":        {"query=two@portal.example", []string{"two@portal.example customer", "two@portal.example atlassian", "two@portal.example.org customer"}},
		"name":          {"query=haddad", []string{"amira.haddad@example.com customer"}},
		"nobody":        {"query=nobody@portal.example", nil},
		"of an address": {"query=chen", []string{"chen.wei@example.net customer"}},
	}
	s := New(refusals())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, searched(t, s, tt.query)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// searched lists address and type of the people whom a search finds.
func searched(t *testing.T, s *Site, query string) (found []string) {
	t.Helper()
	_, body, _ := ask{method: "GET", url: UserSearchPath + "?" + query}.do(t, s)
	var users []struct{ EmailAddress, AccountType string }
	if err := json.Unmarshal([]byte(body), &users); err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		found = append(found, u.EmailAddress+" "+u.AccountType)
	}
	return found
}

// TestSearchLag: accounts that were made are found only later; those from before at once.
func TestSearchLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Sandbox()
		o.SearchLag = 3 * time.Minute
		s := New(o)
		ask{method: "POST", url: create, body: dana}.do(t, s)
		if got := searched(t, s, "query=chen.wei@example.net"); len(got) != 1 {
			t.Errorf("from before: found %v", got)
		}
		for _, want := range []int{0, 0, 0, 1} {
			if got := searched(t, s, "query=dana@example.com"); len(got) != want {
				t.Errorf("found %v, want %d", got, want)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestSearchShowsFifty(t *testing.T) {
	o := Sandbox()
	for i := range 60 {
		o.Existing = append(o.Existing, Account{Email: fmt.Sprintf("p%d@crowd.example", i), Name: "Crowd Person"})
	}
	_, body, _ := ask{method: "GET", url: UserSearchPath + "?query=crowd"}.do(t, New(o))
	if n := strings.Count(body, `"accountId"`); n != 50 {
		t.Errorf("got %d users, want 50", n)
	}
}

// TestSitesDiffer: cloud id and account ids are those of no other site, unless they are given.
func TestSitesDiffer(t *testing.T) {
	o := Sandbox()
	o.Existing = append(o.Existing, Account{Email: "given@example.com", Name: "Given", ID: "qm:given:1"},
		Account{Email: "twice@example.com", Name: "Twice"}, Account{Email: "twice@example.com", Name: "Twice"})
	seen := map[string]bool{}
	for range 2 {
		s := New(o)
		ask{method: "POST", url: create, body: dana}.do(t, s)
		ids := []string{s.options.CloudID}
		for _, a := range s.Accounts() {
			if prefix := map[string]string{Customer: "qm:", Atlassian: "712020:"}[a.Type]; !strings.HasPrefix(a.ID, prefix) {
				t.Errorf("%s, %s, has the id %s", a.Email, a.Type, a.ID)
			}
			ids = append(ids, a.ID)
		}
		for _, id := range ids {
			if seen[id] && id != "qm:given:1" {
				t.Errorf("the id %s is there twice", id)
			}
			seen[id] = true
		}
	}
	o.CloudID = cloudID
	if a, b := New(o).Find("chen.wei@example.net")[0], New(o).Find("chen.wei@example.net")[0]; a.ID != b.ID || seen[a.ID] {
		t.Errorf("of one cloud id: %s and %s, want the same", a.ID, b.ID)
	}
}

// TestLatency: answers are spread evenly over what was asked for, and the same requests take the same time again.
func TestLatency(t *testing.T) {
	run := func(t *testing.T) (took []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{Latency: 20 * time.Millisecond, Jitter: 180 * time.Millisecond, CloudID: cloudID})
			for i := range 2000 {
				start := time.Now()
				ask{method: "POST", url: create, body: fmt.Sprintf(`{"email":"p%d@crowd.example","displayName":"P"}`, i)}.do(t, s)
				took = append(took, time.Since(start))
			}
		})
		return took
	}
	took := run(t)
	if diff := cmp.Diff(took, run(t)); diff != "" {
		t.Errorf("the second time differs (-first +second):\n%s", diff)
	}
	slices.Sort(took)
	if low, high := took[100], took[1900]; took[0] < 20*time.Millisecond || low < 27*time.Millisecond || low > 31*time.Millisecond || high < 189*time.Millisecond || high > 193*time.Millisecond || took[1999] > 200*time.Millisecond {
		t.Errorf("5 %% took less than %v and 95 %% less than %v, want 29 ms and 191 ms", low, high)
	}
}

func TestWellFormed(t *testing.T) {
	for address, want := range map[string]bool{
		"a@b.example": true, "o'neil+x@b.example": true, "jürgen@bücher.example": true,
		"": false, "@b.example": false, "a@": false, "a@b": false, "a@@b.example": false, "a b@c.example": false,
		"a@b..example": false, ".a@b.example": false, "a..b@c.example": false,
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
