package export

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()} // of the process

// hash64 is a hash of a text: another one in each process, so that no file is made for it.
func hash64(s string) uint64 { return maphash.String(seeds[0], s) }

// keyIndex knows which keys were seen, by a hash of 128 bits: at that width two
// keys have one hash in no file that there is. A map would need twice the memory.
type keyIndex struct {
	shards     [256][]keyEntry // by the hash's first byte; sealed: sorted
	duplicates []duplicate     // once sealed, in the order of the rows
}

// keyEntry is a key of the row with a number; 0: known, but not of a row that is sent.
type keyEntry struct {
	hash                    [16]byte
	number, row, line, name uint32
}

// duplicate is a row whose address an earlier row has.
type duplicate struct {
	number    int // of the row
	first     Place
	otherName bool
}

func hash128(key string) (h [16]byte) {
	binary.BigEndian.PutUint64(h[:8], hash64(key))
	binary.BigEndian.PutUint64(h[8:], maphash.String(seeds[1], key))
	return h
}

// add remembers the keys of a row. Names that differ in case and blanks alone are the same.
func (x *keyIndex) add(r *Row) {
	for _, key := range r.Other {
		x.put(keyEntry{hash: hash128(key)})
	}
	e := keyEntry{hash: hash128(r.identity())}
	if r.Sendable() {
		var name maphash.Hash
		name.SetSeed(seeds[0])
		for word := range strings.FieldsSeq(strings.ToLower(r.Name)) {
			name.WriteString(word + " ")
		}
		e.number, e.row, e.line = uint32(r.Number), uint32(r.Place.Row), uint32(r.Place.Line)
		e.name = uint32(name.Sum64())
	}
	x.put(e)
}

func (x *keyIndex) put(e keyEntry) { x.shards[e.hash[0]] = append(x.shards[e.hash[0]], e) }

// seal ends the adding, and finds the duplicates.
func (x *keyIndex) seal() {
	for _, s := range x.shards {
		slices.SortFunc(s, func(a, b keyEntry) int {
			return cmp.Or(bytes.Compare(a.hash[:], b.hash[:]), cmp.Compare(a.number, b.number))
		})
		var first keyEntry
		for _, e := range s {
			switch {
			case e.number == 0:
			case e.hash != first.hash:
				first = e
			default:
				at := Place{Row: int(first.row), Line: int(first.line)}
				x.duplicates = append(x.duplicates, duplicate{int(e.number), at, e.name != first.name})
			}
		}
	}
	slices.SortFunc(x.duplicates, func(a, b duplicate) int { return cmp.Compare(a.number, b.number) })
}

// contains reports whether a key was seen.
func (x *keyIndex) contains(key string) bool {
	h := hash128(key)
	_, found := slices.BinarySearchFunc(x.shards[h[0]], h,
		func(e keyEntry, h [16]byte) int { return bytes.Compare(e.hash[:], h[:]) })
	return found
}
