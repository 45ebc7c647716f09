package export

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each source's header, a row below it, and who must come out.
var sources = []struct {
	preset, header, row, want string
}{
	{"zendesk", "name,email,external_id,details,notes,phone,role,restriction,organization,tags", "Ann Lee,a@example.com,7,,,,end-user,,ACME,vip", "Ann Lee|ACME|7"},
	{"zendesk-team", "ID,Name,Email,Suspended,Date created,Last sign-in,Role,Groups", "7,Ann Lee,a@example.com,FALSE,2025,,Agent,Support", "Ann Lee||7"},
	{"freshdesk", "Full name,Title,Company,Email,Work phone,Mobile phone,Unique external ID", "Ann Lee,,ACME,a@example.com,,,7", "Ann Lee|ACME|7"},
	{"hubspot", "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Owner email,Associated Company,Additional email addresses", "7,Ann,Lee,a@example.com,,x@example.net,y@example.net,ACME,", "Ann Lee|ACME|7"},
	{"intercom", "Name,Email,Phone,User ID,Companies,Last seen", "Ann Lee,a@example.com,,7,ACME,", "Ann Lee|ACME|7"},
	{"zoho", "ContactExtId, First Name, Last Name, AccountExtId, Email, Phone", "7,Ann,Lee,99,a@example.com,", "Ann Lee||7"},
	{"servicenow", `"sys_id","user_name","first_name","last_name","name","email","title","company","active","locked_out"`, `"7","alee","Ann","Lee","Ann Lee","a@example.com","","ACME","true","false"`, "Ann Lee|ACME|7"},
	{"salesforce", `"ID","ISDELETED","ACCOUNTID","LASTNAME","FIRSTNAME","NAME","EMAIL"`, `"7","false","99","Lee","Ann","Ann Lee","a@example.com"`, "Ann Lee||7"},
	{"salesforce-report", "First Name,Last Name,Email,Account Name", "Ann,Lee,a@example.com,ACME", "Ann Lee|ACME|"},
	{"desk", "id,first_name,last_name,title,company_id,email_home,email_work,email_mobile,phone,phone", "7,Ann,Lee,,99,,a@example.com,,1,2", "Ann Lee||7"},
	{"osticket", `Name;Organization;Email;"Phone Number";"Internal Notes"`, `"Ann Lee";ACME;a@example.com;'+49;`, "Ann Lee|ACME|"},
	{"kayako", "EmailAddress,FirstName,LastName,Organization,Phone", "a@example.com, Ann, Lee, ACME,", "Ann Lee|ACME|"},
	{"atlassian-cloud", "User id,User name,email,User status,Added to org", "7,Ann Lee,a@example.com,Active,2025", "Ann Lee||7"},
	{"atlassian-groups", "group_name,username,full_name,email,active,created", "users,alee,Ann Lee,a@example.com,Yes,2020", "Ann Lee||"},
	{"jira-dc", "Username,Email,Full Name,Status,User Directory,Last Login Date", "alee,a@example.com;a@example.com,Ann Lee;Ann Lee,Active;Active,A;B,", "Ann Lee||alee"},
	{"entra", "userPrincipalName,displayName,surname,mail,givenName,objectId,accountEnabled,alternateEmailAddress,companyName", "ann@example.test,Ann Lee,Lee,a@example.com,Ann,7,True,,ACME", "Ann Lee|ACME|7"},
	{"google-workspace", "First Name [Required],Last Name [Required],Email Address [Required],Org Unit Path [Required],Status [READ ONLY],Recovery Email,Employee ID,Manager Email", "Ann,Lee,a@example.com,/,Active,r@example.net,7,m@example.net", "Ann Lee||7"},
	{"google-contacts", "Name,Given Name,Family Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Organization 1 - Name", "Ann Lee,Ann,Lee,* Work,a@example.com ::: b@example.com,,,ACME", "Ann Lee|ACME|"},
	{"outlook", "First Name,Middle Name,Last Name,Company,E-mail Address,E-mail Type,E-mail 2 Address,E-mail 2 Type", "Ann,,Lee,ACME,a@example.com,SMTP,b@example.com,SMTP", "Ann Lee|ACME|"},
	{"powershell", `"DistinguishedName","Enabled","GivenName","Name","ObjectClass","ObjectGUID","SamAccountName","SID","Surname","UserPrincipalName"`, `"CN=Ann","True","Ann","Ann Lee","user","7","alee","S-1","Lee","a@example.com"`, "Ann Lee||7"},
}

func TestSourcesAreRecognised(t *testing.T) {
	var tested []string
	for _, c := range sources {
		tested = append(tested, c.preset)
		t.Run(c.preset, func(t *testing.T) {
			before, o := "", Options{}
			if c.preset == "powershell" {
				o.Columns = map[Field]string{Email: "UserPrincipalName"}
				before = "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n"
			}
			s, rows, err := readAll(t, writeFile(t, "export.csv", before+c.header+"\n"+c.row+"\n"), o)
			if err != nil {
				t.Fatal(refused(err))
			}
			if s.Preset != c.preset || s.Source == "" {
				t.Errorf("recognised as %q", s.Preset)
			}
			r := rows[0]
			if got := fmt.Sprintf("%s|%s|%s", r.Name, r.Organization, r.ExternalID); r.Email != "a@example.com" || got != c.want || r.Invalid != "" {
				t.Errorf("%s %s, invalid %q; want %s", r.Email, got, r.Invalid, c.want)
			}
		})
	}
	slices.Sort(tested)
	if diff := cmp.Diff(Presets(), tested); diff != "" {
		t.Errorf("presets and tests of them differ:\n%s", diff)
	}
}

func TestPresetCanBeTurnedOff(t *testing.T) {
	path := writeFile(t, "export.csv", "User id,User name,email,User status\n7,Ann Lee,a@example.com,Active\n")
	_, _, err := readAll(t, path, Options{Preset: "none"})
	if !strings.Contains(refused(err), "'name=User name'") {
		t.Errorf("%v", refused(err)) // "User name" is a login elsewhere
	}
	if _, _, err := readAll(t, path, Options{Preset: "nothing"}); !strings.Contains(refused(err), "--preset") {
		t.Errorf("an unknown preset gives %v", err)
	}
}

func TestSignsAreFound(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range signTexts {
		for header := range strings.SplitSeq(s.Headers, "|") {
			if header != squeeze(header) || seen[header] {
				t.Errorf("%q is found under no header, or twice in the table", header)
			}
			seen[header] = true
		}
		for value := range strings.SplitSeq(s.Values, "|") {
			if value != lowerCase(value) {
				t.Errorf("%q is found in no cell", value)
			}
		}
	}
}

func TestHeadersInOtherLanguages(t *testing.T) {
	for _, c := range []struct{ header, row string }{
		{"Datensatz-ID,Vorname,Nachname,E-Mail,Telefonnummer,Für den Kontakt zuständiger Mitarbeiter", "7,Ann,Lee,a@example.com,,x@example.net"},
		{"Prénom;Nom;Adresse e-mail;Responsable e-mail", "Ann;Lee;a@example.com;x@example.net"},
		{"Nombre;Apellidos;Correo electrónico;Correo del propietario", "Ann;Lee;a@example.com;x@example.net"},
		{"Nome completo;Endereço de e-mail;E-mail do gestor", "Ann Lee;a@example.com;x@example.net"},
		{"Nome e cognome;Indirizzo e-mail;E-mail secondaria", "Ann Lee;a@example.com;"},
		{"Volledige naam;E-mailadres", "Ann Lee;a@example.com"},
		{"Förnamn;Efternamn;E-postadress", "Ann;Lee;a@example.com"},
		{"Imię i nazwisko;Adres e-mail", "Ann Lee;a@example.com"},
		{"Ad Soyad;E-posta adresi", "Ann Lee;a@example.com"},
		{"ФИО;Электронная почта", "Ann Lee;a@example.com"},
		{"氏名,メールアドレス", "Ann Lee,a@example.com"},
		{"\ufeffFULL_NAME ,E-Mail\u00a0Address\u200b", "Ann Lee,a@example.com"},
		{"full.name,EMAIL (work)", "Ann Lee,a@example.com"},
	} {
		t.Run(c.header, func(t *testing.T) {
			_, rows, err := readAll(t, writeFile(t, "export.csv", c.header+"\n"+c.row+"\n"), Options{})
			if err != nil {
				t.Fatal(refused(err))
			}
			if diff := cmp.Diff([]string{"2 a@example.com Ann Lee"}, tellAll(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The samples as a whole: who is in them, and what is wrong with them.
func TestSamples(t *testing.T) {
	want := map[string]string{
		"zendesk-customers.csv":      "zendesk, UTF-8, comma: 20 rows, 20 valid, 1 duplicates, 0 skipped; ",
		"zendesk-users.csv":          "zendesk, UTF-8, comma: 42 rows, 39 valid, 2 duplicates, 0 skipped; no_address malformed_address may_be_unwanted",
		"freshdesk-contacts.csv":     "freshdesk, UTF-8, comma: 24 rows, 21 valid, 1 duplicates, 0 skipped; several_addresses no_address malformed_address",
		"osticket-users.csv":         "osticket, UTF-8, semicolon: 25 rows, 23 valid, 1 duplicates, 0 skipped; quotes_repaired guarded_cell no_address malformed_address",
		"hubspot-contacts.csv":       "hubspot, UTF-8, comma: 24 rows, 22 valid, 1 duplicates, 0 skipped; no_name no_address malformed_address",
		"entra-users.csv":            "entra, UTF-8, comma: 22 rows, 18 valid, 0 duplicates, 0 skipped; no_address malformed_address may_be_unwanted",
		"salesforce-report.csv":      "salesforce-report, UTF-8, comma: 22 rows, 21 valid, 1 duplicates, 6 skipped; footer no_address",
		"servicenow-sys_user.csv":    "servicenow, windows-1252, comma: 22 rows, 21 valid, 0 duplicates, 0 skipped; not_utf8 no_address may_be_unwanted may_be_unwanted",
		"google-workspace-users.csv": "google-workspace, UTF-8, comma: 20 rows, 20 valid, 0 duplicates, 0 skipped; may_be_unwanted",
		"intercom-users.csv":         "intercom, UTF-8, comma: 23 rows, 20 valid, 1 duplicates, 0 skipped; no_name no_address",
		"jira-dc-users.csv":          "jira-dc, UTF-8, comma: 21 rows, 20 valid, 0 duplicates, 0 skipped; wrapped_address several_addresses no_address may_be_unwanted",
	}
	got := map[string]string{}
	paths, err := filepath.Glob("../../samples/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if made := regexp.MustCompile(`\.(results|failed.*|leavers)\.csv$`); made.MatchString(path) {
			continue // by somebody who tried the README out
		}
		s, rows, err := readAll(t, path, Options{})
		if err != nil {
			t.Errorf("%s: %s", path, refused(err))
			continue
		}
		if s.Repeat != nil {
			t.Errorf("%s: the header alone shows the columns, and a command names them: %q", path, s.Repeat)
		}
		var kinds []string
		for _, p := range s.Problems {
			kinds = append(kinds, p.Kind)
		}
		got[filepath.Base(path)] = fmt.Sprintf("%s, %s, %s: %d rows, %d valid, %d duplicates, %d skipped; %s", s.Preset, s.Encoding, s.Dialect,
			s.Rows, s.Valid, s.Duplicates, s.Skipped, strings.Join(kinds, " "))
		for _, r := range rows {
			if strings.Contains(r.Email, "helpdesk.example.com") && filepath.Base(path) == "hubspot-contacts.csv" {
				t.Errorf("an owner's address was taken in line %d", r.Place.Line)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}
