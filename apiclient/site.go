package apiclient

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// cloud is one of Atlassian's clouds: the domains of its sites, and the hosts that take credentials for them.
type cloud struct {
	domains []string
	gateway string // "": not known
	token   string
}

// clouds are Atlassian's, the commercial one first: it serves sites at domains of their own, too.
// Credentials of one must never reach a host of another.
var clouds = []cloud{
	{
		domains: []string{"atlassian.net", "jira.com"},
		gateway: "https://api.atlassian.com",
		token:   "https://auth.atlassian.com/oauth/token",
	},
	{
		domains: []string{"atlassian-us-gov-mod.net"},
		gateway: "https://api.atlassian-us-gov-mod.com",
		token:   "https://auth.atlassian-us-gov-mod.com/oauth/token",
	},
	{domains: []string{"atlassian-us-gov.net", "atlassian-isolated.net", "atl-ic.net"}},
}

// cloudOf is the cloud of a site, with the hosts that are given instead of its own; "" keeps its own. A domain of
// Atlassian's without a known gateway needs them, and a host of another cloud is refused.
func cloudOf(site, gateway, token string, kind CredentialKind) (cloud, error) {
	own, known := cloudOfDomain(hostOf(site))
	used := own
	for _, o := range []struct {
		flag, given string
		to          *string
	}{{"--gateway-url", gateway, &used.gateway}, {"--token-url", token, &used.token}} {
		if o.given == "" {
			continue
		}
		if err := checkEndpoint(o.flag, o.given); err != nil {
			return cloud{}, err
		}
		if known && belongsToOther(own, hostOf(o.given)) {
			return cloud{}, endpointError(o.flag, "this host belongs to another of Atlassian's clouds than the site",
				"leave "+o.flag+" out: the credentials of one cloud must not be sent to another")
		}
		*o.to = strings.TrimRight(o.given, "/")
	}
	if used.gateway == "" || used.token == "" && kind == ServiceAccount {
		return cloud{}, siteError("the gateway of this one of Atlassian's clouds is not known: "+hostOf(site),
			"ask Atlassian's support for its addresses, and give them as --gateway-url and --token-url")
	}
	return used, nil
}

// belongsToOther reports whether a host takes credentials for another cloud than own.
func belongsToOther(own cloud, host string) bool {
	for _, other := range clouds {
		if other.gateway != "" && other.gateway != own.gateway &&
			(host == hostOf(other.gateway) || host == hostOf(other.token)) {
			return true
		}
	}
	return false
}

// cloudOfDomain finds the cloud of a host; known is false for a domain of one's own, which the commercial cloud serves.
func cloudOfDomain(host string) (found cloud, known bool) {
	for _, c := range clouds {
		for _, domain := range c.domains {
			if within(host, domain) {
				return c, true
			}
		}
	}
	labels := strings.Split(host, ".")
	if len(labels) > 1 && strings.HasPrefix(labels[len(labels)-2], "atlassian") {
		return cloud{}, true
	}
	return clouds[0], false
}

// replace sets an address that credentials are sent to, unless it is given as "".
func (c cloud) replace(to *string, flag, given string, known bool) error {
	if given == "" {
		return nil
	}
	if err := checkEndpoint(flag, given); err != nil {
		return err
	}
	for _, other := range clouds {
		for _, address := range []string{other.gateway, other.token} {
			if known && address != "" && hostOf(address) == hostOf(given) && other.gateway != c.gateway {
				return endpointError(flag, "this host belongs to another cloud of Atlassian's than the site",
					"leave "+flag+" out: the credentials of one cloud must not be sent to another")
			}
		}
	}
	*to = strings.TrimRight(given, "/")
	return nil
}

// CredentialHosts are the hosts that the credentials may be sent to: the site (API tokens only), the gateway, and the
// token endpoint (service accounts only).
func (c *Client) CredentialHosts() []string {
	var hosts []string
	if c.kind == APIToken {
		hosts = append(hosts, hostOf(c.site))
	}
	hosts = append(hosts, hostOf(c.cloud.gateway))
	if c.kind == ServiceAccount {
		hosts = append(hosts, hostOf(c.cloud.token))
	}
	return hosts
}

func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// hostOf is the host of an address without its port, in lower case.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// ParseSite completes what people give for a site: "acme" and "acme.atlassian.net/jira/projects" are
// "https://acme.atlassian.net". Plain http is for loopback addresses only. What is no site is an *Error.
func ParseSite(s string) (string, error) {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	if s == "" {
		return "", siteError("no site is given", "set --site or JIRA_BASE_URL to https://your-domain.atlassian.net")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	}
	authority, _, _ := strings.Cut(rest, "/")
	if strings.Contains(authority, "@") {
		return "", siteError("it holds a user name or a password",
			"leave them out, and set JIRA_USER_EMAIL and JIRA_API_TOKEN")
	}
	u, err := url.Parse("//" + rest)
	if err != nil || u.Hostname() == "" {
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
	return &Error{Op: "reading the site's address", Kind: KindSite, Message: message, Hint: hint}
}

// checkHost refuses what is no name of a host, and Atlassian's own hosts.
func checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsAny(label, " \t_:%$&+,;=!*'()[]{}|\\^`\"<>") {
			return siteError("it is not the name of a host: "+clean(host), hintSite)
		}
	}
	for _, c := range clouds {
		if c.gateway != "" && host == hostOf(c.gateway) {
			return siteError("this is the gateway, which all sites share", hintSite)
		}
	}
	if within(host, "atlassian.com") || host == "atlassian.net" {
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

// checkEndpoint accepts a plain https address, or http to a loopback address: credentials may be sent there.
func checkEndpoint(flag, s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return endpointError(flag, "it is not a plain https address", "leave "+flag+" out unless somebody gave you one")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(strings.ToLower(u.Hostname())):
		return nil
	}
	return endpointError(flag, "only https is allowed, and http to a loopback address",
		"plain http would send the credentials for all to read")
}

func endpointError(flag, message, hint string) error {
	return &Error{Op: "reading " + flag, Kind: KindSite, Message: message, Hint: hint}
}

// maybeDataCenter recognises headers that a server of one's own sends.
func maybeDataCenter(h http.Header) bool {
	return h.Get("X-ASESSIONID") != "" || h.Get("X-ANODEID") != ""
}
