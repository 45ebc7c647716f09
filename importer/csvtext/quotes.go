package csvtext

import "bytes"

// scanned is what was found of a record with quotes.
type scanned struct {
	size  int // bytes, with the line end
	lines int
	open  bool // a quoted cell does not end within its bound
	stray bool // a quote neither opens nor closes a cell, nor is doubled
	odd   bool // that, or blanks around quotes, or a quote that a backslash escapes
}

// scan reads the next record; bound is the most bytes of a quoted cell. If it takes the whole buffer, more data may
// change the result.
func (r *Reader) scan(escaped bool, bound int) {
	r.text, r.ends, r.scanned = r.text[:0], r.ends[:0], scanned{}
	rest := r.buf
	for {
		if cell := bytes.TrimLeft(rest, r.blanks); len(cell) > 0 && cell[0] == r.quote {
			r.odd = r.odd || len(cell) < len(rest)
			rest = r.quotedCell(cell[1:], escaped, bound)
		} else {
			end := bytes.IndexAny(rest, string(r.delim)+"\r\n")
			if end < 0 {
				end = len(rest)
			}
			r.stray = r.stray || bytes.IndexByte(rest[:end], r.quote) >= 0
			r.text, rest = append(r.text, rest[:end]...), rest[end:]
		}
		r.ends = append(r.ends[:min(len(r.ends), MaxColumns)], len(r.text))
		if r.open || !bytes.HasPrefix(rest, r.delim) {
			break
		}
		r.text = append(r.text, r.delim...)
		rest = rest[len(r.delim):]
	}
	r.odd = r.odd || r.stray
	record := r.buf[:len(r.buf)-len(rest)]
	count := func(lineEnd string) int { return bytes.Count(record, []byte(lineEnd)) }
	r.size, r.lines = len(record)+lineEnd(rest), 1+count("\n")+count("\r")-count("\r\n")
}

// quotedCell takes a cell behind its opening quote, and returns what stands after it.
func (r *Reader) quotedCell(rest []byte, escaped bool, bound int) []byte {
	beyond := max(0, len(rest)-bound)
	for {
		n := bytes.IndexByte(rest, r.quote)
		if n < 0 || len(rest)-n <= beyond {
			r.open = true
			return rest[max(0, len(rest)-beyond):]
		}
		piece, after := rest[:n], rest[n+1:]
		next := bytes.TrimLeft(after, r.blanks)
		r.text = append(r.text, piece...)
		backslashes := n - len(bytes.TrimRight(piece, `\`))
		switch {
		case escaped && backslashes%2 == 1:
			r.odd = true
			r.text = r.text[:len(r.text)-1]
		case len(after) > 0 && after[0] == r.quote:
			after = after[1:]
		case len(next) == 0 || lineEnd(next) > 0 || bytes.HasPrefix(next, r.delim):
			r.odd = r.odd || len(next) < len(after)
			return next
		default:
			r.stray = true
		}
		r.text = append(r.text, r.quote)
		rest = after
	}
}

// cells are the cells that were scanned.
func (r *Reader) cells() []string {
	text, cells, start := string(r.text), make([]string, len(r.ends)), 0
	for i, end := range r.ends {
		cells[i], start = text[start:end], end+len(r.delim)
	}
	return cells
}

// lineEnd is the length of the line end that b starts with; 0: none.
func lineEnd(b []byte) int {
	afterCR := bytes.TrimPrefix(b, []byte("\r"))
	return len(b) - len(bytes.TrimPrefix(afterCR, []byte("\n")))
}
