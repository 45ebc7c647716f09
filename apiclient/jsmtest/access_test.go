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
	got := []string{}
	for {
		status, body, _ := ask{method: "GET", url: fmt.Sprintf("%s?limit=2&start=%d", path, len(got))}.do(t, s)
		var p struct {
			Size, Start, Limit int
			IsLastPage         bool
			Values             []map[string]any
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, body, err)
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

// people lists the ids of those in an organization, by its id, or a service project, by its key.
func people(s *Site, in string) []string {
	all, got := []Account{}, []string{}
	for _, d := range s.Desks() {
		if d.Key == in {
			all = d.Customers
		}
	}
	for _, o := range s.Organizations() {
		if o.ID == in {
			all = o.Members
		}
	}
	for _, a := range all {
		got = append(got, a.ID)
	}
	return got
}

func members(ids ...string) string { return `{"accountIds":["` + strings.Join(ids, `","`) + `"]}` }

// TestAccess walks through organizations and service projects, and looks after each step who is where.
func TestAccess(t *testing.T) {
	o := Sandbox()
	o.Quotas, o.CloudID = nil, cloudID
	for _, id := range []string{"qm:a", "qm:b", "qm:c"} {
		o.Existing = append(o.Existing, Account{Email: strings.Replace(id, ":", "@", 1) + ".example", Name: "N", ID: id})
	}
	o.Organizations = []Organization{{ID: "7", Name: "North"}, {ID: "8", Name: "Provisioned", SCIMManaged: true}}
	o.Tokens = append(o.Tokens, Token{Email: "plain@example.com", Secret: "s"})
	s := New(o)
	const desk, org = DesksPath + "/SUP", OrgsPath + "/7"
	long := strings.Repeat("é", 200)
	steps := []struct {
		name   string
		ask    ask
		status int
		list   string // path and field of a list, and what is in it then
		want   []string
	}{
		{"customers", ask{method: "GET", url: desk + "/customer"}, 200, desk + "/customer accountId", []string{}},
		{"desks", ask{method: "GET", url: DesksPath}, 200, DesksPath + " projectKey", []string{"SUP", "BIL", "HR"}},
		{"at the gateway", ask{method: "GET", url: gateway + DesksPath, as: "sandbox@example.com:x"}, 401, DesksPath + " id", []string{"1", "2", "3"}},
		{"by key", ask{method: "GET", url: DesksPath + "/sup"}, 200, "SUP customers", []string{}},
		{"by id", ask{method: "GET", url: DesksPath + "/2"}, 200, DesksPath + " projectName", []string{"Customer Support", "Billing", "People"}},
		{"no such desk", ask{method: "GET", url: DesksPath + "/NONE"}, 404, DesksPath + "/2/organization id", []string{}},
		{"add", ask{method: "POST", url: desk + "/customer", body: members("qm:a", "qm:b")}, 204, "SUP customers", []string{"qm:a", "qm:b"}},
		{"add members", ask{method: "POST", url: desk + "/customer", body: members("qm:b", "qm:a")}, 204, "SUP customers", []string{"qm:a", "qm:b"}},
		{"one unknown, others added", ask{method: "POST", url: desk + "/customer", body: members("qm:x", "qm:c", "qm:a")}, 400, "SUP customers", []string{"qm:a", "qm:b", "qm:c"}},
		{"nobody named", ask{method: "POST", url: desk + "/customer", body: `{}`}, 400, "BIL customers", []string{}},
		{"no administrator", ask{method: "POST", url: DesksPath + "/2/customer", body: members("qm:a"), as: "plain@example.com:s"}, 403, "BIL customers", []string{}},
		{"nobody may", ask{method: "POST", url: DesksPath + "/HR/customer", body: members("qm:a")}, 403, DesksPath + " id", []string{"1", "2", "3"}},
		{"unknown desk", ask{method: "POST", url: DesksPath + "/NONE/customer", body: members("qm:a")}, 404, "BIL customers", []string{}},

		{"new organization", ask{method: "POST", url: OrgsPath, body: `{"name":"South"}`}, 201, OrgsPath + " name", []string{"North", "Provisioned", "South"}},
		{"the same", ask{method: "POST", url: OrgsPath, body: `{"name":"North"}`}, 201, OrgsPath + " name", []string{"North", "Provisioned", "South"}},
		{"in another case", ask{method: "POST", url: OrgsPath, body: `{"name":"NORTH"}`}, 201, OrgsPath + " name", []string{"North", "Provisioned", "South", "NORTH"}},
		{"a long name", ask{method: "POST", url: OrgsPath, body: `{"name":"` + long + `"}`}, 201, OrgsPath + " name", []string{"North", "Provisioned", "South", "NORTH", long}},
		{"too long", ask{method: "POST", url: OrgsPath, body: `{"name":"` + long + `x"}`}, 400, OrgsPath + " name", []string{"North", "Provisioned", "South", "NORTH", long}},
		{"by no administrator", ask{method: "POST", url: OrgsPath, body: `{"name":"West"}`, as: "plain@example.com:s"}, 403, OrgsPath + " name", []string{"North", "Provisioned", "South", "NORTH", long}},
		{"users", ask{method: "POST", url: org + "/user", body: members("qm:a", "qm:a")}, 204, "7 members", []string{"qm:a"}},
		{"one unknown, nobody added", ask{method: "POST", url: org + "/user", body: members("qm:b", "qm:x")}, 400, "7 members", []string{"qm:a"}},
		{"provisioned", ask{method: "POST", url: OrgsPath + "/8/user", body: members("qm:b")}, 403, "8 members", []string{}},
		{"no such organization", ask{method: "POST", url: OrgsPath + "/9/user", body: members("qm:b")}, 404, "7 members", []string{"qm:a"}},

		{"organization of a desk", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":8}`}, 204, desk + "/organization id", []string{"8"}},
		{"there already", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":8}`}, 204, desk + "/organization id", []string{"8"}},
		{"id as a text", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":"7"}`}, 400, desk + "/organization id", []string{"8"}},
		{"unknown one", ask{method: "POST", url: desk + "/organization", body: `{"organizationId":9}`}, 404, desk + "/organization id", []string{"8"}},
	}
	for _, step := range steps {
		if status, body, _ := step.ask.do(t, s); status != step.status {
			t.Errorf("%s: got %d %s, want %d", step.name, status, body, step.status)
		}
		path, field, _ := strings.Cut(step.list, " ")
		got := people(s, path)
		if strings.HasPrefix(path, "/") {
			got = paged(t, s, path, field)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestPagesHaveFiftyAtMost whatever is asked for.
func TestPagesHaveFiftyAtMost(t *testing.T) {
	o := Sandbox()
	for i := range 120 {
		o.Organizations = append(o.Organizations, Organization{Name: fmt.Sprint("Company ", i)})
	}
	s := New(o)
	for query, want := range map[string]int{"": 50, "?limit=100": 50, "?limit=7": 7, "?start=100": 20, "?start=500": 0, "?limit=0": 50} {
		_, body, _ := ask{method: "GET", url: OrgsPath + query}.do(t, s)
		if got := strings.Count(body, `"name"`); got != want {
			t.Errorf("%q: got %d, want %d", query, got, want)
		}
	}
	if got := paged(t, s, OrgsPath, "id"); len(got) != 120 {
		t.Errorf("%d in all pages, want 120", len(got))
	}
}

// TestFaultsOfAccess: a share of the accounts is unknown for good, and there is no licence.
func TestFaultsOfAccess(t *testing.T) {
	o := Options{
		Existing: crowd(100), Organizations: []Organization{{Name: "North"}},
		Faults: []Fault{{Kind: UnknownAccount, Share: 0.2}, {Kind: NoAgentLicence, Share: 1}},
	}
	s := New(o)
	org := s.Organizations()[0].ID
	unknown, all := map[string]bool{}, []string{}
	for _, a := range s.Accounts() {
		status, _, _ := ask{method: "POST", url: OrgsPath + "/" + org + "/user", body: members(a.ID)}.do(t, s)
		unknown[a.ID] = status == 400
		all = append(all, a.ID)
	}
	if n := len(s.Organizations()[0].Members); n < 70 || n > 92 {
		t.Errorf("%d members of 101, want some 80", n)
	}
	s.SetFaults(Fault{Kind: UnknownAccount, Share: 0.2, Route: OrgUsersPath})
	if status, _, _ := (ask{method: "POST", url: DesksPath + "/1/customer", body: members(all...)}).do(t, s); status != 204 {
		t.Errorf("another route: got %d, want 204", status)
	}
	for id, want := range unknown {
		if status, _, _ := (ask{method: "POST", url: OrgsPath + "/" + org + "/user", body: members(id)}).do(t, s); (status == 400) != want {
			t.Errorf("%s: got %d at the second time", id, status)
		}
	}
	s.SetFaults(o.Faults[1])
	body := `{"organizationId":` + org + `}`
	if status, _, _ := (ask{method: "POST", url: DesksPath + "/1/organization", body: body}).do(t, s); status != 403 {
		t.Errorf("without a licence: got %d, want 403", status)
	}
	if status, _, _ := (ask{method: "GET", url: DesksPath + "/1/organization"}).do(t, s); status != 403 {
		t.Errorf("without a licence to look: got %d, want 403", status)
	}
}
