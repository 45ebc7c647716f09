package csvtext

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
)

// Reader cuts text into records. It knows quotes, counts physical lines (LF,
// CR LF and CR end one) and never holds more than one row's bound.
//
// If no reading of its quotes makes sense, a record is one physical line, and the
// next record starts at the next physical line.
type Reader struct {
	Width int // columns of the header; 0: not known yet

	delim  []byte
	quote  byte
	blanks string // that may stand around quotes

	src     io.Reader
	buf     []byte // what was read, from where the next record starts
	err     error  // why buf ends: io.EOF, a read that failed, or a line that is too long; nil: there is more
	place   Place  // of the next record
	suspect int    // last physical line that was read as part of an unclosed quote

	// The cells of a record with quotes: their bytes, with delimiters between them, and where each ends there.
	text []byte
	ends []int // at most MaxColumns+1: the last cell has all further ones
	scanned
}

// Records starts to read the records of the file.
func (f *File) Records(e Encoding, d Dialect) *Reader {
	var text io.Reader = io.NewSectionReader(f.unpacked, 0, 1<<62)
	if e.encoding != nil { // else bytes that are no UTF-8 stay as they are
		text = e.encoding.NewDecoder().Reader(text)
	}
	return newReader(text, d)
}

func newReader(src io.Reader, d Dialect) *Reader {
	delim := string(d.Delimiter)
	return &Reader{delim: []byte(delim), quote: cmp.Or(d.Quote, '"'), blanks: strings.Replace(" \t", delim, "", 1),
		src: src, place: Place{1, 1}}
}

// Next returns the next record, io.EOF after the last.
func (r *Reader) Next() (Record, error) {
	rec := Record{Place: r.place, Suspect: r.place.Line <= r.suspect}
	size := r.physicalLine()
	for bytes.HasPrefix(r.buf[:size], []byte(utf8BOM)) {
		if r.buf, size = r.buf[len(utf8BOM):], size-len(utf8BOM); r.place.Row > 1 {
			rec.Repairs = []string{BOMInside}
		}
	}
	switch {
	case size == 0:
		return rec, r.err
	case bytes.IndexByte(r.buf[:size], r.quote) >= 0:
		r.chooseReading(&rec, size)
	default:
		rec.Cells = r.split(size)
	}
	if r.size == len(r.buf) && r.err != nil && r.err != io.EOF {
		return rec, r.err
	}
	switch tooLong := func(c string) bool { return len(c) > maxCell }; {
	case len(rec.Cells) > MaxColumns:
		rec.Fault = TooManyColumns
	case r.size > maxCell && slices.ContainsFunc(rec.Cells, tooLong):
		rec.Fault = CellTooLong
	}
	rec.Ended = lineEnd(r.buf[r.size-1:]) > 0
	r.buf, r.place.Row, r.place.Line = r.buf[r.size:], r.place.Row+1, r.place.Line+r.lines
	return rec, nil
}

// chooseReading takes the first reading of the quotes that is certain: strictly; with backslashes that escape quotes;
// less strictly. If none is, the record is the physical line, which has that size.
func (r *Reader) chooseReading(rec *Record, size int) {
	for _, reading := range []struct{ escaped, loose bool }{{}, {escaped: true}, {loose: true}} {
		r.scanRecord(reading.escaped)
		if rec.Cells = r.trimmed(r.cells()); r.isCertain(len(rec.Cells), reading.loose) {
			if r.odd {
				rec.Repairs = append(rec.Repairs, QuotesRepaired)
			}
			if r.lines > 1 && r.swallowed(rec.Cells) {
				rec.Fault = SwallowedRows
			}
			return
		}
	}
	r.suspect = max(r.suspect, r.place.Line+r.lines-1)
	rec.Cells, rec.Fault = r.split(size), QuotesUnclear
}

// isCertain reports whether a record was read with certainty: each quote is in its place and
// the cells are the header's columns. Less strictly, these in one line may have stray quotes,
// and without anything odd there may be others, if not more of them in several lines.
func (r *Reader) isCertain(cells int, loose bool) bool {
	switch fits := r.Width == 0 || cells == r.Width; {
	case r.open:
		return false
	case fits && !r.stray:
		return true
	case fits:
		return loose && r.lines == 1
	}
	return loose && !r.odd && (r.lines == 1 || cells <= r.Width)
}

// swallowed reports whether a later line of a cell looks like a row, or like the beginning of one:
// then the quote that closes this cell was meant to open the next cell of that row.
func (r *Reader) swallowed(cells []string) bool {
	for _, c := range cells {
		_, below, _ := strings.Cut(strings.TrimLeft(strings.ReplaceAll(c, "\r", "\n"), "\n"), "\n")
		for line := range strings.Lines(below) {
			n := strings.Count(line, string(r.delim))
			whole := r.Width > 0 && n >= min(r.Width, len(cells))-1 || strings.HasSuffix(line, string(r.delim))
			if n > 0 && whole && strings.Contains(line, "@") {
				return true
			}
		}
	}
	return false
}

// split takes a line of that size apart at each delimiter, whatever its quotes.
func (r *Reader) split(size int) []string {
	r.scanned = scanned{size: size, lines: 1}
	line := strings.TrimRight(string(r.buf[:size]), "\r\n")
	cells := min(strings.Count(line, string(r.delim)), MaxColumns) + 1
	return r.trimmed(strings.SplitN(line, string(r.delim), cells))
}

// trimmed drops empty cells beyond the header's, and beyond MaxColumns, where one has all that are too many.
func (r *Reader) trimmed(cells []string) []string {
	n := len(cells)
	if n > MaxColumns && strings.Trim(cells[MaxColumns], string(r.delim)) == "" {
		n = MaxColumns
	}
	for n > cmp.Or(r.Width, MaxColumns) && cells[n-1] == "" {
		n--
	}
	return slices.Clip(cells[:n])
}

// scanRecord reads on until the end of the record is certain, or a bound is passed. The bound is
// smaller if backslashes escape quotes, and in lines that were part of an unclosed quote before:
// else each line of a broken file would be searched to the full bound.
func (r *Reader) scanRecord(escaped bool) {
	bound := maxCell
	if escaped || r.place.Line <= r.suspect {
		bound /= 64
	}
	for r.scan(escaped, bound); r.size == len(r.buf) && r.size <= maxRow && r.err == nil; r.scan(escaped, bound) {
		r.fill()
	}
	r.open = r.open || r.size > maxRow
}

// physicalLine reads on until the next line ends, and returns its size; 0: there is none, and err says why.
func (r *Reader) physicalLine() int {
	for {
		n := bytes.IndexAny(r.buf, "\r\n")
		switch {
		case n > maxRow, n < 0 && len(r.buf) > maxRow:
			r.err = &RefusedError{Place: r.place, What: "this line is longer than 4 MiB",
				Hint: "check that this is a CSV file; if it is in another encoding, use --encoding"}
			return 0
		case n >= 0 && (n+1 < len(r.buf) || r.err != nil):
			return n + lineEnd(r.buf[n:])
		case r.err != nil:
			return len(r.buf)
		}
		r.fill()
	}
}

// fill reads more.
func (r *Reader) fill() {
	r.buf = slices.Grow(r.buf, 16<<10)
	n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if r.err = err; err == io.EOF {
		r.buf = bytes.TrimRight(r.buf, "\x1a") // Ctrl-Z, which ends files of old programs
	}
}
