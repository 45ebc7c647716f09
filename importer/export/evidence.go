package export

import (
	"strings"
	"unicode"
)

// evidence is what the cells of a sample say of its columns. The address is the
// witness: the words of a person's name stand in its local part, those of a
// company's in its domain, and a login name is the local part.
type evidence struct {
	sample  [][]string
	local   [][]string // of each row, the folded words of its address's local part
	domain  [][]string
	logins  []string // the local part as it stands
	columns map[int]*shape
}

// shape counts what is in the cells of a column that are not blank.
type shape struct {
	filled    int
	addresses int
	names     int // more letters than digits, and no @
	oneWord   int
	handles   int // one word as login names are: a small letter first, or digits in it
	coded     int // one word with digits or other signs in it
	distinct  int
	long      int // more than a name has: six words, or sixty letters

	witnessed int // rows with an address as well
	agree     int // a word stands in the local part
	company   int // a word stands in the domain, and none in the local part
	isLogin   int // the whole is the local part
}

func newEvidence(sample [][]string, email []int) *evidence {
	e := &evidence{sample: sample, columns: map[int]*shape{}}
	for _, cells := range sample {
		a := readAddress(firstFilled(cells, email))
		local, domain, _ := strings.Cut(a.key, "@")
		if end := strings.LastIndexByte(domain, '.'); end > 0 {
			domain = domain[:end]
		}
		e.local, e.domain, e.logins = append(e.local, foldedWords(local)), append(e.domain, foldedWords(domain)),
			append(e.logins, local)
	}
	return e
}

// of gives the shape of a column.
func (e *evidence) of(i int) *shape {
	if s := e.columns[i]; s != nil {
		return s
	}
	s := &shape{}
	seen := map[string]bool{}
	for row, cells := range e.sample {
		cell := trimBlanks(cellAt(cells, i))
		if cell == "" {
			continue
		}
		s.look(cell)
		if len(seen) < 1000 {
			seen[strings.ToLower(cell)] = true
		}
		if e.logins[row] != "" {
			e.weigh(s, row, cell)
		}
	}
	s.distinct = len(seen)
	e.columns[i] = s
	return s
}

func (s *shape) look(cell string) {
	s.filled++
	letters, digits, at := 0, 0, strings.Contains(cell, "@")
	for _, r := range cell {
		if unicode.IsLetter(r) {
			letters++
		} else if unicode.IsDigit(r) {
			digits++
		}
	}
	fields := len(strings.Fields(cell))
	if at && len(cell) < 1000 && readAddress(cell).fault == 0 {
		s.addresses++
	}
	if !at && letters > 0 && (letters >= 2*digits || lostLetters(cell) != 0) { // a broken name is one, too
		s.names++
	}
	if fields == 1 {
		s.oneWord++
		first := []rune(cell)[0]
		coded := digits > 0 || strings.ContainsAny(cell, "_.\\") && !strings.HasSuffix(cell, ".")
		if coded {
			s.coded++
		}
		if coded || unicode.IsLower(first) {
			s.handles++
		}
	}
	if fields > 6 || len(cell) > 120 {
		s.long++
	}
}

// weigh holds a cell against the address of its row.
func (e *evidence) weigh(s *shape, row int, cell string) {
	s.witnessed++
	if strings.EqualFold(cell, e.logins[row]) {
		s.isLogin++
	}
	found, elsewhere := false, false
	for _, word := range foldedWords(cell) {
		found = found || standsIn(word, e.local[row])
		elsewhere = elsewhere || len(word) > 3 && standsIn(word, e.domain[row])
	}
	switch {
	case found:
		s.agree++
	case elsewhere:
		s.company++
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

// looksCategory reports whether a column has the same few words again and again.
func (s *shape) looksCategory() bool { return s.filled >= 6 && s.distinct*2 < s.filled }

// clearly reports whether one count of agreeing rows leaves no doubt against another.
func clearly(a, b int) bool { return a > 0 && a >= 2*b }

// differ reports whether two columns hold different texts in a row in which both are filled.
func (e *evidence) differ(a, b int) bool {
	for _, cells := range e.sample {
		x, y := trimBlanks(cellAt(cells, a)), trimBlanks(cellAt(cells, b))
		if x != "" && y != "" && !strings.EqualFold(x, y) {
			return true
		}
	}
	return false
}

// contains reports whether the names in column whole have the part in them, in
// at least half of the rows that have both. Rows with an address for the name say nothing.
func (e *evidence) contains(whole, part int) bool {
	both, in := 0, 0
	for _, cells := range e.sample {
		x, y := strings.ToLower(trimBlanks(cellAt(cells, whole))), strings.ToLower(trimBlanks(cellAt(cells, part)))
		if x == "" || y == "" || strings.Contains(x, "@") {
			continue
		}
		both++
		if strings.Contains(x, y) && len(x) > len(y) {
			in++
		}
	}
	return in*2 >= both && both > 0
}
