package apiclient

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// The hints, each one sentence; exported where others need them, too.
const (
	HintScope  = "make a token with the scopes manage:servicedesk-customer, read:servicedesk-request and read:jira-user"
	HintBrowse = "grant the global permission Browse users and groups: " + globalPermissions

	hintDataCenter = "jsm-onboard works with Jira Cloud alone, whose sites are called https://your-domain.atlassian.net"
	hintSite       = "give it as https://your-domain.atlassian.net"
	hintRedirect   = "give the address that a browser shows for Jira, https://your-domain.atlassian.net, as --site"
	hintPage       = "check --site: it must be https://your-domain.atlassian.net; " +
		"a proxy or a sign-on page in between answers like this, too"
	hintSignup = "let customers be created: Jira settings > Products > Jira Service Management > Customer access, " +
		"and the project's Customer permissions"
	hintProxy      = "put the proxy's user and password into HTTPS_PROXY, as in http://user:password@proxy:8080"
	hintAdminister = "grant the account Administer Jira: " + globalPermissions
	hintSiteAdmin  = "revoking needs an organization or site administrator: admin.atlassian.com > Directory > Users; " +
		"a token with scopes needs manage:servicedesk-customer"
	hintRename = "changing names needs Administer Jira, and an account of this site's own customers; " +
		"a token with scopes needs write:customer:jira-service-management"
	hintAgent = "the account needs a Jira Service Management licence and must be an administrator of the project: " +
		"Project settings > People"
	hintCA      = "if your network inspects TLS, save its certificate authority as a PEM file and give it as --ca-file"
	hintName    = "check --site, and that this machine can resolve names"
	hintAgain   = "look whether the site opens in a browser, then run the same command again"
	hintConnect = "check the network, and whether a proxy is needed (HTTPS_PROXY)"

	globalPermissions = "Jira settings > System > Global permissions"
)

func hintCredentials(kind CredentialKind) string {
	switch kind {
	case AccessToken:
		return "get a new JIRA_ACCESS_TOKEN: it lasts about an hour, and must be for this site"
	case ServiceAccount:
		return "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET, and that the service account has access to Jira on this site"
	}
	return "check JIRA_USER_EMAIL and JIRA_API_TOKEN, or make a new token (they end after a year at most): " +
		"https://id.atlassian.com/manage-profile/security/api-tokens"
}

func forbiddenHint(route string) string {
	switch route {
	case routeCustomer:
		return hintAdminister
	case routeRevoke:
		return hintSiteAdmin
	case routeRename:
		return hintRename
	case routeSearch:
		return HintBrowse
	case routeOrganization, routeOrganizationUser, routeDeskCustomer, routeDeskOrganization:
		return hintAgent
	}
	return "check that the account has access to Jira Service Management on this site"
}

// explain is in plain words why there was no answer. The text holds no URL and no credentials.
func explain(err error) (Kind, string, string) {
	if kind, text, hint := explainTLS(err); kind != 0 {
		return kind, text, hint
	}
	if kind, text, hint := explainConnecting(err); kind != 0 {
		return kind, text, hint
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return KindTimeout, "no answer in time", hintAgain
	}
	for _, broken := range []error{syscall.ECONNRESET, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, broken) {
			return KindUnreachable, "the connection broke before the answer was read", hintAgain
		}
	}
	if e, ok := errors.AsType[*tokenServerError](err); ok {
		return KindServer, e.Error(), hintAgain
	}
	if err == nil {
		return KindUnreachable, "no answer", hintAgain
	}
	return KindUnreachable, "no answer: " + userInfo.ReplaceAllString(innermost(err).Error(), "//"), hintAgain
}

// userInfo is a user and password in a URL.
var userInfo = regexp.MustCompile(`//[^/\s]*@`)

// explainConnecting knows what goes wrong before there is a connection.
func explainConnecting(err error) (Kind, string, string) {
	if e, ok := errors.AsType[*proxyError](err); ok {
		if e.status == http.StatusProxyAuthRequired {
			return KindProxy, "the proxy wants a user and a password (407)", hintProxy
		}
		return KindProxy, e.Error(), "ask whoever runs the proxy to let this machine reach the site"
	}
	op, _ := errors.AsType[*net.OpError](err)
	if op != nil && op.Op == "proxyconnect" {
		return KindProxy, "cannot connect to the proxy", "check HTTPS_PROXY, and that the proxy runs"
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return KindName, "there is no host " + clean(e.Name), hintName
		}
		return KindUnreachable, "the name " + clean(e.Name) + " could not be looked up", hintName
	}
	switch {
	case op == nil || op.Op != "dial":
		return 0, "", ""
	case op.Timeout():
		return KindUnreachable, "cannot connect: no answer in time", hintConnect
	case errors.Is(err, syscall.ECONNREFUSED):
		return KindUnreachable, "cannot connect: connection refused", hintConnect
	}
	return KindUnreachable, "cannot connect: " + innermost(op).Error(), hintConnect
}

func explainTLS(err error) (Kind, string, string) {
	const hintPort = "check --site; behind a proxy, check HTTPS_PROXY"
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return KindTLS, "the certificate is for another host than " + clean(e.Host), "check --site; " + hintCA
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return KindTLS, "the certificate has expired or is not valid yet", "check the clock of this machine; " + hintCA
		}
		return KindTLS, "the certificate is not valid: " + e.Error(), hintCA
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		by := orElse(issuer(e.Cert), "an authority")
		return KindTLS, "the certificate is signed by " + by + ", which this machine does not know", hintCA
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return KindTLS, "the certificate could not be verified", hintCA
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return KindTLS, fmt.Sprintf("the TLS handshake was refused (%v)", e), hintCA
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return KindTLS, "the host does not speak TLS on this port", hintPort
	}
	return 0, "", ""
}

// issuer names who signed a certificate, in quotes; "" when nobody is named.
func issuer(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	name := c.Issuer.CommonName
	if name == "" && len(c.Issuer.Organization) > 0 {
		name = c.Issuer.Organization[0]
	}
	if name = clean(name); name == "" {
		return ""
	}
	return `"` + name + `"`
}

// innermost is the last of the wrapped errors: the outer ones name addresses.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// maxMessage is how much of a server's message is quoted, in characters.
const maxMessage = 200

// readMessage finds the message of a refusal, in any of the shapes that Jira, its gateway and proxies use:
// errorMessage, errorMessages and errors, code and message, OAuth's error_description, plain text, or a page's title.
// It is as the server wrote it; clean makes it fit to be quoted.
func readMessage(h http.Header, body []byte) (key, text string) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if isPage(h, body) {
		return "", title(body)
	}
	var v any
	if json.Unmarshal(body, &v) == nil {
		if m, ok := v.(map[string]any); ok {
			return fromObject(m)
		}
		return "", flatten(v)
	}
	if bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("[")) {
		return "", "" // cut short
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return "", string(line)
}

func fromObject(m map[string]any) (key, text string) {
	if i18n, ok := m["i18nErrorMessage"].(map[string]any); ok {
		key, _ = i18n["i18nKey"].(string)
	}
	var parts []string
	for _, name := range []string{"errorMessage", "errorMessages", "errors"} {
		if s := flatten(m[name]); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	if len(parts) > 0 {
		return key, strings.Join(parts, "; ")
	}
	for _, name := range []string{"message", "error_description", "error", "detail", "title"} {
		if s := flatten(m[name]); s != "" {
			return key, s
		}
	}
	return key, ""
}

// flatten joins the texts in v: a string, a list, or an object of field and text.
func flatten(v any) string {
	var parts []string
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for _, item := range v {
			if s := flatten(item); s != "" {
				parts = append(parts, s)
			}
		}
	case map[string]any:
		if s, ok := v["message"].(string); ok {
			return strings.TrimSpace(s)
		}
		for _, field := range slices.Sorted(maps.Keys(v)) {
			if s := flatten(v[field]); s != "" {
				parts = append(parts, field+": "+s)
			}
		}
	}
	return strings.Join(parts, "; ")
}

var (
	titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	anyTag   = regexp.MustCompile(`<[/!?a-zA-Z][^>]*>?`)
	address  = regexp.MustCompile(`[^\s<>()\[\]"',;:=]+(?:@|%40)[^\s<>()\[\]"',;:]+`)
)

func title(page []byte) string {
	m := titleTag.FindSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(string(m[1]))
}

// isPage reports whether an answer is HTML, or any other markup.
func isPage(h http.Header, body []byte) bool {
	if strings.Contains(strings.ToLower(h.Get("Content-Type")), "html") && len(bytes.TrimSpace(body)) > 0 {
		return true
	}
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// clean makes one line of at most maxMessage characters, without markup and control characters.
func clean(s string) string {
	if len(s) > 16*maxMessage {
		s = s[:16*maxMessage]
	}
	s = anyTag.ReplaceAllString(strings.ToValidUTF8(s, "\ufffd"), " ")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= maxMessage {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:maxMessage-1])) + "…"
}

// hide takes secrets out of a text.
func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "[hidden]")
	}
	return s
}

// mask takes personal data out of a text: anything like an address, and the words given where they stand alone.
func mask(s string, private []string) string {
	for _, p := range private {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			word := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(p) + `($|[^\pL\pN])`)
			s = word.ReplaceAllString(s, "${1}[hidden]${2}")
		}
	}
	return address.ReplaceAllString(s, "[address]")
}
