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

func (b *bitset) has(n int) bool { return n/64 < len(b.words) && b.words[n/64]&(1<<(n%64)) != 0 }

// add makes the members of other members, too.
func (b *bitset) add(other bitset) {
	for len(b.words) < len(other.words) {
		b.words = append(b.words, 0)
	}
	for i, w := range other.words {
		b.words[i] |= w
	}
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
