package jsmtest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Path patterns of the operations that quotas and faults are mostly about, as
// [Quota], [Exchange] and [Stats] name them.
const (
	CreatePath        = "/rest/servicedeskapi/customer"
	RevokePath        = "/rest/servicedeskapi/customer/user/{accountId}/revoke-portal-only-access"
	InfoPath          = "/rest/servicedeskapi/info"
	MyselfPath        = "/rest/api/3/myself"
	PermissionsPath   = "/rest/api/3/mypermissions"
	UserSearchPath    = "/rest/api/3/user/search"
	DesksPath         = "/rest/servicedeskapi/servicedesk"
	DeskCustomersPath = "/rest/servicedeskapi/servicedesk/{id}/customer"
	DeskOrgsPath      = "/rest/servicedeskapi/servicedesk/{id}/organization"
	OrgsPath          = "/rest/servicedeskapi/organization"
	OrgUsersPath      = "/rest/servicedeskapi/organization/{id}/user"
	TenantInfoPath    = "/_edge/tenant_info"
	TokenPath         = "/oauth/token"
	AccountsPath      = "/sandbox/accounts"
	StatsPath         = "/sandbox/stats"
)

// maxBody is the most that is read of a request, in bytes.
const maxBody = 1 << 20

// route is one operation: a method at a path pattern.
type route struct {
	method, pattern string
	before, after   string // of the {…} in pattern, when there is one
	serve           func(*call) answer
	api             bool       // has credentials, quotas and latency
	open            bool       // asks for no credentials
	scopes          [][]string // any one of these sets is enough at the gateway
	faulty          bool       // faults befall it
	experimental    bool       // wants X-ExperimentalApi: opt-in
	number          int
}

type router struct {
	all    []*route
	static map[string][]*route
	others []*route // with a {…}
}

func newRouter() *router {
	rt := &router{static: map[string][]*route{}}
	for i, r := range append(apiRoutes(), ownRoutes()...) {
		r.number = i
		rt.all = append(rt.all, r)
		open := strings.IndexByte(r.pattern, '{')
		if open < 0 {
			rt.static[r.pattern] = append(rt.static[r.pattern], r)
			continue
		}
		r.before = r.pattern[:open]
		r.after = r.pattern[strings.IndexByte(r.pattern, '}')+1:]
		rt.others = append(rt.others, r)
	}
	return rt
}

func apiRoutes() []*route {
	manage := [][]string{{"manage:servicedesk-customer"}}
	create := append(manage, []string{"read:customer:jira-service-management", "write:customer:jira-service-management", "read:user:jira"})
	customers := append(manage, []string{"read:customer:jira-service-management", "read:user:jira"})
	desks := [][]string{{"read:servicedesk-request"}}
	user := [][]string{{"read:jira-user"}}
	work := [][]string{{"read:jira-work"}}
	return []*route{
		{method: "POST", pattern: CreatePath, serve: createCustomer, api: true, faulty: true, scopes: create},
		{method: "PUT", pattern: RevokePath, serve: revokeAccess, api: true, faulty: true, scopes: manage},
		{method: "GET", pattern: InfoPath, serve: info, api: true, open: true},
		{method: "GET", pattern: MyselfPath, serve: myself, api: true, scopes: user},
		{method: "GET", pattern: PermissionsPath, serve: myPermissions, api: true, scopes: work},
		{method: "GET", pattern: UserSearchPath, serve: searchUsers, api: true, scopes: user},
		{method: "GET", pattern: DesksPath, serve: listDesks, api: true, scopes: desks},
		{method: "GET", pattern: DeskCustomersPath, serve: listDeskCustomers, api: true, scopes: customers, experimental: true},
		{method: "POST", pattern: DeskCustomersPath, serve: addDeskCustomers, api: true, scopes: manage},
		{method: "DELETE", pattern: DeskCustomersPath, serve: removeDeskCustomers, api: true, scopes: manage, experimental: true},
		{method: "GET", pattern: DeskOrgsPath, serve: listDeskOrganizations, api: true, scopes: manage},
		{method: "POST", pattern: DeskOrgsPath, serve: addDeskOrganization, api: true, scopes: manage},
		{method: "GET", pattern: OrgsPath, serve: listOrganizations, api: true, scopes: manage},
		{method: "POST", pattern: OrgsPath, serve: createOrganization, api: true, scopes: manage},
		{method: "GET", pattern: OrgUsersPath, serve: listOrganizationUsers, api: true, scopes: manage},
		{method: "POST", pattern: OrgUsersPath, serve: addOrganizationUsers, api: true, scopes: manage},
	}
}

func ownRoutes() []*route {
	return []*route{
		{method: "GET", pattern: TenantInfoPath, serve: tenantInfo},
		{method: "POST", pattern: TokenPath, serve: issueToken},
		{method: "GET", pattern: AccountsPath, serve: accountsCSV},
		{method: "GET", pattern: StatsPath, serve: statsJSON},
	}
}

// call is one request on its way through the site.
type call struct {
	site    *Site
	req     *http.Request
	route   *route // nil: nothing here
	allowed string // the methods there are, when only the method is wrong
	cloudID string // of the gateway's form of address; "" at the site
	id      string // what stood in the place of {…}, decoded
	body    []byte
	bodyErr error
	user    *grant // nil when the route is open
}

// match finds the route of a request and reads its body, so that a connection
// can be used again whatever the answer is.
func (rt *router) match(r *http.Request) *call {
	c := &call{req: r}
	c.body, c.bodyErr = readBody(r)
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/ex/jira/"); ok {
		c.cloudID, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	for _, candidate := range rt.static[path] {
		c.offer(candidate)
	}
	for _, candidate := range rt.others {
		if id, ok := candidate.capture(path); ok {
			c.id = id
			c.offer(candidate)
		}
	}
	return c
}

func (c *call) offer(r *route) {
	if r.method == c.req.Method {
		c.route = r
		return
	}
	c.allowed = strings.TrimPrefix(c.allowed+", "+r.method, ", ")
}

func (r *route) capture(path string) (string, bool) {
	middle, ok := strings.CutPrefix(path, r.before)
	if !ok {
		return "", false
	}
	middle, ok = strings.CutSuffix(middle, r.after)
	if !ok || middle == "" || strings.Contains(middle, "/") {
		return "", false
	}
	id, err := url.PathUnescape(middle)
	return id, err == nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
}

// check refuses what no operation takes.
func (c *call) check() (answer, bool) {
	switch {
	case c.cloudID != "" && c.cloudID != c.site.options.CloudID:
		return gatewayError(http.StatusNotFound, "No tenant with this cloud id"), true
	case c.route == nil && c.allowed != "":
		return c.failure(http.StatusMethodNotAllowed, "sandbox.method", "Only "+c.allowed+" here"), true
	case c.route == nil:
		return c.failure(http.StatusNotFound, "sandbox.path", "Nothing at this path"), true
	case c.bodyErr != nil:
		panic(http.ErrAbortHandler) // the client went away while it sent
	case len(c.body) > maxBody:
		return c.failure(http.StatusRequestEntityTooLarge, "sandbox.size", "The request is too long"), true
	case c.forged():
		return plain(http.StatusForbidden, "XSRF check failed"), true
	}
	return answer{}, false
}

// optedIn refuses a request to an experimental operation that does not say so.
// The status is that of older pages; what Cloud answers is invented.
func (c *call) optedIn() (answer, bool) {
	if !c.route.experimental || c.req.Header.Get("X-ExperimentalApi") == "opt-in" {
		return answer{}, false
	}
	return c.failure(http.StatusPreconditionFailed, "sandbox.experimental", "Send X-ExperimentalApi: opt-in"), true
}

// forged says whether Jira would take the request for one that a page in a
// browser was made to send.
func (c *call) forged() bool {
	return c.route.api && c.req.Method != "GET" &&
		strings.HasPrefix(c.req.UserAgent(), "Mozilla/") &&
		c.req.Header.Get("X-Atlassian-Token") != "no-check"
}

// decode reads a JSON body into v.
func (c *call) decode(v any) (answer, bool) {
	kind := c.req.Header.Get("Content-Type")
	if kind != "application/json" {
		if m, _, err := mime.ParseMediaType(kind); err != nil || m != "application/json" {
			return c.failure(http.StatusUnsupportedMediaType, "sandbox.content.type", "Send application/json"), true
		}
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return c.failure(http.StatusBadRequest, "sandbox.json", "The body is not the JSON that is expected"), true
	}
	return answer{}, false
}

// number reads a query parameter; what is missing or no number counts as d.
func (c *call) number(name string, d int) int {
	n, err := strconv.Atoi(c.req.URL.Query().Get(name))
	if err != nil || n < 0 {
		return d
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
