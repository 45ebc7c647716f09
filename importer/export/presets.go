package export

import (
	"fmt"
	"slices"
	"strings"
)

// preset is a source whose header is known. Most do no more than have a name
// for people: their headers are in the vocabulary.
type preset struct {
	name, title string
	signature   string           // headers without blanks that must all be there
	told        map[string]Field // columns that the vocabulary has under another meaning
}

var presets = []preset{
	{"atlassian-cloud", "Atlassian Cloud users", "userid,username,email,userstatus",
		map[string]Field{"username": Name, "userid": AccountID}},
	{"atlassian-groups", "Atlassian Cloud users, a row for each group", "groupname,username,fullname,email", nil},
	{"desk", "Desk.com customers", "firstname,lastname,emailhome,emailwork", nil},
	{"entra", "Entra ID users", "userprincipalname,displayname,mail", nil},
	{"freshdesk", "Freshdesk contacts", "fullname,email,workphone", nil},
	{"google-contacts", "Google Contacts", "email1value", nil},
	{"google-workspace", "Google Workspace users", "firstname,lastname,emailaddress,orgunitpath", nil},
	{"hubspot", "HubSpot contacts", "recordid,firstname,lastname,email", nil},
	{"intercom", "Intercom users", "name,email,userid", nil},
	{"jira-dc", "Jira Data Center users", "username,email,fullname,userdirectory",
		map[string]Field{"username": ExternalID}},
	{"kayako", "Kayako Classic users", "emailaddress,firstname,lastname,organization", nil},
	{"osticket", "osTicket users", "name,organization,email,phonenumber,internalnotes", nil},
	{"outlook", "Outlook contacts", "firstname,lastname,emailaddress,email2address", nil},
	{"powershell", "Active Directory users (PowerShell)", "distinguishedname,userprincipalname", nil},
	{"salesforce", "Salesforce Data Loader", "id,isdeleted,lastname,email", nil},
	{"salesforce-report", "Salesforce report", "firstname,lastname,email,accountname", nil},
	{"servicenow", "ServiceNow sys_user", "sysid,username,email", nil},
	{"zendesk", "Zendesk users (bulk format)", "name,email,externalid,role,restriction", nil},
	{"zendesk-team", "Zendesk team members", "id,name,email,suspended,datecreated", nil},
	{"zoho", "Zoho Desk contacts", "contactextid,email", nil},
}

// Presets are the names of the header sets that are known.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// choosePreset takes the preset that the user names, or the one with the longest signature that the
// header has all of.
func (ch *chooser) choosePreset() error {
	name, best := ch.options.Preset, preset{}
	if name != "" && name != "none" && !slices.Contains(Presets(), name) {
		return &OptionError{Flag: "--preset", What: fmt.Sprintf("there is no preset %q (%s)", name,
			strings.Join(Presets(), ", "))}
	}
	missing := func(key string) bool { return !slices.Contains(ch.h.keys, key) }
	for _, p := range presets {
		fits := !slices.ContainsFunc(strings.Split(p.signature, ","), missing)
		switch {
		case name != "" && name != p.name:
		case fits && len(p.signature) > len(best.signature):
			best = p
		case name != "" && ch.h.place.Row > 0:
			return ch.refuse("this is not the header of "+p.title,
				"leave --preset out, or name the columns with --column")
		}
	}
	ch.c.preset = best
	for key, f := range best.told {
		if f != AccountID || ch.options.NeedAccounts {
			ch.h.read[slices.Index(ch.h.keys, key)] = []meaning{{field: f, rank: -1}}
		}
	}
	return nil
}
