package export

import (
	"context"
	"fmt"
	"io"
	"slices"
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
	wins    []int    // over each other view: cells of which it alone makes words of the address
	differs []bool   // from each other view, in cells that are sent
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
		v := &view{encoding: e, wins: make([]int, len(encodings)), differs: make([]bool, len(encodings))}
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
	if err := f.compare(ctx, views, best.layout); err != nil {
		return nil, false, err
	}
	chosen, err := f.settle(views, best)
	return chosen, true, err
}

// isOwn reports a file that this program wrote.
func (f *File) isOwn() bool {
	sample, err := f.text.Sample(csvtext.Encoding{}, sampleSize)
	s := sniffer{path: f.Path(), sample: sample}
	return err == nil && s.ownFile() != nil
}

// known is how many headers are in the table of words.
func (l *layout) known() int {
	n := 0
	for _, key := range l.header.keys {
		if words().isKnown(key) {
			n++
		}
	}
	return n
}

// compare reads the file in all encodings side by side, by the layout of one.
func (f *File) compare(ctx context.Context, views []*view, l *layout) error {
	for _, v := range views {
		v.records = f.text.Records(ctx, v.encoding, l.dialect)
		v.records.Width = len(l.header.names)
	}
	for {
		for _, v := range views {
			rec, err := v.records.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			v.cells = rec.Cells
			if rec.Place.Row <= l.header.place.Row {
				v.cells = nil
			}
		}
		if !slices.ContainsFunc(views[0].cells, func(c string) bool { return !isASCII(c) }) {
			continue
		}
		local := localWords(readAddress(firstFilled(views[0].cells, l.columns.at[Email])).key)
		for _, column := range slices.Concat(l.columns.at[:]...) {
			look(views, column, local)
		}
	}
}

// look holds one cell, as each encoding reads it, against the address.
func look(views []*view, column int, local []string) {
	var reads []string
	var hits []int
	for _, v := range views {
		cell, n := trimBlanks(cellAt(v.cells, column)), 0
		for word := range strings.FieldsSeq(cell) {
			if !isASCII(word) && standsIn(fold(word), local) {
				n++
			}
		}
		reads, hits = append(reads, cell), append(hits, n)
	}
	contested := slices.ContainsFunc(reads, func(r string) bool { return r != reads[0] }) || len(reads) == 1
	for i, v := range views {
		for k := range views {
			v.differs[k] = v.differs[k] || reads[i] != reads[k]
			if reads[i] != reads[k] && hits[i] > hits[k] {
				v.wins[k]++
			}
		}
		if contested && len(v.names) < 3 && !isASCII(reads[i]) {
			v.names = append(v.names, reads[i])
		}
	}
}

// settle takes the encoding that nothing speaks against, or refuses the file.
func (f *File) settle(views []*view, by *view) (*view, error) {
	var left []*view
	for k, v := range views {
		beaten := slices.ContainsFunc(views, func(o *view) bool { return o.wins[k] > 4*v.wins[slices.Index(views, o)] })
		if !beaten {
			left = append(left, v)
		}
	}
	if len(left) == 0 { // they beat each other
		return nil, f.uncertain(views, by)
	}
	v := left[0]
	if slices.ContainsFunc(left, func(o *view) bool { return v.differs[slices.Index(views, o)] }) ||
		v.encoding.Wide && len(v.names) > 0 && len(left) == len(views) {
		return nil, f.uncertain(left, by)
	}
	if v.err != nil {
		v.layout = by.layout // the same columns, though its header is not known in this encoding
	}
	return v, nil
}

// uncertain shows three of the names in each encoding that is left, with the flag for it.
func (f *File) uncertain(left []*view, by *view) error {
	var readings []string
	for _, v := range left {
		said := fmt.Sprintf("--encoding %s (%s)", v.encoding.Flag, strings.Join(v.names, ", "))
		if v == by {
			readings = slices.Insert(readings, 0, said)
		} else {
			readings = append(readings, said)
		}
	}
	const most = 6
	return &RefusedError{Path: f.Path(), What: "the file is not UTF-8, and its encoding is not certain",
		Hint: "say the one in which the letters are right: " +
			strings.Join(readings[:min(len(readings), most)], "; or ")}
}
