package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"slices"
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

// AddToOrganization adds accounts to an organization; 50 a call is what the API is known to take. It may be repeated.
// KindInvalid: the site does not know one of them, and what became of the others is not known.
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

// pageSize is how many values one page is asked for.
const pageSize = 50

// page is a page of a list: Jira Service Management's envelope, or a plain array, as the search for users gives it.
type page[T any] struct {
	Limit      int  `json:"limit"`
	IsLastPage bool `json:"isLastPage"`
	Links      struct {
		Next string `json:"next"`
	} `json:"_links"`
	Values []T `json:"values"` // nil: the answer is no list
}

// UnmarshalJSON reads both forms. An array that is shorter than what was asked for is the last page.
func (p *page[T]) UnmarshalJSON(body []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		type envelope page[T]
		return json.Unmarshal(body, (*envelope)(p))
	}
	p.Limit = pageSize
	err := json.Unmarshal(body, &p.Values)
	p.IsLastPage = len(p.Values) < pageSize
	return err
}

// listed is what lists hold.
type listed interface{ id() string }

func (a Account) id() string      { return a.ID }
func (o Organization) id() string { return o.ID }

// list yields each value of a list once, from a first page, whose query counts values by the parameter start. An error
// is the last element; without one the list is complete. The next page is _links.next where that is below the same
// root, else it starts at start + limit of the answer: a page may hold fewer values than its limit and not be the last.
func list[T listed](ctx context.Context, c *Client, first request, start string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for n, r := 0, first; ; {
			p, err := readPage[T](ctx, c, r)
			before := len(seen)
			for _, v := range p.Values {
				if !seen[v.id()] && !yield(v, nil) {
					return
				}
				seen[v.id()] = true
			}
			switch {
			case err == nil && (p.IsLastPage || len(p.Values) == 0):
				return
			case err == nil && len(seen) == before:
				err = newError(r.name, KindAnswer, "the list goes on without anything new", hintAgain)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			n += max(p.Limit, 1)
			r.query = first.query + "&" + start + "=" + strconv.Itoa(n)
			r.next = c.nextPath(p.Links.Next)
		}
	}
}

func readPage[T listed](ctx context.Context, c *Client, r request) (page[T], error) {
	var p page[T]
	nameless := func(v T) bool { return v.id() == "" }
	r.read = readJSON(&p, func() bool { return p.Values != nil && !slices.ContainsFunc(p.Values, nameless) })
	_, _, err := c.do(ctx, &r)
	return p, err
}

// nextPath is the path of a next link, below the root that takes the credentials; "" for any other link.
func (c *Client) nextPath(link string) string {
	if root := c.address.Load(); root != nil && strings.HasPrefix(link, *root+"/rest/") {
		return strings.TrimPrefix(link, *root)
	}
	return ""
}
