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

// Rows are given in batches, for gocsv. One is longer while lines may be a footer: the next ones show that.
const (
	batchRows = 256
	maxBatch  = 1024
)

// rowReader reads rows, and lines that are none, in order: the same in both passes.
type rowReader struct {
	*layout
	records *csvtext.Reader
}

// batches are valid until the next one.
func (r *rowReader) batches(yield func([]*Row, error) bool) {
	var rows []*Row
	for {
		rec, err := r.records.Next()
		if err == io.EOF {
			r.skipFooter(rows)
			yield(rows, nil)
			return
		}
		if rec.Place.Row >= r.header.place.Row {
			r.records.Width = len(r.header.names)
		}
		if err == nil && rec.Place == r.header.place {
			continue
		}
		row := &Row{Place: rec.Place, record: rec}
		n := len(rows)
		if err == nil {
			err = r.classify(row, n > 0 && rows[n-1].fragment)
		}
		if err != nil {
			yield(rows, err)
			return
		}
		if n > 0 && r.mayBeSplitRow(rows[n-1], row) {
			rows[n-1].fault, row.fault = kindOf("broken_row"), kindOf("broken_row")
		}
		if n >= maxBatch || n >= batchRows && row.skipped == nil && !row.fragment {
			if !yield(rows, nil) {
				return
			}
			rows = rows[:0]
		}
		rows = append(rows, row)
	}
}

// classify tells rows from other lines. A header after a line of text is that of a second table.
func (r *rowReader) classify(row *Row, afterFragment bool) error {
	rec := row.record
	if rec.BOM {
		row.repaired(kindOf("bom_inside"))
	}
	if rec.Fault != "" {
		row.fault = kindOf(string(rec.Fault))
	}
	if rec.Repaired {
		row.repaired(kindOf("quotes_repaired"))
	}
	above := rec.Place.Row < r.header.place.Row
	hasAddress := strings.Contains(firstFilled(rec.Cells, r.columns.at[Email]), "@")
	switch {
	case !hasAddress && trimBlanks(strings.Join(rec.Cells, "")) == "", above && isDirective(rec.Cells):
		row.skipped = blankLines
	case above:
		row.skipped = kindOf("title_lines")
	case row.fault != nil:
	case hasAddress:
		r.checkWidth(row)
	case ruler.MatchString(strings.Join(rec.Cells, "")), len(rec.Cells) < r.header.trimmed && isDirective(rec.Cells):
		row.skipped = kindOf("stray_directive")
	default:
		other := newHeader(rec.Cells, Place{})
		switch repeats := r.header.repeats(other); {
		case repeats && !afterFragment:
			row.skipped = kindOf("repeated_header")
		case repeats, r.header.isOther(other, r.columns.at[Email]):
			return refuse(rec.Place,
				"another header: a second table, files that were joined, or a header of several lines",
				"cut the file there, and import the parts one by one; or delete all lines between the first header "+
					"and the first person")
		default:
			r.checkWidth(row)
		}
	}
	return nil
}

// checkWidth compares the number of a record's cells with the header's.
func (r *rowReader) checkWidth(row *Row) {
	cells, width := row.record.Cells, len(r.header.names)
	whole := len(cells)
	if !row.record.Ended && (whole < r.header.trimmed || r.isCutOff(cells)) {
		whole--
		row.repaired(kindOf("cut_off"))
	}
	missing := slices.ContainsFunc(r.needed, func(i int) bool { return i >= whole })
	switch shifted := r.isShifted(cells); {
	case len(cells) > width, shifted && trimBlanks(cellAt(cells, width-1)) != "":
		row.fault = kindOf("long_row")
	case missing, len(cells) < width && row.record.Suspect, shifted:
		row.fault = kindOf("row_too_short")
	case len(cells) < r.header.trimmed:
		row.repaired(kindOf("short_row"))
	}
	row.fragment = len(cells) < r.header.trimmed && !r.standsAlone(cells)
}

// standsAlone reports whether a record has a whole address in its column, or an account id if that is needed.
func (r *rowReader) standsAlone(cells []string) bool {
	id := trimBlanks(firstFilled(cells, r.columns.at[AccountID]))
	return readAddress(firstFilled(cells, r.columns.at[Email])).key != "" ||
		r.options.NeedAccounts && id != "" && !strings.ContainsAny(id, " \t")
}

// isCutOff reports an address in the last cell whose domain no other row of the sample has, and one goes on.
func (r *rowReader) isCutOff(cells []string) bool {
	last, same, longer := len(cells)-1, 0, false
	_, domain, found := strings.Cut(cells[last], "@")
	for _, other := range r.sample {
		if _, d, _ := strings.Cut(cellAt(other, last), "@"); d == domain {
			same++ // the row itself is among them in a small file
		} else if strings.HasPrefix(d, domain) {
			longer = true
		}
	}
	return found && longer && same < 2
}

// isShifted reports whether cells of a row seem to be in other columns: the last one is filled though that column is
// empty elsewhere and has no header, or another cell begins with a blank ("Lee, Ann" takes two cells) or has what the
// names lack of the address; or it is empty though it is not elsewhere, and a cell does not look like its column's.
func (r *rowReader) isShifted(cells []string) bool {
	last := len(r.header.names) - 1
	filled, odd := trimBlanks(cellAt(cells, last)) != "", false
	if filled && r.emptyLast {
		local := localWords(readAddress(firstFilled(cells, r.columns.at[Email])).key)
		names := asciiWords(textOf(cells, r.columns.at.names()))
		moved := func(c string) bool {
			return strings.HasPrefix(c, " ") && !strings.HasPrefix(cells[last], " ") || !strings.Contains(c, "@") &&
				!covers(names, local) && covers(append(asciiWords(c), names...), local)
		}
		return r.header.names[last] == "" || slices.ContainsFunc(cells[1:], moved)
	}
	for i := 0; r.fullLast && !filled && i < len(cells); i++ {
		s, name := r.columns.cells.of(i), isName(cells[i])
		texts, numbers := nearly(s.names, s.filled), nearly(s.filled-s.names-s.ats, s.filled)
		odd = odd || trimBlanks(cells[i]) != "" && s.filled > 4 && (texts && !name || numbers && name)
	}
	return odd
}

// mayBeSplitRow reports whether two consecutive records may be one row that an unquoted line break has split: a row
// that is short, or ends in a needed cell, and a fragment; a single cell, and a row that begins with a needed one; or
// two rows, if the address of the second would be in another column of addresses.
func (r *rowReader) mayBeSplitRow(before, row *Row) bool {
	cells, rest := before.record.Cells, row.record.Cells
	last := len(cells) - 1
	another := func(i int) bool { return r.columns.cells.of(last + i).looksAddresses() }
	switch {
	case before.skipped != nil, row.skipped != nil, last+len(rest) > len(r.header.names), isSumLine(rest):
		return false
	case row.fragment:
		whole := r.columns.holds(last) == Email && r.standsAlone(cells) && !r.isCutOff(cells) &&
			!strings.HasPrefix(rest[0], ".")
		return !before.fragment && !strings.Contains(rest[0], "@") &&
			(last+1 < r.header.trimmed || slices.Contains(r.needed, last) && !whole)
	case last == 0:
		return (before.fragment || before.record.Fault != "") && !r.options.NeedAccounts &&
			slices.Contains(r.columns.at.names(), 0)
	}
	return last+len(rest) == len(r.header.names) && slices.ContainsFunc(r.columns.at[Email], another)
}

// sumLine matches lines such as "Total: 12", "(2 rows)" or "Grand Totals (5700 records)", which are no part of a name.
var sumLine = regexp.MustCompile(`^[^\d]*[:(=][^\d]*\d`)

// isSumLine reports whether a line is one cell with a sum.
func isSumLine(cells []string) bool { return len(cells) == 1 && sumLine.MatchString(cells[0]) }

// skipFooter skips the fragments that end the file; in a revocation only sums, and never what may be a row cut off.
func (r *rowReader) skipFooter(rows []*Row) {
	for i, row := range slices.Backward(rows) {
		cut := !row.record.Ended && i > 0 && rows[i-1].skipped == nil && !rows[i-1].fragment
		switch {
		case row.skipped != nil:
		case !row.fragment, row.fault == kindOf("broken_row"), row.record.Suspect,
			slices.ContainsFunc(row.record.Cells, mayBeAddress),
			(cut || r.options.NeedAccounts) && !isSumLine(row.record.Cells):
			return
		default:
			row.skipped, row.repairs = kindOf("footer"), nil
		}
	}
}
