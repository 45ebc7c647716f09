package jsmtest

import (
	"encoding/json"
	"fmt"
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

func plain(status int, text string) answer {
	return answer{status, "text/plain;charset=UTF-8", []byte(text)}
}

func html(status int, text string) answer {
	return answer{status, "text/html", []byte("<!DOCTYPE html>\n<html><body><h1>" + text + "</h1></body></html>\n")}
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
	return deskError(status, "sandbox."+key, text)
}

// deskError has the shape of errors under /rest/servicedeskapi.
func deskError(status int, key, text string) answer {
	return jsonAnswer(status, map[string]any{
		"errorMessage":     text,
		"i18nErrorMessage": map[string]any{"i18nKey": key, "parameters": []string{}},
	})
}

// gatewayError has the shape of errors of the gateway itself.
func gatewayError(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"code": status, "message": text})
}

// maxPage is the most values that a page of a list has.
const maxPage = 50

// page answers with a part of all, as /rest/servicedeskapi pages its lists.
func page[T any](c *call, all []T, write func(T) map[string]any) answer {
	start, limit := min(c.number("start", 0), len(all)), min(c.number("limit", maxPage), maxPage)
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

// deliver sends an answer after the site's latency, or does with it what the decision wants.
func (s *Site) deliver(w http.ResponseWriter, c *call, a answer, d Decision) {
	delay := d.Delay
	if c.route.api {
		delay += c.latency()
	}
	if d.Fault == HangAfter {
		delay = 1<<63 - 1
	}
	if !s.wait(c.req, delay) || d.Fault == HangAfter || d.Fault == ResetBefore || d.Fault == ResetAfter {
		panic(http.ErrAbortHandler)
	}
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	whole := a.body
	if d.Fault == TruncateAfter {
		a.body = whole[:len(whole)/2]
	}
	_, err := w.Write(a.body)
	if d.Fault == TruncateAfter && len(whole) > 0 {
		_ = http.NewResponseController(w).Flush()
	}
	if d.Fault == TruncateAfter || err != nil && len(whole) > 0 {
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
