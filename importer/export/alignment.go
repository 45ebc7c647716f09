package export

import (
	"fmt"
	"slices"
	"strings"
)

// alignmentRows is in how many of the first rows names are compared with the addresses of other rows.
const alignmentRows = 10_000

// alignment looks for names that were sorted or moved without their addresses, all or some of them: addresses that
// consist of the name of another row.
type alignment struct {
	rows       int
	agree      int // rows with a word of the name in the address
	mismatches []mismatch
	made       map[uint64]int // by hash of a text, how far names of rows make it
}

// How far names make a text: in part; wholly, of a first and a last one; and wholly, by names whose own addresses are
// mismatched.
const inPart, wholly, mismatched = 1, 2, 4

// mismatch is a row whose address has a part that is not in its name.
type mismatch struct {
	number int
	place  Place
	key    hash128
	local  uint64 // a hash of the local part, whole
	part   uint64 // of that part, if another part is in the name; 0: none is
}

func (w *alignment) add(r *Row) {
	if r.Number > alignmentRows {
		return
	}
	w.rows++
	local, words := localWords(r.Key), foldedWords(r.Name)
	x := mismatch{number: r.Number, place: r.Place, key: hashOf(r.identity()), local: hash64(strings.Join(local, ""))}
	other := slices.IndexFunc(local, func(part string) bool { return !covers(words, []string{part}) })
	if agrees(r.Name, local) {
		w.agree++
		x.part = hash64(local[max(0, other)])
	}
	full := wholly
	if other >= 0 {
		w.mismatches = append(w.mismatches, x)
		full |= mismatched
	}
	if len(words) < 2 {
		return
	}
	first := words[0]
	for _, last := range []string{words[len(words)-1], strings.Join(words[1:], "")} {
		for _, made := range []string{first, last, first[:1] + last, last[:1] + first} {
			w.made[hash64(made)] |= inPart
		}
		w.made[hash64(first+last)] |= full
		w.made[hash64(last+first)] |= full
	}
}

// checkNames refuses a file in which more names stand in addresses of other rows than chance or families explain. In
// others it rejects the rows whose addresses consist of another row's whole name, and mismatched rows next to them.
func (s *Survey) checkNames() error {
	if s.columns.namesByFlag() {
		return nil
	}
	moved, halves := 0, 0
	for _, x := range s.alignment.mismatches {
		if x.part == 0 && s.alignment.made[x.local] > 0 {
			moved++
		} else if x.part != 0 && s.alignment.made[x.part] > 0 {
			halves++
		}
	}
	if moved > 2 && moved*4 > s.alignment.agree || halves > 4 && most(halves, s.alignment.agree) {
		return refuse(Place{}, fmt.Sprintf("the names of %d rows stand in the addresses of other rows: one column "+
			"was probably sorted or moved without the other", max(moved, halves)),
			"make the export again; if the names are right, say so with --column name=COLUMN")
	}
	for _, besides := range []bool{false, s.alignment.agree*3 > s.alignment.rows*2} {
		for _, x := range s.alignment.mismatches {
			beside := besides && x.part == 0 && (s.misplaced[x.number-1] || s.misplaced[x.number+1])
			made, shared := s.alignment.made[x.local], s.keys.repeated[x.key] > 0
			if s.misplaced[x.number] || made < mismatched && !(shared && made >= wholly) && !beside {
				continue
			}
			s.misplaced[x.number] = true
			s.Valid, s.Invalid = s.Valid-1, s.Invalid+1
			if shared {
				s.keys.repeated[x.key]--
				s.keys.duplicates--
			}
			s.tally.add(x.place, kindOf("anothers_address"))
			s.Examples = without(s.Examples, func(r *Row) bool { return r.Number == x.number })
		}
	}
	return nil
}

// isMisplaced reports whether the address of a row probably is another person's: it does not contain the row's name,
// which stands in a further address of the cell, or the name beside it or, if most names of the file stand in their
// addresses, that in another cell does; then a row that is too short for another column of addresses is, too.
func (s *Survey) isMisplaced(r *Row, name string, a address) bool {
	stands := func(name, key string) bool { return name != "" && agrees(name, localWords(key)) }
	other := slices.ContainsFunc(a.others, func(key string) bool { return stands(name, key) }) || stands(a.name, a.key)
	if other || !s.columns.namesAgree || r.Number > alignmentRows || stands(name, a.key) {
		return other && !stands(name, a.key)
	}
	local := localWords(a.key)
	for i, cell := range r.record.Cells {
		field, words := s.columns.holds(i), foldedWords(cell)
		other = other || (field == 0 || field == Organization) && !s.header.says(i, soundWord) && len(words) > 1 &&
			!strings.Contains(cell, "@") && agrees(cell, local) && covers(words, local)
	}
	for i := len(r.record.Cells); i < len(s.header.names); i++ {
		other = other || s.columns.cells.of(i).looksAddresses()
	}
	return other
}
