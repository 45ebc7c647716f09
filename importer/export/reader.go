package export

import (
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
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
	path    string
	s       *splitter
	judge   *judge
	people  *canonical
	queue   []item // a row, and after it lines that may be its rest, or a footer
	queued  int    // bytes in it
	ready   []item
	spare   []item
	records [][]string
	bytes   int
	ended   bool
	number  int
	lone    int // line of the record before, if it is one cell that may begin the next row; else 0

	shortRows bool // most rows of the file end before the header's columns do
}

// batch is some records in order, and the people that gocsv took from those that are rows.
type batch struct {
	items  []item
	people []person
	err    error
}

// batches reads ahead by one batch while the one before is worked on.
func (r *reader) batches() iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		ahead, stop := make(chan batch), make(chan struct{})
		var reading sync.WaitGroup
		reading.Go(func() {
			defer close(ahead)
			for {
				b := r.read()
				if b.items == nil && b.err == nil {
					return
				}
				select {
				case ahead <- b:
				case <-stop:
					return
				}
				if b.err != nil {
					return
				}
			}
		})
		defer reading.Wait()
		defer close(stop)
		for b := range ahead {
			if !yield(b, b.err) {
				return
			}
		}
	}
}

// read gives the next batch; one without items and error is the end. It uses
// the memory of the batch before the last again.
func (r *reader) read() batch {
	r.ready, r.spare = r.spare[:0], r.ready
	r.bytes = 0
	for !r.ended && len(r.ready) < batchRows && r.bytes < batchBytes {
		if err := r.take(); err != nil {
			return batch{err: err}
		}
	}
	if len(r.ready) == 0 {
		return batch{}
	}
	r.records = r.records[:0]
	for _, it := range r.ready {
		if !it.skip {
			r.records = append(r.records, it.rec.cells)
		}
	}
	people, err := r.people.people(r.records)
	return batch{r.ready, people, err}
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
	r.doubtBeginning(&it)
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
	case isRuler(rec.cells):
		it.skip, it.skipped = true, rulerLines
	case r.judge.header.repeats(rec.cells):
		it.skip, it.skipped = true, repeatedHeader
	case len(rec.cells) <= 2 && isDirective(rec.cells) && !strings.HasPrefix(strings.ToLower(rec.cells[0]), "version:"):
		it.skip, it.skipped = true, strayDirective
	case r.judge.header.isOther(rec.cells):
		return it, &RefusedError{Path: r.path, Line: rec.line, What: "another header in the middle of the file: files with other columns were joined",
			Hint: importOneByOne}
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
	for _, i := range r.judge.needed {
		if r.doubtQuotes(it.rec.repair, cellAt(cells, i), i) {
			it.fault = quotesUnclear
		}
	}
}

// doubtQuotes tells a cell that the row needs and in which quotes that were
// repaired leave a doubt: a name has no address after it.
func (r *reader) doubtQuotes(repair kind, cell string, column int) bool {
	n := strings.Count(cell, string(r.s.quote))
	switch repair {
	case bareQuotes:
		return n%2 == 1 || n > 0 && strings.Contains(cell, r.s.delimText)
	case quotedPhrases:
		return n > 0 && !slices.Contains(r.judge.columns.at[Email], column)
	}
	return false
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

// rowsOf makes rows of a batch, and calls row and skip in the order of the file.
func (r *reader) rowsOf(b batch, row func(*Row) error, skip func(item)) error {
	people := b.people
	for _, it := range b.items {
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
	return nil
}
