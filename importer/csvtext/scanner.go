package csvtext

import "bytes"

// reading is one way of taking the quotes of a record.
type reading struct {
	escapes bool // \" is a quote inside a cell
	blanks  bool // blanks may stand around a quoted cell
	phrases bool // <address> may follow the quote that closes a cell: both are the cell
}

type outcome int

const (
	needMore outcome = iota
	strict           // each quote opens, closes or is doubled
	loose            // there are quotes that do none of it
	unclosed         // a quoted cell does not end within its bounds
)

// scanner follows the cells of the record that data starts with, up to its
// end, and keeps them: their bytes in text, and where each ends there.
type scanner struct {
	data       []byte
	eof        bool
	delim      []byte
	quote      byte
	by         reading
	cellBound  int
	text       []byte
	ends       []int
	over       bool // there are cells beyond MaxColumns
	overFilled bool // and one of them is not empty
	longCell   bool
	i          int // at the end: bytes of the record, without the line end
	lines      int
	opened     int // where the last quoted cell began
	doubtful   bool
	short      bool // data ended before the record did
	open       bool // a quoted cell is not closed
	stray      bool
	lineEndLen int
}

// scan starts anew on data. A quote that closes a cell of several lines where
// another cell could open makes the record doubtful: it may be that cell's
// quote, and the one before was never closed.
func (s *scanner) scan(data []byte, eof bool, by reading) outcome {
	s.data, s.eof, s.by = data, eof, by
	s.text, s.ends = s.text[:0], s.ends[:0]
	s.over, s.overFilled, s.longCell, s.doubtful, s.short, s.open, s.stray = false, false, false, false, false,
		false, false
	s.i, s.opened, s.lineEndLen, s.lines = 0, 0, 0, 1
	for s.cell() {
	}
	switch {
	case s.short:
		return needMore
	case s.open:
		return unclosed
	case s.stray:
		return loose
	}
	return strict
}

// cell reads one cell, and reports whether another follows.
func (s *scanner) cell() bool {
	start := len(s.text)
	var more bool
	if s.atQuote() {
		more = s.quotedCell()
	} else {
		more = s.plainCell()
	}
	s.longCell = s.longCell || len(s.text)-start > maxCell
	if len(s.ends) < MaxColumns {
		s.ends = append(s.ends, len(s.text))
		return more
	}
	s.over, s.overFilled = true, s.overFilled || len(s.text) > start
	s.text = s.text[:start]
	return more
}

// cells are the cells that were scanned.
func (s *scanner) cells() []string {
	text, cells, start := string(s.text), make([]string, len(s.ends)), 0
	for i, end := range s.ends {
		cells[i], start = text[start:end], end
	}
	return cells
}

// blanksEnd is where the blanks that start at i end.
func (s *scanner) blanksEnd(i int) int {
	for i < len(s.data) && (s.data[i] == ' ' || s.data[i] == '\t') && !bytes.HasPrefix(s.data[i:], s.delim) {
		i++
	}
	return i
}

func (s *scanner) atQuote() bool {
	at := s.i
	if s.by.blanks {
		at = s.blanksEnd(at)
	}
	if at < len(s.data) && s.data[at] == s.quote {
		s.i = at
		return true
	}
	return false
}

// plainCell goes to the end of a cell without quotes.
func (s *scanner) plainCell() (more bool) {
	start := s.i
	for ; s.i < len(s.data); s.i++ {
		switch c := s.data[s.i]; {
		case c == s.quote:
			s.stray = true
		case c == s.delim[0] && bytes.HasPrefix(s.data[s.i:], s.delim), c == '\n', c == '\r':
			s.text = append(s.text, s.data[start:s.i]...)
			return s.after()
		}
	}
	s.text = append(s.text, bytes.TrimRight(s.data[start:s.i], "\x1a")...)
	return s.after()
}

// quotedCell goes past the quote that closes the cell at i.
func (s *scanner) quotedCell() (more bool) {
	s.opened = s.i
	first := s.lines
	s.i++
	start, from := s.i, len(s.text)
	for {
		k := bytes.IndexByte(s.data[s.i:], s.quote)
		piece := s.data[s.i:]
		if k >= 0 {
			piece = piece[:k]
		}
		s.lines += countLineEnds(piece)
		switch {
		case s.i+len(piece)-start > s.cellBound || k < 0 && s.eof:
			s.open = true
			return false
		case k < 0:
			s.short = true
			return false
		}
		s.i += k + 1
		if s.by.escapes && backslashes(piece)%2 == 1 {
			s.text = append(append(s.text, piece[:len(piece)-1]...), s.quote)
			continue
		}
		s.text = append(s.text, piece...)
		opening := s.lines > first && s.looksOpening(len(piece))
		closed, more := s.closing(from)
		if closed || s.short {
			s.doubtful = s.doubtful || opening
			return more
		}
	}
}

// closing looks at what follows a quote inside the quoted cell whose bytes are
// those of text from some index.
func (s *scanner) closing(from int) (closed, more bool) {
	if s.i < len(s.data) && s.data[s.i] == s.quote {
		s.text = append(s.text, s.quote)
		s.i++
		return false, false
	}
	at := s.i
	if s.by.blanks || s.by.phrases {
		at = s.blanksEnd(at)
	}
	switch {
	case len(s.data)-at < max(2, len(s.delim)) && !s.eof:
		s.short = true
		return false, false
	case s.by.phrases && s.data[min(at, len(s.data)-1)] == '<' && s.phrase(from, at):
		return true, s.after()
	case s.endsCell(at):
		s.i = at
		return true, s.after()
	}
	s.stray = true
	s.text = append(s.text, s.quote)
	return false, false
}

const maxPhrase = 1000 // bytes in a cell of a quoted name and an address

// phrase takes "Ann Lee" <ann@example.com> as one cell, when < stands at some
// index and the cell ends after >. A quote that closes before < opens no other
// cell: that leaves no doubt.
func (s *scanner) phrase(from, at int) bool {
	end := at + 1 + bytes.IndexByte(s.data[at:min(len(s.data), at+maxPhrase)], '>')
	raw := s.data[s.opened:max(end, s.opened)]
	if end == at || len(raw) > maxPhrase || bytes.ContainsAny(raw, "\\\r\n") || bytes.Count(raw,
		[]byte{s.quote}) != 2 ||
		bytes.Count(raw, []byte{'<'}) != 1 || !bytes.Contains(raw, []byte{'@'}) || bytes.Contains(s.data[at:end],
		s.delim) {
		return false
	}
	if len(s.data)-end < max(2, len(s.delim)) && !s.eof {
		s.short = true
		return true
	}
	if !s.endsCell(end) {
		return false
	}
	s.text = append(s.text[:from], raw...)
	s.i = end
	return true
}

// endsCell reports whether a cell can end before i.
func (s *scanner) endsCell(i int) bool {
	rest := s.data[i:]
	return len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r') || bytes.HasPrefix(rest, s.delim) ||
		s.eof && len(bytes.Trim(rest, "\x1a")) == 0
}

// looksOpening reports whether the quote before i, after a piece of n bytes,
// stands where a cell begins.
func (s *scanner) looksOpening(n int) bool {
	before := s.data[:s.i-1]
	return n > 0 && (bytes.HasSuffix(before, s.delim) || before[len(before)-1] == '\n' || before[len(before)-1] == '\r')
}

// after is at the end of a cell: it goes past a delimiter, or stops at the line end.
func (s *scanner) after() (more bool) {
	rest := s.data[s.i:]
	switch {
	case s.short:
	case len(rest) < max(2, len(s.delim)) && !s.eof:
		s.short = true
	case bytes.HasPrefix(rest, s.delim):
		s.i += len(s.delim)
		return true
	case bytes.HasPrefix(rest, []byte("\r\n")):
		s.lineEndLen = 2
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		s.lineEndLen = 1
	default: // the end of the file, perhaps with a Ctrl-Z
		s.i = len(s.data)
	}
	return false
}

func countLineEnds(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return n
		}
		b = b[i+1:]
		if len(b) == 0 || b[0] != '\n' {
			n++
		}
	}
}

func backslashes(b []byte) int { return len(b) - len(bytes.TrimRight(b, `\`)) }
