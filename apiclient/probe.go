package apiclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Scope is a scope of a token and whether the token has it.
type Scope struct {
	Name string
	Has  Verdict
}

// The scopes that a person is told to give a token.
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
	return []Scope{{ScopeManage, conn.Manage}, {ScopeRequest, c.may(ctx, "/rest/servicedeskapi/servicedesk", false)}, {ScopeUser, user}}
}

// manages finds out whether the token has ScopeManage, or the granular scopes that do instead. Organizations take
// the first, a service desk's customers either; the gateway looks at scopes before anything else, so the desk need
// not be there.
func (c *Client) manages(ctx context.Context) Verdict {
	if v := c.may(ctx, "/rest/servicedeskapi/organization", false); v != No {
		return v
	}
	return c.may(ctx, "/rest/servicedeskapi/servicedesk/0/customer", true)
}

// may is whether the gateway lets the token through to a list.
func (c *Client) may(ctx context.Context, route string, experimental bool) Verdict {
	var page struct{}
	_, err := c.get(ctx, &request{op: "checking scopes", route: route, path: route + "?limit=1", lane: c.checks, check: true,
		experimental: experimental}, &page)
	switch e, ok := errors.AsType[*Error](err); {
	case err == nil, ok && e.Kind == KindNotFound:
		return Yes
	case ok && e.Kind == KindScope:
		return No
	}
	return Unverified
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

// Certificate is what the site, or whoever stands in between, showed for TLS.
type Certificate struct {
	Version string // as in "TLS 1.3"
	Issuer  string
	Until   time.Time
}

// Certificate connects once, without credentials.
func (c *Client) Certificate(ctx context.Context) (Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r := c.infoRequest()
	req, err := c.newRequest(ctx, r, c.site, "")
	if err != nil {
		return Certificate{}, siteError("it is not an address", hintSite)
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		r.op = "connecting to the site"
		return Certificate{}, c.failure(r, answer{err: err})
	}
	defer resp.Body.Close()
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return Certificate{}, nil
	}
	leaf := resp.TLS.PeerCertificates[0]
	return Certificate{Version: tls.VersionName(resp.TLS.Version), Issuer: issuer(leaf), Until: leaf.NotAfter}, nil
}
