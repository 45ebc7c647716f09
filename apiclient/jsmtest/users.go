package jsmtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// userJSON is a user as /rest/api/3 writes one.
type userJSON struct {
	Self         string      `json:"self"`
	AccountID    string      `json:"accountId"`
	AccountType  AccountType `json:"accountType"`
	EmailAddress string      `json:"emailAddress"`
	DisplayName  string      `json:"displayName"`
	Active       bool        `json:"active"`
	TimeZone     string      `json:"timeZone,omitempty"`
	Locale       string      `json:"locale,omitempty"`
}

func (c *call) userOf(a Account) userJSON {
	u := userJSON{
		Self: c.base() + "/rest/api/3/user?accountId=" + a.ID, AccountID: a.ID, AccountType: a.Type,
		DisplayName: a.Name, Active: !a.Revoked,
	}
	if !c.site.options.HideAddresses {
		u.EmailAddress, u.TimeZone, u.Locale = a.Email, "Etc/UTC", "en_GB"
	}
	return u
}

// info needs no credentials. Its values are invented.
func info(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"version": "sandbox", "platformVersion": "sandbox", "buildChangeSet": "0", "isLicensedForUse": true,
		"buildDate": map[string]any{"iso8601": "2024-01-01T00:00:00+0000", "epochMillis": 1704067200000},
		"_links":    map[string]string{"self": c.base() + InfoPath},
	})
}

func tenantInfo(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]string{"cloudId": c.site.options.CloudID})
}

func myself(c *call) answer {
	found := c.site.Find(c.user.Email)
	if len(found) == 0 { // an access token without an owner
		return jsonAnswer(http.StatusOK, c.userOf(Account{Name: "Service account", ID: "712020:sandbox", Type: App}))
	}
	i := max(slices.IndexFunc(found, func(a Account) bool { return a.Type != Customer }), 0)
	return jsonAnswer(http.StatusOK, c.userOf(found[i]))
}

// myPermissions is GET /rest/api/3/mypermissions; the parameter is required.
func myPermissions(c *call) answer {
	names := c.req.URL.Query().Get("permissions")
	if names == "" {
		return c.failure(http.StatusBadRequest, "", "Say which permissions you ask for")
	}
	known := map[string]bool{"ADMINISTER": c.user.Admin, "USER_PICKER": c.user.BrowseUsers, "SYSTEM_ADMIN": false}
	out := map[string]any{}
	for name := range strings.SplitSeq(names, ",") {
		have, ok := known[name]
		if !ok {
			return c.failure(http.StatusBadRequest, "", "Unrecognized permission")
		}
		out[name] = map[string]any{"key": name, "name": name, "type": "GLOBAL", "havePermission": have}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"permissions": out})
}

// searchUsers is GET /rest/api/3/user/search: a prefix of address or name. Who may not browse users sees nobody,
// and does not learn why.
func searchUsers(c *call) answer {
	q := c.req.URL.Query()
	if q.Get("query") == "" {
		return c.failure(http.StatusBadRequest, "", "Say whom you look for")
	}
	users := []userJSON{}
	if !c.user.BrowseUsers {
		return jsonAnswer(http.StatusOK, users)
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.accounts.search(q.Get("query"), time.Now().Add(-s.options.SearchLag))
	found = found[min(c.number("startAt", 0), len(found)):]
	for _, a := range found[:min(c.number("maxResults", 50), len(found), 1000)] {
		users = append(users, c.userOf(a.Account))
	}
	return jsonAnswer(http.StatusOK, users)
}
