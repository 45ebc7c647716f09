package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-customer/ and, for accounts of any kind,
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/
var (
	opCreate = operation{"creating a customer", post, serviceDeskAPI + "/customer", hintAdminister}
	opRevoke = operation{"revoking portal access", put,
		serviceDeskAPI + "/customer/user/{id}/revoke-portal-only-access", hintSiteAdmin}
	opRename = operation{"changing a name", put, "/jsm/csm/cloudid/{id}/api/v1/customer/account/{id}", hintRename}
	opSearch = operation{"looking up an account", get, "/rest/api/3/user/search", HintBrowse}
)

// NewCustomer is what a customer is made of; both are required.
type NewCustomer struct {
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
}

// CreateCustomer creates a customer, of whom it returns ID and Email. A nil error means a 201 with an account id; an
// *Error with Call.Status 409, that the address is taken, maybe by an attempt of ours if Call.Lost. After any other
// error the customer may have been created only if Call.Lost.
func (c *Client) CreateCustomer(ctx context.Context, n NewCustomer, hooks Hooks) (Account, Call, error) {
	made, call, err := doJSON(ctx, c, &request{
		operation: opCreate,
		query:     "strictConflictStatusCode=true",
		body:      n,
		private:   []string{n.Email, n.DisplayName},
		hooks:     hooks,
		want:      http.StatusCreated,
	}, func(v struct{ AccountID, EmailAddress string }) bool { // the address may be hidden, and nothing else is needed
		return v.AccountID != "" && (v.EmailAddress == "" || strings.EqualFold(v.EmailAddress, n.Email))
	})
	return Account{ID: made.AccountID, Email: made.EmailAddress}, call, err
}

// RevokePortalAccess revokes the portal-only access of an account. The account is not deleted: the address stays taken.
// Only a 204 is success. A 404 does not prove that the account is gone, as the operation is experimental: see
// Error.RouteUncertain.
func (c *Client) RevokePortalAccess(ctx context.Context, accountID string, hooks Hooks) (Call, error) {
	ids := []string{accountID}
	return c.do(ctx, &request{operation: opRevoke, ids: ids, hooks: hooks, want: http.StatusNoContent})
}

// RenameCustomer changes the display name of a portal-only account of this site, through the gateway. The operation is
// experimental: only a copy of its documentation is known, and it was never tried. KindSite: the site has no cloud id,
// so nothing was sent. KindNotFound and KindInvalid are about this account or name unless Error.RouteUncertain.
func (c *Client) RenameCustomer(ctx context.Context, accountID, displayName string) (Call, error) {
	if c.tenant == "" {
		return Call{}, newError(opRename.name, KindSite, "no cloud id", "")
	}
	return c.do(ctx, &request{
		operation: opRename,
		ids:       []string{c.tenant, accountID},
		body:      map[string]string{"displayName": displayName},
		root:      c.cloud.gateway,
		private:   []string{displayName},
		read:      func(body []byte) bool { return namesNoOther(body, accountID) },
	})
}

// namesNoOther accepts nothing, or an object that names no other account: what a rename answers is not known.
func namesNoOther(body []byte, accountID string) bool {
	answer := struct{ AccountID string }{accountID}
	body = bytes.TrimSpace(body)
	return len(body) == 0 || body[0] == '{' && json.Unmarshal(body, &answer) == nil && answer.AccountID == accountID
}

// Account is a user of any kind. Email is empty where the site hides it.
type Account struct {
	ID          string `json:"accountId"`
	Type        string `json:"accountType"` // atlassian, app or customer
	Email       string `json:"emailAddress"`
	DisplayName string `json:"displayName"`
	Active      bool   `json:"active"`
}

// PortalOnly reports whether this is a customer without an Atlassian account.
func (a Account) PortalOnly() bool { return a.Type == "customer" }

// Unresolved is an error: why an address led to no account. It names nobody.
type Unresolved string

const (
	// NoneFound: a new account is found only after minutes.
	NoneFound       Unresolved = "no account with exactly this address was found"
	SeveralFound    Unresolved = "several accounts have this address" // and not exactly one of them is a customer
	AddressesHidden Unresolved = "the site hides the addresses of the accounts found"
	BrowseMissing   Unresolved = "the permission to browse users is missing" // nobody is ever found
)

func (u Unresolved) Error() string { return string(u) }

// FindAccount looks up the account with exactly this address, without regard to case. Of several the only one that is
// a customer is taken. Otherwise the error is an Unresolved. A 401 or 403 is an *Error: it is no evidence of anything.
func (c *Client) FindAccount(ctx context.Context, email string) (Account, error) {
	if c.browse == No {
		return Account{}, BrowseMissing
	}
	nameless := func(a Account) bool { return a.ID == "" }
	found, _, err := doJSON(ctx, c, &request{
		operation: opSearch,
		query:     url.Values{"query": {email}, "maxResults": {strconv.Itoa(pageSize)}}.Encode(),
		private:   []string{email},
	}, func(found []Account) bool { return found != nil && !slices.ContainsFunc(found, nameless) })
	if err != nil {
		return Account{}, err
	}
	return pick(slices.Compact(found), email)
}

// pick returns the one account with the address, or an Unresolved. A full page may not be all that was found.
func pick(found []Account, email string) (Account, error) {
	exact := slices.DeleteFunc(slices.Clone(found), func(a Account) bool { return !strings.EqualFold(a.Email, email) })
	customers := slices.DeleteFunc(slices.Clone(exact), func(a Account) bool { return !a.PortalOnly() })
	if len(customers) == 1 {
		exact = customers
	}
	switch {
	case len(exact) > 1, len(found) >= pageSize:
		return Account{}, SeveralFound
	case len(exact) == 1:
		return exact[0], nil
	case slices.ContainsFunc(found, func(a Account) bool { return a.Email == "" }):
		return Account{}, AddressesHidden
	}
	return Account{}, NoneFound
}
