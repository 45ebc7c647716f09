package export

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// chooseNames finds the column of full names, or those of first and last names: of the columns with
// the best score the reading that beats each other one. Where none does, or another column may hold
// what it lacks, the file is refused.
func (ch *chooser) chooseNames() error {
	if ch.options.NoNames || ch.c.why[Name] == byUser {
		return nil
	}
	all := ch.candidates(ch.score)
	worse := func(c candidate) bool { return c.score < all[0].score || c.score == likely }
	full, parts := ch.assemble(without(all, worse))
	if ch.c.has(FirstName) || ch.c.has(LastName) || ch.c.has(MiddleName) {
		ch.take(parts)
		return nil
	}
	ch.c.weighed = ch.c.weighed || slices.ContainsFunc(all, func(c candidate) bool {
		return c.score == doubted || c.score == byCells && c.score == all[0].score
	})
	best, err := ch.bestReading(full, parts)
	if err != nil {
		return err
	}
	ch.fillGaps(&best, all)
	ch.take(best)
	if ch.h.ownFile && ch.c.hasNames() {
		return nil
	}
	another := func(c candidate) bool { return c.score < mine && c.ofName() }
	if ch.c.hasNames() && !isSelf(ch.group()) && slices.ContainsFunc(all, another) {
		ch.c.weighed = true
		if s := ch.e.of(best.names()...); s.whole == 0 || s.whole*2 < s.witnessed {
			return ch.ask("the names may be another person's than the addresses in "+ch.named(ch.c.at[Email][0]), best)
		}
	}
	others := ch.others(all)
	if i := ch.spokenFor(best); i >= 0 && (ch.c.hasNames() || len(others) == 0) {
		ways := without(ch.byContent(), func(r reading) bool { return r[Email][0] == ch.c.at[Email][0] })
		if !ch.h.says(i, elsewhereWord) || !ch.c.hasNames() {
			ways = append(ways, reading{Name: {i}})
		}
		return ch.ask("the addresses speak for the names in "+ch.named(i), append(ways, best)...)
	}
	return ch.confirm(best, others)
}

// spokenFor is a column, whatever its header, whose names stand in twice as many addresses as those
// of a reading do; -1: none.
func (ch *chooser) spokenFor(r reading) int {
	for i := range ch.h.names {
		s, said := ch.e.of(i), ch.c.why[ch.c.holds(i)] == byUser
		other := said || s.addresses > 0 || ch.h.own[i] || ch.h.sounds(i) || ch.c.hasNames() && ch.isCompany(i)
		if s.verdict() == names && s.agree >= 2*ch.e.of(r.names()...).agree && !other {
			return i
		}
	}
	return -1
}

// take sets the columns that were found.
func (ch *chooser) take(r reading) {
	for f := Name; f <= secondLast; f++ {
		if len(r[f]) > 0 && !ch.c.has(f) {
			ch.c.set(f, "header", r[f]...)
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
	if known == 0 {
		return full, parts
	}
	for _, c := range list {
		first := len(parts[other]) == 0 || c.group == group
		taken := slices.Contains(parts[known], c.at)
		alone := ch.e.of(c.at).oneWord == 0 && ch.e.of(parts[known]...).agree == 0
		if c.half && first && fits(c) && !taken && !alone && !ch.e.contains([]int{c.at}, parts[known], some) {
			parts[other] = []int{c.at}
		}
	}
	return full, parts
}

// bestReading is the reading that beats each other one. Those that say the same fill its gaps.
func (ch *chooser) bestReading(full []int, parts reading) (reading, error) {
	var readings []reading
	first, last := len(parts[FirstName]) > 0, len(parts[LastName]) > 0
	within := func(i int) bool { return ch.e.contains([]int{i}, parts.names(), most) }
	if first && last || (first || last) && !slices.ContainsFunc(full, within) {
		readings = append(readings, parts)
	}
	for _, i := range full {
		readings = append(readings, reading{Name: {i}})
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
	if slices.ContainsFunc(readings, func(r reading) bool { return !ch.beats(at, r.names()) }) {
		return reading{}, ch.ask("several columns hold different names", readings...)
	}
	if ch.e.contains(at, parts.names(), most) {
		parts[Name] = best[Name]
		best = parts
	}
	return best, nil
}

// fillGaps adds columns of whole names that say nothing else where those that were found say something.
func (ch *chooser) fillGaps(r *reading, all []candidate) {
	for _, c := range all {
		at := r.names()
		if c.field == Name && c.score > doubted && !slices.Contains(at, c.at) && !ch.e.differ(at, []int{c.at}) {
			r[Name] = append(r[Name], c.at)
		}
	}
}

// beats reports whether the columns of a reading are at least as good as those of another one: what
// the other holds is a part of it, or the same, or twice as many addresses speak for it.
func (ch *chooser) beats(a, b []int) bool {
	switch whole, part := ch.e.contains(a, b, nearly), ch.e.contains(b, a, nearly); {
	case whole != part:
		return whole
	case !ch.e.differ(a, b):
		return true
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

// confirm refuses what the cells are against: no names where there may be some, one half of them
// where the other may be, login names and companies.
func (ch *chooser) confirm(r reading, others []candidate) error {
	known, missing := r.half()
	full, parts := r[Name], slices.Concat(r[FirstName], r[LastName])
	instead := len(others) > 0 && ch.agrees(others[0].at)
	switch {
	case len(full) > 0 && ch.goesOn(full[0]):
		return ch.refuse(ch.named(full[0])+" goes on in the next one: its cells hold the delimiter", longRow.Hint)
	case len(full) > 0 && ch.isWrong(full[0], instead):
		what := ch.named(full[0]) + " seems to hold " + verdicts[ch.e.of(full[0]).verdict()]
		return ch.ask(what, append([]reading{{Name: full[:1]}}, ch.ways(others)...)...)
	case len(others) == 0:
		ch.c.weighed = ch.c.weighed || !ch.c.hasNames()
	case !ch.c.hasNames():
		return ch.ask("no header names a column of names, and others may hold some", ch.ways(others)...)
	case len(full) > 0:
		m, _ := ch.h.means(full[0], Name)
		if m.half && ch.isOneWord(full[0]) && ch.isOneWord(others[0].at) {
			ways := append(both(full[0], others[0].at), reading{Name: full[:1]})
			return ch.ask("two columns may hold one part of the names each", ways...)
		}
	case known == 0 && len(r[MiddleName]) == 0 && parts != nil &&
		slices.Min(parts) < others[0].at && others[0].at < slices.Max(parts): // between first and last names
		missing = MiddleName
		fallthrough
	case known != 0 && (others[0].ofName() ||
		ch.isOneWord(others[0].at) && most(ch.e.of(others[0].at).filled, len(ch.e.sample))):
		more := r
		more[missing] = []int{others[0].at}
		return ch.ask("another column may hold a part of the names, too", more, r)
	}
	return nil
}

// goesOn reports a column whose cells are cut at a delimiter: the rest is in the next one, after a blank.
func (ch *chooser) goesOn(i int) bool {
	rest := 0
	blank := func(cell string) bool { return strings.HasPrefix(cell, " ") }
	for _, cells := range ch.e.sample {
		if blank(cellAt(cells, i+1)) && len(without(cells, blank)) == len(cells)-1 {
			rest++
		}
	}
	return ch.c.holds(i+1) == 0 && rest > 1 && most(rest, ch.e.of(i+1).filled)
}

// isWrong reports a column of names that holds something else, beyond what a few rows may show.
func (ch *chooser) isWrong(i int, instead bool) bool {
	s := ch.e.of(i)
	return s.verdict() < open && (s.filled >= 5 || s.agree == 0 && (s.filled > 2 || instead))
}

// ways are the readings that other columns make: first and last names, or each full ones, if as
// many addresses speak for it as for the first.
func (ch *chooser) ways(others []candidate) []reading {
	if len(others) > 1 && ch.isOneWord(others[0].at) && ch.isOneWord(others[1].at) {
		return both(others[0].at, others[1].at)
	}
	var ways []reading
	for _, c := range others[:min(len(others), 3)] {
		if ch.e.of(c.at).agree == ch.e.of(others[0].at).agree {
			ways = append(ways, reading{Name: {c.at}})
		}
	}
	return ways
}

// both are two columns as first and last names, one way round and the other.
func both(a, b int) []reading {
	return []reading{{FirstName: {a}, LastName: {b}}, {FirstName: {b}, LastName: {a}}}
}

func (ch *chooser) isOneWord(i int) bool { return most(ch.e.of(i).oneWord, ch.e.of(i).filled) }
