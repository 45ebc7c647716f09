package export

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A column's score is how far header and cells together speak for names in it.
const (
	likely  = iota + 1 // they may be names: only the user can say
	doubted            // the header speaks for names, the cells against
	byCells            // the header may mean something else, the cells do not
	unowned            // the header means names, and nobody's in particular
	mine               // the header has the words that the header of the addresses has, too ("Contact 1")
)

// What a header says of names: nothing, a name among other words, a name, a name of the one whose address it is.
const (
	saysNothing = iota
	saysPerhaps
	saysName
	saysOwner
)

var scores = [...][names + 1]int{
	//           no names companies logins   open     names
	saysNothing: {0, 0, likely, likely, likely},
	saysPerhaps: {0, 0, likely, likely, byCells},
	saysName:    {doubted, doubted, doubted, unowned, unowned},
	saysOwner:   {doubted, doubted, doubted, mine, mine},
}

// candidate is a column that may hold names, or a part of them.
type candidate struct {
	meaning
	at, score int
}

// candidates are the columns that may hold names, the best first.
func (ch *chooser) candidates() []candidate {
	var list []candidate
	for i := range ch.h.keys {
		if ch.c.holds(i) != 0 {
			continue
		}
		ms := ch.h.meanings(i)
		if m, ok := ch.h.means(i, Email); ok && ch.e.of(i).verdict() == names { // under the wrong header
			ms = []meaning{{field: Name, rank: rankGroup, group: m.group}}
		} else if ms == nil && ch.h.keys[i] != "" && ch.h.keys[i] == ch.group { // "Guest" beside "Guest email"
			ms = []meaning{{field: Name, rank: rankGroup}}
		} else if ms == nil {
			ms = []meaning{{}}
		}
		for _, m := range ms {
			if n := ch.score(i, m); n > 0 {
				list = append(list, candidate{m, i, n})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Or(b.score-a.score, a.rank-b.rank) })
	return list
}

// score looks a column up in the table; 0: it holds no names.
func (ch *chooser) score(i int, m meaning) int {
	s, says := ch.e.of(i), ch.headerSays(i, m)
	part := m.field != Name
	switch {
	case says < 0, s.addresses > 0 && s.names == 0, (part || m.rank >= rankContact) && s.filled > 0 && !s.looksNames():
		return 0
	case part && says >= saysName:
		return scores[says][open]
	case ch.isCompany(i):
		return scores[says][companies]
	case says < saysName && (s.looksCategory() || s.verdict() == logins || ch.h.says(i, otherWord)):
		return 0
	}
	return scores[says][s.verdict()]
}

// headerSays reads a header for the table; -1: it says something else.
func (ch *chooser) headerSays(i int, m meaning) int {
	switch {
	case m.ofName() && ch.group != "" && (m.group == ch.group || m.rank < rankGroup && ch.h.keys[i] == ch.group):
		return saysOwner
	case m.ofName() && m.rank < rankGroup:
		return saysName
	case ch.h.names[i] == "", ch.h.own[i], ch.h.says(i, elsewhereWord),
		m.field != 0 && !m.ofName(), m.field != Name && ch.h.isLogin(i) && ch.isOneWord(i):
		return -1
	case m.ofName():
		return saysPerhaps
	}
	return saysNothing
}

// isCompany reports a column that says the same as the one of organizations.
func (ch *chooser) isCompany(i int) bool {
	o := ch.e.overlap([]int{i}, ch.c.at[Organization])
	return o.first == o.rows && o.second == o.rows && o.rows*2 >= ch.e.of(i).filled
}

// chooseNames finds the column of full names, or those of first and last names: of the columns with
// the best score the reading that beats each other one. Where none does, or the cells speak for other
// columns, the file is refused.
func (ch *chooser) chooseNames() error {
	if ch.options.NoNames || ch.c.told[Name] {
		return nil
	}
	all := ch.candidates()
	worse := func(c candidate) bool { return c.score < all[0].score || c.score == likely }
	full, parts := ch.assemble(without(all, worse))
	if ch.c.has(FirstName) || ch.c.has(LastName) || ch.c.has(MiddleName) {
		ch.take(parts)
		return nil
	}
	best, err := ch.bestReading(full, parts)
	if err != nil {
		return err
	}
	if ch.take(best); ch.h.ownFile && ch.c.hasNames() {
		return nil
	}
	return ch.confirm(best, all)
}

// assemble makes readings of columns: those of whole names, and one of the parts, all of one group.
// A column such as "Nom" beside "Prénom" is the other part.
func (ch *chooser) assemble(list []candidate) (full []int, parts reading) {
	group := ""
	fits := func(c candidate) bool { return group == "" || c.group == "" || c.group == group }
	for _, c := range list {
		switch {
		case c.field == Name:
			full = append(full, c.at)
		case len(parts[c.field]) == 0 && fits(c) && !slices.Contains(parts.names(), c.at):
			parts[c.field], group = []int{c.at}, cmp.Or(group, c.group)
		}
	}
	known, other := parts.half()
	for _, c := range list {
		if known == 0 || !c.half || !fits(c) || slices.Contains(parts[known], c.at) ||
			len(parts[other]) > 0 && c.group != group {
			continue
		}
		o := ch.e.overlap([]int{c.at}, parts[known])
		alone := ch.e.of(c.at).oneWord == 0 && ch.e.of(parts[known]...).agree == 0
		if !alone && !some(o.first, o.rows) {
			parts[other] = []int{c.at}
		}
	}
	return full, parts
}

// bestReading is the reading that beats each other one.
func (ch *chooser) bestReading(full []int, parts reading) (reading, error) {
	var readings []reading
	for _, i := range full {
		readings = append(readings, reading{Name: {i}})
	}
	first, last := len(parts[FirstName]) > 0, len(parts[LastName]) > 0
	if first && last || (first || last) && len(full) == 0 {
		readings = append(readings, parts)
	}
	if len(readings) == 0 {
		return parts, nil
	}
	best := readings[0]
	for _, r := range readings[1:] {
		if !ch.beats(best.names(), r.names()) {
			best = r
		}
	}
	at := best.names()
	for _, r := range readings {
		if !ch.beats(at, r.names()) {
			return reading{}, ch.ask("several columns hold different names", readings...)
		}
	}
	if o := ch.e.overlap(at, parts.names()); most(o.first, o.rows) { // the parts fill its gaps
		parts[Name] = best[Name]
		best = parts
	}
	for _, i := range full { // and other columns that say nothing else
		if o := ch.e.overlap(at, []int{i}); !slices.Contains(at, i) && o.first == o.rows && o.second == o.rows {
			best[Name] = append(best[Name], i)
		}
	}
	return best, nil
}

// beats reports whether the columns of a reading are at least as good as those of another one: they hold
// what those hold, or are more where nothing can be compared, or twice as many addresses speak for them.
func (ch *chooser) beats(a, b []int) bool {
	switch o := ch.e.overlap(a, b); {
	case o.rows == 0:
		return len(a) >= len(b)
	case nearly(o.first, o.rows), nearly(o.second, o.rows):
		return nearly(o.first, o.rows)
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

// take sets the columns that were found.
func (ch *chooser) take(r reading) {
	for f := Name; f <= secondLast; f++ {
		if len(r[f]) > 0 && !ch.c.has(f) {
			ch.c.at[f] = r[f]
		}
	}
	for _, i := range slices.Concat(ch.c.at[LastName], ch.c.at[FirstName]) {
		says := func(word string) bool { return is(familyFirstWord, word) }
		ch.c.familyFirst = ch.c.familyFirst || strings.ContainsFunc(ch.h.names[i], isEastAsian) ||
			slices.ContainsFunc(ch.h.words[i], says)
	}
}

func isEastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
}

// confirm refuses what the cells are against: names that may be another person's, that the addresses speak
// against, or that are login names or companies; no names, or half of them, where another column may hold some.
func (ch *chooser) confirm(r reading, all []candidate) error {
	others, full, found := ch.others(all), r[Name], ch.c.hasNames()
	known, missing := r.half()
	if known == 0 && len(full) > 0 && ch.isOneWord(full[0]) { // "Nom" may be half of one
		if m, _ := ch.h.means(full[0], Name); m.half {
			known, missing, r = FirstName, LastName, reading{FirstName: full}
		}
	}
	s := ch.e.of(r.names()...)
	another := func(c candidate) bool { return c.score < mine && c.ofName() }
	anothers := !isSelf(ch.group) && slices.ContainsFunc(all, another)
	spoken := ch.spokenFor(s)
	switch {
	case found && anothers && (s.whole == 0 || s.whole*2 < s.witnessed):
		return ch.ask("the names may be another person's than the addresses in "+ch.named(ch.c.at[Email][0]), r)
	case spoken >= 0 && (found || len(others) == 0):
		ways := without(ch.byContent(), func(r reading) bool { return r[Email][0] == ch.c.at[Email][0] })
		if !ch.h.says(spoken, elsewhereWord) || !found {
			ways = append(ways, reading{Name: {spoken}})
		}
		return ch.ask("the addresses speak for the names in "+ch.named(spoken), append(ways, r)...)
	case len(full) > 0 && ch.e.of(full[0]).isWrong(len(others) > 0 && ch.agrees(others[0].at)):
		ways := append([]reading{{Name: full[:1]}}, ch.ways(others)...)
		return ch.ask(ch.named(full[0])+" seems to hold "+verdicts[ch.e.of(full[0]).verdict()], ways...)
	case len(others) == 0:
		return nil
	case !found:
		return ch.ask("no header names a column of names, and others may hold some", ch.ways(others)...)
	}
	other := ch.e.of(others[0].at)
	if known != 0 && (others[0].ofName() || ch.isOneWord(others[0].at) && most(other.filled, len(ch.e.sample))) {
		more := r
		more[missing] = []int{others[0].at}
		return ch.ask("another column may hold a part of the names, too", more, r)
	}
	return nil
}

// spokenFor is a column, whatever its header, whose names stand in twice as many addresses as the
// names that were found do; -1: none.
func (ch *chooser) spokenFor(found *shape) int {
	for i := range ch.h.names {
		s, told := ch.e.of(i), ch.c.told[ch.c.holds(i)]
		other := told || s.addresses > 0 || ch.h.own[i] || ch.h.sounds(i) || ch.c.hasNames() && ch.isCompany(i)
		if s.verdict() == names && s.agree >= 2*found.agree && !other {
			return i
		}
	}
	return -1
}

// others are the columns that may hold names, too, and were not taken: the likeliest first.
func (ch *chooser) others(list []candidate) []candidate {
	seen := map[int]bool{}
	list = without(list, func(c candidate) bool {
		taken := seen[c.at] || ch.c.holds(c.at) != 0
		seen[c.at] = true
		return taken || c.score > byCells || ch.e.of(c.at).verdict() == noNames || ch.h.sounds(c.at) && ch.c.hasNames()
	})
	slices.SortStableFunc(list, func(a, b candidate) int {
		x, y := ch.e.of(a.at), ch.e.of(b.at)
		return cmp.Or(y.agree-x.agree, b.rank-a.rank, (y.filled-y.oneWord)-(x.filled-x.oneWord))
	})
	return list
}

// ways are the readings that other columns make: first and last names, or each full ones, if as
// many addresses speak for it as for the first.
func (ch *chooser) ways(others []candidate) []reading {
	if len(others) > 1 && ch.isOneWord(others[0].at) && ch.isOneWord(others[1].at) {
		a, b := others[0].at, others[1].at
		return []reading{{FirstName: {a}, LastName: {b}}, {FirstName: {b}, LastName: {a}}}
	}
	var ways []reading
	for _, c := range others[:min(len(others), 3)] {
		ways = append(ways, reading{Name: {c.at}})
	}
	return ways
}

func (ch *chooser) isOneWord(i int) bool { return most(ch.e.of(i).oneWord, ch.e.of(i).filled) }
