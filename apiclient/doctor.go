package apiclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// Verdict is an answer that may be out of reach.
type Verdict int

const (
	Yes        Verdict = iota + 1
	No                 // for certain
	Unverified         // the token may not ask
)

func (v Verdict) String() string {
	return [...]string{"not asked", "yes", "no", "cannot be verified"}[v]
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

// checkRequest is a question that is asked before the run.
func (c *Client) checkRequest(op, route string) *request {
	return &request{op: op, method: http.MethodGet, route: route, lane: c.lanes.checks, check: true}
}

func (c *Client) infoRequest(version *string) *request {
	var info struct{ Version string }
	r := c.checkRequest("reaching the site", "/rest/servicedeskapi/info")
	r.anonymous = true
	r.read = readJSON(&info, func() bool {
		*version = info.Version
		return info.Version != ""
	})
	return r
}

// Reach is the first step of Connect, the one question that needs no credentials: it proves that there is a Jira
// Service Management site.
func (c *Client) Reach(ctx context.Context, conn *Connection) error {
	short, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := c.infoRequest(&conn.Version)
	a, err := c.get(short, r)
	if a.status == http.StatusTooManyRequests && short.Err() != nil && ctx.Err() == nil {
		a, err = c.get(ctx, r) // it does answer: the quota is waited for as it is later
	}
	conn.note(a)
	e, answered := errors.AsType[*Error](err)
	switch {
	case answered && (e.Kind == KindUnauthorized || e.Kind == KindForbidden):
		return nil // the next question brings more
	case answered && (e.Kind == KindNotFound || e.Page && e.Kind == KindAnswer):
		e.Kind = KindSite
		e.Message = orElse(e.Message, "there is no Jira Service Management Cloud here")
		e.Hint = hintPage + "; a site without the product gets it at admin.atlassian.com > Products"
	case err != nil && !answered && short.Err() != nil && ctx.Err() == nil:
		if a.status == 0 && a.err == nil {
			a.err = context.DeadlineExceeded
		}
		e = c.failure(ctx, r, a)
		e.Message += " (tried for " + startPatience.String() + ")"
		return e
	}
	return err
}

// CloudID asks the site, once, for the id that the gateway knows it by; no credentials are sent.
func (c *Client) CloudID(ctx context.Context) (string, error) {
	if id := c.tenant.Load(); id != nil {
		return *id, nil
	}
	var tenant struct{ CloudID string }
	r := c.checkRequest("asking for the cloud id", "/_edge/tenant_info")
	r.anonymous = true
	r.read = readJSON(&tenant, func() bool { return IsAccountID(tenant.CloudID) })
	if _, err := c.get(ctx, r); err != nil {
		return "", err
	}
	c.tenant.Store(&tenant.CloudID)
	return tenant.CloudID, nil
}

// Identify is the second step of Connect: it finds the cloud id, and the address that takes the credentials. A token
// with scopes gets 401 at the site, as a wrong one does, and nothing in it shows which it is: so the gateway is asked.
func (c *Client) Identify(ctx context.Context, conn *Connection) error {
	id, noID := c.CloudID(ctx)
	conn.CloudID = id
	var atSite error
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
		atSite = err
	}
	err := noID
	if err == nil {
		err = c.identifyAtGateway(ctx, conn)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 && atSite != nil {
		if noID != nil {
			e, _ = errors.AsType[*Error](atSite)
			e.Hint += "; this is no site of Jira Cloud's when " + exampleSite + " is not its address"
		}
		return atSite
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
	manage := c.manages(ctx, root)
	if err != nil && manage != Yes && c.may(ctx, root, routeDesk) != Yes {
		return err
	}
	conn.User, conn.Root, conn.Gateway, conn.Manage = user, root, true, manage
	c.address.Store(&root)
	if manage == No {
		return &Error{Op: "checking scopes", Kind: KindScope, Hint: HintScope,
			Message: "the token lacks the scope " + ScopeManage + ", which creating customers needs"}
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
	return []Scope{{ScopeManage, conn.Manage}, {ScopeRequest, c.may(ctx, conn.Root, routeDesk)}, {ScopeUser, user}}
}

// manages finds out whether the token has ScopeManage, or the granular scopes that do instead. Organizations need
// the first, a service desk's customers either; the gateway looks at scopes before anything else, so the service desk
// need not be there.
func (c *Client) manages(ctx context.Context, root string) Verdict {
	if v := c.may(ctx, root, routeOrganization); v != No {
		return v
	}
	return c.may(ctx, root, routeDeskCustomer, "0")
}

// may is whether the gateway lets the token through to a list: a missing scope is a 401.
func (c *Client) may(ctx context.Context, root, route string, ids ...string) Verdict {
	r := c.checkRequest("checking scopes", route)
	r.ids, r.query, r.at, r.experimental = ids, "limit=1", root, true
	r.read = func([]byte) bool { return true }
	a, err := c.get(ctx, r)
	switch {
	case err == nil, a.status == http.StatusNotFound:
		return Yes
	case a.status == http.StatusUnauthorized:
		return No
	}
	return Unverified
}

// Permit is the last step of Connect: what the account may. A token without the scope to ask is no reason to stop.
func (c *Client) Permit(ctx context.Context, conn *Connection) error {
	has, err := c.permissions(ctx, "ADMINISTER,USER_PICKER")
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || ctx.Err() != nil || e.Status == 0) {
		return err
	}
	conn.Administer, conn.BrowseUsers = Unverified, Unverified
	if v := has["ADMINISTER"]; v != 0 {
		conn.Administer = v
	}
	if v := has["USER_PICKER"]; v != 0 {
		conn.BrowseUsers = v
	}
	c.browse.Store(int32(conn.BrowseUsers))
	if conn.Administer == No {
		return &Error{Op: "checking permissions", Kind: KindForbidden, Hint: forbiddenHints[routeCustomer],
			Message: "the account lacks Administer Jira, which creating customers needs"}
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
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", hostOf(c.site))
	if err != nil {
		e := &Error{Op: "looking up the site's name", Err: err}
		e.Kind, e.Message, e.Hint = explain(err)
		return nil, e
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found, nil
}

// Certificate is what the site, or whoever is in between, showed for TLS.
type Certificate struct {
	Version string // as in "TLS 1.3"
	Issuer  string
	Until   time.Time
}

// Certificate asks once, without credentials. It is empty for a site without TLS.
func (c *Client) Certificate(ctx context.Context) (Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := c.infoRequest(new(string))
	p := new(progress)
	if err := c.attempt(ctx, r, p); err != nil {
		return Certificate{}, err
	}
	if p.last.status == 0 {
		return Certificate{}, c.failure(ctx, r, p.last)
	}
	shown := p.last.tls
	if shown == nil || len(shown.PeerCertificates) == 0 {
		return Certificate{}, nil
	}
	leaf := shown.PeerCertificates[0]
	return Certificate{Version: tls.VersionName(shown.Version), Issuer: issuer(leaf), Until: leaf.NotAfter}, nil
}
