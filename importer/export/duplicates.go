package export

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

const (
	maxDuplicatesListed = 1000
	shards              = 256
)

// keyIndex knows which keys were seen, by a hash of 128 bits: at that width two
// keys have one hash in no file that there is.
type keyIndex struct {
	seeds  [2]maphash.Seed
	shards [shards][]keyEntry // by the hash's first byte; sealed: sorted
	ids    [shards][][6]byte  // hashes of external ids, without the byte that is the shard's
	count  int
	others int // duplicates under another name
	listed []Duplicate
	rows   []uint64 // numbers of the rows that are duplicates, a bit each
}

// keyEntry is a key of the row with a number; 0: known, but not of a row that is sent.
type keyEntry struct {
	hash                    [16]byte
	number, row, line, name uint32
}

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
	if strings.ContainsFunc(name, func(r rune) bool { return r == ' ' || r < 'a' || r > 'z' }) {
		name = strings.Join(strings.Fields(strings.ToLower(name)), " ")
	}
	return uint32(maphash.String(x.seeds[0], name))
}

// see remembers a key that counts as being in the file.
func (x *keyIndex) see(key string) { x.put(keyEntry{hash: x.hash(key)}) }

// add remembers the key of a row that may be sent. Rows only rise.
func (x *keyIndex) add(r *Row) {
	x.put(keyEntry{
		hash: x.hash(r.identity()), number: uint32(r.Number), row: uint32(r.Place.Row), line: uint32(r.Place.Line),
		name: x.nameHash(r.Name),
	})
}

func (x *keyIndex) put(e keyEntry) {
	s := &x.shards[e.hash[0]]
	*s = append(roomFor(*s), e)
}

// seeID remembers the external id of a row.
func (x *keyIndex) seeID(id string) {
	h := x.hash(id)
	s := &x.ids[h[0]]
	*s = append(roomFor(*s), [6]byte(h[1:7]))
}

// roomFor grows a slice by a sixteenth when it is full: append would take more room.
func roomFor[E any](s []E) []E {
	if len(s) < cap(s) {
		return s
	}
	return append(make([]E, 0, len(s)+max(16, len(s)/16)), s...)
}

// repeatedIDs is in how many rows the external ids stand that more than two have.
func (x *keyIndex) repeatedIDs() int {
	n := 0
	for i, ids := range x.ids {
		slices.SortFunc(ids, func(a, b [6]byte) int { return bytes.Compare(a[:], b[:]) })
		for start := 0; start < len(ids); {
			end := start + 1
			for end < len(ids) && ids[end] == ids[start] {
				end++
			}
			if end-start > 2 {
				n += end - start
			}
			start = end
		}
		x.ids[i] = nil
	}
	return n
}

// seal ends the adding; it counts the duplicates.
func (x *keyIndex) seal() {
	for _, s := range x.shards {
		slices.SortFunc(s, func(a, b keyEntry) int {
			return cmp.Or(bytes.Compare(a.hash[:], b.hash[:]), cmp.Compare(a.number, b.number))
		})
		var first keyEntry
		for _, e := range s {
			switch {
			case e.number == 0:
			case e.hash != first.hash || first.number == 0:
				first = e
			default:
				x.duplicate(e, first)
			}
		}
	}
	x.trim()
}

func (x *keyIndex) duplicate(e, first keyEntry) {
	x.count++
	if e.name != first.name {
		x.others++
	}
	if word := int(e.number / 64); word >= len(x.rows) {
		x.rows = append(x.rows, make([]uint64, word+1-len(x.rows)+len(x.rows)/4)...)
	}
	x.rows[e.number/64] |= 1 << (e.number % 64)
	x.listed = append(x.listed, Duplicate{Place: e.place(), First: first.place(), SameName: e.name == first.name})
	if len(x.listed) > 4*maxDuplicatesListed {
		x.trim()
	}
}

func (e keyEntry) place() Place { return Place{Row: int(e.row), Line: int(e.line)} }

func (x *keyIndex) trim() {
	slices.SortFunc(x.listed, func(a, b Duplicate) int { return cmp.Compare(a.Place.Line, b.Place.Line) })
	x.listed = x.listed[:min(len(x.listed), maxDuplicatesListed)]
}

// find gives the first row that may be sent with a key, or else what is known of it.
func (x *keyIndex) find(key string) (e keyEntry, found bool) {
	h := x.hash(key)
	s := x.shards[h[0]]
	i, found := slices.BinarySearchFunc(s, h, func(e keyEntry, h [16]byte) int {
		return bytes.Compare(e.hash[:],
			h[:])
	})
	if !found {
		return keyEntry{}, false
	}
	for i+1 < len(s) && s[i].number == 0 && s[i+1].hash == h {
		i++
	}
	return s[i], true
}
