package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/encoding/charmap"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
)

// Layout is the form of the files that repeat an input's rows.
type Layout struct {
	Header    []string
	Width     int  // cells of the widest row; columns beyond the header have no name
	Delimiter rune // the input's; kept where it is , or ;
	Access    bool // organizations or service projects were asked for
}

// LayoutOf is the layout for a file that was read.
func LayoutOf(s *export.Survey, access bool) Layout {
	return Layout{Header: s.Header, Width: max(s.Width, len(s.Header)), Delimiter: s.Dialect.Delimiter, Access: access}
}

// PlainLayout has address and name alone: for rows whose input is not there.
func PlainLayout(access bool) Layout {
	return Layout{Header: []string{"email", "name"}, Width: 2, Access: access}
}

// begin adds the original cells of a row to a table.
func (l Layout) begin(t *table, r importer.Result) error {
	cells := []string{r.Email, r.Name}
	if r.Row != nil {
		cells = r.Row.Cells
	}
	if len(cells) > l.Width {
		return fmt.Errorf("%s has %d cells, and the file was opened for %d", r.Place(), len(cells), l.Width)
	}
	t.add(cells, l.Width)
	return nil
}

// A table writes records so that Excel opens them right: UTF-8 with a byte
// order mark, CRLF, all cells quoted and guarded. It is a gocsv.CSVWriter.
type table struct {
	out       io.Writer
	delimiter string
	record    []byte
	byteTrue  bool // cells that are not UTF-8 keep their bytes; else they are shown as Windows-1252
	err       error
}

// newTable separates cells as the input does where spreadsheets know it, else with a comma.
func newTable(out io.Writer, delimiter rune) *table {
	t := &table{out: out, delimiter: ",", record: []byte("\ufeff")}
	if delimiter == ';' {
		t.delimiter = ";"
	}
	return t
}

// add begins or continues a record, with empty cells up to width.
func (t *table) add(cells []string, width int) {
	for i := range max(width, len(cells)) {
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
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
	t.add(cells, 0)
	if t.err == nil {
		t.record = append(t.record[:len(t.record)-1], "\r\n"...)
		_, t.err = t.out.Write(t.record)
		t.record = t.record[:0]
	}
	return t.err
}

// Flush does nothing: records are written as they come.
func (t *table) Flush() {}

// Error is the first error of Write.
func (t *table) Error() error { return t.err }

// accessColumns are what results add to a row, in order.
type accessColumns struct {
	Status       outcome.Status `csv:"jsm_status"`
	AccountID    string         `csv:"jsm_account_id"`
	Organization string         `csv:"jsm_organization"`
	ServiceDesk  string         `csv:"jsm_service_desk"`
	Reason       string         `csv:"jsm_reason"`
	Row          int            `csv:"jsm_row"`
	Line         int            `csv:"jsm_line"`
	HTTPStatus   optional       `csv:"jsm_http_status"`
	Attempts     int            `csv:"jsm_attempts"`
}

// resultColumns are the same where access was not asked for.
type resultColumns struct {
	Status       outcome.Status `csv:"jsm_status"`
	AccountID    string         `csv:"jsm_account_id"`
	Organization string         `csv:"-"`
	ServiceDesk  string         `csv:"-"`
	Reason       string         `csv:"jsm_reason"`
	Row          int            `csv:"jsm_row"`
	Line         int            `csv:"jsm_line"`
	HTTPStatus   optional       `csv:"jsm_http_status"`
	Attempts     int            `csv:"jsm_attempts"`
}

// optional is a number that is left out when it is 0.
type optional int

// MarshalCSV is what gocsv asks for.
func (n optional) MarshalCSV() (string, error) {
	if n == 0 {
		return "", nil
	}
	return strconv.Itoa(int(n)), nil
}

// columnsOf are the columns that are added for a row.
func columnsOf(o outcome.Outcome) accessColumns {
	return accessColumns{
		Status:       o.Status,
		AccountID:    o.AccountID,
		Organization: o.Organization,
		ServiceDesk:  o.ServiceDesk,
		Reason:       o.Reason,
		Row:          cmp.Or(o.SheetRow, o.Line),
		Line:         o.Line,
		HTTPStatus:   optional(o.HTTPStatus),
		Attempts:     o.Attempts,
	}
}

// Results writes the results file: one line for each input row, in input
// order, with all of its cells and what became of it.
type Results struct {
	file   *File
	table  *table
	layout Layout
	rows   int
	last   int  // number of the row that was written last
	gaps   bool // rows may be missing
}

// NewResults opens path's partial file and writes the header.
func NewResults(path string, l Layout) (*Results, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{file: file, table: newTable(file, l.Delimiter), layout: l}
	r.table.add(l.Header, l.Width)
	var header any = []resultColumns{}
	if l.Access {
		header = []accessColumns{}
	}
	if err := gocsv.MarshalCSV(header, r.table); err != nil {
		file.Abort()
		return nil, err
	}
	return r, nil
}

// Write appends the next row. Rows that do not come in order, one after the
// other, are an error: a result is never written beside another row.
func (r *Results) Write(o importer.Result) error {
	number := o.Outcome.Row
	if number != r.last+1 && !(r.gaps && number > r.last) {
		return fmt.Errorf("results out of order: row %d came after row %d", number, r.last)
	}
	if err := r.layout.begin(r.table, o); err != nil {
		return err
	}
	r.rows++
	r.last = number
	if r.layout.Access {
		return gocsv.MarshalCSVWithoutHeaders([]accessColumns{columnsOf(o.Outcome)}, r.table)
	}
	return gocsv.MarshalCSVWithoutHeaders([]resultColumns{resultColumns(columnsOf(o.Outcome))}, r.table)
}

// AllowGaps lets rows be missing, for results without their input.
func (r *Results) AllowGaps() { r.gaps = true }

// Rows is the number of rows written.
func (r *Results) Rows() int { return r.rows }

// Finish gives the file its name, also when the run ended early.
func (r *Results) Finish() error { return r.file.Commit() }

// Abort drops the file; after Finish it does nothing.
func (r *Results) Abort() { r.file.Abort() }
