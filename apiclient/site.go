package apiclient

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// cloud is one of Atlassian's clouds: the addresses that take the credentials of its sites. "": not known.
type cloud struct{ gateway, token string }

var (
	commercial = cloud{"https://api.atlassian.com", "https://auth.atlassian.com/oauth/token"}
	government = cloud{"https://api.atlassian-us-gov-mod.com", "https://auth.atlassian-us-gov-mod.com/oauth/token"}

	clouds = map[string]cloud{ // by the domain of their sites; others that begin with "atlassian" are not known
		"atlassian.net":            commercial,
		"jira.com":                 commercial,
		"atlassian-us-gov-mod.net": government,
		"atl-ic.net":               {},
	}
)

// cloudOf is the cloud of a site, with the addresses that are given instead of its own; "" keeps its own. A domain of
// Atlassian's without a known gateway needs them, and a host of another cloud is refused.
func cloudOf(site, gateway, token string, kind CredentialKind) (cloud, error) {
	own, known := cloudOfDomain(hostOf(site))
	if isLoopback(hostOf(site)) {
		own = cloud{gateway: site, token: site + "/oauth/token"} // a sandbox is all of it
	}
	used := own
	for _, o := range []struct {
		flag, given string
		to          *string
	}{{"--gateway-url", gateway, &used.gateway}, {"--token-url", token, &used.token}} {
		if o.given == "" {
			continue
		}
		u, err := parseAddress(o.given)
		host := hostOf(o.given)
		other := func(c cloud) bool { return c != own && (host == hostOf(c.gateway) || host == hostOf(c.token)) }
		switch {
		case err != nil:
		case u.RawQuery+u.Fragment != "":
			err = siteError("it is not a plain address", "leave "+o.flag+" out unless somebody gave you one")
		case known && (other(commercial) || other(government)):
			err = siteError("this host belongs to another of Atlassian's clouds than the site",
				"leave "+o.flag+" out: the credentials of one cloud must not be sent to another")
		}
		if err != nil {
			err.Op = "reading " + o.flag
			return cloud{}, err
		}
		*o.to = strings.TrimRight(o.given, "/")
	}
	if used.gateway == "" || used.token == "" && kind == ServiceAccount {
		return cloud{}, siteError("the gateway of this one of Atlassian's clouds is not known: "+hostOf(site),
			"ask Atlassian's support for its addresses, and give them as --gateway-url and --token-url")
	}
	return used, nil
}

// cloudOfDomain finds the cloud of a host; known is false for a domain of one's own, which the commercial cloud serves.
func cloudOfDomain(host string) (found cloud, known bool) {
	labels := strings.Split("."+host, ".")
	domain := strings.Join(labels[len(labels)-2:], ".")
	if found, known = clouds[domain]; known || strings.HasPrefix(domain, "atlassian") {
		return found, true
	}
	return commercial, false
}

// CredentialHosts are the hosts that the credentials may be sent to: the site (API tokens only), the gateway, and the
// token endpoint (service accounts only).
func (c *Client) CredentialHosts() []string {
	return map[CredentialKind][]string{
		APIToken:       {hostOf(c.site), hostOf(c.cloud.gateway)},
		AccessToken:    {hostOf(c.cloud.gateway)},
		ServiceAccount: {hostOf(c.cloud.gateway), hostOf(c.cloud.token)},
	}[c.kind]
}

// hostOf is the host of an address without its port, in lower case and without a last dot; "" of none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// ParseSite completes what people give for a site: "acme" and "acme.atlassian.net/jira/projects" are
// "https://acme.atlassian.net". Plain http is for loopback addresses only. What is no site is an *Error.
func ParseSite(s string) (string, error) {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	if s == "" {
		return "", siteError("no site is given", "set --site or JIRA_BASE_URL to "+exampleSite)
	}
	if !strings.Contains(s, "://") {
		scheme := "https://"
		if isLoopback(hostOf("//" + s)) {
			scheme = "http://"
		}
		s = scheme + s
	}
	u, err := parseAddress(s)
	host := hostOf(s)
	switch {
	case err != nil:
		return "", err
	case isLoopback(host):
		return u.Scheme + "://" + u.Host, nil
	case strings.HasSuffix("."+host, ".atlassian.com"), host == "atlassian.net":
		return "", siteError(host+" is Atlassian's own, not a site", "give it as "+exampleSite)
	case !strings.Contains(host, "."):
		host += ".atlassian.net"
	}
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return "https://" + host, nil
}

const exampleSite = "https://your-domain.atlassian.net"

var hostName = regexp.MustCompile(`^[\pL\pN-]+(\.[\pL\pN-]+)*\.?$`)

// parseAddress accepts an https address, or http to a loopback address: credentials may be sent there.
func parseAddress(s string) (*url.URL, *Error) {
	u, err := url.Parse(s)
	switch {
	case err != nil, !hostName.MatchString(u.Hostname()) && u.Hostname() != "::1":
		return nil, siteError("it is not an address", "give it as "+exampleSite)
	case u.User != nil:
		return nil, siteError("it holds a user name or a password",
			"leave them out, and set JIRA_USER_EMAIL and JIRA_API_TOKEN")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, siteError("only https is allowed, and http to a loopback address: "+
		"plain http would send the credentials for all to read", "give it as https://"+u.Host)
}

func siteError(message, hint string) *Error {
	return newError("reading the site's address", KindSite, message, hint)
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
