package apiclient

import (
	"context"
	"iter"
	"strconv"
	"strings"
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

// Organizations lists the organizations of the site. It is complete when no error was yielded.
func (c *Client) Organizations(ctx context.Context) iter.Seq2[Organization, error] {
	return c.listOrganizations(ctx, request{operation: opOrganizations})
}

// ServiceDeskOrganizations lists the organizations that were added to a service desk. It needs the same rights as
// adding one.
func (c *Client) ServiceDeskOrganizations(ctx context.Context, deskID string) iter.Seq2[Organization, error] {
	return c.listOrganizations(ctx, request{operation: opDeskOrganizations, ids: []string{deskID}})
}

func (c *Client) listOrganizations(ctx context.Context, first request) iter.Seq2[Organization, error] {
	first.query = "limit=" + strconv.Itoa(pageSize)
	return list[Organization](ctx, c, first, "start")
}

// ServiceDesk finds a service desk by its id or by the key of its project. KindNotFound: there is none, or the account
// cannot see it.
func (c *Client) ServiceDesk(ctx context.Context, key string) (ServiceDesk, error) {
	var desk ServiceDesk
	_, _, err := c.do(ctx, &request{operation: opDesk, ids: []string{key}, read: readJSON(&desk, func() bool {
		return desk.ID != "" && (desk.ID == key || desk.ProjectID == key || strings.EqualFold(desk.ProjectKey, key))
	})})
	return desk, err
}

// CreateOrganization makes an organization of 1 to 200 characters, or returns the one that has this name: the API
// answers 201 to both. It may be repeated.
func (c *Client) CreateOrganization(ctx context.Context, name string) (Organization, error) {
	var made Organization
	_, _, err := c.do(ctx, &request{
		operation: opCreateOrganization,
		body:      map[string]string{"name": name},
		private:   []string{name},
		read:      readJSON(&made, func() bool { return made.ID != "" }),
	})
	return made, err
}

// AddToOrganization adds accounts to an organization; 50 a call is what the API is known to take. Accounts that are
// in it stay in it, so it may be repeated. KindInvalid: the site does not know one of them, and what became of the
// others is not known.
func (c *Client) AddToOrganization(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, opAddToOrganization, id, map[string][]string{"accountIds": accountIDs})
}

// AddToServiceDesk gives accounts access to a service desk. It may be repeated. KindInvalid: the site does not know
// one of them; the others were added all the same.
func (c *Client) AddToServiceDesk(ctx context.Context, id string, accountIDs []string) (Call, error) {
	return c.add(ctx, opAddToDesk, id, map[string][]string{"accountIds": accountIDs})
}

// AddOrganizationToServiceDesk gives the members of an organization access to a service desk. It may be repeated.
func (c *Client) AddOrganizationToServiceDesk(ctx context.Context, deskID, organizationID string) (Call, error) {
	number, err := strconv.ParseInt(organizationID, 10, 64) // the API wants a number here, though it answers with texts
	if err != nil {
		return Call{}, newError(opAddDeskOrganization.name, KindInvalid, "this is not an id", "")
	}
	return c.add(ctx, opAddDeskOrganization, deskID, map[string]int64{"organizationId": number})
}

// add posts what is answered with 204 and nothing else.
func (c *Client) add(ctx context.Context, o operation, id string, body any) (Call, error) {
	_, call, err := c.do(ctx, &request{operation: o, ids: []string{id}, body: body, read: readNothing})
	return call, err
}
