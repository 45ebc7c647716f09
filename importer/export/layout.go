package export

import (
	"slices"

	"jsm-onboard/importer/csvtext"
)

// layout is how a file is read: its encoding, dialect, header and columns.
type layout struct {
	file      *File
	encoding  csvtext.Encoding
	options   Options
	dialect   Dialect
	header    header
	named     int // how surely the header names a column of addresses
	columns   choice
	needed    []int // the cells that a row must have to be sent
	emptyLast bool  // hardly a row of the sample fills the last column
	fullLast  bool  // or nearly all do
	second    []int // columns in which further addresses may stand

	sample       [][]string // rows below the header
	whole, total int        // rows with the header's columns, and all
}

// layoutIn finds dialect, header and columns by the beginning of the file, in one encoding.
func (f *File) layoutIn(e csvtext.Encoding, o Options) (*layout, error) {
	l, err := (&layout{file: f, encoding: e, options: o}).sniff()
	if err != nil {
		return l, err
	}
	if l.columns, err = chooseColumns(&l.header, l.sample, o); err != nil {
		return l, err
	}
	at := &l.columns.at
	l.needed = slices.Concat(at[Email], at[Name], at[FirstName], at[LastName])
	if o.NeedAccounts && l.columns.has(AccountID) {
		l.needed = at[AccountID]
	}
	h := &l.header
	l.second = h.where(func(i int) bool {
		addresses := h.says(i, "mail") || l.columns.of(i).looksAddresses()
		return addresses && !h.says(i, "elsewhere") || l.columns.holds(i) == Email
	})
	if last := len(h.names) - 1; last > 0 && len(l.sample) > 1 {
		filled := l.columns.of(last).filled
		l.emptyLast = l.columns.holds(last) == 0 && filled <= max(1, len(l.sample)/5)
		l.fullLast = nearly(filled, len(l.sample))
	}
	clear(l.columns.stats) // which are large, and seldom asked for again
	return l, nil
}

// repeat makes the flags of [Survey.Repeat]: columns that the user named, or all that the header does not show.
func (l *layout) repeat() (flags []string) {
	c := &l.columns
	alone, err := chooseColumns(&l.header, nil, l.options)
	all := err != nil || c.neededCells
	named := func(c *choice, f Field) bool { return c.has(f) && !(f > Name && f <= LastName && c.has(Name)) }
	for f := Email; f <= LastName; f++ {
		all = all || named(&alone, f) != named(c, f) || named(c, f) && alone.at[f][0] != c.at[f][0]
	}
	for f := Email; f < fields; f++ {
		if named(c, f) && (c.byFlag[f] || all && f <= LastName) {
			flags = append(flags, "--column", f.String()+"="+l.header.flag(c.at[f][0]))
		}
	}
	if l.options.NoNames || all && !c.hasNames() {
		flags = append(flags, "--column", "name=none")
	}
	return flags
}
