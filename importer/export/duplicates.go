package export

import (
	"crypto/sha256"
	"hash/maphash"
	"strings"
)

var seed = maphash.MakeSeed() // of the process

// hash64 is a hash of a text: another one in each process, so that no file is made for it.
func hash64(s string) uint64 { return maphash.String(seed, s) }

// hash128 is the beginning of a SHA-256, wide enough that no two keys share one.
type hash128 [16]byte

func hashOf(key string) hash128 {
	sum := sha256.Sum256([]byte(key))
	return hash128(sum[:16])
}

// keyIndex has the keys that were seen, and those that several sendable rows have.
type keyIndex struct {
	nameHashes             map[hash128]uint16 // a hash of the name in the first of those rows; 0: there is none
	otherNamed             map[hash128]bool   // the keys that rows after the first have; true: one has another name
	duplicates, otherNames int                // the rows after the first ones, and how many of these have another name
}

// add remembers the keys of a row.
func (x *keyIndex) add(r *Row) {
	for _, key := range r.Other {
		x.nameHashes[hashOf(key)] |= 0
	}
	h, name := hashOf(r.identity()), hashOfName(r.Name)
	switch first := x.nameHashes[h]; {
	case !r.Sendable():
		x.nameHashes[h] = first
	case first == 0:
		x.nameHashes[h] = name
	default:
		x.duplicates++
		if first != name {
			x.otherNames++
		}
		x.otherNamed[h] = x.otherNamed[h] || first != name
	}
}

// hashOfName is the same for names that differ in case and blanks alone, and never 0.
func hashOfName(name string) uint16 {
	return uint16(hash64(strings.ToLower(strings.ReplaceAll(name, " ", "")))) | 1
}

// setDuplicateOf sets DuplicateOf, in the second pass; firsts are the first rows of repeated keys so far.
func (x *keyIndex) setDuplicateOf(r *Row, firsts map[hash128]Place) {
	if len(x.otherNamed) == 0 || !r.Sendable() {
		return
	}
	h := hashOf(r.identity())
	if _, found := x.otherNamed[h]; found && firsts[h] == (Place{}) {
		firsts[h] = r.Place
	} else if found {
		r.DuplicateOf, r.DuplicateName = firsts[h], x.nameHashes[h] != hashOfName(r.Name)
	}
}
