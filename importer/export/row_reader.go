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
	rows    []*Row          // the last ones: those to give, then a row, and fragments that may be its rest or a footer
	final   int             // how many of them are to give
	titles  map[string]bool // above the header
	domains map[string]bool // of the first addresses, where nothing stands behind them
}

// read gives the next rows in order; none are the end. They are valid until the next call.
func (r *rowReader) read() ([]*Row, error) {
	r.rows, r.final = append(r.rows[:0], r.rows[r.final:]...), 0
	for r.final < batchRows {
		rec, err := r.records.Next()
		if err == io.EOF {
			r.skipFooter()
			r.final = len(r.rows)
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
		n := len(r.rows)
		if n > 0 && r.mayBeOne(r.rows[n-1], row) {
			r.rows[n-1].reject(brokenRow)
			row.reject(brokenRow)
		}
		if row.skipped == nil && !row.fragment || n-r.final >= maxHeld {
			r.final = n
		}
		r.rows = append(r.rows, row)
	}
	return r.rows[:r.final], nil
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
		if r.isCutOff(row.record) {
			row.reject(rowTooShort)
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
	last := len(r.rows) - 1
	return last >= 0 && r.rows[last].fragment && filled(r.rows[last].record.Cells) == 1 &&
		!r.titles[title(r.rows[last].record.Cells)]
}

// title is a line of text without its digits.
func title(cells []string) string { return strings.Trim(strings.Join(cells, ""), "0123456789 ") }

// form compares a record's cells with the header's.
func (r *rowReader) form(row *Row) {
	row.record.Cells = r.records.Trim(row.record.Cells)
	cells, width := row.record.Cells, len(r.header.names)
	whole := len(cells)
	if whole < r.header.trimmed && !row.record.Ended {
		whole--
		row.repaired(cutOff)
	}
	missing := slices.ContainsFunc(r.needed, func(i int) bool { return i >= whole })
	switch {
	case len(cells) > width, len(cells) == width && r.isShifted(cells):
		row.fault = longRow
	case len(cells) < width && (row.record.Suspect || missing):
		row.fault = rowTooShort
	case len(cells) < r.header.trimmed:
		row.repaired(shortRow)
	}
	row.fragment = len(cells) < r.header.trimmed && !r.standsAlone(cells)
}

// standsAlone reports a record with a whole address where the row's address
// stands, or with an account id where that is what is needed.
func (r *rowReader) standsAlone(cells []string) bool {
	id := trimBlanks(firstFilled(cells, r.columns.at[AccountID]))
	return readAddress(firstFilled(cells, r.columns.at[Email])).key != "" ||
		r.columns.needAccounts && id != "" && !strings.ContainsAny(id, " \t")
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
	goesOn := func(i int) bool {
		next := cellAt(cells, i+1)
		return strings.HasPrefix(next, " ") && !strings.HasPrefix(cells[last], " ") ||
			r.columns.holds(i+1) == 0 && !strings.Contains(next, "@") && agrees(next, local)
	}
	return r.header.names[last] == "" || slices.ContainsFunc(r.columns.at.names(), goesOn)
}

// mayBeOne reports two records, one right after the other, that may be one row which a line break without quotes has
// cut: a row and a fragment; a line of one cell, and a row that begins with a name; and two rows, when the address
// of the second would stand under another column of addresses.
func (r *rowReader) mayBeOne(before, row *Row) bool {
	cells, rest := before.record.Cells, row.record.Cells
	last := len(cells) - 1
	another := func(i int) bool { return slices.Contains(r.addressColumns, last+i) }
	switch {
	case before.skipped != nil, row.skipped != nil, last+len(rest) > len(r.header.names), isTally(rest):
		return false
	case row.fragment:
		return before.fault == brokenRow || !before.fragment && r.mayGoOn(cells, rest)
	case last == 0:
		return before.fault != nil && r.standsAlone(rest) && slices.Contains(r.columns.at.names(), 0) &&
			!r.columns.needAccounts
	}
	return last+len(rest) == len(r.header.names) && slices.ContainsFunc(r.columns.at[Email], another)
}

// mayGoOn reports a row that is short, or whose last cell is one that is needed: a whole address only before a dot.
func (r *rowReader) mayGoOn(cells, rest []string) bool {
	last := len(cells) - 1
	whole := slices.Contains(r.columns.at[Email], last) && readAddress(cells[last]).key != ""
	return last+1 < r.header.trimmed || slices.Contains(r.needed, last) && !strings.Contains(rest[0], "@") &&
		(!whole || strings.HasPrefix(trimBlanks(rest[0]), "."))
}

// tallyLine is a line such as "Total: 12" or "Grand Totals (5700 records)", which is the rest of no name.
var tallyLine = regexp.MustCompile(`^\pL[^\d]*[:(=][^\d]*\d`)

// isTally reports a line of one cell with a sum.
func isTally(cells []string) bool { return len(cells) == 1 && tallyLine.MatchString(cells[0]) }

// skipFooter passes over the fragments that end the file: where access is taken back none but sums, and
// never one that may be a row that was cut off.
func (r *rowReader) skipFooter() {
	last := r.rows[r.final:]
	for i, row := range slices.Backward(last) {
		afterRow := i > 0 && last[i-1].skipped == nil && !last[i-1].fragment
		switch {
		case afterRow && !row.record.Ended && !isTally(row.record.Cells):
			return
		case row.skipped != nil:
		case !row.fragment, row.record.Suspect, r.columns.needAccounts && !isTally(row.record.Cells),
			slices.ContainsFunc(row.record.Cells, mayBeAddress):
			return
		default:
			row.skipped, row.repairs = footerLines, nil
		}
	}
}

// isCutOff reports an address at the very end of the file, without a line end, whose domain goes on in other rows.
func (r *rowReader) isCutOff(rec csvtext.Record) bool {
	last := len(rec.Cells) - 1
	if !slices.Contains(r.columns.at[Email], last) {
		return false
	}
	_, domain, found := strings.Cut(readAddress(rec.Cells[last]).key, "@")
	if rec.Ended && len(r.domains) < maxDomains {
		r.domains[domain] = true
	}
	if rec.Ended || !found || r.domains[domain] {
		return false
	}
	for longer := range r.domains {
		if strings.HasPrefix(longer, domain) {
			return true
		}
	}
	return false
}
