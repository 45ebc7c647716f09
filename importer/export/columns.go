package export

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer/text"
)

// Column is which column holds a field, and why it was taken.
type Column struct {
	Field  Field  `json:"field"`
	Header string `json:"header"`
	Index  int    `json:"index"` // from 0, in the file
	Why    string `json:"why"`
}

// columns is where the fields are in a record. Of several indexes of a field
// the first cell that is not empty counts.
type columns struct {
	at           [secondLast + 1][]int
	why          [secondLast + 1]string
	preset       *preset
	familyFirst  bool // "山田 太郎"
	login        bool // the address is a login name
	duplicates   bool // several columns have the header of the address
	weighed      bool // the cells were needed to decide: a part of the file may not
	needAccounts bool
}

func (c *columns) has(f Field) bool { return len(c.at[f]) > 0 }

func (c *columns) hasNames() bool { return c.has(Name) || c.has(FirstName) || c.has(LastName) }

func (c *columns) set(f Field, why string, at ...int) { c.at[f], c.why[f] = at, why }

// holds reports whether column i holds a field, and which.
func (c *columns) holds(i int) (Field, bool) {
	for f := Email; f <= secondLast; f++ {
		if slices.Contains(c.at[f], i) {
			return f, true
		}
	}
	return 0, false
}

// list is what people are shown.
func (c *columns) list(h *header) []Column {
	var list []Column
	for f := Email; f <= secondLast; f++ {
		for _, i := range c.at[f] {
			shownAs := f
			if f == secondLast {
				shownAs = LastName
			}
			list = append(list, Column{shownAs, h.names[i], i, c.why[f]})
		}
	}
	return list
}

// needed are the cells that a row must have to be sent.
func (c *columns) needed() []int {
	if c.needAccounts && c.has(AccountID) {
		return c.at[AccountID]
	}
	var is []int
	for _, f := range []Field{Email, Name, FirstName, LastName} {
		is = append(is, c.at[f]...)
	}
	return is
}

// chooser finds the columns of a file.
type chooser struct {
	path    string
	h       *header
	sample  [][]string
	options Options
	e       *evidence
	c       columns
}

func chooseColumns(path string, h *header, sample [][]string, o Options) (columns, error) {
	ch := chooser{path: path, h: h, sample: sample, options: o}
	ch.c.needAccounts = o.NeedAccounts
	if err := ch.told(); err != nil {
		return ch.c, err
	}
	if err := ch.choosePreset(); err != nil {
		return ch.c, err
	}
	if o.NeedAccounts {
		ch.byHeader(AccountID)
	}
	if !ch.c.has(Email) {
		if err := ch.chooseEmail(); err != nil && !(o.NeedAccounts && ch.c.has(AccountID)) {
			return ch.c, err
		}
	}
	ch.e = newEvidence(sample, ch.c.at[Email])
	ch.byHeader(ExternalID)
	if err := ch.chooseOrganization(); err != nil {
		return ch.c, err
	}
	if err := ch.chooseNames(); err != nil && !o.NeedAccounts {
		return ch.c, err
	}
	return ch.c, nil
}

func (ch *chooser) refuse(what, hint string) error {
	return &RefusedError{Path: ch.path, Place: ch.h.place, What: what, Hint: hint}
}

// told takes the columns that the user names.
func (ch *chooser) told() error {
	for f := Email; f <= AccountID; f++ {
		name, ok := ch.options.Columns[f]
		if !ok {
			continue
		}
		i := ch.h.index(name)
		if i < 0 {
			return ch.refuse(fmt.Sprintf("no column is named %q", name), "the columns are: "+ch.h.list())
		}
		ch.c.set(f, "--column", i)
	}
	return nil
}

// byHeader takes the column whose header means f; of several the best one.
func (ch *chooser) byHeader(f Field) {
	best := -1
	var rank int
	for i := range ch.h.keys {
		m, ok := ch.h.means(i, f)
		if f == AccountID && ch.h.own[i] && ch.h.names[i] == "jsm_account_id" {
			m, ok = meaning{rank: -1}, true
		}
		_, taken := ch.c.holds(i)
		if ok && (best < 0 || m.rank < rank) && (!taken || f == AccountID) {
			best, rank = i, m.rank
		}
	}
	if best >= 0 && !ch.c.has(f) {
		ch.c.set(f, "header", best)
	}
}

// chooseOrganization takes the column of organizations. Where they are to be
// made at the site it must be there, and hold no numbers.
func (ch *chooser) chooseOrganization() error {
	ch.byHeader(Organization)
	_, told := ch.options.Columns[Organization]
	if !ch.options.Organizations || told {
		return nil
	}
	if !ch.c.has(Organization) {
		return ch.refuse("no header names a column of organizations",
			"name it with --column organization=HEADER, or leave --organizations out")
	}
	i := ch.c.at[Organization][0]
	s := ch.e.of(i)
	letters := 0
	for _, cells := range ch.sample {
		if strings.ContainsFunc(cellAt(cells, i), isLetterOrMark) {
			letters++
		}
	}
	if s.filled > 0 && (!most(letters, s.filled) || most(s.addresses, s.filled)) {
		return &RefusedError{Path: ch.path, Place: ch.h.place, Column: ch.h.names[i],
			What: "its cells look like no names of organizations",
			Hint: "name the column with --column organization=HEADER, or leave --organizations out"}
	}
	return nil
}

// columnFlag is how the user names a column. Where there is no header it has a number.
func (ch *chooser) columnFlag(f Field, i int) string {
	return "--column " + text.ShellWord(fmt.Sprintf("%s=%s", f, ch.h.names[i]))
}

func (ch *chooser) ambiguous(what string, f Field, at []int) error {
	slices.Sort(at)
	var names, flags []string
	for _, i := range slices.Compact(at) {
		if ch.h.names[i] == "" {
			names = append(names, fmt.Sprintf("number %d, which has no header", i+1))
			continue
		}
		names = append(names, fmt.Sprintf("%q", ch.h.names[i]))
		flags = append(flags, ch.columnFlag(f, i))
	}
	if slices.Sort(flags); len(slices.Compact(slices.Clone(flags))) < len(flags) {
		return ch.refuse(fmt.Sprintf("several columns have the header %s, and they hold different %s", names[0],
			map[Field]string{Email: "addresses", Name: "names"}[f]),
			"give them different headers, and say which holds the customers'")
	}
	return ch.refuse(fmt.Sprintf("%d columns could be the %s: %s", len(names), what, strings.Join(names, ", ")),
		"say which: "+strings.Join(flags, " or "))
}
