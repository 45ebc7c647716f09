package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer/export"
)

// A table writes records so that Excel opens them right: UTF-8 with a byte
// order mark, CRLF, all cells quoted and guarded. It is a gocsv.CSVWriter.
type table struct {
	out       io.Writer
	delimiter byte
	record    []byte
	byteTrue  bool // cells that are not UTF-8 keep their bytes
	err       error
}

// newTable separates cells with the input's delimiter where spreadsheets know
// it, else with a comma.
func newTable(out io.Writer, delimiter rune) *table {
	t := &table{out: out, delimiter: ',', record: []byte("\ufeff")}
	if delimiter == ';' {
		t.delimiter = ';'
	}
	return t
}

// Write ends the record with these cells.
func (t *table) Write(cells []string) error {
	for _, cell := range cells {
		t.cell(cell)
	}
	if t.err != nil {
		return t.err
	}
	t.record = append(t.record[:len(t.record)-1], "\r\n"...)
	_, t.err = t.out.Write(t.record)
	t.record = t.record[:0]
	return t.err
}

// Flush does nothing: records are written as they come.
func (t *table) Flush() {}

// Error is the first error of Write.
func (t *table) Error() error { return t.err }

// cells adds a row's own cells, and empty ones up to width.
func (t *table) cells(cells []string, width int) {
	for _, c := range cells {
		t.cell(c)
	}
	for range width - len(cells) {
		t.cell("")
	}
}

func (t *table) cell(s string) {
	if !t.byteTrue && !utf8.ValidString(s) {
		s = fromWindows1252(s)
	}
	if s != "" && !isHarmless(s[0]) {
		s = export.Guard(s)
	}
	t.record = append(t.record, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		t.record = append(t.record, s[:i+1]...)
		t.record = append(t.record, '"')
		s = s[i+1:]
	}
	t.record = append(t.record, s...)
	t.record = append(t.record, '"', t.delimiter)
}

// isHarmless reports whether a cell that begins so is no formula, as nearly all.
func isHarmless(first byte) bool {
	return first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first >= '0' && first <= '9'
}

// fromWindows1252 reads bytes that are not UTF-8 in the way that shows most of
// them right. The five bytes without a letter become control characters, as in
// https://encoding.spec.whatwg.org/#windows-1252.
func fromWindows1252(s string) string {
	var b strings.Builder
	for i := range len(s) {
		r := charmap.Windows1252.DecodeByte(s[i])
		if r == utf8.RuneError {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}
