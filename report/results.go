package report

import (
	"fmt"
	"strconv"

	"jsm-onboard/importer"
)

// Results writes the results file: one line for each input row, in input
// order, with all of its cells as they were and what became of it. Cells that
// are no UTF-8 are shown as Windows-1252.
type Results struct {
	file  *File
	table *table
	width int
	rows  int
	last  int  // number of the row that was written last
	gaps  bool // rows may be missing
}

// NewResults opens path's partial file and writes the header. width is the
// number of columns of the widest row; columns beyond the header have no name.
func NewResults(path string, header []string, width int) (*Results, error) {
	file, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{file: file, table: newTable(file), width: max(width, len(header))}
	r.table.cells(header, r.width)
	err = r.table.Write([]string{"jsm_status", "jsm_account_id", "jsm_reason", "jsm_line", "jsm_http_status", "jsm_attempts"})
	if err != nil {
		file.Abort()
		return nil, err
	}
	return r, nil
}

// Write appends the next row. Rows that do not come in order, one after the
// other, are an error: a result never stands on the wrong row.
func (r *Results) Write(o importer.Outcome) error {
	if err := r.belongs(o); err != nil {
		return err
	}
	r.rows++
	r.last = o.Row.Number
	t := r.table
	t.cells(o.Row.Cells, r.width)
	t.cell(o.Status.String())
	t.cell(o.AccountID)
	t.cell(o.Reason)
	t.number(o.Row.Line)
	if o.HTTPStatus == 0 {
		t.cell("")
	} else {
		t.number(o.HTTPStatus)
	}
	t.number(o.Attempts)
	return t.end()
}

func (r *Results) belongs(o importer.Outcome) error {
	number := 0
	if o.Row != nil {
		number = o.Row.Number
	}
	if number != r.last+1 && !(r.gaps && number > r.last) {
		return fmt.Errorf("results out of order: row %d came after row %d", number, r.last)
	}
	if len(o.Row.Cells) > r.width {
		return fmt.Errorf("row %d of line %d has %d cells, and the results were opened for %d", o.Row.Number, o.Row.Line, len(o.Row.Cells), r.width)
	}
	return nil
}

// AllowGaps lets rows be missing, for results that are told again without the
// input. They still come in order.
func (r *Results) AllowGaps() { r.gaps = true }

// Rows is the number of rows written.
func (r *Results) Rows() int { return r.rows }

// Finish gives the file its name, also when the run ended early.
func (r *Results) Finish() error { return r.file.Commit() }

// Abort drops the file; after Finish it does nothing.
func (r *Results) Abort() { r.file.Abort() }

// number adds a cell that is a number.
func (t *table) number(n int) {
	t.record = append(t.record, '"')
	t.record = strconv.AppendInt(t.record, int64(n), 10)
	t.record = append(t.record, '"', ',')
}
