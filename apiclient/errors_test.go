package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReadMessage(t *testing.T) {
	for _, tt := range []struct{ body, key, text string }{
		{"", "", ""},
		{`{"errorMessage":"Signup is not currently available",` +
			`"i18nErrorMessage":{"i18nKey":"cv.signup.error.not.allowed","parameters":[]}}`,
			"cv.signup.error.not.allowed", "Signup is not currently available"},
		{`{"errorMessages":["One.","Two."],"errors":{"name":"too long","email":"is odd"}}`, "",
			"One.; Two.; email: is odd; name: too long"},
		{`{"errorMessages":[],"errors":{}}`, "", ""},
		{`{"errors":[{"message":"first"}],"message":"all"}`, "", "all"},
		{`{"code":401,"message":"Unauthorized; scope does not match"}`, "", "Unauthorized; scope does not match"},
		{`{"errorMessage":7,"i18nErrorMessage":"x","message":{"message":"inner"},"errorMessages":["odd"]}`, "", "odd"},
		{"Client must be authenticated to access this resource.", "",
			"Client must be authenticated to access this resource."},
		{"XSRF check failed\nsecond line", "", "XSRF check failed"},
		{`"just a string"`, "", ""},
		{`["one", 2, null, "two"]`, "", ""},
		{"<html><head><title>\n 502 Bad&nbsp;Gateway </title></head><body><h1>x</h1></body></html>", "", "502 Bad Gateway"},
		{"<html><body>no title</body></html>", "", ""},
		{`{"errorMessage":"cut sho`, "", `{"errorMessage":"cut sho`},
		{`{"errorMessage":"<a href=\"https://x.example\">See</a> a < b\u0000\u001b[31m\u202e\ttext"}`, "",
			"See a < b [31m text"},
	} {
		key, text := readMessage(http.Header{}, []byte(tt.body))
		if key != tt.key || clean(text) != tt.text {
			t.Errorf("%s:\n got %q, %q\nwant %q, %q", tt.body, key, clean(text), tt.key, tt.text)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"errorMessage":"x","errors":{"a":["b"]}}`), "text/plain")
	f.Add([]byte("<title>&#0;&lt;b&gt;</title>"), "text/html")
	f.Add([]byte("\xff\xfe<scr<b>ipt>"+strings.Repeat("x ", 300)), "")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		_, text := readMessage(http.Header{"Content-Type": {kind}}, body)
		got := clean(text)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxMessage || strings.ContainsFunc(got,
			unicode.IsControl) || anyTag.MatchString(got) {
			t.Errorf("%q", got)
		}
		if masked := mask(got, []string{"ann.lee@example.com"}); strings.Contains(masked, "@") ||
			strings.ContainsFunc(masked, func(r rune) bool { return r > unicode.MaxASCII }) {
			t.Errorf("an address or a name may be left in %q", masked)
		}
	})
}

// What a log gets holds no address, no name and no credentials; the results file gets what the server said.
func TestErrorsAreRedacted(t *testing.T) {
	said := `ann.lee@example.com (Ann Lee) was refused: token sandbox-token, bob%40example.org, annabel`
	body, _ := json.Marshal(map[string]string{"errorMessage": said})
	var log bytes.Buffer
	server := serve(t, says(400, string(body)))
	client := newTestClient(t, server.URL, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, _, err := client.CreateCustomer(t.Context(), NewCustomer{"ann.lee@example.com", "Ann Lee"}, Hooks{})
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatal(err)
	}
	if want := `ann.lee@example.com (Ann Lee) was refused: token [hidden], bob%40example.org, annabel`; e.Message != want {
		t.Errorf("message %q, want %q", e.Message, want)
	}
	client.FindAccount(t.Context(), "ann.lee@example.com")
	slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "error", err)
	for _, text := range []string{err.Error(), e.Redacted(), fmt.Sprint(e), fmt.Sprintf("%+v", client.config.Log),
		log.String()} {
		for _, secret := range []string{"ann.lee", "Ann Lee", "example.org", "sandbox-token", "c2FuZGJve", "Basic"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds %q", text, secret)
			}
		}
	}
	for _, want := range []string{`route=/rest/servicedeskapi/customer `, `route=/rest/api/3/user/search`,
		"status=400", "attempt=1", "method=POST"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
	client = newTestClient(t, serve(t, says(201, created)).URL, func(c *Config) { c.Log = client.config.Log })
	log.Reset()
	client.CreateCustomer(t.Context(), newcomer, Hooks{})
	if text := log.String(); !strings.Contains(text, "verdict=done") || !strings.Contains(text, `error=""`) {
		t.Errorf("logged of a success: %s", text)
	}
	if !strings.Contains(err.Error(), "annabel") {
		t.Errorf("a name was masked inside a word: %v", err)
	}
}

// What is left of a server's text can be nobody, and tells its reader what is wrong all the same.
func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"Signup is not currently available":                     "",
		"Client must be authenticated to access this resource.": "",
		"XSRF check failed":                                     "",
		"Unauthorized; scope does not match":                    "",
		"emailAddress: is no address; name: too long":           "",
		`"o'brien@example.com" is odd`:                          "[hidden] is odd",
		"<ann@example.com>, bo%40example.org.":                  "[hidden] [hidden]",
		"Ann is no ANN, nor Annabel, nor annabel":               "[hidden] is no [hidden], nor [hidden], nor annabel",
		"Ann Lee/Ann Lee is not allowed":                        "[hidden] [hidden]/[hidden] [hidden] is not allowed",
		"ann lee, lee: not allowed, ann.lee":                    "[hidden] [hidden], [hidden]: not allowed, [hidden].[hidden]",
		"User 'bo lee' isn't known, nor ‘ulf k’, ulf":           "User [hidden] isn't known, nor [hidden], ulf",
		"Bob Jones has it already":                              "[hidden] [hidden] has it already",
		"用户山田太郎不存在 (400)":                                       "[hidden] (400)",
		`the name "ann marie of cut off`:                        "the name [hidden]",
		"not jürgen, nor annabel.l…":                            "not [hidden] nor [hidden]",
	} {
		if want == "" {
			want = in
		}
		if got := mask(in, []string{"ann.lee@example.com", "Ann Lee"}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// No name is in a log, whatever the server makes of it, and however long its text is.
func TestNamesInAnswers(t *testing.T) {
	for _, tt := range []struct{ body, email, name, private string }{
		{`{"errorMessage":"用户山田太郎不存在"}`, "yamada@example.com", "山田太郎", "山田太郎"},
		{`{"errorMessage":"Ann Lee/Ann Lee is not allowed"}`, "a@example.com", "Ann Lee", "Lee"},
		{`{"errorMessage":"` + strings.Repeat("x ", 94) + `annabel.lee@example.com"}`, "annabel.lee@example.com", "A",
			"annabel"},
		{`{"errors":{"email":"is that of Bob Jones"}}`, "a@example.com", "Ann Lee", "Jones"},
		{`{"i18nErrorMessage":{"i18nKey":"Ann Lee"}}`, "a@example.com", "Ann Lee", "Lee"},
		{`<title>Ann Lee - Profile</title>`, "a@example.com", "Ann Lee", "Lee"},
	} {
		client := newTestClient(t, serve(t, says(400, tt.body)).URL)
		_, _, err := client.CreateCustomer(t.Context(), NewCustomer{tt.email, tt.name}, Hooks{})
		if strings.Contains(err.Error(), tt.private) {
			t.Errorf("%q is in the log: %s", tt.private, err)
		}
	}
}

// What Go's own errors quote of an answer is in no log either.
func TestNamesInBrokenAnswers(t *testing.T) {
	for _, answer := range []string{
		"Ann Lee (ann.lee@example.com)\r\n\r\n",
		"HTTP/1.1 201 Created\r\nAnn Lee\r\n\r\n",
		"HTTP/1.1 201 Created\r\nContent-Length: \"Ann Lee\"\r\n\r\n",
	} {
		client := newTestClient(t, rawServer(t, answer, ""))
		r := createRequest(client)
		r.last = client.send(t.Context(), r)
		_, text, _ := noAnswer(r.last.err)
		for _, text := range []string{text, client.failure(t.Context(), r).Reason(), quotaAnswer(r.last).Reason} {
			if strings.Contains(text, "Lee") || strings.Contains(text, "example.com") || !strings.Contains(text, hidden) {
				t.Errorf("%q: %q", answer, text)
			}
		}
	}
}

func TestReason(t *testing.T) {
	for want, e := range map[string]Error{
		"no answer in time":                      {Message: "no answer in time"},
		"503 Service Unavailable":                {Status: 503},
		"400 Bad Request: no (some.key)":         {Status: 400, Message: "no", Key: "some.key"},
		"400 Bad Request (some.key)":             {Status: 400, Key: "some.key"},
		"599: [address] is odd":                  {Status: 599, Message: "[address] is odd"},
		"403 Forbidden: XSRF check failed (x.y)": {Status: 403, Message: "XSRF check failed", Key: "x.y"},
	} {
		if got := e.Reason(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A setting of the site is no bad row: the hint says which one. Other refusals have none.
func TestSignupIsClosed(t *testing.T) {
	for key, hint := range map[string]string{"cv.signup.error.not.allowed": hintSignup, "other.key": ""} {
		client := newTestClient(t, serve(t, says(400, `{"i18nErrorMessage":{"i18nKey":"`+key+`"}}`)).URL)
		_, _, err := client.CreateCustomer(t.Context(), newcomer, Hooks{})
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindInvalid || e.Hint != hint || e.Key != key {
			t.Errorf("%s: %+v", key, e)
		}
	}
}

func TestTransportErrorsNameNobody(t *testing.T) {
	client := newTestClient(t, "http://127.0.0.1:1", func(c *Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("get %q with sandbox-token: %w", r.URL, context.DeadlineExceeded)
		})
	})
	r := &request{operation: opSearch, query: "query=ann.lee%40example.com"}
	r.last = client.send(t.Context(), r)
	err := client.failure(t.Context(), r)
	if strings.Contains(err.Error(), "ann.lee") || strings.Contains(err.Error(), "sandbox-token") {
		t.Error(err)
	}
}
