package apiclient

import "net/http"

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
	opDesks               = operation{"listing service projects", get, serviceDeskAPI + "/servicedesk", hintAccess}
	opDesk                = operation{"looking up a service project", get, deskPath, hintAgent}
	opDeskCustomers       = operation{"listing the customers of a project", get, deskPath + "/customer", hintAgent}
	opAddToDesk           = operation{"adding customers to a project", post, deskPath + "/customer", hintAgent}
	opDeskOrganizations   = operation{"listing the organizations of a project", get, deskPath + "/organization", hintAgent}
	opAddDeskOrganization = operation{"adding an organization to a project", post, deskPath + "/organization", hintAgent}

	opInfo        = operation{"reaching the site", get, serviceDeskAPI + "/info", hintAccess}
	opTenant      = operation{"asking for the cloud id", get, "/_edge/tenant_info", hintAccess}
	opMyself      = operation{"checking the credentials", get, "/rest/api/3/myself", hintAccess}
	opPermissions = operation{"checking permissions", get, "/rest/api/3/mypermissions", hintAccess}
)
