package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer/export"
)

// A table writes records as Excel opens them right: UTF-8 with BOM, CRLF, all
// cells quoted and guarded. It is what gocsv asks of a writer, too.
type table struct {
	out      io.Writer
	record   []byte
	byteTrue bool // cells that are no UTF-8 keep their bytes
	err      error
}

func newTable(out io.Writer) *table { return &table{out: out, record: []byte("\ufeff")} }

// Write appends one record.
func (t *table) Write(cells []string) error {
	for _, cell := range cells {
		t.cell(cell)
	}
	return t.end()
}

// cell adds one cell to the record.
func (t *table) cell(s string) {
	if !t.byteTrue && !utf8.ValidString(s) {
		s = fromWindows1252(s)
	}
	t.record = append(t.record, '"')
	if s != "" && !isHarmless(s[0]) {
		s = export.Guard(s)
	}
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
	t.record = append(t.record, '"', ',')
}

// isHarmless tells the first byte of cells that are no formulas, which are
// nearly all.
func isHarmless(first byte) bool {
	return first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first >= '0' && first <= '9'
}

// cells adds a row's own cells, and empty ones up to width.
func (t *table) cells(cells []string, width int) {
	for _, c := range cells {
		t.cell(c)
	}
	for range width - len(cells) {
		t.cell("")
	}
}

// end writes the record out.
func (t *table) end() error {
	if t.err != nil {
		return t.err
	}
	t.record = append(t.record[:len(t.record)-1], "\r\n"...)
	_, t.err = t.out.Write(t.record)
	t.record = t.record[:0]
	return t.err
}

// Flush is what gocsv asks for; records are written as they come.
func (t *table) Flush() {}

// Error is the first error of Write.
func (t *table) Error() error { return t.err }

// fromWindows1252 reads bytes that are no UTF-8 in the way that shows most of
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
