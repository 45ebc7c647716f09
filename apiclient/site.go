package apiclient

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

const siteOp = "reading the site's address"

const hintSite = "give it as https://your-domain.atlassian.net"

// ParseSite mends what people give for a site: "acme" and "acme.atlassian.net/jira/projects" are
// "https://acme.atlassian.net". Plain http is for loopback addresses only. What cannot be mended is an *Error.
func ParseSite(s string) (string, error) {
	s = strings.Trim(strings.TrimSpace(s), `"'<>`)
	if s == "" {
		return "", siteError("no site is given", "set --site or JIRA_BASE_URL to https://your-domain.atlassian.net")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	}
	u, err := url.Parse("//" + rest)
	switch {
	case strings.Contains(strings.SplitN(rest, "/", 2)[0], "@"):
		return "", siteError("it holds a user name or a password", "leave them out, and set JIRA_USER_EMAIL and JIRA_API_TOKEN")
	case err != nil || u.Hostname() == "":
		return "", siteError("it is not an address", hintSite)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		host += ".atlassian.net"
	}
	if err := checkHost(host); err != nil {
		return "", err
	}
	scheme, err = schemeFor(strings.ToLower(scheme), host)
	if err != nil {
		return "", err
	}
	return scheme + "://" + joinPort(host, u.Port(), scheme), nil
}

func siteError(message, hint string) error {
	return &Error{Op: siteOp, Kind: KindSite, Message: message, Hint: hint}
}

func checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsAny(label, " \t_:%$&+,;=!*'()[]{}|\\^`\"<>") {
			return siteError("it is not the name of a host: "+clean(host), hintSite)
		}
	}
	switch host {
	case "api.atlassian.com":
		return siteError("this is the gateway, which all sites share", hintSite)
	case "id.atlassian.com", "admin.atlassian.com", "home.atlassian.com", "start.atlassian.com", "www.atlassian.com",
		"support.atlassian.com", "developer.atlassian.com", "atlassian.com", "atlassian.net":
		return siteError(host+" is Atlassian's own, not a site", hintSite)
	}
	return nil
}

func schemeFor(scheme, host string) (string, error) {
	switch {
	case scheme == "https", scheme == "" && !isLoopback(host):
		return "https", nil
	case (scheme == "http" || scheme == "") && isLoopback(host):
		return "http", nil
	case scheme == "http":
		return "", siteError("plain http would send the credentials for all to read", "give it as https://"+host)
	}
	return "", siteError("it is not a web address", hintSite)
}

func joinPort(host, port, scheme string) string {
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// checkEndpoint lets an address of ours through that credentials may be sent to.
func checkEndpoint(flag, s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return &Error{Op: "reading " + flag, Kind: KindSite, Message: "it is not a plain https address", Hint: "leave " + flag + " away unless somebody gave you one"}
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(strings.ToLower(u.Hostname())):
		return nil
	}
	return &Error{Op: "reading " + flag, Kind: KindSite, Message: "only https is allowed, and http to a loopback address", Hint: "plain http would send the credentials for all to read"}
}

// checkProxyURL refuses proxy settings that cannot be used, without quoting them: they may hold a password.
func checkProxyURL(site string) error {
	req, err := http.NewRequest(http.MethodGet, site, nil)
	if err != nil {
		return siteError("it is not an address", hintSite)
	}
	if _, err := http.ProxyFromEnvironment(req); err != nil {
		return &Error{Op: "reading the proxy's address", Kind: KindProxy, Message: "it is not an address", Hint: "check HTTPS_PROXY: it looks like http://proxy:8080"}
	}
	return nil
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }

// Info is what a site says of itself to anybody.
type Info struct {
	Version string `json:"version"`
}

func (c *Client) infoRequest() *request {
	const route = "/rest/servicedeskapi/info"
	return &request{op: "reaching the site", method: http.MethodGet, route: route, path: route, lane: c.checks, anonymous: true, check: true}
}

// Info proves that there is a Jira Service Management site, and nothing about the credentials.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var info Info
	_, err := c.get(ctx, c.infoRequest(), &info)
	return info, err
}

// Tenant is the site as Atlassian's gateway knows it.
type Tenant struct {
	CloudID string `json:"cloudId"`
}

// TenantInfo asks the site for its cloud id; no credentials are sent.
func (c *Client) TenantInfo(ctx context.Context) (Tenant, error) {
	const route = "/_edge/tenant_info"
	var tenant Tenant
	a, err := c.get(ctx, &request{op: "asking for the cloud id", route: route, path: route, lane: c.checks, anonymous: true, check: true}, &tenant)
	if err == nil && !IsAccountID(tenant.CloudID) {
		err = &Error{Op: "asking for the cloud id", Method: http.MethodGet, Route: route, Status: a.status, Kind: KindSite,
			Message: "the answer holds no cloud id", Hint: hintPage}
	}
	return tenant, err
}

// maybeDataCenter recognises headers that a server of one's own sends.
func maybeDataCenter(h http.Header) bool {
	return h.Get("X-ASESSIONID") != "" || h.Get("X-ANODEID") != ""
}
