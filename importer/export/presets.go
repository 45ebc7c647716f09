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
	signatures  string           // headers without blanks that must all be there; of several sets one, after a /
	fields      map[Field]string // columns that the vocabulary has under another meaning
}

var presets = []preset{
	{
		name: "atlassian-cloud", title: "Atlassian Cloud users", signatures: "userid,username,email,userstatus",
		fields: map[Field]string{Name: "username", AccountID: "userid"},
	},
	named("atlassian-groups", "Atlassian Cloud users, a row for each group", "groupname,username,fullname,email"),
	named("desk", "Desk.com customers", "firstname,lastname,emailhome,emailwork"),
	named("entra", "Entra ID users", "userprincipalname,displayname,mail"),
	named("freshdesk", "Freshdesk contacts",
		"fullname,email,uniqueexternalid/fullname,email,workphone,company/fullname,email,workphone,mobilephone"),
	named("google-contacts", "Google Contacts", "email1value"),
	named("google-workspace", "Google Workspace users", "firstname,lastname,emailaddress,orgunitpath"),
	named("hubspot", "HubSpot contacts", "recordid,firstname,lastname,email"),
	named("intercom", "Intercom users", "name,email,userid,lastseen/name,email,userid,companies"),
	named("osticket", "osTicket users", "name,organization,email,phonenumber,internalnotes"),
	{
		name: "jira-dc", title: "Jira Data Center users", signatures: "username,email,fullname,userdirectory",
		fields: map[Field]string{ExternalID: "username"},
	},
	named("kayako", "Kayako Classic users", "emailaddress,firstname,lastname,organization"),
	named("outlook", "Outlook contacts",
		"firstname,lastname,emailaddress,email2address/firstname,lastname,emailaddress,emailtype"),
	named("powershell", "Active Directory users (PowerShell)", "distinguishedname,userprincipalname"),
	named("salesforce", "Salesforce Data Loader", "id,isdeleted,lastname,email"),
	named("salesforce-report", "Salesforce report", "firstname,lastname,email,accountname"),
	named("servicenow", "ServiceNow sys_user", "sysid,username,email"),
	named("zendesk", "Zendesk users (bulk format)",
		"name,email,externalid,role,restriction/name,email,externalid,details,notes,organization,tags"),
	named("zendesk-team", "Zendesk team members", "id,name,email,suspended,datecreated"),
	named("zoho", "Zoho Desk contacts", "contactextid,email"),
}

func named(name, title, signatures string) preset {
	return preset{name: name, title: title, signatures: signatures}
}

// Presets are the names of the header sets that are known.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names
}

// fits is how many columns of the longest signature that a header has all of; 0: of none.
func (p *preset) fits(h *header) int {
	longest := 0
	for signature := range strings.SplitSeq(p.signatures, "/") {
		keys := strings.Split(signature, ",")
		if !slices.ContainsFunc(keys, func(k string) bool { return !slices.Contains(h.keys, k) }) {
			longest = max(longest, len(keys))
		}
	}
	return longest
}

// choosePreset applies the preset that the user names, or the one with the longest
// signature in the header.
func (ch *chooser) choosePreset() error {
	name, longest := ch.options.Preset, 0
	if name == "none" {
		return nil
	}
	if name != "" && !slices.Contains(Presets(), name) {
		return &OptionError{Flag: "--preset", What: fmt.Sprintf("there is no preset %q (%s)", name,
			strings.Join(Presets(), ", "))}
	}
	for i := range presets {
		p := &presets[i]
		n := p.fits(ch.h)
		if p.name == name && n == 0 && ch.h.place.Row > 0 {
			return ch.refuse(fmt.Sprintf("this is not the header of %s", p.title),
				"leave --preset out, or name the columns with --column")
		}
		if n > longest && (name == "" || p.name == name) {
			ch.c.preset, longest = p, n
		}
	}
	if ch.c.preset == nil {
		return nil
	}
	for f, key := range ch.c.preset.fields {
		if i := slices.Index(ch.h.keys, key); i >= 0 && (f != AccountID || ch.options.NeedAccounts) {
			ch.h.told[i] = f
		}
	}
	return nil
}
