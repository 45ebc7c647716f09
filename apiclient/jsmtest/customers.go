package jsmtest

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// customerJSON is a customer as /rest/servicedeskapi writes one.
type customerJSON struct {
	AccountID    string        `json:"accountId"`
	Name         string        `json:"name"`
	Key          string        `json:"key"`
	EmailAddress *string       `json:"emailAddress"`
	DisplayName  string        `json:"displayName"`
	Active       bool          `json:"active"`
	TimeZone     *string       `json:"timeZone"`
	Links        customerLinks `json:"_links"`
}

type customerLinks struct {
	JiraRest   string            `json:"jiraRest"`
	AvatarURLs map[string]string `json:"avatarUrls"`
	Self       string            `json:"self"`
}

func (c *call) customer(a Account) customerJSON {
	self := c.base() + "/rest/api/2/user?accountId=" + a.ID
	j := customerJSON{
		AccountID: a.ID, Name: a.ID, Key: a.ID, DisplayName: a.Name, Active: !a.Revoked,
		Links: customerLinks{JiraRest: self, Self: self, AvatarURLs: map[string]string{}},
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

// createCustomer is POST /rest/servicedeskapi/customer. Which addresses are
// malformed, that a name must be there, and the length limits are invented.
func createCustomer(c *call) answer {
	var in newCustomer
	if refusal, bad := c.decode(&in); bad {
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
	if first, taken := s.accounts.byKey[fold(in.Email)]; taken {
		r := s.accounts.record(first)
		r.asked = min(r.asked, 1<<16-2) + 1
		return Account{}, false
	}
	i := s.accounts.add(Account{Email: in.Email, Name: in.DisplayName, CreatedBy: number, Creations: 1, Asked: 1})
	return s.accounts.account(i), true
}

// wellFormed says whether an address looks like one.
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
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return !strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>()[],;:"\`, r)
	})
}

// revokeAccess is PUT …/revoke-portal-only-access. A second time is taken for
// done; what an account that is not portal-only gets is invented.
func revokeAccess(c *call) answer {
	if !c.user.SiteAdmin {
		return deskError(http.StatusForbidden, "sandbox.revoke.permission", "Only site administrators may revoke access")
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.accounts.find(c.id)
	if !ok {
		return deskError(http.StatusNotFound, "sandbox.account.unknown", "There is no account with this id", c.id)
	}
	r := s.accounts.record(i)
	if AccountType(r.kind) != Customer {
		return deskError(http.StatusNotFound, "sandbox.revoke.not.portal.only", "This is no portal-only account", c.id)
	}
	r.revoked = true
	return noContent()
}
