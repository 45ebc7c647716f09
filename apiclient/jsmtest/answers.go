package jsmtest

import (
	"encoding/json"
	"fmt"
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
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own types come here
	}
	return &answer{status: status, kind: "application/json;charset=UTF-8", body: body}
}

func plain(status int, text string) *answer {
	return &answer{status: status, kind: "text/plain;charset=UTF-8", body: []byte(text)}
}

func html(status int, text string) *answer {
	return &answer{status: status, kind: "text/html", body: []byte("<!DOCTYPE html>\n<h1>" + text + "</h1>\n")}
}

func noContent() *answer { return &answer{status: http.StatusNoContent} }

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

func tooMany(*call) *answer { return plain(http.StatusTooManyRequests, "Rate limit exceeded") }

func forbidden(c *call) *answer {
	return c.failure(http.StatusForbidden, "sandbox.permission", "You may not do this")
}

func nothingHere(c *call) *answer {
	return c.failure(http.StatusNotFound, "sandbox.path", "Nothing at this path")
}

func unavailable(c *call) *answer {
	return c.failure(http.StatusServiceUnavailable, "sandbox.unavailable", "The service is unavailable for a moment")
}

// page answers with a part of all, at most 50, as /rest/servicedeskapi pages its lists.
func page[T any](c *call, all []T, write func(T) map[string]any) *answer {
	start, limit := min(c.number("start", 0), len(all)), min(c.number("limit", 50), 50)
	end := min(start+max(limit, 1), len(all))
	values := []map[string]any{}
	for _, v := range all[start:end] {
		values = append(values, write(v))
	}
	links := map[string]string{"base": c.base(), "context": ""}
	if end < len(all) {
		links["next"] = fmt.Sprintf("%s%s?start=%d&limit=%d", c.base(), c.req.URL.EscapedPath(), end, limit)
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"size": end - start, "start": start, "limit": limit, "isLastPage": end == len(all), "_links": links, "values": values,
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
	c.status = a.status
}

// wait sleeps, less when the site closes, and reports whether the client is still there.
func (c *call) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.site.closed:
	case <-c.req.Context().Done():
		return false
	}
	return true
}
