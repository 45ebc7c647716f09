package export

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilters(t *testing.T) {
	file := "email,name,Status [READ ONLY],role\na@example.com,Ann,Active,x\nb@example.com,Bob,SUSPENDED,x\nc@example.com,Cy,,y\nnobody,Di,suspended,x\ne@example.com,\"Ed\n"
	for _, c := range []struct {
		name             string
		include, exclude []Match
		want             []string
		reason           string
	}{
		{"exclude", nil, []Match{{"status", "suspended"}}, []string{"2 a@example.com Ann", "3 -", "4 c@example.com Cy", "5 -", "6 !quotes_unclear (no address) +e@example.com"}, `"SUSPENDED" in column status is left out by --exclude`},
		{"exclude blanks", nil, []Match{{"Status [READ ONLY]", ""}}, []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 -", "5 !malformed_address", "6 !quotes_unclear (no address) +e@example.com"}, `"" in column Status [READ ONLY] is left out by --exclude`},
		{"include", []Match{{"STATUS", "active"}}, nil, []string{"2 a@example.com Ann", "3 -", "4 -", "5 -", "6 !quotes_unclear (no address) +e@example.com"}, `"SUSPENDED" in column STATUS is left out by --include`},
		{"include any of a column", []Match{{"status", "active"}, {"status", "suspended"}}, []Match{{"name", "Di"}}, []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 -", "5 -", "6 !quotes_unclear (no address) +e@example.com"}, `"" in column status is left out by --include`},
		{"include of each column", []Match{{"status", "suspended"}, {"role", "x"}}, nil, []string{"2 -", "3 b@example.com Bob", "4 -", "5 !malformed_address", "6 !quotes_unclear (no address) +e@example.com"}, `"Active" in column status is left out by --include`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, rows, err := readAll(t, writeFile(t, "export.csv", file), Options{Include: c.include, Exclude: c.exclude})
			if err != nil {
				t.Fatal(refused(err))
			}
			if diff := cmp.Diff(c.want, tellAll(rows)); diff != "" {
				t.Error(diff)
			}
			if i := slices.IndexFunc(rows, func(r *Row) bool { return r.Excluded != "" }); rows[i].Excluded != c.reason {
				t.Errorf("excluded because %q, want %q", rows[i].Excluded, c.reason)
			}
			if !s.Contains("b@example.com") || !s.Contains("e@example.com") || s.Contains("x@example.com") {
				t.Error("excluded and broken rows must count as being there")
			}
		})
	}
	broken := "email,name,Status\na@example.com,Ann,on\nb@example.com,\"Bo,on\n"
	_, _, err := readAll(t, writeFile(t, "x.csv", broken), Options{Include: []Match{{"Status", "active"}}})
	if !strings.Contains(refused(err), "no row is left: 1 row is left out by --include") {
		t.Errorf("rows that are left out, and broken ones, give %v", err)
	}
	_, _, err = readAll(t, writeFile(t, "export.csv", file), Options{Exclude: []Match{{"state", "x"}}})
	if !strings.Contains(refused(err), `no column is named "state"`) {
		t.Errorf("an unknown column gives %v", err)
	}
	twins := writeFile(t, "twins.csv", "name,email,Status,Status\nAnn,a@example.com,active,inactive\nBob,b@example.com,inactive,active\n")
	_, _, err = readAll(t, twins, Options{Exclude: []Match{{"Status", "inactive"}}})
	if !strings.Contains(refused(err), `two columns are named "Status"`) {
		t.Errorf("two such columns give %v", err)
	}
}

func TestDuplicates(t *testing.T) {
	s, rows, err := readAll(t, writeFile(t, "export.csv", ab+"a@example.com,Ann\nb@example.com,Bob\nA@example.com,Ann\na@example.com,Anna\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 A@example.com Ann =2", "5 a@example.com Anna =2"}
	if diff := cmp.Diff(want, tellAll(rows)); diff != "" || s.Duplicates != 2 || s.keys.otherNames != 1 || s.Valid != 4 {
		t.Errorf("%d of %d duplicates, %d of another name: %s", s.Duplicates, s.Valid, s.keys.otherNames, diff)
	}
	if rows[2].DuplicateName || !rows[3].DuplicateName || rows[0].DuplicateOf.Row != 0 {
		t.Error("names of duplicates")
	}
}

// A shared address in more than three rows, and one row of twenty, shows that it is not the customers'.
func TestSharedAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		shared, others int
		options        Options
		refused        string
	}{
		"all rows":               {shared: 30, refused: "29 rows of 30 have the address of an earlier row"},
		"three more of one":      {shared: 4},
		"four more of a hundred": {shared: 5, others: 100},
		"told":                   {shared: 30, options: told("email", "Email")},
		"of accounts":            {shared: 30, options: Options{NeedAccounts: true}},
		"in a file of ours":      {shared: 30},
	} {
		file := "Name,Email,City\n"
		if name == "in a file of ours" {
			file = "Name,Email,jsm_reason\n"
		}
		address := "kiosk@example.com"
		if c.options.NeedAccounts {
			file, address = "Name,Account ID,City\n", "qm:1"
		}
		for i := range c.shared {
			file += fmt.Sprintf("Ox%c Ny%c,%s,Ulm\n", 'a'+i%26, 'a'+i/26, address)
		}
		t.Run(name, func(t *testing.T) {
			s, _ := readOrRefuse(t, file+colleagues(c.others), c.options, c.refused)
			if c.refused == "" && s.Valid != c.shared+c.others {
				t.Errorf("%d rows are valid", s.Valid)
			}
		})
	}
}

// The sample in which columns are looked at is small, however long the rows are.
func TestSampleIsSmall(t *testing.T) {
	for size, want := range map[int]int{100 << 10: 3, 1: 2000} {
		row := "a@example.com,Ann," + strings.Repeat("x", size) + "\n"
		s, _, err := readAll(t, writeFile(t, "x.csv", "email,name,notes\n"+strings.Repeat(row, want+7)), Options{})
		if err != nil || len(s.sample) != want {
			t.Errorf("%v, %d rows", err, len(s.sample))
		}
	}
}

func TestAdvice(t *testing.T) {
	s, _, err := readAll(t, writeFile(t, "export.csv", "email,name,Suspended,role\na@example.com,Ann,TRUE,end-user\nb@example.com,Bob,FALSE,Agent\nc@example.com,Cy,true,agent\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Problem{
		{"may_be_unwanted", Advised, 2, []Place{at(3), at(4)}, "people marked as agent (role=agent)", "leave them out with --exclude role=agent"},
		{"may_be_unwanted", Advised, 2, []Place{at(2), at(4)}, "people marked as suspended (Suspended=true)", "leave them out with --exclude Suspended=true"},
	}
	if diff := cmp.Diff(want, s.Problems); diff != "" || s.Valid != 3 {
		t.Errorf("%d valid: %s", s.Valid, diff)
	}
}

// What check shows: three people, more where their letters show whether the encoding is right, and the lines around.
func TestExamples(t *testing.T) {
	for text, want := range map[string]int{"José": 3, "Jos\xe9": 6} {
		file := "Customers\n\nname,email\n"
		for i := range 7 {
			file += fmt.Sprintf("%s B%cr,a%d@example.com\n", text, 'a'+i, i)
		}
		s, _, err := readAll(t, writeFile(t, "x.csv", file+"\nMade by Ann\n"), Options{})
		if err != nil {
			t.Fatal(refused(err))
		}
		if len(s.Examples) != want || len(s.Around) != 2 || s.Around[0].Cells[0] != "Customers" || s.Around[1].Cells[0] != "Made by Ann" {
			t.Errorf("%d examples of %s, want %d; %d lines around", len(s.Examples), s.Encoding, want, len(s.Around))
		}
	}
}

func TestOwnFilesAreReadBack(t *testing.T) {
	file := "\ufeff\"jsm_line\",\"email\",\"name\",\"jsm_account_id\",\"jsm_reason\"\r\n\"2\",\"a@example.com\",\"'=Ann\",\"qm:1\",\"'-x\"\r\n\"3\",\"\",\"Bob\",\"qm:2\",\"\"\r\n"
	s, rows, err := readAll(t, writeFile(t, "x.failed.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	if diff := cmp.Diff([]string{"email", "name"}, s.Header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a@example.com", "=Ann"}, rows[0].Cells); diff != "" || rows[0].Name != "=Ann" || rows[0].Own["jsm_reason"] != "-x" || rows[0].AccountID != "" {
		t.Errorf("%+v %s", rows[0], diff)
	}
	list := strings.NewReplacer(`"jsm_line"`, `"jsm_action"`, `"2"`, `"revoke"`, `"name"`, `"last_seen"`, "email", "jsm_run_id").Replace(file)
	s, rows, err = readAll(t, writeFile(t, "x.leavers.csv", list), Options{NeedAccounts: true})
	if err != nil {
		t.Fatal(refused(err))
	}
	cells := []string{"revoke", "a@example.com", "=Ann"}
	if diff := cmp.Diff([]string{"jsm_action", "jsm_run_id", "last_seen"}, s.Header) + cmp.Diff(cells, rows[0].Cells); diff != "" || rows[0].Own["jsm_action"] != "revoke" {
		t.Errorf("what results do not replace: %+v %s", rows[0].Own, diff)
	}
	s, rows, err = readAll(t, writeFile(t, "x.leavers.csv", file), Options{NeedAccounts: true})
	if err != nil {
		t.Fatal(refused(err))
	}
	if rows[0].AccountID != "qm:1" || rows[1].AccountID != "qm:2" || rows[1].Invalid != "" || s.Valid != 2 {
		t.Errorf("%v %v", rows[0], rows[1])
	}
}

func TestAccountsAlone(t *testing.T) {
	_, rows, err := readAll(t, writeFile(t, "x.csv", "accountId,name\nqm:1,M?ller\n,Bob\nqm:1,Cy\n"), Options{NeedAccounts: true})
	if err != nil {
		t.Fatal(refused(err))
	}
	if rows[0].AccountID != "qm:1" || rows[0].Invalid != "" || rows[1].Invalid != "neither an account id nor an address" || rows[2].DuplicateOf.Row != 2 {
		t.Error(tellAll(rows))
	}
}

// Cells are what the results file is written with.
func TestCellsStayAsTheyAre(t *testing.T) {
	file := "email,name,notes,phone\na@example.com, Ann ,\"x\r\n\"\"y\"\"\",'+49\nb@example.com,Bob\nc@example.com,Cy,1,2,,\nd@example.com,Di,1,2,3\n"
	s, rows, err := readAll(t, writeFile(t, "x.csv", file), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	want := [][]string{
		{"a@example.com", " Ann ", "x\r\n\"y\"", "+49"}, {"b@example.com", "Bob"}, {"c@example.com", "Cy", "1", "2"}, {"d@example.com", "Di", "1", "2", "3"},
	}
	for i, r := range rows {
		if diff := cmp.Diff(want[i], r.Cells); diff != "" {
			t.Error(diff)
		}
	}
	if s.Width != 5 || rows[0].Name != "Ann" {
		t.Errorf("width %d, name %q", s.Width, rows[0].Name)
	}
}

// Files larger than any buffer, with records across their borders.
func TestRecordsAcrossBuffers(t *testing.T) {
	var text strings.Builder
	text.WriteString("email,notes,name\r\n")
	line := 2
	var want []string
	for i := range 9000 {
		want = append(want, fmt.Sprintf("%d p%d@example.com Person %d", line, i, i))
		fmt.Fprintf(&text, "p%d@example.com,\"%s\r\n\"\"q\"\",\",Person %d\r\n", i, strings.Repeat("é", i%97), i)
		line += 2
	}
	_, rows, err := readAll(t, writeFile(t, "x.csv", text.String()), Options{})
	if err != nil {
		t.Fatal(refused(err))
	}
	if diff := cmp.Diff(want, tellAll(rows)); diff != "" {
		t.Error(diff)
	}
}
