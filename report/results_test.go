package report

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// writeResults writes rows to a file and returns it.
func writeResults(t *testing.T, s *export.Survey, access bool, rows ...importer.Result) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.results.csv")
	r, err := NewResults(path, s, access)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := r.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Commit(); err != nil {
		t.Fatal(err)
	}
	if r.Rows != len(rows) {
		t.Errorf("Rows() = %d", r.Rows)
	}
	return read(t, path)
}

func TestResults(t *testing.T) {
	created := result(1, outcome.Created, "", "ada@example.com", "", `Ada "Al" Byron`)
	created.AccountID, created.HTTPStatus, created.Attempts = "qm:1", 201, 1
	created.Organization, created.ServiceDesk = "added", "known;failed"
	created.SheetRow, created.Line = 415, 424
	broken := result(2, outcome.Invalid, "not UTF-8", "z@example.com", "x\r\ny", "Zo\xeb", "surplus")
	broken.SheetRow, broken.Line = 0, 0 // of a row whose process was killed, undo does not know them
	for _, test := range []struct {
		name      string
		delimiter rune
		access    bool
		want      string
	}{
		{"commas", ',', false, "\ufeff" +
			`"Email","","Name","","jsm_status","jsm_account_id","jsm_reason","jsm_row","jsm_line","jsm_http_status","jsm_attempts"` + "\r\n" +
			`"ada@example.com","","Ada ""Al"" Byron","","created","qm:1","","415","424","201","1"` + "\r\n" +
			"\"z@example.com\",\"x\r\ny\",\"Zoë\",\"surplus\",\"invalid\",\"\",\"not UTF-8\",\"\",\"\",\"\",\"0\"\r\n"},
		{"semicolons and access", ';', true,
			"\ufeff" +
				`"Email";"";"Name";"";"jsm_status";"jsm_account_id";"jsm_organization";"jsm_service_desk";"jsm_reason";"jsm_row";"jsm_line";` +
				`"jsm_http_status";"jsm_attempts"` + "\r\n" +
				`"ada@example.com";"";"Ada ""Al"" Byron";"";"created";"qm:1";"added";"known;failed";"";"415";"424";"201";"1"` + "\r\n" +
				"\"z@example.com\";\"x\r\ny\";\"Zoë\";\"surplus\";\"invalid\";\"\";\"\";\"\";\"not UTF-8\";\"\";\"\";\"\";\"0\"\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &export.Survey{
				Header:  []string{"Email", "", "Name"},
				Width:   4,
				Dialect: export.Dialect{Delimiter: test.delimiter},
			}
			if diff := cmp.Diff(test.want, writeResults(t, s, test.access, created, broken)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Only , and ; open right in a spreadsheet.
func TestDelimiterOfResults(t *testing.T) {
	for read, written := range map[rune]string{',': ",", ';': ";", '\t': ",", '|': ",", 0: ","} {
		s := &export.Survey{Header: []string{"a", "b"}, Dialect: export.Dialect{Delimiter: read}}
		if got := writeResults(t, s, false); !strings.HasPrefix(got, "\ufeff\"a\""+written+"\"b\""+written+"\"jsm_status\"") {
			t.Errorf("%q is written %q", read, got)
		}
	}
}

func TestResultsNoticeAnUnwritablePathAtTheStart(t *testing.T) {
	if _, err := NewResults(filepath.Join(t.TempDir(), "none", "r.csv"), &export.Survey{}, false); err == nil {
		t.Error("no error")
	}
}

// FuzzTable: what is written reads back, cell by cell.
func FuzzTable(f *testing.F) {
	f.Add("a", `"`, "'=1", true)
	f.Add("", "\r\n", "\xff", false)
	f.Fuzz(func(t *testing.T, a, b, c string, byteTrue bool) {
		var out strings.Builder
		table := newTable(&out, &export.Survey{Dialect: export.Dialect{Delimiter: ';'}}, nil)
		table.keepBytes = byteTrue
		cells := []string{a, b, c}
		if err := table.Write(cells); err != nil {
			t.Fatal(err)
		}
		got := parse(t, strings.TrimPrefix(out.String(), "\ufeff"))
		for i := range cells {
			if (byteTrue || utf8.ValidString(cells[i])) && got[i] != cells[i] || !byteTrue && !utf8.ValidString(got[i]) {
				t.Errorf("%q became %q", cells[i], got[i])
			}
		}
	})
}

// parse reads one record of quoted cells, byte for byte.
func parse(t *testing.T, record string) []string {
	record, ok := strings.CutSuffix(record, "\"\r\n")
	if !ok || !strings.HasPrefix(record, `"`) {
		t.Fatalf("%q is not quoted and ended", record)
	}
	var cells []string
	var cell strings.Builder
	for i := 1; i < len(record); i++ {
		switch {
		case record[i] != '"':
			cell.WriteByte(record[i])
		case strings.HasPrefix(record[i:], `""`):
			cell.WriteByte('"')
			i++
		case strings.HasPrefix(record[i:], `";"`):
			cells = append(cells, export.Unguard(cell.String()))
			cell.Reset()
			i += 2
		default:
			t.Fatalf("a bare quote at %d of %q", i, record)
		}
	}
	return append(cells, export.Unguard(cell.String()))
}

func BenchmarkResults(b *testing.B) {
	cells := []string{"1234567", "Ada Byron", "ada.byron.1234567@example.com", "+49 30 1234567", "Example Corp",
		"Berlin", "", "",
		"2025-03-01", "active", "vip,press", "Met at the fair"}
	r, err := NewResults(filepath.Join(b.TempDir(), "r.csv"), &export.Survey{Header: cells}, false)
	if err != nil {
		b.Fatal(err)
	}
	o := result(1, outcome.Created, "", cells...)
	o.AccountID, o.HTTPStatus, o.Attempts = "qm:0b6e9a1c-4b1d-4a53-8f4e:01234567", 201, 1
	b.ReportAllocs()
	for n := 1; b.Loop(); n++ {
		o.Outcome.Row = n
		if err := r.Write(o); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Commit(); err != nil {
		b.Fatal(err)
	}
}
