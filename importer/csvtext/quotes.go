package csvtext

import "bytes"

const ctrlZ = "\x1a" // ends files of old programs

// scanner follows the cells of the record that data starts with, and keeps
// them: their bytes in text, with delimiters between them, and where each ends there.
type scanner struct {
	delim   []byte
	quote   byte
	special [256]bool // the bytes at which a cell without quotes may end, or is stray

	data    []byte
	lenient bool // blanks may stand around quotes, and a backslash before one inside a cell
	bound   int  // bytes of a quoted cell
	text    []byte
	ends    []int
	scanned
}

func newScanner(d Dialect) scanner {
	s := scanner{delim: []byte(string(d.Delimiter())), quote: d.quote()}
	for _, c := range []byte{s.delim[0], s.quote, '\r', '\n'} {
		s.special[c] = true
	}
	return s
}

// scanned is what was found of a record.
type scanned struct {
	end     int // bytes of it, without the line end
	lineEnd int // bytes of that
	lines   int
	opened  int  // where the last quoted cell begins
	quoted  bool // a cell has quotes around it
	stray   bool // a quote neither opens nor closes a cell, nor is doubled
	open    bool // a quoted cell does not end within its bound
	escaped bool // a quote after a backslash was read as one inside its cell
	// doubtful: a quote that closes a cell of several lines stands where another cell
	// could open. It may be that cell's, and the one before was never closed.
	doubtful bool
	surplus  bool  // there are cells beyond MaxColumns
	fault    *Flaw // CellTooLong or TooManyColumns
}

// scan starts anew, as if data were the rest of the file. When the record and
// its line end take all of data, more of it may change what was found.
func (s *scanner) scan(data []byte, lenient bool, bound int) {
	s.data, s.lenient, s.bound = data, lenient, bound
	s.text, s.ends, s.scanned = s.text[:0], s.ends[:0], scanned{lines: 1}
	if s.plainLine() {
		return
	}
	for s.cell() {
	}
}

// plainLine takes a line without quotes at once, as most are. It is too short to pass a bound.
func (s *scanner) plainLine() bool {
	within := s.data[:min(len(s.data), MaxColumns)]
	n := bytes.IndexByte(within, '\n')
	if n < 0 {
		return false
	}
	line := bytes.TrimSuffix(within[:n], []byte("\r"))
	if bytes.IndexByte(line, s.quote) >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return false
	}
	end := -len(s.delim)
	for cell := range bytes.SplitSeq(line, s.delim) {
		end += len(s.delim) + len(cell)
		s.ends = append(s.ends, end)
	}
	s.text = append(s.text, line...)
	s.end, s.lineEnd = len(line), n+1-len(line)
	return true
}

// cells are the cells that were scanned; those beyond MaxColumns are part of the last.
func (s *scanner) cells() []string {
	text, cells, start := string(s.text), make([]string, len(s.ends)), 0
	for i, end := range s.ends {
		cells[i], start = text[start:end], end+len(s.delim)
	}
	if s.fault == TooManyColumns {
		cells[MaxColumns-1] += text[s.ends[MaxColumns-1]:]
	}
	for s.surplus && len(cells) > 1 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// cell reads one cell, and reports whether another follows.
func (s *scanner) cell() bool {
	start, at := len(s.text), s.end
	if s.lenient {
		at = s.blanksEnd(at)
	}
	if s.isQuote(at) {
		s.opened, s.end, s.quoted = at, at, true
		s.quotedCell()
	} else {
		s.plainCell()
	}
	if s.open {
		return false
	}
	if len(s.text)-start > maxCell {
		s.fault = CellTooLong
	}
	if len(s.ends) < MaxColumns {
		s.ends = append(s.ends, len(s.text))
	} else if s.surplus = true; len(s.text) > start {
		s.fault = TooManyColumns
	}
	if bytes.HasPrefix(s.data[s.end:], s.delim) {
		s.text = append(s.text, s.delim...)
		s.end += len(s.delim)
		return true
	}
	s.lineEnd = lineEnd(s.data[s.end:])
	return false
}

// plainCell goes to the end of a cell without quotes around it.
func (s *scanner) plainCell() {
	rest, special := s.data[s.end:], &s.special
	n := 0
	for ; n < len(rest); n++ {
		c := rest[n]
		if special[c] && c != s.quote && s.endsCell(s.end+n) {
			break
		}
		s.stray = s.stray || c == s.quote
	}
	s.text = append(s.text, rest[:n]...)
	s.end += n
}

// quotedCell goes past the quote that closes the cell.
func (s *scanner) quotedCell() {
	s.end++
	limit, first := s.end+s.bound+1, s.lines
	for {
		within := s.data[s.end:min(len(s.data), max(s.end, limit))]
		piece, _, closed := bytes.Cut(within, []byte{s.quote})
		s.lines += countLineEnds(piece)
		s.end += len(piece)
		if !closed {
			s.open = true
			return
		}
		s.end++
		if s.lenient && backslashes(piece)%2 == 1 {
			s.escaped = true
			s.text = append(append(s.text, piece[:len(piece)-1]...), s.quote)
			continue
		}
		s.text = append(s.text, piece...)
		at := s.end
		if s.lenient {
			at = s.blanksEnd(at)
		}
		switch {
		case s.isQuote(s.end):
			s.end++
		case s.endsCell(at):
			s.doubtful = s.doubtful || s.lines > first && s.opensAfter(piece)
			s.end = at
			return
		default:
			s.stray = true
		}
		s.text = append(s.text, s.quote)
	}
}

func (s *scanner) isQuote(i int) bool { return i < len(s.data) && s.data[i] == s.quote }

// blanksEnd is where the blanks that start at i end.
func (s *scanner) blanksEnd(i int) int {
	for i < len(s.data) && (s.data[i] == ' ' || s.data[i] == '\t') && s.data[i] != s.delim[0] {
		i++
	}
	return i
}

// endsCell reports whether a cell can end before i.
func (s *scanner) endsCell(i int) bool {
	rest := s.data[i:]
	return len(rest) == 0 || bytes.HasPrefix(rest, s.delim) || lineEnd(rest) > 0
}

// opensAfter reports whether a quote after a piece of a cell stands where another could begin.
func (s *scanner) opensAfter(piece []byte) bool {
	return bytes.HasSuffix(piece, s.delim) || bytes.HasSuffix(piece, []byte("\n")) ||
		bytes.HasSuffix(piece, []byte("\r"))
}

// lineEnd is the length of the line end that b starts with; 0: none.
func lineEnd(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return 2
	case len(b) > 0 && (b[0] == '\n' || b[0] == '\r'):
		return 1
	}
	return 0
}

func countLineEnds(b []byte) int {
	return bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) - bytes.Count(b, []byte("\r\n"))
}

func backslashes(b []byte) int { return len(b) - len(bytes.TrimRight(b, `\`)) }
