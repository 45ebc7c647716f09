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
	signatures  []string         // normalised headers, all of which must be there, between commas
	fields      map[Field]string // columns that the table of words has under another meaning
	order       []string         // the columns when there is no header row
	login       string           // header of login names that stand in when there is no column of addresses
	joined      bool             // cells hold one value for each directory, joined with ;
	team        bool             // everybody in it is an agent
}

var presets = []preset{
	{name: "atlassian-cloud", title: "Atlassian Cloud users",
		signatures: []string{"user id,user name,email,user status"},
		fields:     map[Field]string{Name: "user name", AccountID: "user id"}},
	{name: "google-workspace", title: "Google Workspace users",
		signatures: []string{"first name,last name,email address,org unit path"},
		fields:     map[Field]string{ExternalID: "employee id"}},
	{name: "jira-dc", title: "Jira Data Center users", joined: true,
		signatures: []string{"username,email,full name,user directory"},
		fields:     map[Field]string{ExternalID: "username"}},
	{name: "kayako", title: "Kayako Classic users",
		signatures: []string{"email address,first name,last name,organization"},
		order:      []string{"EmailAddress", "FirstName", "LastName", "Organization"}},
	{name: "powershell", title: "Active Directory users (PowerShell)",
		signatures: []string{"distinguished name,user principal name"}, login: "user principal name"},
	{name: "zendesk-team", title: "Zendesk team members", team: true,
		signatures: []string{"id,name,email,suspended,date created"}},

	{name: "atlassian-groups", title: "Atlassian Cloud users, a row for each group",
		signatures: []string{"group name,username,full name,email"}},
	{name: "desk", title: "Desk.com customers", signatures: []string{"first name,last name,email home,email work"}},
	{name: "entra", title: "Entra ID users", signatures: []string{"user principal name,display name,mail"}},
	{name: "freshdesk", title: "Freshdesk contacts",
		signatures: []string{"full name,email,unique external id", "full name,email,work phone,company",
			"full name,email,work phone,mobile phone"}},
	{name: "google-contacts", title: "Google Contacts", signatures: []string{"e mail 1 value"}},
	{name: "hubspot", title: "HubSpot contacts", signatures: []string{"record id,first name,last name,email"}},
	{name: "intercom", title: "Intercom users", signatures: []string{"name,email,user id,last seen",
		"name,email,user id,companies"}},
	{name: "osticket", title: "osTicket users",
		signatures: []string{"name,organization,email,phone number,internal notes"}},
	{name: "outlook", title: "Outlook contacts",
		signatures: []string{"first name,last name,e mail address,e mail 2 address",
			"first name,last name,e mail address,e mail type"}},
	{name: "salesforce", title: "Salesforce Data Loader", signatures: []string{"id,isdeleted,lastname,email"}},
	{name: "salesforce-report", title: "Salesforce report",
		signatures: []string{"first name,last name,email,account name"}},
	{name: "servicenow", title: "ServiceNow sys_user", signatures: []string{"sys id,user name,email"}},
	{name: "zendesk", title: "Zendesk users (bulk format)",
		signatures: []string{"name,email,external id,role,restriction",
			"name,email,external id,details,notes,organization,tags"}},
	{name: "zoho", title: "Zoho Desk contacts", signatures: []string{"contact ext id,email"}},
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

// recognise finds the preset with the longest signature in the header.
func recognise(h *header) *preset {
	var best *preset
	length := 0
	for i := range presets {
		for _, signature := range presets[i].signatures {
			if n := strings.Count(signature, ",") + 1; n > length && h.holds(signature) {
				best, length = &presets[i], n
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

func (h *header) holds(signature string) bool {
	for want := range strings.SplitSeq(signature, ",") {
		if h.plainIndex(want) < 0 {
			return false
		}
	}
	return true
}

// plainIndex finds the first column whose header is want but for blanks.
func (h *header) plainIndex(want string) int {
	return slices.Index(h.keys, strings.ReplaceAll(want, " ", ""))
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
		if ch.h.place.Row > 0 && !slices.ContainsFunc(ch.c.preset.signatures, ch.h.holds) {
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
		if i := ch.h.plainIndex(want); i >= 0 && !ch.c.has(f) && (f != AccountID || ch.options.NeedAccounts) &&
			(f != Name || !first && !last) {
			ch.c.set(f, p.title, i)
		}
	}
	if i := ch.h.plainIndex(p.login); i >= 0 && !ch.c.has(Email) && len(ch.emailCandidates()) == 0 {
		if n := ch.count(i); most(n.ats, n.filled) && n.addresses > 0 || ch.h.ownFile {
			ch.c.login = true
			ch.c.set(Email, p.title+": login name", i)
		}
	}
	return nil
}
