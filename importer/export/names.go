package export

import (
	"cmp"
	"regexp"
	"slices"
)

// A column's score says how well header and cells together agree that it has names.
const (
	contradicted = iota + 1 // the header means names, and the cells are something else
	byCells                 // the header may mean something else, the cells do not
	noGroup                 // the header means names, and nobody's in particular
	sameGroup               // the header has the words that the header of the addresses has, too ("Contact 1")
)

// candidate is a column whose header means names, or a part of them.
type candidate struct {
	meaning
	*columnStats
	at, score int
}

// candidates are the columns whose headers mean names, the best first; where the cells certainly are names, also those
// under a header of addresses, of logins ("User name"), or of the words at the addresses ("Guest", "Guest email").
func (ch *choice) candidates() []candidate {
	var list []candidate
	for i, key := range ch.keys {
		ms, s := ch.meanings[i], ch.of(i)
		m := ch.means(i, Email)
		guest := key != "" && key == ch.email.group
		if (m.field == Email || guest || ch.isLogin(i) && !s.isOneWord()) && s.content() == certainNames {
			ms = []meaning{{field: Name, rank: rankGroup, group: m.group}}
		}
		for _, m := range ms {
			if n := ch.score(i, m); n > 0 && ch.holds(i) == 0 {
				list = append(list, candidate{m, s, i, n})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Or(b.score-a.score, a.rank-b.rank) })
	return list
}

// score is that of a column by one meaning of its header; 0: it holds no names.
func (ch *choice) score(i int, m meaning) int {
	s, whole := ch.of(i), m.field == Name
	own := ch.email.group != "" && (m.group == ch.email.group || m.rank < rankGroup && ch.keys[i] == ch.email.group)
	switch content := s.content(); {
	case !m.ofName(), s.addresses > 0 && s.names == 0,
		(!whole || m.rank >= rankContact) && s.filled > 0 && content == noNames,
		!own && m.rank >= rankGroup && (content != certainNames || ch.isForeign(i)):
		return 0
	case !own && m.rank >= rankGroup:
		return byCells
	case whole && s.filled > 0 && (content < maybeNames || ch.isCompany(i)):
		return contradicted
	case own:
		return sameGroup
	}
	return noGroup
}

// isForeign reports a column of another person, or of something else, by its header.
func (ch *choice) isForeign(i int) bool {
	return ch.own[i] || ch.says(i, "elsewhere") || ch.says(i, "other")
}

// isCompany reports a column that says the same as the one of organizations.
func (ch *choice) isCompany(i int) bool {
	o := ch.overlap([]int{i}, ch.at[Organization])
	return o.isSame() && o.rows*2 >= ch.of(i).filled
}

// chooseNames finds the column of full names, or those of first and last names: of the columns with the best score,
// the mapping that beats each other one. If none does, or the cells favour other columns, the file is refused.
func (ch *choice) chooseNames() error {
	if ch.options.NoNames || ch.byFlag[Name] {
		return nil
	}
	all := ch.candidates()
	worse := func(c candidate) bool { return c.score < all[0].score }
	wrong := func(c candidate) bool { return c.score == contradicted && c.content() != categories }
	likely := without(all, wrong)
	full, parts := ch.assemble(without(all, worse), likely)
	if ch.namesByFlag() {
		ch.take(parts)
		return nil
	}
	best, err := ch.bestMapping(append(full, parts), parts, likely)
	if err != nil {
		return err
	}
	if ch.take(best); ch.ownFile && ch.hasNames() {
		return nil
	}
	return ch.confirm(best, all)
}

// assemble returns the columns of full names, and one mapping of the parts, all of one group.
// A column such as "Nom" or "Firma / Nachname" beside "Prénom" is the other part.
func (ch *choice) assemble(list, all []candidate) (full []mapping, parts mapping) {
	group := ""
	fits := func(c candidate) bool { return group == "" || c.group == "" || c.group == group }
	for _, c := range list {
		switch {
		case c.field == Name:
			full = append(full, mapping{Name: {c.at}})
		case !fits(c) || slices.Contains(parts.names(), c.at):
		case len(parts[c.field]) == 0, c.agree >= max(2, 2*ch.of(parts[c.field]...).agree):
			parts[c.field], group = []int{c.at}, cmp.Or(group, c.group)
		}
	}
	if len(parts[FirstName])+len(parts[LastName]) == 0 { // a middle name alone is no name
		parts = mapping{}
	}
	known, other := parts.half()
	together := -1
	for _, c := range all {
		if known == 0 || !c.half && c.field != other || slices.Contains(parts[known], c.at) {
			continue
		}
		o := ch.overlap([]int{c.at}, parts[known])
		alone := c.oneWord == 0 && ch.of(parts[known]...).agree == 0
		if n := o.rows + c.agree; !alone && o.first*10 <= o.rows && n > together {
			parts[other], together = []int{c.at}, n
		}
	}
	return full, parts
}

// bestMapping returns the mapping that beats each other one, parts among them.
func (ch *choice) bestMapping(mappings []mapping, parts mapping, likely []candidate) (mapping, error) {
	best := slices.IndexFunc(mappings, func(r mapping) bool {
		lost := func(other mapping) bool { return !ch.beats(r.names(), other.names()) }
		return !slices.ContainsFunc(mappings, lost)
	})
	if best < 0 {
		return mapping{}, ch.ask("several columns hold different names", mappings...)
	}
	found, at := mappings[best], mappings[best].names()
	if o := ch.overlap(at, parts.names()); most(o.first, o.rows) { // the parts fill its gaps
		parts[Name] = found[Name]
		found = parts
	}
	for _, c := range likely { // and other columns that say nothing else
		if c.field == Name && !slices.Contains(at, c.at) && ch.overlap(at, []int{c.at}).isSame() {
			found[Name] = append(found[Name], c.at)
		}
	}
	return found, nil
}

// beats reports whether columns a are at least as good as columns b: they hold all that b holds, or are
// more if no row has both, or twice as many addresses agree with them.
func (ch *choice) beats(a, b []int) bool {
	switch o := ch.overlap(a, b); {
	case o.rows == 0:
		return len(a) >= len(b)
	case nearly(o.first, o.rows), nearly(o.second, o.rows):
		return nearly(o.first, o.rows)
	}
	ch.neededCells = true
	s, other := ch.of(a...), ch.of(b...)
	return s.agree > 0 && (s.agree >= 2*other.agree || len(a) > len(b) && s.agrees()) // the parts, where they agree
}

// take sets the columns that were found.
func (ch *choice) take(r mapping) {
	for f := Name; f <= secondLast; f++ {
		if !ch.has(f) {
			ch.at[f] = r[f]
		}
	}
	familyFirst := func(i int) bool { return eastAsian.MatchString(ch.names[i]) || ch.says(i, "family_first") }
	ch.familyFirst = slices.ContainsFunc(slices.Concat(ch.at[LastName], ch.at[FirstName]), familyFirst)
}

var eastAsian = regexp.MustCompile(`[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]`)

// confirm refuses what the cells contradict: names that may be another person's, that other columns' names beat, or
// that are login names or companies; also no names, or half of them, if another column may hold some.
func (ch *choice) confirm(r mapping, all []candidate) error {
	others, full, f, s := ch.others(), r[Name], ch.of(r[Name]...), ch.of(r.names()...)
	found := s.filled > 0
	known, _ := r.half()
	half := known != 0 || f.isOneWord() && ch.means(full[0], Name).half // "Nom"
	parent := func(i int) bool { return ch.says(i, "parent") && ch.holds(i) == 0 && ch.of(i).content() >= maybeNames }
	anothers := found && all[0].score < sameGroup && (ch.email.rank >= rankGroup || ch.where(parent) != nil)
	better, what, ways := ch.betterNames(s), "", ch.ways(others)
	switch {
	case anothers && s.whole*2 < max(1, s.withAddress):
		what, ways = "the names may be another person's than the addresses in "+ch.named(ch.at[Email][0]), nil
	case better != nil && (found || len(others) == 0):
		what = "the addresses speak for the names in " + ch.named(better[0])
		ways = without(ch.byContent(), func(r mapping) bool { return r[Email][0] == ch.at[Email][0] })
		if !ch.says(better[0], "elsewhere") || !found {
			ways = append(ways, mapping{Name: better[:1]})
		}
	case f.content() < maybeNames && (f.filled >= 5 || f.agree == 0 && f.filled > 2):
		what = ch.named(full[0]) + " seems to hold " + contentTexts[f.content()]
	case len(others) == 0, found && !(half && s.isOneWord()):
		return nil
	case ch.hasNames() && !found:
		what = "the column of names is empty, and others may hold some"
	case !found:
		what = "no header names a column of names, and others may hold some"
	default:
		what = "another column may hold a part of the names, too"
		ways = ch.ways(slices.Concat(r[FirstName], full, others[:1], r[LastName]))
	}
	return ch.ask(what, append(ways, r)...)
}

// betterNames returns columns, whatever their headers, with names in twice as many addresses as those found.
func (ch *choice) betterNames(found *columnStats) []int {
	return ch.where(func(i int) bool {
		s := ch.of(i)
		other := ch.byFlag[ch.holds(i)] || s.addresses > 0 || ch.own[i] || ch.says(i, "sound") ||
			ch.hasNames() && ch.isCompany(i) && (s.agree < 5 || !nearly(s.whole, s.withAddress))
		whole := s.whole > 0 && s.whole >= 2*found.whole
		return s.content() == certainNames && (s.agree >= 2*found.agree || whole) && !other
	})
}

// others returns the columns that may also hold names and were not taken, the likeliest first.
func (ch *choice) others() []int {
	list := ch.where(func(i int) bool {
		s := ch.of(i)
		known := func(m meaning) bool { return !m.ofName() && m.field != Email }
		named := ch.names[i] != "" || s.content() == certainNames
		sound, login := ch.says(i, "sound"), ch.isLogin(i)
		other := ch.isForeign(i) || login && s.isOneWord() || ch.hasNames() && (login || sound)
		return ch.holds(i) == 0 && s.content() > categories && named && !other &&
			!slices.ContainsFunc(ch.meanings[i], known)
	})
	slices.SortStableFunc(list, func(a, b int) int { return ch.of(b).agree - ch.of(a).agree })
	return list
}

// ways returns what other columns may be: the first two first and last names, or each of the first three full ones.
func (ch *choice) ways(others []int) (list []mapping) {
	if len(others) > 1 && ch.of(others[0]).isOneWord() && ch.of(others[1]).isOneWord() {
		a, b := others[:1], others[1:2]
		return []mapping{{FirstName: a, LastName: b}, {FirstName: b, LastName: a}}
	}
	for _, i := range others[:min(len(others), 3)] {
		list = append(list, mapping{Name: {i}})
	}
	return list
}
