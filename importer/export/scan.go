package export

import "bytes"

// scan follows the cells of the record that data starts with, up to its end.
// With out it writes them there in standard form.
func scan(data []byte, eof bool, delim []byte, quote byte, by reading, out *[]byte) extent {
	s := scanner{data: data, eof: eof, delim: delim, quote: quote, by: by, out: out}
	s.lines = 1
	for {
		var more bool
		switch {
		case !s.atQuote():
			more = s.plainCell()
		case s.by.phrases && s.phraseEnd() > 0:
			more = s.phraseCell()
		default:
			more = s.quotedCell()
		}
		if !more {
			break
		}
		s.emit(delim)
	}
	e := extent{n: s.i, end: s.end, lines: s.lines, outcome: strict, opened: s.opened, doubtful: s.doubtful}
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
	opened   int  // where the last quoted cell began
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
	s.opened = s.i
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

const maxPhrase = 1000 // bytes in a cell of a quoted name and an address

// phraseEnd is where the cell at i ends when it is of the form
// "Ann Lee" <ann@example.com>, in one line and without further quotes; else 0.
// It leaves no doubt: a quote that closes before < opens no other cell. Where
// data ends inside such a cell it is read as a quoted one, which asks for more.
func (s *scanner) phraseEnd() int {
	window := s.data[:min(len(s.data), s.i+maxPhrase)]
	closing := bytes.IndexByte(window[s.i+1:], s.quote)
	if closing < 0 {
		return 0
	}
	closing += s.i + 1
	open := s.blanksEnd(closing + 1)
	if open >= len(window) || window[open] != '<' {
		return 0
	}
	end := open + 1 + bytes.IndexByte(window[open:], '>')
	name, address := window[s.i+1:closing], window[open+1:max(end-1, open+1)]
	if bytes.ContainsAny(name, "\\\r\n") || bytes.ContainsAny(address, "<\r\n") || !bytes.Contains(address, []byte("@")) ||
		bytes.IndexByte(address, s.quote) >= 0 || bytes.Contains(address, s.delim) || !s.endsCell(end) {
		return 0
	}
	return end
}

// phraseCell goes to the end of a cell that phraseEnd has found.
func (s *scanner) phraseCell() (more bool) {
	q := []byte{s.quote}
	end := s.phraseEnd()
	s.emit(q)
	s.emit(bytes.ReplaceAll(s.data[s.i:end], q, []byte{s.quote, s.quote}))
	s.emit(q)
	s.i = end
	return s.after()
}

// endsCell tells whether a cell can end before i.
func (s *scanner) endsCell(i int) bool {
	rest := s.data[i:]
	return len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r') || bytes.HasPrefix(rest, s.delim) || s.eof && len(bytes.Trim(rest, "\x1a")) == 0
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
	case s.endsCell(at):
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
