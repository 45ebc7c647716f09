package jsmtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what the site says, before any fault befalls it.
type answer struct {
	status int
	kind   string // content type
	body   []byte
}

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own types come here
	}
	return answer{status, "application/json;charset=UTF-8", body}
}

func plain(status int, text string) answer { return answer{status, "text/plain;charset=UTF-8", []byte(text)} }

func html(status int, title, text string) answer {
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head>\n<body><h1>" + text + "</h1></body></html>\n"
	return answer{status, "text/html;charset=UTF-8", []byte(page)}
}

func noContent() answer { return answer{status: http.StatusNoContent} }

// failure is a refusal in the shape that the API of the request has.
func (c *call) failure(status int, key, text string) answer {
	switch {
	case strings.Contains(c.req.URL.Path, "/rest/api/"):
		return jsonAnswer(status, map[string]any{"errorMessages": []string{text}, "errors": map[string]string{}})
	case c.route.pattern == RenamePath: // invented
		return gatewayError(status, text)
	}
	return deskError(status, key, text)
}

// deskError has the shape of errors under /rest/servicedeskapi.
func deskError(status int, key, text string, parameters ...string) answer {
	return jsonAnswer(status, map[string]any{
		"errorMessage":     text,
		"i18nErrorMessage": map[string]any{"i18nKey": key, "parameters": append([]string{}, parameters...)},
	})
}

// gatewayError has the shape of errors of the gateway itself.
func gatewayError(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"code": status, "message": text})
}

func tooMany() answer { return plain(http.StatusTooManyRequests, "Rate limit exceeded") }

func unavailable() answer {
	return deskError(http.StatusServiceUnavailable, "sandbox.unavailable", "The service is unavailable for a moment")
}

// maxPage is the most values that a page of a list has.
const maxPage = 50

// page answers with a part of values, as /rest/servicedeskapi pages its lists.
func page[T any](c *call, values []T) answer {
	start, limit := min(c.number("start", 0), len(values)), min(c.number("limit", maxPage), maxPage)
	if limit == 0 {
		limit = maxPage
	}
	end := min(start+limit, len(values))
	links := map[string]string{"base": c.base(), "context": ""}
	if end < len(values) {
		links["next"] = c.base() + c.req.URL.Path + "?start=" + strconv.Itoa(end) + "&limit=" + strconv.Itoa(limit)
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"size": end - start, "start": start, "limit": limit, "isLastPage": end == len(values),
		"_links": links,
		"values": append([]T{}, values[start:end]...),
	})
}

// deliver sends an answer after the site's latency, or does with it what the mishap wants.
func (s *Site) deliver(w http.ResponseWriter, c *call, a answer, m mishap) {
	delay := m.delay
	if c.route.api {
		s.mu.Lock()
		delay += s.options.Latency.draw(s.random)
		s.mu.Unlock()
	}
	if m.kind == HangAfter {
		delay = 1<<63 - 1
	}
	if !s.wait(c.req, delay) || m.kind == HangAfter || m.kind == ResetBefore || m.kind == ResetAfter {
		panic(http.ErrAbortHandler)
	}
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if m.kind == TruncateAfter {
		truncate(w, a.body)
	}
	if _, err := w.Write(a.body); err != nil && len(a.body) > 0 {
		panic(http.ErrAbortHandler)
	}
}

// wait sleeps, less when the site closes, and reports whether the client is still there.
func (s *Site) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closed:
	case <-r.Context().Done():
		return false
	}
	return true
}

// truncate sends half a body, if there is one, and cuts the connection.
func truncate(w http.ResponseWriter, body []byte) {
	if len(body) > 0 {
		_, _ = w.Write(body[:len(body)/2]) // the cut comes in any case
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}
