package export

import (
	"fmt"
	"slices"
	"strings"
)

// chooseEmail finds the column of addresses by header and content, and refuses
// the file when another one may be the people's.
func (ch *chooser) chooseEmail() error {
	candidates := ch.emailCandidates()
	if len(candidates) == 0 && ch.options.NoHeader {
		candidates = ch.addressColumns()
		if len(candidates) > 1 {
			return ch.ambiguous("address", Email, candidates)
		}
	}
	if len(candidates) == 0 {
		return ch.noEmail()
	}
	best := candidates[0]
	same := ch.sameHeader(best)
	if n := ch.count(same...); !ch.h.ownFile && (n.ats*2 < n.filled || n.filled > 0 && n.addresses == 0 &&
		!ch.onlyHeader(best)) {
		return &RefusedError{Path: ch.path, Place: ch.h.place, Column: ch.h.names[best],
			What: fmt.Sprintf("most of its cells are no addresses (%d of %d have no @)", n.filled-n.ats, n.filled),
			Hint: ch.byContent()}
	}
	if rivals := ch.rivals(same); len(rivals) > 0 && !ch.h.ownFile {
		return ch.ambiguous("address", Email, append(rivals, best))
	}
	ch.c.duplicates = len(same) > 1
	ch.c.set(Email, "header", same...)
	if ch.options.NoHeader {
		ch.c.why[Email], ch.c.weighed = "the only column of addresses", true
	}
	return nil
}

// onlyHeader reports whether a header can mean nothing but the address.
func (ch *chooser) onlyHeader(i int) bool {
	m, _ := ch.h.means(i, Email)
	return m.rank < rankSelf
}

// emailCandidates are the columns whose headers mean the address, those first
// in which addresses stand, and of them the one with the best header.
func (ch *chooser) emailCandidates() []int {
	var list []int
	for i := range ch.h.keys {
		if m, ok := ch.h.means(i, Email); ok && !ch.h.neverTaken(i) && (m.rank < rankSelf || !m.vague ||
			ch.count(i).addresses > 0) {
			list = append(list, i)
		}
	}
	sortKey := func(i int) int {
		m, _ := ch.h.means(i, Email)
		if ch.count(i).addresses == 0 {
			return m.rank + 2*rankGroup
		}
		return m.rank
	}
	slices.SortStableFunc(list, func(a, b int) int { return sortKey(a) - sortKey(b) })
	return list
}

// sameHeader are the columns with the very header of column i.
func (ch *chooser) sameHeader(i int) []int {
	var is []int
	for k := range ch.h.whole {
		if ch.h.whole[k] == ch.h.whole[i] {
			is = append(is, k)
		}
	}
	return is
}

// count is how many cells of columns are filled, have an @, and are addresses.
func (ch *chooser) count(at ...int) (n struct{ filled, ats, addresses int }) {
	for _, cells := range ch.sample {
		for _, i := range at {
			c := trimBlanks(cellAt(cells, i))
			if c == "" {
				continue
			}
			n.filled++
			if strings.ContainsAny(c, "@＠") {
				n.ats++
				if len(c) < 1000 && readAddress(c).fault == 0 {
					n.addresses++
				}
			}
		}
	}
	return n
}

// addressColumns are those most of whose cells are addresses.
func (ch *chooser) addressColumns() []int {
	var is []int
	for i := range ch.h.names {
		if n := ch.count(i); !ch.h.own[i] && most(n.addresses, n.filled) {
			is = append(is, i)
		}
	}
	return is
}

// rivals are other columns of addresses that differ from the chosen ones, or
// have one where those have none, in any row of the sample.
func (ch *chooser) rivals(chosen []int) []int {
	var rivals []int
	for _, i := range ch.addressColumns() {
		if slices.Contains(chosen, i) || ch.h.neverTaken(i) {
			continue
		}
		if slices.ContainsFunc(ch.sample, func(cells []string) bool {
			return isRival(readAddress(firstFilled(cells, chosen)), cellAt(cells, i))
		}) {
			rivals = append(rivals, i)
		}
	}
	return rivals
}

// isRival reports whether a cell holds another address than a; the same one in
// another dress, or one of the further ones, is none.
func isRival(a address, cell string) bool {
	other := readAddress(cell)
	return other.fault == 0 && other.key != a.key && !slices.Contains(a.others, other.key) &&
		!slices.Contains(other.others, a.key)
}

func (ch *chooser) noEmail() error {
	if ch.options.NoHeader {
		return ch.refuse("no column holds addresses", ch.byContent())
	}
	return ch.refuse("no header names a column of e-mail addresses", ch.byContent())
}

// byContent names the columns that hold addresses. Nothing else of the file is
// named: without a header its first line is a person.
func (ch *chooser) byContent() string {
	var flags []string
	for _, i := range ch.addressColumns() {
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
