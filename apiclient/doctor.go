package apiclient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var (
	opInfo        = operation{"reaching the site", get, serviceDeskAPI + "/info", hintAccess}
	opTenant      = operation{"asking for the cloud id", get, "/_edge/tenant_info", hintAccess}
	opMyself      = operation{"checking the credentials", get, "/rest/api/3/myself", hintAccess}
	opPermissions = operation{"checking permissions", get, "/rest/api/3/mypermissions", hintAccess}
)

// Verdict says whether a token or account has something, if it may ask.
type Verdict int

const (
	Yes        Verdict = iota + 1
	No                 // for certain
	Unverified         // the token may not ask
)

var yesOrNo = map[bool]Verdict{true: Yes, false: No}

// Scope is a scope of a token and whether the token has it.
type Scope struct {
	Name string
	Has  Verdict
}

// The scopes that a person is advised to give a token; creating customers needs the first.
const (
	ScopeManage  = "manage:servicedesk-customer"
	ScopeRequest = "read:servicedesk-request"
	ScopeUser    = "read:jira-user"
)

// Connection is what Connect has found out, as far as it got.
type Connection struct {
	Gateway     bool    // it takes the credentials, and not the site
	CloudID     string  // "": it could not be found
	User        Account // empty when the token may not ask
	Scopes      []Scope // at the gateway
	Administer  Verdict // Administer Jira, which a create needs
	BrowseUsers Verdict // Browse users and groups, without which no account is found behind a conflict
	Reached     bool    // there is a Jira Service Management site
	Version     string
	Skew        time.Duration // of the site's clock against this one, to the second
	RateHeaders []string      // names of headers about quotas, on the answers with version, user and permissions
}

// Connect finds out, before the first create, whether the site can be reached, which address takes the credentials,
// whose they are, and what they may. The error is an *Error with a Hint, a *PauseError or the
// context's; the Connection then holds what was found until there.
func (c *Client) Connect(ctx context.Context) (Connection, error) {
	var conn Connection
	for _, step := range []func(context.Context, *Connection) error{c.reach, c.identify, c.checkPermissions} {
		if err := step(ctx, &conn); err != nil {
			return conn, err
		}
	}
	return conn, nil
}

// reach is the first step of Connect. It needs no credentials, and proves that there is a Jira Service Management site.
func (c *Client) reach(ctx context.Context, conn *Connection) error {
	r := &request{operation: opInfo, anonymous: true, root: c.site, check: true}
	info, _, err := doJSON(ctx, c, r, func(v struct{ Version string }) bool { return v.Version != "" })
	conn.Version = info.Version
	conn.readHeaders(r.last)
	e, answered := errors.AsType[*Error](err)
	switch {
	case !answered:
		conn.Reached = err == nil
		return err
	case e.Kind == KindUnauthorized || e.Kind == KindForbidden:
		conn.Reached = true
		return nil // the next question brings more
	case e.Kind == KindNotFound || e.Kind == KindAnswer && e.RouteUncertain:
		e.Kind, e.Hint = KindSite, hintPage+"; a site without the product gets it at admin.atlassian.com > Products"
		e.Message = cmp.Or(e.Message, "there is no Jira Service Management Cloud here")
	}
	return e
}

// identify is the second step of Connect: it finds the cloud id, and the address that takes the credentials. A token
// with scopes gets 401 at the site, as a wrong one does, and nothing in it shows which it is: so the gateway is asked.
func (c *Client) identify(ctx context.Context, conn *Connection) error {
	r := &request{operation: opTenant, anonymous: true, root: c.site, check: true}
	found, _, err := doJSON(ctx, c, r, func(t struct{ CloudID string }) bool { return idShape.MatchString(t.CloudID) })
	c.tenant, conn.CloudID = found.CloudID, found.CloudID
	var atSite error
	if c.kind == APIToken {
		var status int
		if status, atSite = c.myself(ctx, conn); status != http.StatusUnauthorized {
			return atSite
		}
	}
	if err == nil {
		err = c.identifyAtGateway(ctx, conn)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 && atSite != nil {
		return atSite // a site without a gateway, or one that does not take the token either
	}
	return err
}

// identifyAtGateway accepts a token that may not ask whose it is if it may read anything else; it changes nothing. A
// token without the scope to create customers is an *Error of KindScope.
func (c *Client) identifyAtGateway(ctx context.Context, conn *Connection) error {
	c.root = c.cloud.gateway + "/ex/jira/" + c.tenant
	status, err := c.myself(ctx, conn)
	if err != nil && status != http.StatusUnauthorized {
		return err
	}
	scopes := []Scope{
		{ScopeManage, c.hasManageScope(ctx)},
		{ScopeRequest, c.may(ctx, opDesks)},
		{ScopeUser, yesOrNo[err == nil]},
	}
	if !slices.ContainsFunc(scopes, func(s Scope) bool { return s.Has == Yes }) {
		return err
	}
	conn.Gateway, conn.Scopes = true, scopes
	if scopes[0].Has == No {
		return newError("checking scopes", KindScope,
			"the token lacks the scope "+ScopeManage+", which creating customers needs", HintScope)
	}
	return ctx.Err()
}

// myself finds whose credentials these are. It returns the status, too; 0: there was none.
func (c *Client) myself(ctx context.Context, conn *Connection) (status int, err error) {
	r := &request{operation: opMyself, check: true}
	conn.User, _, err = doJSON(ctx, c, r, func(a Account) bool { return a.ID != "" })
	conn.readHeaders(r.last)
	return r.last.status, err
}

// hasManageScope finds out whether the token has ScopeManage, or granular scopes in its place: organizations need the
// former, a project's customers either. The gateway checks scopes first, so the project need not exist.
func (c *Client) hasManageScope(ctx context.Context) Verdict {
	if v := c.may(ctx, opOrganizations); v != No {
		return v
	}
	return c.may(ctx, opCustomers, "0")
}

// may finds out whether the gateway lets the token read a list: a missing scope is a 401.
func (c *Client) may(ctx context.Context, o operation, ids ...string) Verdict {
	call, err := c.do(ctx, &request{operation: o, ids: ids, query: "limit=1", check: true, read: json.Valid})
	switch {
	case err == nil, call.Status == http.StatusNotFound:
		return Yes
	case call.Status == http.StatusUnauthorized:
		return No
	}
	return Unverified
}

// checkPermissions is the last step of Connect. It goes on if the token lacks the scope to ask for permissions.
func (c *Client) checkPermissions(ctx context.Context, conn *Connection) error {
	type permissions struct {
		Permissions map[string]struct{ HavePermission bool }
	}
	r := &request{operation: opPermissions, query: "permissions=ADMINISTER,USER_PICKER", check: true}
	has, _, err := doJSON(ctx, c, r, func(p permissions) bool { return p.Permissions != nil })
	conn.readHeaders(r.last)
	if err != nil && (r.last.effect != denied || ctx.Err() != nil) {
		return err
	}
	may := func(name string) Verdict {
		if p, known := has.Permissions[name]; known {
			return yesOrNo[p.HavePermission]
		}
		return Unverified
	}
	conn.Administer, conn.BrowseUsers = may("ADMINISTER"), may("USER_PICKER")
	c.browse = conn.BrowseUsers
	if conn.Administer == No {
		return newError(opPermissions.name, KindForbidden,
			"the account lacks Administer Jira, which creating customers needs", hintAdminister)
	}
	return nil
}

// readHeaders takes the clock's skew and the names of rate headers from an answer.
func (conn *Connection) readHeaders(a answer) {
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		conn.Skew = date.Sub(a.receivedAt.Truncate(time.Second)).Round(time.Second)
	}
	more := slices.DeleteFunc(slices.Collect(maps.Keys(a.header)), func(name string) bool {
		return !strings.Contains(name, "Ratelimit") && name != "Retry-After"
	})
	conn.RateHeaders = slices.Compact(slices.Sorted(slices.Values(append(more, conn.RateHeaders...))))
}
