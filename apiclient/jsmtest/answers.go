package jsmtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// answer is what the site says, before any fault befalls it.
type answer struct {
	status int
	kind   string // content type
	body   []byte
}

const (
	jsonType = "application/json;charset=UTF-8"
	textType = "text/plain;charset=UTF-8"
)

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own types come here
	}
	return answer{status, jsonType, body}
}

func plain(status int, text string) answer { return answer{status, textType, []byte(text)} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// failure is a refusal in the shape that the API in question has. Keys and
// texts are invented, but for those that Atlassian's pages or users' reports name.
func (c *call) failure(status int, key, text string) answer {
	if strings.Contains(c.req.URL.Path, "/rest/api/") {
		return jsonAnswer(status, map[string]any{"errorMessages": []string{text}, "errors": map[string]string{}})
	}
	return deskError(status, key, text)
}

// deskError has the shape of errors under /rest/servicedeskapi.
func deskError(status int, key, text string, parameters ...string) answer {
	if parameters == nil {
		parameters = []string{}
	}
	return jsonAnswer(status, map[string]any{
		"errorMessage":     text,
		"i18nErrorMessage": map[string]any{"i18nKey": key, "parameters": parameters},
	})
}

// gatewayError has the shape of errors of the gateway itself.
func gatewayError(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"code": status, "message": text})
}

// page answers with a part of values, as /rest/servicedeskapi pages its lists.
func page[T any](c *call, values []T) answer {
	const most = 50
	start, limit := min(c.number("start", 0), len(values)), min(c.number("limit", most), most)
	if limit == 0 {
		limit = most
	}
	end := min(start+limit, len(values))
	return jsonAnswer(http.StatusOK, map[string]any{
		"size": end - start, "start": start, "limit": limit,
		"isLastPage": end == len(values),
		"_links":     map[string]string{"base": c.base(), "context": ""},
		"values":     append([]T{}, values[start:end]...),
	})
}

// deliver sends an answer after the site's latency, or does with it what the
// mishap says.
func (s *Site) deliver(w http.ResponseWriter, c *call, a answer, f mishap) {
	delay := f.delay
	if c.route != nil && c.route.api {
		delay += s.latency.draw(s.requests.Add(1))
	}
	if !s.wait(c.req, delay) {
		panic(http.ErrAbortHandler)
	}
	switch f.kind {
	case HangAfter:
		s.hang(c.req)
	case ResetBefore, ResetAfter:
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	if a.kind != "" {
		h["Content-Type"] = []string{a.kind}
		h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	w.WriteHeader(a.status)
	if f.kind == TruncateAfter {
		truncate(w, a.body)
	}
	if _, err := w.Write(a.body); err != nil && len(a.body) > 0 {
		panic(http.ErrAbortHandler)
	}
}

// hang keeps the client waiting until it gives up or the site closes.
func (s *Site) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
	panic(http.ErrAbortHandler)
}

// truncate sends half a body and cuts the connection.
func truncate(w http.ResponseWriter, body []byte) {
	if len(body) > 0 {
		_, _ = w.Write(body[:len(body)/2]) // the cut comes in any case
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}
