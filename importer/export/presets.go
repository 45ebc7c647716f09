package export

import "slices"

// preset is the header set of one source.
type preset struct {
	name, title string
	signatures  [][]string         // normalised headers; one set must be there whole
	fields      map[Field][]string // normalised headers, best first; an empty list: the source has no such column
	order       []string           // the columns when there is no header row
	login       string             // login name that stands in when there is no column of addresses
	joined      bool               // cells hold one value for each directory, joined with ;
	team        bool               // everybody in it is an agent
}

var presets = []preset{
	{name: "zendesk", title: "Zendesk users (bulk format)",
		signatures: [][]string{{"name", "email", "external id", "role", "restriction"}, {"name", "email", "external id", "details", "notes", "organization", "tags"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"name"}, ExternalID: {"external id"}, Organization: {"organization"}}},
	{name: "zendesk-team", title: "Zendesk team members", team: true,
		signatures: [][]string{{"id", "name", "email", "suspended", "date created"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"name"}, ExternalID: {"id"}}},
	{name: "freshdesk", title: "Freshdesk contacts",
		signatures: [][]string{{"full name", "email", "unique external id"}, {"full name", "email", "work phone", "company"}, {"full name", "email", "work phone", "mobile phone"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"full name"}, ExternalID: {"unique external id"}, Organization: {"company"}}},
	{name: "hubspot", title: "HubSpot contacts",
		signatures: [][]string{{"record id", "first name", "last name", "email"}},
		fields: map[Field][]string{Email: {"email"}, FirstName: {"first name"}, LastName: {"last name"}, ExternalID: {"record id"},
			Organization: {"associated company", "company name", "company"}}},
	{name: "intercom", title: "Intercom users",
		signatures: [][]string{{"name", "email", "user id", "last seen"}, {"name", "email", "user id", "companies"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"name"}, ExternalID: {"user id"}, Organization: {"companies", "company name"}}},
	{name: "zoho", title: "Zoho Desk contacts",
		signatures: [][]string{{"contactextid", "email"}},
		fields:     map[Field][]string{Email: {"email"}, FirstName: {"first name"}, LastName: {"last name"}, ExternalID: {"contactextid"}, Organization: {}}},
	{name: "servicenow", title: "ServiceNow sys_user",
		signatures: [][]string{{"sys id", "user name", "email"}},
		fields: map[Field][]string{Email: {"email"}, Name: {"name"}, FirstName: {"first name"}, LastName: {"last name"}, ExternalID: {"sys id"},
			Organization: {"company"}}},
	{name: "salesforce", title: "Salesforce Data Loader",
		signatures: [][]string{{"id", "isdeleted", "lastname", "email"}},
		fields: map[Field][]string{Email: {"email"}, Name: {"name"}, FirstName: {"firstname"}, LastName: {"lastname"}, ExternalID: {"id"},
			Organization: {"account name"}}},
	{name: "salesforce-report", title: "Salesforce report",
		signatures: [][]string{{"first name", "last name", "email", "account name"}},
		fields:     map[Field][]string{Email: {"email"}, FirstName: {"first name"}, LastName: {"last name"}, Organization: {"account name"}}},
	{name: "desk", title: "Desk.com customers",
		signatures: [][]string{{"first name", "last name", "email home", "email work"}},
		fields: map[Field][]string{Email: {"email home", "email work", "email mobile", "email other"}, FirstName: {"first name"}, LastName: {"last name"},
			ExternalID: {"external id", "id"}, Organization: {"company name", "company"}}},
	{name: "osticket", title: "osTicket users",
		signatures: [][]string{{"name", "organization", "email", "phone number", "internal notes"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"name"}, Organization: {"organization"}}},
	{name: "kayako", title: "Kayako Classic users",
		signatures: [][]string{{"emailaddress", "firstname", "lastname", "organization"}},
		fields:     map[Field][]string{Email: {"emailaddress"}, FirstName: {"firstname"}, LastName: {"lastname"}, Organization: {"organization"}},
		order:      []string{"EmailAddress", "FirstName", "LastName", "Organization"}},
	{name: "atlassian-cloud", title: "Atlassian Cloud users",
		signatures: [][]string{{"user id", "user name", "email", "user status"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"user name"}, ExternalID: {"user id"}, AccountID: {"user id"}}},
	{name: "atlassian-groups", title: "Atlassian Cloud users, a row for each group",
		signatures: [][]string{{"group name", "username", "full name", "email"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"full name"}}},
	{name: "jira-dc", title: "Jira Data Center users", joined: true,
		signatures: [][]string{{"username", "email", "full name", "user directory"}},
		fields:     map[Field][]string{Email: {"email"}, Name: {"full name"}, ExternalID: {"username"}}},
	{name: "entra", title: "Entra ID users",
		signatures: [][]string{{"userprincipalname", "displayname", "mail"}},
		fields: map[Field][]string{Email: {"mail"}, Name: {"displayname"}, FirstName: {"givenname"}, LastName: {"surname"}, ExternalID: {"objectid", "id"},
			Organization: {"companyname"}}},
	{name: "google-workspace", title: "Google Workspace users",
		signatures: [][]string{{"first name", "last name", "email address", "org unit path"}},
		fields:     map[Field][]string{Email: {"email address"}, FirstName: {"first name"}, LastName: {"last name"}, ExternalID: {"employee id"}, Organization: {}}},
	{name: "google-contacts", title: "Google Contacts",
		signatures: [][]string{{"e mail 1 value"}},
		fields: map[Field][]string{Email: {"e mail 1 value"}, Name: {"name"}, FirstName: {"given name", "first name"}, LastName: {"family name", "last name"},
			Organization: {"organization 1 name", "organization name"}}},
	{name: "outlook", title: "Outlook contacts",
		signatures: [][]string{{"first name", "last name", "e mail address", "e mail 2 address"}, {"first name", "last name", "e mail address", "e mail type"}},
		fields:     map[Field][]string{Email: {"e mail address"}, FirstName: {"first name"}, LastName: {"last name"}, Organization: {"company"}}},
	{name: "powershell", title: "Active Directory users (PowerShell)", login: "userprincipalname",
		signatures: [][]string{{"distinguishedname", "userprincipalname"}},
		fields: map[Field][]string{Email: {"mail", "emailaddress"}, Name: {"displayname", "name"}, FirstName: {"givenname"}, LastName: {"surname"},
			ExternalID: {"objectguid"}, Organization: {"company"}}},
}

// recognise finds the preset with the longest signature in the header.
func recognise(h *header) *preset {
	var best *preset
	length := 0
	for i := range presets {
		for _, signature := range presets[i].signatures {
			if len(signature) > length && h.holds(signature) {
				best, length = &presets[i], len(signature)
			}
		}
	}
	return best
}

func presetNamed(name string) *preset {
	if i := slices.IndexFunc(presets, func(p preset) bool { return p.name == name }); i >= 0 {
		return &presets[i]
	}
	return nil
}

func (h *header) holds(normalised []string) bool {
	for _, want := range normalised {
		if len(h.normalised(want)) == 0 {
			return false
		}
	}
	return true
}

// normalised finds the columns whose normalised header is want.
func (h *header) normalised(want string) []int {
	var is []int
	for i, name := range h.plain {
		if !h.own[i] && name == want {
			is = append(is, i)
		}
	}
	return is
}
