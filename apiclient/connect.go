package apiclient

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
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

// MarshalText is the word of String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Connection is what Connect has found out, as far as it got.
type Connection struct {
	Site        string
	Root        string // where requests with credentials go: the site, or the gateway with the cloud id
	Gateway     bool
	CloudID     string // known only when Gateway
	Credentials CredentialKind
	User        User    // empty when the token may not ask
	Manage      Verdict // the scope manage:servicedesk-customer, which creating customers needs; yes for a token without scopes
	Administer  Verdict // Administer Jira, which creating customers needs
	BrowseUsers Verdict // Browse users and groups, without which no account is found behind a conflict
	Version     string
	Skew        time.Duration // of the site's clock against this one, to the second
	RateHeaders []string      // names of the headers about quotas that were seen
}

// startPatience is how long a site may take to answer at all at the start.
const startPatience = 15 * time.Second

// Connect finds out, before the first create, whether the site can be reached, which address takes the credentials,
// whose they are, and what they may. The error is an *Error with a Hint, the pacer's, or the context's; the Connection then holds
// what was found until there.
func (c *Client) Connect(ctx context.Context) (Connection, error) {
	conn := Connection{Site: c.site, Credentials: c.kind}
	if err := c.Reach(ctx, &conn); err != nil {
		return conn, err
	}
	if err := c.Identify(ctx, &conn); err != nil {
		return conn, err
	}
	return conn, c.Permit(ctx, &conn)
}

// Reach is the first step of Connect, the one question that needs no credentials.
func (c *Client) Reach(ctx context.Context, conn *Connection) error {
	short, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := c.infoRequest()
	var info Info
	a, err := c.get(short, r, &info)
	if a.status == http.StatusTooManyRequests && short.Err() != nil && ctx.Err() == nil {
		a, err = c.get(ctx, r, &info) // it does answer: the quota is waited for as it is later
	}
	conn.saw(a)
	conn.Version = info.Version
	e, answered := errors.AsType[*Error](err)
	switch {
	case maybeDataCenter(a.header) && !c.isCloud(ctx):
		return &Error{Op: r.op, Method: r.method, Route: r.route, Status: a.status, Kind: KindSite,
			Message: "this is Jira Data Center, not Jira Cloud", Hint: hintDataCenter}
	case err == nil:
		return nil
	case answered && (e.Kind == KindUnauthorized || e.Kind == KindForbidden):
		return nil // the next question says more
	case answered && e.Status == http.StatusNotFound:
		return c.notServiceManagement(ctx, e)
	case !answered && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return c.silent(r, a)
	}
	return err
}

// silent is the error for a site that has not answered within startPatience.
func (c *Client) silent(r *request, a answer) error {
	e := &Error{Op: r.op, Method: r.method, Route: r.route, Kind: KindTimeout,
		Message: "the site has not answered for " + startPatience.String(), Hint: hintConnect}
	if last, ok := errors.AsType[*Error](c.failure(r, a)); ok && (a.err != nil || a.status != 0) && last.Kind != KindTimeout {
		last.Message += " (tried for " + startPatience.String() + ")"
		return last
	}
	return e
}

// notServiceManagement tells apart a server of one's own, Jira without Service Management, and no site at all.
func (c *Client) notServiceManagement(ctx context.Context, e *Error) error {
	deployed, err := c.deployment(ctx)
	e.Kind = KindSite
	switch {
	case err != nil || deployed == "":
		e.Message, e.Hint = "there is no Jira site here", hintSite
	case strings.EqualFold(deployed, "Cloud"):
		e.Message, e.Hint = "this site has Jira, but no Jira Service Management", "add the product: admin.atlassian.com > Products"
	default:
		e.Message, e.Hint = "this is Jira Data Center, not Jira Cloud", hintDataCenter
	}
	return e
}

// deployment is what Jira says of itself to anybody: Cloud or Server.
func (c *Client) deployment(ctx context.Context) (string, error) {
	const route = "/rest/api/2/serverInfo"
	var server struct {
		DeploymentType string `json:"deploymentType"`
	}
	_, err := c.get(ctx, &request{op: "reaching the site", route: route, path: route, lane: c.checks, anonymous: true, check: true}, &server)
	return server.DeploymentType, err
}

func (c *Client) isCloud(ctx context.Context) bool {
	deployed, err := c.deployment(ctx)
	return err == nil && strings.EqualFold(deployed, "Cloud")
}

// Identify is the second step of Connect: it finds the address that takes the credentials. A token with scopes gets 401 at the site, as a wrong one
// does, and nothing in it says which it is: so the gateway is asked then.
func (c *Client) Identify(ctx context.Context, conn *Connection) error {
	var first error
	if c.kind == APIToken {
		user, a, err := c.myselfAt(ctx, c.site)
		conn.saw(a)
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
	tenant, err := c.TenantInfo(ctx)
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 && first != nil {
		return first
	}
	if err != nil {
		return err
	}
	root := c.gatewayRoot(tenant.CloudID)
	user, a, err := c.myselfAt(ctx, root)
	conn.saw(a)
	e, refused := errors.AsType[*Error](err)
	narrow := refused && e.Kind == KindScope // a good token, which may not ask whose it is
	switch {
	case refused && !narrow && first != nil:
		return first
	case err != nil && !narrow:
		return err
	}
	conn.User, conn.Root, conn.Gateway, conn.CloudID = user, root, true, tenant.CloudID
	c.address.Store(&root)
	return c.scoped(ctx, conn)
}

// scoped refuses a token that lacks the scope to create customers.
func (c *Client) scoped(ctx context.Context, conn *Connection) error {
	conn.Manage = c.manages(ctx)
	if conn.Manage == No {
		return &Error{Op: "checking scopes", Kind: KindScope, Message: "the token lacks the scope " + ScopeManage + ", which creating customers needs", Hint: HintScope}
	}
	return ctx.Err()
}

// Permit is the last step of Connect: it asks what the account may. A token without the scope to ask is no reason to stop.
func (c *Client) Permit(ctx context.Context, conn *Connection) error {
	has, err := c.Permissions(ctx, "ADMINISTER", "USER_PICKER")
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || ctx.Err() != nil) {
		return err
	} else if ok && e.Status == 0 {
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
		return &Error{Op: "checking permissions", Method: http.MethodGet, Route: "/rest/api/3/mypermissions", Kind: KindForbidden,
			Message: "the account lacks Administer Jira, which creating customers needs", Hint: hintAdminister}
	}
	return nil
}

// saw notes what an answer tells besides.
func (conn *Connection) saw(a answer) {
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
