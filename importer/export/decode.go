package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"jsm-onboard/importer/csvtext"
)

// view is the file read in one encoding.
type view struct {
	encoding csvtext.Encoding
	*layout
	err     error
	records *csvtext.Reader
	cells   []string
	names   []string // some that it alone reads so
}

// decide finds the encoding and the layout. Where several encodings make words of the
// file, those count that the addresses do not speak against; they must agree on the
// cells that are sent, or the file is refused with the flag for each.
func (f *File) decide(ctx context.Context, o Options) (*view, bool, error) {
	if o.Encoding != "" && f.text.NotUTF8() == 0 && f.isOwn() {
		o.Encoding = ""
	}
	encodings, err := f.text.Encodings(o.Encoding)
	if err != nil {
		return nil, false, err
	}
	var views []*view
	for _, e := range encodings {
		sample, err := f.text.Sample(e, sampleSize)
		if err != nil {
			return nil, false, err
		}
		v := &view{encoding: e}
		v.layout, v.err = findLayout(f.Path(), sample, o)
		views = append(views, v)
	}
	best := views[0]
	for _, v := range views[1:] {
		if v.err == nil && (best.err != nil || v.known() > best.known()) {
			best = v
		}
	}
	if best.err != nil {
		return nil, false, best.err
	}
	if o.Encoding != "" || best.encoding.Guessed || strings.HasPrefix(best.encoding.Name, "UTF-") {
		return best, false, nil
	}
	chosen, err := f.compare(ctx, views, best)
	return chosen, true, err
}

// isOwn reports a file that this program wrote.
func (f *File) isOwn() bool {
	sample, err := f.text.Sample(csvtext.Encoding{}, sampleSize)
	if err != nil {
		return false
	}
	g, err := ownFile(f.Path(), sample)
	return err == nil && g != nil
}

// known is how many headers are in the table of words.
func (l *layout) known() int {
	n := 0
	for _, key := range l.header.keys {
		if words().ranks[key] != nil || words().other[key] {
			n++
		}
	}
	return n
}

// contest counts the words that one encoding reads as the address has them, and another not.
type contest struct {
	views  []*view
	wins   [][]int
	differ [][]bool
	high   bool // cells that are sent have letters beyond ASCII
}

// compare reads the file in all encodings side by side, by the layout of one.
func (f *File) compare(ctx context.Context, views []*view, by *view) (*view, error) {
	c := &contest{views: views, wins: make([][]int, len(views)), differ: make([][]bool, len(views))}
	for i, v := range views {
		c.wins[i], c.differ[i] = make([]int, len(views)), make([]bool, len(views))
		v.records = f.text.Records(ctx, v.encoding, by.dialect)
		v.records.Width = len(by.header.names)
	}
	for {
		ended := 0
		for _, v := range views {
			rec, err := v.records.Next()
			if err != nil && err != io.EOF {
				return nil, err
			}
			if err == io.EOF {
				ended++
			}
			v.cells = rec.Cells
			if rec.Place.Row <= by.header.place.Row {
				v.cells = nil
			}
		}
		if ended > 0 {
			break
		}
		c.look(by.layout)
	}
	return c.settle(f.Path(), by)
}

// look holds one record, as each encoding reads it, against its address.
func (c *contest) look(l *layout) {
	if isPlain(c.views[0].cells) {
		return
	}
	var local []string
	for _, v := range c.views {
		if a := readAddress(firstFilled(v.cells, l.columns.at[Email])); a.fault == 0 && local == nil {
			before, _, _ := strings.Cut(a.key, "@")
			local = foldedWords(before)
		}
	}
	for f := Email; f <= secondLast; f++ {
		for _, column := range l.columns.at[f] {
			c.lookAt(column, local)
		}
	}
}

func isPlain(cells []string) bool {
	for _, c := range cells {
		for i := range len(c) {
			if c[i] >= 0x80 {
				return false
			}
		}
	}
	return true
}

func (c *contest) lookAt(column int, local []string) {
	reads := make([]string, len(c.views))
	hits := make([]int, len(c.views))
	for i, v := range c.views {
		reads[i] = trimBlanks(cellAt(v.cells, column))
		for word := range strings.FieldsSeq(reads[i]) {
			if w := fold(word); !isPlain([]string{word}) && standsIn(w, local) {
				hits[i]++
			}
		}
	}
	for i := range c.views {
		for k := range c.views {
			if reads[i] == reads[k] {
				continue
			}
			c.differ[i][k] = true
			if hits[i] > hits[k] {
				c.wins[i][k]++
			}
		}
		if v := c.views[i]; len(v.names) < 3 && (len(reads) == 1 || c.isContested(reads)) && !isPlain(reads[i:i+1]) {
			v.names = append(v.names, reads[i])
		}
		c.high = c.high || !isPlain(reads[i:i+1])
	}
}

func (c *contest) isContested(reads []string) bool {
	for _, r := range reads[1:] {
		if r != reads[0] {
			return true
		}
	}
	return false
}

// settle takes the encoding that nothing speaks against, or refuses the file.
func (c *contest) settle(path string, by *view) (*view, error) {
	var left []int
	for k := range c.views {
		beaten := false
		for i := range c.views {
			beaten = beaten || c.wins[i][k] > 0 && c.wins[i][k] > 4*c.wins[k][i]
		}
		if !beaten {
			left = append(left, k)
		}
	}
	if len(left) == 0 {
		for k := range c.views {
			left = append(left, k)
		}
	}
	for _, i := range left {
		for _, k := range left {
			if c.differ[i][k] {
				return nil, c.refuse(path, left, by)
			}
		}
	}
	v := c.views[left[0]]
	if v.encoding.Wide && c.high && len(left) == len(c.views) {
		return nil, c.refuse(path, left, by)
	}
	if v.err != nil {
		v.layout = by.layout // the same columns, though its header is not known in this encoding
	}
	return v, nil
}

// refuse shows three of the names in each encoding that is left, with the flag for it.
func (c *contest) refuse(path string, left []int, by *view) error {
	var readings []string
	for _, first := range []bool{true, false} {
		for _, k := range left {
			if v := c.views[k]; (v == by) == first {
				readings = append(readings, fmt.Sprintf("--encoding %s (%s)", v.encoding.Flag, strings.Join(v.names,
					", ")))
			}
		}
	}
	const most = 6
	if len(readings) > most {
		readings = readings[:most]
	}
	return &RefusedError{Path: path, What: "the file is not UTF-8, and its encoding is not certain",
		Hint: "say the one in which the letters are right: " + strings.Join(readings, "; or ")}
}

var errStopped = errors.New("stopped")
