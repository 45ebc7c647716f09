package export

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

// A file of rows to mend holds what was wrong: that it is still wrong says
// nothing of its columns.
func TestOwnFilesAreNotConfirmedByContent(t *testing.T) {
	companies := "Acme,info@acme.example,x\nBlau,info@blau.example,x\nCobalt,info@cobalt.example,x\nDelta,info@delta.example,x\nEagle,info@eagle.example,x\n"
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"one row":               {"name,email,jsm_reason,jsm_line\nAnn,ann at example.com,x,7\n", []string{"2 !malformed_address"}},
		"one row of a preset":   {"group_name,username,full_name,email,jsm_reason,jsm_line\nx,ann,Ann,ann at example.com,x,7\n", []string{"2 !malformed_address"}},
		"results":               {"name,email,jsm_status,jsm_account_id,jsm_reason,jsm_line\nAnn,ann at example.com,invalid,,x,7\nBob,,invalid,,x,8\n", []string{"2 !malformed_address", "3 !no_address"}},
		"the row is shifted":    {"name,email,company,,jsm_reason\nLee, Ann,ann@example.com,ACME,x\n", []string{"2 !malformed_address +ann@example.com"}},
		"as many as there were": {"name,email,billing,jsm_reason\nAnn,ann at example.com,,x\nBob,bob,,x\nCy,cy@example.com,money@example.com,x\n", []string{"2 !malformed_address", "3 !malformed_address", "4 cy@example.com Cy +money@example.com"}},
		"companies":             {"Name,Email,jsm_reason\n" + companies, []string{"2 info@acme.example Acme", "3 info@blau.example Blau", "4 info@cobalt.example Cobalt", "5 info@delta.example Delta", "6 info@eagle.example Eagle"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, err := readAll(t, writeFile(t, "x.failed.csv", c.file), Options{})
			if err != nil {
				t.Fatal(refused(err))
			}
			if diff := cmp.Diff(c.want, tellAll(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, _, err := readAll(t, writeFile(t, "x.failed.csv", "Umthengi,Email,jsm_reason\nAnn Lee,ann@example.lt,x\n"), Options{})
	if got := refused(err); !strings.Contains(got, "name=Umthengi") {
		t.Errorf("names that no header shows: %q", got)
	}
	many := "name,email,jsm_reason,jsm_line\n" + strings.Repeat("Ann,ann at example.com,x,7\n", 300)
	if s, _, err := readAll(t, writeFile(t, "x.failed.csv", many), Options{}); err != nil || s.Invalid != 300 {
		t.Error(refused(err))
	}
}

// The header is written with guards, and as it stood: in a file of our own they
// come off, in any other they are part of it.
func TestHeaderComesBackAsItStood(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"own":              {"email,'=x,'+1,'-a,'@home,'＝b,'\u2003=c,''@d,'e',jsm_reason\na@example.com,,,,,,,,,\n", []string{"email", "=x", "+1", "-a", "@home", "＝b", "\u2003=c", "'@d", "'e'"}},
		"another":          {"email,'=x,'+1\na@example.com,,\n", []string{"email", "'=x", "'+1"}},
		"blanks around":    {" email ,name\u00a0,x\na@example.com,,\n", []string{" email ", "name\u00a0", "x"}},
		"our column alone": {"'email,' Jsm_Reason,'=x\na@example.com,,\n", []string{"'email", "' Jsm_Reason", "'=x"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, err := readAll(t, writeFile(t, "x.csv", c.file), Options{})
			if err != nil {
				t.Fatal(refused(err))
			}
			if diff := cmp.Diff(c.want, s.Header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Columns are called what they were called in the original.
func TestOwnColumnsKeepTheirNames(t *testing.T) {
	file := "'@home,'+name,'-state,jsm_reason\na@example.com,Ann,on,x\nb@example.com,Bob,off,x\n"
	o := Options{Columns: map[Field]string{Email: "@home", Name: "+name"}, Exclude: []Match{{"-state", "off"}}}
	_, rows, err := readAll(t, writeFile(t, "x.failed.csv", file), o)
	if err != nil {
		t.Fatal(refused(err))
	}
	if diff := cmp.Diff([]string{"2 a@example.com Ann", "3 -"}, tellAll(rows)); diff != "" {
		t.Error(diff)
	}
}

// Without a header, nothing speaks of one.
func TestWithoutAHeaderColumnsHaveNumbers(t *testing.T) {
	s, rows, err := readAll(t, writeFile(t, "x.csv", "a@example.com,1,2\nb@example.com,1\nc@example.com,1,2,3\nd@example.com,1,2\ne@example.com,1,2\n"), Options{NoHeader: true})
	if err != nil {
		t.Fatal(refused(err))
	}
	var told []string
	for _, p := range s.Problems {
		told = append(told, p.Text, p.Hint)
	}
	told = append(told, rows[1].Note, rows[2].Invalid)
	want := []string{
		"no column holds a name: the address is used as the name", "name it with --column name=COLUMN",
		"row with fewer cells than there are columns; what is missing was read as empty", "",
		"row with more cells than there should be", "put quotes around a cell that contains the delimiter (such as a comma)",
		"row with fewer cells than there are columns; what is missing was read as empty",
		"row with more cells than there should be: put quotes around a cell that contains the delimiter (such as a comma)" + "; " + uncorrected.Hint,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	_, rows, err = readAll(t, writeFile(t, "x.csv", "Name,Email\n1,2\nAnn,a@example.com\n"),
		Options{NoHeader: true, NoNames: true, Columns: map[Field]string{Email: "2"}})
	if diff := cmp.Diff([]string{"1 !malformed_address", "2 !malformed_address", "3 a@example.com a@example.com"}, tellAll(rows)); diff != "" {
		t.Errorf("%s: %s", refused(err), diff)
	}
	_, _, err = readAll(t, writeFile(t, "x.csv", "x,y\nx,z\n"), Options{NoHeader: true})
	if want := "0 no column of the people's addresses was found [name the column that holds them: --column email=COLUMN]"; refused(err) != want {
		t.Errorf("refused with %q, want %q", refused(err), want)
	}
}

// What was wrong is wrong still when it comes back as it was, although it is
// UTF-8 and cleanly quoted by then.
func TestOwnFilesSentAgainUnmended(t *testing.T) {
	file := "email,name,jsm_reason\nb@example.com,José,\"the name \"\"JosŽ\"\" was read in the wrong encoding: say --encoding\"\nc@example.com,Micha³,429 Too Many Requests\nd@example.com,\"\"\"Di\",a quote opens a cell\n"
	_, rows, err := readAll(t, writeFile(t, "x.failed.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	if diff := cmp.Diff([]string{"2 b@example.com José", "3 !name_lost_letters", "4 !not_a_name"}, tellAll(rows)); diff != "" {
		t.Error(diff)
	}
}

// The command that is printed for the failed file reads it as it was written,
// whatever the settings say.
func TestFailedFilesAreReadAsTheyWereWritten(t *testing.T) {
	for name, c := range map[string]struct {
		original, failed string
		options          Options
		want             string
	}{
		"encoding, with a mark": {"name,email\nJos\xe9,a@example.com\n", "\ufeff\"name\",\"email\",\"jsm_reason\"\r\n\"José\",\"a@example.com\",\"x\"\r\n", Options{Encoding: "windows-1252"}, "a@example.com=José"},
		"encoding, without":     {"name,email\nJos\xe9,a@example.com\n", "name,email,jsm_reason\nJosé,a@example.com,x\n", Options{Encoding: "windows-1252"}, "a@example.com=José"},
		"encoding, saved in it": {"name,email\nMicha\xb3,x1@example.com\n", "name,email,jsm_reason\nMicha\xb3,x1@example.com,x\n", Options{Encoding: "windows-1250"}, "x1@example.com=Michał"},
		"delimiter":             {"name|email\nAnn Lee|a@example.com\n", "\ufeffname,email,jsm_reason\nAnn Lee,a@example.com,x\n", Options{Delimiter: "|"}, "a@example.com=Ann Lee"},
		"semicolon":             {"name;email\nAnn Lee;a@example.com\n", "\ufeff\"name\";\"email\";\"jsm_reason\"\n\"Ann, Lee\";a@example.com;x\n", Options{}, "a@example.com=Ann, Lee"},
		"no header":             {"1,a@example.com\n2,b@example.com\n", "\ufeff\"1\",\"2\",\"jsm_reason\"\n\"1\",\"a@example.com\",\"x\"\n", Options{NoHeader: true}, "a@example.com=a@example.com"},
		"columns by the cells": {"Name,First Name,Last Name,Email\nAcme,Ann,Lee,ann.lee@example.com\nBlau,Bo,Berg,bo.berg@example.com\n", "\ufeffName,First Name,Last Name,Email,jsm_reason\nAcme,Cy,Dahl,x1@example.com,x\n",
			Options{}, "x1@example.com=Cy Dahl"},
		"filters": {"name,email,s\nAnn Lee,a@example.com,on\n", "name,email,s,jsm_reason\nAnn Lee,a@example.com,on,x\n", Options{Include: []Match{{"s", "on"}}}, "a@example.com=Ann Lee"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, err := readAll(t, writeFile(t, "x.csv", c.original), c.options)
			if err != nil {
				t.Fatal(refused(err))
			}
			again := c.options
			again.Include = nil // failed rows have passed it
			again.Columns, again.NoNames = columnsOf(t, s.Repeat)
			_, rows, err := readAll(t, writeFile(t, "x.failed.csv", c.failed), again)
			if err != nil {
				t.Fatal(s.Repeat, refused(err))
			}
			if got := peopleOf(rows); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A failed file that a spreadsheet has saved in its own encoding is read where the names are the same in all that fit, or
// their addresses tell; else it is refused, and the hint names what to do. What the encoding has not is lost for good.
func TestFailedFilesThatASpreadsheetSaved(t *testing.T) {
	for name, c := range map[string]exported{
		"letters that all share":        {in: charmap.Windows1252, file: "Jörg Bäcker;x1@a.example;x;2\n", people: "x1@a.example=Jörg Bäcker"},
		"letters that they do not":      {in: charmap.Windows1252, file: "Hélène Brun;x1@a.example;x;2\n", refused: "[save it again as CSV UTF-8; or use the one in which the letters are right"},
		"and the addresses tell":        {in: charmap.Windows1252, file: "Hélène Brun;helene.brun@a.example;x;2\n", people: "helene.brun@a.example=Hélène Brun"},
		"of another spreadsheet":        {in: charmap.Windows1250, file: "Jiří Řezník;jiri.reznik@a.example;x;2\n", people: "jiri.reznik@a.example=Jiří Řezník"},
		"and the addresses do not tell": {in: charmap.Windows1250, file: "Jiří Řezník;x1@a.example;x;2\n", refused: "windows-1250 in Central Europe): --encoding windows-1252 or --encoding windows-1250"},
		"a letter that it has not":      {in: charmap.Windows1252, file: "Jörg Bäcker;x1@a.example;x;2\n?ukasz Zak;lukasz.zak@a.example;x;3\n", people: "x1@a.example=Jörg Bäcker|!"},
	} {
		c.file = "Name;Email;jsm_reason;jsm_row\n" + c.file
		t.Run(name, c.run)
	}
}

// columnsOf reads the flags of Repeat.
func columnsOf(t *testing.T, flags []string) (columns map[Field]string, noNames bool) {
	columns = map[Field]string{}
	for i := 0; i < len(flags); i += 2 {
		name, value, _ := strings.Cut(flags[i+1], "=")
		f, err := ParseField(name)
		if err != nil || flags[i] != "--column" {
			t.Fatal(flags, err)
		}
		if flags[i+1] == "name=none" {
			noNames = true
		} else {
			columns[f] = value
		}
	}
	return columns, noNames
}

func TestExternalIDsThatASpreadsheetShortened(t *testing.T) {
	for ids, used := range map[string]bool{
		"3.8E+10 3.8E+10 3.8E+10": false, "1 2 1.23457E+11": false, "1 2 1,23457E+11": false, "7 7 7": false,
		"7 7 8": true, "1 2 E+3": true, "1 2 3E4": true,
	} {
		id := strings.Fields(ids)
		file := fmt.Sprintf("name,email,external_id\nann,ann@example.com,\"%s\"\nbo,bo@example.com,\"%s\"\ncy,cy@example.com,\"%s\"\n",
			id[0], id[1], id[2])
		s, rows, err := readAll(t, writeFile(t, "x.csv", file), Options{})
		switch {
		case err != nil:
			t.Fatal(refused(err))
		case used && (s.ExternalIDsUnused != "" || rows[2].ExternalID != id[2]),
			!used && (s.ExternalIDsUnused == "" || rows[0].ExternalID != "" || s.Examples[0].ExternalID != "" || repairedKinds(s)[0] != "external_ids_unused×1"):
			t.Errorf("%s: %q %+v %v", ids, s.ExternalIDsUnused, rows[0], repairedKinds(s))
		}
	}
}

func TestAccountsAreNeverPassedOver(t *testing.T) {
	for name, file := range map[string]string{
		"a name like a total": "name,account_id\nAnn Lee,qm:1\nTotal Wine,qm:2\n",
		"a short last row":    "account_id,name,note\nqm:1,Ann,x\nqm:2\n",
		"a name alone":        "name,account_id,note\nAnn Lee,qm:1,x\nBo Berg\n",
		"cut off":             "account_id,name,note\nqm:1,Ann,x\nqm:2",
	} {
		_, rows, err := readAll(t, writeFile(t, "x.csv", file), Options{NeedAccounts: true})
		if err != nil || len(rows) != 2 || rows[1].AccountID != "qm:2" && rows[1].Invalid == "" {
			t.Errorf("%s: %v %d", name, err, len(rows))
		}
	}
}

// What is said of a row that is sent, and of others nothing but why they are not.
func TestNotes(t *testing.T) {
	file := "name,email\nAnn Lee,a@example.com;a2@example.com\n,<b@example.com>\nM?ller,c@example.com;c2@example.com\nCy Dahl,n/a\n"
	_, rows, err := readAll(t, writeFile(t, "x.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	var notes []string
	for _, r := range rows {
		notes = append(notes, r.Note)
	}
	want := []string{"further addresses in the row, not used for it: a2@example.com",
		"address with something around (Name <address>, mailto:, ' or =\"\"), taken off; row without a name: the address is used as the name", "", ""}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
	if rows[0].Own != nil || rows[3].Name != "Cy Dahl" {
		t.Errorf("columns of ours in a file of others: %v; who has no address: %q", rows[0].Own, rows[3].Name)
	}
}

// A column of addresses that the user names is no column of ids, whatever its header.
func TestAddressesAreNoIDs(t *testing.T) {
	_, rows, err := readAll(t, writeFile(t, "x.csv", "User ID,Name\nann@example.com,Ann Lee\n"), told("email", "User ID"))
	if err != nil || rows[0].ExternalID != "" || rows[0].Email != "ann@example.com" {
		t.Errorf("%v %+v", refused(err), rows)
	}
}

// A sum below the accounts, as databases write it, is no account.
func TestASumIsNoAccount(t *testing.T) {
	_, rows, err := readAll(t, writeFile(t, "x.csv", "account_id,name\nqm:1,Ann\nTotal: 1\n"), Options{NeedAccounts: true})
	if err != nil || len(rows) != 1 {
		t.Errorf("%v %v", err, tellAll(rows))
	}
	if _, _, err = readAll(t, writeFile(t, "x.csv", "name,phone\nAnn,1\n"), Options{NeedAccounts: true}); !strings.Contains(refused(err), "no column of") {
		t.Errorf("neither accounts nor addresses: %v", err)
	}
	_, rows, err = readAll(t, writeFile(t, "x.csv", "account_id,name\nqm:1,Lee,Ann\n"), Options{NeedAccounts: true})
	if err != nil || rows[0].Invalid != kindOf("long_row").reason() {
		t.Errorf("%v %v: a revocation has no cell to empty", err, rows)
	}
}

func TestRowsAreNamedAsASpreadsheetNumbersThem(t *testing.T) {
	_, rows, err := readAll(t, writeFile(t, "x.csv", "email,notes,name\na@example.com,\"x\ny\",Ann\n\nb@example.com,,Bo\n"), Options{})
	if err != nil || rows[0].Place.String() != "row 2" || rows[1].Place.String() != "row 4 (line 5)" {
		t.Errorf("%v %v", err, rows)
	}
}

func TestOrganizations(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"there":     {"name,email,company\nAnn Lee,a@example.com,Acme\n", ""},
		"not there": {"name,email,phone\nAnn Lee,a@example.com,1\n", "no column that was found holds names of organizations"},
		"nobody's":  {"name,email,company\nAnn Lee,a@example.com,\n", ""},
		"a name":    {"Firma / Nachname,Vorname,email\nLee,Ann,ann.lee@example.com\nBerg,Bo,bo.berg@example.com\n", "no column that was found holds names of organizations"},
		"numbers":   {"name,email,account\nAnn Lee,a@example.com,17\nBo Berg,b@example.com,18\n", "holds names of organizations"},
	} {
		_, _, err := readAll(t, writeFile(t, "x.csv", c.file), Options{Organizations: true})
		if got := refused(err); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	o := told("organization", "account")
	o.Organizations = true
	if _, rows, err := readAll(t, writeFile(t, "x.csv", "name,email,account\nAnn Lee,a@example.com,17\n"), o); err != nil || rows[0].Organization != "17" {
		t.Errorf("numbers, told: %v %+v", refused(err), rows)
	}
	for _, none := range []string{"N/A", "n/a", "-", "null", "(none)", "#N/A"} {
		file := writeFile(t, "x.csv", "name,email,company\nAnn Lee,a@example.com,Acme\nCy Fox,c@example.com,Beta\nBo Berg,b@example.com,"+none+"\n")
		_, rows, err := readAll(t, file, Options{Organizations: true})
		if err != nil || len(rows) != 3 || rows[0].Organization != "Acme" || rows[2].Organization+rows[2].InvalidOrganization != "" {
			t.Errorf("%q: %v %+v", none, err, rows)
		}
	}
	for _, broken := range []string{"=1+Acme", "M?ller AG", "MÃ¼ller AG"} {
		file := writeFile(t, "x.csv", "name,email,company\nAnn Lee,a@example.com,Acme\nBo Berg,b@example.com,"+broken+"\n")
		_, rows, err := readAll(t, file, Options{Organizations: true})
		if err != nil || rows[0].InvalidOrganization != "" || !strings.Contains(rows[1].InvalidOrganization, "a formula or has lost letters") {
			t.Errorf("%q: %v %+v", broken, err, rows)
		}
	}
	_, rows, err := readAll(t, writeFile(t, "x.csv", "name,email,company\nAnn Lee,a@example.com,"+strings.Repeat("x", 201)+"\n"), Options{Organizations: true})
	if err != nil || rows[0].InvalidOrganization == "" || rows[0].Invalid != "" {
		t.Errorf("%v %+v", err, rows)
	}
}

// A row whose form was wrong is wrong until its reason is emptied.
func TestReasonsStandUntilTheyAreEmptied(t *testing.T) {
	reason := kindOf("long_row").reason()
	file := "email,name,jsm_reason\na@example.com,Lee,\"" + reason + "; " + uncorrected.Hint + "\"\nb@example.com,Bo,\"" + reason +
		"\"\nc@example.com,Cy,\"another reason" + "; " + uncorrected.Hint + "\"\nd@example.com,Di,\n"
	_, rows, err := readAll(t, writeFile(t, "x.failed.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	want := []string{"2 !uncorrected (no address) +a@example.com", "3 b@example.com Bo", "4 !uncorrected (no address) +c@example.com", "5 d@example.com Di"}
	if diff := cmp.Diff(want, tellAll(rows)); diff != "" {
		t.Error(diff)
	}

	// The cells of a row with other letters are in place: to save it as UTF-8 is enough.
	_, rows, err = readAll(t, writeFile(t, "y.csv", "name,email\nAnn Lee,a@example.com\nJürgen,b@example.com\nJ\xfcrgen,c@example.com\n"), Options{})
	if err != nil || len(rows) != 3 || !strings.HasSuffix(rows[2].Invalid, kindOf("row_not_utf8").Hint) {
		t.Errorf("%v %v", err, tellAll(rows))
	}
}

// A reason stands in the failed file, which a spreadsheet may save in any encoding.
func TestReasonsOfBrokenLettersAreASCII(t *testing.T) {
	_, rows, err := readAll(t, writeFile(t, "x.csv", "name,email\nJosÃ© Lee,jose@example.com\nAnn,ann@example.com\nM?ller,m@example.com\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if why := rows[0].Invalid; why == "" || !isASCII(why) {
		t.Errorf("%q", why)
	}
	if why := rows[2].Invalid; !strings.Contains(why, "M?ller") {
		t.Errorf("%q", why)
	}
}
