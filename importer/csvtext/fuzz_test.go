package csvtext

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// records splits text in the usual dialect.
func records(t testing.TB, text string, width int) []Record {
	return recordsFrom(t, strings.NewReader(text), width)
}

func recordsFrom(t testing.TB, src io.Reader, width int) []Record {
	s := newReader(src, Dialect{Delimiter: ','})
	s.Width = width
	var recs []Record
	for {
		rec, err := s.Next()
		if err == io.EOF {
			return recs
		}
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
}

// The cases of csv-spectrum (npm, version 2.0.0), written anew; the people are ours.
// The cells of a record are joined with |.
func TestSpectrum(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"comma_in_quotes", "first,last,address,zip\nAnn,Lee,\"Anytown, WW\",08123",
			[]string{"first|last|address|zip", "Ann|Lee|Anytown, WW|08123"}},
		{"empty", "a,b,c\n1,\"\",\"\"\n2,3,4", []string{"a|b|c", "1||", "2|3|4"}},
		{"empty_crlf", "a,b,c\r\n1,\"\",\"\"\r\n2,3,4", []string{"a|b|c", "1||", "2|3|4"}},
		{"escaped_quotes", "a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n", []string{"a|b", `1|ha "ha" ha`, "3|4"}},
		{"json", "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [102.0, 0.5]}\"\n",
			[]string{"key|val", `1|{"type": "Point", "at": [102.0, 0.5]}`}},
		{"location_coordinates", "Phone,Location,City\n555,37\ufffd36'37.8\"N 121\ufffd2'17.9\"W,Modesto",
			[]string{"Phone|Location|City", "555|37\ufffd36'37.8\"N 121\ufffd2'17.9\"W|Modesto"}},
		{"newlines", "a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n",
			[]string{"a|b|c", "1|2|3", "Once upon \na time|5|6", "7|8|9"}},
		{"newlines_crlf", "a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n",
			[]string{"a|b|c", "1|2|3", "Once upon \r\na time|5|6", "7|8|9"}},
		{"quotes_and_newlines", "a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n", []string{"a|b", "1|ha \n\"ha\" \nha", "3|4"}},
		{"simple", "a,b,c\n1,2,3\n", []string{"a|b|c", "1|2|3"}},
		{"simple_crlf", "a,b,c\r\n1,2,3\r\n", []string{"a|b|c", "1|2|3"}},
		{"utf8", "a,b,c\n1,2,3\n4,5,ʤ", []string{"a|b|c", "1|2|3", "4|5|ʤ"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, rec := range records(t, c.text, 0) {
				if rec.Fault != "" {
					t.Errorf("line %d: fault %v", rec.Place.Line, rec.Fault)
				}
				got = append(got, strings.Join(rec.Cells, "|"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// physicalLines counts lines as the splitter must: LF, CR LF and CR end one.
func physicalLines(text string) int {
	text = strings.TrimRight(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\x1a")
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

// FuzzSplit: each physical line is in exactly one record, line numbers rise
// without gaps, and what was quoted cleanly comes out as it went in.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"a,b\n\"c\nd\",e\n", "a\r\rb\r\n", "\"", "\"a\"b\"\n,\"", "x\\\"y\"\n\"\\\"\n", "\"a\" ,b\n", "\x1a",
		"\ufeff\"a\"\n\ufeffb", "a,\"b\x1a", "'a','b'\n", "\"\"\r \"\r00",
	} {
		f.Add(s, byte(2))
	}
	f.Fuzz(func(t *testing.T, text string, width byte) {
		columns := int(width % 5)
		whole := records(t, text, columns)
		if len(text) < 2000 {
			inBytes := recordsFrom(t, iotest.OneByteReader(strings.NewReader(text)), columns)
			if diff := cmp.Diff(whole, inBytes); diff != "" {
				t.Fatalf("read byte by byte: %s", diff)
			}
		}
		next := 1
		again := newReader(strings.NewReader(text), Dialect{Delimiter: ','})
		again.Width = columns
		for _, rec := range whole {
			again.Next()
			lines := again.place.Line - rec.Place.Line
			mayBeLong := slices.Contains([]string{"", SwallowedRows, CellTooLong, TooManyColumns}, rec.Fault)
			switch {
			case rec.Place.Line != next || lines < 1:
				t.Fatalf("a record starts at line %d and has %d lines, want %d", rec.Place.Line, lines, next)
			case lines > 1 && !mayBeLong:
				t.Fatalf("line %d: a broken record of %d lines", rec.Place.Line, lines)
			case len(rec.Cells) == 0:
				t.Fatalf("line %d has no cells", rec.Place.Line)
			}
			next += lines
		}
		if want := physicalLines(text); !strings.ContainsAny(text, "\ufeff\x1a") && next-1 != want {
			t.Fatalf("%d lines in records, %d in %q", next-1, want, text)
		}
		compareWithOracle(t, text, columns, whole)
	})
}

// compareWithOracle holds the cells against those of encoding/csv, where that reads
// the text without an error and nothing had to be repaired.
func compareWithOracle(t *testing.T, text string, columns int, whole []Record) {
	if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") || strings.ContainsAny(text, "\x1a\ufeff") {
		return
	}
	oracle := csv.NewReader(strings.NewReader(text))
	oracle.FieldsPerRecord = -1
	want, err := oracle.ReadAll()
	if err != nil {
		return
	}
	isBlank := func(cells []string) bool { return len(cells) == 1 && strings.Trim(cells[0], " \t") == "" }
	for i, cells := range want {
		for columns > 0 && len(cells) > columns && cells[len(cells)-1] == "" { // as the reader drops them
			cells = cells[:len(cells)-1]
		}
		want[i] = cells
	}
	want = slices.DeleteFunc(want, isBlank)
	var got [][]string
	for _, rec := range whole {
		if rec.Fault != "" || slices.Contains(rec.Repairs, QuotesRepaired) {
			return
		}
		if isBlank(rec.Cells) {
			continue
		}
		cells := slices.Clone(rec.Cells)
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "\r\n", "\n")
		}
		got = append(got, cells)
	}
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		t.Fatalf("%q (-encoding/csv +ours):\n%s", text, diff)
	}
}
