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
	DeskPath          = "/rest/servicedeskapi/servicedesk/{id}"
	DeskCustomersPath = "/rest/servicedeskapi/servicedesk/{id}/customer"
	DeskOrgsPath      = "/rest/servicedeskapi/servicedesk/{id}/organization"
	OrgsPath          = "/rest/servicedeskapi/organization"
	OrgUsersPath      = "/rest/servicedeskapi/organization/{id}/user"
	TenantInfoPath    = "/_edge/tenant_info"
	TokenPath         = "/oauth/token"
	AccountsPath      = "/sandbox/accounts"
	MembersPath       = "/sandbox/organizations"
	StatsPath         = "/sandbox/stats"
)

const gatewayPrefix = "/ex/jira/{cloudId}"

// maxBody is the most that is read of a request, in bytes.
const maxBody = 1 << 20

// route is one operation: a method at a path pattern.
type route struct {
	method, pattern string
	serve           func(*call) answer
	scopes          [][]string // any one of these sets is enough at the gateway
	own             bool       // the sandbox's own: nothing is asked and nothing goes wrong
	open            bool       // asks for no credentials
	check           bool       // of site and credentials: only faults that name the route befall it
	experimental    bool       // wants X-ExperimentalApi: opt-in
	api             bool       // has quotas and latency
}

func routes() []*route {
	manage := [][]string{{"manage:servicedesk-customer"}}
	create := append(manage,
		[]string{"read:customer:jira-service-management", "write:customer:jira-service-management", "read:user:jira"})
	rename := [][]string{{"write:customer:jira-service-management"}} // whether another one would do is not known
	desks := [][]string{{"read:servicedesk-request"}}
	user := [][]string{{"read:jira-user"}}
	work := [][]string{{"read:jira-work"}}
	return []*route{
		{method: "POST", pattern: CreatePath, serve: createCustomer, scopes: create},
		{method: "PUT", pattern: RevokePath, serve: revokeAccess, scopes: manage},
		{method: "PUT", pattern: RenamePath, serve: renameCustomer, scopes: rename},
		{method: "GET", pattern: InfoPath, serve: info, open: true, check: true},
		{method: "GET", pattern: MyselfPath, serve: myself, scopes: user, check: true},
		{method: "GET", pattern: PermissionsPath, serve: myPermissions, scopes: work, check: true},
		{method: "GET", pattern: UserSearchPath, serve: searchUsers, scopes: user},
		{method: "GET", pattern: DesksPath, serve: listDesks, scopes: desks},
		{method: "GET", pattern: DeskPath, serve: oneDesk, scopes: desks},
		{method: "GET", pattern: DeskCustomersPath, serve: listDeskCustomers, scopes: manage, experimental: true},
		{method: "POST", pattern: DeskCustomersPath, serve: addDeskCustomers, scopes: manage},
		{method: "GET", pattern: DeskOrgsPath, serve: listDeskOrganizations, scopes: manage},
		{method: "POST", pattern: DeskOrgsPath, serve: addDeskOrganization, scopes: manage},
		{method: "GET", pattern: OrgsPath, serve: listOrganizations, scopes: manage},
		{method: "POST", pattern: OrgsPath, serve: createOrganization, scopes: manage},
		{method: "POST", pattern: OrgUsersPath, serve: addOrganizationUsers, scopes: manage},
		{method: "GET", pattern: TenantInfoPath, serve: tenantInfo, open: true, check: true},
		{method: "POST", pattern: TokenPath, serve: issueToken, open: true, check: true},
		{method: "GET", pattern: AccountsPath, serve: accountsCSV, own: true},
		{method: "GET", pattern: MembersPath, serve: membersJSON, own: true},
		{method: "GET", pattern: StatsPath, serve: statsJSON, own: true},
		{method: "GET", pattern: "/{$}", serve: index, own: true},
	}
}

// route files all routes, those under /rest in both forms of address.
func (s *Site) route() {
	for _, r := range append(routes(), &route{pattern: "/", serve: nothingHere, own: true}) {
		rest := strings.HasPrefix(r.pattern, "/rest/")
		r.api = rest || r.pattern == RenamePath
		handle := func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) }
		s.mux.HandleFunc(strings.TrimSpace(r.method+" "+r.pattern), handle)
		if rest {
			s.mux.HandleFunc(r.method+" "+gatewayPrefix+r.pattern, handle)
		}
	}
}

// nothingHere answers what no route takes: 404, or 405 when another method would do.
func nothingHere(c *call) answer {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PUT"} {
		other := c.req.Clone(c.req.Context())
		other.Method = method
		if _, pattern := c.site.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if allowed != nil {
		return c.failure(http.StatusMethodNotAllowed, "method", "Only "+strings.Join(allowed, ", ")+" here")
	}
	return c.failure(http.StatusNotFound, "path", "Nothing at this path")
}

// call is one request on its way through the site.
type call struct {
	site    *Site
	req     *http.Request
	route   *route
	cloudID string // of the gateway's form of address; "" at the site
	body    []byte
	user    *grant // nil when the route is open
}

// newCall reads the request's body, so that the connection can be used again whatever the answer is.
func newCall(s *Site, req *http.Request, r *route) *call {
	c := &call{site: s, req: req, route: r, cloudID: req.PathValue("cloudId")}
	if req.Body == nil {
		return c
	}
	var err error
	if c.body, err = io.ReadAll(io.LimitReader(req.Body, maxBody+1)); err != nil {
		panic(http.ErrAbortHandler) // the client went away while it sent
	}
	return c
}

// check refuses what no operation takes.
func (c *call) check() (answer, bool) {
	switch {
	case c.cloudID != "" && c.cloudID != c.site.options.CloudID:
		return gatewayError(http.StatusNotFound, "No tenant with this cloud id"), true
	case len(c.body) > maxBody:
		return c.failure(http.StatusRequestEntityTooLarge, "size", "The request is too long"), true
	case c.route.api && c.req.Method != "GET" && strings.HasPrefix(c.req.UserAgent(), "Mozilla/") &&
		c.req.Header.Get("X-Atlassian-Token") != "no-check":
		return plain(http.StatusForbidden, "XSRF check failed"), true
	}
	return answer{}, false
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
