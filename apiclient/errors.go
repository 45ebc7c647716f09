package apiclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

func (k Kind) String() string { return kindNames[k] }

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
	text := e.Message
	switch {
	case e.Status != 0 && text != "":
		text = statusText(e.Status) + ": " + text
	case e.Status != 0:
		text = statusText(e.Status)
	case text == "":
		text = e.Kind.String()
	}
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

// failure is the error for an operation whose last attempt was a.
func (c *Client) failure(ctx context.Context, r *request, a answer) *Error {
	if inner, ok := errors.AsType[*Error](a.err); ok {
		return inner
	}
	e := r.fail(KindInvalid, "", "")
	e.Status, e.Err = a.status, withoutURL(a.err)
	e.RouteWorks = c.lane(r.operation).works.Load()
	if a.status == 0 {
		e.Kind, e.Message, e.Hint = explain(a.err)
		e.Message = clean(hide(e.Message, c.secrets))
		return e
	}
	e.Page = isPage(a.header, a.body)
	key, text := readMessage(a.header, a.body)
	e.Key, e.Message = clean(hide(key, c.secrets)), clean(hide(text, c.secrets))
	c.judge(r, a, e)
	if e.Kind == KindUnauthorized && !r.anonymous && !r.check && c.accepted(ctx) {
		e.Kind, e.Hint = KindScope, HintScope
	}
	return e
}

// fail is an error of a request.
func (r *request) fail(kind Kind, message, hint string) *Error {
	return &Error{
		Op:      r.name,
		Method:  r.method,
		Route:   r.route,
		Kind:    kind,
		Message: message,
		Hint:    hint,
		private: r.private,
	}
}

// withoutURL drops the URL that net/http puts into some errors.
func withoutURL(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// judge sets the kind of an answered failure, and what to do about it.
func (c *Client) judge(r *request, a answer, e *Error) {
	switch {
	case a.status/100 == 3:
		e.Kind, e.Message, e.Hint = KindRedirect, "a redirect to "+c.target(a.header), hintPage
	case a.status/100 == 2 && e.Page:
		e.Kind, e.Hint = KindAnswer, hintPage
		e.Message = "the answer is a web page, not Jira's API: " + cmp.Or(e.Message, "it has no title")
	case a.status/100 == 2:
		e.Kind, e.Message, e.Hint = KindAnswer, "the answer is cut short, or not what the API promises", hintAgain
	case a.status >= 500:
		e.Kind, e.Hint = KindServer, hintAgain
	case a.status == http.StatusUnauthorized:
		e.Kind, e.Hint = KindUnauthorized, hintCredentials[c.kind]
	case a.status == http.StatusForbidden:
		e.Kind, e.Hint = KindForbidden, r.forbidden
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		e.Kind = KindNotFound
	case a.status == http.StatusProxyAuthRequired:
		e.Kind, _, e.Hint = explain(&proxyError{a.status})
	case a.status == http.StatusConflict:
		e.Kind = KindConflict
	case a.status == http.StatusTooManyRequests:
		e.Kind = KindRefused
		e.Message = cmp.Or(e.Message, "the site refused this again and again, and nothing else")
	case e.Key == "cv.signup.error.not.allowed":
		e.Hint = hintSignup
	}
}

// target names the host that a redirect points to, and nothing else of it.
func (c *Client) target(h http.Header) string {
	to, err := url.Parse(h.Get("Location"))
	if err != nil || to.Host == "" || strings.HasSuffix(c.site, "://"+to.Host) {
		return "another page of the site"
	}
	return "another host, " + clean(to.Host)
}
