package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// item is a record on its way to becoming a row, or a line that is none.
type item struct {
	rec      record
	skip     bool
	skipped  kind // why, 0: blank
	fault    kind
	repairs  []kind
	from, to int // physical lines of a broken row's parts
}

// Bounds of what is held back until the next lines show what it is, and of
// what goes through gocsv at once.
const (
	maxQueue      = 64
	maxQueueBytes = 4 << 20
	batchRows     = 256
	batchBytes    = 1 << 20
)

// reader reads rows in order. The same file gives the same rows each time:
// both passes use it.
type reader struct {
	path   string
	s      *splitter
	judge  *judge
	people *canonical
	queue  []item // a row, and after it lines that may be its rest, or a footer
	queued int    // bytes in it
	ready  []item
	bytes  int
	ended  bool
	number int
}

// read gives the next rows and lines that are none, in order; nil at the end.
func (r *reader) read() ([]item, []person, error) {
	r.ready, r.bytes = r.ready[:0], 0
	for !r.ended && len(r.ready) < batchRows && r.bytes < batchBytes {
		if err := r.take(); err != nil {
			return nil, nil, err
		}
	}
	if len(r.ready) == 0 {
		return nil, nil, nil
	}
	records := make([][]string, 0, len(r.ready))
	for _, it := range r.ready {
		if !it.skip {
			records = append(records, it.rec.cells)
		}
	}
	people, err := r.people.people(records)
	return r.ready, people, err
}

// take reads one record and decides about those before it.
func (r *reader) take() error {
	rec, err := r.s.next()
	if err == io.EOF {
		r.ended = true
		r.flush(true)
		return nil
	}
	if err != nil {
		return err
	}
	it, err := r.classify(rec)
	if err != nil {
		return err
	}
	switch {
	case it.skip && len(r.queue) == 0:
		r.release(it)
		return nil
	case !it.skip && !r.loner(it):
		r.flush(false)
	case len(r.queue) >= maxQueue || r.queued > maxQueueBytes:
		r.flush(false)
	}
	r.queue = append(r.queue, it)
	r.queued += size(it)
	return nil
}

func size(it item) int {
	n := 0
	for _, c := range it.rec.cells {
		n += len(c) + 16
	}
	return n
}

// classify tells rows from lines that are none.
func (r *reader) classify(rec record) (item, error) {
	it := item{rec: rec, fault: rec.fault}
	if rec.bom {
		it.repairs = append(it.repairs, bomInside)
	}
	if rec.repair != 0 {
		it.repairs = append(it.repairs, rec.repair)
	}
	person := strings.Contains(firstFilled(rec.cells, r.judge.columns.at[Email]), "@")
	switch {
	case rec.blank || !person && allBlank(rec.cells):
		it.skip = true
	case it.fault != 0:
	case person:
		r.form(&it)
	case r.judge.header.repeats(rec.cells):
		it.skip, it.skipped = true, repeatedHeader
	case len(rec.cells) <= 2 && isDirective(rec.cells) && !strings.HasPrefix(strings.ToLower(rec.cells[0]), "version:"):
		it.skip, it.skipped = true, strayDirective
	case r.otherHeader(rec.cells):
		return it, &RefusedError{Path: r.path, Line: rec.line, What: "another header in the middle of the file: files with other columns were joined",
			Hint: "import them one by one"}
	default:
		r.form(&it)
	}
	return it, nil
}

func allBlank(cells []string) bool {
	for _, c := range cells {
		if c != "" && trimBlanks(c) != "" {
			return false
		}
	}
	return true
}

// otherHeader tells a record that names columns, but not as the header does.
func (r *reader) otherHeader(cells []string) bool {
	h := r.judge.header
	if h.line == 0 {
		return false
	}
	filled, known, email := 0, 0, false
	for _, c := range cells {
		if c == "" || len(c) > 60 {
			continue
		}
		if strings.Contains(c, "@") {
			return false
		}
		filled++
		key := squeeze(c)
		_, isEmail := means(key, Email)
		email = email || isEmail
		if isEmail || dictionary().rank[key] != nil || h.index(c) >= 0 {
			known++
		}
	}
	return email && filled > 1 && known*3 >= filled*2
}

// form compares a record's cells with the header's.
func (r *reader) form(it *item) {
	width := len(r.judge.header.names)
	it.rec.cells = r.s.surplusOff(it.rec.cells)
	cells := it.rec.cells
	switch {
	case len(cells) > width:
		it.fault = longRow
	case len(cells) < width && (it.rec.mending || !r.complete(cells)):
		it.fault = rowTooShort
	case len(cells) < r.judge.header.trimmed:
		it.repairs = append(it.repairs, shortRow)
	}
	if it.rec.repair == bareQuotes {
		for _, i := range r.judge.needed {
			if c := cellAt(cells, i); strings.Contains(c, string(r.s.quote)) && strings.Contains(c, string(r.s.delim)) {
				it.fault = quotesUnclear
			}
		}
	}
}

// complete tells whether all the cells are there that a row needs.
func (r *reader) complete(cells []string) bool {
	for _, i := range r.judge.needed {
		if i >= len(cells) {
			return false
		}
	}
	return true
}

// loner tells a record that can be the rest of the row before it, or a footer:
// few cells, and no address.
func (r *reader) loner(it item) bool {
	if it.fault != 0 && it.fault != rowTooShort {
		return false
	}
	filled := 0
	for _, c := range it.rec.cells {
		if strings.Contains(c, "@") {
			return false
		}
		if c != "" {
			filled++
		}
	}
	return filled <= 2 || len(it.rec.cells) < len(r.judge.header.names)
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
	total := len(r.queue[i].rec.cells)
	for k := i + 1; k < len(r.queue) && total <= width; k++ {
		next := r.queue[k]
		if next.skip && next.skipped == 0 {
			continue
		}
		if !next.joinable() || isFooterText(next.rec.cells[0]) {
			return i
		}
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
	return slices.Contains(r.judge.needed, last) && apart == 1 && len(next.rec.cells) == 1 && len(row.rec.cells) == last+1
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
		if it.fault != 0 && it.fault != rowTooShort || !r.loner(it) || filled(it.rec.cells) > 2 || it.rec.mending {
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
	return strings.HasSuffix(s, " records") || strings.HasSuffix(s, " rows") || strings.HasSuffix(s, " rows selected.")
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

// rowsOf makes rows of a batch; each is called with the rows and skipped lines in order.
func (r *reader) rowsOf(items []item, people []person, row func(*Row) error, skip func(item)) error {
	for _, it := range items {
		if it.skip {
			if skip != nil {
				skip(it)
			}
			continue
		}
		made := r.judge.row(it, people[0])
		people = people[1:]
		r.number++
		made.Number = r.number
		if err := row(made); err != nil {
			return err
		}
	}
	if len(people) != 0 {
		return fmt.Errorf("%s: %d people were left over", r.path, len(people))
	}
	return nil
}
