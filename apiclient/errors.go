package apiclient

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Kind says what is wrong, as far as somebody acts on it.
type Kind int

const (
	KindSite         Kind = iota + 1 // the address is not that of a Jira Service Management Cloud site
	KindName                         // no such host
	KindUnreachable                  // no connection, or it broke
	KindTimeout                      // no answer in time
	KindTLS                          // the certificate, or no TLS at all
	KindProxy                        // the proxy refuses, or is not there
	KindRedirect                     // the answer points elsewhere
	KindUnauthorized                 // 401, or no usable credentials
	KindScope                        // 401: the token lacks a scope
	KindForbidden                    // 403: the account lacks a permission
	KindInvalid                      // 400, and other refusals of what was sent
	KindNotFound                     // 404
	KindConflict                     // 409
	KindRefused                      // 429
	KindServer                       // 5xx
	KindAnswer                       // an answer that is not what the API promises
)

var kindNames = [...]string{"", "site", "name", "unreachable", "timeout", "tls", "proxy", "redirect", "unauthorized",
	"scope", "forbidden", "invalid", "not_found", "conflict", "refused", "server", "answer"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// MarshalText is the word of String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

var _ encoding.TextMarshaler = Kind(0)

// Error is an operation that failed. Message may hold what was sent (an address, a name): it is for the results file.
// Error, Redacted and LogValue mask that. No field ever holds credentials.
type Error struct {
	Op      string // what was being done
	Method  string
	Route   string // the path's pattern
	Status  int    // 0: no answer
	Key     string // the server's own name for the problem (i18nKey)
	Message string // what the server said, or what happened: one line, at most 200 characters, no markup
	Kind    Kind
	Hint    string // what to do about it, in one sentence; may be empty
	Err     error  // the cause, when there was no answer; may be nil

	private []string
}

// Error is safe for a log.
func (e *Error) Error() string { return e.Op + ": " + e.Redacted() }

// Redacted is Reason without addresses and names.
func (e *Error) Redacted() string { return mask(e.Reason(), e.private) }

// Reason says what happened without what was being done: status and message, for the results file.
func (e *Error) Reason() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if len(parts) == 0 {
		parts = append(parts, e.Kind.String())
	}
	text := strings.Join(parts, ": ")
	if e.Key != "" {
		text += " (" + e.Key + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// NotAuthorized reports that credentials, scope or permission are to blame.
func (e *Error) NotAuthorized() bool {
	return e.Kind == KindUnauthorized || e.Kind == KindScope || e.Kind == KindForbidden
}

// LogValue is the error without anybody's data.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("op", e.Op), slog.String("kind", e.Kind.String()), slog.String("method", e.Method),
		slog.String("route", e.Route), slog.Int("status", e.Status), slog.String("key", e.Key),
		slog.String("message", mask(e.Message, e.private)))
}

// tokenServerError is a token endpoint that is out of order.
type tokenServerError struct{ status int }

func (e *tokenServerError) Error() string {
	return fmt.Sprintf("the token endpoint answered %d", e.status)
}

// settingsError is a request that could not even be made.
type settingsError struct{ err error }

func (e *settingsError) Error() string { return "the request cannot be made" }

// failure is the error for an operation whose last attempt was a.
func (c *Client) failure(r *request, a answer) error {
	if inner, ok := errors.AsType[*Error](a.err); ok {
		return inner
	}
	e := &Error{Op: r.op, Method: r.method, Route: r.route, Status: a.status, private: r.private, Err: quiet(a.err)}
	if a.status == 0 {
		e.Kind, e.Message, e.Hint = explain(a.err)
		e.Message = clean(hide(e.Message, c.secrets))
		return e
	}
	key, text := readMessage(a.header, a.body)
	e.Key, e.Message = clean(hide(key, c.secrets)), clean(hide(text, c.secrets))
	e.Kind, e.Hint = c.judge(r, a, e)
	return e
}

// quiet keeps an error from telling an address: net/http puts whole URLs into some.
func quiet(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// judge is what a status means, and what to do about it.
func (c *Client) judge(r *request, a answer, e *Error) (Kind, string) {
	switch s := a.status; {
	case s/100 == 3:
		e.Message = c.whereTo(a.header)
		return KindRedirect, hintRedirect
	case s/100 == 2 && isPage(a.header, a.body):
		e.Message = "the answer is a web page (" + orElse(e.Message, "without a title") + "), not Jira's API"
		return KindSite, hintPage
	case s/100 == 2:
		e.Message = "the answer is cut short, or not what the API promises"
		return KindAnswer, hintAgain
	case s == http.StatusUnauthorized && strings.Contains(strings.ToLower(e.Message), "scope"):
		return KindScope, HintScope
	case s == http.StatusUnauthorized:
		return KindUnauthorized, hintCredentials(c.kind)
	case s == http.StatusForbidden:
		return KindForbidden, forbiddenHint(r)
	case s == http.StatusNotFound:
		return KindNotFound, ""
	case s == http.StatusProxyAuthRequired:
		return KindProxy, hintProxy
	case s == http.StatusConflict:
		return KindConflict, ""
	case s == http.StatusTooManyRequests:
		return KindRefused, ""
	case s >= 500:
		return KindServer, hintAgain
	}
	if e.Key == "cv.signup.error.not.allowed" {
		return KindInvalid, hintSignup
	}
	return KindInvalid, ""
}

// whereTo names the host that a redirect points to, and nothing else of it.
func (c *Client) whereTo(h http.Header) string {
	to, err := url.Parse(h.Get("Location"))
	switch {
	case err != nil || to.Path == "" && to.Host == "":
		return "a redirect to nowhere"
	case to.Host == "" || strings.HasSuffix(c.site, "://"+to.Host):
		if strings.Contains(strings.ToLower(to.Path), "login") {
			return "a redirect to the site's login page"
		}
		return "a redirect to another page of the site"
	case strings.Contains(strings.ToLower(to.Path), "login") || to.Host == "id.atlassian.com":
		return "a redirect to a login page at " + clean(to.Host)
	}
	return "a redirect to another host, " + clean(to.Host)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
