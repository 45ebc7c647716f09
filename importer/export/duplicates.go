package export

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// keyIndex knows which keys were seen, by a hash of 128 bits: at that width two
// keys have one hash in no file that there is.
type keyIndex struct {
	seeds      [2]maphash.Seed
	shards     [256][]keyEntry // by the hash's first byte; sealed: sorted
	duplicates []duplicate     // once sealed, in the order of the rows
	others     int             // duplicates under another name
}

// keyEntry is a key of the row with a number; 0: known, but not of a row that is sent.
type keyEntry struct {
	hash                    [16]byte
	number, row, line, name uint32
}

type duplicate struct{ entry, first keyEntry }

func (d duplicate) listed() Duplicate {
	return Duplicate{Place: d.entry.place(), First: d.first.place(), SameName: d.entry.name == d.first.name}
}

func (e keyEntry) place() Place { return Place{Row: int(e.row), Line: int(e.line)} }

func newKeyIndex() *keyIndex {
	return &keyIndex{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (x *keyIndex) hash(key string) (h [16]byte) {
	binary.BigEndian.PutUint64(h[:8], maphash.String(x.seeds[0], key))
	binary.BigEndian.PutUint64(h[8:], maphash.String(x.seeds[1], key))
	return h
}

// nameHash makes names comparable that differ in case and blanks alone.
func (x *keyIndex) nameHash(name string) uint32 {
	return uint32(maphash.String(x.seeds[0], strings.Join(strings.Fields(strings.ToLower(name)), " ")))
}

// see remembers a key that counts as being in the file.
func (x *keyIndex) see(key string) { x.put(keyEntry{hash: x.hash(key)}) }

// add remembers the key of a row that may be sent.
func (x *keyIndex) add(r *Row) {
	x.put(keyEntry{
		hash: x.hash(r.identity()), number: uint32(r.Number), row: uint32(r.Place.Row), line: uint32(r.Place.Line),
		name: x.nameHash(r.Name),
	})
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
				x.duplicates = append(x.duplicates, duplicate{e, first})
				if e.name != first.name {
					x.others++
				}
			}
		}
	}
	slices.SortFunc(x.duplicates, func(a, b duplicate) int { return cmp.Compare(a.entry.number, b.entry.number) })
}

// contains reports whether a key was seen.
func (x *keyIndex) contains(key string) bool {
	h := x.hash(key)
	_, found := slices.BinarySearchFunc(x.shards[h[0]], h,
		func(e keyEntry, h [16]byte) int { return bytes.Compare(e.hash[:], h[:]) })
	return found
}

// duplicate is what is known of a row that is one; nil: it is none.
func (x *keyIndex) duplicate(number int) *duplicate {
	i, found := slices.BinarySearchFunc(x.duplicates, uint32(number),
		func(d duplicate, n uint32) int { return cmp.Compare(d.entry.number, n) })
	if !found {
		return nil
	}
	return &x.duplicates[i]
}
