package export

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// loner tells a record that can be the rest of the row before it, or a footer:
// it is short, or has few cells and no address. In a file whose rows are short
// as a rule, one with an address is no loner.
func (r *reader) loner(it item) bool {
	if it.fault != 0 && it.fault != rowTooShort {
		return false
	}
	cells := it.rec.cells
	if len(cells) < len(r.judge.header.names) {
		return !r.shortRows || !r.namesAddress(cells)
	}
	return filled(cells) <= 2 && !hasAt(cells) && !r.namesAccount(cells)
}

// namesAccount tells, for revoke, a row that is an account id and no address.
func (r *reader) namesAccount(cells []string) bool {
	id := firstFilled(cells, r.judge.columns.at[AccountID])
	return r.judge.columns.needAccounts && id != "" && !strings.ContainsAny(id, " \t")
}

func hasAt(cells []string) bool {
	return slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, "@") })
}

func (r *reader) release(it item) {
	r.ready = append(r.ready, it)
	r.bytes += size(it)
}

// flush decides what the queued records are: rows, parts of one row, or a footer.
func (r *reader) flush(atEnd bool) {
	for i := 0; i < len(r.queue); i++ {
		if end := r.partsEnd(i); end > i {
			r.breakParts(i, end)
			i = end
		}
	}
	footer := len(r.queue)
	if atEnd && footer > 0 {
		footer = r.footer()
		if r.cutLast(footer) {
			footer = len(r.queue)
		}
	}
	for i, it := range r.queue {
		if i >= footer && !it.skip {
			it.skip, it.skipped = true, footerLines
		}
		r.release(it)
	}
	r.queue, r.queued = r.queue[:0], 0
}

// partsEnd is the last of the records from i on that together have the
// header's cells, as those of a row do that a line break cuts in an unquoted
// cell; i when there are none.
func (r *reader) partsEnd(i int) int {
	width := len(r.judge.header.names)
	if !r.queue[i].joinable() {
		return i
	}
	total, before := len(r.queue[i].rec.cells), r.queue[i]
	for k := i + 1; k < len(r.queue) && total <= width; k++ {
		next := r.queue[k]
		if next.skip && next.skipped == 0 {
			continue
		}
		if !next.joinable() || isFooterText(next.rec.cells[0]) || r.beginsAnew(before.rec.cells, next.rec.cells) {
			return i
		}
		before = next
		if total == width && !r.mayContinue(r.queue[i], next, k-i) {
			return i
		}
		if total += len(next.rec.cells) - 1; total == width {
			return k
		}
	}
	return i
}

func (it item) joinable() bool {
	return !it.skip && (it.fault == 0 || it.fault == rowTooShort)
}

// mayContinue tells whether a line of one cell after a whole row can be the
// rest of its last cell, when that cell is needed.
func (r *reader) mayContinue(row, next item, apart int) bool {
	last := len(r.judge.header.names) - 1
	return slices.Contains(r.judge.needed, last) && !r.wholeAddress(row.rec.cells, last, next.rec.cells[0]) && apart == 1 && len(next.rec.cells) == 1 && !hasAt(next.rec.cells) && len(row.rec.cells) == last+1
}

// beginsAnew tells a short row of its own, after one that ends in a whole address.
func (r *reader) beginsAnew(before, cells []string) bool {
	return r.wholeAddress(before, len(before)-1, cells[0]) && r.namesAddress(cells) && !strings.Contains(cells[0], "@")
}

// namesAddress tells a record with an address where the row's address stands.
func (r *reader) namesAddress(cells []string) bool {
	return readAddress(firstFilled(cells, r.judge.columns.at[Email])).fault == 0
}

// wholeAddress tells a cell that is an address, which no line after it goes on with.
func (r *reader) wholeAddress(cells []string, i int, next string) bool {
	return slices.Contains(r.judge.columns.at[Email], i) && readAddress(cellAt(cells, i)).fault == 0 && !strings.HasPrefix(trimBlanks(next), ".")
}

// doubtBeginning rejects a row that begins with a name after a line of one cell:
// the line may be the beginning of that name.
func (r *reader) doubtBeginning(it *item) {
	before := r.lone
	r.lone = 0
	if it.fault != 0 && !it.skip && len(it.rec.cells) == 1 && mayBeName(it.rec.cells[0]) {
		r.lone = it.rec.line
	}
	if before == 0 || it.skip || it.fault != 0 || !r.judge.columns.startsWithName() {
		return
	}
	if r.namesAddress(it.rec.cells) {
		it.fault, it.repairs, it.from = beginningApart, nil, before
	}
}

// mayBeName tells what is no sentence, and nothing that reports write between rows.
func mayBeName(s string) bool {
	const words, letters = 6, 60
	s = trimBlanks(s)
	return !strings.Contains(s, "@") && !isFooterText(s) && len(strings.Fields(s)) <= words && utf8.RuneCountInString(s) <= letters
}

// startsWithName tells whether the first column holds names that are sent.
func (c *columns) startsWithName() bool {
	f := c.field(0)
	return !c.needAccounts && (f == Name || f == FirstName || f == LastName)
}

func (r *reader) breakParts(from, to int) {
	for k := from; k <= to; k++ {
		it := &r.queue[k]
		if !it.skip {
			it.fault, it.repairs = brokenRow, nil
			it.from, it.to = r.queue[from].rec.line, r.queue[to].rec.line+r.queue[to].rec.lines-1
		}
	}
}

// footer is where, in the queue at the end of the file, a footer starts.
func (r *reader) footer() int {
	width := len(r.judge.header.names)
	start := len(r.queue)
	for i := len(r.queue) - 1; i >= 0; i-- {
		it := r.queue[i]
		if it.skip {
			continue
		}
		if it.fault != 0 && it.fault != rowTooShort || filled(it.rec.cells) > 2 || hasAt(it.rec.cells) || it.rec.mending {
			break
		}
		apart := i > 0 && r.queue[i-1].skip && r.queue[i-1].skipped == 0
		if len(it.rec.cells) < width && len(it.rec.cells) <= 2 || apart || isFooterText(it.rec.cells[0]) {
			start = i
		}
	}
	return start
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if trimBlanks(c) != "" {
			n++
		}
	}
	return n
}

// isFooterText tells what reports write below their rows.
func isFooterText(s string) bool {
	s = strings.ToLower(trimBlanks(s))
	for _, start := range []string{"grand total", "total", "copyright", "confidential", "generated by", "report generated", "exported", "end of", "(c)", "©", "summe", "gesamt", "anzahl", "filter"} {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	for _, end := range []string{" records", " rows", " rows)", " row)", " rows affected)", " row affected)", " rows selected."} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// cutLast looks at the last row: short and without a line end it may have been
// cut off, and is sent only when what it needs was surely whole.
func (r *reader) cutLast(footer int) bool {
	last := len(r.queue) - 1
	it := &r.queue[last]
	if !it.joinable() || it.rec.end != noLineEnd || len(it.rec.cells) >= r.judge.header.trimmed {
		return false
	}
	if last > footer || last == footer && (isFooterText(it.rec.cells[0]) || last == 0 || r.queue[last-1].skip) {
		return false
	}
	whole := true
	for _, i := range r.judge.needed {
		whole = whole && i < len(it.rec.cells)-1
	}
	if whole {
		it.repairs = append(it.repairs, cutOff)
	} else {
		it.fault, it.repairs = cutOffRow, nil
	}
	return true
}
