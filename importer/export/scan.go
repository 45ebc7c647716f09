package export

import "bytes"

// scan follows the cells of the record that data starts with, up to its end.
// With out it writes them there in standard form.
func scan(data []byte, eof bool, delim []byte, quote byte, by reading, out *[]byte) extent {
	s := scanner{data: data, eof: eof, delim: delim, quote: quote, by: by, out: out}
	s.lines = 1
	for {
		var more bool
		if s.atQuote() {
			more = s.quotedCell()
		} else {
			more = s.plainCell()
		}
		if !more {
			break
		}
		s.emit(delim)
	}
	e := extent{n: s.i, end: s.end, lines: s.lines, outcome: strict, doubtful: s.doubtful}
	switch {
	case s.short:
		e.outcome = needMore
	case s.open:
		e.outcome = unclosed
	case s.stray:
		e.outcome = loose
	}
	return e
}

type scanner struct {
	data  []byte
	eof   bool
	delim []byte
	quote byte
	by    reading
	out   *[]byte

	i        int
	end      lineEnd
	lines    int
	short    bool // data ended before the record did
	open     bool // a quoted cell is not closed
	stray    bool
	doubtful bool
}

func (s *scanner) emit(b []byte) {
	if s.out != nil {
		*s.out = append(*s.out, b...)
	}
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

// plainCell goes to the end of a cell without quotes; more tells that another follows.
func (s *scanner) plainCell() (more bool) {
	start := s.i
	for ; s.i < len(s.data); s.i++ {
		switch c := s.data[s.i]; {
		case c == s.quote:
			s.stray = true
		case c == s.delim[0] && bytes.HasPrefix(s.data[s.i:], s.delim), c == '\n', c == '\r':
			s.emit(s.data[start:s.i])
			return s.after()
		}
	}
	s.emit(s.data[start:s.i])
	return s.after()
}

// quotedCell goes past the quote that closes the cell at i.
func (s *scanner) quotedCell() (more bool) {
	s.emit(s.data[s.i : s.i+1])
	s.i++
	start, lines := s.i, 1
	for {
		k := bytes.IndexByte(s.data[s.i:], s.quote)
		piece := s.data[s.i:]
		if k >= 0 {
			piece = piece[:k]
		}
		lines += countLineEnds(piece)
		if lines > maxQuotedLines || s.i+len(piece)-start > maxCell || k < 0 && s.eof {
			s.open = true
			s.lines += lines - 1
			return false
		}
		if k < 0 {
			s.short = true
			return false
		}
		s.i += k + 1
		if s.by.escapes && backslashes(piece)%2 == 1 {
			s.emit(piece[:len(piece)-1])
			s.emit([]byte{s.quote, s.quote})
			continue
		}
		s.emit(piece)
		opening := lines > 1 && s.looksOpening(len(piece))
		closed, more := s.closing()
		if s.short {
			return false
		}
		if closed {
			s.doubtful = s.doubtful || opening
			s.lines += lines - 1
			return more
		}
	}
}

// looksOpening tells whether the quote before i, after a piece of n bytes,
// stands where a cell begins.
func (s *scanner) looksOpening(n int) bool {
	before := s.data[:s.i-1]
	return n > 0 && (bytes.HasSuffix(before, s.delim) || before[len(before)-1] == '\n' || before[len(before)-1] == '\r')
}

// closing looks at what follows a quote inside a quoted cell.
func (s *scanner) closing() (closed, more bool) {
	q := []byte{s.quote}
	if s.i < len(s.data) && s.data[s.i] == s.quote {
		s.emit(append(q, s.quote))
		s.i++
		return false, false
	}
	at := s.i
	if s.by.blanks {
		at = s.blanksEnd(at)
	}
	rest := s.data[at:]
	switch {
	case len(rest) < max(2, len(s.delim)) && !s.eof:
		s.short = true
		return false, false
	case len(rest) == 0, rest[0] == '\n', rest[0] == '\r', bytes.HasPrefix(rest, s.delim), s.eof && len(bytes.Trim(rest, "\x1a")) == 0:
		s.i = at
		s.emit(q)
		return true, s.after()
	}
	s.stray = true
	s.emit(q)
	return false, false
}

// after is at the end of a cell: it goes past a delimiter, or stops at the
// line end, which it names.
func (s *scanner) after() (more bool) {
	rest := s.data[s.i:]
	switch {
	case len(rest) < max(2, len(s.delim)) && !s.eof:
		s.short = true
	case bytes.HasPrefix(rest, s.delim):
		s.i += len(s.delim)
		return true
	case len(rest) == 0:
		s.end = noLineEnd
	case rest[0] == '\n':
		s.end = lf
	case bytes.HasPrefix(rest, []byte("\r\n")):
		s.end = crlf
	case rest[0] == '\r':
		s.end = cr
	default: // Ctrl-Z at the end of the file
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

func backslashes(b []byte) int {
	return len(b) - len(bytes.TrimRight(b, `\`))
}
