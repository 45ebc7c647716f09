package export

import (
	"strings"
	"unicode"
)

// chooseNames finds the column of full names, or those of first and last
// names. A header such as "Name" or "Nom" may mean either; what is in the
// cells decides.
func (ch *chooser) chooseNames() error {
	ch.partsByAlias()
	if ch.c.has(Name) {
		return nil
	}
	if _, ruled := ch.rule(Name); ruled {
		return nil
	}
	groups := ch.groups(Name)
	var full []int
	for _, g := range groups {
		if !ch.taken(g[0]) {
			full = append(full, g[0])
		}
	}
	if len(full) == 0 {
		return nil
	}
	if _, told := ch.options.Columns[FirstName]; told {
		return nil
	}
	if _, told := ch.options.Columns[LastName]; told {
		return nil
	}
	for _, other := range full[1:] {
		if ch.namesDiffer(full[0], other) {
			return ch.ambiguous("name", Name, full)
		}
	}
	ch.judgeFull(full)
	return nil
}

func (ch *chooser) partsByAlias() {
	for _, f := range []Field{FirstName, LastName, infix} {
		ch.byAlias(f)
	}
	if ch.c.has(LastName) {
		for _, r := range ch.h.names[ch.c.at[LastName][0]] {
			ch.c.surnameFirst = unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
		}
	}
}

func (ch *chooser) taken(i int) bool {
	for f := Email; f <= infix; f++ {
		for _, at := range ch.c.at[f] {
			if at == i {
				return true
			}
		}
	}
	return false
}

// namesDiffer tells whether two columns hold different names in most rows.
func (ch *chooser) namesDiffer(a, b int) bool {
	both, different := 0, 0
	for _, cells := range ch.sample {
		x, y := trimBlanks(cellAt(cells, a)), trimBlanks(cellAt(cells, b))
		if x == "" || y == "" {
			continue
		}
		both++
		if !strings.EqualFold(x, y) {
			different++
		}
	}
	return different*2 > both
}

// judgeFull decides whether the best column of names holds whole names.
func (ch *chooser) judgeFull(full []int) {
	i := full[0]
	first, last := ch.c.has(FirstName), ch.c.has(LastName)
	switch short := ch.mayBePart(i); {
	case short && first && !last && !ch.contains(i, ch.c.at[FirstName][0]):
		ch.c.set(LastName, "header, beside "+ch.h.names[ch.c.at[FirstName][0]], i)
	case short && last && !first && !ch.contains(i, ch.c.at[LastName][0]):
		ch.c.set(FirstName, "header, beside "+ch.h.names[ch.c.at[LastName][0]], i)
	case short && first && last && !ch.contains(i, ch.c.at[FirstName][0]) && !ch.contains(i, ch.c.at[LastName][0]):
		// something else's name, such as a company's
	default:
		ch.c.set(Name, "header", full...)
	}
}

// mayBePart tells headers that mean a full name in some files and half of one in others.
func (ch *chooser) mayBePart(i int) bool {
	switch ch.h.keys[i] {
	case "name", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "nev", squeeze("이름"), squeeze("имя"), squeeze("名前"):
		return true
	}
	return false
}

// contains tells whether the names in column whole have the part in them, in
// at least half of the rows that have both.
func (ch *chooser) contains(whole, part int) bool {
	both, in := 0, 0
	for _, cells := range ch.sample {
		x, y := strings.ToLower(trimBlanks(cellAt(cells, whole))), strings.ToLower(trimBlanks(cellAt(cells, part)))
		if x == "" || y == "" {
			continue
		}
		both++
		if strings.Contains(x, y) {
			in++
		}
	}
	return in*2 >= both && both > 0
}
