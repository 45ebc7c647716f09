package export

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
)

// view is the file read in one encoding.
type view struct {
	encoding csvtext.Encoding
	*layout
	err error

	// Of the cells that are sent and that the encodings read in different ways:
	sent   hash.Hash64
	losses int      // in how many another encoding makes more words of the address
	wrong  int      // words in all cells that are one of the address but for a letter, less those that are one
	names  []string // the first ones
}

// decide finds the encoding and the layout. Where several encodings make words of the
// file, those count that the addresses do not speak against; they must agree on the
// cells that are sent, or the file is refused with the flag for each.
func (f *File) decide(ctx context.Context, o Options) (*view, error) {
	if own, _ := f.layoutIn(csvtext.Encoding{}, o); own != nil && own.header.ownFile && f.NotUTF8() == 0 {
		o.Encoding = "" // whatever the settings say
	}
	encodings, err := f.Encodings(o.Encoding)
	if err != nil {
		return nil, err
	}
	var views []*view
	for _, e := range encodings {
		v := &view{encoding: e, sent: fnv.New64a()}
		v.layout, v.err = f.layoutIn(e, o)
		views = append(views, v)
	}
	slices.SortStableFunc(views, func(a, b *view) int { return b.known() - a.known() })
	best := views[0]
	if best.err != nil || !best.encoding.Guessed || strings.HasPrefix(best.encoding.Name, "utf-16") {
		return best, best.err
	}
	if err := f.compare(ctx, views); err != nil {
		return nil, err
	}
	return settle(views)
}

// known is how many headers are in the table of words; -1: there is no header.
func (v *view) known() int {
	if v.err != nil {
		return -1
	}
	return len(v.header.keys) - len(without(v.header.keys, isKnown))
}

// compare reads the cells that are sent in all encodings, by the layout of the first.
func (f *File) compare(ctx context.Context, views []*view) error {
	l := views[0].layout
	records := f.Records(ctx, csvtext.Encoding{}, l.dialect) // the bytes as they are
	records.Width = len(l.header.names)
	for {
		rec, err := records.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.Place.Row <= l.header.place.Row {
			continue
		}
		key := readAddress(firstFilled(rec.Cells, l.columns.at[Email])).key
		for _, column := range slices.Concat(l.columns.at[:]...) {
			if cell := cellAt(rec.Cells, column); !isASCII(cell) {
				compareCell(views, cell, key)
			}
		}
	}
}

// compareCell holds one cell, as each encoding reads it, against the words of the address.
func compareCell(views []*view, cell, key string) {
	var reads []string
	var found []int // words of the address
	for _, v := range views {
		text, n := trimBlanks(v.encoding.Text(cell)), 0
		for word := range strings.FieldsSeq(text) {
			if !isASCII(word) && agrees(word, localWords(key)) {
				n++
			} else if isMisspelt(word, key) {
				v.wrong++
			}
		}
		v.wrong -= n
		reads, found = append(reads, text), append(found, n)
	}
	if len(reads) > 1 && len(slices.Compact(slices.Clone(reads))) == 1 {
		return
	}
	for i, v := range views {
		fmt.Fprintln(v.sent, reads[i])
		if found[i] < slices.Max(found) {
			v.losses++
		}
		if len(v.names) < 3 && !isASCII(reads[i]) {
			v.names = append(v.names, reads[i])
		}
	}
}

// settle takes the encoding that nothing speaks against, or refuses the file with
// the flag for each encoding that is left, and three of the names in it.
func settle(views []*view) (*view, error) {
	least := slices.MinFunc(views, func(a, b *view) int { return a.losses - b.losses }).losses
	var left []*view // one of each reading
	for _, v := range views {
		same := func(other *view) bool { return other.sent.Sum64() == v.sent.Sum64() }
		if v.losses <= 4*least && !slices.ContainsFunc(left, same) {
			left = append(left, v)
		}
	}
	if v := left[0]; len(left) == 1 && !(v.encoding.IsWide() && len(v.names) > 0) && v.wrong <= 0 {
		if v.err != nil {
			v.layout = views[0].layout // the same columns, though its header is not known in this encoding
		}
		return v, nil
	}
	const most = 6
	var flags, cells []string
	for _, v := range left[:min(len(left), most)] {
		flags = append(flags, "--encoding "+v.encoding.Name)
		cells = append(cells, v.encoding.Name+": "+strings.Join(v.names, ", "))
	}
	return nil, &RefusedError{
		What: "the file is not UTF-8, and its encoding is not certain",
		Hint: "use the one in which the letters are right (check shows some names in each, on a terminal): " +
			strings.Join(flags, " or "),
		Cells: strings.Join(cells, "\n"),
	}
}
