package jsmtest

import (
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// person is what /rest/api and /rest/servicedeskapi write alike of somebody.
func person(a Account) map[string]any {
	return map[string]any{
		"accountId": a.ID, "displayName": a.Name, "active": !a.Revoked, "emailAddress": a.Email, "timeZone": "Etc/UTC",
	}
}

func (c *call) apiUser(a Account) map[string]any {
	p := person(a)
	p["self"], p["accountType"] = c.base()+"/rest/api/3/user?accountId="+a.ID, a.Type
	return p
}

// newCustomer is the body of a request to create or rename. The deprecated fullName is not read.
type newCustomer struct{ Email, DisplayName string }

// tidy takes blanks from the ends, and refuses a name that has not 1 to 255 characters; these limits are invented.
func (c *call) tidy(in *newCustomer) *answer {
	in.Email, in.DisplayName = strings.TrimSpace(in.Email), strings.TrimSpace(in.DisplayName)
	if in.DisplayName != "" && len(in.DisplayName) <= 255 {
		return nil
	}
	return c.failure(http.StatusBadRequest, "sandbox.name", "A display name has 1 to 255 characters")
}

// createCustomer is POST /rest/servicedeskapi/customer. Which addresses are malformed is invented.
func createCustomer(c *call, in newCustomer) *answer {
	c.site.creates++
	if refusal := c.tidy(&in); refusal != nil {
		return refusal
	}
	if !wellFormed(in.Email) {
		return c.failure(http.StatusBadRequest, "sandbox.address", "This is no valid e-mail address")
	}
	if there := c.site.at(in.Email); len(there) > 0 {
		there[0].Asked++
		status := http.StatusBadRequest
		if c.req.URL.Query().Get("strictConflictStatusCode") == "true" {
			status = http.StatusConflict
		}
		return c.failure(status, "sandbox.taken", "An account with this address exists")
	}
	made := Account{Email: in.Email, Name: in.DisplayName, CreatedBy: c.site.creates, Creations: 1, Asked: 1}
	made = c.site.addAccount(made).Account
	p, self := person(made), c.base()+"/rest/api/2/user?accountId="+made.ID
	p["name"], p["key"], p["_links"] = made.ID, made.ID, map[string]string{"jiraRest": self, "self": self}
	return jsonAnswer(http.StatusCreated, p)
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
	return noContent()
}

// renameCustomer is the name change of the gateway's customer directory. Its answers, but for the statuses 403 and
// 404, are invented.
func renameCustomer(c *call, in newCustomer) *answer {
	if refusal := c.tidy(&in); refusal != nil {
		return refusal
	}
	c.account.Name = in.DisplayName
	return jsonAnswer(http.StatusOK, map[string]string{"accountId": c.account.ID, "displayName": c.account.Name})
}

// info needs no credentials. Its values are invented.
func info(c *call) *answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"version": "sandbox", "platformVersion": "sandbox", "buildChangeSet": "0", "isLicensedForUse": true,
		"_links": map[string]string{"self": c.base() + InfoPath},
	})
}

func tenantInfo(c *call) *answer {
	return jsonAnswer(http.StatusOK, map[string]string{"cloudId": c.site.options.CloudID})
}

func myself(c *call) *answer {
	found := copies(c.site.at(c.user.Email))
	if len(found) == 0 { // an access token without an owner
		found = []Account{{Name: "Service account", ID: "712020:service-account", Type: App}}
	}
	i := max(slices.IndexFunc(found, func(a Account) bool { return a.Type != Customer }), 0)
	return jsonAnswer(http.StatusOK, c.apiUser(found[i]))
}

// myPermissions is GET /rest/api/3/mypermissions; the parameter is required.
func myPermissions(c *call) *answer {
	known := map[string]bool{"ADMINISTER": c.user.Admin, "USER_PICKER": c.user.BrowseUsers, "SYSTEM_ADMIN": false}
	out := map[string]any{}
	for name := range strings.SplitSeq(c.req.URL.Query().Get("permissions"), ",") {
		have, ok := known[name]
		if !ok {
			return c.failure(http.StatusBadRequest, "", "Say which permissions you ask for")
		}
		out[name] = map[string]any{"key": name, "name": name, "type": "GLOBAL", "havePermission": have}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"permissions": out})
}

// searchUsers is GET /rest/api/3/user/search: a prefix of address or name. Who may not browse users sees nobody,
// and does not learn why.
func searchUsers(c *call) *answer {
	query, latest := fold(c.req.URL.Query().Get("query")), time.Now().Add(-c.site.options.SearchLag)
	if query == "" {
		return c.failure(http.StatusBadRequest, "", "Say whom you look for")
	}
	users := []map[string]any{}
	for _, a := range c.site.accounts {
		if c.user.BrowseUsers && a.matches(query) && !a.made.After(latest) {
			users = append(users, c.apiUser(a.Account))
		}
	}
	users = users[min(c.number("startAt", 0), len(users)):]
	return jsonAnswer(http.StatusOK, users[:min(c.number("maxResults", 50), len(users), 1000)])
}
