package csvtext

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

const readSize = 128 << 10

// Reader cuts text into records. It knows quotes, counts physical lines (LF,
// CR LF and CR end one) and never holds more than one row's bound.
//
// A record that no reading of its quotes makes sense of is one physical line,
// and the next record starts at the next physical line.
type Reader struct {
	Width int // columns of the header; 0: not known yet

	src      io.Reader
	path     string
	scanner  scanner
	quote    []byte
	delim    string
	buf      []byte
	r        int // where the next record starts in buf
	eof      bool
	srcErr   error
	place    Place // of what stands at r
	suspect  int   // last physical line over which an unclosed quote was followed
	nextLF   int   // where the next one is known to be in buf, or none before it
	nextCR   int
	nextQuot int
}

// Records starts to read the records of the file.
func (f *File) Records(ctx context.Context, e Encoding, d Dialect) *Reader {
	whole := io.NewSectionReader(f.copy, 0, 1<<62)
	return newReader(e.decode(&summed{ctx: ctx, source: whole}), d, f.path)
}

// Split reads the records of a text that is in memory.
func Split(text []byte, d Dialect, path string) *Reader {
	r := newReader(nil, d, path)
	r.buf, r.eof = text, true
	return r
}

func newReader(src io.Reader, d Dialect, path string) *Reader {
	r := &Reader{src: src, path: path, place: Place{1, 1}, quote: []byte{d.Quote}, delim: string(d.Delimiter)}
	r.nextLF, r.nextCR, r.nextQuot = -1, -1, -1
	r.scanner = scanner{delim: []byte(r.delim), quote: d.Quote}
	return r
}

// Next returns the next record, io.EOF after the last.
func (r *Reader) Next() (Record, error) {
	rec := Record{BOM: r.skipBOM(), Place: r.place, Lines: 1}
	n, end, err := r.physicalLine()
	if err != nil {
		return rec, err
	}
	line := r.buf[r.r : r.r+n]
	if end == 0 {
		if line = bytes.TrimRight(line, "\x1a"); len(line) == 0 {
			return rec, io.EOF
		}
	}
	rec.Ended, rec.Suspect = end > 0, rec.Place.Line <= r.suspect
	switch {
	case len(bytes.Trim(line, " \t")) == 0:
		rec.Blank = true
	case r.find(r.quote[0], &r.nextQuot, r.r+n) < 0:
		r.plain(&rec, line)
	default:
		return rec, r.quoted(&rec, line, end)
	}
	r.advance(&rec, n, end)
	return rec, nil
}

// plain reads a line in which every delimiter ends a cell.
func (r *Reader) plain(rec *Record, line []byte) {
	n := bytes.Count(line, r.scanner.delim) + 1
	if n > MaxColumns {
		line = bytes.TrimRight(line, r.delim)
		n = bytes.Count(line, r.scanner.delim) + 1
	}
	if n > MaxColumns {
		rec.Fault, n = TooManyColumns, MaxColumns
	}
	rec.Cells = make([]string, 0, n)
	for rest := string(line); ; {
		cell, after, more := strings.Cut(rest, r.delim)
		if more && len(rec.Cells) == MaxColumns-1 {
			cell, more = rest, false
		}
		if len(cell) > maxCell && rec.Fault == 0 {
			rec.Fault = CellTooLong
		}
		if rec.Cells = append(rec.Cells, cell); !more {
			return
		}
		rest = after
	}
}

// quoted reads a record whose first physical line has quotes in it.
func (r *Reader) quoted(rec *Record, line []byte, end int) error {
	n := len(line)
	how := r.scan(reading{})
	if r.srcErr != nil {
		return r.srcErr
	}
	if how == strict && r.acceptStrict(rec) {
		return nil
	}
	lines, opened := r.scanner.lines, r.scanner.opened
	if r.acceptRepaired(rec) {
		return nil
	}
	if how == loose && lines == 1 {
		r.scan(reading{})
		if r.fits(r.scanner.cells()) {
			r.accept(rec, BareQuotes)
			return nil
		}
	}
	line = r.buf[r.r : r.r+n] // scanning has perhaps moved it
	r.plain(rec, line)
	pairsUp := opened < n && bytes.Count(line[opened:], r.quote)%2 == 0
	rec.Repair, rec.Fault = 0, QuotesUnclear
	if (how == unclosed || lines > 1) && !pairsUp {
		rec.Fault = QuoteNeverClosed
	}
	r.suspect = max(r.suspect, rec.Place.Line+lines-1)
	if end == 0 {
		n = len(r.buf) - r.r
	}
	r.advance(rec, n, end)
	return nil
}

// acceptStrict takes the record that was scanned, unless a doubt is left.
func (r *Reader) acceptStrict(rec *Record) bool {
	if r.scanner.doubtful && !r.cleanAfter() {
		return false
	}
	cells, lines := r.scanner.cells(), r.scanner.lines
	if !r.fits(cells) {
		if r.acceptRepaired(rec) {
			return true
		}
		if lines > 1 && len(cells) > r.Width {
			return false
		}
		r.scan(reading{})
	}
	r.accept(rec, 0)
	if rec.Fault == 0 && lines > 1 && r.swallowed(rec.Cells) {
		rec.Fault = SwallowedRows
	}
	return true
}

// acceptRepaired takes another reading of the quotes when by it, and not
// otherwise, the record has exactly the header's columns.
func (r *Reader) acceptRepaired(rec *Record) bool {
	for _, by := range []reading{{escapes: true}, {blanks: true}, {escapes: true, blanks: true}, {phrases: true},
		{blanks: true, phrases: true}} {
		if r.scan(by) != strict || r.scanner.over || r.scanner.doubtful && !r.cleanAfter() {
			continue
		}
		if cells := r.scanner.cells(); !r.fits(cells) || r.scanner.lines > 1 && r.swallowed(cells) {
			continue
		}
		switch {
		case by.escapes:
			r.accept(rec, EscapedQuotes)
		case by.phrases:
			r.accept(rec, QuotedPhrases)
		default:
			r.accept(rec, BlanksAroundQuotes)
		}
		return true
	}
	return false
}

// accept makes what was scanned the record.
func (r *Reader) accept(rec *Record, repair Flaw) {
	s := &r.scanner
	rec.Cells, rec.Repair, rec.Lines, rec.Ended = s.cells(), repair, s.lines, s.lineEndLen > 0
	if s.over {
		for n := len(rec.Cells); n > 1 && rec.Cells[n-1] == "" && !s.overFilled; n-- {
			rec.Cells = rec.Cells[:n-1]
		}
	}
	if repair != 0 {
		rec.Cells = r.Trim(rec.Cells)
	}
	switch {
	case s.overFilled:
		rec.Fault = TooManyColumns
	case s.longCell:
		rec.Fault = CellTooLong
	}
	r.advance(rec, s.i, s.lineEndLen)
}

// cleanAfter reports whether the quotes of the record after the one that was
// scanned are clean.
func (r *Reader) cleanAfter() bool {
	for {
		next := r.scanner
		next.text, next.ends = nil, nil
		from := min(r.r+r.scanner.i+r.scanner.lineEndLen, len(r.buf))
		how := next.scan(r.buf[from:], r.eof, reading{})
		if how != needMore || len(r.buf)-r.r > 2*maxRow {
			return how == strict
		}
		r.fill()
	}
}

// swallowed reports whether a line in the middle of a cell looks like a row.
func (r *Reader) swallowed(cells []string) bool {
	if r.Width < 2 {
		return false
	}
	for _, c := range cells {
		first := true
		for line := range strings.FieldsFuncSeq(c, isLineEnd) {
			if !first && strings.Contains(line, "@") && strings.Count(line, r.delim) >= r.Width-1 {
				return true
			}
			first = false
		}
	}
	return false
}

func isLineEnd(c rune) bool { return c == '\n' || c == '\r' }

// fits reports whether cells are as many as the header's, but for empty ones too many.
func (r *Reader) fits(cells []string) bool { return r.Width == 0 || len(r.Trim(cells)) == r.Width }

// Trim drops empty cells beyond the header's.
func (r *Reader) Trim(cells []string) []string {
	for r.Width > 0 && len(cells) > r.Width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return slices.Clip(cells)
}

// scan follows the record at r, reading on as far as the bounds allow. They are
// narrow for readings that repair, and in lines over which an unclosed quote was
// followed before: else each line of a broken file would be searched to the bound.
func (r *Reader) scan(by reading) outcome {
	r.scanner.cellBound = maxCell
	if r.place.Line <= r.suspect || by != (reading{}) {
		r.scanner.cellBound = maxCell / 64
	}
	for {
		how := r.scanner.scan(r.buf[r.r:], r.eof, by)
		if how != needMore {
			return how
		}
		if len(r.buf)-r.r > maxRow+maxCell {
			return unclosed
		}
		r.fill()
	}
}

// advance goes past n bytes of a record and the line end after them.
func (r *Reader) advance(rec *Record, n, end int) {
	r.r += n + end
	if end == 0 {
		r.r = len(r.buf)
	}
	r.place.Row++
	r.place.Line += rec.Lines
}

func (r *Reader) skipBOM() (inside bool) {
	for {
		for len(r.buf)-r.r < len(utf8BOM) && !r.eof {
			r.fill()
		}
		if !bytes.HasPrefix(r.buf[r.r:], []byte(utf8BOM)) {
			return inside
		}
		r.r += len(utf8BOM)
		inside = r.place.Row > 1
	}
}

// physicalLine finds the length of the line that starts at r, and of its end (0: the file's).
func (r *Reader) physicalLine() (n, end int, err error) {
	for {
		stop := r.find('\n', &r.nextLF, len(r.buf))
		end, limit := 1, len(r.buf)
		if stop >= 0 {
			limit = stop
		}
		if c := r.find('\r', &r.nextCR, limit); c >= 0 {
			stop = c
			switch {
			case c+1 < len(r.buf) && r.buf[c+1] == '\n':
				end = 2
			case c+1 == len(r.buf) && !r.eof:
				stop = -1 // the LF may be yet to come
			}
		}
		if stop >= 0 && stop-r.r <= maxRow {
			return stop - r.r, end, nil
		}
		if len(r.buf)-r.r > maxRow {
			return 0, 0, &RefusedError{Path: r.path, Place: r.place, What: "this line is longer than 4 MiB",
				Hint: "is this a CSV file? say --encoding if it is one in another encoding"}
		}
		if r.eof {
			return len(r.buf) - r.r, 0, r.srcErr
		}
		r.fill()
	}
}

// find returns where c is in buf between r and limit, or -1. Each occurrence
// is looked for once: memory holds the last answer.
func (r *Reader) find(c byte, memory *int, limit int) int {
	if *memory < r.r {
		*memory = len(r.buf)
		if i := bytes.IndexByte(r.buf[r.r:], c); i >= 0 {
			*memory = r.r + i
		}
	}
	if *memory < limit && *memory < len(r.buf) {
		return *memory
	}
	return -1
}

// fill reads more, after moving what is still needed to the front.
func (r *Reader) fill() {
	if r.r > 0 {
		r.buf = r.buf[:copy(r.buf, r.buf[r.r:])]
		r.r = 0
	}
	r.nextLF, r.nextCR, r.nextQuot = -1, -1, -1
	if cap(r.buf)-len(r.buf) < readSize/2 {
		r.buf = append(make([]byte, 0, max(2*cap(r.buf), 2*readSize)), r.buf...)
	}
	n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if err != nil {
		r.eof = true
		if err != io.EOF {
			r.srcErr = fmt.Errorf("reading %s: %w", r.path, err)
		}
	}
}
