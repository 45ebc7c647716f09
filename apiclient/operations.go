package apiclient

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// operation is one of Jira's operations. The route is its path, with names in braces where ids stand; it is what logs
// and errors show.
type operation struct {
	name, method, route string
	forbidden           string // what to do about a 403
}

const (
	get, post, put = http.MethodGet, http.MethodPost, http.MethodPut

	serviceDeskAPI = "/rest/servicedeskapi"
	deskPath       = serviceDeskAPI + "/servicedesk/{serviceDeskId}"
)

// https://developer.atlassian.com/cloud/jira/service-desk/rest/ and, for accounts of any kind and permissions,
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/
var (
	opCreate = operation{"creating a customer", post, serviceDeskAPI + "/customer", hintAdminister}
	opRevoke = operation{"revoking portal access", put,
		serviceDeskAPI + "/customer/user/{accountId}/revoke-portal-only-access", hintSiteAdmin}
	opRename = operation{"changing a name", put,
		"/jsm/csm/cloudid/{cloudId}/api/v1/customer/account/{accountId}", hintRename}
	opSearch = operation{"looking up an account", get, "/rest/api/3/user/search", HintBrowse}

	opOrganizations      = operation{"listing organizations", get, serviceDeskAPI + "/organization", hintAgent}
	opCreateOrganization = operation{"creating an organization", post, serviceDeskAPI + "/organization", hintAgent}
	opAddToOrganization  = operation{"adding customers to an organization", post,
		serviceDeskAPI + "/organization/{organizationId}/user", hintAgent}
	opDesks             = operation{"listing service projects", get, serviceDeskAPI + "/servicedesk", hintAccess}
	opDesk              = operation{"looking up a service project", get, deskPath, hintAgent}
	opDeskCustomers     = operation{"listing the customers of a project", get, deskPath + "/customer", hintAgent}
	opAddToDesk         = operation{"adding customers to a project", post, deskPath + "/customer", hintAgent}
	opDeskOrganizations = operation{
		"listing the organizations of a project",
		get,
		deskPath + "/organization",
		hintAgent,
	}
	opAddDeskOrganization = operation{
		"adding an organization to a project",
		post,
		deskPath + "/organization",
		hintAgent,
	}

	opInfo        = operation{"reaching the site", get, serviceDeskAPI + "/info", hintAccess}
	opTenant      = operation{"asking for the cloud id", get, "/_edge/tenant_info", hintAccess}
	opMyself      = operation{"checking the credentials", get, "/rest/api/3/myself", hintAccess}
	opPermissions = operation{"checking permissions", get, "/rest/api/3/mypermissions", hintAccess}
)

// request is one operation, to be sent as often as need be.
type request struct {
	operation
	ids   []string // of the route, in its order
	query string
	next  string // the whole path instead, as a page named it
	body  any    // sent as JSON

	anonymous bool              // to the site, without credentials
	at        string            // send to this root; "": where the credentials are taken
	check     bool              // asked before the run: ends with its context, and has less patience
	private   []string          // addresses and names, never to be logged
	record    Record            // the hooks of whoever keeps the record
	read      func([]byte) bool // reads the body of a 2xx, and reports whether it is whole and what is promised
}

// path is what the request is sent to, below a root.
func (r *request) path() string {
	if r.next != "" {
		return r.next
	}
	path := r.route
	for _, id := range r.ids {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + url.PathEscape(id) + after
	}
	if r.query != "" {
		path += "?" + r.query
	}
	return path
}

// readJSON is a read of a body of JSON into v; valid reports whether v then holds what is promised.
func readJSON[T any](v *T, valid func() bool) func([]byte) bool {
	return func(body []byte) bool {
		if json.Unmarshal(body, v) == nil && valid() {
			return true
		}
		*v = *new(T) // of what fails nothing is used
		return false
	}
}

// readNothing is a read of an answer that the API promises to be empty.
func readNothing(body []byte) bool { return len(bytes.TrimSpace(body)) == 0 }

// IsAccountID reports whether id can be an account id: a plain segment of a path.
func IsAccountID(id string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(":-_.", r)
	}
	return id != "" && len(id) <= 256 && strings.Trim(id, ".") != "" && !strings.ContainsFunc(id, odd)
}
