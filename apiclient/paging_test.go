package apiclient

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// organizations lists the organizations of a site that answers each request by its query.
func organizations(t *testing.T, pages map[string]string) (names string, asked []string, err error) {
	t.Helper()
	const site = "https://acme.example.test"
	client := inProcess(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		body, ok := pages[r.URL.RawQuery]
		if !ok {
			t.Errorf("asked for %s", r.URL)
		}
		w.Write([]byte(strings.ReplaceAll(body, "SITE", site)))
	}))
	all, err := client.Organizations(t.Context())
	for _, o := range all {
		names += o.Name
	}
	return names, asked, err
}

// values are organizations whose ids and names are these letters.
func values(letters string) string {
	var list []string
	for _, l := range letters {
		list = append(list, fmt.Sprintf(`{"id":"%c","name":"%c"}`, l, l))
	}
	return `"values":[` + strings.Join(list, ",") + `]`
}

func TestPages(t *testing.T) {
	const first = "limit=50"
	for _, tt := range []struct {
		name  string
		pages map[string]string
		want  string
		asked int
		kind  Kind
	}{
		{"one", map[string]string{first: `{"isLastPage":true,` + values("AB") + `}`}, "AB", 1, 0},
		{"none", map[string]string{first: `{"isLastPage":true,"values":[]}`}, "", 1, 0},
		{"an empty page ends it", map[string]string{first: `{"limit":2,` + values("AB") + `}`,
			first + "&start=2": `{"values":[]}`}, "AB", 2, 0},
		{"by the limit of the answer, not by what was received", map[string]string{
			first:              `{"limit":3,"size":1,` + values("A") + `}`,
			first + "&start=3": `{"limit":3,` + values("BC") + `}`,
			first + "&start=6": `{"isLastPage":true,"limit":3,` + values("D") + `}`,
		}, "ABCD", 3, 0},
		{"without a limit one by one", map[string]string{
			first: `{` + values("A") + `}`, first + "&start=1": `{"isLastPage":true,` + values("B") + `}`,
		}, "AB", 2, 0},
		{"a link to another host is not followed", map[string]string{
			first: `{"limit":1,"_links":{"next":"https://other.example.test/rest/servicedeskapi/organization?x=1"},` +
				values("A") + `}`,
			first + "&start=1": `{"isLastPage":true,` + values("B") + `}`,
		}, "AB", 2, 0},
		{"by the link", map[string]string{
			first:      `{"limit":1,"_links":{"next":"SITE/rest/servicedeskapi/organization?cursor=x"},` + values("A") + `}`,
			"cursor=x": `{"isLastPage":true,` + values("B") + `}`,
		}, "AB", 2, 0},
		{"a link with a host that only begins alike is not followed", map[string]string{
			first: `{"limit":1,"_links":{"next":"SITE.example.test/rest/servicedeskapi/organization?x=1"},` +
				values("A") + `}`,
			first + "&start=1": `{"isLastPage":true,` + values("B") + `}`,
		}, "AB", 2, 0},
		{"what was seen is dropped", map[string]string{
			first:              `{"limit":2,` + values("AB") + `}`,
			first + "&start=2": `{"isLastPage":true,"limit":2,` + values("BC") + `}`,
		}, "ABC", 2, 0},
		{"pages that do not advance", map[string]string{
			first: `{"limit":2,` + values("AB") + `}`, first + "&start=2": `{"limit":2,` + values("AB") + `}`,
		}, "AB", 2, KindAnswer},
		{"a page without values", map[string]string{first: `{"isLastPage":true}`}, "", 5, KindAnswer},
		{"values without ids", map[string]string{first: `{"isLastPage":true,"values":[{"name":"A"}]}`}, "", 5,
			KindAnswer},
		{"a web page", map[string]string{first: `<html><title>Sign in</title></html>`}, "", 5, KindAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				names, asked, err := organizations(t, tt.pages)
				checkKind(t, err, tt.kind, "")
				if names != tt.want || len(asked) != tt.asked {
					t.Errorf("%q in %d pages %v, want %q in %d", names, len(asked), asked, tt.want, tt.asked)
				}
			})
		})
	}
}
