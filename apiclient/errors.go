package apiclient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Kind is what is wrong, as far as somebody acts on it. Answers are told apart by status and shape, never by texts.
type Kind int

const (
	KindSite         Kind = iota + 1 // the address is not that of a Jira Service Management Cloud site
	KindSettings                     // no connection with these settings: host, certificate or proxy
	KindTimeout                      // no answer in time
	KindUnauthorized                 // 401, or no usable credentials
	KindScope                        // 401 while the same token is good for something else: it lacks a scope
	KindForbidden                    // 403: the account lacks a permission
	KindInvalid                      // 400, 409, and other refusals of what was sent
	KindNotFound                     // 404 and 410; see Error.RouteUncertain
	KindUnavailable                  // no connection, or it broke; 5xx; 429 again and again, while others pass
	KindAnswer                       // 2xx, and not what the API promises, as a web page
)

// The hints, each one sentence; exported where others need them, too.
const (
	HintScope  = "make a token with the scopes " + ScopeManage + ", " + ScopeRequest + " and " + ScopeUser
	HintBrowse = "grant the global permission Browse users and groups: " + globalPermissions

	hintPage   = "check --site: it must be " + exampleSite + "; a proxy or a sign-on page answers like this, too"
	hintSignup = "allow customers to be created: Jira settings > Products > Jira Service Management > " +
		"Customer access, and the project's Customer permissions"
	hintAgain   = "check whether the site opens in a browser, then run the same command again"
	hintConnect = "check --site, the network, and whether a proxy is needed (HTTPS_PROXY)"
	hintTLS     = "check --site, and the clock of this machine; if your network inspects TLS, save its certificate " +
		"authority as a PEM file and give it as --ca-file"
	hintProxy      = "check HTTPS_PROXY: it looks like http://proxy:8080, or http://user:password@proxy:8080"
	hintAccess     = "check that the account has access to Jira Service Management on this site"
	hintAgent      = "the account needs a Jira Service Management licence, and the project role Administrator"
	hintAdminister = "grant the account Administer Jira: " + globalPermissions
	hintSiteAdmin  = "revoking needs an organization or site administrator: admin.atlassian.com > Directory > Users; " +
		"a token with scopes needs " + ScopeManage
	hintRename = "changing names needs Administer Jira, and works for portal-only accounts of this site alone; " +
		"a token with scopes needs write:customer:jira-service-management"

	globalPermissions = "Jira settings > System > Global permissions"

	hidden = "[hidden]" // in place of what must not be shown
)

var hintCredentials = map[CredentialKind]string{
	APIToken: "set JIRA_USER_EMAIL to the address of the account that has made JIRA_API_TOKEN; a token expires " +
		"after a year at most, and a new one is made at https://id.atlassian.com/manage-profile/security/api-tokens",
	AccessToken: "get a new JIRA_ACCESS_TOKEN: it lasts about an hour, and must be for this site",
	ServiceAccount: "check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET, and that the service account has access " +
		"to Jira on this site: admin.atlassian.com > Directory > Service accounts",
}

// Error is an operation that failed. Message may hold what was sent (an address, a name): it is for the results file.
// Error and Redacted are for logs. Where the server quotes credentials that were sent, "[hidden]" is in their place.
type Error struct {
	Op      string // what was being done
	Status  int    // 0: no answer
	Key     string // the server's own name for the problem (i18nKey), such as cv.signup.error.not.allowed
	Message string // what happened, or what the server said: one line, no markup, of its text at most 200 characters
	Kind    Kind
	Hint    string // what to do about it, in one sentence; may be empty

	// RouteUncertain: it may be that the site does not have the operation, or that something in between does not let it
	// through: 404, 405 or 410 before it has ever succeeded, or any web page. Otherwise a 404 is about what was named.
	RouteUncertain bool

	masked string // Message for logs; "": as it is
}

func newError(op string, kind Kind, message, hint string) *Error {
	return &Error{Op: op, Kind: kind, Message: message, Hint: hint}
}

// Error is for a log: what was being done, and Redacted.
func (e *Error) Error() string { return e.Op + ": " + e.Redacted() }

// Redacted is Reason with only as much of the server's text as can be no person; see mask.
func (e *Error) Redacted() string { return e.reason(cmp.Or(e.masked, e.Message)) }

// Reason is what happened without what was being done: status and message, for the results file.
func (e *Error) Reason() string { return e.reason(e.Message) }

func (e *Error) reason(text string) string {
	if e.Status != 0 {
		text = strings.TrimSuffix(statusText(e.Status)+": "+text, ": ")
	}
	if e.Key != "" {
		text += " (" + e.Key + ")"
	}
	return text
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// NotAuthorized reports whether credentials, scope or permission are to blame.
func (e *Error) NotAuthorized() bool {
	return e.Kind == KindUnauthorized || e.Kind == KindScope || e.Kind == KindForbidden
}

// failure is the error for an operation with its last answer.
func (c *Client) failure(ctx context.Context, r *request) *Error {
	a := r.last
	key, said := readMessage(a.header, a.body)
	key, said = c.quote(key, r), c.quote(said, r)
	e := &Error{Op: r.name, Status: a.status, Key: i18nKey.FindString(key), Message: said}
	c.setKind(r, e)
	if e.Kind == KindTimeout && r.check {
		e.Message += " (" + checkTimeout.String() + ")"
	}
	if !r.anonymous { // else nobody has been named
		e.masked = strings.Replace(e.Message, said, mask(said, r.private), 1)
	}
	if e.Kind == KindUnauthorized && !r.anonymous && !r.check && // the credentials may be good for anything else
		(c.may(ctx, opMyself) == Yes || c.hasManageScope(ctx) == Yes) {
		e.Kind, e.Hint = KindScope, HintScope
	}
	return e
}

// setKind sets the kind of a failure, and what to do about it.
func (c *Client) setKind(r *request, e *Error) {
	a := r.last
	page := isPage(a.header, a.body)
	missing := []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}
	e.RouteUncertain = page || slices.Contains(missing, a.status) && !c.endpoint(r.operation).works.Load()
	switch e.Kind = KindInvalid; {
	case a.status == 0:
		e.Kind, e.Message, e.Hint = noAnswer(a.err)
	case a.status/100 == 3:
		e.Kind, e.Message, e.Hint = KindSite, "a redirect to another page of the site", hintPage
		if to, err := url.Parse(a.header.Get("Location")); err == nil && to.Host != "" && to.Host != hostOf(c.site) {
			e.Message = "a redirect to another host, " + to.Host
		}
	case a.status/100 == 2 && page:
		e.Kind, e.Hint = KindAnswer, hintPage
		e.Message = "the answer is a web page, not Jira's API: " + cmp.Or(e.Message, "it has no title")
	case a.status/100 == 2:
		e.Kind, e.Message, e.Hint = KindAnswer, "the answer is cut short, or not what the API promises", hintAgain
	case a.status == http.StatusRequestTimeout, a.status >= 500:
		e.Kind, e.Hint = KindUnavailable, hintAgain
	case a.status == http.StatusUnauthorized:
		e.Kind, e.Hint = KindUnauthorized, hintCredentials[c.kind]
	case a.status == http.StatusForbidden:
		e.Kind, e.Hint = KindForbidden, r.forbidden
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		e.Kind = KindNotFound
	case a.status == http.StatusTooManyRequests:
		e.Kind = KindUnavailable
		e.Message = cmp.Or(e.Message, "the site refused this again and again, and nothing else")
	case e.Key == "cv.signup.error.not.allowed":
		e.Hint = hintSignup
	}
}

// noAnswer returns why there was none, and what to do about it. The text is that of the innermost error, as outer ones
// may have URLs and credentials, and without what it quotes of an answer.
func noAnswer(err error) (kind Kind, text, hint string) {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		text = clean(quotedByGo.ReplaceAllString(inner.Error(), hidden))
	}
	op, isOp := errors.AsType[*net.OpError](err)
	name, isName := errors.AsType[*net.DNSError](err)
	timeout, isTimeout := errors.AsType[net.Error](err)
	switch {
	case is[*tls.CertificateVerificationError](err), is[tls.AlertError](err):
		return KindSettings, "TLS failed: " + strings.TrimPrefix(strings.TrimPrefix(text, "tls: "), "x509: "), hintTLS
	case is[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch):
		return KindSettings, "the host does not speak TLS on this port", hintConnect
	case isOp && op.Op == "proxyconnect":
		return KindSettings, "no connection through the proxy: " + text, hintProxy
	case isName && name.IsNotFound:
		return KindSettings, "there is no host " + name.Name, "check --site, and that this machine can resolve names"
	case isOp && op.Op == "dial":
		return KindUnavailable, "cannot connect: " + text, hintConnect
	case isTimeout && timeout.Timeout():
		return KindTimeout, "no answer in time", hintAgain
	}
	return KindUnavailable, "no answer was read: " + text, hintAgain
}

func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// quotedByGo is a text with %q, and a user and password in a URL.
var quotedByGo = regexp.MustCompile(`"(?:\\.|[^"\\])*"|//[^/\s]*@`)

// maxMessage is how much of a server's message is quoted, in characters.
const maxMessage = 200

// readMessage finds the message of a refusal, and Jira's key for it: in JSON of the shapes that Jira and its gateway
// have, plain text, or a page's title. It is as the server wrote it; quote makes it fit to be quoted.
func readMessage(h http.Header, body []byte) (key, text string) {
	body = bytes.TrimSpace(body)
	if isPage(h, body) {
		if m := titleTag.FindSubmatch(body); m != nil {
			text = html.UnescapeString(string(m[1]))
		}
		return "", text
	}
	var v struct {
		ErrorMessage, Message string
		ErrorMessages         []string
		Errors                map[string]string
		I18nErrorMessage      struct{ I18nKey string }
		OfToken               string `json:"error_description"`
	}
	if is[*json.SyntaxError](json.Unmarshal(body, &v)) {
		line, _, _ := bytes.Cut(body, []byte("\n"))
		return "", string(line)
	}
	texts := append(v.ErrorMessages, v.ErrorMessage, v.Message, v.OfToken) // without those of another type than usual
	for _, field := range slices.Sorted(maps.Keys(v.Errors)) {
		texts = append(texts, field+": "+strings.TrimSpace(v.Errors[field]))
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" })
	return v.I18nErrorMessage.I18nKey, strings.Join(texts, "; ")
}

var (
	titleTag  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	anyTag    = regexp.MustCompile(`<[/!?a-zA-Z][^>]*>?`)
	invisible = regexp.MustCompile(`[\pC\pZ]`)
	i18nKey   = regexp.MustCompile(`^[a-z]\w*(?:[.-]\w+)+$`)
	quotation = regexp.MustCompile("[\"`“”„«»‹›‘][^\"`“”»›’]*[\"`“”»›’]?" + `|\B'[^']*'?`)
	unclear   = regexp.MustCompile(`\S*(?:@|%40|[^\x00-\x7f])\S*`)
	word      = regexp.MustCompile(`[A-Za-z0-9]+`)

	// Words of APIs and proxies that name nobody.
	harmless = strings.Fields("A Access Account Address An Atlassian Attention Authentication Authorization Bad " +
		"Blocked Cannot Client Customer Denied Email Error Failed Forbidden Gateway HTTP If Internal Invalid It JSON " +
		"Jira Log Management Name No Not Only Organization Permission Please Project Rate Rejected Request Required " +
		"Server Service Sign Signup Site Some The There This Timeout Token Too Unable Unauthorized Unavailable " +
		"Unknown User XSRF You Your accountId displayName emailAddress organizationId")
)

// isPage reports whether an answer is HTML, or any other markup.
func isPage(h http.Header, body []byte) bool {
	body = bytes.TrimSpace(body)
	isHTML := strings.Contains(strings.ToLower(h.Get("Content-Type")), "html")
	return len(body) > 0 && (isHTML || bytes.HasPrefix(body, []byte("<")))
}

// clean makes one line of at most maxMessage characters, without markup and control characters.
func clean(s string) string {
	s = anyTag.ReplaceAllString(strings.ToValidUTF8(s, "\ufffd"), " ")
	s = strings.Join(strings.Fields(invisible.ReplaceAllString(s, " ")), " ")
	if runes := []rune(s); len(runes) > maxMessage {
		return strings.TrimSpace(string(runes[:maxMessage-1])) + "…"
	}
	return s
}

// quote makes a server's text fit to be quoted: clean, and without secrets and the token of r, also as a form has them.
func (c *Client) quote(s string, r *request) string {
	given := c.config.Credentials
	secrets := strings.Fields(given.APIToken + " " + given.AccessToken + " " + given.ClientSecret)
	if r.token != nil {
		secrets = append(secrets, strings.TrimRight(r.token.AccessToken, "=")) // the base64 of address and API token
	}
	for _, secret := range secrets {
		s = strings.NewReplacer(secret, hidden, url.QueryEscape(secret), hidden).Replace(s)
	}
	return clean(s)
}

// mask leaves of a server's text what can be no person: no quotations, addresses, other scripts, words of what is
// private, and no capital letters but those of harmless words.
func mask(s string, private []string) string {
	sent := word.FindAllString(strings.ToLower(strings.Join(private, " ")), -1)
	s = unclear.ReplaceAllString(quotation.ReplaceAllString(s, hidden), hidden)
	return word.ReplaceAllStringFunc(s, func(w string) string {
		if lower := strings.ToLower(w); slices.Contains(sent, lower) || lower != w && !slices.Contains(harmless, w) {
			return hidden
		}
		return w
	})
}
