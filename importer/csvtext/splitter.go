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

	src     io.Reader
	path    string
	buf     []byte
	r       int   // where the next record starts in buf
	err     error // why buf ends: io.EOF, or a read that failed; nil: there is more
	place   Place // of what stands at r
	suspect int   // last physical line over which an unclosed quote was followed

	first, repaired, next scanner // the record as it is written, with a repair, and the one after it
}

// Records starts to read the records of the file.
func (f *File) Records(ctx context.Context, e Encoding, d Dialect) *Reader {
	whole := io.NewSectionReader(f.copy, 0, 1<<62)
	return newReader(e.decode(contextReader{ctx, whole}), d, f.path)
}

// Split reads the records of a text that is in memory.
func Split(text []byte, d Dialect, path string) *Reader {
	r := newReader(nil, d, path)
	r.buf, r.err = bytes.TrimRight(text, ctrlZ), io.EOF
	return r
}

func newReader(src io.Reader, d Dialect, path string) *Reader {
	s := newScanner(d)
	return &Reader{src: src, path: path, place: Place{1, 1}, first: s, repaired: s, next: s}
}

// Next returns the next record, io.EOF after the last.
func (r *Reader) Next() (Record, error) {
	rec := Record{BOM: r.skipBOM(), Place: r.place, Suspect: r.place.Line <= r.suspect}
	r.scan(&r.first, 0, false)
	var err error
	switch {
	case r.err != nil && r.r == len(r.buf):
		return rec, r.err
	case len(bytes.Trim(r.buf[r.r:r.r+r.first.end], " \t")) == 0:
		rec.Blank = true
		r.accept(&rec, &r.first)
	default:
		err = r.choose(&rec)
	}
	if err == nil && r.err != io.EOF {
		err = r.err
	}
	return rec, err
}

// choose takes the first reading of the quotes that leaves no doubt.
func (r *Reader) choose(rec *Record) error {
	s := &r.first
	rec.Cells = s.cells()
	fits, clean := r.fits(rec.Cells), r.isClean(s)
	switch {
	case clean && (fits || !s.quoted):
		r.accept(rec, s)
	case r.repair(rec):
	case clean && (s.lines == 1 || len(rec.Cells) <= r.Width):
		r.accept(rec, s)
	case s.stray && !s.open && s.lines == 1 && fits:
		rec.Cells, rec.Repair = r.Trim(rec.Cells), BareQuotes
		r.accept(rec, s)
	default:
		return r.rejectLine(rec)
	}
	if rec.Fault == nil && rec.Lines > 1 && r.swallowed(rec.Cells) {
		rec.Fault = SwallowedRows
	}
	return nil
}

// repair takes another reading of the quotes when by it the record has exactly
// the header's columns.
func (r *Reader) repair(rec *Record) bool {
	s := &r.repaired
	r.scan(s, 0, true)
	cells := s.cells()
	if !r.isClean(s) || !r.fits(cells) || s.lines > 1 && r.swallowed(cells) {
		return false
	}
	rec.Cells, rec.Repair = r.Trim(cells), BlanksAroundQuotes
	if s.escaped {
		rec.Repair = EscapedQuotes
	}
	r.accept(rec, s)
	return true
}

// rejectLine makes the first physical line a broken record.
func (r *Reader) rejectLine(rec *Record) error {
	n, end, err := r.physicalLine()
	if err != nil {
		return err
	}
	line, s := r.buf[r.r:r.r+n], &r.first
	r.suspect = max(r.suspect, rec.Place.Line+s.lines-1)
	pairsUp := s.opened < n && bytes.Count(line[s.opened:], []byte{s.quote})%2 == 0
	fault := QuotesUnclear
	if (s.open || s.lines > 1) && !pairsUp {
		fault = QuoteNeverClosed
	}
	rec.Cells = strings.SplitN(string(line), string(s.delim), MaxColumns)
	r.accept(rec, &scanner{scanned: scanned{end: n, lineEnd: end, lines: 1, fault: fault}})
	return nil
}

// accept goes past the record that was scanned.
func (r *Reader) accept(rec *Record, s *scanner) {
	rec.Lines, rec.Ended, rec.Fault = s.lines, s.lineEnd > 0, s.fault
	r.r += s.end + s.lineEnd
	r.place.Row++
	r.place.Line += rec.Lines
}

// isClean reports whether a record was scanned without a doubt. Where it may
// have taken the quote that opens the next one, that must be clean as well.
func (r *Reader) isClean(s *scanner) bool {
	if s.open || s.stray || !s.doubtful {
		return !s.open && !s.stray
	}
	r.scan(&r.next, s.end+s.lineEnd, false)
	return !r.next.open && !r.next.stray
}

// swallowed reports whether a line in the middle of a cell looks like a row.
func (r *Reader) swallowed(cells []string) bool {
	if r.Width < 2 {
		return false
	}
	for _, c := range cells {
		_, below, _ := strings.Cut(strings.TrimLeft(strings.ReplaceAll(c, "\r", "\n"), "\n"), "\n")
		for line := range strings.Lines(below) {
			if strings.Contains(line, "@") && strings.Count(line, string(r.first.delim)) >= r.Width-1 {
				return true
			}
		}
	}
	return false
}

// fits reports whether cells are as many as the header's, but for empty ones too many.
func (r *Reader) fits(cells []string) bool { return r.Width == 0 || len(r.Trim(cells)) == r.Width }

// Trim drops empty cells beyond the header's.
func (r *Reader) Trim(cells []string) []string {
	for r.Width > 0 && len(cells) > r.Width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return slices.Clip(cells)
}

// scan follows the record that starts some bytes after r, and reads on until its
// end is certain or the bounds are passed. They are narrow for readings that repair,
// and in lines over which an unclosed quote was followed before: else each line of a
// broken file would be searched to the bound.
func (r *Reader) scan(s *scanner, from int, lenient bool) {
	bound := maxCell
	if r.place.Line <= r.suspect || lenient {
		bound /= 64
	}
	for {
		data := r.buf[r.r+from:]
		s.scan(data, lenient, bound)
		s.open = s.open || s.end > maxRow
		if s.end > maxRow || s.end+s.lineEnd < len(data) || r.err != nil {
			return
		}
		r.fill()
	}
}

func (r *Reader) skipBOM() (inside bool) {
	for {
		for len(r.buf)-r.r < len(utf8BOM) && r.err == nil {
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
		line := r.buf[r.r:]
		n = bytes.IndexAny(line, "\r\n")
		switch {
		case n > maxRow, n < 0 && len(line) > maxRow:
			return 0, 0, &RefusedError{Path: r.path, Place: r.place, What: "this line is longer than 4 MiB",
				Hint: "check that this is a CSV file; if it is in another encoding, use --encoding"}
		case n >= 0 && (n+1 < len(line) || r.err != nil):
			return n, lineEnd(line[n:]), nil
		case r.err != nil:
			return len(line), 0, nil
		}
		r.fill()
	}
}

// fill reads more, after moving what is still needed to the front.
func (r *Reader) fill() {
	r.buf = r.buf[:copy(r.buf, r.buf[r.r:])]
	r.r = 0
	if cap(r.buf)-len(r.buf) < readSize/2 {
		r.buf = append(make([]byte, 0, max(2*cap(r.buf), 2*readSize)), r.buf...)
	}
	n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if err == io.EOF {
		r.buf = bytes.TrimRight(r.buf, ctrlZ)
	} else if err != nil {
		err = fmt.Errorf("reading %s: %w", r.path, err)
	}
	r.err = err
}
