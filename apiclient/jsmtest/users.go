package jsmtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// userJSON is a user as /rest/api/3 writes one.
type userJSON struct {
	Self         string            `json:"self"`
	AccountID    string            `json:"accountId"`
	AccountType  AccountType       `json:"accountType"`
	EmailAddress string            `json:"emailAddress"`
	AvatarURLs   map[string]string `json:"avatarUrls"`
	DisplayName  string            `json:"displayName"`
	Active       bool              `json:"active"`
	TimeZone     string            `json:"timeZone,omitempty"`
	Locale       string            `json:"locale,omitempty"`
}

func (c *call) userOf(a Account) userJSON {
	u := userJSON{
		Self: c.base() + "/rest/api/3/user?accountId=" + a.ID, AccountID: a.ID, AccountType: a.Type,
		AvatarURLs: map[string]string{}, DisplayName: a.Name, Active: !a.Revoked,
	}
	if !c.site.options.HideAddresses {
		u.EmailAddress, u.TimeZone, u.Locale = a.Email, "Etc/UTC", "en_GB"
	}
	return u
}

// info needs no credentials. Its numbers are invented.
func info(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"version": "sandbox", "platformVersion": "sandbox", "buildChangeSet": "0", "isLicensedForUse": true,
		"buildDate": map[string]any{"iso8601": "2024-01-01T00:00:00+0000", "jira": "2024-01-01T00:00:00.000+0000", "friendly": "01/Jan/24 12:00 AM", "epochMillis": 1704067200000},
		"_links":    map[string]string{"self": c.base() + InfoPath},
	})
}

func tenantInfo(c *call) answer {
	return jsonAnswer(http.StatusOK, map[string]string{"cloudId": c.site.options.CloudID})
}

func myself(c *call) answer {
	found := c.site.Find(c.user.Email)
	if len(found) == 0 { // an access token without an owner
		return jsonAnswer(http.StatusOK, c.userOf(Account{Name: "Service account", ID: "712020:" + uuid(1, 2), Type: App}))
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
	known := map[string]bool{
		"ADMINISTER": c.user.Admin, "USER_PICKER": c.user.BrowseUsers, "SYSTEM_ADMIN": false,
		"MANAGE_GROUP_FILTER_SUBSCRIPTIONS": false, "BULK_CHANGE": false, "CREATE_PROJECT": c.user.Admin,
	}
	out := map[string]any{}
	for name := range strings.SplitSeq(names, ",") {
		have, ok := known[name]
		if !ok {
			return c.failure(http.StatusBadRequest, "", "Unrecognized permission")
		}
		out[name] = map[string]any{"id": "0", "key": name, "name": name, "type": "GLOBAL", "description": "", "havePermission": have}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"permissions": out})
}

// searchUsers is GET /rest/api/3/user/search: a prefix of address or name. Who
// may not browse users sees nobody, and is not told.
func searchUsers(c *call) answer {
	q := c.req.URL.Query()
	if q.Get("query") == "" {
		return c.failure(http.StatusBadRequest, "", "Say whom you look for")
	}
	if !c.user.BrowseUsers {
		return jsonAnswer(http.StatusOK, []userJSON{})
	}
	s := c.site
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.accounts.search(q.Get("query"))
	found = found[min(c.number("startAt", 0), len(found)):]
	found = found[:min(c.number("maxResults", 50), len(found), 1000)]
	users := make([]userJSON, len(found))
	for i, at := range found {
		users[i] = c.userOf(s.accounts.account(at))
	}
	return jsonAnswer(http.StatusOK, users)
}

// parseForm reads a form as far as it is one.
func parseForm(body []byte) url.Values {
	form, _ := url.ParseQuery(string(body)) // what is malformed is left out
	return form
}

// unescape undoes what OAuth does to ids and secrets in the header.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
