package importer

import (
	"math/bits"
)

// A bitset is a set of row numbers, one bit each.
type bitset struct{ words []uint64 }

func (b *bitset) set(n int) {
	for n/64 >= len(b.words) {
		b.words = append(b.words, 0)
	}
	b.words[n/64] |= 1 << (n % 64)
}

// countWithout is the number of members that are not in other.
func (b *bitset) countWithout(other bitset) int {
	n := 0
	for i, w := range b.words {
		if i < len(other.words) {
			w &^= other.words[i]
		}
		n += bits.OnesCount64(w)
	}
	return n
}
