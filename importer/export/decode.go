package export

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/csvtext"
)

// view is the file read in one encoding.
type view struct {
	*layout
	err          error    // why it cannot be read so
	right, wrong int      // words of names that stand in the address, and those that would but for a letter
	sent         uint64   // a hash of all that is sent of the rows
	names        []string // the first ones with letters beyond ASCII
}

// chooseLayout finds the encoding and the layout.
func (f *File) chooseLayout(ctx context.Context, o Options) (*layout, error) {
	if f.isOwn() { // whatever the settings say
		if o.Delimiter, o.NoHeader = "", false; f.NotUTF8 == 0 {
			o.Encoding = ""
		}
	}
	encodings, err := f.Encodings(o.Encoding)
	if err != nil {
		return nil, err
	}
	var views []*view
	for _, e := range encodings {
		v := &view{}
		v.layout, v.err = f.layoutIn(e, o)
		if v.err == nil && e.Guessed && !strings.HasPrefix(e.Name, "utf-16") {
			v.err = v.compareNames(ctx)
		}
		views = append(views, v)
	}
	return pickView(views)
}

// isOwn reports a file that this program has written: its first line says so, whatever separates the cells.
func (f *File) isOwn() bool {
	first, _ := f.Records(csvtext.Encoding{}, Dialect{Delimiter: ','}).Next()
	line := strings.ReplaceAll(strings.Join(first.Cells, ","), "\x00", "") // of UTF-16
	return strings.Contains(line, "jsm_reason")
}

// compareNames reads the file, and compares names with addresses.
func (v *view) compareNames(ctx context.Context) error {
	for r, err := range (&Survey{layout: v.layout}).All(ctx) {
		if err != nil {
			return err
		}
		name := textOf(r.record.Cells, v.columns.at.names())
		v.sent = hash64(fmt.Sprintln(v.sent, r.Email, name, r.Organization, r.ExternalID, r.AccountID))
		for word := range strings.FieldsSeq(name) {
			v.right += countIf(!isASCII(word) && agrees(word, localWords(r.Key)))
			v.wrong += countIf(isMisspelt(word, r.Key))
		}
		if !isASCII(name) && len(v.names) < 200 {
			v.names = append(v.names, name)
		}
	}
	return nil
}

// pickView returns the view with the most known headers, then the most right words, if all such views send the same,
// and more words are right than wrong; Chinese, Japanese and Korean names must be more than three. Else it refuses the
// file, with the flag for each view and three of its names.
func pickView(views []*view) (*layout, error) {
	known := func(v *view) int { return len(v.header.keys) - len(without(v.header.keys, isKnown)) }
	better := func(a, b *view) int { return cmp.Or(known(a)-known(b), a.right-b.right) }
	best := slices.MaxFunc(views, better)
	var left []*view // one of each reading
	for _, v := range views {
		same := func(other *view) bool { return other.sent == v.sent }
		if (better(v, best) == 0 || v.err != nil && known(v) == known(best)) && !slices.ContainsFunc(left, same) {
			left = append(left, v)
		}
	}
	certain := len(best.names) > 3 || !eastAsian.MatchString(strings.Join(best.names, ""))
	if best.err != nil || len(left) == 1 && certain && best.wrong <= best.right {
		return best.layout, best.err
	}
	var flags, cells []string
	for _, v := range left {
		shared := func(name string) bool {
			other := func(v *view) bool { return !slices.Contains(v.names, name) }
			return len(left) > 1 && !slices.ContainsFunc(left, other)
		}
		names := without(v.names, shared)
		flags = append(flags, "--encoding "+v.encoding.Name)
		cells = append(cells, v.encoding.Name+": "+strings.Join(names[:min(len(names), 3)], ", "))
	}
	return nil, &RefusedError{
		What: "the file is not UTF-8, and its encoding is not certain",
		Hint: "save it again as CSV UTF-8; or use the one in which the letters are right (check shows some names in " +
			"each, on a terminal; Excel's plain CSV is windows-1252 in Western Europe and America, windows-1250 in " +
			"Central Europe): " + strings.Join(flags, " or "),
		Cells: strings.Join(cells, "\n"),
	}
}
