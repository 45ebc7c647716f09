package jsmtest

import (
	"net/http"
	"net/mail"
	"strings"
)

// person is what /rest/api and /rest/servicedeskapi write alike of somebody.
func (c *call) person(a Account) map[string]any {
	p := map[string]any{
		"accountId": a.ID, "displayName": a.Name, "active": !a.Revoked, "emailAddress": a.Email, "timeZone": "Etc/UTC",
	}
	if c.site.options.HideAddresses {
		p["emailAddress"], p["timeZone"] = nil, nil
	}
	return p
}

func (c *call) customer(a Account) map[string]any {
	p := c.person(a)
	self := c.base() + "/rest/api/2/user?accountId=" + a.ID
	p["name"], p["key"], p["_links"] = a.ID, a.ID, map[string]string{"jiraRest": self, "self": self}
	return p
}

// newCustomer is the body of a create request.
type newCustomer struct {
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	FullName    string `json:"fullName"` // deprecated, taken when there is no displayName
}

// maxName is the longest display name, in bytes; that there is a limit is invented.
const maxName = 255

// createCustomer is POST /rest/servicedeskapi/customer. Which addresses are malformed is invented.
func createCustomer(c *call) answer {
	var in newCustomer
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	if in.DisplayName == "" {
		in.DisplayName = in.FullName
	}
	in.Email, in.DisplayName = strings.TrimSpace(in.Email), strings.TrimSpace(in.DisplayName)
	switch {
	case !c.user.Admin:
		return c.failure(http.StatusForbidden, "create.permission", "You may not create customers")
	case !wellFormed(in.Email):
		return c.failure(http.StatusBadRequest, "create.address", "This is no valid e-mail address")
	case in.DisplayName == "" || len(in.DisplayName) > maxName:
		return c.failure(http.StatusBadRequest, "create.name", "A display name has 1 to 255 characters")
	}
	status := http.StatusBadRequest
	if c.req.URL.Query().Get("strictConflictStatusCode") == "true" {
		status = http.StatusConflict
	}
	a, made := c.site.create(in)
	if !made {
		return c.failure(status, "create.taken", "An account with this address exists")
	}
	return jsonAnswer(http.StatusCreated, c.customer(a))
}

// create makes a customer, unless the address is taken.
func (s *Site) create(in newCustomer) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.creates++
	if there := s.accounts.at(in.Email); len(there) > 0 {
		there[0].Asked++
		return Account{}, false
	}
	made := Account{Email: in.Email, Name: in.DisplayName, CreatedBy: s.creates, Creations: 1, Asked: 1}
	return s.accounts.add(made).Account, true
}

// wellFormed reports whether an address is a bare one of usual length whose domain has a dot.
func wellFormed(address string) bool {
	parsed, err := mail.ParseAddress(address)
	local, domain, _ := strings.Cut(address, "@")
	return err == nil && parsed.Address == address && len(local) <= 64 && len(address) <= 254 && strings.Contains(domain, ".")
}

// revokeAccess is PUT …/revoke-portal-only-access. That a second time is done, and what an account that is not
// portal-only gets, is invented.
func revokeAccess(c *call) answer {
	if !c.user.SiteAdmin {
		return c.failure(http.StatusForbidden, "revoke.permission", "Only site administrators may revoke access")
	}
	return c.change(func(a *account) answer {
		a.Revoked = true
		return noContent()
	})
}

// renameCustomer is the name change of the gateway's customer directory. Its answers, but for the statuses 403 and
// 404, are invented.
func renameCustomer(c *call) answer {
	var in newCustomer
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	in.DisplayName = strings.TrimSpace(in.DisplayName)
	switch {
	case !c.user.Admin:
		return c.failure(http.StatusForbidden, "", "Only Jira administrators may change customers")
	case in.DisplayName == "" || len(in.DisplayName) > maxName:
		return c.failure(http.StatusBadRequest, "", "A display name has 1 to 255 characters")
	}
	return c.change(func(a *account) answer {
		a.Name = in.DisplayName
		return jsonAnswer(http.StatusOK, map[string]string{"accountId": a.ID, "displayName": a.Name})
	})
}

// change does something to the portal-only account that the path names.
func (c *call) change(do func(*account) answer) answer {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	a := c.site.accounts.byID[c.req.PathValue("accountId")]
	if a == nil || a.Type != Customer {
		return c.failure(http.StatusNotFound, "account.unknown", "There is no portal-only account with this id")
	}
	return do(a)
}
