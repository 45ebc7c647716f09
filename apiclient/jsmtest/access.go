package jsmtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Organization is a customer organization.
type Organization struct {
	ID          string    `json:"id"` // "" lets the site make one
	Name        string    `json:"name"`
	SCIMManaged bool      `json:"scim_managed"` // by an identity provider: it refuses members
	Members     []Account `json:"members"`      // in the order in which they were added; none at first
}

// Desk is a service project, which the API calls a service desk.
type Desk struct {
	ID            string         `json:"id"`
	Key           string         `json:"key"`
	Name          string         `json:"name"`
	Closed        bool           `json:"closed"`    // nobody who asks may administer it
	Customers     []Account      `json:"customers"` // in the order in which they were added; none at first
	Organizations []Organization `json:"organizations"`
}

// BuiltInDesks are the service projects of a site that is given none: two, and one that nobody may administer.
func BuiltInDesks() []Desk {
	return []Desk{
		{ID: "1", Key: "SUP", Name: "Customer Support"},
		{ID: "2", Key: "BIL", Name: "Billing"},
		{ID: "3", Key: "HR", Name: "People", Closed: true},
	}
}

// organization and desk are these as they are kept.
type organization struct {
	Organization
	users []*account
}

type desk struct {
	Desk
	customers []*account
	orgs      []*organization
}

// Organizations lists the organizations with their members, in the order in which they were made.
func (s *Site) Organizations() []Organization {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seen(s.orgs)
}

func seen(orgs []*organization) (all []Organization) {
	for _, o := range orgs {
		o.Members = copies(o.users)
		all = append(all, o.Organization)
	}
	return all
}

// Desks lists the service projects with their customers and organizations.
func (s *Site) Desks() []Desk {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Desk
	for _, d := range s.desks {
		d.Customers, d.Organizations = copies(d.customers), seen(d.orgs)
		all = append(all, d.Desk)
	}
	return all
}

func membersJSON(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"organizations": c.site.Organizations(), "service_desks": c.site.Desks(),
	})
}

func (s *Site) organization(id string) *organization {
	i := slices.IndexFunc(s.orgs, func(o *organization) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return s.orgs[i]
}

// addOrganization makes an organization. Its id is an int32 that follows from the name, so that requests with ids
// are the same whatever the order in which organizations are made.
func (s *Site) addOrganization(o Organization) *organization {
	for n := hash(o.Name) % (1 << 30); o.ID == "" || s.organization(o.ID) != nil; n++ {
		o.ID = strconv.FormatUint(n+1, 10)
	}
	made := &organization{Organization: o}
	s.orgs = append(s.orgs, made)
	return made
}

func (c *call) organizationOf(o *organization) map[string]any {
	out := map[string]any{"id": o.ID, "name": o.Name, "_links": map[string]string{"self": c.base() + OrgsPath + "/" + o.ID}}
	if o.SCIMManaged {
		out["scimManaged"] = true
	}
	return out
}

func listOrganizations(c *call) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	return page(c, c.site.orgs, c.organizationOf)
}

// createOrganization answers with the one there is when the name is taken.
func createOrganization(c *call) answer {
	var in struct{ Name string }
	refusal, ok := c.decode(&in)
	n := utf8.RuneCountInString(in.Name)
	switch {
	case !ok:
		return refusal
	case n < 1 || n > 200:
		return c.failure(http.StatusBadRequest, "organization.name", "A name has 1 to 200 characters")
	case !c.user.Admin:
		return c.failure(http.StatusForbidden, "organization.permission", "You may not create organizations")
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.orgs {
		if o.Name == in.Name || s.options.FoldNames && strings.EqualFold(o.Name, in.Name) {
			return jsonAnswer(http.StatusCreated, c.organizationOf(o))
		}
	}
	return jsonAnswer(http.StatusCreated, c.organizationOf(s.addOrganization(Organization{Name: in.Name})))
}

// addOrganizationUsers adds nobody when one is unknown: the API does not say what becomes of the others. How an
// organization refuses that an identity provider manages is invented.
func addOrganizationUsers(c *call) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	o := c.site.organization(c.req.PathValue("id"))
	switch {
	case o == nil:
		return c.failure(http.StatusNotFound, "organization.unknown", "There is no such organization")
	case !c.user.Admin || o.SCIMManaged:
		return c.failure(http.StatusForbidden, "organization.permission", "You may not change its members")
	}
	known, refusal, ok := c.accountIDs()
	if !ok {
		return refusal
	}
	o.users = union(o.users, known...)
	return noContent()
}

// accountIDs reads the accounts that a request names: those that exist, and a refusal when that is not all.
func (c *call) accountIDs() (known []*account, refusal answer, ok bool) {
	var in struct{ AccountIDs []string }
	if refusal, ok := c.decode(&in); !ok {
		return nil, refusal, false
	}
	for _, id := range in.AccountIDs {
		if a := c.site.accounts.byID[id]; a != nil && !c.site.faults.unknown(c.route, id) {
			known = append(known, a)
		}
	}
	if len(known) < len(in.AccountIDs) || len(known) == 0 { // that one must be named is invented
		return known, c.failure(http.StatusBadRequest, "account.unknown", "Some accounts do not exist"), false
	}
	return known, answer{}, true
}

func union[T comparable](to []T, more ...T) []T {
	for _, v := range more {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}

func (c *call) deskOf(d *desk) map[string]any {
	return map[string]any{
		"id": d.ID, "projectId": "1000" + d.ID, "projectName": d.Name, "projectKey": d.Key,
		"_links": map[string]string{"self": c.base() + DesksPath + "/" + d.ID},
	}
}

// listDesks needs no lock: service projects never change.
func listDesks(c *call) answer { return page(c, c.site.desks, c.deskOf) }

func oneDesk(c *call) answer {
	if d := c.desk(); d != nil {
		return jsonAnswer(http.StatusOK, c.deskOf(d))
	}
	return c.unknownDesk()
}

// desk is the service project that the path names by id or key; nil: none.
func (c *call) desk() *desk {
	id := c.req.PathValue("id")
	i := slices.IndexFunc(c.site.desks, func(d *desk) bool { return d.ID == id || strings.EqualFold(d.Key, id) })
	if i < 0 {
		return nil
	}
	return c.site.desks[i]
}

// unknownDesk is also what a project gets that is no service project.
func (c *call) unknownDesk() answer {
	return c.failure(http.StatusNotFound, "desk.unknown", "There is no such service desk")
}

// withDesk runs do, under the site's lock, on the service project that the path names, or refuses when there is none
// or the user may not administer it.
func (c *call) withDesk(do func(*desk) answer) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	d := c.desk()
	switch {
	case d == nil:
		return c.unknownDesk()
	case d.Closed || !c.user.Admin:
		return c.failure(http.StatusForbidden, "desk.permission", "You are no administrator of this service desk")
	case c.route.pattern == DeskOrgsPath && c.user.NoAgentLicence:
		return c.noLicence()
	}
	return do(d)
}

func (c *call) noLicence() answer {
	return c.failure(http.StatusForbidden, "desk.licence", "You have no agent licence on this service desk")
}

func listDeskCustomers(c *call) answer {
	return c.withDesk(func(d *desk) answer {
		return page(c, d.customers, func(a *account) map[string]any { return c.customer(a.Account) })
	})
}

// addDeskCustomers adds the accounts that exist even when it answers 400.
func addDeskCustomers(c *call) answer {
	return c.withDesk(func(d *desk) answer {
		known, refusal, ok := c.accountIDs()
		d.customers = union(d.customers, known...)
		if !ok {
			return refusal
		}
		return noContent()
	})
}

func listDeskOrganizations(c *call) answer {
	return c.withDesk(func(d *desk) answer { return page(c, d.orgs, c.organizationOf) })
}

// addDeskOrganization wants the id as a number.
func addDeskOrganization(c *call) answer {
	var in struct{ OrganizationID int32 }
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	return c.withDesk(func(d *desk) answer {
		o := c.site.organization(strconv.Itoa(int(in.OrganizationID)))
		if o == nil {
			return c.failure(http.StatusNotFound, "organization.unknown", "There is no such organization")
		}
		d.orgs = union(d.orgs, o)
		return noContent()
	})
}
