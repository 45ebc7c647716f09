package apiclient

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

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

// FindAccount looks up the account with exactly this address, without regard to case. Of several the only one that is
// a customer is taken. Otherwise the error is an *UnresolvedError. A 401 is an *Error: it is no evidence of anything.
func (c *Client) FindAccount(ctx context.Context, email string) (Account, error) {
	email = strings.TrimSpace(email)
	query := url.Values{"query": {email}, "maxResults": {strconv.Itoa(pageSize)}}.Encode()
	first := request{operation: opSearch, query: query, private: []string{email}}
	var found []Account
	for account, err := range allFrom(ctx, c, first, "startAt", func(a Account) string { return a.ID }) {
		if e, ok := errors.AsType[*Error](err); ok && e.Kind == KindForbidden {
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
	r := &request{operation: opMyself, check: true, at: root}
	r.read = readJSON(&user, func() bool { return user.ID != "" })
	a, _, err := c.do(ctx, r)
	return user, a, err
}
