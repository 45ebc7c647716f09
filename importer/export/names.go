package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// chooseNames finds the column of full names, or those of first and last names.
// The headers propose, the cells confirm; where neither tells, the file is refused.
func (ch *chooser) chooseNames() error {
	if ch.options.NoNames || ch.c.why[Name] == byUser {
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
		ch.c.familyFirst = ch.c.familyFirst || strings.ContainsFunc(ch.h.names[i], isEastAsian) ||
			slices.ContainsFunc(strings.Fields(ch.h.plain[i]), func(t string) bool { return is(familyFirstWord, t) })
	}
}

func isEastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
}

// How near a column of names is to the column of addresses.
const (
	byCells = iota + 1 // the cells vouch for it
	unowned            // its header has no words, or words for the person himself
	mine               // its header has the words that the header of the addresses has, too ("Contact 1")
)

// candidate is a column that may hold names, or a part of them.
type candidate struct {
	meaning
	at, near int
}

// proposeNames takes the columns of names that are nearest to the address.
func (ch *chooser) proposeNames() (reading, error) {
	var group string
	var swapped bool // the user has named a column with a header of names for the addresses
	if ch.c.has(Email) {
		m, _ := ch.h.means(ch.c.at[Email][0], Email)
		group = m.group
		_, swapped = ch.h.means(ch.c.at[Email][0], Name)
	}
	var list []candidate
	nearest := 0
	for i := range ch.h.keys {
		for _, m := range ch.h.meanings(i) {
			if swapped && m.field == Email && ch.e.of(i).looksNames() {
				m = meaning{field: Name}
			}
			if near := ch.near(i, m, group); near > 0 && near >= nearest {
				list, nearest = append(list, candidate{meaning: m, at: i, near: near}), near
			}
		}
	}
	list = slices.DeleteFunc(list, func(c candidate) bool { return c.near < nearest })
	slices.SortStableFunc(list, func(a, b candidate) int { return a.rank - b.rank })
	r := ch.assemble(list)
	if nearest == unowned && !isSelf(group) {
		return r, ch.vouchFor(r)
	}
	return r, nil
}

// near is how near a column is to the addresses of a group; 0: it is out of question.
func (ch *chooser) near(i int, m meaning, group string) int {
	_, taken := ch.c.holds(i)
	switch {
	case taken || !m.ofName() || !ch.mayHold(i, m):
		return 0
	case group != "" && m.group == group:
		return mine
	case ch.h.belongsElsewhere(i), (m.vague || !isSelf(m.group)) && !ch.vouched(i):
		return 0
	case isSelf(m.group):
		return unowned
	}
	return byCells
}

// assemble makes a reading of columns: one of each part, all of one group, and all of whole
// names. One such as "Nom" beside "Prénom" is the other part.
func (ch *chooser) assemble(list []candidate) reading {
	var r reading
	group := ""
	for _, c := range list {
		switch {
		case c.field == Name:
			r[Name] = append(r[Name], c.at)
		case len(r[c.field]) == 0 && (group == "" || c.group == "" || c.group == group):
			r[c.field], group = []int{c.at}, cmp.Or(group, c.group)
		}
	}
	known, other := FirstName, LastName
	if len(r[known]) == 0 {
		known, other = LastName, FirstName
	}
	if len(r[known]) == 0 || len(r[other]) > 0 {
		return r
	}
	half := -1
	for _, c := range list {
		if c.half && !ch.e.contains([]int{c.at}, r[known]) && (half < 0 || c.group == group) {
			half = c.at
		}
	}
	for _, i := range r[Name] {
		if half >= 0 && ch.h.keys[i] == ch.h.keys[half] && !ch.e.differ([]int{i}, []int{half}) {
			r[other] = append(r[other], i)
		}
	}
	r[Name] = slices.DeleteFunc(r[Name], func(i int) bool { return slices.Contains(r[other], i) })
	return r
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
	return s.looksNames() && s.against() == "" && !s.looksCategory() && s.agree*2 >= s.witnessed &&
		(s.agree > 0 && s.oneWord < s.filled || s.agree >= 3 && nearly(s.agree, s.witnessed))
}

const noNames = "--column name=none sends the address as the name"

// vouchFor asks the cells whether names of no group belong to an address of some group.
func (ch *chooser) vouchFor(r reading) error {
	ch.c.weighed = true
	if ch.agrees(r.names()...) || ch.h.ownFile {
		return nil
	}
	return ch.refuse("the names may be another person's than the addresses in "+ch.named(ch.c.at[Email][0]),
		"if they are not, say "+ch.flags(r)+"; "+noNames)
}

// bestReading is the reading that is better than each other: the whole of which the
// other is a part, or the one that the addresses speak for.
func (ch *chooser) bestReading(full []int, parts reading) (reading, error) {
	var readings []reading
	for _, i := range full {
		readings = append(readings, reading{Name: {i}})
	}
	hasParts := len(parts[FirstName]) > 0 && len(parts[LastName]) > 0
	if hasParts {
		readings = append(readings, parts)
	}
	names := slices.DeleteFunc(slices.Clone(readings), func(r reading) bool {
		s, company := ch.e.of(r.names()...), ch.c.at[Organization]
		return s.filled == 0 || s.addresses == s.filled || s.against() != "" ||
			ch.e.of(company...).filled*2 >= s.filled && !ch.e.differ(r.names(), company)
	})
	if len(names) > 0 && len(names) < len(readings) {
		readings, ch.c.weighed = names, true
	}
	if len(readings) == 0 {
		return parts, nil
	}
	k := slices.IndexFunc(readings, func(r reading) bool { return ch.isBest(r, readings) })
	if k < 0 {
		return reading{}, ch.ask("hold different names", readings...)
	}
	best := readings[k]
	if best[Name] == nil {
		return best, nil
	}
	for _, r := range readings {
		if r[Name] != nil && r[Name][0] != best[Name][0] && !ch.e.differ(best[Name], r[Name]) {
			best[Name] = append(best[Name], r[Name]...) // fills gaps
		}
	}
	if !hasParts || ch.e.contains(best[Name], parts.names()) {
		parts[Name] = best[Name]
		return parts, nil
	}
	return best, nil
}

// isBest reports whether a reading is at least as good as all, those of better headers first.
func (ch *chooser) isBest(r reading, all []reading) bool {
	earlier := false
	for _, other := range all {
		same := slices.Equal(r.names(), other.names())
		earlier = earlier || same
		if !same && !ch.isBetter(r.names(), other.names(), earlier) {
			return false
		}
	}
	return true
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
	agree, other := ch.e.of(a...).agree, ch.e.of(b...).agree
	return agree > 0 && (agree >= 2*other || len(a) > len(b) && ch.agrees(a...)) // the parts, where they agree
}

// agrees reports whether the names in some columns stand in the addresses.
func (ch *chooser) agrees(at ...int) bool {
	s := ch.e.of(at...)
	return s.agree > 0 && s.agree*2 >= s.witnessed
}

// confirmNames refuses what the cells speak against: no names where there may be
// some, one half of them where the other may be, login names.
func (ch *chooser) confirmNames() error {
	likely := ch.likelyNames()
	known, other := FirstName, LastName
	if ch.c.has(LastName) {
		known, other = LastName, FirstName
	}
	switch {
	case ch.c.has(Name):
		return ch.confirmFull(ch.c.at[Name][0], likely)
	case ch.c.has(known) && ch.c.has(other):
		return nil
	case len(likely) == 0:
		ch.c.weighed = ch.c.weighed || !ch.c.has(known)
	case !ch.c.has(known):
		return ch.refuse("no header names a column of names, and "+ch.named(likely[0])+" may hold them",
			"if it does, say "+ch.likelyFlags(likely)+"; "+noNames)
	case ch.agrees(likely[0]), ch.saysName(likely[0]):
		return ch.refuse("only one part of the names is known, and "+ch.named(likely[0])+" may hold the other",
			"if it does, say "+ch.columnFlag(other, likely[0])+"; if not, "+ch.columnFlag(known, ch.c.at[known][0]))
	}
	return nil
}

// confirmFull refuses a column of names that holds logins, companies, numbers, or half of the
// names; likely are the columns that may hold them instead, or the other half.
func (ch *chooser) confirmFull(i int, likely []int) error {
	s := ch.e.of(i)
	what, instead := s.against(), len(likely) > 0 && ch.agrees(likely[0])
	if what != "" && (s.filled >= 5 || s.agree == 0 && (s.company >= 3 || instead || s.filled > 1 && s.names == 0)) {
		hint := "if they are the people's names, say " + ch.columnFlag(Name, i) + "; "
		if len(likely) > 0 {
			hint += "if others are, " + ch.likelyFlags(likely) + "; "
		}
		return ch.refuse(ch.named(i)+": its cells look like "+what, hint+noNames)
	}
	m, _ := ch.h.means(i, Name)
	if !m.half || len(likely) == 0 || !ch.isOneWord(i) || !ch.isOneWord(likely[0]) {
		return nil
	}
	return ch.refuse(ch.named(i)+" seems to hold one part of the names, and "+ch.named(likely[0])+" the other",
		fmt.Sprintf("say %s, or the other way round, or %s if it is the whole name",
			ch.flags(reading{FirstName: {i}, LastName: likely}), ch.columnFlag(Name, i)))
}

// likelyFlags take the likeliest columns: two of single words for first and last names, else each
// whose words stand in as many addresses as those of the first.
func (ch *chooser) likelyFlags(likely []int) string {
	if len(likely) > 1 && ch.isOneWord(likely[0]) && ch.isOneWord(likely[1]) {
		return ch.flags(reading{FirstName: likely, LastName: likely[1:]}) + ", or the other way round"
	}
	var flags []string
	for _, i := range likely[:min(len(likely), 3)] {
		if ch.e.of(i).agree == ch.e.of(likely[0]).agree {
			flags = append(flags, ch.columnFlag(Name, i))
		}
	}
	return strings.Join(flags, " or ")
}

// likelyNames are the columns, of those that hold nothing yet, that may hold names; first those
// whose words stand in the addresses, then those whose headers have a word for names.
func (ch *chooser) likelyNames() []int {
	score, likely := map[int]int{}, []int(nil)
	for i := range ch.h.names {
		if _, taken := ch.c.holds(i); taken || !ch.mayBeName(i) {
			continue
		}
		s := ch.e.of(i)
		score[i] = s.agree*1000 + s.filled - s.oneWord
		if ch.saysName(i) {
			score[i] += 500
		}
		likely = append(likely, i)
	}
	slices.SortStableFunc(likely, func(a, b int) int { return score[b] - score[a] })
	return likely
}

// saysName reports a header with a word for names that is not of another person ("Teacher Last Name").
func (ch *chooser) saysName(i int) bool {
	return slices.ContainsFunc(ch.h.meanings(i), func(m meaning) bool {
		return m.ofName() && (m.group == "" || !isSelf(m.group))
	})
}

func (ch *chooser) isOneWord(i int) bool { return most(ch.e.of(i).oneWord, ch.e.of(i).filled) }

// mayBeName reports whether a column that is not known may hold names.
func (ch *chooser) mayBeName(i int) bool {
	s := ch.e.of(i)
	_, name := ch.h.means(i, Name)
	mail, ofMail := ch.h.means(i, Email)
	switch {
	case ch.h.own[i], ch.h.names[i] == "", ch.h.belongsElsewhere(i), ch.h.reading(i), ch.h.holdsOther(i),
		!s.looksNames(), s.looksCategory(), s.looksCompany(), s.filled*2 < len(ch.e.sample), ofMail && !mail.vague:
		return false
	}
	return !ch.h.isLogin(i) || name && !nearly(s.oneWord, s.filled)
}
