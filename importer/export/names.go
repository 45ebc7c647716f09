package export

import (
	"slices"
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
	full, err := ch.fullNames()
	if len(full) == 0 || err != nil {
		return err
	}
	if _, told := ch.options.Columns[FirstName]; told {
		return nil
	}
	if _, told := ch.options.Columns[LastName]; told {
		return nil
	}
	full = ch.withoutParts(full)
	for _, other := range full[1:] {
		if ch.namesDiffer(full[0], other) {
			return ch.ambiguous("name", Name, full)
		}
	}
	ch.judgeFull(full)
	return nil
}

// fullNames finds the columns that may hold full names, best alias first.
func (ch *chooser) fullNames() ([]int, error) {
	var full []int
	for _, g := range ch.groups(Name) {
		i := g[0]
		if ch.taken(i) || isPersonWord(ch.h.keys[i]) && !ch.holdsNames(i) {
			continue
		}
		full = append(full, i)
		for _, other := range g[1:] {
			if ch.namesDiffer(i, other) {
				return nil, ch.namesTwice(i, other)
			}
		}
	}
	return full, nil
}

// withoutParts drops columns such as "Nom" beside "Prénom" where another one
// has the full names with that part in them.
func (ch *chooser) withoutParts(full []int) []int {
	if !ch.c.has(FirstName) && !ch.c.has(LastName) {
		return full
	}
	return slices.DeleteFunc(slices.Clone(full), func(i int) bool {
		return ch.mayBePart(i) && slices.ContainsFunc(full, func(whole int) bool { return !ch.mayBePart(whole) && ch.contains(whole, i) && ch.namesDiffer(whole, i) })
	})
}

func (ch *chooser) namesTwice(i, other int) error {
	hint := "give them different headers, such as First name and Last name"
	if ch.h.names[i] != ch.h.names[other] { // Name (First), Name (Last)
		hint = "say what they hold, as in " + columnFlag(FirstName, ch.h.names[i]) + " " + columnFlag(LastName, ch.h.names[other])
	}
	return &RefusedError{Path: ch.path, Line: ch.h.line, Column: ch.h.names[i], What: "several columns have this header, and they hold different names", Hint: hint}
}

// holdsNames tells whether most cells of a column have letters, and neither
// digits nor an @.
func (ch *chooser) holdsNames(i int) bool {
	filled, names := 0, 0
	for _, cells := range ch.sample {
		c := cellAt(cells, i)
		if trimBlanks(c) == "" {
			continue
		}
		filled++
		if strings.ContainsFunc(c, unicode.IsLetter) && !strings.ContainsFunc(c, unicode.IsDigit) && !strings.Contains(c, "@") {
			names++
		}
	}
	return names*2 > filled
}

func (ch *chooser) partsByAlias() {
	for _, f := range []Field{FirstName, LastName, infix, secondLast} {
		ch.byAlias(f)
	}
	if ch.c.has(LastName) {
		for _, r := range ch.h.names[ch.c.at[LastName][0]] {
			ch.c.surnameFirst = unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
		}
	}
}

func (ch *chooser) taken(i int) bool {
	for f := Email; f <= secondLast; f++ {
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
	case "name", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "nev", "jmeno", "meno", "nume", "ime", "ad", "adı", squeeze("име"), squeeze("이름"), squeeze("имя"), squeeze("名前"):
		return true
	}
	return false
}

// halfName tells whether only one part of the names was found.
func (c *columns) halfName() bool {
	return !c.has(Name) && c.has(FirstName) != c.has(LastName)
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
