package apiclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

const routeSearch = "/rest/api/3/user/search"

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

// User is whose credentials these are.
type User = Account

// Unresolved is why an address led to no account.
type Unresolved int

const (
	NoneFound       Unresolved = iota + 1 // nobody with exactly this address; a new account is found only after minutes
	SeveralFound                          // more than one account, and not exactly one customer among them
	AddressesHidden                       // accounts were found, and their addresses are hidden
	BrowseMissing                         // the permission to browse users is missing: nobody is ever found
)

func (u Unresolved) String() string {
	return [...]string{"unresolved", "no account with exactly this address was found",
		"several accounts have this address", "the site hides the addresses of the accounts found",
		"the permission to browse users is missing"}[u]
}

// UnresolvedError is an address that led to no account. It names nobody.
type UnresolvedError struct {
	Why   Unresolved
	Found int    // accounts that came into question
	Hint  string // may be empty
}

func (e *UnresolvedError) Error() string { return e.Why.String() }

// searchEnd is how many users a search gives at most.
const searchEnd = 1000

// FindAccount looks up the account with exactly this address, without regard to case. Of several the only one that is
// a customer is taken. Otherwise the error is an *UnresolvedError. A 401 is an *Error: it is no evidence of anything.
func (c *Client) FindAccount(ctx context.Context, email string) (Account, error) {
	email = strings.TrimSpace(email)
	r := c.listRequest("looking up an account", routeSearch)
	r.query = url.Values{"query": {email}, "maxResults": {strings.TrimPrefix(r.query, "limit=")}}.Encode()
	r.lane, r.private = c.lanes.search, []string{email}
	search := list[Account]{request: r, start: "startAt", end: searchEnd, id: func(a Account) string { return a.ID }}
	var found []Account
	for account, err := range search.all(ctx, c) {
		if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusForbidden {
			return Account{}, &UnresolvedError{Why: BrowseMissing, Hint: HintBrowse}
		}
		if err != nil {
			return Account{}, err
		}
		found = append(found, account)
	}
	if len(found) == 0 && Verdict(c.browse.Load()) == No {
		return Account{}, &UnresolvedError{Why: BrowseMissing, Hint: HintBrowse}
	}
	return pick(found, email)
}

// pick is the one account with the address, or an *UnresolvedError.
func pick(found []Account, email string) (Account, error) {
	var exact, customers []Account
	hidden := 0
	for _, a := range found {
		switch {
		case a.Email == "":
			hidden++
		case strings.EqualFold(a.Email, email):
			exact = append(exact, a)
			if a.PortalOnly() {
				customers = append(customers, a)
			}
		}
	}
	switch {
	case len(customers) == 1:
		return customers[0], nil
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) > 1:
		return Account{}, &UnresolvedError{Why: SeveralFound, Found: len(exact)}
	case hidden > 0:
		return Account{}, &UnresolvedError{Why: AddressesHidden, Found: hidden}
	}
	return Account{}, &UnresolvedError{Why: NoneFound}
}

// Myself is whose credentials these are.
func (c *Client) Myself(ctx context.Context) (User, error) {
	user, _, err := c.myselfAt(ctx, "")
	return user, err
}

func (c *Client) myselfAt(ctx context.Context, root string) (User, answer, error) {
	var user User
	r := c.checkRequest("checking the credentials", "/rest/api/3/myself")
	r.at = root
	r.read = readJSON(&user, func() bool { return user.ID != "" })
	a, err := c.get(ctx, r)
	return user, a, err
}

// permissions is which of the permissions (as in ADMINISTER, USER_PICKER) the account has. One that the site does not
// know is missing from the map.
func (c *Client) permissions(ctx context.Context, names string) (map[string]Verdict, error) {
	var answer struct {
		Permissions map[string]struct {
			HavePermission bool `json:"havePermission"`
		} `json:"permissions"`
	}
	r := c.checkRequest("checking permissions", "/rest/api/3/mypermissions")
	r.query = "permissions=" + names
	r.read = readJSON(&answer, func() bool { return answer.Permissions != nil })
	_, err := c.get(ctx, r)
	has := map[string]Verdict{}
	for name, p := range answer.Permissions {
		has[name] = No
		if p.HavePermission {
			has[name] = Yes
		}
	}
	return has, err
}
