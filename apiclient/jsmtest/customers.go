package jsmtest

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// customerJSON is a customer as /rest/servicedeskapi writes one.
type customerJSON struct {
	AccountID    string            `json:"accountId"`
	Name         string            `json:"name"`
	Key          string            `json:"key"`
	EmailAddress *string           `json:"emailAddress"`
	DisplayName  string            `json:"displayName"`
	Active       bool              `json:"active"`
	TimeZone     *string           `json:"timeZone"`
	Links        map[string]string `json:"_links"`
}

func (c *call) customer(a Account) customerJSON {
	self := c.base() + "/rest/api/2/user?accountId=" + a.ID
	j := customerJSON{
		AccountID: a.ID, Name: a.ID, Key: a.ID, DisplayName: a.Name, Active: !a.Revoked,
		Links: map[string]string{"jiraRest": self, "self": self},
	}
	if !c.site.options.HideAddresses {
		zone := "Etc/UTC"
		j.EmailAddress, j.TimeZone = &a.Email, &zone
	}
	return j
}

// newCustomer is the body of a create request.
type newCustomer struct {
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	FullName    string `json:"fullName"` // deprecated, taken when there is no displayName
}

// createCustomer is POST /rest/servicedeskapi/customer. Which addresses are malformed, that a name must be there,
// and the length limits are invented.
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
		return deskError(http.StatusForbidden, "sandbox.create.permission", "You may not create customers")
	case !wellFormed(in.Email):
		return deskError(http.StatusBadRequest, "sandbox.create.address", "This is no valid e-mail address")
	case in.DisplayName == "" || len(in.DisplayName) > 255:
		return deskError(http.StatusBadRequest, "sandbox.create.name", "A display name has 1 to 255 characters")
	}
	a, made := c.site.create(in)
	switch {
	case made:
		return jsonAnswer(http.StatusCreated, c.customer(a))
	case c.req.URL.Query().Get("strictConflictStatusCode") == "true":
		return deskError(http.StatusConflict, "sandbox.create.taken", "An account with this address exists")
	}
	return deskError(http.StatusBadRequest, "sandbox.create.taken", "An account with this address exists")
}

// create makes a customer, unless the address is taken.
func (s *Site) create(in newCustomer) (Account, bool) {
	number := int(s.creates.Add(1))
	s.mu.Lock()
	defer s.mu.Unlock()
	if there := s.accounts.at(in.Email); len(there) > 0 {
		there[0].Asked++
		return Account{}, false
	}
	made := Account{Email: in.Email, Name: in.DisplayName, CreatedBy: number, Creations: 1, Asked: 1}
	return s.accounts.add(made).Account, true
}

// wellFormed reports whether an address looks like one.
func wellFormed(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || len(local) > 64 || len(address) > 254 || !utf8.ValidString(address) ||
		strings.Contains(domain, "@") || !strings.Contains(domain, ".") {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return !strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>()[],;:"\`, r)
	})
}

// revokeAccess is PUT …/revoke-portal-only-access. That a second time is done, and what an account that is not
// portal-only gets, is invented.
func revokeAccess(c *call) answer {
	if !c.user.SiteAdmin {
		return deskError(http.StatusForbidden, "sandbox.revoke.permission", "Only site administrators may revoke access")
	}
	return c.change(func(a *account) answer {
		a.Revoked = true
		return noContent()
	})
}

// renameCustomer is the name change of the gateway's customer directory. Its answers, but for the statuses 403 and
// 404, are invented, and so are the limits of a name.
func renameCustomer(c *call) answer {
	var in newCustomer
	if refusal, ok := c.decode(&in); !ok {
		return refusal
	}
	in.DisplayName = strings.TrimSpace(in.DisplayName)
	switch {
	case !c.user.Admin:
		return c.failure(http.StatusForbidden, "", "Only Jira administrators may change customers")
	case in.DisplayName == "" || len(in.DisplayName) > 255:
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
	id := c.req.PathValue("accountId")
	a, ok := c.site.accounts.byID[id]
	switch {
	case ok && a.Type == Customer:
		return do(a)
	case c.route.pattern == RenamePath:
		return gatewayError(http.StatusNotFound, "There is no portal-only account with this id")
	case ok:
		return deskError(http.StatusNotFound, "sandbox.revoke.not.portal.only", "This is no portal-only account", id)
	}
	return deskError(http.StatusNotFound, "sandbox.account.unknown", "There is no account with this id", id)
}
