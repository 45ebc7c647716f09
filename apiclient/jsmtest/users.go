package jsmtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func (c *call) user3(a Account) map[string]any {
	u := c.person(a)
	u["self"], u["accountType"] = c.base()+"/rest/api/3/user?accountId="+a.ID, a.Type
	return u
}

// info needs no credentials. Its values are invented.
func info(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"version": "sandbox", "platformVersion": "sandbox", "buildChangeSet": "0", "isLicensedForUse": true,
		"_links": map[string]string{"self": c.base() + InfoPath},
	})
}

func tenantInfo(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]string{"cloudId": c.site.options.CloudID})
}

func myself(c *call) answer {
	found := c.site.Find(c.user.Email)
	if len(found) == 0 { // an access token without an owner
		found = []Account{{Name: "Service account", ID: "712020:service-account", Type: App}}
	}
	i := max(slices.IndexFunc(found, func(a Account) bool { return a.Type != Customer }), 0)
	return jsonAnswer(http.StatusOK, c.user3(found[i]))
}

// myPermissions is GET /rest/api/3/mypermissions; the parameter is required.
func myPermissions(c *call) answer {
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
func searchUsers(c *call) answer {
	query := c.req.URL.Query().Get("query")
	if query == "" {
		return c.failure(http.StatusBadRequest, "", "Say whom you look for")
	}
	users := []map[string]any{}
	if !c.user.BrowseUsers {
		return jsonAnswer(http.StatusOK, users)
	}
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	found := c.site.accounts.search(query, time.Now().Add(-c.site.options.SearchLag))
	found = found[min(c.number("startAt", 0), len(found)):]
	for _, a := range found[:min(c.number("maxResults", 50), len(found), 1000)] {
		users = append(users, c.user3(a.Account))
	}
	return jsonAnswer(http.StatusOK, users)
}
