package export

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// shuffled looks for a column of names that was sorted or moved without that of the addresses:
// names that do not stand in the address of their row, but in another one that has a third name.
type shuffled struct {
	seed             maphash.Seed
	agree            int      // rows whose name stands in their address
	names, addresses []uint64 // of the other rows, the longest words
}

func (s *shuffled) see(r *Row) {
	last := strings.ToLower(r.Name[strings.LastIndexByte(r.Name, ' ')+1:])
	if len(last) > 2 && strings.Contains(r.Key, last) {
		s.agree++ // the short way for most people
		return
	}
	local := localWords(r.Key)
	if agrees(r.Name, local) {
		s.agree++
		return
	}
	s.names = s.keep(s.names, foldedWords(r.Name))
	s.addresses = s.keep(s.addresses, local)
}

// keep adds a hash of the longest word, of several the last by the alphabet.
func (s *shuffled) keep(list []uint64, words []string) []uint64 {
	longest := slices.MaxFunc(append(words, ""), func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	if len(longest) < 3 {
		return list
	}
	return append(list, maphash.String(s.seed, longest))
}

// found is how many rows have the name of another one, when they are more than a few
// and more than chance, or the habits of families, would make them.
func (s *shuffled) found() int {
	slices.Sort(s.addresses)
	n := 0
	for _, name := range s.names {
		if _, found := slices.BinarySearch(s.addresses, name); found {
			n++
		}
	}
	s.names, s.addresses = nil, nil // 16 bytes a row, for the length of the run
	if n > 3 && n*4 > s.agree {
		return n
	}
	return 0
}
