package export

import (
	"fmt"
	"slices"
	"strings"
)

// preset is a source whose header is known. Most do no more than have a name
// for people: their headers are in the table of words.
type preset struct {
	name, title string
	signatures  string           // headers without blanks that must all be there; of several sets one, after a /
	fields      map[Field]string // columns that the table of words has under another meaning
	order       []string         // the columns when there is no header row
	joined      bool             // cells hold one value for each directory, joined with ;
}

var presets = []preset{
	{
		name: "atlassian-cloud", title: "Atlassian Cloud users", signatures: "userid,username,email,userstatus",
		fields: map[Field]string{Name: "username", AccountID: "userid"},
	},
	{
		name: "jira-dc", title: "Jira Data Center users", signatures: "username,email,fullname,userdirectory",
		fields: map[Field]string{ExternalID: "username"}, joined: true,
	},
	{
		name: "kayako", title: "Kayako Classic users", signatures: "emailaddress,firstname,lastname,organization",
		order: []string{"EmailAddress", "FirstName", "LastName", "Organization"},
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

// recognise finds the preset with the longest signature in the header.
func recognise(h *header) *preset {
	var best *preset
	for i := range presets {
		if n := presets[i].fits(h); n > 0 && (best == nil || n > best.fits(h)) {
			best = &presets[i]
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

// choosePreset applies the preset that the user names, or that the header is of.
func (ch *chooser) choosePreset() error {
	switch name := ch.options.Preset; name {
	case "none":
		return nil
	case "":
		ch.c.preset = recognise(ch.h)
	default:
		if ch.c.preset = presetNamed(name); ch.c.preset == nil {
			return &OptionError{Flag: "--preset", What: fmt.Sprintf("there is no preset %q (%s)", name,
				strings.Join(Presets(), ", "))}
		}
		if ch.h.place.Row > 0 && ch.c.preset.fits(ch.h) == 0 {
			return ch.refuse(fmt.Sprintf("this is not the header of %s", ch.c.preset.title),
				"leave --preset out, or name the columns with --column")
		}
	}
	p := ch.c.preset
	if p == nil {
		return nil
	}
	_, first := ch.options.Columns[FirstName]
	_, last := ch.options.Columns[LastName]
	for f, want := range p.fields {
		if i := slices.Index(ch.h.keys, want); i >= 0 && !ch.c.has(f) && (f != AccountID || ch.options.NeedAccounts) &&
			(f != Name || !first && !last) {
			ch.c.set(f, p.title, i)
		}
	}
	return nil
}
