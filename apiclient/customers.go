package apiclient

import (
	"bytes"
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
	routeRename   = "/jsm/csm/cloudid/{cloudId}/api/v1/customer/account/{accountId}"
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

// CreateCustomer makes a customer. A nil error is a 201 with an account id; an *Error with Call.Status 409 means that
// the address is taken, by an attempt of ours if Call.Lost; after any other error the customer may have been made only
// if Call.Lost.
// https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-customer/
func (c *Client) CreateCustomer(ctx context.Context, n NewCustomer, record Record) (Customer, Call, error) {
	var answer struct {
		AccountID string `json:"accountId"`
	}
	_, call, err := c.do(ctx, &request{
		op:      "creating a customer",
		method:  http.MethodPost,
		route:   routeCustomer,
		path:    routeCustomer + "?strictConflictStatusCode=true",
		body:    asJSON(n),
		lane:    c.lanes.create,
		private: []string{n.Email, n.DisplayName},
		record:  record,
		read:    readJSON(&answer, func() bool { return answer.AccountID != "" }),
	})
	if err != nil {
		return Customer{}, call, err
	}
	return Customer{AccountID: answer.AccountID}, call, nil
}

// RevokePortalAccess takes the portal-only access of an account away. It is no deletion: the address stays taken.
// It is done only with a 2xx and an empty body. A 404 is no proof that the account is gone: see Error.RouteInDoubt;
// the operation is experimental.
func (c *Client) RevokePortalAccess(ctx context.Context, accountID string, record Record) (Call, error) {
	r := &request{
		op:           "revoking portal access",
		method:       http.MethodPut,
		route:        routeRevoke,
		path:         strings.Replace(routeRevoke, "{accountId}", url.PathEscape(accountID), 1),
		lane:         c.lanes.revoke,
		experimental: true,
		record:       record,
		read:         readNothing,
	}
	if !IsAccountID(accountID) {
		return Call{}, r.invalid("this is not an account id", accountID)
	}
	_, call, err := c.do(ctx, r)
	return call, err
}

// RenameCustomer changes the display name of a portal-only account of this site, through the gateway. Experimental:
// only a copy of the operation's text is known, and it was never tried. What the errors mean:
//
//   - KindForbidden: the account lacks Administer Jira. Whether an account of another directory gives 403, too,
//     is not known.
//   - KindScope: the token is good, and lacks write:customer:jira-service-management.
//   - RouteInDoubt: the site may not have this operation at all; no name can be changed before one was.
//   - KindNotFound or KindInvalid without RouteInDoubt: this account or this name alone.
//   - KindSite: the site's cloud id could not be found, so nothing was sent.
func (c *Client) RenameCustomer(ctx context.Context, accountID, displayName string) (Call, error) {
	r := &request{
		op:      "changing a name",
		method:  http.MethodPut,
		route:   routeRename,
		lane:    c.lanes.rename,
		body:    asJSON(map[string]string{"displayName": displayName}),
		at:      c.cloud.gateway,
		private: []string{displayName},
		read:    renamed(accountID),
	}
	if !IsAccountID(accountID) {
		return Call{}, r.invalid("this is not an account id", accountID)
	}
	cloudID, err := c.CloudID(ctx)
	if err != nil {
		return Call{}, err
	}
	r.path = strings.NewReplacer("{cloudId}", cloudID, "{accountId}", url.PathEscape(accountID)).Replace(routeRename)
	_, call, err := c.do(ctx, r)
	return call, err
}

// renamed accepts an empty answer, or an object that names no other account: the shape of a success is not known.
func renamed(accountID string) func([]byte) bool {
	return func(body []byte) bool {
		if readNothing(body) {
			return true
		}
		var answer struct {
			AccountID *string `json:"accountId"`
		}
		if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, &answer) != nil {
			return false
		}
		return answer.AccountID == nil || *answer.AccountID == accountID
	}
}

// invalid is the error for what is never sent.
func (r *request) invalid(message string, private ...string) error {
	return &Error{Op: r.op, Method: r.method, Route: r.route, Kind: KindInvalid, Message: message, private: private}
}

// asJSON is v, which holds texts and numbers alone, so that it cannot fail.
func asJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

// IsAccountID reports whether id can be an account id: a plain segment of a path.
func IsAccountID(id string) bool {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":-_.", r)
	}
	other := func(r rune) bool { return !plain(r) }
	return id != "" && len(id) <= 256 && strings.Trim(id, ".") != "" && !strings.ContainsFunc(id, other)
}
