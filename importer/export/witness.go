package export

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// witnessedRows is in how many of the first rows names are held against the addresses of the others.
const witnessedRows = 10_000

// witness looks for names that were sorted, moved, filled down or replaced without their addresses, all or some of them.
type witness struct {
	rows    int
	agree   int // rows with a word of the name in the address
	whole   int // and no other word in it
	partly  int // and another one, though the name is of several words, none an initial, in Latin letters
	strange []stranger
	made    map[uint64]int // how far names make what has such a hash
}

// How far names make a text: in part, whole of a first and a last one, and that though their own addresses
// have other parts.
const inPart, wholly, strange = 1, 2, 4

// stranger is a row whose address has a part that is not of its name.
type stranger struct {
	index  int // of the rows that may be sent
	number int
	place  Place
	key    hash128
	local  uint64 // a hash of the local part, whole
	agrees bool   // another part of it is of the name
}

func (w *witness) see(r *Row) {
	if r.Number > witnessedRows {
		return
	}
	w.rows++
	local, words := localWords(r.Key), foldedWords(r.Name)
	x := stranger{w.rows, r.Number, r.Place, hashOf(r.identity()), hash64(strings.Join(local, "")), agrees(r.Name, local)}
	full := wholly
	initial := func(word string) bool { return len(word) == 1 }
	if !covers(words, local) {
		full |= strange
		w.strange = append(w.strange, x)
		if x.agrees && len(words) > 1 && isLatin(r.Name) && !slices.ContainsFunc(words, initial) {
			w.partly++
		}
	} else if x.agrees {
		w.whole++
	}
	if x.agrees {
		w.agree++
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

// judgeNames rejects the rows whose addresses are made of other whole names, but of no namesakes, and the ones beside
// them that agree in nothing; and refuses a file with more addresses of others than chance or families would make, or
// so many in rows that follow one another.
func (s *Survey) judgeNames() error {
	w := &s.names
	if s.columns.namesTold() {
		return nil
	}
	moved := 0
	for _, x := range w.strange {
		if !x.agrees && w.made[x.local] > 0 {
			moved++
		}
	}
	if moved > 2 && moved*4 > w.agree || w.partly > 4 && w.partly > 2*w.whole {
		return s.refuseNames(Place{}, max(moved, w.partly), "of the file")
	}
	for _, besides := range []bool{false, w.agree*3 > w.rows*2} {
		for _, x := range w.strange {
			beside := besides && !x.agrees && (s.anothers[x.number-1] || s.anothers[x.number+1])
			made, shared := w.made[x.local], s.keys.repeated[x.key] > 0
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
	var longest, block []stranger
	before := stranger{}
	for _, x := range w.strange {
		if x.index > before.index+1 {
			block = nil
		}
		if x.local != before.local || w.made[x.local] > 0 { // else both are a role's, such as info@
			block = append(block, x)
		}
		if before = x; len(block) > len(longest) {
			longest = block
		}
	}
	n, left := len(longest), without(longest, func(x stranger) bool { return s.anothers[x.number] })
	chance := float64(w.rows-n-w.whole+1) / float64(w.rows-n+2) // of a row outside, by Laplace's rule
	if w.whole >= n && n > 4 && float64(w.rows)*math.Pow(chance, float64(n)) < 1e-4 && len(left) > 0 {
		return s.refuseNames(longest[0].place, n, "from here on")
	}
	return nil
}

// refuseNames refuses a file because of the names in some rows.
func (s *Survey) refuseNames(at Place, rows int, where string) error {
	return refuse(at, fmt.Sprintf("the names of %d rows %s are not those in their addresses: one column was probably "+
		"sorted, moved, filled down or replaced without the other", rows, where),
		"make the export again; if the names are right, say so with --column name=COLUMN")
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
