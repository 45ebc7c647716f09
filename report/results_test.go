package report

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

func TestResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.results.csv")
	r, err := NewResults(path, []string{"Email", "", "Name"}, 4)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := []importer.Outcome{
		{Row: &export.Row{Number: 1, Line: 2, Cells: []string{"ada@example.com", "", "Ada \"Al\" Byron"}}, Status: importer.Created, AccountID: "qm:1", HTTPStatus: 201, Attempts: 1},
		{Row: &export.Row{Number: 2, Line: 3, Cells: []string{"=cmd", "x\r\ny", "'=1", "surplus"}}, Status: importer.Invalid, Reason: "+ is no address"},
		{Row: &export.Row{Number: 3, Line: 5, Cells: []string{"z@example.com", "", "Zo\xeb"}}, Status: importer.Invalid, Reason: "not UTF-8"},
	}
	for _, o := range outcomes {
		if err := r.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" +
		`"Email","","Name","","jsm_status","jsm_account_id","jsm_reason","jsm_line","jsm_http_status","jsm_attempts"` + "\r\n" +
		`"ada@example.com","","Ada ""Al"" Byron","","created","qm:1","","2","201","1"` + "\r\n" +
		"\"'=cmd\",\"x\r\ny\",\"''=1\",\"surplus\",\"invalid\",\"\",\"'+ is no address\",\"3\",\"\",\"0\"\r\n" +
		`"z@example.com","","Zoë","","invalid","","not UTF-8","5","","0"` + "\r\n"
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
	if r.Rows() != 3 {
		t.Errorf("Rows() = %d", r.Rows())
	}
}

func TestResultsNeverStandOnTheWrongRow(t *testing.T) {
	tests := []struct {
		name string
		rows []importer.Outcome
		want string
	}{
		{"gap", []importer.Outcome{row(1, importer.Created, "", "a"), row(3, importer.Created, "", "b")}, "row 3 came after row 1"},
		{"twice", []importer.Outcome{row(1, importer.Created, "", "a"), row(1, importer.Created, "", "a")}, "row 1 came after row 1"},
		{"not from the start", []importer.Outcome{row(2, importer.Created, "", "a")}, "row 2 came after row 0"},
		{"no row", []importer.Outcome{{Status: importer.Created}}, "row 0 came after row 0"},
		{"too wide", []importer.Outcome{row(1, importer.Created, "", "a", "b", "c")}, "row 1 of line 2 has 3 cells"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := NewResults(filepath.Join(t.TempDir(), "r.csv"), []string{"a"}, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Abort()
			for _, o := range test.rows {
				err = r.Write(o)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
		})
	}
}

func TestResultsMayHaveGapsWhenToldAgain(t *testing.T) {
	r, err := NewResults(filepath.Join(t.TempDir(), "r.csv"), []string{"a"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abort()
	r.AllowGaps()
	for _, number := range []int{2, 3, 7} {
		if err := r.Write(row(number, importer.Created, "", "a")); err != nil {
			t.Error(err)
		}
	}
	for _, number := range []int{7, 5, 0} {
		if err := r.Write(row(number, importer.Created, "", "a")); err == nil {
			t.Errorf("row %d was taken after row 7", number)
		}
	}
	if r.Rows() != 3 {
		t.Errorf("Rows() = %d", r.Rows())
	}
}

func TestResultsNoticeAnUnwritablePathAtTheStart(t *testing.T) {
	if _, err := NewResults(filepath.Join(t.TempDir(), "none", "r.csv"), nil, 1); err == nil {
		t.Error("no error")
	}
}

func BenchmarkResults(b *testing.B) {
	cells := []string{"1234567", "Ada Byron", "ada.byron.1234567@example.com", "+49 30 1234567", "Example Corp", "Berlin", "", "", "2025-03-01", "active", "vip,press", "Met at the fair"}
	r, err := NewResults(filepath.Join(b.TempDir(), "r.csv"), cells, len(cells))
	if err != nil {
		b.Fatal(err)
	}
	o := importer.Outcome{Row: &export.Row{Cells: cells, Line: 2}, Status: importer.Created, AccountID: "qm:0b6e9a1c-4b1d-4a53-8f4e:01234567", HTTPStatus: 201, Attempts: 1}
	b.ReportAllocs()
	for n := 1; b.Loop(); n++ {
		o.Row.Number = n
		if err := r.Write(o); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		b.Fatal(err)
	}
}
