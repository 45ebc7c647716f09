package jsmtest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"
)

// The types of accounts, in the words of user/search.
const (
	Customer  = "customer" // portal-only
	Atlassian = "atlassian"
	App       = "app"
)

// Account is one account of a site.
type Account struct {
	Email   string
	Name    string
	ID      string `json:"accountId"` // "" lets the site make one that no other site has
	Type    string // "": Customer
	Revoked bool   // portal access was taken away; the address stays taken

	CreatedBy int // number of the create request that made it, from 1; 0: none did
}

// lower is what addresses are compared by. That Jira ignores case is invented.
func lower(address string) string { return strings.ToLower(address) }

func (s *Site) addAccount(a Account) *Account {
	key := lower(a.Email)
	a.Type = cmp.Or(a.Type, Customer)
	a.ID = cmp.Or(a.ID, s.newID(a))
	s.accounts = append(s.accounts, &a)
	s.byAddress[key] = append(s.byAddress[key], &a)
	s.byID[a.ID] = &a
	return &a
}

// newID ends with what follows from the address, so that faults can be drawn by it.
func (s *Site) newID(a Account) string {
	key := lower(a.Email)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", key, len(s.byAddress[key])))
	if a.Type == Customer {
		return fmt.Sprintf("qm:%s:%x", s.options.CloudID, sum[:12])
	}
	return fmt.Sprintf("712020:%s-%x", s.options.CloudID, sum[:6])
}

// Accounts lists the accounts of now in the order of their making, those of [Options] first.
func (s *Site) Accounts() []Account { return snapshot(s, &s.accounts) }

// Find lists the accounts with an address, ignoring case.
func (s *Site) Find(address string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.byAddress[lower(address)])
}

func copies[T any](kept []*T) (all []T) {
	for _, v := range kept {
		all = append(all, *v)
	}
	return all
}

// person is what the API writes of somebody, but for the links.
func person(a *Account) map[string]any {
	return map[string]any{
		"accountId": a.ID, "accountType": a.Type, "displayName": a.Name, "active": !a.Revoked,
		"emailAddress": a.Email, "timeZone": "Etc/UTC",
	}
}

// newCustomer is the body of a request to create or rename. The deprecated fullName is not read.
type newCustomer struct{ Email, DisplayName string }

// named reports whether the name has 1 to 255 bytes; these limits are invented.
func (n newCustomer) named() bool { return n.DisplayName != "" && len(n.DisplayName) <= 255 }

// createCustomer is POST /rest/servicedeskapi/customer. Which addresses are malformed is invented.
func createCustomer(c *call, in newCustomer) *answer {
	c.site.creates++
	if !in.named() {
		return unnamed(c)
	}
	if !wellFormed(in.Email) {
		return c.failure(http.StatusBadRequest, "sandbox.address", "This is no valid e-mail address")
	}
	if len(c.site.byAddress[lower(in.Email)]) > 0 {
		status := http.StatusBadRequest
		if c.req.URL.Query().Get("strictConflictStatusCode") == "true" {
			status = http.StatusConflict
		}
		return c.failure(status, "sandbox.taken", "An account with this address exists")
	}
	made := c.site.addAccount(Account{Email: in.Email, Name: in.DisplayName, CreatedBy: c.site.creates})
	c.site.createdAt[made.ID] = time.Now()
	return jsonAnswer(http.StatusCreated, person(made))
}

// wellFormed reports whether an address is a bare one of usual length whose domain has a dot.
func wellFormed(address string) bool {
	parsed, err := mail.ParseAddress(address)
	local, domain, _ := strings.Cut(address, "@")
	return err == nil && parsed.Address == address && len(local) <= 64 && len(address) <= 254 &&
		strings.Contains(domain, ".")
}

// revokeAccess is PUT …/revoke-portal-only-access. That a second time is done, too, is invented.
func revokeAccess(c *call) *answer {
	c.account.Revoked = true
	return &answer{status: http.StatusNoContent}
}

// renameCustomer is the name change at the gateway. Its answers, but for the statuses 403 and 404, are invented.
func renameCustomer(c *call, in newCustomer) *answer {
	if !in.named() {
		return unnamed(c)
	}
	c.account.Name = in.DisplayName
	return jsonAnswer(http.StatusOK, map[string]string{"accountId": c.account.ID, "displayName": c.account.Name})
}

// info needs no credentials. Its values are invented.
func info(*call) *answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"version": "sandbox", "platformVersion": "sandbox", "buildChangeSet": "0", "isLicensedForUse": true,
	})
}

func tenantInfo(c *call) *answer {
	return jsonAnswer(http.StatusOK, map[string]string{"cloudId": c.site.options.CloudID})
}

func myself(c *call) *answer {
	owner := &Account{Name: "Service account", ID: "712020:service-account", Type: App}
	if known := c.site.byAddress[lower(c.user.Email)]; len(known) > 0 {
		owner = known[0]
	}
	return jsonAnswer(http.StatusOK, person(owner))
}

// myPermissions is GET /rest/api/3/mypermissions; the parameter is required.
func myPermissions(c *call) *answer {
	known := map[string]bool{"ADMINISTER": c.user.Admin, "USER_PICKER": c.user.BrowseUsers, "SYSTEM_ADMIN": false}
	out := map[string]any{}
	for name := range strings.SplitSeq(c.req.URL.Query().Get("permissions"), ",") {
		have, ok := known[name]
		if !ok {
			return unsaid(c)
		}
		out[name] = map[string]any{"key": name, "name": name, "type": "GLOBAL", "havePermission": have}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"permissions": out})
}

// matches reports whether the address or any word of the name begins with query, in lower case.
func (a *Account) matches(query string) bool {
	return strings.HasPrefix(lower(a.Email), query) ||
		!strings.Contains(query, "@") && strings.Contains(" "+lower(a.Name), " "+query)
}

// searchUsers is GET /rest/api/3/user/search, one page. Who may not browse users sees nobody, and does not learn why.
func searchUsers(c *call) *answer {
	query, latest := lower(c.req.URL.Query().Get("query")), time.Now().Add(-c.site.options.SearchLag)
	if query == "" {
		return unsaid(c)
	}
	users := []map[string]any{}
	for _, a := range c.site.accounts {
		if c.user.BrowseUsers && a.matches(query) && !c.site.createdAt[a.ID].After(latest) {
			users = append(users, person(a))
		}
	}
	return jsonAnswer(http.StatusOK, users[:min(50, len(users))])
}
