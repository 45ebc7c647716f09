package jsmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Path patterns of the operations, as [Quota], [Fault], [Exchange] and [Stats] name them.
const (
	CreatePath        = "/rest/servicedeskapi/customer"
	RevokePath        = "/rest/servicedeskapi/customer/user/{accountId}/revoke-portal-only-access"
	RenamePath        = "/jsm/csm/cloudid/{cloudId}/api/v1/customer/account/{accountId}" // at the gateway's host
	InfoPath          = "/rest/servicedeskapi/info"
	MyselfPath        = "/rest/api/3/myself"
	PermissionsPath   = "/rest/api/3/mypermissions"
	UserSearchPath    = "/rest/api/3/user/search"
	DesksPath         = "/rest/servicedeskapi/servicedesk"
	DeskPath          = "/rest/servicedeskapi/servicedesk/{id}" // id or project key
	DeskCustomersPath = DeskPath + "/customer"
	DeskOrgsPath      = DeskPath + "/organization"
	OrgsPath          = "/rest/servicedeskapi/organization"
	OrgUsersPath      = "/rest/servicedeskapi/organization/{id}/user"
	TenantInfoPath    = "/_edge/tenant_info"
	TokenPath         = "/oauth/token"
	AccountsPath      = "/sandbox/accounts"
	StatsPath         = "/sandbox/stats"
)

// route is one operation: a method at a path pattern.
type route struct {
	method, pattern string
	serve           func(*call) *answer // under the site's lock
	scopes          []string            // any one is enough at the gateway; none: asks for no credentials
	may             func(Token) bool    // what the owner of the token must be allowed; nil: anybody may
	check           bool                // of site and credentials: only faults that name the route apply
	api             bool                // has quotas and latency
}

func routes() []*route {
	manage := []string{"manage:servicedesk-customer"}
	create := append(manage, "write:customer:jira-service-management") // of three granular ones, the one that counts
	customers := append(manage, "read:customer:jira-service-management")
	rename := []string{"write:customer:jira-service-management"} // whether another one would do is not known
	desks, user, work := []string{"read:servicedesk-request"}, []string{"read:jira-user"}, []string{"read:jira-work"}
	admin := func(t Token) bool { return t.Admin } // for the operations after revoke, who may is invented in part
	siteAdmin := func(t Token) bool { return t.SiteAdmin }
	return []*route{
		{method: "POST", pattern: CreatePath, serve: body(createCustomer), scopes: create, may: admin},
		{method: "PUT", pattern: RevokePath, serve: revokeAccess, scopes: manage, may: siteAdmin},
		{method: "PUT", pattern: RenamePath, serve: body(renameCustomer), scopes: rename, may: admin},
		{method: "GET", pattern: InfoPath, serve: info, check: true},
		{method: "GET", pattern: MyselfPath, serve: myself, scopes: user, check: true},
		{method: "GET", pattern: PermissionsPath, serve: myPermissions, scopes: work, check: true},
		{method: "GET", pattern: UserSearchPath, serve: searchUsers, scopes: user},
		{method: "GET", pattern: DesksPath, serve: listDesks, scopes: desks},
		{method: "GET", pattern: DeskPath, serve: showDesk, scopes: desks},
		{method: "GET", pattern: DeskCustomersPath, serve: listDeskCustomers, scopes: customers},
		{method: "POST", pattern: DeskCustomersPath, serve: body(addDeskCustomers), scopes: manage, may: admin},
		{method: "GET", pattern: DeskOrgsPath, serve: listDeskOrganizations, scopes: manage, may: admin},
		{method: "POST", pattern: DeskOrgsPath, serve: body(addDeskOrganization), scopes: manage, may: admin},
		{method: "GET", pattern: OrgsPath, serve: listOrganizations, scopes: manage},
		{method: "POST", pattern: OrgsPath, serve: body(createOrganization), scopes: manage, may: admin},
		{method: "POST", pattern: OrgUsersPath, serve: body(addOrganizationUsers), scopes: manage, may: admin},
		{method: "GET", pattern: TenantInfoPath, serve: tenantInfo, check: true},
		{method: "POST", pattern: TokenPath, serve: issueToken, check: true},
		{pattern: "/", serve: nothingHere, check: true},
	}
}

// mux knows all routes, those under /rest in both forms of address, and the sandbox's own pages.
func (s *Site) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler(AccountsPath, http.StatusFound))
	mux.HandleFunc("GET "+AccountsPath, s.accountsCSV)
	mux.HandleFunc("GET "+StatsPath, s.statsJSON)
	for _, r := range routes() {
		rest := strings.HasPrefix(r.pattern, "/rest/")
		r.api = rest || r.pattern == RenamePath
		handle := func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) }
		mux.HandleFunc(strings.TrimSpace(r.method+" "+r.pattern), handle)
		if rest {
			mux.HandleFunc(r.method+" /ex/jira/{cloudId}"+r.pattern, handle)
		}
	}
	return mux
}

// call is one request on its way through the site.
type call struct {
	site   *Site
	req    *http.Request
	route  *route
	header http.Header // of the answer
	body   []byte
	user   Token // who asks, unless the route is open
	Exchange

	// what the path names, when the route is about one
	account *Account
	desk    *Desk
}

// serve answers a request. It reads the whole body, so that the connection can be used again whatever the answer is.
func (s *Site) serve(w http.ResponseWriter, req *http.Request, r *route) {
	c := &call{site: s, req: req, route: r, header: w.Header(), Exchange: Exchange{Method: r.method, Path: r.pattern}}
	defer c.leave()
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(nil, req.Body, 1<<20)); err != nil {
		panic(http.ErrAbortHandler) // too long, or the client went away while it sent
	}
	c.deliver(w, c.answer())
}

// answer finds what is to be answered, doing what is asked on the way.
func (c *call) answer() *answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	c.counts().Requests++
	if refusal := c.authorize(); refusal != nil {
		return refusal
	}
	if refusal := c.admit(); refusal != nil {
		return refusal
	}
	return c.performWithFaults()
}

// admit asks the quotas, and writes what they say to the answer's header.
func (c *call) admit() *answer {
	if !c.route.api {
		return nil
	}
	now := time.Now()
	a := c.site.limits.Admit(now, c.route.method, c.route.pattern)
	set := func(name string, value any, when bool) {
		if when {
			c.header.Set(name, fmt.Sprint(value))
		}
	}
	set("RateLimit-Reason", a.Reason, a.Reason != "")
	set("Retry-After", int(a.RetryAfter/time.Second), a.RetryAfter > 0)
	if level := a.Level; level != nil {
		set("X-RateLimit-Limit", level.Limit, true)
		set("X-RateLimit-Remaining", level.Remaining, true)
		reset := now.Add(level.Reset + time.Second - 1).UTC() // rounded up
		set("X-RateLimit-Reset", reset.Format("2006-01-02T15:04:05Z"), level.Reset > 0)
	}
	if a.Admitted {
		return nil
	}
	return tooMany(c)
}

// perform does what is asked, if the user may, and answers.
func (c *call) perform() *answer {
	if c.route.may != nil && !c.route.may(c.user) {
		return forbidden(c)
	}
	if refusal := c.find(); refusal != nil {
		return refusal
	}
	return c.route.serve(c)
}

// body serves a request by its decoded JSON body.
func body[T any](serve func(*call, T) *answer) func(*call) *answer {
	return func(c *call) *answer {
		var in T
		if kind, _, _ := mime.ParseMediaType(c.req.Header.Get("Content-Type")); kind != "application/json" {
			return c.failure(http.StatusUnsupportedMediaType, "sandbox.content.type", "Send application/json")
		}
		if err := json.Unmarshal(c.body, &in); err != nil {
			return c.failure(http.StatusBadRequest, "sandbox.json", "The body is not the JSON that is expected")
		}
		return serve(c, in)
	}
}
