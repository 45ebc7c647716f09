package csvtext

import (
	"bytes"
	"strings"
)

// scanner reads one record with quotes into its cells: their bytes in text, with
// delimiters between them, and where each ends there.
type scanner struct {
	delim  []byte
	quote  byte
	blanks string // that may stand around quotes

	text []byte
	ends []int // at most MaxColumns+1: the last cell has all further ones
	scanned
}

// scanned is what was found of a record.
type scanned struct {
	size  int // bytes, with the line end
	lines int
	open  bool // a quoted cell does not end within its bound
	stray bool // a quote neither opens nor closes a cell, nor is doubled
	odd   bool // that, or blanks around quotes, or a quote that a backslash escapes
	// escapes: a backslash stands before a quote within a quoted cell
	escapes bool
}

func newScanner(d Dialect) scanner {
	delim := string(d.Delimiter())
	return scanner{delim: []byte(delim), quote: d.quote(), blanks: strings.Replace(" \t", delim, "", 1)}
}

// scan reads the record that data starts with; bound is the most bytes of a quoted cell.
// If the record takes all of data, more data may change the result.
func (s *scanner) scan(data []byte, escaped bool, bound int) {
	s.text, s.ends, s.scanned = s.text[:0], s.ends[:0], scanned{}
	rest := data
	for {
		if cell := bytes.TrimLeft(rest, s.blanks); len(cell) > 0 && cell[0] == s.quote {
			s.odd = s.odd || len(cell) < len(rest)
			rest = s.quotedCell(cell[1:], escaped, bound)
		} else {
			rest = s.plainCell(rest)
		}
		s.ends = append(s.ends[:min(len(s.ends), MaxColumns)], len(s.text))
		if s.open || !bytes.HasPrefix(rest, s.delim) {
			break
		}
		s.text = append(s.text, s.delim...)
		rest = rest[len(s.delim):]
	}
	s.odd = s.odd || s.stray
	s.size = len(data) - len(rest) + lineEnd(rest)
	s.lines = countLines(data[:s.size])
}

// plainCell takes a cell without quotes around it, and returns what stands after it.
func (s *scanner) plainCell(rest []byte) []byte {
	end := bytes.IndexAny(rest, string(s.delim)+"\r\n")
	if end < 0 {
		end = len(rest)
	}
	s.stray = s.stray || bytes.IndexByte(rest[:end], s.quote) >= 0
	s.text = append(s.text, rest[:end]...)
	return rest[end:]
}

// quotedCell takes a cell behind its opening quote, and returns what stands after it.
func (s *scanner) quotedCell(rest []byte, escaped bool, bound int) []byte {
	beyond := max(0, len(rest)-bound)
	for {
		n := bytes.IndexByte(rest, s.quote)
		if n < 0 || len(rest)-n <= beyond {
			s.open = true
			return rest[max(0, len(rest)-beyond):]
		}
		piece, after := rest[:n], rest[n+1:]
		next := bytes.TrimLeft(after, s.blanks)
		s.text = append(s.text, piece...)
		escapes := (n-len(bytes.TrimRight(piece, `\`)))%2 == 1
		s.escapes = s.escapes || escapes
		switch {
		case escaped && escapes:
			s.odd = true
			s.text = s.text[:len(s.text)-1]
		case len(after) > 0 && after[0] == s.quote:
			after = after[1:]
		case len(next) == 0 || lineEnd(next) > 0 || bytes.HasPrefix(next, s.delim):
			s.odd = s.odd || len(next) < len(after)
			return next
		default:
			s.stray = true
		}
		s.text = append(s.text, s.quote)
		rest = after
	}
}

// cells are the cells that were scanned.
func (s *scanner) cells() []string {
	text, cells, start := string(s.text), make([]string, len(s.ends)), 0
	for i, end := range s.ends {
		cells[i], start = text[start:end], end+len(s.delim)
	}
	return cells
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

// indexLineEnd is where the first line end begins; -1: there is none. bytes.IndexByte is the
// fastest way, but not through a whole buffer without LF.
func indexLineEnd(b []byte) int {
	n := bytes.IndexByte(b[:min(len(b), 4<<10)], '\n')
	if n < 0 {
		return bytes.IndexAny(b, "\r\n")
	}
	if cr := bytes.IndexByte(b[:n], '\r'); cr >= 0 {
		return cr
	}
	return n
}

// countLines counts the physical lines of a record.
func countLines(b []byte) int {
	n := bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) - bytes.Count(b, []byte("\r\n"))
	if !isEnded(b) {
		n++
	}
	return n
}

func isEnded(b []byte) bool {
	return bytes.HasSuffix(b, []byte("\n")) || bytes.HasSuffix(b, []byte("\r"))
}
