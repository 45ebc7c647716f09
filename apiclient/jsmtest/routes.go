package jsmtest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
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
	MembersPath       = "/sandbox/organizations"
	StatsPath         = "/sandbox/stats"
)

// route is one operation: a method at a path pattern.
type route struct {
	method, pattern string
	serve           func(*call) answer // under the site's lock, unless own
	scopes          []string           // any one is enough at the gateway; none: asks for no credentials
	may             func(Token) bool   // what the owner of the token must be allowed; nil: anybody may
	own             bool               // the sandbox's own: nothing is asked and nothing goes wrong
	check           bool               // of site and credentials: only faults that name the route befall it
	experimental    bool               // wants X-ExperimentalApi: opt-in
	api             bool               // has quotas and latency
	stats           RouteStats         // guarded by the site's lock
}

func routes() []*route {
	manage := []string{"manage:servicedesk-customer"}
	create := append(manage, "write:customer:jira-service-management") // of three granular ones, the one that counts
	customers := append(manage, "read:customer:jira-service-management")
	rename := []string{"write:customer:jira-service-management"} // whether another one would do is not known
	desks, user, work := []string{"read:servicedesk-request"}, []string{"read:jira-user"}, []string{"read:jira-work"}
	admin := func(t Token) bool { return t.Admin } // for the operations after revoke, who may is invented in part
	siteAdmin := func(t Token) bool { return t.SiteAdmin }
	agent := func(t Token) bool { return t.Admin && !t.NoAgentLicence }
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
		{method: "GET", pattern: DeskCustomersPath, serve: listDeskCustomers, scopes: customers, experimental: true},
		{method: "POST", pattern: DeskCustomersPath, serve: body(addDeskCustomers), scopes: manage, may: admin},
		{method: "GET", pattern: DeskOrgsPath, serve: listDeskOrganizations, scopes: manage, may: agent},
		{method: "POST", pattern: DeskOrgsPath, serve: body(addDeskOrganization), scopes: manage, may: agent},
		{method: "GET", pattern: OrgsPath, serve: listOrganizations, scopes: manage},
		{method: "POST", pattern: OrgsPath, serve: body(createOrganization), scopes: manage, may: admin},
		{method: "POST", pattern: OrgUsersPath, serve: body(addOrganizationUsers), scopes: manage, may: admin},
		{method: "GET", pattern: TenantInfoPath, serve: tenantInfo, check: true},
		{method: "POST", pattern: TokenPath, serve: issueToken, check: true},
		{method: "GET", pattern: AccountsPath, serve: accountsCSV, own: true},
		{method: "GET", pattern: MembersPath, serve: membersJSON, own: true},
		{method: "GET", pattern: StatsPath, serve: statsJSON, own: true},
		{method: "GET", pattern: "/{$}", serve: index, own: true},
		{pattern: "/", serve: nothingHere, own: true},
	}
}

// fileRoutes makes the mux know all routes, those under /rest in both forms of address.
func (s *Site) fileRoutes() {
	for _, r := range s.routes {
		rest := strings.HasPrefix(r.pattern, "/rest/")
		r.api, r.stats.Answers = rest || r.pattern == RenamePath, map[int]int{}
		handle := func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) }
		s.mux.HandleFunc(strings.TrimSpace(r.method+" "+r.pattern), handle)
		if rest {
			s.mux.HandleFunc(r.method+" /ex/jira/{cloudId}"+r.pattern, handle)
		}
	}
}

func nothingHere(c *call) answer {
	return c.failure(http.StatusNotFound, "path", "Nothing at this path")
}

// call is one request on its way through the site.
type call struct {
	site    *Site
	req     *http.Request
	route   *route
	cloudID string // of the gateway's form of address; "" at the site
	body    []byte
	user    Token // who asks, unless the route is open

	// what the path names, when the route is about one
	account *account
	desk    *Desk
	org     *Organization
}

// newCall reads the request's body, so that the connection can be used again whatever the answer is.
func newCall(s *Site, req *http.Request, r *route) *call {
	c := &call{site: s, req: req, route: r, cloudID: req.PathValue("cloudId")}
	if req.Body != nil {
		var err error
		if c.body, err = io.ReadAll(http.MaxBytesReader(nil, req.Body, 1<<20)); err != nil {
			panic(http.ErrAbortHandler) // too long, or the client went away while it sent
		}
	}
	return c
}

// number reads a query parameter; what is missing or no number counts as otherwise.
func (c *call) number(name string, otherwise int) int {
	n, err := strconv.Atoi(c.req.URL.Query().Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// base is the address that links in answers begin with.
func (c *call) base() string {
	if c.req.TLS != nil {
		return "https://" + c.req.Host
	}
	return "http://" + c.req.Host
}

// decode reads a JSON body into v.
func (c *call) decode(v any) (answer, bool) {
	if kind, _, err := mime.ParseMediaType(c.req.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return c.failure(http.StatusUnsupportedMediaType, "content.type", "Send application/json"), false
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return c.failure(http.StatusBadRequest, "json", "The body is not the JSON that is expected"), false
	}
	return answer{}, true
}

// body serves a request by its decoded JSON body.
func body[T any](serve func(*call, T) answer) func(*call) answer {
	return func(c *call) answer {
		var in T
		if refusal, ok := c.decode(&in); !ok {
			return refusal
		}
		return serve(c, in)
	}
}
