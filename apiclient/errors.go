package apiclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Kind is what is wrong, as far as somebody acts on it. Answers are told apart by status and shape, never by texts.
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
	KindScope                        // 401 while the same token is good for something else: it lacks a scope
	KindForbidden                    // 403: the account lacks a permission
	KindInvalid                      // 400, and other refusals of what was sent
	KindNotFound                     // 404 and 410; see Error.RouteInDoubt
	KindConflict                     // 409
	KindRefused                      // 429, again and again, while others were let pass
	KindServer                       // 5xx
	KindAnswer                       // 2xx, and not what the API promises, as a web page
)

var kindNames = [...]string{"", "site", "name", "unreachable", "timeout", "tls", "proxy", "redirect", "unauthorized",
	"scope", "forbidden", "invalid", "not_found", "conflict", "refused", "server", "answer"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// MarshalText returns the word of String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

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

	Page       bool // the answer was a web page: whatever its status, it was not the API that answered
	RouteWorks bool // this operation has succeeded before with this client, so there is such an operation

	private []string
}

// Error is safe for a log.
func (e *Error) Error() string { return e.Op + ": " + e.Redacted() }

// Redacted is Reason without addresses and names.
func (e *Error) Redacted() string { return mask(e.Reason(), e.private) }

// Reason is what happened without what was being done: status and message, for the results file.
func (e *Error) Reason() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, statusText(e.Status))
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

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func (e *Error) Unwrap() error { return e.Err }

// NotAuthorized reports whether credentials, scope or permission are to blame.
func (e *Error) NotAuthorized() bool {
	return e.Kind == KindUnauthorized || e.Kind == KindScope || e.Kind == KindForbidden
}

// RouteInDoubt reports whether the error may mean that the site does not have the operation at all, or that something
// in between does not let it through: 404, 405 or 410 before the operation has ever succeeded, or any web page.
// Only when it is false is a 404 about what the request named.
func (e *Error) RouteInDoubt() bool {
	switch e.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return e.Page || !e.RouteWorks
	}
	return e.Page
}

// LogValue is the error without anybody's data.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", e.Op),
		slog.String("kind", e.Kind.String()),
		slog.String("method", e.Method),
		slog.String("route", e.Route),
		slog.Int("status", e.Status),
		slog.String("key", e.Key),
		slog.String("message", mask(e.Message, e.private)),
	)
}

// failure is the error for an operation whose last attempt was a.
func (c *Client) failure(ctx context.Context, r *request, a answer) error {
	if inner, ok := errors.AsType[*Error](a.err); ok {
		return inner
	}
	e := &Error{
		Op:      r.op,
		Method:  r.method,
		Route:   r.route,
		Status:  a.status,
		Err:     withoutURL(a.err),
		private: r.private,
	}
	_, e.RouteWorks = c.works.Load(r.route)
	if a.status == 0 {
		e.Kind, e.Message, e.Hint = explain(a.err)
		e.Message = clean(hide(e.Message, c.secrets))
		return e
	}
	e.Page = isPage(a.header, a.body)
	key, text := readMessage(a.header, a.body)
	e.Key, e.Message = clean(hide(key, c.secrets)), clean(hide(text, c.secrets))
	c.judge(r, a, e)
	if e.Kind == KindUnauthorized && c.accepted(ctx, r) {
		e.Kind, e.Hint = KindScope, HintScope
	}
	return e
}

// accepted reports whether the credentials that got a 401 are good for something else.
func (c *Client) accepted(ctx context.Context, r *request) bool {
	if r.anonymous || r.check {
		return false
	}
	_, _, err := c.myselfAt(ctx, "")
	return err == nil
}

// withoutURL drops the URL that net/http puts into some errors.
func withoutURL(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// kindOf is the kind of a status other than 2xx and 3xx; any other is KindInvalid.
var kindOf = map[int]Kind{
	http.StatusUnauthorized:      KindUnauthorized,
	http.StatusForbidden:         KindForbidden,
	http.StatusNotFound:          KindNotFound,
	http.StatusGone:              KindNotFound,
	http.StatusProxyAuthRequired: KindProxy,
	http.StatusConflict:          KindConflict,
	http.StatusTooManyRequests:   KindRefused,
}

// judge sets the kind of an answered failure, and what to do about it.
func (c *Client) judge(r *request, a answer, e *Error) {
	switch {
	case a.status/100 == 3:
		e.Kind, e.Message, e.Hint = KindRedirect, c.target(a.header), hintRedirect
		return
	case a.status/100 == 2 && e.Page:
		e.Kind, e.Hint = KindAnswer, hintPage
		e.Message = "the answer is a web page (" + orElse(e.Message, "without a title") + "), not Jira's API"
		return
	case a.status/100 == 2:
		e.Kind, e.Message, e.Hint = KindAnswer, "the answer is cut short, or not what the API promises", hintAgain
		return
	case a.status >= 500:
		e.Kind, e.Hint = KindServer, hintAgain
		return
	}
	e.Kind = kindOf[a.status]
	switch e.Kind {
	case KindUnauthorized:
		e.Hint = hintCredentials(c.kind)
	case KindForbidden:
		e.Hint = forbiddenHint(r.route)
	case KindProxy:
		e.Hint = hintProxy
	case KindRefused:
		e.Message = orElse(e.Message, "the site refused this again and again while it let others pass")
	case 0:
		e.Kind = KindInvalid
		if e.Key == "cv.signup.error.not.allowed" {
			e.Hint = hintSignup
		}
	}
}

// target names the host that a redirect points to, and nothing else of it.
func (c *Client) target(h http.Header) string {
	to, err := url.Parse(h.Get("Location"))
	if err != nil || to.Path == "" && to.Host == "" {
		return "a redirect to nowhere"
	}
	login := strings.Contains(strings.ToLower(to.Path), "login") || to.Host == "id.atlassian.com"
	switch own := to.Host == "" || strings.HasSuffix(c.site, "://"+to.Host); {
	case own && login:
		return "a redirect to the site's login page"
	case own:
		return "a redirect to another page of the site"
	case login:
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
