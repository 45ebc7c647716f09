package jsmtest

import (
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// AccountType says what kind of account a person has.
type AccountType int

const (
	Customer  AccountType = iota + 1 // portal-only; the zero value of a type means it too
	Atlassian                        // an Atlassian account
	App
)

// String is the word of user/search.
func (t AccountType) String() string {
	switch t {
	case Atlassian:
		return "atlassian"
	case App:
		return "app"
	}
	return "customer"
}

// MarshalText writes the word of String.
func (t AccountType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// ParseAccountType reads the word of user/search; "" is a customer.
func ParseAccountType(s string) (AccountType, error) {
	switch strings.ToLower(s) {
	case "", "customer":
		return Customer, nil
	case "atlassian":
		return Atlassian, nil
	case "app":
		return App, nil
	}
	return 0, fmt.Errorf("%q is no account type: use customer, atlassian or app", s)
}

// Account is one account of a site.
type Account struct {
	Email string
	Name  string
	ID    string // "" lets the site make one
	Type  AccountType
	// Revoked: portal access was taken away; the address stays taken.
	Revoked bool

	CreatedBy int // number of the create request that made it, from 1; 0: there from the start
	Creations int // create requests that made it: 1, or 0 when there from the start
	Asked     int // create requests for its address, refused ones included
}

// record is an account as it is kept, 32 bytes and one text of address and name.
type record struct {
	text      string // address and name
	next      uint32 // 1 + the next account with this address; 0: none
	createdBy uint32
	asked     uint16
	address   uint16 // length
	creations uint8
	kind      uint8 // AccountType
	revoked   bool
}

func (r *record) email() string { return r.text[:r.address] }
func (r *record) name() string  { return r.text[r.address:] }

const recordsInChunk = 4096

// accounts keeps all accounts in the order of their making, some 150 bytes
// each. Ids are not kept but computed from the place and the seed. It is to be
// guarded by the caller.
type accounts struct {
	seed    uint64
	tenant  string // middle part of customers' ids
	chunks  [][]record
	byKey   map[string]uint32 // folded address to the first account
	named   map[string]uint32 // ids that were given
	givenID map[uint32]string
	index   addressIndex
	created int // by requests
}

func newAccounts(seed uint64) *accounts {
	a, b := mix(seed, 11), mix(seed, 12)
	return &accounts{
		seed: seed, tenant: uuid(a, b),
		byKey: map[string]uint32{}, named: map[string]uint32{}, givenID: map[uint32]string{},
	}
}

// fold is what addresses are compared by. That Jira ignores case is invented.
func fold(address string) string { return strings.ToLower(address) }

func (s *accounts) len() int {
	if len(s.chunks) == 0 {
		return 0
	}
	last := len(s.chunks) - 1
	return last*recordsInChunk + len(s.chunks[last])
}

func (s *accounts) record(i uint32) *record { return &s.chunks[i/recordsInChunk][i%recordsInChunk] }

func (s *accounts) add(a Account) uint32 {
	i := uint32(s.len())
	if i%recordsInChunk == 0 {
		s.chunks = append(s.chunks, make([]record, 0, recordsInChunk))
	}
	last := &s.chunks[len(s.chunks)-1]
	*last = append(*last, record{
		text: a.Email + a.Name, address: uint16(len(a.Email)), kind: uint8(max(a.Type, Customer)), revoked: a.Revoked,
		createdBy: uint32(a.CreatedBy), creations: uint8(a.Creations), asked: uint16(a.Asked),
	})
	if a.CreatedBy > 0 {
		s.created++
	}
	if a.ID != "" {
		s.named[a.ID], s.givenID[i] = i, a.ID
	}
	s.link(i)
	return i
}

// link files account i under its address.
func (s *accounts) link(i uint32) {
	key := fold(s.record(i).email())
	first, taken := s.byKey[key]
	if !taken {
		s.byKey[key] = i
		return
	}
	r := s.record(first)
	for r.next != 0 {
		r = s.record(r.next - 1)
	}
	r.next = i + 1
}

// at lists the accounts with an address.
func (s *accounts) at(address string) []uint32 {
	i, ok := s.byKey[fold(address)]
	if !ok {
		return nil
	}
	found := []uint32{i}
	for r := s.record(i); r.next != 0; r = s.record(r.next - 1) {
		found = append(found, r.next-1)
	}
	return found
}

// id is the account id: qm:<tenant>:<24 hex digits> for customers, whose last
// eight are the place, and 712020:<uuid> for the others.
func (s *accounts) id(i uint32) string {
	if id, ok := s.givenID[i]; ok {
		return id
	}
	m := mix(s.seed, uint64(i)+100)
	if AccountType(s.record(i).kind) != Customer {
		return "712020:" + uuid(m, mix(m, 1)<<32|uint64(i))
	}
	id := make([]byte, 0, 64)
	id = append(append(append(id, "qm:"...), s.tenant...), ':')
	var b [12]byte
	put(b[:8], m)
	put(b[8:], uint64(i)<<32)
	return string(hex.AppendEncode(id, b[:]))
}

// find looks an account id up.
func (s *accounts) find(id string) (uint32, bool) {
	if i, ok := s.named[id]; ok {
		return i, true
	}
	if len(id) < 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(id[len(id)-8:], 16, 32)
	if err != nil || n >= uint64(s.len()) || s.id(uint32(n)) != id {
		return 0, false
	}
	return uint32(n), true
}

func (s *accounts) account(i uint32) Account {
	r := s.record(i)
	return Account{
		Email: r.email(), Name: r.name(), ID: s.id(i), Type: AccountType(r.kind), Revoked: r.revoked,
		CreatedBy: int(r.createdBy), Creations: int(r.creations), Asked: int(r.asked),
	}
}

// Accounts yields the accounts in the order of their making, those of
// [Options] first. The site can be asked meanwhile; later accounts are yielded
// too.
func (s *Site) Accounts() iter.Seq[Account] {
	return func(yield func(Account) bool) {
		for i := 0; ; i++ {
			s.mu.Lock()
			if i >= s.accounts.len() {
				s.mu.Unlock()
				return
			}
			a := s.accounts.account(uint32(i))
			s.mu.Unlock()
			if !yield(a) {
				return
			}
		}
	}
}

// Find lists the accounts with an address, ignoring case.
func (s *Site) Find(address string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Account
	for _, i := range s.accounts.at(address) {
		found = append(found, s.accounts.account(i))
	}
	return found
}

// mix is a number that seed and n decide and that looks random (SplitMix64).
func mix(seed, n uint64) uint64 {
	z := seed*0xD1342543DE82EF95 + (n+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// chance is mix as a number of at least 0 and below 1.
func chance(seed, n uint64) float64 { return float64(mix(seed, n)>>11) / (1 << 53) }

func put(b []byte, v uint64) {
	for i := range b {
		b[i] = byte(v >> (56 - 8*i))
	}
}

func uuid(a, b uint64) string {
	var raw [16]byte
	put(raw[:8], a)
	put(raw[8:], b)
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	h := hex.EncodeToString(raw[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
