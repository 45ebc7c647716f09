package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

// cellReader reads single records with encoding/csv.
type cellReader struct {
	comma rune
	swap  bool // the quote is ': swapped with " on the way in and out
	feed  *feed
	csv   *csv.Reader
	end   int64 // where csv is in all that it was fed
}

// feed hands one record to a csv.Reader at a time.
type feed struct {
	raw   []byte
	ended bool
}

func (f *feed) Read(p []byte) (int, error) {
	n := copy(p, f.raw)
	f.raw = f.raw[n:]
	if len(f.raw) == 0 && !f.ended && n < len(p) {
		p[n] = '\n'
		f.ended = true
		n++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func newCellReader(d Dialect) cellReader {
	c := cellReader{comma: d.Delimiter, swap: d.Quote == '\'', feed: &feed{}}
	c.reset()
	return c
}

func (c *cellReader) reset() {
	c.end = 0
	c.csv = csv.NewReader(c.feed)
	c.csv.Comma = c.comma
	c.csv.FieldsPerRecord = -1
}

var errNotOneRecord = errors.New("not one record")

// strict reads a record in standard form.
func (c *cellReader) strict(raw []byte) ([]string, error) { return c.read(raw, false) }

// lazy reads a record in which quotes may stand anywhere.
func (c *cellReader) lazy(raw []byte) ([]string, error) { return c.read(raw, true) }

func (c *cellReader) read(raw []byte, lazy bool) ([]string, error) {
	if c.swap {
		raw = swapQuotes(raw)
	}
	if bytes.Contains(raw, []byte("\r\n")) { // encoding/csv would make it \n
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\r\r\n"))
	}
	c.feed.raw, c.feed.ended = raw, false
	c.csv.LazyQuotes = lazy
	cells, err := c.csv.Read()
	c.end += int64(len(raw)) + 1
	if err == nil && c.csv.InputOffset() != c.end {
		err = errNotOneRecord
	}
	if err != nil {
		c.reset()
		return nil, err
	}
	if c.swap {
		for i, cell := range cells {
			cells[i] = string(swapQuotes([]byte(cell)))
		}
	}
	return cells, nil
}

func swapQuotes(b []byte) []byte {
	swapped := make([]byte, len(b))
	for i, c := range b {
		switch c {
		case '"':
			c = '\''
		case '\'':
			c = '"'
		}
		swapped[i] = c
	}
	return swapped
}
