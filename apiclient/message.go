package apiclient

import (
	"bytes"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage is how much of a server's message is quoted, in characters.
const maxMessage = 200

// readMessage finds what a refusal says, in any of the shapes that Jira, its gateway and proxies use: errorMessage,
// errorMessages and errors, code and message, OAuth's error_description, plain text, or a page's title.
// It is as the server wrote it; clean makes it fit to be quoted.
func readMessage(h http.Header, body []byte) (key, text string) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(body) == 0:
		return "", ""
	case isPage(h, body):
		return "", title(body)
	case body[0] == '{':
		var m map[string]any
		if json.Unmarshal(body, &m) != nil {
			return "", ""
		}
		return fromObject(m)
	case body[0] == '[':
		var list []any
		if json.Unmarshal(body, &list) != nil {
			return "", ""
		}
		return "", flatten(list)
	case body[0] == '"':
		var s string
		if json.Unmarshal(body, &s) == nil {
			return "", s
		}
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return "", string(line)
}

func fromObject(m map[string]any) (key, text string) {
	if i18n, ok := m["i18nErrorMessage"].(map[string]any); ok {
		key, _ = i18n["i18nKey"].(string)
	}
	var parts []string
	for _, name := range []string{"errorMessage", "errorMessages", "errors"} {
		if s := flatten(m[name]); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	if len(parts) > 0 {
		return key, strings.Join(parts, "; ")
	}
	for _, name := range []string{"message", "error_description", "error", "detail", "title"} {
		if s := flatten(m[name]); s != "" {
			return key, s
		}
	}
	return key, ""
}

// flatten joins the texts in v: a string, a list, or an object of field and text.
func flatten(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		var parts []string
		for _, item := range v {
			if s := flatten(item); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		if s, ok := v["message"].(string); ok {
			return strings.TrimSpace(s)
		}
		var parts []string
		for _, field := range slices.Sorted(maps.Keys(v)) {
			if s := flatten(v[field]); s != "" {
				parts = append(parts, field+": "+s)
			}
		}
		return strings.Join(parts, "; ")
	}
	return ""
}

var (
	titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	anyTag   = regexp.MustCompile(`<[/!?a-zA-Z][^>]*>?`)
	address  = regexp.MustCompile(`[^\s<>()\[\]"',;:=]+(?:@|%40)[^\s<>()\[\]"',;:]+`)
)

func title(page []byte) string {
	m := titleTag.FindSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(string(m[1]))
}

// isPage reports HTML, or any other markup.
func isPage(h http.Header, body []byte) bool {
	if strings.Contains(strings.ToLower(h.Get("Content-Type")), "html") {
		return true
	}
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
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
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
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
