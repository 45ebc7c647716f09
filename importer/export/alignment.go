package export

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// alignmentRows is in how many of the first rows names are compared with the addresses of other rows.
const alignmentRows = 10_000

// alignment looks for names that were sorted, moved, filled down or replaced without their addresses, all or some.
type alignment struct {
	rows    int
	jdoe    int            // rows with such an address for John Doe
	djohn   int            // and with such a one
	whole   int            // rows with a word of the name in the address, and no other word in it
	runs    [][]mismatch   // in rows that follow one another; the last one may go on
	spelled map[string]int // how far names spell a text
}

// How far names spell a text: in part; wholly, of a first and a last one; and so by names with addresses of others.
const inPart, wholly, mismatched = 1, 2, 4

// mismatch is a row whose address has a part that is not in its name; if another part is, the name is a full one.
type mismatch struct {
	*Row
	local  string // the words of the local part, joined
	agrees bool   // another part of it is of the name
}

func (a *alignment) add(r *Row) {
	if r.Number > alignmentRows || r.Name == r.Email { // or it has none
		return
	}
	a.rows++
	local, words := localWords(r.Key), asciiWords(r.Name)
	x := mismatch{Row: r, local: strings.Join(local, ""), agrees: agrees(r.Name, local)}
	full := len(words) > 1 && isLatin(r.Name) && !slices.ContainsFunc(words, func(w string) bool { return len(w) == 1 })
	spells := wholly
	if !covers(words, local) && (full || !x.agrees) {
		spells |= mismatched
		run := &a.runs[len(a.runs)-1]
		*run = append(*run, x)
	} else {
		a.runs = append(a.runs, nil)
		a.whole += countIf(x.agrees)
	}
	if len(words) < 2 {
		return
	}
	first, rest := words[0], strings.Join(words[1:], "")
	a.jdoe += countIf(x.local == first[:1]+rest)
	a.djohn += countIf(x.local == rest[:1]+first)
	for _, last := range []string{words[len(words)-1], rest} {
		for _, text := range []string{first, last, last[:1] + first} {
			a.spelled[text] |= inPart
		}
		for _, text := range []string{first + last, last + first, first[:1] + last} {
			a.spelled[text] |= spells
		}
	}
}

// checkNames refuses a file with more names in addresses of others than chance explains; of a few it finds the rows.
func (s *Survey) checkNames() error {
	a, c, at, where := &s.alignment, &s.columns, Place{}, "of the file"
	if c.namesByFlag() || len(s.misplaced) > 0 {
		return nil
	}
	if a.djohn > 2 && a.djohn*4 > a.jdoe && !c.familyFirst && c.has(FirstName) && c.has(LastName) {
		return refuse(at, fmt.Sprintf("first and last names are probably swapped, in the header or in some rows: %d "+
			"addresses are made as djohn@ is for John Doe", a.djohn),
			"correct the file, or name the columns: --column first_name=COLUMN --column last_name=COLUMN")
	}
	mismatches := slices.Concat(a.runs...)
	moved := len(without(mismatches, func(x mismatch) bool { return x.agrees || a.spelled[x.local] == 0 }))
	partly := len(without(mismatches, func(x mismatch) bool { return !x.agrees }))
	agree, n := a.whole+partly, max(moved, partly)
	if !(moved > 2 && moved*4 > agree) && !(partly > 4 && partly > 2*a.whole) {
		s.findMisplaced(agree*3 > a.rows*2)
		block := a.block()
		if len(without(block, func(x mismatch) bool { return s.misplaced[x.Number] })) == 0 {
			return nil
		}
		at, n, where = block[0].Place, len(block), "from here on"
	}
	return refuse(at, fmt.Sprintf("the names of %d rows %s are not those in their addresses: one column was probably "+
		"sorted, moved, filled down or replaced without the other", n, where),
		"make the export again; if the names are right, name them: --column name=COLUMN, or first_name= and last_name=")
}

// findMisplaced finds rows with an address of another whole name, but of no namesake, and, if names agree, those
// mismatches beside them that have nothing of the name.
func (s *Survey) findMisplaced(agree bool) {
	for _, besides := range []bool{false, agree} {
		for _, x := range slices.Concat(s.alignment.runs...) {
			spelled, shared := s.alignment.spelled[x.local], s.keys.otherNamed[hashOf(x.identity())]
			beside := besides && !x.agrees && (s.misplaced[x.Number-1] || s.misplaced[x.Number+1])
			if spelled >= mismatched || shared && spelled >= wholly || beside {
				s.misplaced[x.Number] = true
			}
		}
	}
}

// block is the longest run, if chance would make one in fewer than one of 10,000 such files; else nil. Addresses of a
// role (info@) that follow one another are one.
func (a *alignment) block() (longest []mismatch) {
	role := func(x, before mismatch) bool { return x.local == before.local && a.spelled[x.local] == 0 }
	for _, run := range a.runs {
		if run = slices.CompactFunc(slices.Clone(run), role); len(run) > len(longest) {
			longest = run
		}
	}
	n, others := len(longest), a.rows-len(longest)
	chance := float64(others-a.whole+1) / float64(others+2) // of a mismatch in the other rows, by Laplace's rule
	if n < 5 || a.whole < n || float64(a.rows)*math.Pow(chance, float64(n)) > 1e-4 {
		return nil
	}
	return longest
}

// isMisplaced reports whether the address of a row probably is another person's: it does not contain the row's name,
// but the name beside it or, if most names of the file stand in their addresses, that in another cell; then a row that
// is too short for another column of addresses is, too.
func (s *Survey) isMisplaced(r *Row, name string, a address) bool {
	compared := s.columns.namesAgree && r.Number <= alignmentRows
	if !compared && a.name == "" || agrees(name, localWords(a.key)) {
		return false
	}
	local := localWords(a.key)
	return agrees(a.name, local) || compared && s.header.where(func(i int) bool {
		cell, column := cellAt(r.record.Cells, i), s.columns.of(i)
		isName := len(asciiWords(cell)) > 1 && agrees(cell, local) && covers(asciiWords(cell), local)
		return i >= len(r.record.Cells) && column.looksAddresses() ||
			isName && !strings.Contains(cell, "@") && !s.header.says(i, "sound") &&
				column.distinct[strings.ToLower(cell)] < 3
	}) != nil
}
