package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// nameColumns are the columns that may hold the names of one group of headers.
type nameColumns struct {
	full                        []int // best header first
	first, middle, last, second []int
}

func (n *nameColumns) parts() bool { return len(n.first) > 0 && len(n.last) > 0 }

// empty reports whether no names were found; of no group either.
func (n *nameColumns) empty() bool {
	return n == nil || len(n.full) == 0 && len(n.first) == 0 && len(n.last) == 0
}

// chooseNames finds the column of full names, or those of first and last names.
// The headers propose, the cells confirm; where neither tells, the file is refused.
func (ch *chooser) chooseNames() error {
	if ch.options.NoNames || ch.c.has(Name) && ch.c.why[Name] == "--column" {
		return nil
	}
	n, err := ch.groupOfNames()
	if err != nil {
		return err
	}
	told := ch.c.has(FirstName) || ch.c.has(LastName) || ch.c.has(MiddleName)
	if ch.c.has(Name) {
		n.full = ch.c.at[Name]
	}
	if told {
		n.full = nil
	}
	n.full = ch.withoutOthers(n)
	if !told {
		if n.full, err = ch.bestFull(n); err != nil {
			return err
		}
	}
	ch.take(n)
	if told || ch.h.ownFile && ch.c.hasNames() {
		return nil
	}
	return ch.confirmNames(n)
}

// take sets the columns that were found.
func (ch *chooser) take(n *nameColumns) {
	for f, at := range map[Field][]int{Name: n.full, FirstName: n.first, MiddleName: n.middle, LastName: n.last,
		secondLast: n.second} {
		if len(at) > 0 && !ch.c.has(f) {
			ch.c.set(f, "header", at...)
		}
	}
	for _, i := range slices.Concat(ch.c.at[LastName], ch.c.at[FirstName]) {
		first := []rune(ch.h.names[i] + " ")[0]
		if unicode.In(first, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) ||
			slices.Contains([]string{"vezeteknev", "csaladnev", "keresztnev", "utonev", "ho"}, ch.h.keys[i]) {
			ch.c.familyFirst = true
		}
	}
}

// groupOfNames collects the columns of names that belong to the address: those
// with the words that its header has too ("Contact 1"), else those without any.
func (ch *chooser) groupOfNames() (*nameColumns, error) {
	own := ch.ownGroup()
	groups := map[string]*nameColumns{}
	var order []string
	for i := range ch.h.keys {
		for _, m := range ch.h.meanings(i) {
			if _, taken := ch.c.holds(i); taken || m.field != secondLast && (m.field < Name || m.field > LastName) {
				continue
			}
			if ch.h.belongsElsewhere(i) && (m.group == "" || m.group != own) || m.vague && (own == "" ||
				m.group != own) && !ch.vouched(i) || !ch.mayHold(i, m) {
				continue
			}
			if groups[m.group] == nil {
				groups[m.group] = &nameColumns{}
				order = append(order, m.group)
			}
			groups[m.group].add(i, m, ch.h)
		}
	}
	for _, g := range groups {
		g.sort(ch)
		ch.halves(g)
	}
	swapped := ch.swapped()
	switch n := groups[own]; {
	case own != "" && !n.empty():
		return n, nil
	case own != "" && !ch.isSelf(own) && !groups[""].empty():
		return groups[""], ch.vouchFor(groups[""])
	case groups[""].empty() && swapped >= 0:
		return &nameColumns{full: []int{swapped}}, nil
	}
	self := groups[""]
	if self == nil {
		self = &nameColumns{}
	}
	for _, g := range order {
		if g != "" && ch.isSelf(g) {
			self.join(groups[g])
		}
	}
	if !self.empty() {
		return self, nil
	}
	for _, g := range order { // other words: only what the cells vouch for
		if n := groups[g]; slices.ContainsFunc(slices.Concat(n.full, n.first, n.last), ch.vouched) {
			return n, nil
		}
	}
	return &nameColumns{}, nil
}

// add sorts a column in by what its header means.
func (n *nameColumns) add(i int, m meaning, h *header) {
	switch m.field {
	case Name:
		n.full = append(n.full, i)
	case FirstName:
		n.first = append(n.first, i)
	case MiddleName:
		n.middle = append(n.middle, i)
	case LastName:
		n.last = append(n.last, i)
	case secondLast:
		n.second = append(n.second, i)
	}
}

// join adds the columns of another group.
func (n *nameColumns) join(other *nameColumns) {
	n.full = append(n.full, other.full...)
	if !n.parts() && other.parts() || len(n.first)+len(n.last) == 0 {
		n.first, n.middle, n.last, n.second = other.first, other.middle, other.last, other.second
	}
}

// sort puts the best header first, and keeps for the parts the columns of that header alone.
func (n *nameColumns) sort(ch *chooser) {
	for f, list := range map[Field]*[]int{Name: &n.full, FirstName: &n.first, MiddleName: &n.middle,
		LastName: &n.last, secondLast: &n.second} {
		rank := func(i int) int {
			m, _ := ch.h.means(i, f)
			if ch.h.whole[i] != ch.h.keys[i] && slices.ContainsFunc(*list, func(k int) bool {
				return k != i &&
					ch.h.keys[k] == ch.h.keys[i] && ch.h.whole[k] == ch.h.keys[k]
			}) {
				return m.rank + rankGroup // 氏名(ローマ字) beside 氏名
			}
			return m.rank
		}
		slices.SortStableFunc(*list, func(a, b int) int { return rank(a) - rank(b) })
		if f != Name && len(*list) > 1 {
			*list = ch.oneOf((*list)[0], *list)
		}
	}
}

// oneOf are the columns that go with the first of a list: of the same header but
// for brackets, and never filled with another text in the same row.
func (ch *chooser) oneOf(first int, list []int) []int {
	kept := []int{first}
	for _, i := range list {
		if i != first && ch.h.keys[i] == ch.h.keys[first] && !slices.ContainsFunc(kept,
			func(k int) bool { return ch.e.differ(k, i) }) {
			kept = append(kept, i)
		}
	}
	return kept
}

// ownGroup is what the header of the address says besides of mail.
func (ch *chooser) ownGroup() string {
	if !ch.c.has(Email) {
		return ""
	}
	m, _ := ch.h.means(ch.c.at[Email][0], Email)
	return m.group
}

// isSelf reports a group that says no more than that it is the person's own.
func (ch *chooser) isSelf(group string) bool {
	rest := group
	for again := true; again && rest != ""; {
		again = false
		for w := range words().self {
			if strings.HasPrefix(rest, w) {
				rest, again = rest[len(w):], true
				break
			}
		}
	}
	return rest == ""
}

// mayHold reports whether the cells of a column do not speak against a name.
func (ch *chooser) mayHold(i int, m meaning) bool {
	s := ch.e.of(i)
	if s.filled == 0 || ch.h.ownFile {
		return true
	}
	if words().who[ch.h.keys[i]] || m.vague {
		return s.looksNames()
	}
	return !most(s.addresses, s.filled) || s.names > 0 && m.field == Name
}

// vouched reports whether the cells of a column are names beyond doubt: of
// several words, or words of the addresses.
func (ch *chooser) vouched(i int) bool {
	s := ch.e.of(i)
	return s.looksNames() && !s.looksCompany() && !s.looksCategory() && !s.looksLogin() &&
		(s.agree*2 >= s.witnessed && s.agree > 0 && s.oneWord < s.filled || s.agree >= 3 && nearly(s.agree,
			s.witnessed))
}

// vouchFor asks the cells whether names of no group belong to an address of some group.
func (ch *chooser) vouchFor(n *nameColumns) error {
	agree, of := 0, 0
	for _, i := range slices.Concat(n.full, n.first, n.last) {
		s := ch.e.of(i)
		agree, of = max(agree, s.agree), max(of, s.witnessed)
	}
	ch.c.weighed = true
	if agree > 0 && agree*2 >= of || ch.h.ownFile {
		return nil
	}
	i := slices.Concat(n.full, n.first, n.last)[0]
	return ch.refuse(fmt.Sprintf("the names may be another person's than the addresses in %q",
		ch.h.names[ch.c.at[Email][0]]),
		"if they are not, say "+ch.nameFlags(n, i)+"; "+noNames)
}

const noNames = "--column name=none sends the address as the name"

// nameFlags are the flags that take some columns.
func (ch *chooser) nameFlags(n *nameColumns, otherwise int) string {
	var flags []string
	if len(n.full) == 0 {
		for _, p := range []struct {
			f  Field
			at []int
		}{{FirstName, n.first}, {MiddleName, n.middle}, {LastName, n.last}} {
			if len(p.at) > 0 {
				flags = append(flags, ch.columnFlag(p.f, p.at[0]))
			}
		}
	}
	if len(flags) == 0 {
		return ch.columnFlag(Name, otherwise)
	}
	return strings.Join(flags, " ")
}

// swapped is the column with a header of addresses and names below it, when the
// user has named that with a header of names for the addresses; else -1.
func (ch *chooser) swapped() int {
	if !ch.c.has(Email) {
		return -1
	}
	if _, ok := ch.h.means(ch.c.at[Email][0], Name); !ok {
		return -1
	}
	for i := range ch.h.keys {
		if _, ok := ch.h.means(i, Email); ok && !slices.Contains(ch.c.at[Email], i) && ch.e.of(i).looksNames() {
			return i
		}
	}
	return -1
}

// halves takes columns such as "Nom" beside "Prénom" for the other part.
func (ch *chooser) halves(n *nameColumns) {
	for k := 0; k < len(n.full); k++ {
		i := n.full[k]
		if m, _ := ch.h.means(i, Name); !m.half {
			continue
		}
		group := ch.oneOf(i, n.full)
		switch {
		case len(n.first) > 0 && len(n.last) == 0 && !ch.e.contains(i, n.first[0]):
			n.last = group
		case len(n.last) > 0 && len(n.first) == 0 && !ch.e.contains(i, n.last[0]):
			n.first = group
		default:
			continue
		}
		n.full = slices.DeleteFunc(n.full, func(f int) bool { return slices.Contains(group, f) })
		return
	}
}

// withoutOthers leaves out, where there are others, columns that by their cells are
// logins, companies or addresses.
func (ch *chooser) withoutOthers(n *nameColumns) []int {
	kept := slices.DeleteFunc(slices.Clone(n.full), func(i int) bool {
		s := ch.e.of(i)
		return s.looksCompany() || s.looksLogin() || ch.equalsLogin(i) || s.filled > 0 && s.addresses == s.filled
	})
	if len(kept) == 0 && !n.parts() {
		return n.full
	}
	if len(kept) < len(n.full) {
		ch.c.weighed = true
	}
	return kept
}

// equalsLogin reports whether a column says the same as one of login names.
func (ch *chooser) equalsLogin(i int) bool {
	for k, key := range ch.h.keys {
		if s := ch.e.of(k); k != i && words().logins[key] && nearly(s.oneWord, s.filled) && s.filled > 0 &&
			!ch.e.differ(i, k) && nearly(ch.e.of(i).oneWord, ch.e.of(i).filled) {
			return true
		}
	}
	return false
}

// bestFull decides which columns of full names are taken, if any.
func (ch *chooser) bestFull(n *nameColumns) ([]int, error) {
	if len(n.full) == 0 {
		return nil, nil
	}
	best := n.full[0]
	for _, i := range n.full[1:] {
		if ch.e.differ(best, i) {
			better, err := ch.betterName(best, i, n)
			if err != nil {
				return nil, err
			}
			best = better
		}
	}
	same := []int{best}
	for _, i := range n.full {
		if i != best && !ch.e.differ(best, i) && !slices.ContainsFunc(same, func(k int) bool {
			return ch.e.differ(k,
				i)
		}) {
			same = append(same, i)
		}
	}
	if n.parts() {
		return ch.fullOrParts(same, n)
	}
	return same, nil
}

// betterName decides between two columns of names by the addresses, or because one
// is the whole of which the other is a part.
func (ch *chooser) betterName(a, b int, n *nameColumns) (int, error) {
	x, y := ch.e.of(a), ch.e.of(b)
	ch.c.weighed = true
	bracketed := ch.h.keys[a] == ch.h.keys[b] && ch.h.whole[a] == ch.h.keys[a] && ch.h.whole[b] != ch.h.keys[b]
	switch {
	case bracketed, ch.e.contains(a, b) && !ch.e.contains(b, a):
		return a, nil
	case ch.e.contains(b, a) && !ch.e.contains(a, b):
		return b, nil
	case clearly(x.agree, y.agree):
		return a, nil
	case clearly(y.agree, x.agree):
		return b, nil
	case n.parts() && ch.wholeOf(a, n) != ch.wholeOf(b, n):
		if ch.wholeOf(a, n) {
			return a, nil
		}
		return b, nil
	}
	return 0, ch.ambiguous("name", Name, []int{a, b})
}

// wholeOf reports whether a column holds the first and the last names.
func (ch *chooser) wholeOf(i int, n *nameColumns) bool {
	return ch.e.contains(i, n.first[0]) && ch.e.contains(i, n.last[0])
}

// fullOrParts decides between full names and their parts where both are there.
func (ch *chooser) fullOrParts(full []int, n *nameColumns) ([]int, error) {
	whole := ch.e.of(full[0])
	first, last := ch.e.of(n.first[0]), ch.e.of(n.last[0])
	parts := max(first.agree, last.agree)
	switch {
	case ch.wholeOf(full[0], n), first.filled == 0 && last.filled == 0:
		return full, nil
	case whole.filled == 0, ch.e.contains(full[0], n.first[0]), ch.e.contains(full[0], n.last[0]):
		return nil, nil // no more than one part
	case whole.names == 0 && first.names+last.names > 0:
		return nil, nil
	}
	ch.c.weighed = true
	switch {
	case clearly(parts, whole.agree):
		return nil, nil
	case clearly(whole.agree, parts):
		n.first, n.middle, n.last, n.second = nil, nil, nil, nil
		return full, nil
	}
	return nil, ch.refuse(fmt.Sprintf("%q and %q with %q hold different names", ch.h.names[full[0]],
		ch.h.names[n.first[0]], ch.h.names[n.last[0]]),
		"say which are the people's: "+ch.columnFlag(Name, full[0])+" or "+ch.columnFlag(FirstName,
			n.first[0])+" "+ch.columnFlag(LastName, n.last[0]))
}

// confirmNames refuses what the cells speak against: no names where there may be
// some, one half of them where the other may be, login names.
func (ch *chooser) confirmNames(n *nameColumns) error {
	full, first, last := ch.c.has(Name), ch.c.has(FirstName), ch.c.has(LastName)
	switch {
	case full:
		return ch.confirmFull(ch.c.at[Name][0])
	case first && last:
		return nil
	case first, last:
		i, likely := ch.likelyName()
		if i < 0 || !likely {
			return nil
		}
		known, other := ch.c.at[FirstName], LastName
		if last {
			known, other = ch.c.at[LastName], FirstName
		}
		f, _ := ch.c.holds(known[0])
		return ch.refuse(fmt.Sprintf("only one part of the names is known, and %q may hold the other", ch.h.names[i]),
			"if it does, say "+ch.columnFlag(other, i)+"; if not, "+ch.columnFlag(f, known[0]))
	}
	if i, _ := ch.likelyName(); i >= 0 {
		return ch.refuse(fmt.Sprintf("no header names a column of names, and %q may hold them", ch.h.names[i]),
			"if it does, say "+ch.columnFlag(Name, i)+"; "+noNames)
	}
	ch.c.weighed = true
	return nil
}

// confirmFull refuses a column of names that holds logins, companies, numbers,
// or half of the names.
func (ch *chooser) confirmFull(i int) error {
	s := ch.e.of(i)
	what := ""
	switch {
	case s.filled >= 5 && s.looksLogin() && (most(s.coded, s.filled) || most(s.isLogin, s.witnessed)):
		what = "its cells look like login names"
	case s.filled >= 3 && s.looksCompany() && s.agree == 0:
		what = "its cells look like names of companies, not of people"
	case s.filled >= 5 && s.names*5 < s.filled && s.addresses == 0:
		what = "its cells look like no names"
	}
	if what != "" {
		return &RefusedError{Path: ch.path, Place: ch.h.place, Column: ch.h.names[i], What: what,
			Hint: "if they are the people's names, say " + ch.columnFlag(Name, i) + "; " + noNames}
	}
	m, _ := ch.h.means(i, Name)
	if k, likely := ch.likelyName(); likely && m.half && nearly(s.oneWord, s.filled) && nearly(ch.e.of(k).oneWord,
		ch.e.of(k).filled) {
		return ch.refuse(fmt.Sprintf("%q seems to hold one part of the names, and %q the other", ch.h.names[i],
			ch.h.names[k]),
			"say "+ch.columnFlag(FirstName, i)+" "+ch.columnFlag(LastName, k)+" or "+ch.columnFlag(LastName,
				i)+" "+ch.columnFlag(FirstName, k)+
				", or "+ch.columnFlag(Name, i)+" if it is the whole name")
	}
	return nil
}

// likelyName is the column, of those that hold nothing yet, that may best hold
// names; likely when words of it stand in the addresses. -1: there is none.
func (ch *chooser) likelyName() (best int, likely bool) {
	best, score := -1, -1
	for i := range ch.h.names {
		if _, taken := ch.c.holds(i); taken || !ch.mayBeName(i) {
			continue
		}
		s := ch.e.of(i)
		n := s.agree*1000 + s.filled - s.oneWord
		if n > score {
			best, score, likely = i, n, s.agree > 0 && s.agree*2 >= s.witnessed
		}
	}
	return best, likely
}

// mayBeName reports whether a column that is not known may hold names.
func (ch *chooser) mayBeName(i int) bool {
	s := ch.e.of(i)
	if ch.h.own[i] || ch.h.names[i] == "" || ch.h.belongsElsewhere(i) || !s.looksNames() || s.looksCategory() ||
		s.looksCompany() || s.filled*2 < len(ch.sample) {
		return false
	}
	for t := range strings.FieldsSeq(ch.h.plain[i]) {
		if words().other[t] {
			return false
		}
	}
	if _, name := ch.h.means(i, Name); ch.h.isLogin(i) && (!name || nearly(s.oneWord, s.filled)) {
		return false
	}
	ms := ch.h.meanings(i)
	return !words().other[ch.h.keys[i]] && !slices.ContainsFunc(ms,
		func(m meaning) bool { return m.field == Organization || m.field == ExternalID }) && !ch.h.reading(i)
}
