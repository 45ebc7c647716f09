package jsmtest

import (
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Organization is a customer organization.
type Organization struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	SCIMManaged bool     `json:"scim_managed"` // by an identity provider: it refuses members
	Members     []string `json:"members"`      // addresses, in the order in which they were added
}

// Desk is a service project, which the API calls a service desk.
type Desk struct {
	ID            string   `json:"id"`
	Key           string   `json:"key"`
	Name          string   `json:"name"`
	Closed        bool     `json:"closed"`        // nobody who asks may administer it
	Customers     []string `json:"customers"`     // addresses, in the order in which they were added
	Organizations []string `json:"organizations"` // names, in that order too
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
	users set[*account]
}

type desk struct {
	Desk
	customers set[*account]
	orgs      set[*organization]
}

// set is a set that remembers the order in which its members were added.
type set[T comparable] struct {
	order []T
	has   map[T]bool
}

func (s *set[T]) add(v T) {
	if s.has[v] {
		return
	}
	if s.has == nil {
		s.has = map[T]bool{}
	}
	s.has[v] = true
	s.order = append(s.order, v)
}

// fillAccess makes the organizations and desks that a site has from the start. Members that are no accounts of the
// site are left out.
func (s *Site) fillAccess(o Options) {
	for _, given := range o.Organizations {
		if given.ID == "" {
			given.ID = s.newOrganizationID(given.Name)
		}
		org := &organization{Organization: given}
		for _, address := range given.Members {
			if found := s.accounts.at(address); len(found) > 0 {
				org.users.add(found[0])
			}
		}
		s.orgs = append(s.orgs, org)
	}
	for _, given := range o.Desks {
		s.desks = append(s.desks, &desk{Desk: given})
	}
}

// newOrganizationID is a positive int32 that follows from the name, so that the same requests have the same ids
// whatever their order.
func (s *Site) newOrganizationID(name string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name)) // never fails
	for n := hash.Sum32()>>1 | 1; ; n++ {
		if id := strconv.Itoa(int(n)); s.organization(id) == nil {
			return id
		}
	}
}

func (s *Site) organization(id string) *organization {
	i := slices.IndexFunc(s.orgs, func(o *organization) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return s.orgs[i]
}

// Organizations lists the organizations with their members, in the order in which they were made.
func (s *Site) Organizations() []Organization {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Organization{}
	for _, o := range s.orgs {
		o.Members = addresses(o.users)
		all = append(all, o.Organization)
	}
	return all
}

// Desks lists the service projects with their customers and organizations.
func (s *Site) Desks() []Desk {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Desk{}
	for _, d := range s.desks {
		d.Customers, d.Desk.Organizations = addresses(d.customers), []string{}
		for _, o := range d.orgs.order {
			d.Desk.Organizations = append(d.Desk.Organizations, o.Name)
		}
		all = append(all, d.Desk)
	}
	return all
}

func addresses(of set[*account]) []string {
	all := []string{}
	for _, a := range of.order {
		all = append(all, a.Email)
	}
	return all
}

func membersJSON(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"organizations": c.site.Organizations(), "service_desks": c.site.Desks(),
	})
}

type organizationJSON struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	SCIMManaged bool              `json:"scimManaged,omitempty"`
	Links       map[string]string `json:"_links"`
}

func (c *call) organizationOf(o *organization) organizationJSON {
	return organizationJSON{o.ID, o.Name, o.SCIMManaged, map[string]string{"self": c.base() + OrgsPath + "/" + o.ID}}
}

func (c *call) organizations(orgs []*organization) answer {
	var all []organizationJSON
	for _, o := range orgs {
		all = append(all, c.organizationOf(o))
	}
	return page(c, all)
}

func listOrganizations(c *call) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	return c.organizations(c.site.orgs)
}

// createOrganization answers with the one there is when the name is taken. Who may create is invented.
func createOrganization(c *call) answer {
	var in struct{ Name string }
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 200 {
		return deskError(http.StatusBadRequest, "sandbox.organization.name", "A name has 1 to 200 characters")
	}
	if !c.user.Admin {
		return deskError(http.StatusForbidden, "sandbox.organization.permission", "You may not create organizations")
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.orgs, func(o *organization) bool {
		return o.Name == in.Name || s.options.FoldNames && strings.EqualFold(o.Name, in.Name)
	})
	if i < 0 {
		i = len(s.orgs)
		s.orgs = append(s.orgs, &organization{Organization: Organization{ID: s.newOrganizationID(in.Name), Name: in.Name}})
	}
	return jsonAnswer(http.StatusCreated, c.organizationOf(s.orgs[i]))
}

// addOrganizationUsers adds nobody when one is unknown: the API does not say what becomes of the others. How an
// organization refuses that an identity provider manages is invented.
func addOrganizationUsers(c *call) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	o := c.site.organization(c.req.PathValue("id"))
	if o == nil {
		return unknownOrganization()
	}
	known, refusal, ok := c.accountIDs()
	switch {
	case !c.user.Admin || o.SCIMManaged:
		return deskError(http.StatusForbidden, "sandbox.organization.permission", "You may not change its members")
	case !ok:
		return refusal
	}
	for _, a := range known {
		o.users.add(a)
	}
	return noContent()
}

// accountIDs reads the accounts that a request names: the known ones, and a refusal when that is not all.
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
	if len(known) < len(in.AccountIDs) || len(known) == 0 { // that there must be one is invented
		return known, deskError(http.StatusBadRequest, "sandbox.account.unknown", "Some accounts do not exist"), false
	}
	return known, answer{}, true
}

func unknownOrganization() answer {
	return deskError(http.StatusNotFound, "sandbox.organization.unknown", "There is no such organization")
}

type deskJSON struct {
	ID          string            `json:"id"`
	ProjectID   string            `json:"projectId"`
	ProjectName string            `json:"projectName"`
	ProjectKey  string            `json:"projectKey"`
	Links       map[string]string `json:"_links"`
}

func (c *call) deskOf(d *desk) deskJSON {
	return deskJSON{d.ID, "1000" + d.ID, d.Name, d.Key, map[string]string{"self": c.base() + DesksPath + "/" + d.ID}}
}

func listDesks(c *call) answer {
	var all []deskJSON
	for _, d := range c.site.desks { // which desks there are never changes
		all = append(all, c.deskOf(d))
	}
	return page(c, all)
}

func oneDesk(c *call) answer {
	return c.withDesk(true, func(d *desk) answer { return jsonAnswer(http.StatusOK, c.deskOf(d)) })
}

// withDesk runs do, under the site's lock, on the service project that the path names by id or key, or refuses
// when there is none or, unless anybody may do it, when the user may not administer it.
func (c *call) withDesk(anybody bool, do func(*desk) answer) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	id := c.req.PathValue("id")
	i := slices.IndexFunc(c.site.desks, func(d *desk) bool { return d.ID == id || strings.EqualFold(d.Key, id) })
	switch {
	case i < 0: // also what a project gets that is no service project
		return deskError(http.StatusNotFound, "sandbox.desk.unknown", "There is no such service desk", id)
	case !anybody && (c.site.desks[i].Closed || !c.user.Admin):
		return deskError(http.StatusForbidden, "sandbox.desk.permission", "You are no administrator of this service desk")
	}
	return do(c.site.desks[i])
}

func listDeskCustomers(c *call) answer {
	return c.withDesk(false, func(d *desk) answer {
		var people []customerJSON
		for _, a := range d.customers.order {
			people = append(people, c.customer(a.Account))
		}
		return page(c, people)
	})
}

// addDeskCustomers adds the accounts that exist even when it answers 400.
func addDeskCustomers(c *call) answer {
	return c.withDesk(false, func(d *desk) answer {
		known, refusal, ok := c.accountIDs()
		for _, a := range known {
			d.customers.add(a)
		}
		if !ok {
			return refusal
		}
		return noContent()
	})
}

// withLicence is withDesk for what wants an agent licence on the project.
func (c *call) withLicence(do func(*desk) answer) answer {
	return c.withDesk(false, func(d *desk) answer {
		if c.user.NoAgentLicence {
			return noLicence()
		}
		return do(d)
	})
}

func noLicence() answer {
	return deskError(http.StatusForbidden, "sandbox.desk.licence", "You have no agent licence on this service desk")
}

func listDeskOrganizations(c *call) answer {
	return c.withLicence(func(d *desk) answer { return c.organizations(d.orgs.order) })
}

// addDeskOrganization wants the id as a number.
func addDeskOrganization(c *call) answer {
	var in struct{ OrganizationID int32 }
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	return c.withLicence(func(d *desk) answer {
		o := c.site.organization(strconv.Itoa(int(in.OrganizationID)))
		if o == nil {
			return unknownOrganization()
		}
		d.orgs.add(o)
		return noContent()
	})
}
