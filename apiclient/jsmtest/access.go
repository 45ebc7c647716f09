package jsmtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Organization is a customer organization, with the JSON that the API has.
type Organization struct {
	ID          string    `json:"id"` // "" lets the site make one
	Name        string    `json:"name"`
	SCIMManaged bool      `json:"scimManaged"` // by an identity provider: it refuses members
	Members     []Account `json:"-"`           // as they were when they were added, in that order
}

// Desk is a service project, which the API calls a service desk.
type Desk struct {
	ID            string    `json:"id"`
	ProjectID     string    `json:"projectId"`
	Key           string    `json:"projectKey"`
	Name          string    `json:"projectName"`
	Closed        bool      `json:"-"` // nobody who asks may administer it
	Customers     []Account `json:"-"` // as they were when they were added, in that order
	Organizations []string  `json:"-"` // ids, in that order
}

// builtInDesks are the service projects of every site: two, and one that nobody may administer.
func builtInDesks() []*Desk {
	return []*Desk{
		{ID: "1", ProjectID: "10001", Key: "SUP", Name: "Customer Support"},
		{ID: "2", ProjectID: "10002", Key: "BIL", Name: "Billing"},
		{ID: "3", ProjectID: "10003", Key: "HR", Name: "People", Closed: true},
	}
}

// Organizations lists the organizations with their members, in the order in which they were made.
func (s *Site) Organizations() []Organization { return snapshot(s, &s.orgs) }

// Desks lists the service projects with their customers and organizations.
func (s *Site) Desks() []Desk { return snapshot(s, &s.desks) }

func snapshot[T any](s *Site, of *[]*T) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(*of)
}

// organization has the id; nil: none has.
func (s *Site) organization(id string) *Organization {
	for _, o := range s.orgs {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// addOrganization makes an organization. Its id, an int32, follows from the name, so that faults can be drawn by it.
func (s *Site) addOrganization(o Organization) *Organization {
	for n := hash(o.Name) % (1 << 30); o.ID == "" || s.organization(o.ID) != nil; n++ {
		o.ID = strconv.FormatUint(n+1, 10)
	}
	s.orgs = append(s.orgs, &o)
	return &o
}

// find finds what the path names, or refuses.
func (c *call) find() *answer {
	switch id := c.req.PathValue("id"); {
	case strings.HasPrefix(c.route.pattern, DeskPath):
		i := slices.IndexFunc(c.site.desks, func(d *Desk) bool { return d.ID == id || strings.EqualFold(d.Key, id) })
		if i < 0 { // also what a project gets that is no service project
			return c.failure(http.StatusNotFound, "sandbox.desk.unknown", "There is no such service desk")
		}
		if c.desk = c.site.desks[i]; c.desk.Closed && c.route.may != nil {
			return forbidden(c)
		}
	case c.route.pattern == RevokePath || c.route.pattern == RenamePath:
		c.account = c.site.byID[c.req.PathValue("accountId")]
		if c.account == nil || c.account.Type != Customer { // what others than customers get is invented
			return c.failure(http.StatusNotFound, "sandbox.account.unknown", "There is no such portal-only account")
		}
	}
	return nil
}

func listOrganizations(c *call) *answer { return page(c, c.site.orgs) }

// createOrganization answers with the one there is when the name is taken.
func createOrganization(c *call, in struct{ Name string }) *answer {
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 200 {
		return c.failure(http.StatusBadRequest, "sandbox.organization.name", "A name has 1 to 200 characters")
	}
	for _, o := range c.site.orgs {
		if o.Name == in.Name {
			return jsonAnswer(http.StatusCreated, o)
		}
	}
	return jsonAnswer(http.StatusCreated, c.site.addOrganization(Organization{Name: in.Name}))
}

// accountIDs is the body of a request that adds people.
type accountIDs struct{ AccountIDs []string }

// join adds accounts to members: those that exist, or nobody when some do not and all is set.
func (c *call) join(members []Account, ids accountIDs, all bool) ([]Account, *answer) {
	joined, unknown := members, len(ids.AccountIDs) == 0 // that none at all are refused is invented
	for _, id := range ids.AccountIDs {
		a := c.site.byID[id]
		if a == nil || c.isUnknown(id) {
			unknown = true
		} else if !slices.ContainsFunc(joined, func(m Account) bool { return m.ID == id }) {
			joined = append(joined, *a)
		}
	}
	switch {
	case !unknown:
		return joined, &answer{status: http.StatusNoContent}
	case all:
		joined = members
	}
	return joined, c.failure(http.StatusBadRequest, "sandbox.account.unknown", "Some accounts do not exist")
}

// addOrganizationUsers adds nobody when one is unknown: the API does not say what becomes of the others. How an
// organization refuses that an identity provider manages is invented.
func addOrganizationUsers(c *call, in accountIDs) (a *answer) {
	o := c.site.organization(c.req.PathValue("id"))
	switch {
	case o == nil:
		return noOrganization(c)
	case o.SCIMManaged:
		return forbidden(c)
	}
	o.Members, a = c.join(o.Members, in, true)
	return a
}

func listDesks(c *call) *answer { return page(c, c.site.desks) }

func showDesk(c *call) *answer { return jsonAnswer(http.StatusOK, c.desk) }

func listDeskCustomers(c *call) *answer { return page(c, c.desk.Customers) }

// addDeskCustomers adds the accounts that exist even when it answers 400.
func addDeskCustomers(c *call, in accountIDs) (a *answer) {
	c.desk.Customers, a = c.join(c.desk.Customers, in, false)
	return a
}

func listDeskOrganizations(c *call) *answer {
	var orgs []*Organization
	for _, id := range c.desk.Organizations {
		orgs = append(orgs, c.site.organization(id))
	}
	return page(c, orgs)
}

// addDeskOrganization wants the id as a number.
func addDeskOrganization(c *call, in struct{ OrganizationID int32 }) *answer {
	o := c.site.organization(strconv.Itoa(int(in.OrganizationID)))
	if o == nil {
		return noOrganization(c)
	}
	if !slices.Contains(c.desk.Organizations, o.ID) {
		c.desk.Organizations = append(c.desk.Organizations, o.ID)
	}
	return &answer{status: http.StatusNoContent}
}
