package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// reading is one way to take the people's names: the column of full names, or those
// of the parts.
type reading [secondLast + 1][]int

// columns are the columns of a reading, in the order in which the parts are joined.
func (r reading) columns() []int {
	return slices.Concat(r[Name], r[FirstName], r[MiddleName], r[LastName], r[secondLast])
}

func (r reading) hasParts() bool { return len(r[FirstName]) > 0 && len(r[LastName]) > 0 }

// chooseNames finds the column of full names, or those of first and last names.
// The headers propose, the cells confirm; where neither tells, the file is refused.
func (ch *chooser) chooseNames() error {
	if ch.options.NoNames || ch.c.has(Name) && ch.c.why[Name] == "--column" {
		return nil
	}
	proposed, err := ch.proposeNames()
	if err != nil {
		return err
	}
	parts := proposed
	parts[Name] = nil
	if ch.c.has(FirstName) || ch.c.has(LastName) || ch.c.has(MiddleName) {
		ch.take(parts)
		return nil
	}
	if ch.c.has(Name) {
		proposed[Name] = ch.c.at[Name]
	}
	best, err := ch.bestReading(proposed[Name], parts)
	if err != nil {
		return err
	}
	ch.take(best)
	if ch.h.ownFile && ch.c.hasNames() {
		return nil
	}
	return ch.confirmNames()
}

// take sets the columns that were found.
func (ch *chooser) take(r reading) {
	for f := Name; f <= secondLast; f++ {
		if len(r[f]) > 0 && !ch.c.has(f) {
			ch.c.set(f, "header", r[f]...)
		}
	}
	for _, i := range slices.Concat(ch.c.at[LastName], ch.c.at[FirstName]) {
		first := []rune(ch.h.names[i] + " ")[0]
		ch.c.familyFirst = ch.c.familyFirst || isEastAsian(first) || is(familyFirstWord, ch.h.keys[i])
	}
}

func isEastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
}

// proposeNames collects the columns of names that belong to the address: those
// with the words that its header has too ("Contact 1"), else those without any or
// with words for the person himself, else those that the cells vouch for.
func (ch *chooser) proposeNames() (reading, error) {
	own := ""
	if ch.c.has(Email) {
		m, _ := ch.h.means(ch.c.at[Email][0], Email)
		own = m.group
	}
	var mine, plain, other reading
	for i := range ch.h.keys {
		for _, m := range ch.h.meanings(i) {
			_, taken := ch.c.holds(i)
			isOwn := own != "" && m.group == own
			if taken || !m.ofName() || !ch.mayHold(i, m) || !isOwn && ch.h.belongsElsewhere(i) {
				continue
			}
			switch {
			case isOwn:
				mine[m.field] = append(mine[m.field], i)
			case m.vague && !ch.vouched(i):
			case isSelf(m.group):
				plain[m.field] = append(plain[m.field], i)
			case ch.vouched(i):
				other[m.field] = append(other[m.field], i)
			}
		}
	}
	for _, r := range []*reading{&mine, &plain, &other} {
		ch.sort(r)
		ch.halves(r)
	}
	switch {
	case len(mine.columns()) > 0:
		return mine, nil
	case len(plain.columns()) > 0 && !isSelf(own):
		return plain, ch.vouchFor(plain)
	case len(plain.columns()) > 0:
		return plain, nil
	case ch.swapped() >= 0:
		return reading{Name: {ch.swapped()}}, nil
	}
	return other, nil
}

// sort puts the best header first, and keeps one column of each part, all of one group.
func (ch *chooser) sort(r *reading) {
	group := ""
	for f := Name; f <= secondLast; f++ {
		of := func(i int) meaning { m, _ := ch.h.means(i, f); return m }
		slices.SortStableFunc(r[f], func(a, b int) int { return of(a).rank - of(b).rank })
		if f == Name {
			continue
		}
		r[f] = slices.DeleteFunc(r[f], func(i int) bool {
			return group != "" && of(i).group != "" && of(i).group != group
		})
		if len(r[f]) > 0 {
			group = cmp.Or(group, of(r[f][0]).group)
			r[f] = r[f][:1]
		}
	}
}

// halves takes columns such as "Nom" beside "Prénom" for the other part, before others one
// that is of the same group.
func (ch *chooser) halves(r *reading) {
	known, other := FirstName, LastName
	if len(r[known]) == 0 {
		known, other = LastName, FirstName
	}
	if len(r[known]) == 0 || len(r[other]) > 0 {
		return
	}
	same, _ := ch.h.means(r[known][0], known)
	half, found := 0, false
	for _, i := range r[Name] {
		m, _ := ch.h.means(i, Name)
		if m.half && !ch.e.contains([]int{i}, r[known]) && (!found || m.group == same.group) {
			half, found = i, true
		}
	}
	if found {
		fillsGaps := func(i int) bool {
			return ch.h.keys[i] == ch.h.keys[half] && !ch.e.differ([]int{i}, []int{half})
		}
		for _, i := range r[Name] {
			if fillsGaps(i) {
				r[other] = append(r[other], i)
			}
		}
		r[Name] = slices.DeleteFunc(r[Name], fillsGaps)
	}
}

// mayHold reports whether the cells of a column do not speak against a name.
func (ch *chooser) mayHold(i int, m meaning) bool {
	s := ch.e.of(i)
	switch {
	case s.filled == 0 || ch.h.ownFile:
		return true
	case is(contactWord, ch.h.keys[i]) || m.vague:
		return s.looksNames()
	}
	return !most(s.addresses, s.filled) || s.names > 0 && m.field == Name
}

// vouched reports whether the cells of a column are names beyond doubt: of
// several words, or words of the addresses.
func (ch *chooser) vouched(i int) bool {
	s := ch.e.of(i)
	return s.looksNames() && !s.looksCompany() && !s.looksCategory() && !s.looksLogin() && s.agree*2 >= s.witnessed &&
		(s.agree > 0 && s.oneWord < s.filled || s.agree >= 3 && nearly(s.agree, s.witnessed))
}

const noNames = "--column name=none sends the address as the name"

// vouchFor asks the cells whether names of no group belong to an address of some group.
func (ch *chooser) vouchFor(r reading) error {
	ch.c.weighed = true
	s := ch.e.of(r.columns()...)
	if s.agree > 0 && s.agree*2 >= s.witnessed || ch.h.ownFile {
		return nil
	}
	return ch.refuse(fmt.Sprintf("the names may be another person's than the addresses in %q",
		ch.h.names[ch.c.at[Email][0]]), "if they are not, say "+ch.flags(r)+"; "+noNames)
}

// flags are the flags that take a reading.
func (ch *chooser) flags(r reading) string {
	var flags []string
	for _, f := range []Field{Name, FirstName, MiddleName, LastName} {
		if len(r[f]) > 0 {
			flags = append(flags, ch.columnFlag(f, r[f][0]))
		}
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

// bestReading is the reading that is better than each other: the whole of which the
// other is a part, or the one that the addresses speak for.
func (ch *chooser) bestReading(full []int, parts reading) (reading, error) {
	var readings []reading
	for _, i := range full {
		readings = append(readings, reading{Name: {i}})
	}
	if parts.hasParts() {
		readings = append(readings, parts)
	}
	names := slices.DeleteFunc(slices.Clone(readings), func(r reading) bool { return ch.isNoName(r) })
	if len(names) > 0 && len(names) < len(readings) {
		readings, ch.c.weighed = names, true
	}
	if len(readings) == 0 {
		return parts, nil
	}
	var best reading
	for i := range readings {
		beaten := false
		for k := range readings {
			beaten = beaten || !ch.isBetter(readings[i].columns(), readings[k].columns(), i <= k)
		}
		if !beaten {
			best = readings[i]
			break
		}
	}
	if len(best.columns()) == 0 {
		return best, ch.differentNames(readings)
	}
	if best.hasParts() {
		return best, nil
	}
	for _, r := range readings {
		if r[Name] != nil && !slices.Contains(best[Name], r[Name][0]) && !ch.e.differ(best[Name], r[Name]) {
			best[Name] = append(best[Name], r[Name]...) // fills gaps
		}
	}
	if !parts.hasParts() || ch.e.contains(best.columns(), parts.columns()) {
		parts[Name] = best[Name]
		return parts, nil
	}
	return best, nil
}

// isNoName reports a reading whose cells are logins, companies or addresses, or empty.
func (ch *chooser) isNoName(r reading) bool {
	s := ch.e.of(r.columns()...)
	return s.filled == 0 || s.looksCompany() || s.looksLogin() || s.addresses == s.filled
}

// isBetter reports whether the columns of a reading are at least as good as those of another
// one; earlier: their headers are.
func (ch *chooser) isBetter(a, b []int, earlier bool) bool {
	x, y := a[0], b[0]
	switch whole, part := ch.e.contains(a, b), ch.e.contains(b, a); {
	case whole != part:
		return whole
	case ch.h.keys[x] == ch.h.keys[y] && ch.h.whole[x] != ch.h.whole[y]: // 氏名 and 氏名(英語)
		return ch.h.whole[x] == ch.h.keys[x]
	case !ch.e.differ(a, b):
		return earlier
	}
	ch.c.weighed = true
	return clearly(ch.e.of(a...).agree, ch.e.of(b...).agree)
}

func (ch *chooser) differentNames(readings []reading) error {
	var said, flags []string
	for _, r := range readings {
		var names []string
		for _, i := range r.columns() {
			names = append(names, fmt.Sprintf("%q", ch.h.names[i]))
		}
		said, flags = append(said, strings.Join(names, " with ")), append(flags, ch.flags(r))
	}
	if len(readings) > 1 && said[0] == said[1] {
		return ch.ambiguous(Name, slices.Concat(readings[0].columns(), readings[1].columns()))
	}
	return ch.refuse(strings.Join(said, " and ")+" hold different names",
		"say which are the people's: "+strings.Join(flags, " or "))
}

// confirmNames refuses what the cells speak against: no names where there may be
// some, one half of them where the other may be, login names.
func (ch *chooser) confirmNames() error {
	i, likely := ch.likelyName()
	known, other := FirstName, LastName
	if ch.c.has(LastName) {
		known, other = LastName, FirstName
	}
	switch {
	case ch.c.has(Name):
		return ch.confirmFull(ch.c.at[Name][0], i, likely)
	case ch.c.has(known) && ch.c.has(other), ch.c.has(known) && !likely:
		return nil
	case ch.c.has(known):
		return ch.refuse(fmt.Sprintf("only one part of the names is known, and %q may hold the other", ch.h.names[i]),
			"if it does, say "+ch.columnFlag(other, i)+"; if not, "+ch.columnFlag(known, ch.c.at[known][0]))
	case i >= 0:
		return ch.refuse(fmt.Sprintf("no header names a column of names, and %q may hold them", ch.h.names[i]),
			"if it does, say "+ch.columnFlag(Name, i)+"; "+noNames)
	}
	ch.c.weighed = true
	return nil
}

// confirmFull refuses a column of names that holds logins, companies, numbers, or
// half of the names; k is the column that may hold the other half.
func (ch *chooser) confirmFull(i, k int, likely bool) error {
	s, what := ch.e.of(i), ""
	switch {
	case s.filled >= 5 && s.looksLogin():
		what = "its cells look like login names"
	case s.filled >= 3 && s.looksCompany() && s.agree == 0:
		what = "its cells look like names of companies, not of people"
	case s.filled >= 5 && s.names*5 < s.filled && s.addresses == 0:
		what = "its cells look like no names"
	}
	if what != "" {
		return ch.refuseColumn(i, what, "if they are the people's names, say "+ch.columnFlag(Name, i)+"; "+noNames)
	}
	m, _ := ch.h.means(i, Name)
	if !likely || !m.half || !nearly(s.oneWord, s.filled) || !nearly(ch.e.of(k).oneWord, ch.e.of(k).filled) {
		return nil
	}
	return ch.refuse(
		fmt.Sprintf("%q seems to hold one part of the names, and %q the other", ch.h.names[i], ch.h.names[k]),
		fmt.Sprintf("say %s, or the other way round, or %s if it is the whole name",
			ch.flags(reading{FirstName: {i}, LastName: {k}}), ch.columnFlag(Name, i)))
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
		if n := s.agree*1000 + s.filled - s.oneWord; n > score {
			best, score, likely = i, n, s.agree > 0 && s.agree*2 >= s.witnessed
		}
	}
	return best, likely
}

// mayBeName reports whether a column that is not known may hold names.
func (ch *chooser) mayBeName(i int) bool {
	s := ch.e.of(i)
	_, name := ch.h.means(i, Name)
	switch {
	case ch.h.own[i], ch.h.names[i] == "", ch.h.belongsElsewhere(i), ch.h.reading(i), ch.h.holdsOther(i),
		!s.looksNames(), s.looksCategory(), s.looksCompany(), s.filled*2 < len(ch.e.sample):
		return false
	}
	return !ch.h.isLogin(i) || name && !nearly(s.oneWord, s.filled)
}
