package apiclient

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// https://developer.atlassian.com/cloud/jira/service-desk/rest/
var (
	opOrganizations      = operation{"listing organizations", get, orgsPath, hintAgent}
	opCreateOrganization = operation{"creating an organization", post, orgsPath, hintAgent}
	opAddMembers         = operation{"adding customers to an organization", post, orgsPath + "/{id}/user", hintAgent}

	opDesks           = operation{"listing service projects", get, desksPath, hintAccess}
	opDesk            = operation{"looking up a service project", get, deskPath, hintAgent}
	opCustomers       = operation{"listing the customers of a project", get, deskPath + "/customer", hintAgent}
	opAddCustomers    = operation{"adding customers to a project", post, deskPath + "/customer", hintAgent}
	opDeskMembers     = operation{"listing the organizations of a project", get, deskPath + "/organization", hintAgent}
	opAddOrganization = operation{"adding an organization to a project", post, deskPath + "/organization", hintAgent}
)

const (
	orgsPath  = serviceDeskAPI + "/organization"
	desksPath = serviceDeskAPI + "/servicedesk"
	deskPath  = desksPath + "/{id}"
)

// Organization is a group of customers who see each other's requests.
type Organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ServiceDesk is a project with a portal.
type ServiceDesk struct {
	ID          string `json:"id"`
	ProjectID   string `json:"projectId"`
	ProjectName string `json:"projectName"`
	ProjectKey  string `json:"projectKey"`
}

// Organizations lists the organizations of the site.
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	return c.list(ctx, opOrganizations)
}

// ServiceDeskOrganizations lists those that were added to a service desk. It needs the same rights as adding one.
func (c *Client) ServiceDeskOrganizations(ctx context.Context, deskID string) ([]Organization, error) {
	return c.list(ctx, opDeskMembers, deskID)
}

// ServiceDesk finds one by its id or its project's key. KindNotFound: there is none, or the account cannot see it.
func (c *Client) ServiceDesk(ctx context.Context, key string) (ServiceDesk, error) {
	desk, _, err := doJSON(ctx, c, &request{operation: opDesk, ids: []string{key}}, func(d ServiceDesk) bool {
		return d.ID != "" && (d.ID == key || d.ProjectID == key || strings.EqualFold(d.ProjectKey, key))
	})
	return desk, err
}

// CreateOrganization makes an organization of 1 to 200 characters, or returns the one that has this name, apart from
// case, blanks and Unicode form: the API answers 201 to both. It may be repeated.
func (c *Client) CreateOrganization(ctx context.Context, name string) (Organization, error) {
	made, _, err := doJSON(ctx, c, &request{
		operation: opCreateOrganization,
		body:      map[string]string{"name": name},
		private:   []string{name},
		want:      http.StatusCreated,
	}, func(made Organization) bool { return made.ID != "" && foldName(made.Name) == foldName(name) })
	return made, err
}

func foldName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(name)), " "))
}

// AddToOrganization adds accounts to an organization; 50 a call is what the API is known to take. It may be repeated.
// KindInvalid: the site does not know one of them, and what became of the others is not known.
func (c *Client) AddToOrganization(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, opAddMembers, id, map[string][]string{"accountIds": accountIDs})
}

// AddToServiceDesk gives accounts access to a service desk. It may be repeated. KindInvalid: the site does not know
// one of them; the others were added all the same.
func (c *Client) AddToServiceDesk(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, opAddCustomers, id, map[string][]string{"accountIds": accountIDs})
}

// AddOrganizationToServiceDesk gives the members of an organization access to a service desk. It may be repeated.
func (c *Client) AddOrganizationToServiceDesk(ctx context.Context, deskID, organizationID string) (Call, error) {
	number, err := strconv.Atoi(organizationID) // the API wants a number here, though it answers with texts
	if err != nil {
		return Call{}, newError(opAddOrganization.name, KindInvalid, "this is not an id", "")
	}
	return c.add(ctx, opAddOrganization, deskID, map[string]int{"organizationId": number})
}

// add posts what is answered with 204 and nothing else.
func (c *Client) add(ctx context.Context, o operation, id string, body any) (Call, error) {
	return c.do(ctx, &request{operation: o, ids: []string{id}, body: body, want: http.StatusNoContent})
}

// pageSize is how many values one page is asked for.
const pageSize = 50

// page is a page of a list.
type page struct {
	Limit      int
	IsLastPage bool
	Links      struct{ Next string } `json:"_links"`
	Values     []Organization        // nil: the answer is no list
}

func (p page) valid() bool {
	return p.Values != nil && !slices.ContainsFunc(p.Values, func(o Organization) bool { return o.ID == "" })
}

// list lists each organization once; with an error it is not complete. The next page is that of _links.next where it is
// on the same host (the gateway passes on the site's own), else it starts at start + limit of the answer: a page may
// hold fewer values than its limit and not be the last.
func (c *Client) list(ctx context.Context, o operation, ids ...string) (all []Organization, err error) {
	seen := map[string]bool{}
	start, query := 0, fmt.Sprintf("limit=%d", pageSize)
	for {
		p, _, err := doJSON(ctx, c, &request{operation: o, ids: ids, query: query}, page.valid)
		if err != nil {
			return all, err
		}
		before := len(all)
		for _, one := range p.Values {
			if !seen[one.ID] {
				all = append(all, one)
			}
			seen[one.ID] = true
		}
		switch {
		case p.IsLastPage || len(p.Values) == 0:
			return all, nil
		case len(all) == before:
			return all, newError(o.name, KindAnswer, "the list goes on without anything new", hintAgain)
		}
		start += max(p.Limit, 1)
		query = cmp.Or(c.nextQuery(p.Links.Next), fmt.Sprintf("limit=%d&start=%d", pageSize, start))
	}
}

// nextQuery is the query of a link below the root that takes the credentials; "" for any other link.
func (c *Client) nextQuery(link string) string {
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, c.root+"/rest/") {
		return ""
	}
	return u.RawQuery
}
