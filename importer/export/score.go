package export

import (
	"cmp"
	"slices"
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
func (ch *chooser) candidates(score func(int, meaning) int) []candidate {
	var list []candidate
	group := ch.group()
	for i := range ch.h.keys {
		if ch.c.holds(i) != 0 {
			continue
		}
		ms := ch.h.meanings(i)
		switch {
		case ms == nil && group != "" && ch.h.keys[i] == group: // "Guest" beside "Guest email"
			ms = []meaning{{field: Name, rank: rankGroup}}
		case ms == nil:
			ms = []meaning{{}}
		}
		for _, m := range ms {
			if m.field == Email && ch.c.has(Email) && ch.e.of(i).verdict() == names { // under the wrong header
				m = meaning{field: Name, rank: rankGroup}
			}
			if n := score(i, m); n > 0 {
				list = append(list, candidate{meaning: m, at: i, score: n})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Or(b.score-a.score, a.rank-b.rank) })
	return list
}

// score looks a column up in the table; 0: it holds no names.
func (ch *chooser) score(i int, m meaning) int {
	s := ch.e.of(i)
	part := m.ofName() && m.field != Name
	says := ch.headerSays(i, m)
	switch {
	case says < 0, s.addresses > 0 && s.names == 0, (part || m.rank >= rankContact) && s.filled > 0 && !s.looksNames():
		return 0
	case part && says >= saysName:
		return scores[says][open]
	case ch.isCompany(i):
		return scores[says][companies]
	case says < saysName && (s.looksCategory() || s.verdict() != names && ch.h.says(i, otherWord) ||
		s.verdict() == logins && s.agree == 0):
		return 0
	}
	return scores[says][s.verdict()]
}

// isCompany reports a column that says the same as the one of organizations.
func (ch *chooser) isCompany(i int) bool {
	o := ch.e.overlap([]int{i}, ch.c.at[Organization])
	return o.same == o.rows && o.rows*2 >= ch.e.of(i).filled
}

// group is whose the addresses are, by their header.
func (ch *chooser) group() string {
	if !ch.c.has(Email) {
		return ""
	}
	m, _ := ch.h.means(ch.c.at[Email][0], Email)
	return m.group
}

// headerSays reads a header for the table; -1: it says something else.
func (ch *chooser) headerSays(i int, m meaning) int {
	group := ch.group()
	switch {
	case m.ofName() && group != "" && (m.group == group || m.rank < rankGroup && ch.h.keys[i] == group):
		return saysOwner
	case m.ofName() && m.rank < rankGroup:
		return saysName
	case ch.h.names[i] == "", ch.h.own[i], ch.h.says(i, elsewhereWord),
		m.field != 0 && !m.ofName(), m.field != Name && ch.h.isLogin(i):
		return -1
	case m.ofName():
		return saysPerhaps
	}
	return saysNothing
}
