package export

import (
	"fmt"
	"slices"
	"strings"
)

// witnessedRows is in how many of the first rows names are held against the addresses of the others.
const witnessedRows = 10_000

// witness looks for names that were sorted or moved without their addresses, all or some of them: addresses that are
// made of the name of another row.
type witness struct {
	rows    int
	agree   int // rows with a word of the name in the address
	strange []stranger
	made    map[uint64]int // how far names make what has such a hash
}

// How far names make a text: in part, whole of a first and a last one, and that though their own addresses
// have other parts.
const inPart, wholly, strange = 1, 2, 4

// stranger is a row whose address has a part that is not of its name.
type stranger struct {
	number int
	place  Place
	key    hash128
	local  uint64 // a hash of the local part, whole
	part   uint64 // and of that part, where another one is of the name; 0: none is
}

func (w *witness) see(r *Row) {
	if r.Number > witnessedRows {
		return
	}
	w.rows++
	local, words := localWords(r.Key), foldedWords(r.Name)
	x := stranger{number: r.Number, place: r.Place, key: hashOf(r.identity()), local: hash64(strings.Join(local, ""))}
	other := slices.IndexFunc(local, func(part string) bool { return !covers(words, []string{part}) })
	if agrees(r.Name, local) {
		w.agree++
		x.part = hash64(local[max(0, other)])
	}
	full := wholly
	if other >= 0 {
		w.strange = append(w.strange, x)
		full |= strange
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

// judgeNames refuses a file with more addresses of others than chance or families would make, and rejects the rows
// whose addresses are made of other whole names, but of no namesakes, and the ones beside them that agree in nothing.
func (s *Survey) judgeNames() error {
	if s.columns.namesTold() {
		return nil
	}
	moved, halves := 0, 0
	for _, x := range s.names.strange {
		if x.part == 0 && s.names.made[x.local] > 0 {
			moved++
		} else if x.part != 0 && s.names.made[x.part] > 0 {
			halves++
		}
	}
	if moved > 2 && moved*4 > s.names.agree || halves > 4 && most(halves, s.names.agree) {
		return refuse(Place{}, fmt.Sprintf("the names of %d rows stand in the addresses of other rows: one column "+
			"was probably sorted or moved without the other", max(moved, halves)),
			"make the export again; if the names are right, say so with --column name=COLUMN")
	}
	for _, besides := range []bool{false, s.names.agree*3 > s.names.rows*2} {
		for _, x := range s.names.strange {
			beside := besides && x.part == 0 && (s.anothers[x.number-1] || s.anothers[x.number+1])
			made, shared := s.names.made[x.local], s.keys.repeated[x.key] > 0
			if s.anothers[x.number] || made < strange && !(shared && made >= wholly) && !beside {
				continue
			}
			s.anothers[x.number] = true
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

// isAnothers reports a row whose name does not stand in the address that is taken, while that of another person
// does: in a further address of its cell, with the address, or in another cell of the row, as most names of
// the file stand in their addresses; then one before another column of addresses may have moved here, too.
func (s *Survey) isAnothers(r *Row, name string, a address) bool {
	stands := func(name, key string) bool { return name != "" && agrees(name, localWords(key)) }
	other := slices.ContainsFunc(a.others, func(key string) bool { return stands(name, key) }) || stands(a.name, a.key)
	if other || !s.columns.agree || r.Number > witnessedRows || stands(name, a.key) {
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
