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
	at           reading
	why          [secondLast + 1]string
	preset       *preset
	familyFirst  bool   // "山田 太郎"
	duplicates   bool   // several columns have the header of the address
	weighed      bool   // the cells were needed to decide: a part of the file may not
	noIDs        string // why external ids are not used; "": they are
	needAccounts bool
}

func (c *columns) has(f Field) bool { return len(c.at[f]) > 0 }

func (c *columns) hasNames() bool { return c.has(Name) || c.has(FirstName) || c.has(LastName) }

func (c *columns) set(f Field, why string, at ...int) { c.at[f], c.why[f] = at, why }

// holds reports whether column i holds a field, and which.
func (c *columns) holds(i int) (Field, bool) {
	f := slices.IndexFunc(c.at[:], func(at []int) bool { return slices.Contains(at, i) })
	return Field(max(f, 0)), f >= 0
}

// list is what people are shown.
func (c *columns) list(h *header) []Column {
	var list []Column
	for f := Email; f <= secondLast; f++ {
		for _, i := range c.at[f] {
			list = append(list, Column{f, h.names[i], i, c.why[f]})
			if f == secondLast {
				list[len(list)-1].Field = LastName
			}
		}
	}
	return list
}

// needed are the cells that a row must have to be sent.
func (c *columns) needed() []int {
	if c.needAccounts && c.has(AccountID) {
		return c.at[AccountID]
	}
	return slices.Concat(c.at[Email], c.at[Name], c.at[FirstName], c.at[LastName])
}

// chooser finds the columns of a file.
type chooser struct {
	path    string
	h       *header
	options Options
	e       *evidence
	c       columns
}

func chooseColumns(path string, h *header, sample [][]string, o Options) (columns, error) {
	ch := chooser{path: path, h: h, options: o, e: newEvidence(sample, nil)}
	ch.c.needAccounts = o.NeedAccounts
	for _, f := range Fields() {
		if name, ok := o.Columns[f]; ok {
			i := h.index(name)
			if i < 0 {
				return ch.c, h.noColumn(path, name)
			}
			ch.c.set(f, "--column", i)
		}
	}
	if err := ch.choosePreset(); err != nil {
		return ch.c, err
	}
	if o.NeedAccounts {
		ch.byHeader(AccountID)
	}
	if err := ch.chooseEmail(); err != nil && !(o.NeedAccounts && ch.c.has(AccountID)) {
		return ch.c, err
	}
	ch.e = newEvidence(sample, ch.c.at[Email])
	ch.chooseExternalID()
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

func (ch *chooser) refuseColumn(i int, what, hint string) error {
	return &RefusedError{Path: ch.path, Place: ch.h.place, Column: ch.h.names[i], What: what, Hint: hint}
}

// byHeader takes the column whose header means f; of several the best one.
func (ch *chooser) byHeader(f Field) {
	best, rank := -1, 0
	for i := range ch.h.keys {
		m, ok := ch.h.means(i, f)
		if f == AccountID && ch.h.names[i] == "jsm_account_id" && ch.h.own[i] {
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

// chooseExternalID takes the column of external ids, unless they are not whole any more.
func (ch *chooser) chooseExternalID() {
	ch.byHeader(ExternalID)
	if !ch.c.has(ExternalID) || ch.c.needAccounts {
		return
	}
	n := 0
	for _, rows := range ch.e.of(ch.c.at[ExternalID]...).distinct {
		if rows > 2 {
			n += rows
		}
	}
	if n > 0 {
		ch.c.noIDs = text.Counted(n, "row", "rows") + " have an external id that stands in more than two rows: " +
			"was it shortened by a spreadsheet, as in 3.8E+10?"
	}
}

// chooseOrganization takes the column of organizations. Where they are to be
// made at the site it must be there, and hold no numbers.
func (ch *chooser) chooseOrganization() error {
	ch.byHeader(Organization)
	const hint = "name the column with --column organization=HEADER, or leave --organizations out"
	switch _, told := ch.options.Columns[Organization]; {
	case !ch.options.Organizations || told:
		return nil
	case !ch.c.has(Organization):
		return ch.refuse("no header names a column of organizations", hint)
	}
	i := ch.c.at[Organization][0]
	if s := ch.e.of(i); s.filled > 0 && !most(s.names, s.filled) {
		return ch.refuseColumn(i, "its cells look like no names of organizations", hint)
	}
	return nil
}

// columnFlag is how the user names a column. Where there is no header it has a number.
func (ch *chooser) columnFlag(f Field, i int) string {
	return "--column " + text.ShellWord(fmt.Sprintf("%s=%s", f, ch.h.names[i]))
}

func (ch *chooser) ambiguous(f Field, at []int) error {
	what := map[Field]string{Email: "address", Name: "name"}[f]
	slices.Sort(at)
	var names, flags []string
	for _, i := range slices.Compact(at) {
		if ch.h.names[i] == "" {
			names = append(names, fmt.Sprintf("number %d, which has no header", i+1))
			continue
		}
		names = append(names, fmt.Sprintf("%q", ch.h.names[i]))
		if slices.Contains(flags, ch.columnFlag(f, i)) {
			return ch.refuse(fmt.Sprintf("several columns have the header %q, and each could be the %s",
				ch.h.names[i], what), "give them different headers, and say which holds the customers'")
		}
		flags = append(flags, ch.columnFlag(f, i))
	}
	return ch.refuse(fmt.Sprintf("%d columns could be the %s: %s", len(names), what, strings.Join(names, ", ")),
		"say which: "+strings.Join(flags, " or "))
}

// chooseEmail finds the column of addresses by header and content, and refuses
// the file when another one may be the people's.
func (ch *chooser) chooseEmail() error {
	if ch.c.has(Email) {
		return nil
	}
	candidates := ch.emailCandidates()
	if ch.options.NoHeader && len(candidates) == 0 {
		candidates = ch.e.addressColumns(ch.h)
	}
	switch {
	case len(candidates) == 0 && ch.options.NoHeader:
		return ch.refuse("no column holds addresses", ch.byContent())
	case len(candidates) == 0:
		return ch.refuse("no header names a column of e-mail addresses", ch.byContent())
	}
	best := candidates[0]
	var same []int
	for i := range ch.h.whole {
		if ch.h.whole[i] == ch.h.whole[best] {
			same = append(same, i)
		}
	}
	n := ch.e.of(same...)
	m, _ := ch.h.means(best, Email)
	sure := m.rank < rankGroup // can mean nothing else
	if !ch.h.ownFile && (n.ats*2 < n.filled || n.filled > 0 && n.addresses == 0 && !sure) {
		return ch.refuseColumn(best, fmt.Sprintf("most of its cells are no addresses (%d of %d have no @)",
			n.filled-n.ats, n.filled), ch.byContent())
	}
	ch.c.duplicates = len(same) > 1
	ch.c.set(Email, "header", same...)
	if ch.options.NoHeader {
		ch.c.why[Email], ch.c.weighed = "the only column of addresses", true
	}
	return nil
}

// emailCandidates are the columns whose headers mean the address, those first
// in which addresses stand, and of them the one with the best header.
func (ch *chooser) emailCandidates() []int {
	ranks := map[int]int{}
	var list []int
	for i := range ch.h.keys {
		m, ok := ch.h.means(i, Email)
		empty := ch.e.of(i).addresses == 0
		if !ok || ch.h.neverTaken(i) || m.vague && empty {
			continue
		}
		if ranks[i] = m.rank; empty {
			ranks[i] += 2 * rankGroup
		}
		list = append(list, i)
	}
	slices.SortStableFunc(list, func(a, b int) int { return ranks[a] - ranks[b] })
	return list
}

// isRival reports whether a cell holds another address than a; the same one in
// another dress, or one of the further ones, is none.
func isRival(a address, cell string) bool {
	other := readAddress(cell)
	return other.fault == nil && other.key != a.key && !slices.Contains(a.others, other.key) &&
		!slices.Contains(other.others, a.key)
}

// byContent names the columns that hold addresses. Nothing else of the file is
// named: without a header its first line is a person.
func (ch *chooser) byContent() string {
	var flags []string
	for _, i := range ch.e.addressColumns(ch.h) {
		if name := ch.h.names[i]; name != "" && !strings.Contains(name, "@") {
			flags = append(flags, ch.columnFlag(Email, i))
		}
	}
	switch {
	case len(flags) > 0:
		return "if these are the people's own addresses, say " + strings.Join(flags, " or ")
	case ch.options.NoHeader:
		return "name the column that holds them: --column email=N (its number)"
	}
	return "name the column that holds them: --column email=HEADER"
}
