package export

import (
	"fmt"
	"strings"
	"unicode"
)

// evidence is what the cells of a sample say of its columns. The address is the
// witness: the words of a person's name stand in its local part, those of a
// company's in its domain, and a login name is the local part.
type evidence struct {
	sample [][]string
	local  [][]string // of each row, the folded words of its address's local part
	domain [][]string
	logins []string // the local part as it stands
	shapes map[string]*shape
}

// shape counts what is in the cells of a column, or of columns that are read as one.
type shape struct {
	filled    int
	ats       int // with an @
	addresses int
	names     int // more letters than digits, and no @
	oneWord   int
	handles   int // one word as login names are: a small letter first, or digits in it
	long      int // more than a name has: six words, or 120 letters
	distinct  map[string]int

	witnessed int // rows with an address as well
	agree     int // a word stands in the local part
	company   int // a word stands in the domain, and none in the local part
	isLogin   int // the whole is the local part
}

func newEvidence(sample [][]string, email []int) *evidence {
	e := &evidence{sample: sample, shapes: map[string]*shape{}}
	for _, cells := range sample {
		key := readAddress(firstFilled(cells, email)).key
		local, domain, _ := strings.Cut(key, "@")
		if end := strings.LastIndexByte(domain, '.'); end > 0 {
			domain = domain[:end]
		}
		e.local, e.domain = append(e.local, foldedWords(local)), append(e.domain, foldedWords(domain))
		e.logins = append(e.logins, local)
	}
	return e
}

// addressColumns are those most of whose cells are addresses.
func (e *evidence) addressColumns(h *header) []int {
	var is []int
	for i := range h.names {
		if s := e.of(i); !h.own[i] && most(s.addresses, s.filled) {
			is = append(is, i)
		}
	}
	return is
}

// maxCellRead is how long a cell may be in which an address is looked for.
const maxCellRead = 1000

// addressIn is the address in a cell that may be anything.
func addressIn(cell string) (address, bool) {
	if len(cell) >= maxCellRead || !strings.Contains(cell, "@") {
		return address{}, false
	}
	a := readAddress(cell)
	return a, a.key != ""
}

// textOf is what stands in columns of a row, read as one.
func textOf(cells []string, at []int) string {
	var list []string
	for _, i := range at {
		if c := trimBlanks(cellAt(cells, i)); c != "" {
			list = append(list, c)
		}
	}
	return strings.Join(list, " ")
}

// of gives the shape of columns.
func (e *evidence) of(at ...int) *shape {
	key := fmt.Sprint(at)
	if s := e.shapes[key]; s != nil {
		return s
	}
	s := &shape{distinct: map[string]int{}}
	for row, cells := range e.sample {
		if cell := textOf(cells, at); cell != "" {
			s.look(cell)
			e.weigh(s, row, cell)
		}
	}
	e.shapes[key] = s
	return s
}

func (s *shape) look(cell string) {
	s.filled++
	s.distinct[strings.ToLower(shown(cell))]++
	letters, digits, at := 0, 0, strings.ContainsAny(cell, "@＠")
	for _, r := range cell {
		if unicode.IsLetter(r) {
			letters++
		} else if unicode.IsDigit(r) {
			digits++
		}
	}
	if at {
		s.ats++
	}
	if _, found := addressIn(cell); found {
		s.addresses++
	}
	if !at && (letters > 0 && letters >= 2*digits || isBroken(cell)) { // a broken name is one, too
		s.names++
	}
	fields := len(strings.Fields(cell))
	if fields > 6 || len(cell) > 120 {
		s.long++
	}
	if fields != 1 {
		return
	}
	s.oneWord++
	if digits > 0 || strings.ContainsAny(cell, "_.\\") && !strings.HasSuffix(cell, ".") ||
		unicode.IsLower([]rune(cell)[0]) {
		s.handles++
	}
}

// weigh holds a cell against the address of its row.
func (e *evidence) weigh(s *shape, row int, cell string) {
	if e.logins[row] == "" {
		return
	}
	s.witnessed++
	if strings.EqualFold(cell, e.logins[row]) {
		s.isLogin++
	}
	if agrees(cell, e.local[row]) {
		s.agree++
		return
	}
	for _, word := range foldedWords(cell) {
		if len(word) > 3 && standsIn(word, e.domain[row]) {
			s.company++
			return
		}
	}
}

// most reports whether n is more than half of all.
func most(n, all int) bool { return all > 0 && n*2 > all }

// nearly reports whether n is nine in ten of all.
func nearly(n, all int) bool { return all > 0 && n*10 >= all*9 }

// looksNames reports whether a column may hold names: mostly letters, no texts.
func (s *shape) looksNames() bool { return most(s.names, s.filled) && !most(s.long, s.filled) }

// looksLogin reports whether a column holds names that people log in with: single
// words that are local parts, or begin with small letters or have digits.
func (s *shape) looksLogin() bool {
	return nearly(s.oneWord, s.filled) && (nearly(s.handles, s.filled) || most(s.isLogin, s.witnessed) &&
		most(s.handles, s.filled))
}

// looksCompany reports whether a column's words stand in the domains instead.
func (s *shape) looksCompany() bool { return most(s.company, s.witnessed) && s.company > s.agree }

// against is what the cells look like instead of people's names; "": they may be names.
func (s *shape) against() string {
	switch {
	case s.looksLogin():
		return "login names"
	case s.looksCompany():
		return "names of companies, not of people"
	case s.names*5 < s.filled && s.addresses == 0:
		return "no names"
	}
	return ""
}

// What cells say of names in a column.
const (
	cellsAgainst = iota
	cellsLogins
	cellsOpen
	cellsFor // of several words, or words of the addresses
)

func (s *shape) verdict() int {
	switch {
	case !s.looksNames(), s.looksCategory(), s.looksCompany():
		return cellsAgainst
	case s.looksLogin():
		return cellsLogins
	case s.agree*2 >= s.witnessed && (s.agree > 0 && s.oneWord < s.filled || s.agree >= 3 && nearly(s.agree, s.witnessed)):
		return cellsFor
	}
	return cellsOpen
}

// looksCategory reports whether a column has the same few words again and again.
func (s *shape) looksCategory() bool { return s.filled >= 6 && len(s.distinct)*2 < s.filled }

// differ reports whether columns hold different texts in a row in which both are filled.
func (e *evidence) differ(a, b []int) bool {
	for _, cells := range e.sample {
		x, y := textOf(cells, a), textOf(cells, b)
		if x != "" && y != "" && !strings.EqualFold(x, y) {
			return true
		}
	}
	return false
}

// contains reports whether the names in some columns have each of some parts in them, in nearly
// all rows that have both. Rows with an address for the name say nothing.
func (e *evidence) contains(whole, parts []int) bool {
	for _, i := range parts {
		both, in, filled := 0, 0, 0
		for _, cells := range e.sample {
			x, y := strings.ToLower(textOf(cells, whole)), strings.ToLower(trimBlanks(cellAt(cells, i)))
			if y != "" {
				filled++
			}
			if x == "" || y == "" || strings.Contains(x, "@") {
				continue
			}
			both++
			if strings.Contains(x, y) && len(x) > len(y) {
				in++
			}
		}
		if filled > 0 && !nearly(in, both) {
			return false
		}
	}
	return true
}
