package apiclient

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseSite(t *testing.T) {
	for in, want := range map[string]string{
		"acme":                "https://acme.atlassian.net",
		"ACME.Atlassian.net":  "https://acme.atlassian.net",
		"acme.atlassian.net/": "https://acme.atlassian.net",
		" https://acme.atlassian.net/jira/servicedesk/projects?x=1#y ": "https://acme.atlassian.net",
		"https://acme.atlassian.net:443":                               "https://acme.atlassian.net",
		"https://acme.atlassian.net.":                                  "https://acme.atlassian.net",
		"acme.atlassian.net/jira/a@b":                                  "https://acme.atlassian.net",
		`"https://help.example.com"`:                                   "https://help.example.com",
		"https://help.example.com:8443/x":                              "https://help.example.com:8443",
		"http://localhost:8765/":                                       "http://localhost:8765",
		"localhost:8765":                                               "http://localhost:8765",
		"http://127.0.0.1:8765":                                        "http://127.0.0.1:8765",
		"http://[::1]:8765":                                            "http://[::1]:8765",
		"http://[::1]":                                                 "http://[::1]",
		"https://localhost:1":                                          "https://localhost:1",
	} {
		if got, err := ParseSite(in); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestParseSiteRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "no site",
		"http://acme.atlassian.net":         "plain http",
		"http://127.0.0.1.example.com":      "plain http",
		"https://ann:secret@acme.example":   "user name",
		"ann@acme.atlassian.net":            "user name",
		"ftp://acme.atlassian.net":          "web address",
		"https://":                          "not an address",
		"https://acme..atlassian.net":       "not the name",
		"https://acme atlassian.net":        "not an address",
		"https://acme.example:port":         "not an address",
		"https://api.atlassian.com/ex/jira": "gateway",
		"https://admin.atlassian.com/s/1":   "Atlassian's own",
	} {
		got, err := ParseSite(in)
		e, ok := errors.AsType[*Error](err)
		if got != "" || !ok || e.Kind != KindSite || !strings.Contains(e.Message, want) || e.Hint == "" || strings.Contains(fmt.Sprint(err, e.Hint), "secret") {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

// What is accepted is a fixed point, and never plain http to a host that is not loopback.
func FuzzParseSite(f *testing.F) {
	for _, s := range []string{"acme", "http://localhost:1/x", "https://a@b", "//x", "http://[::1%25en0]", "a:b:c", "https://[::ffff:127.0.0.1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseSite(in)
		if err != nil {
			return
		}
		again, err := ParseSite(got)
		if err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", in, got, again, err)
		}
		if err := checkEndpoint("", got); err != nil {
			t.Errorf("%q: %q: %v", in, got, err)
		}
	})
}
