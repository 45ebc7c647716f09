package jsmtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// paged follows the pages of a list and collects one field of its values.
func paged(t *testing.T, s *Site, path, field string) []string {
	t.Helper()
	var got []string
	for {
		status, body, _ := ask{method: "GET", url: fmt.Sprintf("%s?start=%d&limit=2", path, len(got)), header: "X-ExperimentalApi: opt-in"}.do(t, s)
		var p struct {
			Size, Start, Limit int
			IsLastPage         bool
			Values             []map[string]any
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 {
			t.Fatalf("%d %v", status, err)
		}
		if p.Size != len(p.Values) || p.Start != len(got) || p.Limit != 2 {
			t.Fatalf("page %s", body)
		}
		for _, v := range p.Values {
			got = append(got, v[field].(string))
		}
		if p.IsLastPage {
			return got
		}
	}
}

func TestDesksAndOrganizations(t *testing.T) {
	o := Sandbox()
	o.Quotas = nil // a desk's customers have 5 a second
	for _, id := range []string{"qm:a", "qm:b", "qm:c"} {
		o.Existing = append(o.Existing, Account{Email: strings.Replace(id, ":", "@", 1) + ".example", Name: "N", ID: id})
	}
	s := New(o)
	const desk, org = "/rest/servicedeskapi/servicedesk/1", "/rest/servicedeskapi/organization/1"
	optIn := "X-ExperimentalApi: opt-in"
	steps := []struct {
		name   string
		ask    ask
		status int
		list   string // path and field of a list, and what is in it then
		want   []string
	}{
		{"desks", ask{method: "GET", url: DesksPath}, 200, DesksPath + " id", []string{"1", "2"}},
		{"add", ask{method: "POST", url: desk + "/customer", body: `{"accountIds":["qm:a","qm:b"]}`}, 204, desk + "/customer accountId", []string{"qm:a", "qm:b"}},
		{"add again and an unknown", ask{method: "POST", url: desk + "/customer", body: `{"accountIds":["qm:x","qm:c","qm:a"]}`}, 400, desk + "/customer accountId", []string{"qm:a", "qm:b", "qm:c"}},
		{"remove", ask{method: "DELETE", url: desk + "/customer", body: `{"accountIds":["qm:b"]}`, header: optIn}, 204, desk + "/customer accountId", []string{"qm:a", "qm:c"}},
		{"new organization", ask{method: "POST", url: OrgsPath, body: `{"name":"North"}`}, 201, OrgsPath + " name", []string{"North"}},
		{"the same", ask{method: "POST", url: OrgsPath, body: `{"name":"North"}`}, 201, OrgsPath + " name", []string{"North"}},
		{"another", ask{method: "POST", url: OrgsPath, body: `{"name":"` + strings.Repeat("é", 200) + `"}`}, 201, OrgsPath + " id", []string{"1", "2"}},
		{"too long", ask{method: "POST", url: OrgsPath, body: `{"name":"` + strings.Repeat("é", 201) + `"}`}, 400, OrgsPath + " id", []string{"1", "2"}},
		{"users", ask{method: "POST", url: org + "/user", body: `{"accountIds":["qm:a"]}`}, 204, org + "/user accountId", []string{"qm:a"}},
		{"one unknown, nobody", ask{method: "POST", url: org + "/user", body: `{"accountIds":["qm:b","qm:x"]}`}, 400, org + "/user accountId", []string{"qm:a"}},
		{"organization of a desk", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":2}`}, 204, desk + "/organization id", []string{"2"}},
		{"id as a string", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":"1"}`}, 400, desk + "/organization id", []string{"2"}},
		{"no such one", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":7}`}, 404, desk + "/organization id", []string{"2"}},
	}
	for _, step := range steps {
		if status, body, _ := step.ask.do(t, s); status != step.status {
			t.Errorf("%s: got %d %s, want %d", step.name, status, body, step.status)
		}
		path, field, _ := strings.Cut(step.list, " ")
		if diff := cmp.Diff(step.want, paged(t, s, path, field)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
