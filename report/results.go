package report

import (
	"cmp"
	"fmt"

	"github.com/gocarina/gocsv"

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

// LayoutOf is the layout of a file that was read.
func LayoutOf(s *export.Survey, access bool) Layout {
	return Layout{Header: s.Header, Width: max(s.Width, len(s.Header)), Delimiter: s.Dialect.Delimiter, Access: access}
}

// PlainLayout has address and name alone: for rows whose input is not there.
func PlainLayout(access bool) Layout {
	return Layout{Header: []string{"email", "name"}, Width: 2, Delimiter: ',', Access: access}
}

// cells adds the original cells of a row.
func (l Layout) cells(t *table, r importer.Result) error {
	if r.Row == nil {
		t.cells([]string{r.Email, r.Name}, l.Width)
		return nil
	}
	if len(r.Row.Cells) > l.Width {
		return fmt.Errorf("%s has %d cells, and the file was opened for %d", r.Place(), len(r.Row.Cells), l.Width)
	}
	t.cells(r.Row.Cells, l.Width)
	return nil
}

// The columns that results add to a row, in order; those of access only when
// it was asked for.
type (
	statusColumns struct {
		Status    outcome.Status `csv:"jsm_status"`
		AccountID string         `csv:"jsm_account_id"`
	}
	accessColumns struct {
		Organization string `csv:"jsm_organization"`
		ServiceDesk  string `csv:"jsm_service_desk"`
	}
	requestColumns struct {
		Reason     string `csv:"jsm_reason"`
		Row        int    `csv:"jsm_row"`
		Line       int    `csv:"jsm_line"`
		HTTPStatus int    `csv:"jsm_http_status,omitempty"`
		Attempts   int    `csv:"jsm_attempts"`
	}
	resultColumns struct {
		statusColumns
		requestColumns
	}
	accessResultColumns struct {
		statusColumns
		accessColumns
		requestColumns
	}
)

// Results writes the results file: one line for each input row, in input
// order, with all of its cells and what became of it. Cells that are not UTF-8
// are shown as Windows-1252.
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
	r.table.cells(l.Header, l.Width)
	if l.Access {
		err = gocsv.MarshalCSV([]accessResultColumns{}, r.table)
	} else {
		err = gocsv.MarshalCSV([]resultColumns{}, r.table)
	}
	if err != nil {
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
	if err := r.layout.cells(r.table, o); err != nil {
		return err
	}
	r.rows++
	r.last = number
	status := statusColumns{Status: o.Status, AccountID: o.AccountID}
	request := requestColumns{
		Reason:     o.Reason,
		Row:        sheetRow(o.Outcome),
		Line:       o.Line,
		HTTPStatus: o.HTTPStatus,
		Attempts:   o.Attempts,
	}
	if !r.layout.Access {
		return gocsv.MarshalCSVWithoutHeaders([]resultColumns{{status, request}}, r.table)
	}
	access := accessColumns{Organization: o.Organization, ServiceDesk: o.ServiceDesk}
	return gocsv.MarshalCSVWithoutHeaders([]accessResultColumns{{status, access, request}}, r.table)
}

// AllowGaps lets rows be missing, for results that are written again without
// the input. They still come in order.
func (r *Results) AllowGaps() { r.gaps = true }

// Rows is the number of rows written.
func (r *Results) Rows() int { return r.rows }

// Finish gives the file its name, also when the run ended early.
func (r *Results) Finish() error { return r.file.Commit() }

// Abort drops the file; after Finish it does nothing.
func (r *Results) Abort() { r.file.Abort() }

// sheetRow is the row as a spreadsheet numbers it.
func sheetRow(o outcome.Outcome) int { return cmp.Or(o.SheetRow, o.Line) }
