package jsmtest

import (
	"cmp"
	"slices"
	"strings"
)

// search lists, in order, the accounts whose address or whose name, from the
// start of any of its words, begins with query.
func (s *accounts) search(query string) []uint32 {
	query = fold(query)
	if strings.Contains(query, "@") {
		found := s.index.prefixed(s, query)
		slices.Sort(found)
		return found
	}
	var found []uint32
	for i := range uint32(s.len()) {
		r := s.record(i)
		name := fold(r.name())
		if strings.HasPrefix(fold(r.email()), query) || strings.HasPrefix(name, query) || strings.Contains(name, " "+query) {
			found = append(found, i)
		}
	}
	return found
}

// addressIndex is the accounts by address, made when first asked for: sorted
// ones, and those since.
type addressIndex struct {
	sorted []uint32
	size   int // accounts looked at
}

// mostUnsorted is how many accounts are searched one by one before they are
// sorted in.
const mostUnsorted = 4096

func (x *addressIndex) prefixed(s *accounts, prefix string) []uint32 {
	if s.len()-x.size > mostUnsorted {
		x.extend(s)
	}
	var found []uint32
	at, _ := slices.BinarySearchFunc(x.sorted, prefix, func(i uint32, p string) int { return cmp.Compare(fold(s.record(i).email()), p) })
	for ; at < len(x.sorted) && strings.HasPrefix(fold(s.record(x.sorted[at]).email()), prefix); at++ {
		found = append(found, x.sorted[at])
	}
	for i := uint32(x.size); i < uint32(s.len()); i++ {
		if strings.HasPrefix(fold(s.record(i).email()), prefix) {
			found = append(found, i)
		}
	}
	return found
}

// extend sorts the accounts since in, from the end, so that each of the old
// ones moves once.
func (x *addressIndex) extend(s *accounts) {
	by := func(a, b uint32) int { return cmp.Compare(fold(s.record(a).email()), fold(s.record(b).email())) }
	var fresh []uint32
	for i := uint32(x.size); i < uint32(s.len()); i++ {
		fresh = append(fresh, i)
	}
	slices.SortFunc(fresh, by)
	old := x.sorted
	x.sorted = append(x.sorted, fresh...)
	for end := len(x.sorted); len(fresh) > 0; {
		last := fresh[len(fresh)-1]
		at, _ := slices.BinarySearchFunc(old, last, by)
		end -= len(old) - at
		copy(x.sorted[end:], old[at:])
		end--
		x.sorted[end] = last
		old, fresh = old[:at], fresh[:len(fresh)-1]
	}
	x.size = s.len()
}
