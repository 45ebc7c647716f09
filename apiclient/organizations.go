package apiclient

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
)

const (
	routeOrganization     = "/rest/servicedeskapi/organization"
	routeOrganizationUser = "/rest/servicedeskapi/organization/{organizationId}/user"
	routeDesk             = "/rest/servicedeskapi/servicedesk"
	routeOneDesk          = "/rest/servicedeskapi/servicedesk/{serviceDeskId}"
	routeDeskCustomer     = "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer"
	routeDeskOrganization = "/rest/servicedeskapi/servicedesk/{serviceDeskId}/organization"
)

// Organization is a group of customers who see each other's requests.
type Organization struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	SCIMManaged bool   `json:"scimManaged"` // an identity provider keeps its members, and may refuse others
}

// ServiceDesk is a project with a portal.
type ServiceDesk struct {
	ID          string `json:"id"`
	ProjectID   string `json:"projectId"`
	ProjectName string `json:"projectName"`
	ProjectKey  string `json:"projectKey"`
}

// Organizations lists the organizations of the site. A scan that did not yield an error is complete.
func (c *Client) Organizations(ctx context.Context) iter.Seq2[Organization, error] {
	return c.organizations("listing organizations", routeOrganization, routeOrganization).all(ctx, c)
}

// ServiceDeskOrganizations lists the organizations that were added to a service desk. It needs the same rights as
// adding one.
func (c *Client) ServiceDeskOrganizations(ctx context.Context, deskID string) iter.Seq2[Organization, error] {
	return c.organizations("listing the organizations of a service desk", routeDeskOrganization,
		inPath(routeDeskOrganization, deskID)).all(ctx, c)
}

func (c *Client) organizations(op, route, path string) list[Organization] {
	return list[Organization]{
		request: request{op: op, route: route, path: path + "?limit=" + strconv.Itoa(pageSize), lane: c.lanes.lists},
		start:   "start",
		id:      func(o Organization) string { return o.ID },
	}
}

// ServiceDesks lists the service desks that the account can see.
func (c *Client) ServiceDesks(ctx context.Context) iter.Seq2[ServiceDesk, error] {
	return list[ServiceDesk]{
		request: request{
			op:    "listing service desks",
			route: routeDesk,
			path:  routeDesk + "?limit=" + strconv.Itoa(pageSize),
			lane:  c.lanes.lists,
		},
		start: "start",
		id:    func(d ServiceDesk) string { return d.ID },
	}.all(ctx, c)
}

// ServiceDesk finds a service desk by its id or by the key of its project. KindNotFound: there is none, or the account
// cannot see it.
func (c *Client) ServiceDesk(ctx context.Context, key string) (ServiceDesk, error) {
	var desk ServiceDesk
	r := &request{
		op:    "looking up a service project",
		route: routeOneDesk,
		path:  inPath(routeOneDesk, key),
		lane:  c.lanes.lists,
		read: readJSON(&desk, func() bool {
			return desk.ID != "" && (desk.ID == key || desk.ProjectID == key || strings.EqualFold(desk.ProjectKey, key))
		}),
	}
	if !IsAccountID(key) {
		return desk, r.invalid("this is not the key of a project")
	}
	if _, err := c.get(ctx, r); err != nil {
		return ServiceDesk{}, err
	}
	return desk, nil
}

// CreateOrganization makes an organization of 1 to 200 characters, or returns the one that has this name: the API
// answers 201 to both. It may be repeated.
func (c *Client) CreateOrganization(ctx context.Context, name string) (Organization, error) {
	var made Organization
	_, _, err := c.do(ctx, &request{
		op:      "creating an organization",
		method:  http.MethodPost,
		route:   routeOrganization,
		path:    routeOrganization,
		body:    asJSON(map[string]string{"name": name}),
		lane:    c.lanes.organization,
		private: []string{name},
		read:    readJSON(&made, func() bool { return made.ID != "" }),
	})
	if err != nil {
		return Organization{}, err
	}
	return made, nil
}

// AddToOrganization adds accounts to an organization; 50 a call is what the API is known to take. Accounts that are
// in it stay in it, so it may be repeated. KindInvalid: the site knows one of them not, and what became of the others
// is not known.
func (c *Client) AddToOrganization(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, &request{
		op:    "adding customers to an organization",
		route: routeOrganizationUser,
		path:  inPath(routeOrganizationUser, id),
		lane:  c.lanes.organizationUser,
	}, id, accountIDs)
}

// AddToServiceDesk gives accounts access to a service desk. It may be repeated. KindInvalid: the site knows one of
// them not; the others were added all the same.
func (c *Client) AddToServiceDesk(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, &request{
		op:    "adding customers to a service project",
		route: routeDeskCustomer,
		path:  inPath(routeDeskCustomer, id),
		lane:  c.lanes.deskCustomer,
	}, id, accountIDs)
}

func (c *Client) add(ctx context.Context, r *request, id string, accountIDs []string) (Call, error) {
	r.body = asJSON(map[string][]string{"accountIds": accountIDs})
	for _, account := range accountIDs {
		if !IsAccountID(account) {
			r.method = http.MethodPost
			return Call{}, r.invalid("this is not an account id", account)
		}
	}
	return c.post(ctx, r, id)
}

// AddOrganizationToServiceDesk gives the members of an organization access to a service desk. It may be repeated.
func (c *Client) AddOrganizationToServiceDesk(ctx context.Context, deskID, organizationID string) (Call, error) {
	r := &request{
		op:    "adding an organization to a service project",
		route: routeDeskOrganization,
		path:  inPath(routeDeskOrganization, deskID),
		lane:  c.lanes.deskOrganization,
	}
	number, err := strconv.ParseInt(organizationID, 10, 64) // the API wants a number here, and gives texts
	if err != nil {
		r.method = http.MethodPost
		return Call{}, r.invalid("this is not the id of an organization")
	}
	r.body = asJSON(map[string]int64{"organizationId": number})
	return c.post(ctx, r, deskID)
}

// post sends what the API answers with 204 and nothing else.
func (c *Client) post(ctx context.Context, r *request, id string) (Call, error) {
	r.method, r.read = http.MethodPost, readNothing
	if !IsAccountID(id) {
		return Call{}, r.invalid("this is not an id")
	}
	_, call, err := c.do(ctx, r)
	return call, err
}

// inPath puts the id into a route that has one.
func inPath(route, id string) string {
	from, to := strings.IndexByte(route, '{'), strings.IndexByte(route, '}')
	return route[:from] + id + route[to+1:]
}
