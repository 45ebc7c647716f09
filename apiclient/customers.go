package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// Routes as they stand in logs and errors.
const (
	routeCustomer = "/rest/servicedeskapi/customer"
	routeRevoke   = "/rest/servicedeskapi/customer/user/{accountId}/revoke-portal-only-access"
	routeSearch   = "/rest/api/3/user/search"
)

// NewCustomer is what a customer is made of; both are required.
type NewCustomer struct {
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
}

// Customer is a customer as the site has made it.
type Customer struct {
	AccountID string
}

// CreateCustomer makes a customer. The outcome is told by status alone:
// a nil error is a 201 with an account id; an *Error with Call.Status 409 means that the address is taken, by an attempt of ours if
// Call.Lost; after any other error the customer may have been made only if Call.Lost.
//
// leaving, unless nil, is called once, when the first request has its leave and is about to go: what has to be on
// record before it goes is recorded there. Its error ends the call, and nothing has left.
// https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-customer/
func (c *Client) CreateCustomer(ctx context.Context, n NewCustomer, leaving func() error) (Customer, Call, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return Customer{}, Call{}, &Error{Op: "creating a customer", Kind: KindInvalid, Message: "the customer cannot be written as JSON", Err: err}
	}
	var customer Customer
	_, call, err := c.do(ctx, &request{
		op: "creating a customer", method: http.MethodPost, route: routeCustomer,
		path: routeCustomer + "?strictConflictStatusCode=true", body: body, lane: c.create, leaving: leaving,
		private: []string{n.Email, n.DisplayName},
		read: func(body []byte) bool {
			customer.AccountID = scanAccountID(body)
			return customer.AccountID != ""
		},
	})
	if err != nil {
		return Customer{}, call, err
	}
	return customer, call, nil
}

// RevokePortalAccess takes the portal-only access of an account away. It is no deletion: the address stays taken.
// Revoking twice is taken for done.
func (c *Client) RevokePortalAccess(ctx context.Context, accountID string) (Call, error) {
	if !IsAccountID(accountID) {
		return Call{}, &Error{Op: "revoking portal access", Method: http.MethodPut, Route: routeRevoke, Kind: KindInvalid,
			Message: "this is not an account id", private: []string{accountID}}
	}
	_, call, err := c.do(ctx, &request{
		op: "revoking portal access", method: http.MethodPut, route: routeRevoke,
		path: strings.Replace(routeRevoke, "{accountId}", url.PathEscape(accountID), 1),
		lane: c.revoke, experimental: true,
	})
	return call, err
}

// IsAccountID tells whether id can be an account id: a plain segment of a path.
func IsAccountID(id string) bool {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":-_.", r)
	}
	return len(id) > 0 && len(id) <= 256 && strings.Trim(id, ".") != "" && strings.IndexFunc(id, func(r rune) bool { return !plain(r) }) < 0
}
