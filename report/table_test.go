package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/export"
)

func TestTableGuardsAgainstFormulas(t *testing.T) {
	tests := []struct{ cell, want string }{
		{"", ""},
		{"Ada", "Ada"},
		{"=1+1", "'=1+1"},
		{"+49 30", "'+49 30"},
		{"-", "'-"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\tx", "'\tx"},
		{"\r\nx", "'\r\nx"},
		{"\nx", "'\nx"},
		{"\x00x", "'\x00x"},
		{"＝1", "'＝1"},
		{"＋1", "'＋1"},
		{"－1", "'－1"},
		{"＠x", "'＠x"},
		{"  =1", "'  =1"},
		{"\u00a0=1", "'\u00a0=1"},
		{"'", "'"},
		{"'Ada", "'Ada"},
		{"'=1", "''=1"},
		{"'''=1", "''''=1"},
		{" '=1", " '=1"},
		{"a=1", "a=1"},
		{"a@example.com", "a@example.com"},
		{"\xff=1", "\xff=1"},
	}
	for _, test := range tests {
		var out strings.Builder
		table := newTable(&out)
		table.byteTrue = true
		if err := table.Write([]string{test.cell}); err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSuffix(strings.TrimPrefix(out.String(), "\ufeff\""), "\"\r\n")
		if got != test.want || export.Unguard(got) != test.cell {
			t.Errorf("%q is written as %q and read as %q, want %q", test.cell, got, export.Unguard(got), test.want)
		}
	}
}

// roundTrip writes cells as a row and reads them back.
func roundTrip(t *testing.T, byteTrue bool, cells ...string) []string {
	var out strings.Builder
	table := newTable(&out)
	table.byteTrue = byteTrue
	if err := table.Write(cells); err != nil {
		t.Fatal(err)
	}
	return parse(t, strings.TrimPrefix(out.String(), "\ufeff"))
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
		case strings.HasPrefix(record[i:], `","`):
			cells = append(cells, export.Unguard(cell.String()))
			cell.Reset()
			i += 2
		default:
			t.Fatalf("a bare quote at %d of %q", i, record)
		}
	}
	return append(cells, export.Unguard(cell.String()))
}

func FuzzTable(f *testing.F) {
	f.Add("a", `"`, "'=1")
	f.Add("", "\r\n", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		cells := []string{a, b, c}
		if diff := cmp.Diff(cells, roundTrip(t, true, cells...)); diff != "" {
			t.Error(diff)
		}
		for i, got := range roundTrip(t, false, cells...) {
			if !utf8.ValidString(got) || utf8.ValidString(cells[i]) && got != cells[i] {
				t.Errorf("%q became %q", cells[i], got)
			}
		}
	})
}

func TestFromWindows1252(t *testing.T) {
	if got, want := fromWindows1252("\x80\x81\x93Zo\xeb\x94"), "€\u0081“Zoë”"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
