package export

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"jsm-onboard/importer/csvtext"
)

// item is a record on its way to becoming a row, or a line that is none.
type item struct {
	rec     csvtext.Record
	skip    bool
	skipped *kind // why, nil: blank
	fault   *kind
	repairs []*kind
}

func (it *item) reject(k *kind) { it.fault, it.repairs = k, nil }

// Bounds of what is held back until the next lines show what it is, and of
// what goes through gocsv at once.
const (
	maxHeld   = 64
	batchRows = 256
)

// rowReader reads rows in order. The same file gives the same rows each time:
// both passes use it.
type rowReader struct {
	*layout
	records *csvtext.Reader
	held    []item // a row, and after it short lines that may be its rest, or a footer
	ready   []item
	ended   bool
	alone   bool // the record before is one cell, which may begin the next row's name
}

// read gives the next items in order; none are the end. They are valid until the next call.
func (r *rowReader) read() ([]item, error) {
	r.ready = r.ready[:0]
	for !r.ended && len(r.ready) < batchRows {
		rec, err := r.records.Next()
		if err == io.EOF {
			r.ended = true
			r.release(true)
			break
		}
		if err != nil {
			return nil, err
		}
		it, err := r.classify(rec)
		if err != nil {
			return nil, err
		}
		r.doubtBefore(&it)
		if !it.skip && !r.isFragment(it) || len(r.held) >= maxHeld {
			r.release(false)
		}
		r.held = append(r.held, it)
	}
	return r.ready, nil
}

// classify separates rows from lines that are none.
func (r *rowReader) classify(rec csvtext.Record) (item, error) {
	it := item{rec: rec, fault: flawKinds[rec.Fault]}
	if rec.BOM {
		it.repairs = append(it.repairs, bomInside)
	}
	if rec.Repair != 0 {
		it.repairs = append(it.repairs, flawKinds[rec.Repair])
	}
	hasAddress := strings.Contains(firstFilled(rec.Cells, r.columns.at[Email]), "@")
	switch {
	case rec.Blank || !hasAddress && filled(rec.Cells) == 0:
		it.skip = true
	case it.fault != nil:
	case hasAddress:
		r.form(&it)
	case isRuler(rec.Cells), len(rec.Cells) <= 2 && len(rec.Cells) < r.header.trimmed && isDirective(rec.Cells):
		it.skip, it.skipped = true, strayLines
	case r.header.repeats(rec.Cells):
		it.skip, it.skipped = true, repeatedHeader
	case r.header.isOther(rec.Cells, r.columns.at[Email]):
		return it, &RefusedError{Path: r.path, Place: rec.Place,
			What: "another header in the middle of the file: a second table, or files that were joined",
			Hint: "cut the file there, and import the parts one by one"}
	default:
		r.form(&it)
	}
	return it, nil
}

// form compares a record's cells with the header's.
func (r *rowReader) form(it *item) {
	it.rec.Cells = r.records.Trim(it.rec.Cells)
	cells, width := it.rec.Cells, len(r.header.names)
	missing := slices.ContainsFunc(r.needed, func(i int) bool { return i >= len(cells) })
	unclear := slices.ContainsFunc(r.needed,
		func(i int) bool { return r.doubtQuotes(it.rec.Repair, cellAt(cells, i), i) })
	switch {
	case unclear:
		it.fault = quotesUnclear
	case len(cells) > width, len(cells) == width && r.isShifted(cells):
		it.fault = longRow
	case len(cells) < width && (it.rec.Suspect || missing):
		it.fault = rowTooShort
	case len(cells) < r.header.trimmed:
		it.repairs = append(it.repairs, shortRow)
	}
}

// doubtQuotes reports a cell that the row needs and in which quotes that were
// repaired leave a doubt: a name has no address after it.
func (r *rowReader) doubtQuotes(repair csvtext.Flaw, cell string, column int) bool {
	n := strings.Count(cell, string(r.dialect.Quote))
	switch repair {
	case csvtext.BareQuotes:
		return n%2 == 1 || n > 0 && strings.Contains(cell, string(r.dialect.Delimiter))
	case csvtext.QuotedPhrases:
		return n > 0 && !slices.Contains(r.columns.at[Email], column)
	}
	return false
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

// isFragment reports a record that may be the rest of the row before it, or a
// footer: it has fewer cells than the header, and no address where that stands.
func (r *rowReader) isFragment(it item) bool {
	return len(it.rec.Cells) < r.header.trimmed && (it.fault == nil || it.fault == rowTooShort) &&
		!r.standsAlone(it.rec.Cells)
}

// standsAlone reports a record with a whole address where the row's address
// stands, or with an account id where that is what is needed.
func (r *rowReader) standsAlone(cells []string) bool {
	id := trimBlanks(firstFilled(cells, r.columns.at[AccountID]))
	return readAddress(firstFilled(cells, r.columns.at[Email])).fault == nil ||
		r.columns.needAccounts && id != "" && !strings.ContainsAny(id, " \t")
}

// doubtBefore rejects a row that begins with a name after a line of one cell, which
// may be the beginning of it, and a short row that may be the rest of the short one
// before it, when its address would then stand under another column of addresses.
func (r *rowReader) doubtBefore(it *item) {
	alone := r.alone
	r.alone = it.fault != nil && !it.skip && len(it.rec.Cells) == 1 && !strings.Contains(it.rec.Cells[0], "@")
	if it.skip || it.fault != nil || !r.standsAlone(it.rec.Cells) {
		return
	}
	if f, _ := r.columns.holds(0); alone && !r.columns.needAccounts && f >= Name && f <= LastName {
		it.reject(brokenRow)
		return
	}
	if len(r.held) != 1 || r.held[0].fault != nil || r.held[0].skip || len(r.columns.at[Email]) == 0 {
		return
	}
	offset := len(r.held[0].rec.Cells) - 1
	if offset > 0 && offset+len(it.rec.Cells) == len(r.header.names) &&
		r.addressColumn[offset+r.columns.at[Email][0]] {
		it.reject(brokenRow)
		r.held[0].reject(brokenRow)
	}
}

// release decides what the held records are: rows, parts of one row, or a footer.
func (r *rowReader) release(atEnd bool) {
	r.joinBroken(atEnd)
	if atEnd && len(r.held) > 0 {
		r.endOfFile()
	}
	r.ready = append(r.ready, r.held...)
	r.held = r.held[:0]
}

// joinBroken rejects a row together with the fragments right after it, which a
// line break without quotes may have cut off it.
func (r *rowReader) joinBroken(atEnd bool) {
	end := slices.IndexFunc(r.held, func(it item) bool { return it.skip })
	if end < 0 {
		end = len(r.held)
	}
	if end < 2 || r.held[0].fault != nil && r.held[0].fault != rowTooShort ||
		!r.mayGoOn(r.held[0].rec.Cells, r.held[1].rec.Cells, atEnd) {
		return
	}
	for k := range end {
		r.held[k].reject(brokenRow)
	}
}

// mayGoOn reports whether a fragment can be the rest of the row before it: that
// is short, or its last cell is one that is needed and may go on. At the end of the
// file a total is none.
func (r *rowReader) mayGoOn(cells, rest []string, atEnd bool) bool {
	last := len(cells) - 1
	switch {
	case atEnd && isFooterText(rest[0]) && trimBlanks(cells[last]) != "":
		return false
	case len(cells) < r.header.trimmed:
		return last+len(rest) <= len(r.header.names)
	case len(rest) != 1 || strings.Contains(rest[0], "@") || !slices.Contains(r.needed, last):
		return false
	}
	whole := slices.Contains(r.columns.at[Email], last) && readAddress(cells[last]).fault == nil
	return !whole || strings.HasPrefix(trimBlanks(rest[0]), ".")
}

// endOfFile passes over the short records without an address that end the file,
// unless the very last was cut off.
func (r *rowReader) endOfFile() {
	last := len(r.held) - 1
	start := last + 1
	for start > 0 && (r.held[start-1].skip || r.isFragment(r.held[start-1]) && !r.held[start-1].rec.Suspect) {
		start--
	}
	if r.cutLast(&r.held[last], last == start && last > 0 && !r.held[last-1].skip) {
		return
	}
	for k := start; k <= last; k++ {
		if it := &r.held[k]; !it.skip && it.fault != brokenRow {
			it.skip, it.skipped = true, footerLines
		}
	}
}

// cutLast reports, and says of it, a last record that is short and has no line end.
func (r *rowReader) cutLast(it *item, afterRow bool) bool {
	cells := it.rec.Cells
	switch {
	case it.skip, it.fault != nil && it.fault != rowTooShort, it.rec.Ended, len(cells) >= r.header.trimmed:
		return false
	case r.isFragment(*it) && (!afterRow || isFooterText(cells[0])):
		return false
	case slices.ContainsFunc(r.needed, func(i int) bool { return i >= len(cells)-1 }):
		it.reject(rowTooShort)
	default:
		it.repairs = append(it.repairs, cutOff)
	}
	return true
}

// isFooterText reports what reports write below their rows: words with a number,
// as in "Total: 5" and "(2 rows)".
func isFooterText(s string) bool {
	return strings.ContainsFunc(s, unicode.IsLetter) && strings.ContainsFunc(s, unicode.IsDigit) &&
		strings.ContainsAny(trimBlanks(s), " :(")
}
