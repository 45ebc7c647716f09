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

// readMessage finds the message of a refusal, and Jira's key for it: in JSON of any shape, plain text, or a page's
// title. It is as the server wrote it; quote makes it fit to be quoted.
func readMessage(h http.Header, body []byte) (key, text string) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if isPage(h, body) {
		if m := titleTag.FindSubmatch(body); m != nil {
			text = html.UnescapeString(string(m[1]))
		}
		return "", text
	}
	var v any
	switch err := json.Unmarshal(body, &v); {
	case err == nil:
		var named struct {
			I18n struct{ I18nKey string } `json:"i18nErrorMessage"`
		}
		if json.Unmarshal(body, &named) == nil {
			key = named.I18n.I18nKey
		}
		return key, strings.Join(messages("", v), "; ")
	case bytes.HasPrefix(body, []byte("{")), bytes.HasPrefix(body, []byte("[")):
		return "", "" // cut short
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return "", string(line)
}

// messages are the texts in v, but for those of an object's fields that are known to hold something else.
func messages(name string, v any) (texts []string) {
	switch v := v.(type) {
	case string:
		return []string{name + strings.TrimSpace(v)}
	case []any:
		for _, item := range v {
			texts = append(texts, messages(name, item)...)
		}
	case map[string]any:
		for _, field := range slices.Sorted(maps.Keys(v)) {
			switch field {
			case "errorMessage", "errorMessages", "errors", "message", "detail", "error_description":
				texts = append(texts, messages("", v[field])...)
			case "i18nErrorMessage", "error", "title", "type", "path", "timestamp", "_links":
			default:
				texts = append(texts, messages(field+": ", v[field])...)
			}
		}
	}
	return texts
}

var (
	titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	anyTag   = regexp.MustCompile(`<[/!?a-zA-Z][^>]*>?`)
	address  = regexp.MustCompile(`[^\s<>()\[\]"',;:=]+(?:@|%40)[^\s<>()\[\]"',;:]+`)
)

// isPage reports whether an answer is HTML, or any other markup.
func isPage(h http.Header, body []byte) bool {
	body = bytes.TrimSpace(body)
	isHTML := strings.Contains(strings.ToLower(h.Get("Content-Type")), "html")
	return len(body) > 0 && (isHTML || bytes.HasPrefix(body, []byte("<")))
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
		case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
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

// quote makes a text fit to be quoted: clean, and without secrets.
func (c *Client) quote(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, "[hidden]")
	}
	return clean(s)
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
