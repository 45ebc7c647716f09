package export

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
)

// blankLines are skipped without a word.
var blankLines = &kind{}

// Bounds of what is held back until the next lines show what it is, and of
// what goes through gocsv at once.
const (
	maxHeld    = 64
	batchRows  = 256
	maxDomains = 10000
)

// rowReader reads rows, and lines that are none, in order. The same file gives
// the same each time: both passes use row.
type rowReader struct {
	*layout
	records *csvtext.Reader
	held    []*Row          // a row, and after it fragments that may be its rest, or a footer
	titles  map[string]bool // above the header
	domains map[string]bool // of the first addresses, where nothing stands behind them
	ready   []*Row
}

// read gives the next rows in order; none are the end. They are valid until the next call.
func (r *rowReader) read() ([]*Row, error) {
	r.ready = r.ready[:0]
	for len(r.ready) < batchRows {
		rec, err := r.records.Next()
		if err == io.EOF {
			r.skipFooter()
			r.release()
			break
		}
		if err != nil {
			return nil, err
		}
		if rec.Place.Row >= r.header.place.Row {
			r.records.Width = len(r.header.names)
		}
		if rec.Place == r.header.place {
			continue
		}
		row, err := r.classify(rec)
		if err != nil {
			return nil, err
		}
		if len(r.held) > 0 {
			r.doubtSeam(r.held[len(r.held)-1], row)
		}
		if row.skipped == nil && !row.fragment || len(r.held) >= maxHeld {
			r.release()
		}
		r.held = append(r.held, row)
	}
	return r.ready, nil
}

func (r *rowReader) release() {
	r.ready = append(r.ready, r.held...)
	r.held = r.held[:0]
}

// classify separates rows from lines that are none.
func (r *rowReader) classify(rec csvtext.Record) (*Row, error) {
	row := &Row{Place: rec.Place, record: rec, fault: rec.Fault}
	if rec.Place.Row < r.header.place.Row {
		row.skipped, r.titles[title(rec.Cells)] = titleLines, true
		if rec.Blank || isDirective(rec.Cells) {
			row.skipped = blankLines
		}
		return row, nil
	}
	if rec.BOM {
		row.repaired(bomInside)
	}
	row.repaired(rec.Repair)
	hasAddress := strings.Contains(firstFilled(rec.Cells, r.columns.at[Email]), "@")
	switch {
	case rec.Blank, !hasAddress && filled(rec.Cells) == 0:
		row.skipped = blankLines
	case row.fault != nil:
	case hasAddress:
		r.form(row)
		if domain := r.lastDomain(row); domain != "" && len(r.domains) < maxDomains && rec.Ended {
			r.domains[domain] = true
		}
	case isRuler(rec.Cells), len(rec.Cells) <= 2 && len(rec.Cells) < r.header.trimmed && isDirective(rec.Cells):
		row.skipped = strayLines
	case r.header.repeats(rec.Cells) && !r.afterTitle():
		row.skipped = repeatedHeader
	case r.header.repeats(rec.Cells), r.header.isOther(rec.Cells, r.columns.at[Email]):
		return nil, refuse(rec.Place,
			"another header: a second table, files that were joined, or a header of several lines",
			"cut the file there, and import the parts one by one; or delete all lines between the first header "+
				"and the first person")
	default:
		r.form(row)
	}
	return row, nil
}

// afterTitle reports a record right after a line of one cell that is no row, and stood not
// above the first header, but for its number: "Page 2".
func (r *rowReader) afterTitle() bool {
	last := len(r.held) - 1
	return last >= 0 && r.held[last].fragment && filled(r.held[last].record.Cells) == 1 &&
		!r.titles[title(r.held[last].record.Cells)]
}

// title is a line of text without its digits.
func title(cells []string) string { return strings.Trim(strings.Join(cells, ""), "0123456789 ") }

// form compares a record's cells with the header's.
func (r *rowReader) form(row *Row) {
	row.record.Cells = r.records.Trim(row.record.Cells)
	cells, width := row.record.Cells, len(r.header.names)
	missing := slices.ContainsFunc(r.needed, func(i int) bool { return i >= len(cells) })
	spans := func(i int) bool { // the quotes of a cell are over a delimiter
		cell := cellAt(cells, i)
		return strings.Contains(cell, `"`) && strings.ContainsRune(cell, r.dialect.Delimiter())
	}
	switch {
	case row.record.Repair == csvtext.BareQuotes && slices.ContainsFunc(r.needed, spans):
		row.fault = csvtext.QuotesUnclear
		return
	case len(cells) > width, len(cells) == width && r.isShifted(cells):
		row.fault = longRow
		return
	case len(cells) < width && (row.record.Suspect || missing):
		row.fault = rowTooShort
	case len(cells) < r.header.trimmed:
		row.repaired(shortRow)
	}
	row.fragment = len(cells) < r.header.trimmed && !r.standsAlone(cells)
}

// isShifted reports a row whose last cell is filled though that column is empty
// elsewhere, when the column has no header, or the cell after a name begins with
// a blank or stands in the address: "Lee, Ann" without quotes takes two cells.
func (r *rowReader) isShifted(cells []string) bool {
	last := len(r.header.names) - 1
	if !r.emptyLast || trimBlanks(cellAt(cells, last)) == "" {
		return false
	}
	local := localWords(readAddress(firstFilled(cells, r.columns.at[Email])).key)
	shifted := r.header.names[last] == ""
	for _, i := range slices.Concat(r.columns.at[Name], r.columns.at[FirstName], r.columns.at[LastName]) {
		_, taken := r.columns.holds(i + 1)
		shifted = shifted || strings.HasPrefix(cellAt(cells, i+1), " ") && !strings.HasPrefix(cells[last], " ") ||
			!taken && agrees(cellAt(cells, i+1), local)
	}
	return shifted
}

// standsAlone reports a record with a whole address where the row's address
// stands, or with an account id where that is what is needed.
func (r *rowReader) standsAlone(cells []string) bool {
	id := trimBlanks(firstFilled(cells, r.columns.at[AccountID]))
	return readAddress(firstFilled(cells, r.columns.at[Email])).key != "" ||
		r.columns.needAccounts && id != "" && !strings.ContainsAny(id, " \t")
}

// doubtSeam rejects records that may be parts of one row, which a line break without
// quotes has cut.
func (r *rowReader) doubtSeam(before, row *Row) {
	if before.skipped == nil && row.skipped == nil && r.mayBeOne(before, row) {
		before.reject(brokenRow)
		row.reject(brokenRow)
	}
}

// mayBeOne reports a row and a fragment right after it; a line of one cell, and a row that
// begins with a name; and two short rows, when the address of the second would stand under
// another column of addresses.
func (r *rowReader) mayBeOne(before, row *Row) bool {
	cells, rest := before.record.Cells, row.record.Cells
	last := len(cells) - 1
	first, _ := r.columns.holds(0)
	switch {
	case row.fragment:
		return before.fault == brokenRow || r.mayGoOn(before, rest)
	case row.fault != nil, !r.columns.has(Email):
		return false
	case last == 0:
		return before.fault != nil && !strings.Contains(cells[0], "@") && r.standsAlone(rest) &&
			first >= Name && first <= LastName && !r.columns.needAccounts
	}
	return before.fault == nil && last+len(rest) == len(r.header.names) &&
		r.addressColumn[last+r.columns.at[Email][0]]
}

// mayGoOn reports whether a fragment can be the rest of the row before it: that
// is short, or its last cell is one that is needed and may go on.
func (r *rowReader) mayGoOn(before *Row, rest []string) bool {
	cells, last := before.record.Cells, len(before.record.Cells)-1
	switch {
	case before.fragment, before.fault != nil && before.fault != rowTooShort, isTally(rest):
		return false
	case len(cells) < r.header.trimmed:
		return last+len(rest) <= len(r.header.names)
	case len(rest) != 1 || strings.Contains(rest[0], "@") || !slices.Contains(r.needed, last):
		return false
	}
	whole := slices.Contains(r.columns.at[Email], last) && readAddress(cells[last]).key != ""
	return !whole || strings.HasPrefix(trimBlanks(rest[0]), ".")
}

// tallyLine is a line such as "Total: 12" or "Grand Totals (5700 records)", which is the rest of no name.
var tallyLine = regexp.MustCompile(`^\pL[^\d]*[:(=][^\d]*\d`)

// isTally reports a line of one cell with a sum.
func isTally(cells []string) bool { return len(cells) == 1 && tallyLine.MatchString(cells[0]) }

// skipFooter passes over the fragments that end the file, unless the very last was cut off: none
// with something of an address, and where access is taken back none but sums.
func (r *rowReader) skipFooter() {
	end := len(r.held) - 1
	if end >= 0 {
		r.cutLast(end)
	}
	for ; end >= 0; end-- {
		row := r.held[end]
		switch {
		case row.skipped != nil:
		case !row.fragment, row.record.Suspect, r.columns.needAccounts && !isTally(row.record.Cells),
			strings.Contains(firstFilled(row.record.Cells, r.columns.at[Email]), "@"):
			return
		default:
			row.skipped = footerLines
		}
	}
}

// lastDomain is the domain of an address that is the row's last cell.
func (r *rowReader) lastDomain(row *Row) string {
	last := len(row.record.Cells) - 1
	if !slices.Contains(r.columns.at[Email], last) {
		return ""
	}
	_, domain, _ := strings.Cut(readAddress(row.record.Cells[last]).key, "@")
	return domain
}

// cutLast says of the last record that it may be cut off, when it is short and no line end
// stands after it. A fragment is, right after a row; an address that ends it is, when its
// domain goes on in other rows.
func (r *rowReader) cutLast(last int) {
	row := r.held[last]
	domain := r.lastDomain(row)
	for longer := range r.domains {
		if !row.record.Ended && domain != "" && !r.domains[domain] && strings.HasPrefix(longer, domain) {
			row.reject(rowTooShort)
		}
	}
	afterRow := last > 0 && r.held[last-1].skipped == nil && !r.held[last-1].fragment && !isTally(row.record.Cells)
	cut := func(i int) bool { return i >= len(row.record.Cells)-1 }
	switch {
	case row.skipped != nil, row.fault != nil && row.fault != rowTooShort, row.record.Ended,
		len(row.record.Cells) >= r.header.trimmed,
		row.fragment && !afterRow:
	case row.fragment, slices.ContainsFunc(r.needed, cut):
		row.reject(rowTooShort)
	default:
		row.repaired(cutOff)
	}
}
