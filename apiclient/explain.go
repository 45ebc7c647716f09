package apiclient

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The hints, each one sentence; exported where others need them, too.
const (
	HintScope  = "make a token with the scopes manage:servicedesk-customer, read:servicedesk-request and read:jira-user"
	HintBrowse = "grant the global permission Browse users and groups: " + globalPermissions

	hintPage   = "check --site: it must be " + exampleSite + "; a proxy or a sign-on page answers like this, too"
	hintSignup = "let customers be created: Jira settings > Products > Jira Service Management > Customer access, " +
		"and the project's Customer permissions"
	hintAgain      = "look whether the site opens in a browser, then run the same command again"
	hintConnect    = "check --site, the network, and whether a proxy is needed (HTTPS_PROXY)"
	hintAccess     = "check that the account has access to Jira Service Management on this site"
	hintAgent      = "the account needs a Jira Service Management licence, and the project role Administrator"
	hintAdminister = "grant the account Administer Jira: " + globalPermissions
	hintSiteAdmin  = "revoking needs an organization or site administrator: admin.atlassian.com > Directory > Users; " +
		"a token with scopes needs manage:servicedesk-customer"
	hintRename = "changing names needs Administer Jira, and works for portal-only accounts of this site alone; " +
		"a token with scopes needs write:customer:jira-service-management"
	hintAPIToken = "set JIRA_USER_EMAIL and JIRA_API_TOKEN, which ends after a year at most: " +
		"https://id.atlassian.com/manage-profile/security/api-tokens"
	hintServiceAccount = "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET, and that the service account has access to Jira " +
		"on this site: admin.atlassian.com > Directory > Service accounts"

	globalPermissions = "Jira settings > System > Global permissions"
)

var hintCredentials = map[CredentialKind]string{
	APIToken:       hintAPIToken,
	AccessToken:    "get a new JIRA_ACCESS_TOKEN: it lasts about an hour, and must be for this site",
	ServiceAccount: hintServiceAccount,
}

// explain is why there was no answer, and what to do about it. The text holds no URL and no credentials: it is that
// of the innermost error, as the outer ones name addresses.
func explain(err error) (kind Kind, text, hint string) {
	if err == nil {
		return KindUnreachable, "no answer", hintConnect
	}
	text = err.Error()
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		text = userInfo.ReplaceAllString(inner.Error(), "//")
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, proxy := errors.AsType[*proxyError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	name, isName := errors.AsType[*net.DNSError](err)
	timeout, isTimeout := errors.AsType[net.Error](err)
	switch {
	case certificate, alert:
		return KindTLS, "TLS failed: " + text, "check --site, and the clock of this machine; if your network inspects " +
			"TLS, save its certificate authority as a PEM file and give it as --ca-file"
	case record, errors.Is(err, http.ErrSchemeMismatch):
		return KindTLS, "the host does not speak TLS on this port", hintConnect
	case proxy, isOp && op.Op == "proxyconnect":
		return KindProxy, "no connection through the proxy: " + text,
			"check HTTPS_PROXY: it looks like http://proxy:8080, or http://user:password@proxy:8080"
	case isName && name.IsNotFound:
		return KindName, "there is no host " + clean(name.Name), "check --site, and that this machine can resolve names"
	case isOp && op.Op == "dial":
		return KindUnreachable, "cannot connect: " + text, hintConnect
	case isTimeout && timeout.Timeout():
		return KindTimeout, "no answer in time", hintAgain
	}
	return KindUnreachable, "no answer was read: " + text, hintAgain
}

// userInfo is a user and password in a URL.
var userInfo = regexp.MustCompile(`//[^/\s]*@`)

// maxMessage is how much of a server's message is quoted, in characters.
const maxMessage = 200

// readMessage finds the message of a refusal, and Jira's key for it: in JSON of any shape, plain text, or a page's
// title. It is as the server wrote it; clean makes it fit to be quoted.
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
		var named struct {
			I18n struct{ I18nKey string } `json:"i18nErrorMessage"`
		}
		if json.Unmarshal(body, &named) == nil {
			key = named.I18n.I18nKey
		}
		return key, strings.Join(messages("", v), "; ")
	case bytes.HasPrefix(body, []byte("{")), bytes.HasPrefix(body, []byte("[")):
		return "", "" // cut short
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return "", string(line)
}

// messages are the texts in v, but for those of an object's fields that are known to hold something else.
func messages(name string, v any) (texts []string) {
	switch v := v.(type) {
	case string:
		return []string{name + strings.TrimSpace(v)}
	case []any:
		for _, item := range v {
			texts = append(texts, messages(name, item)...)
		}
	case map[string]any:
		for _, field := range slices.Sorted(maps.Keys(v)) {
			switch field {
			case "errorMessage", "errorMessages", "errors", "message", "detail", "error_description":
				texts = append(texts, messages("", v[field])...)
			case "i18nErrorMessage", "error", "title", "type", "path", "timestamp", "_links":
			default:
				texts = append(texts, messages(field+": ", v[field])...)
			}
		}
	}
	return texts
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
