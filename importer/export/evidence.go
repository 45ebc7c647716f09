package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// evidence is what the cells of a sample show of its columns. Names are compared with addresses: the words of a
// person's name stand in the local part, those of a company's in the domain.
type evidence struct {
	sample    [][]string
	addresses []string // keys of the address of each row
	stats     map[string]*columnStats
}

// columnStats counts the cells of a column, or of columns that are read as one, by what they hold.
type columnStats struct {
	filled    int
	addresses int
	names     int // more letters than digits, no @, and no more than a name has: six words, 300 bytes
	oneWord   int
	logins    int             // one word as login names are: a small letter first, or digits in it
	distinct  map[string]int  // the cells in small letters, and how often each stands there
	people    map[string]bool // the addresses in these rows

	withAddress int // rows that also have an address
	agree       int // of these, a word stands in the local part
	whole       int // of these, and the local part has no other word
	company     int // of withAddress, a word stands in the domain, and none in the local part
}

func newEvidence(sample [][]string, email []int) *evidence {
	e := &evidence{sample: sample, stats: map[string]*columnStats{}}
	for _, cells := range sample {
		e.addresses = append(e.addresses, readAddress(cellAt(cells, email...)).key)
	}
	return e
}

// textOf is what stands in columns of a row, read as one.
func textOf(cells []string, at []int) (all string) {
	for _, i := range at {
		all += " " + cellAt(cells, i)
	}
	return strings.Join(strings.Fields(all), " ")
}

// of returns the stats of columns, read as one.
func (e *evidence) of(at ...int) *columnStats {
	key := fmt.Sprint(at)
	if s := e.stats[key]; s != nil {
		return s
	}
	s := &columnStats{distinct: map[string]int{}, people: map[string]bool{}}
	for row, cells := range e.sample {
		if cell := textOf(cells, at); cell != "" {
			s.add(cell, e.addresses[row])
		}
	}
	e.stats[key] = s
	return s
}

// add counts a cell, and compares its ASCII words with the address of its row.
func (s *columnStats) add(cell, key string) {
	s.filled++
	s.distinct[strings.ToLower(cell)]++
	s.addresses += countIf(readAddress(cell).key != "")
	s.names += countIf(isName(cell))
	oneWord := len(strings.Fields(cell)) == 1
	s.oneWord += countIf(oneWord)
	s.logins += countIf(oneWord && login.MatchString(cell))
	if key == "" {
		return
	}
	s.withAddress++
	s.people[key] = true
	words, local := asciiWords(cell), localWords(key)
	domain := asciiWords(key[strings.IndexByte(key, '@'):strings.LastIndexByte(key, '.')])
	inDomain := func(w string) bool { return len(w) > 3 && standsIn(w, domain) }
	agree := agrees(cell, local)
	s.agree += countIf(agree)
	s.whole += countIf(agree && covers(words, local))
	s.company += countIf(!agree && slices.ContainsFunc(words, inDomain))
}

// countIf is what a count grows by: 1 if something is found, else 0.
func countIf(found bool) int {
	if found {
		return 1
	}
	return 0
}

// isName reports a cell as names are, also broken ones: more letters than digits, no @, no more words or bytes.
func isName(cell string) bool {
	letters, digits := 0, 0
	for _, r := range cell {
		letters += countIf(unicode.IsLetter(r))
		digits += countIf(unicode.IsDigit(r))
	}
	words := len(strings.Fields(cell))
	return (letters > digits || isBroken(cell)) && !mayBeAddress(cell) && words <= 6 && len(cell) <= 300
}

// login is a word as login names are: a small letter first, a digit in it, a sign between letters.
var login = regexp.MustCompile(`^\p{Ll}|\p{Nd}|[_.\\].*[^.]$`)

// most reports whether n is more than half of all.
func most(n, all int) bool { return all > 0 && n*2 > all }

// nearly reports whether n is four in five of all.
func nearly(n, all int) bool { return all > 0 && n*5 >= all*4 }

// content says whether the cells of a column are names.
type content int

const (
	noNames      content = iota // empty, numbers or texts
	logins                      // single words with small letters or digits
	categories                  // the same few words for many addresses
	companies                   // words of the domains
	maybeNames                  // they may be names
	certainNames                // of several words and words of the addresses, or nothing but such words
)

var contentTexts = [...]string{"no names", "login names", "the same few words", "names of companies"}

func (s *columnStats) content() content {
	switch {
	case s.names == 0, !most(s.names+s.addresses, s.filled):
		return noNames
	case most(s.company, s.withAddress):
		return companies
	case nearly(s.logins, s.filled):
		return logins
	case s.agrees() && (s.oneWord < s.filled || s.agree >= 3 && nearly(s.agree, s.withAddress)):
		return certainNames
	case s.filled >= 6 && len(s.distinct)*2 < len(s.people):
		return categories
	}
	return maybeNames
}

// agrees reports whether the names in a column stand in the addresses.
func (s *columnStats) agrees() bool { return s.agree > 0 && s.agree*2 >= s.withAddress }

// looksAddresses reports whether a column holds addresses.
func (s *columnStats) looksAddresses() bool { return most(s.addresses, s.filled) }

func (s *columnStats) isOneWord() bool { return most(s.oneWord, s.filled) }

// overlap compares two sets of columns over the rows in which both are filled: in how many of them the first
// has each word of the second, and the other way round.
type overlap struct{ rows, first, second int }

// isSame reports whether both say the same.
func (o overlap) isSame() bool { return o.first == o.rows && o.second == o.rows }

func (e *evidence) overlap(a, b []int) (o overlap) {
	holds := func(text, words string) bool {
		missing := func(w string) bool { return !strings.Contains(text, w) }
		return !slices.ContainsFunc(strings.Fields(words), missing)
	}
	for _, cells := range e.sample {
		x, y := strings.ToLower(textOf(cells, a)), strings.ToLower(textOf(cells, b))
		if !isNothing(x) && !isNothing(y) && !strings.Contains(x+y, "@") { // an address for the name says nothing
			o.rows++
			o.first += countIf(holds(x, y))
			o.second += countIf(holds(y, x))
		}
	}
	return o
}
