package export

import (
	"bytes"
	"slices"
	"strings"
)

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

// extent is how far a record goes by one reading.
type extent struct {
	n       int // bytes, without the line end
	end     lineEnd
	lines   int
	outcome outcome
	opened  int // where its last quoted cell begins
	// A quote closes a cell of several lines where another cell could open: it
	// may be that cell's quote, and the one before was never closed.
	doubtful bool
}

// quoted reads a record whose first physical line, of n bytes, has quotes in it.
func (s *splitter) quoted(rec *record, n int) error {
	std := s.extent(reading{})
	if s.srcErr != nil {
		return s.srcErr
	}
	if std.outcome == strict && s.acceptStrict(rec, std) || s.acceptRepaired(rec, std) {
		return nil
	}
	first := extent{n: n, end: rec.end, lines: 1}
	if std.outcome == loose && std.lines == 1 {
		if cells, err := s.parse.lazy(s.text(first)); err == nil && s.fits(cells) {
			rec.cells, rec.repair = s.surplusOff(cells), bareQuotes
			s.advanceOver(rec, first)
			return nil
		}
	}
	s.breakOff(rec, first, std)
	return nil
}

// breakOff takes the first physical line as a record that cannot be trusted.
func (s *splitter) breakOff(rec *record, first, std extent) {
	rec.cells, rec.fault = s.naive(s.text(first))
	if (std.outcome == unclosed || std.lines > 1) && !s.pairsUp(first, std.opened) {
		rec.fault = quoteNeverClosed
	}
	s.brokenUntil = max(s.brokenUntil, s.line+std.lines-1)
	s.advanceOver(rec, first)
}

// pairsUp tells whether a cell that begins with a quote within a line closes
// there, though its quotes leave open where.
func (s *splitter) pairsUp(line extent, opened int) bool {
	return opened < line.n && bytes.Count(s.text(line)[opened:], s.quote)%2 == 0
}

func (s *splitter) acceptStrict(rec *record, std extent) bool {
	if std.doubtful && !s.cleanAfter(std) {
		return false
	}
	raw := s.text(std)
	if bytes.Count(raw, s.delim) >= maxColumns {
		rec.cells, rec.fault = s.naive(raw)
		s.advanceOver(rec, std)
		return true
	}
	cells, err := s.parse.strict(raw)
	if err != nil {
		return false
	}
	if !s.fits(cells) {
		if s.acceptRepaired(rec, std) {
			return true
		}
		if std.lines > 1 && len(cells) > s.width {
			return false
		}
	}
	rec.cells, rec.fault = cells, tooLong(cells)
	if std.lines > 1 && s.swallowed(cells) {
		rec.fault = swallowedRows
	}
	s.advanceOver(rec, std)
	return true
}

// cleanAfter tells whether the quotes of the record after e are clean.
func (s *splitter) cleanAfter(e extent) bool {
	for {
		from := s.r + e.n
		switch e.end {
		case crlf:
			from += 2
		case lf, cr:
			from++
		}
		next := scan(s.buf[min(from, len(s.buf)):], s.eof, s.delim, s.quote[0], reading{}, nil)
		if next.outcome != needMore || len(s.buf)-s.r > 2*maxRow {
			return next.outcome == strict
		}
		s.fill()
	}
}

// acceptRepaired takes another reading of the quotes when by it, and not
// otherwise, the record has exactly the header's columns.
func (s *splitter) acceptRepaired(rec *record, std extent) bool {
	for _, by := range []reading{{escapes: true}, {blanks: true}, {escapes: true, blanks: true}, {phrases: true}, {blanks: true, phrases: true}} {
		if by.escapes && !s.escapesFrom(std) || by.phrases && !s.phrasesFrom(std) {
			continue
		}
		e := s.extent(by)
		if e.outcome != strict {
			continue
		}
		raw := s.text(e)
		cells, err := s.parse.strict(standardised(raw, s.delim, s.quote[0], by))
		if err != nil || !s.fits(cells) || e.lines > 1 && s.swallowed(cells) || e.doubtful && !s.cleanAfter(e) {
			continue
		}
		rec.cells, rec.fault, rec.repair = s.surplusOff(cells), tooLong(cells), blanksAroundQuotes
		switch {
		case by.escapes:
			rec.repair = escapedQuotes
		case by.phrases:
			rec.repair = quotedPhrases
		}
		s.advanceOver(rec, e)
		return true
	}
	return false
}

func (s *splitter) escapesFrom(std extent) bool {
	return bytes.Contains(s.buf[s.r:min(len(s.buf), s.r+std.n+1)], []byte{'\\', s.quote[0]})
}

func (s *splitter) phrasesFrom(std extent) bool {
	return bytes.IndexByte(s.buf[s.r:min(len(s.buf), s.r+std.n+maxPhrase)], '<') >= 0
}

// swallowed tells whether a line in the middle of a cell looks like a row.
func (s *splitter) swallowed(cells []string) bool {
	if s.width < 2 {
		return false
	}
	for _, c := range cells {
		first := true
		for line := range strings.FieldsFuncSeq(c, isLineEnd) {
			if !first && strings.Contains(line, "@") && strings.Count(line, string(s.delim)) >= s.width-1 {
				return true
			}
			first = false
		}
	}
	return false
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' }

// text is what an extent covers, until more is read; a Ctrl-Z at the end of the
// file is not of it.
func (s *splitter) text(e extent) []byte {
	raw := s.buf[s.r : s.r+e.n]
	if e.end == noLineEnd {
		raw = bytes.TrimRight(raw, "\x1a")
	}
	return raw
}

func (s *splitter) advanceOver(rec *record, e extent) {
	rec.lines, rec.end = e.lines, e.end
	s.line += e.lines - 1
	s.advance(e.n, e.end)
}

// fits tells whether cells are as many as the header's, but for empty ones too many.
func (s *splitter) fits(cells []string) bool {
	return s.width == 0 || len(s.surplusOff(cells)) == s.width
}

// surplusOff drops empty cells beyond the header's.
func (s *splitter) surplusOff(cells []string) []string {
	for s.width > 0 && len(cells) > s.width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return slices.Clip(cells)
}

// extent finds how far the record at r goes, reading on as far as the bounds allow.
func (s *splitter) extent(by reading) extent {
	for {
		e := scan(s.buf[s.r:], s.eof, s.delim, s.quote[0], by, nil)
		if e.outcome != needMore {
			return e
		}
		if len(s.buf)-s.r > maxRow+maxCell {
			e.outcome = unclosed
			return e
		}
		s.fill()
	}
}

// standardised writes a record that is strict by some reading in the one form
// that encoding/csv reads.
func standardised(raw, delim []byte, quote byte, by reading) []byte {
	out := make([]byte, 0, len(raw)+16)
	scan(raw, true, delim, quote, by, &out)
	return out
}
