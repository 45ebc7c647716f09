package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Bounds of what is read as one.
const (
	maxQuotedLines = 100     // physical lines in a quoted cell
	maxCell        = 1 << 20 // bytes in a cell
	maxRow         = 4 << 20 // bytes in a row
	maxColumns     = 2000
)

type lineEnd int

const (
	noLineEnd lineEnd = iota // the end of the file
	lf
	crlf
	cr
)

// record is one record of the file, or the first line of one that is broken.
type record struct {
	cells   []string
	line    int // physical line where it starts, from 1
	lines   int // physical lines it takes
	end     lineEnd
	blank   bool
	bom     bool // a byte order mark stood before it, not at the start of the file
	repair  kind // 0, or how its quotes had to be read
	fault   kind // 0, or why its cells cannot be trusted
	mending bool // in the lines of a record whose quotes were broken
}

// splitter cuts text into records. It knows quotes, counts physical lines
// (LF, CR LF and CR end one) and never holds more than one row's bound.
//
// A record that no reading of its quotes makes sense of is one physical line,
// and the next record starts at the next physical line.
type splitter struct {
	src     io.Reader
	dialect Dialect
	width   int // columns of the header; 0: not known yet
	path    string

	buf          []byte
	r            int // where the next record starts in buf
	eof          bool
	srcErr       error
	line         int // physical line at r
	brokenUntil  int // last physical line that an unclosed quote was followed over
	nextLF       int // memory of find
	nextCR       int
	nextQuote    int
	parse        cellReader
	quote, delim []byte
	delimText    string
}

func newSplitter(src io.Reader, d Dialect, path string) *splitter {
	return &splitter{
		src: src, dialect: d, path: path, line: 1, nextLF: -1, nextCR: -1, nextQuote: -1,
		parse: newCellReader(d), quote: []byte{d.Quote}, delim: []byte(string(d.Delimiter)), delimText: string(d.Delimiter),
	}
}

// splitText splits text that is in memory as a whole.
func splitText(text []byte, d Dialect, path string) *splitter {
	s := newSplitter(nil, d, path)
	s.buf, s.eof = text, true
	return s
}

// next returns the next record, io.EOF after the last.
func (s *splitter) next() (record, error) {
	rec := record{line: s.line, bom: s.skipBOM()}
	n, end, err := s.physicalLine()
	if err != nil {
		return rec, err
	}
	line := s.buf[s.r : s.r+n]
	if end == noLineEnd {
		line = bytes.TrimRight(line, "\x1a")
		if n == 0 || len(line) == 0 {
			return rec, io.EOF
		}
	}
	rec.lines, rec.end, rec.mending = 1, end, s.line <= s.brokenUntil
	if len(bytes.Trim(line, " \t\x1a")) == 0 {
		rec.blank = true
		s.advance(n, end)
		return rec, nil
	}
	if s.find(s.quote[0], &s.nextQuote, s.r+n) < 0 {
		rec.cells, rec.fault = s.plain(line)
		s.advance(n, end)
		return rec, nil
	}
	err = s.quoted(&rec, n)
	return rec, err
}

// plain reads a line without quotes, in which every delimiter ends a cell.
func (s *splitter) plain(line []byte) ([]string, kind) {
	n := bytes.Count(line, s.delim)
	if n >= maxColumns {
		return s.naive(line)
	}
	cells := make([]string, 0, n+1)
	for rest := string(line); ; {
		cell, after, more := strings.Cut(rest, s.delimText)
		if cells = append(cells, cell); !more {
			return cells, tooLong(cells)
		}
		rest = after
	}
}

func tooLong(cells []string) kind {
	for _, c := range cells {
		if len(c) > maxCell {
			return cellTooLong
		}
	}
	return 0
}

// naive cuts at every delimiter; beyond the bound of columns the rest is one cell.
func (s *splitter) naive(line []byte) ([]string, kind) {
	fault := quotesUnclear
	if bytes.Count(line, s.delim) >= maxColumns {
		fault = tooManyColumns
	}
	var cells []string
	for _, c := range bytes.SplitN(line, s.delim, maxColumns) {
		cells = append(cells, string(c))
	}
	return cells, fault
}

// advance goes past a physical line of n bytes and its end.
func (s *splitter) advance(n int, end lineEnd) {
	s.r += n
	switch end {
	case noLineEnd:
		s.r = len(s.buf)
		return
	case crlf:
		s.r += 2
	default:
		s.r++
	}
	s.line++
}

func (s *splitter) skipBOM() (inside bool) {
	for {
		for len(s.buf)-s.r < len(utf8BOM) && !s.eof {
			s.fill()
		}
		if !bytes.HasPrefix(s.buf[s.r:], []byte(utf8BOM)) {
			return inside
		}
		s.r += len(utf8BOM)
		inside = s.line > 1
	}
}

// physicalLine finds the end of the line that starts at r.
func (s *splitter) physicalLine() (n int, end lineEnd, err error) {
	for {
		stop := s.find('\n', &s.nextLF, len(s.buf))
		end = lf
		limit := len(s.buf)
		if stop >= 0 {
			limit = stop
		}
		if c := s.find('\r', &s.nextCR, limit); c >= 0 {
			stop, end = c, cr
			switch {
			case c+1 < len(s.buf) && s.buf[c+1] == '\n':
				end = crlf
			case c+1 == len(s.buf) && !s.eof:
				stop = -1 // the LF may be yet to come
			}
		}
		if stop >= 0 {
			if stop-s.r > maxRow {
				break
			}
			return stop - s.r, end, nil
		}
		if len(s.buf)-s.r > maxRow {
			break
		}
		if s.eof {
			return len(s.buf) - s.r, noLineEnd, s.srcErr
		}
		s.fill()
	}
	return 0, 0, &RefusedError{Path: s.path, Line: s.line, What: "this line is longer than 4 MiB",
		Hint: "is this a CSV file? say --encoding if it is one in another encoding"}
}

// find returns where c is in buf between r and limit, or -1. Each occurrence
// is looked for once: memory holds the last answer.
func (s *splitter) find(c byte, memory *int, limit int) int {
	if *memory < s.r {
		i := bytes.IndexByte(s.buf[s.r:], c)
		if i < 0 {
			*memory = len(s.buf)
		} else {
			*memory = s.r + i
		}
	}
	if *memory < limit && *memory < len(s.buf) {
		return *memory
	}
	return -1
}

// fill reads more, after moving what is still needed to the front.
func (s *splitter) fill() {
	if s.r > 0 {
		s.buf = s.buf[:copy(s.buf, s.buf[s.r:])]
		s.r = 0
	}
	s.nextLF, s.nextCR, s.nextQuote = -1, -1, -1
	if cap(s.buf)-len(s.buf) < chunkSize/2 {
		grown := make([]byte, len(s.buf), max(2*cap(s.buf), 2*chunkSize))
		copy(grown, s.buf)
		s.buf = grown
	}
	for range 100 {
		n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil {
			s.eof = true
			if err != io.EOF {
				s.srcErr = fmt.Errorf("reading %s: %w", s.path, err)
			}
			return
		}
		if n > 0 {
			return
		}
	}
	s.eof, s.srcErr = true, io.ErrNoProgress
}
