package jsmtest

import (
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// desk is a service desk.
type desk struct {
	id, projectID, name, key string
	customers                members
	orgs                     []*organization
}

type organization struct {
	id    int
	name  string
	users members
}

// members are accounts, in the order in which they were added.
type members struct {
	order []uint32
	is    map[uint32]bool
}

func (m *members) add(i uint32) {
	if m.is[i] {
		return
	}
	if m.is == nil {
		m.is = map[uint32]bool{}
	}
	m.is[i] = true
	m.order = append(m.order, i)
}

func (m *members) remove(i uint32) {
	if m.is[i] {
		delete(m.is, i)
		m.order = slices.DeleteFunc(m.order, func(j uint32) bool { return j == i })
	}
}

func builtInDesks() []*desk {
	return []*desk{
		{id: "1", projectID: "10001", name: "Customer Support", key: "SUP"},
		{id: "2", projectID: "10002", name: "Billing", key: "BIL"},
	}
}

func (s *Site) desk(id string) *desk {
	i := slices.IndexFunc(s.desks, func(d *desk) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return s.desks[i]
}

func (s *Site) organization(id string) *organization {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(s.orgs) {
		return nil
	}
	return s.orgs[n-1]
}

func listDesks(c *call) answer {
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	values := []map[string]any{}
	for _, d := range s.desks {
		values = append(values, map[string]any{
			"id": d.id, "projectId": d.projectID, "projectName": d.name, "projectKey": d.key,
			"_links": map[string]string{"self": c.base() + DesksPath + "/" + d.id},
		})
	}
	return page(c, values)
}

// withDesk runs do on the service desk of the request, under the site's lock.
func withDesk(c *call, do func(*desk) answer) answer {
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.desk(c.id); d != nil {
		return do(d)
	}
	return deskError(http.StatusNotFound, "sandbox.desk.unknown", "There is no such service desk", c.id)
}

func withOrganization(c *call, do func(*organization) answer) answer {
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.organization(c.id); o != nil {
		return do(o)
	}
	return deskError(http.StatusNotFound, "sandbox.organization.unknown", "There is no such organization", c.id)
}

func (c *call) people(m members) answer {
	values := []customerJSON{}
	for _, i := range m.order {
		values = append(values, c.customer(c.site.accounts.account(i)))
	}
	return page(c, values)
}

// accountIDs reads the accounts that a body names; unknown says that some are
// none. The caller holds the site's lock.
func (c *call) accountIDs() (known []uint32, unknown bool, refusal answer, bad bool) {
	var in struct {
		AccountIDs []string `json:"accountIds"`
	}
	if refusal, bad := c.decode(&in); bad {
		return nil, false, refusal, true
	}
	for _, id := range in.AccountIDs {
		if i, ok := c.site.accounts.find(id); ok {
			known = append(known, i)
		} else {
			unknown = true
		}
	}
	return known, unknown, answer{}, false
}

func unknownAccounts() answer {
	return deskError(http.StatusBadRequest, "sandbox.account.unknown", "Some of these accounts do not exist")
}

func listDeskCustomers(c *call) answer {
	return withDesk(c, func(d *desk) answer { return c.people(d.customers) })
}

// addDeskCustomers adds the valid ones even when it answers 400.
func addDeskCustomers(c *call) answer {
	return withDesk(c, func(d *desk) answer { return c.change(d.customers.add) })
}

func removeDeskCustomers(c *call) answer {
	return withDesk(c, func(d *desk) answer { return c.change(d.customers.remove) })
}

func (c *call) change(do func(uint32)) answer {
	known, unknown, refusal, bad := c.accountIDs()
	if bad {
		return refusal
	}
	for _, i := range known {
		do(i)
	}
	if unknown {
		return unknownAccounts()
	}
	return noContent()
}

type organizationJSON struct {
	ID    string            `json:"id"`
	Name  string            `json:"name"`
	Links map[string]string `json:"_links"`
}

func (c *call) organizationOf(o *organization) organizationJSON {
	id := strconv.Itoa(o.id)
	return organizationJSON{id, o.name, map[string]string{"self": c.base() + OrgsPath + "/" + id}}
}

func (c *call) organizations(orgs []*organization) answer {
	values := []organizationJSON{}
	for _, o := range orgs {
		values = append(values, c.organizationOf(o))
	}
	return page(c, values)
}

func listOrganizations(c *call) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	return c.organizations(c.site.orgs)
}

// createOrganization answers with the one there is when the name is taken.
func createOrganization(c *call) answer {
	var in struct {
		Name string `json:"name"`
	}
	if refusal, bad := c.decode(&in); bad {
		return refusal
	}
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 200 {
		return deskError(http.StatusBadRequest, "sandbox.organization.name", "A name has 1 to 200 characters")
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.orgs, func(o *organization) bool { return o.name == in.Name })
	if i < 0 {
		i = len(s.orgs)
		s.orgs = append(s.orgs, &organization{id: i + 1, name: in.Name})
	}
	return jsonAnswer(http.StatusCreated, c.organizationOf(s.orgs[i]))
}

func listOrganizationUsers(c *call) answer {
	return withOrganization(c, func(o *organization) answer { return c.people(o.users) })
}

// addOrganizationUsers adds nobody when one is unknown.
func addOrganizationUsers(c *call) answer {
	return withOrganization(c, func(o *organization) answer {
		known, unknown, refusal, bad := c.accountIDs()
		switch {
		case bad:
			return refusal
		case unknown:
			return unknownAccounts()
		}
		for _, i := range known {
			o.users.add(i)
		}
		return noContent()
	})
}

func listDeskOrganizations(c *call) answer {
	return withDesk(c, func(d *desk) answer { return c.organizations(d.orgs) })
}

// addDeskOrganization wants the id as a number.
func addDeskOrganization(c *call) answer {
	var in struct {
		OrganizationID int `json:"organizationId"`
	}
	if refusal, bad := c.decode(&in); bad {
		return refusal
	}
	return withDesk(c, func(d *desk) answer {
		o := c.site.organization(strconv.Itoa(in.OrganizationID))
		if o == nil {
			return deskError(http.StatusNotFound, "sandbox.organization.unknown", "There is no such organization")
		}
		if !slices.Contains(d.orgs, o) {
			d.orgs = append(d.orgs, o)
		}
		return noContent()
	})
}
