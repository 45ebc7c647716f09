package jsmtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what the site says.
type answer struct {
	status int    // 0: the connection is cut instead
	kind   string // content type
	body   []byte
	delay  time.Duration // beside the site's latency
	half   bool          // the connection is cut after half of the body
}

func jsonAnswer(status int, v any) *answer {
	body, _ := json.Marshal(v) // of our own types only, which never fail
	return &answer{status: status, kind: "application/json;charset=UTF-8", body: body}
}

// Answers in place of an operation. Keys and texts are invented, but for those of signedOut and signupClosed.
var (
	tooMany    = say(http.StatusTooManyRequests, "text/plain", "Rate limit exceeded")
	badGateway = say(http.StatusBadGateway, "text/html", "<h1>502 Bad Gateway</h1>")
	signInPage = say(http.StatusOK, "text/html", "<h1>Sign in to continue</h1>")
	signedOut  = say(http.StatusUnauthorized, "text/plain", "Client must be authenticated to access this resource.")

	unavailable    = refuse(http.StatusServiceUnavailable, "sandbox.unavailable", "Unavailable for a moment")
	nothingHere    = refuse(http.StatusNotFound, "sandbox.path", "Nothing at this path")
	unnamed        = refuse(http.StatusBadRequest, "sandbox.name", "A display name has 1 to 255 characters")
	unsaid         = refuse(http.StatusBadRequest, "", "Say what you look for")
	forbidden      = refuse(http.StatusForbidden, "sandbox.permission", "You may not do this")
	noOrganization = refuse(http.StatusNotFound, "sandbox.organization.unknown", "There is no such organization")
	signupClosed   = refuse(http.StatusBadRequest, "cv.signup.error.not.allowed", "Signup is not currently available")
)

func say(status int, kind, text string) func(*call) *answer {
	return func(*call) *answer { return &answer{status: status, kind: kind, body: []byte(text)} }
}

func refuse(status int, key, text string) func(*call) *answer {
	return func(c *call) *answer { return c.failure(status, key, text) }
}

// failure is a refusal in the shape that the API of the request has.
func (c *call) failure(status int, key, text string) *answer {
	switch {
	case strings.Contains(c.req.URL.Path, "/rest/api/"):
		return jsonAnswer(status, map[string]any{"errorMessages": []string{text}, "errors": map[string]string{}})
	case c.route.pattern == RenamePath: // invented
		return gatewayError(status, text)
	}
	return jsonAnswer(status, map[string]any{
		"errorMessage":     text,
		"i18nErrorMessage": map[string]any{"i18nKey": key, "parameters": []string{}},
	})
}

// gatewayError has the shape of errors of the gateway itself.
func gatewayError(status int, text string) *answer {
	return jsonAnswer(status, map[string]any{"code": status, "message": text})
}

// page answers with a part of all, at most 50, as /rest/servicedeskapi pages its lists, but for the links. What is no
// number is not asked for.
func page[T any](c *call, all []T) *answer {
	query := c.req.URL.Query()
	start, _ := strconv.Atoi(query.Get("start"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	start, limit = min(max(start, 0), len(all)), min(cmp.Or(max(limit, 0), 50), 50)
	end := min(start+limit, len(all))
	return jsonAnswer(http.StatusOK, map[string]any{
		"size": end - start, "start": start, "limit": limit, "isLastPage": end == len(all),
		"values": append([]T{}, all[start:end]...),
	})
}

// deliver sends an answer when its time has come.
func (c *call) deliver(w http.ResponseWriter, a *answer) {
	if !c.wait(a.delay+c.latency()) || a.status == 0 || a.half && len(a.body) == 0 {
		panic(http.ErrAbortHandler)
	}
	if a.kind != "" {
		c.header.Set("Content-Type", a.kind)
		c.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if a.half {
		a.body = a.body[:len(a.body)/2]
	}
	if _, err := w.Write(a.body); a.half || err != nil && len(a.body) > 0 {
		_ = http.NewResponseController(w).Flush() // of what was written, if the client is still there
		panic(http.ErrAbortHandler)
	}
	c.Status = a.status
}

// wait sleeps, less when the site closes, and reports whether the client is still there.
func (c *call) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
	case <-c.site.closed:
	case <-c.req.Context().Done():
	}
	return c.req.Context().Err() == nil
}
