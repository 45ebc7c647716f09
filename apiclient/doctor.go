package apiclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"jsm-onboard/apiclient/pacer"
)

// Verdict is an answer that may be out of reach.
type Verdict int

const (
	Yes        Verdict = iota + 1
	No                 // for certain
	Unverified         // the token may not ask
)

func (v Verdict) String() string {
	switch v {
	case Yes:
		return "yes"
	case No:
		return "no"
	case Unverified:
		return "cannot be verified"
	}
	return "not asked"
}

// MarshalText returns the word of String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Connection is what Connect has found out, as far as it got.
type Connection struct {
	Site        string
	Root        string // where requests with credentials go: the site, or the gateway with the cloud id
	Gateway     bool
	CloudID     string // "": it could not be found
	Credentials CredentialKind
	User        User    // empty when the token may not ask
	Manage      Verdict // the scope manage:servicedesk-customer, which a create needs; yes for a token without scopes
	Administer  Verdict // Administer Jira, which a create needs
	BrowseUsers Verdict // Browse users and groups, without which no account is found behind a conflict
	Version     string
	Skew        time.Duration // of the site's clock against this one, to the second
	RateHeaders []string      // names of the headers about quotas that were seen
}

// startPatience is how long a site may take to answer at all at the start.
const startPatience = 15 * time.Second

// Connect finds out, before the first create, whether the site can be reached, which address takes the credentials,
// whose they are, and what they may. The error is an *Error with a Hint, a *PauseError, an *OutageError or the
// context's; the Connection then holds what was found until there.
func (c *Client) Connect(ctx context.Context) (Connection, error) {
	conn := Connection{Site: c.site, Credentials: c.kind}
	for _, step := range []func(context.Context, *Connection) error{c.Reach, c.Identify, c.Permit} {
		if err := step(ctx, &conn); err != nil {
			return conn, err
		}
	}
	return conn, nil
}

// Info is what a site publishes about itself.
type Info struct {
	Version string `json:"version"`
}

func (c *Client) infoRequest(info *Info) *request {
	const route = "/rest/servicedeskapi/info"
	return &request{
		op:        "reaching the site",
		method:    http.MethodGet,
		route:     route,
		path:      route,
		lane:      c.lanes.checks,
		anonymous: true,
		check:     true,
		read:      readJSON(info, func() bool { return info.Version != "" }),
	}
}

// Info proves that there is a Jira Service Management site, and nothing about the credentials.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var info Info
	_, err := c.get(ctx, c.infoRequest(&info))
	return info, err
}

// Reach is the first step of Connect, the one question that needs no credentials.
func (c *Client) Reach(ctx context.Context, conn *Connection) error {
	short, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var info Info
	r := c.infoRequest(&info)
	a, err := c.get(short, r)
	if a.status == http.StatusTooManyRequests && short.Err() != nil && ctx.Err() == nil {
		a, err = c.get(ctx, r) // it does answer: the quota is waited for as it is later
	}
	conn.note(a)
	conn.Version = info.Version
	e, answered := errors.AsType[*Error](err)
	switch {
	case maybeDataCenter(a.header) && !c.isCloud(ctx):
		return r.wrongSite(a.status, "this is Jira Data Center, not Jira Cloud", hintDataCenter)
	case err == nil:
		return nil
	case answered && (e.Kind == KindUnauthorized || e.Kind == KindForbidden):
		return nil // the next question brings more
	case answered && e.Status == http.StatusNotFound:
		return c.notServiceManagement(ctx, r)
	case !answered && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return c.silent(ctx, r, a)
	}
	return err
}

func (r *request) wrongSite(status int, message, hint string) error {
	return &Error{
		Op:      r.op,
		Method:  r.method,
		Route:   r.route,
		Status:  status,
		Kind:    KindSite,
		Message: message,
		Hint:    hint,
	}
}

// silent is the error for a site that has not answered within startPatience.
func (c *Client) silent(ctx context.Context, r *request, a answer) error {
	last, ok := errors.AsType[*Error](c.failure(ctx, r, a))
	if ok && (a.err != nil || a.status != 0) && last.Kind != KindTimeout {
		last.Message += " (tried for " + startPatience.String() + ")"
		return last
	}
	return &Error{
		Op:      r.op,
		Method:  r.method,
		Route:   r.route,
		Kind:    KindTimeout,
		Message: "the site has not answered for " + startPatience.String(),
		Hint:    hintConnect,
	}
}

// notServiceManagement tells apart a server of one's own, Jira without Service Management, and no site at all.
func (c *Client) notServiceManagement(ctx context.Context, r *request) error {
	const status = http.StatusNotFound
	switch deployed, err := c.deployment(ctx); {
	case err != nil || deployed == "":
		return r.wrongSite(status, "there is no Jira site here", hintSite)
	case strings.EqualFold(deployed, "Cloud"):
		return r.wrongSite(status, "this site has Jira, but no Jira Service Management",
			"add the product: admin.atlassian.com > Products")
	}
	return r.wrongSite(status, "this is Jira Data Center, not Jira Cloud", hintDataCenter)
}

// deployment is Cloud or Server, as Jira publishes it.
func (c *Client) deployment(ctx context.Context) (string, error) {
	const route = "/rest/api/2/serverInfo"
	var server struct {
		DeploymentType string `json:"deploymentType"`
	}
	_, err := c.get(ctx, &request{
		op:        "reaching the site",
		route:     route,
		path:      route,
		lane:      c.lanes.checks,
		anonymous: true,
		check:     true,
		read:      readJSON(&server, func() bool { return true }),
	})
	return server.DeploymentType, err
}

func (c *Client) isCloud(ctx context.Context) bool {
	deployed, err := c.deployment(ctx)
	return err == nil && strings.EqualFold(deployed, "Cloud")
}

// CloudID asks the site, once, for the id that the gateway knows it by; no credentials are sent.
func (c *Client) CloudID(ctx context.Context) (string, error) {
	if id := c.tenant.Load(); id != nil {
		return *id, nil
	}
	const route = "/_edge/tenant_info"
	var tenant struct {
		CloudID string `json:"cloudId"`
	}
	_, err := c.get(ctx, &request{
		op:        "asking for the cloud id",
		route:     route,
		path:      route,
		lane:      c.lanes.checks,
		anonymous: true,
		check:     true,
		read:      readJSON(&tenant, func() bool { return IsAccountID(tenant.CloudID) }),
	})
	if err != nil {
		return "", err
	}
	c.tenant.Store(&tenant.CloudID)
	return tenant.CloudID, nil
}

// Identify is the second step of Connect: it finds the address that takes the credentials, and the cloud id. A token
// with scopes gets 401 at the site, as a wrong one does, and nothing in it shows which it is: so the gateway is asked.
func (c *Client) Identify(ctx context.Context, conn *Connection) error {
	id, noID := c.CloudID(ctx)
	conn.CloudID = id
	var first error
	if c.kind == APIToken {
		user, a, err := c.myselfAt(ctx, c.site)
		conn.note(a)
		if err == nil {
			conn.User, conn.Root, conn.Manage = user, c.site, Yes
			c.address.Store(&c.site)
			return nil
		}
		if a.status != http.StatusUnauthorized {
			return err
		}
		first = err
	}
	if e, ok := errors.AsType[*Error](noID); ok && e.Status != 0 && first != nil {
		return first
	}
	if noID != nil {
		return noID
	}
	err := c.identifyAtGateway(ctx, conn)
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 && first != nil {
		return first
	}
	return err
}

// identifyAtGateway accepts a token that may not ask whose it is, when it may ask anything else. That it lacks the
// scope to create customers is an *Error of KindScope.
func (c *Client) identifyAtGateway(ctx context.Context, conn *Connection) error {
	root := c.gatewayRoot(conn.CloudID)
	user, a, err := c.myselfAt(ctx, root)
	conn.note(a)
	if err != nil && a.status != http.StatusUnauthorized {
		return err
	}
	before := c.address.Swap(&root)
	manage := c.manages(ctx)
	if err != nil && manage != Yes && c.may(ctx, routeDesk, false) != Yes {
		c.address.Store(before)
		return err
	}
	conn.User, conn.Root, conn.Gateway, conn.Manage = user, root, true, manage
	if manage == No {
		return &Error{
			Op:      "checking scopes",
			Kind:    KindScope,
			Message: "the token lacks the scope " + ScopeManage + ", which creating customers needs",
			Hint:    HintScope,
		}
	}
	return ctx.Err()
}

// Scope is a scope of a token and whether the token has it.
type Scope struct {
	Name string
	Has  Verdict
}

// The scopes that a person is advised to give a token.
const (
	ScopeManage  = "manage:servicedesk-customer"
	ScopeRequest = "read:servicedesk-request"
	ScopeUser    = "read:jira-user"
)

// Scopes are those of ScopeManage, ScopeRequest and ScopeUser, found out by asking for what needs them; nothing is
// changed. Call it after Identify; a token without scopes has none to ask for.
func (c *Client) Scopes(ctx context.Context, conn Connection) []Scope {
	if !conn.Gateway {
		return nil
	}
	user := No
	if conn.User.ID != "" {
		user = Yes
	}
	return []Scope{{ScopeManage, conn.Manage}, {ScopeRequest, c.may(ctx, routeDesk, false)}, {ScopeUser, user}}
}

// manages finds out whether the token has ScopeManage, or the granular scopes that do instead. Organizations need
// the first, a service desk's customers either; the gateway looks at scopes before anything else, so the service desk
// need not be there.
func (c *Client) manages(ctx context.Context) Verdict {
	if v := c.may(ctx, routeOrganization, false); v != No {
		return v
	}
	return c.may(ctx, inPath(routeDeskCustomer, "0"), true)
}

// may is whether the gateway lets the token through to a list: a missing scope is a 401.
func (c *Client) may(ctx context.Context, path string, experimental bool) Verdict {
	_, err := c.get(ctx, &request{
		op:           "checking scopes",
		route:        path,
		path:         path + "?limit=1",
		lane:         c.lanes.checks,
		check:        true,
		experimental: experimental,
		read:         readJSON(new(page[struct{}]), func() bool { return true }),
	})
	switch e, ok := errors.AsType[*Error](err); {
	case err == nil, ok && e.Kind == KindNotFound:
		return Yes
	case ok && e.NotAuthorized() && e.Status == http.StatusUnauthorized:
		return No
	}
	return Unverified
}

// Permit is the last step of Connect: what the account may. A token without the scope to ask is no reason to stop.
func (c *Client) Permit(ctx context.Context, conn *Connection) error {
	has, err := c.Permissions(ctx, "ADMINISTER", "USER_PICKER")
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || ctx.Err() != nil || e.Status == 0) {
		return err
	}
	verdict := func(name string) Verdict {
		switch granted, known := has[name]; {
		case !known:
			return Unverified
		case granted:
			return Yes
		}
		return No
	}
	conn.Administer, conn.BrowseUsers = verdict("ADMINISTER"), verdict("USER_PICKER")
	c.browse.Store(int32(conn.BrowseUsers))
	if conn.Administer == No {
		return &Error{
			Op:      "checking permissions",
			Method:  http.MethodGet,
			Route:   "/rest/api/3/mypermissions",
			Kind:    KindForbidden,
			Message: "the account lacks Administer Jira, which creating customers needs",
			Hint:    hintAdminister,
		}
	}
	return nil
}

// note keeps what the headers of an answer show.
func (conn *Connection) note(a answer) {
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil && !a.at.IsZero() {
		conn.Skew = date.Sub(a.at.Truncate(time.Second)).Round(time.Second)
	}
	for name := range a.header {
		if isRateHeader(name) && !slices.Contains(conn.RateHeaders, name) {
			conn.RateHeaders = append(conn.RateHeaders, name)
		}
	}
	slices.Sort(conn.RateHeaders)
}

// Proxy is the host and port of the proxy that the environment names for the site; "" for none.
func (c *Client) Proxy() string {
	req, err := http.NewRequest(http.MethodGet, c.site, nil)
	if err != nil {
		return ""
	}
	if proxy, err := http.ProxyFromEnvironment(req); err == nil && proxy != nil {
		return proxy.Host
	}
	return ""
}

// LookUp asks for the addresses of the site's host. A host that is an address itself is looked up nowhere.
func (c *Client) LookUp(ctx context.Context) ([]netip.Addr, error) {
	u, err := url.Parse(c.site)
	if err != nil {
		return nil, siteError("it is not an address", hintSite)
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err == nil {
		for i := range found {
			found[i] = found[i].Unmap()
		}
		return found, nil
	}
	e := &Error{Op: "looking up the site's name", Err: err}
	e.Kind, e.Message, e.Hint = explain(err)
	return nil, e
}

// Certificate is what the site, or whoever is in between, showed for TLS.
type Certificate struct {
	Version string // as in "TLS 1.3"
	Issuer  string
	Until   time.Time
}

// Certificate connects once, without credentials. It is empty for a site without TLS.
func (c *Client) Certificate(ctx context.Context) (Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := c.infoRequest(new(Info))
	r.op = "connecting to the site"
	req, err := c.newRequest(ctx, r, c.site, "")
	if err != nil {
		return Certificate{}, siteError("it is not an address", hintSite)
	}
	permit, err := r.lane.Wait(ctx, false)
	if err != nil {
		return Certificate{}, err
	}
	defer r.lane.Done(permit, pacer.Answer{Kind: pacer.Unsent})
	if err := r.lane.Leave(ctx, &permit); err != nil {
		return Certificate{}, err
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return Certificate{}, c.failure(ctx, r, answer{err: err})
	}
	defer resp.Body.Close()
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return Certificate{}, nil
	}
	leaf := resp.TLS.PeerCertificates[0]
	return Certificate{Version: tls.VersionName(resp.TLS.Version), Issuer: issuer(leaf), Until: leaf.NotAfter}, nil
}
