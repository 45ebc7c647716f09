package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file of rows to mend holds what was wrong: that it is still wrong says
// nothing of its columns.
func TestOwnFilesAreNotConfirmedByContent(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"one row":               {"name,email,jsm_reason,jsm_line\nAnn,ann at example.com,x,7\n", []string{"2 !malformed_address"}},
		"one row of a preset":   {"group_name,username,full_name,email,jsm_reason,jsm_line\nx,ann,Ann,ann at example.com,x,7\n", []string{"2 !malformed_address"}},
		"login instead":         {"DistinguishedName,Name,UserPrincipalName,jsm_reason,jsm_line\nCN=ann,Ann,ann,x,7\n", []string{"2 !malformed_address"}},
		"results":               {"name,email,jsm_status,jsm_account_id,jsm_reason,jsm_line\nAnn,ann at example.com,invalid,,x,7\nBob,,invalid,,x,8\n", []string{"2 !malformed_address", "3 !no_address"}},
		"the row is shifted":    {"name,email,company,,jsm_reason\nLee, Ann,ann@example.com,ACME,x\n", []string{"2 !malformed_address"}},
		"as many as there were": {"name,email,billing,jsm_reason\nAnn,ann at example.com,,x\nBob,bob,,x\nCy,cy@example.com,money@example.com,x\n", []string{"2 !malformed_address", "3 !malformed_address", "4 cy@example.com Cy"}},
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
		"no column holds a name: the address is used as the name", "name it with --column name=N (a number)",
		"row with fewer cells than the first row; what is missing was read as empty", "",
		"row with more cells than the first row", "is there a delimiter in a cell that is not quoted?",
		"the row is shorter than the first row",
		"the row has 4 cells and the first row 3: is there a delimiter in a cell that is not quoted?",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	_, _, err = readAll(t, writeFile(t, "x.csv", "x,y\nx,z\n"), Options{NoHeader: true})
	if want := "0 no column holds addresses [name the column that holds them: --column email=N (its number)]"; refused(err) != want {
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
	if diff := cmp.Diff([]string{"2 b@example.com José", "3 c@example.com Micha³", "4 !name_quote"}, tellAll(rows)); diff != "" {
		t.Error(diff)
	}
}
