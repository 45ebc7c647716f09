package export

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"jsm-onboard/importer/csvtext"
)

// item is a record on its way to becoming a row, or a line that is none.
type item struct {
	rec      csvtext.Record
	skip     bool
	skipped  kind // why, 0: blank
	fault    kind
	repairs  []kind
	from, to Place // parts of a broken row
}

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
	alone   Place // the record before, if it may be the beginning of the next row's name; else zero
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
		r.doubtBeginning(&it)
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
	case rec.Blank || !hasAddress && allBlank(rec.Cells):
		it.skip = true
	case it.fault != 0:
	case hasAddress:
		r.form(&it)
	case isRuler(rec.Cells):
		it.skip, it.skipped = true, rulerLines
	case r.header.repeats(rec.Cells):
		it.skip, it.skipped = true, repeatedHeader
	case len(rec.Cells) <= 2 && len(rec.Cells) < r.header.trimmed && isDirective(rec.Cells) &&
		!strings.HasPrefix(strings.ToLower(rec.Cells[0]), "version:"):
		it.skip, it.skipped = true, strayDirective
	case r.header.isOther(rec.Cells, r.columns.at[Email]):
		return it, &RefusedError{Path: r.path, Place: rec.Place,
			What: "another header in the middle of the file: a second table, or files that were joined",
			Hint: "cut the file there, and import the parts one by one"}
	default:
		r.form(&it)
	}
	return it, nil
}

func allBlank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return c != "" && trimBlanks(c) != "" })
}

// form compares a record's cells with the header's.
func (r *rowReader) form(it *item) {
	width := len(r.header.names)
	it.rec.Cells = r.records.Trim(it.rec.Cells)
	cells := it.rec.Cells
	switch {
	case len(cells) > width:
		it.fault = longRow
	case len(cells) < width && (it.rec.Suspect || !r.isComplete(cells)):
		it.fault = rowTooShort
	case len(cells) < r.header.trimmed:
		it.repairs = append(it.repairs, shortRow)
	case r.isShifted(cells):
		it.fault = shiftedRow
	}
	for _, i := range r.needed {
		if r.doubtQuotes(it.rec.Repair, cellAt(cells, i), i) {
			it.fault = quotesUnclear
		}
	}
}

// isComplete reports whether all the cells are there that a row needs.
func (r *rowReader) isComplete(cells []string) bool {
	return !slices.ContainsFunc(r.needed, func(i int) bool { return i >= len(cells) })
}

// isShifted reports a row whose last cell is filled though that column is empty
// elsewhere, when the column has no header, or the cell after a name begins with
// a blank or stands in the address: "Lee, Ann" without quotes takes two cells.
func (r *rowReader) isShifted(cells []string) bool {
	last := len(r.header.names) - 1
	if !r.emptyLast || len(cells) <= last || trimBlanks(cells[last]) == "" {
		return false
	}
	if r.header.names[last] == "" {
		return true
	}
	a := readAddress(firstFilled(cells, r.columns.at[Email]))
	local, _, _ := strings.Cut(a.key, "@")
	for _, f := range []Field{Name, FirstName, LastName} {
		for _, i := range r.columns.at[f] {
			next := cellAt(cells, i+1)
			if strings.HasPrefix(next, " ") && !strings.HasPrefix(cells[last], " ") {
				return true
			}
			if _, taken := r.columns.holds(i + 1); !taken && slices.ContainsFunc(foldedWords(next),
				func(w string) bool { return standsIn(w, foldedWords(local)) }) {
				return true
			}
		}
	}
	return false
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

// isFragment reports a record that may be the rest of the row before it, or a
// footer: it has fewer cells than the header, and no address where that stands.
func (r *rowReader) isFragment(it item) bool {
	return len(it.rec.Cells) < r.header.trimmed && (it.fault == 0 || it.fault == rowTooShort) &&
		!r.standsAlone(it.rec.Cells)
}

// standsAlone reports a record with a whole address where the row's address
// stands, or with an account id where that is what is needed.
func (r *rowReader) standsAlone(cells []string) bool {
	id := trimBlanks(firstFilled(cells, r.columns.at[AccountID]))
	return readAddress(firstFilled(cells, r.columns.at[Email])).fault == 0 ||
		r.columns.needAccounts && id != "" && !strings.ContainsAny(id, " \t")
}

// release decides what the held records are: rows, parts of one row, or a footer.
func (r *rowReader) release(atEnd bool) {
	r.joinBroken(atEnd)
	if atEnd {
		r.endOfFile()
	}
	r.ready = append(r.ready, r.held...)
	r.held = r.held[:0]
}

// joinBroken rejects a row together with the fragments right after it, which a
// line break without quotes may have cut off it.
func (r *rowReader) joinBroken(atEnd bool) {
	if len(r.held) == 0 || r.held[0].skip || r.held[0].fault != 0 && r.held[0].fault != rowTooShort {
		return
	}
	end := 1
	for end < len(r.held) && !r.held[end].skip {
		end++
	}
	if end == 1 || !r.mayGoOn(r.held[0], r.held[1], atEnd) {
		return
	}
	for k := range end {
		it := &r.held[k]
		it.fault, it.repairs = brokenRow, nil
		it.from, it.to = r.held[0].rec.Place, r.held[end-1].rec.Place
	}
}

// mayGoOn reports whether a fragment can be the rest of the row before it: that
// is short, or its last cell is one that is needed and may go on. At the end of the
// file a total is none.
func (r *rowReader) mayGoOn(row, rest item, atEnd bool) bool {
	cells, last := row.rec.Cells, len(row.rec.Cells)-1
	if atEnd && isFooterText(rest.rec.Cells[0]) && trimBlanks(cells[last]) != "" {
		return false
	}
	if len(cells) < r.header.trimmed {
		return len(cells)+len(rest.rec.Cells)-1 <= len(r.header.names)
	}
	if len(rest.rec.Cells) != 1 || strings.Contains(rest.rec.Cells[0], "@") || !slices.Contains(r.needed, last) {
		return false
	}
	whole := slices.Contains(r.columns.at[Email], last) && readAddress(cells[last]).fault == 0
	return !whole || strings.HasPrefix(trimBlanks(rest.rec.Cells[0]), ".")
}

// endOfFile passes over the short records without an address that end the file,
// unless the very last was cut off.
func (r *rowReader) endOfFile() {
	start := len(r.held)
	for start > 0 && (r.held[start-1].skip || r.isFragment(r.held[start-1]) && !r.held[start-1].rec.Suspect) {
		start--
	}
	last := len(r.held) - 1
	if last < 0 {
		return
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
	if it.skip || it.fault != 0 && it.fault != rowTooShort || it.rec.Ended || len(cells) >= r.header.trimmed {
		return false
	}
	if r.isFragment(*it) && (!afterRow || isFooterText(cells[0])) {
		return false
	}
	if slices.ContainsFunc(r.needed, func(i int) bool { return i >= len(cells)-1 }) {
		it.fault, it.repairs = cutOffRow, nil
	} else {
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

// doubtBeginning rejects a row that begins with a name after a line of one cell:
// the line may be the beginning of that name. A short row that may be the rest
// of the one before it is rejected too, where its address would then stand under
// another column of addresses.
func (r *rowReader) doubtBeginning(it *item) {
	before := r.alone
	r.alone = Place{}
	if it.fault != 0 && !it.skip && len(it.rec.Cells) == 1 && mayBeginName(it.rec.Cells[0]) {
		r.alone = it.rec.Place
	}
	if it.skip || it.fault != 0 || !r.standsAlone(it.rec.Cells) {
		return
	}
	if before.Row > 0 && r.startsWithName() {
		it.fault, it.repairs, it.from = beginningApart, nil, before
		return
	}
	if len(it.rec.Cells) >= r.header.trimmed || len(r.held) != 1 || r.held[0].fault != 0 || r.held[0].skip {
		return
	}
	row := &r.held[0]
	offset := len(row.rec.Cells) - 1
	if offset+len(it.rec.Cells) == len(r.header.names) && len(r.columns.at[Email]) > 0 &&
		r.addressColumn[offset+r.columns.at[Email][0]] {
		for _, part := range []*item{row, it} {
			part.fault, part.repairs, part.from, part.to = brokenRow, nil, row.rec.Place, it.rec.Place
		}
	}
}

// mayBeginName reports what is no sentence, and no address.
func mayBeginName(s string) bool {
	const most, letters = 6, 60
	return !strings.Contains(s, "@") && len(strings.Fields(s)) <= most && utf8.RuneCountInString(s) <= letters
}

// startsWithName reports whether the first column holds names that are sent.
func (r *rowReader) startsWithName() bool {
	f, _ := r.columns.holds(0)
	return !r.columns.needAccounts && (f == Name || f == FirstName || f == LastName)
}
