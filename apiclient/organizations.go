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

// Organizations lists the organizations of the site. It is complete when no error was yielded.
func (c *Client) Organizations(ctx context.Context) iter.Seq2[Organization, error] {
	r := c.listRequest("listing organizations", routeOrganization)
	return list[Organization]{request: r, start: "start", id: organizationID}.all(ctx, c)
}

// ServiceDeskOrganizations lists the organizations that were added to a service desk. It needs the same rights as
// adding one.
func (c *Client) ServiceDeskOrganizations(ctx context.Context, deskID string) iter.Seq2[Organization, error] {
	r := c.listRequest("listing the organizations of a service project", routeDeskOrganization, deskID)
	return list[Organization]{request: r, start: "start", id: organizationID}.all(ctx, c)
}

func organizationID(o Organization) string { return o.ID }

// ServiceDesks lists the service desks that the account can see.
func (c *Client) ServiceDesks(ctx context.Context) iter.Seq2[ServiceDesk, error] {
	r := c.listRequest("listing service projects", routeDesk)
	return list[ServiceDesk]{request: r, start: "start", id: func(d ServiceDesk) string { return d.ID }}.all(ctx, c)
}

func (c *Client) listRequest(op, route string, ids ...string) request {
	return request{op: op, route: route, ids: ids, query: "limit=" + strconv.Itoa(pageSize), lane: c.lanes.lists}
}

// ServiceDesk finds a service desk by its id or by the key of its project. KindNotFound: there is none, or the account
// cannot see it.
func (c *Client) ServiceDesk(ctx context.Context, key string) (ServiceDesk, error) {
	var desk ServiceDesk
	r := c.listRequest("looking up a service project", routeOneDesk, key)
	r.query = ""
	r.read = readJSON(&desk, func() bool {
		return desk.ID != "" && (desk.ID == key || desk.ProjectID == key || strings.EqualFold(desk.ProjectKey, key))
	})
	if _, err := c.get(ctx, &r); err != nil {
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
// in it stay in it, so it may be repeated. KindInvalid: the site does not know one of them, and what became of the
// others is not known.
func (c *Client) AddToOrganization(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, "adding customers to an organization", routeOrganizationUser, id, c.lanes.organizationUser,
		map[string][]string{"accountIds": accountIDs})
}

// AddToServiceDesk gives accounts access to a service desk. It may be repeated. KindInvalid: the site does not know
// one of them; the others were added all the same.
func (c *Client) AddToServiceDesk(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, "adding customers to a service project", routeDeskCustomer, id, c.lanes.deskCustomer,
		map[string][]string{"accountIds": accountIDs})
}

// AddOrganizationToServiceDesk gives the members of an organization access to a service desk. It may be repeated.
func (c *Client) AddOrganizationToServiceDesk(ctx context.Context, deskID, organizationID string) (Call, error) {
	const op = "adding an organization to a service project"
	number, err := strconv.ParseInt(organizationID, 10, 64) // the API wants a number here, though it answers with texts
	if err != nil {
		return Call{}, &Error{Op: op, Kind: KindInvalid, Message: "this is not the id of an organization"}
	}
	return c.add(ctx, op, routeDeskOrganization, deskID, c.lanes.deskOrganization,
		map[string]int64{"organizationId": number})
}

// add posts what is answered with 204 and nothing else.
func (c *Client) add(ctx context.Context, op, route, id string, lane *lane, body any) (Call, error) {
	_, call, err := c.do(ctx, &request{
		op:     op,
		method: http.MethodPost,
		route:  route,
		ids:    []string{id},
		body:   asJSON(body),
		lane:   lane,
		read:   readNothing,
	})
	return call, err
}
