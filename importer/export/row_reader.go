package export

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"
)

// blankLines are skipped without a word.
var blankLines = &Problem{}

// lines reads rows, and lines that are none, in order: the same in both passes. [Survey.checkRow] reads their cells.
func (l *layout) lines(yield func(*Row, error) bool) {
	var held []*Row // the last row, as the next line may be a part of it, and lines that may be a footer
	var err error
	records, before := l.file.Records(l.encoding, l.dialect), &Row{skipped: blankLines}
	records.Width = len(l.header.names)
	for err == nil {
		row := &Row{Number: before.Number}
		if row.record, err = records.Next(); row.record.Place == l.header.place {
			continue
		}
		switch err = cmp.Or(err, l.classify(row, before.fragment)); {
		case err != nil:
			l.skipFooter(held)
		case row.skipped == nil:
			if row.Number++; l.mayBeSplitRow(before, row) {
				before.fault, row.fault = kindOf("broken_row"), kindOf("broken_row")
			}
		}
		if err != nil || row.skipped == nil && !row.fragment || len(held) >= 1024 { // no footer is so long
			for _, ready := range held {
				if !yield(ready, nil) {
					return
				}
			}
			held = held[:0]
		}
		held, before = append(held, row), row
	}
	if err != io.EOF {
		yield(nil, err)
	}
}

// classify tells rows from other lines. A header after a line of text is that of a second table.
func (l *layout) classify(row *Row, afterFragment bool) error {
	rec := row.record
	row.Place, row.Cells = rec.Place, rec.Cells
	for _, repair := range rec.Repairs {
		row.repairs = append(row.repairs, kindOf(repair))
	}
	if rec.Fault != "" {
		row.fault = kindOf(rec.Fault)
	}
	above := rec.Place.Row < l.header.place.Row
	text := strings.Join(rec.Cells, "")
	switch {
	case trimBlanks(text) == "", above && isDirective(rec.Cells):
		row.skipped = blankLines
	case above:
		row.skipped = kindOf("title_lines")
	case strings.Contains(text, "@"):
	case ruler.MatchString(text), len(rec.Cells) < l.header.trimmed && isDirective(rec.Cells):
		row.skipped = kindOf("stray_directive")
	default:
		switch other := newHeader(rec.Cells, Place{}); {
		case l.header.repeats(other) && !afterFragment:
			row.skipped = kindOf("repeated_header")
		case l.header.isOther(other, l.columns.at[Email]):
			return refuse(rec.Place,
				"another header: a second table, files that were joined, or a header of several lines",
				"cut the file there, and import the parts one by one; or delete all lines between the first header "+
					"and the first person")
		}
	}
	if row.skipped == nil && row.fault == nil {
		l.checkWidth(row)
	}
	return nil
}

// checkWidth compares the number of a record's cells with the header's.
func (l *layout) checkWidth(row *Row) {
	cells, width := row.record.Cells, len(l.header.names)
	whole := len(cells)
	short, inAddress := whole < l.header.trimmed, slices.Contains(l.columns.at[Email], whole-1)
	malformed := !short && inAddress && !l.standsAlone(cells) // and perhaps not for a cut
	if !row.record.Ended && (short || malformed || l.isCutOff(cells)) {
		row.repairs = append(row.repairs, kindOf("cut_off"))
		whole -= countIf(!malformed)
	}
	missing := slices.ContainsFunc(l.needed, func(i int) bool { return i >= whole })
	switch shifted := l.isShifted(cells); {
	case len(cells) > width, shifted && trimBlanks(cellAt(cells, width-1)) != "":
		row.fault = kindOf("long_row")
	case missing, len(cells) < width && row.record.Suspect, shifted:
		row.fault = kindOf("row_too_short")
	case len(cells) < l.header.trimmed:
		row.repairs = append(row.repairs, kindOf("short_row"))
	}
	row.fragment = len(cells) < l.header.trimmed && !l.standsAlone(cells)
}

// standsAlone reports whether a record has a whole address in its column, or one word as an account id.
func (l *layout) standsAlone(cells []string) bool {
	return readAddress(l.cell(cells, Email)).key != "" || len(strings.Fields(l.cell(cells, AccountID))) == 1
}

// isCutOff reports an address in the last cell whose domain no other row of the sample has, and one goes on.
func (l *layout) isCutOff(cells []string) bool {
	last, same, longer := len(cells)-1, 0, false
	_, domain, found := strings.Cut(cells[last], "@")
	for _, other := range l.sample {
		_, d, _ := strings.Cut(cellAt(other, last), "@")
		if longer = longer || d != domain && strings.HasPrefix(d, domain); d == domain {
			same++ // the row itself is among them in a small file
		}
	}
	return found && longer && same < 2
}

// isShifted reports whether cells of a row seem to be in other columns: the last one is filled though that column is
// empty elsewhere and has no header, or another cell begins with a blank ("Lee, Ann" takes two cells) or has what the
// names lack of the address; or it is empty though it is not elsewhere, and a cell does not look like its column's.
func (l *layout) isShifted(cells []string) bool {
	last := len(l.header.names) - 1
	filled := trimBlanks(cellAt(cells, last)) != ""
	if filled && l.emptyLast {
		local := localWords(readAddress(l.cell(cells, Email)).key)
		names := asciiWords(textOf(cells, l.columns.at.names()))
		moved := func(c string) bool {
			return strings.HasPrefix(c, " ") && !strings.HasPrefix(cells[last], " ") || !strings.Contains(c, "@") &&
				!covers(names, local) && covers(append(asciiWords(c), names...), local)
		}
		return l.header.names[last] == "" || slices.ContainsFunc(cells[1:], moved)
	}
	return !filled && l.fullLast && l.header.where(func(i int) bool {
		s, cell := l.columns.of(i), cellAt(cells, i)
		texts, numbers := nearly(s.names, s.filled), nearly(s.filled-s.names-s.addresses, s.filled)
		return trimBlanks(cell) != "" && (texts && !isName(cell) || numbers && isName(cell))
	}) != nil
}

// mayBeSplitRow reports whether two consecutive records may be one row that an unquoted line break has split: a row
// that is short, or ends in a needed cell, and a fragment; a single cell, and a row that begins with a needed one; or
// two rows, if the address of the second would be in another column of addresses.
func (l *layout) mayBeSplitRow(before, row *Row) bool {
	cells, rest := before.record.Cells, row.record.Cells
	last := len(cells) - 1
	another := func(i int) bool { return l.columns.of(last + i).looksAddresses() }
	switch {
	case before.skipped != nil, last+len(rest) > len(l.header.names), isSumLine(rest):
		return false
	case row.fragment:
		whole := l.columns.holds(last) == Email && l.standsAlone(cells) && !l.isCutOff(cells) &&
			!strings.HasPrefix(rest[0], ".")
		return !before.fragment && !strings.Contains(rest[0], "@") &&
			(last+1 < l.header.trimmed || slices.Contains(l.needed, last) && !whole)
	case last == 0:
		return !l.options.NeedAccounts && slices.Contains(l.columns.at.names(), 0)
	}
	return last+len(rest) == len(l.header.names) && slices.ContainsFunc(l.columns.at[Email], another)
}

// isSumLine reports whether a line is one cell with a sum, which is no part of a name: "Total: 12", "(2 rows)".
func isSumLine(cells []string) bool { return len(cells) == 1 && sumLine.MatchString(cells[0]) }

var sumLine = regexp.MustCompile(`^[^\d]*[:(=][^\d]*\d`)

// failure matches what programs write when an export fails on the way.
var failure = regexp.MustCompile(`(?i)^\W*(php |sql)?(error|fatal|exception|traceback|timeout)\b|<html|<!doctype`)

// skipFooter skips the fragments that end the file; in a revocation only sums, and never what may be a row cut off.
func (l *layout) skipFooter(rows []*Row) {
	for i, row := range slices.Backward(rows) {
		cut := !row.record.Ended && i > 0 && rows[i-1].skipped == nil && !rows[i-1].fragment
		switch {
		case row.skipped != nil:
		case !row.fragment, row.fault == kindOf("broken_row"), row.record.Suspect,
			slices.ContainsFunc(row.record.Cells, mayBeAddress),
			(cut || l.options.NeedAccounts) && !isSumLine(row.record.Cells):
			return
		default:
			row.skipped, row.repairs = kindOf("footer"), nil
			if failure.MatchString(strings.Join(row.record.Cells, " ")) {
				row.repairs = []*Problem{kindOf("cut_off")}
			}
		}
	}
}
