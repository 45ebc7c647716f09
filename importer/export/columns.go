package export

import (
	"fmt"
	"slices"
	"strings"
)

// Column tells which column holds a field, and why it was taken.
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
	surnameFirst bool // "山田 太郎"
	login        bool // the address is a login name
	duplicates   bool // several columns have the header of the address
	needAccounts bool
}

func (c *columns) has(f Field) bool { return len(c.at[f]) > 0 }

func (c *columns) set(f Field, why string, at ...int) {
	c.at[f], c.why[f] = at, why
}

// list is what people are shown.
func (c *columns) list(h *header) []Column {
	var list []Column
	for f := Email; f <= AccountID; f++ {
		for _, i := range c.at[f] {
			list = append(list, Column{f, h.names[i], i, c.why[f]})
		}
	}
	return list
}

// needed are the cells that a row must have to be sent.
func (c *columns) needed() []int {
	fields := []Field{Email, Name, FirstName, LastName}
	if c.needAccounts && c.has(AccountID) {
		fields = []Field{AccountID}
	}
	var is []int
	for _, f := range fields {
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
	c       columns
}

func chooseColumns(path string, h *header, sample [][]string, o Options) (columns, error) {
	ch := chooser{path: path, h: h, sample: sample, options: o}
	ch.c.needAccounts = o.NeedAccounts
	if err := ch.asked(); err != nil {
		return ch.c, err
	}
	if err := ch.choosePreset(); err != nil {
		return ch.c, err
	}
	if o.NeedAccounts && !ch.c.has(AccountID) {
		ch.accounts()
	}
	if !ch.c.has(Email) {
		if err := ch.chooseEmail(); err != nil && !(o.NeedAccounts && ch.c.has(AccountID)) {
			return ch.c, err
		}
	}
	if err := ch.chooseNames(); err != nil {
		return ch.c, err
	}
	for _, f := range []Field{Organization, ExternalID} {
		ch.byAlias(f)
	}
	return ch.c, nil
}

// asked takes the columns that the user names.
func (ch *chooser) asked() error {
	for f := Email; f <= AccountID; f++ {
		name, ok := ch.options.Columns[f]
		if !ok {
			continue
		}
		i := ch.h.index(name)
		if i < 0 {
			return &RefusedError{Path: ch.path, Line: ch.h.line, What: fmt.Sprintf("no column is named %q", name),
				Hint: "the columns are: " + ch.h.list()}
		}
		ch.c.set(f, "--column", i)
	}
	return nil
}

func (ch *chooser) choosePreset() error {
	switch ch.options.Preset {
	case "none":
	case "":
		ch.c.preset = recognise(ch.h)
	default:
		ch.c.preset = presetNamed(ch.options.Preset)
		if ch.c.preset == nil {
			return &OptionError{Flag: "--preset", What: fmt.Sprintf("there is no preset %q (%s)", ch.options.Preset, strings.Join(Presets(), ", "))}
		}
	}
	p := ch.c.preset
	if p == nil {
		return nil
	}
	for f, wanted := range p.fields {
		if ch.c.has(f) || f == AccountID && !ch.options.NeedAccounts {
			continue
		}
		var at []int
		for _, w := range wanted {
			at = append(at, ch.h.normalised(w)...)
		}
		if len(at) > 0 {
			ch.c.set(f, p.title, ch.distinct(f, at)...)
		}
	}
	return ch.presetAddresses()
}

// distinct keeps one column for fields that have but one.
func (ch *chooser) distinct(f Field, at []int) []int {
	if f == Email && len(at) > 1 {
		ch.c.duplicates = ch.h.keys[at[0]] == ch.h.keys[at[1]]
	}
	if f == ExternalID || f == Organization || f == AccountID {
		return at[:1]
	}
	return at
}

// presetAddresses confirms the preset's column of addresses by what is in it.
func (ch *chooser) presetAddresses() error {
	p := ch.c.preset
	if _, told := ch.options.Columns[Email]; told {
		return nil
	}
	if !ch.c.has(Email) {
		at := ch.h.normalised(p.login)
		if p.login == "" || len(at) == 0 || !ch.confirmed(at) || ch.count(at[0]).addresses == 0 && !ch.h.ownFile {
			return nil
		}
		ch.c.login = true
		ch.c.set(Email, p.title+": login name", at[0])
		return nil
	}
	if ch.confirmed(ch.c.at[Email]) {
		return nil
	}
	return ch.unconfirmed(ch.c.at[Email][0])
}

func (ch *chooser) accounts() {
	for i, key := range ch.h.keys {
		if _, ok := means(key, AccountID); ok && (!ch.c.has(AccountID) || ch.h.own[i]) {
			ch.c.set(AccountID, "header", i)
		}
	}
}

// byAlias takes the column whose header means f; of several the best one.
func (ch *chooser) byAlias(f Field) {
	if _, ruled := ch.rule(f); ruled || ch.c.has(f) {
		return
	}
	if groups := ch.groups(f); len(groups) > 0 {
		ch.c.set(f, "header", groups[0][0])
	}
}

// rule tells whether the preset says all there is to say of a field.
func (ch *chooser) rule(f Field) ([]string, bool) {
	if ch.c.preset == nil {
		return nil, false
	}
	wanted, ok := ch.c.preset.fields[f]
	return wanted, ok && len(wanted) == 0
}

// groups finds the columns whose header means f, best alias first; columns
// with the same header are a group.
func (ch *chooser) groups(f Field) [][]int {
	type group struct {
		rank int
		at   []int
	}
	var found []group
	for i, key := range ch.h.keys {
		rank, ok := means(key, f)
		if !ok || ch.h.own[i] || slices.Index(ch.h.keys, key) < i {
			continue
		}
		found = append(found, group{rank, ch.h.all(key)})
	}
	slices.SortStableFunc(found, func(a, b group) int { return a.rank - b.rank })
	var groups [][]int
	for _, g := range found {
		groups = append(groups, g.at)
	}
	return groups
}
