package apiclient

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
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

	hintRedirect = "give the address that a browser shows for Jira, " + exampleSite + ", as --site"
	hintPage     = "check --site: it must be " + exampleSite + "; a proxy or a sign-on page in between answers like this, too"
	hintSignup   = "let customers be created: Jira settings > Products > Jira Service Management > Customer access, " +
		"and the project's Customer permissions"
	hintProxy    = "put the proxy's user and password into HTTPS_PROXY, as in http://user:password@proxy:8080"
	hintCA       = "if your network inspects TLS, save its certificate authority as a PEM file and give it as --ca-file"
	hintName     = "check --site, and that this machine can resolve names"
	hintAgain    = "look whether the site opens in a browser, then run the same command again"
	hintConnect  = "check the network, and whether a proxy is needed (HTTPS_PROXY)"
	hintAccess   = "check that the account has access to Jira Service Management on this site"
	hintAgent    = "the account needs a Jira Service Management licence, and the project role Administrator"
	hintNewToken = "make a token (they end after a year at most): " +
		"https://id.atlassian.com/manage-profile/security/api-tokens"
	hintServiceAccount = "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET, and that the service account has access to Jira " +
		"on this site: admin.atlassian.com > Directory > Service accounts"

	globalPermissions = "Jira settings > System > Global permissions"
)

var hintCredentials = map[CredentialKind]string{
	APIToken:       "check JIRA_USER_EMAIL and JIRA_API_TOKEN, or " + hintNewToken,
	AccessToken:    "get a new JIRA_ACCESS_TOKEN: it lasts about an hour, and must be for this site",
	ServiceAccount: hintServiceAccount,
}

// forbiddenHints are what to do about a 403, by route.
var forbiddenHints = map[string]string{
	routeCustomer: "grant the account Administer Jira: " + globalPermissions,
	routeRevoke: "revoking needs an organization or site administrator: admin.atlassian.com > Directory > Users; " +
		"a token with scopes needs manage:servicedesk-customer",
	routeRename: "changing names needs Administer Jira, and works for portal-only accounts of this site alone; " +
		"a token with scopes needs write:customer:jira-service-management",
	routeSearch:           HintBrowse,
	routeOrganization:     hintAgent,
	routeOrganizationUser: hintAgent,
	routeDeskCustomer:     hintAgent,
	routeDeskOrganization: hintAgent,
}

// explain is in plain words why there was no answer. The text holds no URL and no credentials.
func explain(err error) (Kind, string, string) {
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
	return KindUnreachable, "no answer: " + userInfo.ReplaceAllString(innermost(err), "//"), hintAgain
}

// userInfo is a user and password in a URL.
var userInfo = regexp.MustCompile(`//[^/\s]*@`)

// explainConnecting knows what goes wrong before there is a connection; 0: nothing did.
func explainConnecting(err error) (Kind, string, string) {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		text := "the certificate could not be verified: " + clean(e.Err.Error())
		if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
			text += ", " + issuer(unknown.Cert)
		}
		return KindTLS, text, "check --site, and the clock of this machine; " + hintCA
	}
	alert, isAlert := errors.AsType[tls.AlertError](err)
	_, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isAlert:
		return KindTLS, "the TLS handshake was refused: " + alert.Error(), hintCA
	case isRecord, errors.Is(err, http.ErrSchemeMismatch):
		return KindTLS, "the host does not speak TLS on this port", "check --site; behind a proxy, check HTTPS_PROXY"
	}
	if e, ok := errors.AsType[*proxyError](err); ok {
		return KindProxy, e.Error(), hintProxy
	}
	op, _ := errors.AsType[*net.OpError](err)
	if e, ok := errors.AsType[*net.DNSError](err); ok && (op == nil || op.Op != "proxyconnect") {
		if e.IsNotFound {
			return KindName, "there is no host " + clean(e.Name), hintName
		}
		return KindUnreachable, "the name " + clean(e.Name) + " could not be looked up", hintName
	}
	switch {
	case op != nil && op.Op == "proxyconnect":
		return KindProxy, "cannot connect to the proxy", "check HTTPS_PROXY, and that the proxy runs"
	case op != nil && op.Op == "dial":
		return KindUnreachable, "cannot connect: " + innermost(op), hintConnect
	}
	return 0, "", ""
}

// issuer names who signed a certificate, as far as it is named.
func issuer(c *x509.Certificate) string {
	if c == nil {
		return "nobody"
	}
	return clean(c.Issuer.String())
}

// innermost is the text of the last of the wrapped errors: the outer ones name addresses.
func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// maxMessage is how much of a server's message is quoted, in characters.
const maxMessage = 200

// messageNames are the names by which Jira, its gateway, OAuth and others call the message of a refusal. All of the
// first group that is there count.
var messageNames = [][]string{
	{"errorMessage", "errorMessages", "errors"}, {"message"}, {"error_description"}, {"error"}, {"detail"}, {"title"},
}

// readMessage finds the message of a refusal: in JSON of any shape, plain text, or a page's title.
// It is as the server wrote it; clean makes it fit to be quoted.
func readMessage(h http.Header, body []byte) (key, text string) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if isPage(h, body) {
		if m := titleTag.FindSubmatch(body); m != nil {
			text = html.UnescapeString(string(m[1]))
		}
		return "", text
	}
	var v any
	switch err := json.Unmarshal(body, &v); {
	case err == nil:
		if m, ok := v.(map[string]any); ok {
			i18n, _ := m["i18nErrorMessage"].(map[string]any)
			key, _ = i18n["i18nKey"].(string)
		}
		return key, flatten(v)
	case bytes.HasPrefix(body, []byte("{")), bytes.HasPrefix(body, []byte("[")):
		return "", "" // cut short
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return "", string(line)
}

// flatten joins the texts in v: a string, a list, or an object with a message, or else of field and text.
func flatten(v any) string {
	var parts []string
	add := func(before string, v any) {
		if s := flatten(v); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, before+s)
		}
	}
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for _, item := range v {
			add("", item)
		}
	case map[string]any:
		for _, group := range messageNames {
			for _, name := range group {
				add("", v[name])
			}
			if len(parts) > 0 {
				return strings.Join(parts, "; ")
			}
		}
		for _, field := range slices.Sorted(maps.Keys(v)) {
			add(field+": ", v[field])
		}
	}
	return strings.Join(parts, "; ")
}

var (
	titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	anyTag   = regexp.MustCompile(`<[/!?a-zA-Z][^>]*>?`)
	address  = regexp.MustCompile(`[^\s<>()\[\]"',;:=]+(?:@|%40)[^\s<>()\[\]"',;:]+`)
)

// isPage reports whether an answer is HTML, or any other markup.
func isPage(h http.Header, body []byte) bool {
	body = bytes.TrimSpace(body)
	isHTML := strings.Contains(strings.ToLower(h.Get("Content-Type")), "html")
	return len(body) > 0 && (isHTML || bytes.HasPrefix(body, []byte("<")))
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
		case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
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
