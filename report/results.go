package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// A table writes records so that Excel opens them right: UTF-8 with a byte
// order mark, CRLF, all cells quoted and guarded. It is a gocsv.CSVWriter.
type table struct {
	out       io.Writer
	delimiter string
	record    []byte
	byteTrue  bool                    // keep the bytes of cells that are not UTF-8; else show them as Windows-1252
	pick      func([]string) []string // of the cells from gocsv, those to write; nil: all
}

// newTable begins a table with the delimiter of the input where that is , or ; so that it opens as the input did.
func newTable(out io.Writer, s *export.Survey) *table {
	delimiter := cmp.Or(onlyIf(s.Dialect.Delimiter() == ';', ";"), ",")
	return &table{out: out, delimiter: delimiter, record: []byte("\ufeff")}
}

// add begins or continues a record, with empty cells up to width.
func (t *table) add(cells []string, width int) {
	for _, cell := range append(slices.Clip(cells), make([]string, max(0, width-len(cells)))...) {
		if !t.byteTrue && !utf8.ValidString(cell) {
			cell, _ = charmap.Windows1252.NewDecoder().String(cell)
		}
		t.record = append(t.record, '"')
		t.record = append(t.record, strings.ReplaceAll(export.Guard(cell), `"`, `""`)...)
		t.record = append(t.record, `"`+t.delimiter...)
	}
}

// Write ends the record with these cells.
func (t *table) Write(cells []string) error {
	if t.pick != nil {
		cells = t.pick(cells)
	}
	t.add(cells, 0)
	_, err := t.out.Write(append(t.record[:len(t.record)-1], "\r\n"...))
	t.record = t.record[:0]
	return err
}

// Flush does nothing: records are written as they come.
func (t *table) Flush() {}

// Error is nil: Write has returned what went wrong.
func (t *table) Error() error { return nil }

// Which columns of [outcome.Outcome] a file has. Where nothing was answered there is no HTTP status.
func withAccess(all []string) []string {
	if all[7] == "0" {
		all[7] = ""
	}
	return all
}
func withoutAccess(all []string) []string  { return slices.Delete(withAccess(all), 2, 4) }
func reasonAndPlace(all []string) []string { return all[4:7] }

// Results writes the results file: one line for each input row, with all of its cells and what became of it.
type Results struct {
	*File // which Commit gives its name, also when the run ended early
	table *table
	width int
	rows  int
}

// NewResults opens path's partial file and writes the header. s is the survey of the input; access: organizations or
// service projects were asked for.
func NewResults(path string, s *export.Survey, access bool) (*Results, error) {
	if access {
		return newResults(path, s, withAccess)
	}
	return newResults(path, s, withoutAccess)
}

func newResults(path string, s *export.Survey, pick func([]string) []string) (*Results, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{File: file, table: newTable(file, s), width: max(s.Width, len(s.Header))}
	r.table.pick = pick
	r.table.add(s.Header, r.width)
	_ = gocsv.MarshalCSV([]outcome.Outcome{}, r.table) // Commit returns its error
	return r, nil
}

// Write appends the next row.
func (r *Results) Write(o importer.Result) error {
	r.rows++
	r.table.add(o.Row.Cells, r.width)
	return gocsv.MarshalCSVWithoutHeaders([]outcome.Outcome{o.Outcome}, r.table)
}

// Rows is the number of rows written.
func (r *Results) Rows() int { return r.rows }

// WriteLeavers writes the leavers' file in the same form. Without leavers it
// holds the header alone, so that nobody acts on yesterday's list. s is the survey of the input.
func WriteLeavers(path string, s *export.Survey, leavers []importer.Leaver) error {
	var b bytes.Buffer
	if err := gocsv.MarshalCSV(leavers, newTable(&b, s)); err != nil {
		return err
	}
	return WriteFile(path, b.Bytes())
}
