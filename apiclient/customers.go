package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// NewCustomer is what a customer is made of; both are required.
type NewCustomer struct {
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
}

// Customer is a customer as the site has made it.
type Customer struct {
	AccountID string `json:"accountId"`
}

// CreateCustomer makes a customer. A nil error is a 201 with an account id; an *Error with Call.Status 409 means that
// the address is taken, by an attempt of ours if Call.Lost; after any other error the customer may have been made only
// if Call.Lost.
// https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-customer/
func (c *Client) CreateCustomer(ctx context.Context, n NewCustomer, record Record) (Customer, Call, error) {
	var made Customer
	_, call, err := c.do(ctx, &request{
		operation: opCreate,
		query:     "strictConflictStatusCode=true",
		body:      asJSON(n),
		private:   []string{n.Email, n.DisplayName},
		record:    record,
		read:      readJSON(&made, func() bool { return made.AccountID != "" }),
	})
	if err != nil {
		return Customer{}, call, err
	}
	return made, call, nil
}

// RevokePortalAccess takes the portal-only access of an account away. It is no deletion: the address stays taken.
// It is done only with a 2xx and an empty body. A 404 is no proof that the account is gone, as the operation is
// experimental: see Error.RouteInDoubt.
func (c *Client) RevokePortalAccess(ctx context.Context, accountID string, record Record) (Call, error) {
	ids := []string{accountID}
	_, call, err := c.do(ctx, &request{operation: opRevoke, ids: ids, record: record, read: readNothing})
	return call, err
}

// RenameCustomer changes the display name of a portal-only account of this site, through the gateway. It is
// experimental: a copy of the operation's text is all that is known, and it was never tried. What its errors mean:
//
//   - KindForbidden: the account lacks Administer Jira. Whether an account of another directory gives 403, too,
//     is not known.
//   - KindScope: the token is good, and lacks write:customer:jira-service-management.
//   - RouteInDoubt: the site may not have this operation at all; none of its names was changed yet.
//   - KindNotFound or KindInvalid without RouteInDoubt: this account or this name alone.
//   - KindSite: the site has no cloud id, so nothing was sent.
func (c *Client) RenameCustomer(ctx context.Context, accountID, displayName string) (Call, error) {
	cloudID, err := c.CloudID(ctx)
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 {
		e.Kind = KindSite
	}
	if err != nil {
		return Call{}, err
	}
	_, call, err := c.do(ctx, &request{
		operation: opRename,
		ids:       []string{cloudID, accountID},
		body:      asJSON(map[string]string{"displayName": displayName}),
		at:        c.cloud.gateway,
		private:   []string{displayName},
		read:      func(body []byte) bool { return readNothing(body) || namesNoOther(body, accountID) },
	})
	return call, err
}

// namesNoOther accepts an object that names no other account: the shape of a successful change of a name is not known.
func namesNoOther(body []byte, accountID string) bool {
	answer := Customer{AccountID: accountID}
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) && json.Unmarshal(body, &answer) == nil &&
		answer.AccountID == accountID
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
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(":-_.", r)
	}
	return id != "" && len(id) <= 256 && strings.Trim(id, ".") != "" && !strings.ContainsFunc(id, odd)
}
