package jsmtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// AccountType is what kind of account a person has.
type AccountType int

const (
	Customer  AccountType = iota + 1 // portal-only; the zero value of a type means it too
	Atlassian                        // an Atlassian account
	App
)

var accountTypes = [...]string{0: "customer", Customer: "customer", Atlassian: "atlassian", App: "app"}

// String is the word of user/search.
func (t AccountType) String() string { return accountTypes[t] }

// MarshalText writes the word of String.
func (t AccountType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the word of String; nothing is a customer.
func (t *AccountType) UnmarshalText(text []byte) error {
	*t = Customer
	if word := strings.ToLower(strings.TrimSpace(string(text))); word != "" {
		i := slices.Index(accountTypes[1:], word)
		if i < 0 {
			return fmt.Errorf("%q is no account type: use customer, atlassian or app", word)
		}
		*t = AccountType(i + 1)
	}
	return nil
}

// Account is one account of a site.
type Account struct {
	Email   string
	Name    string
	ID      string // "" lets the site make one that no other site has
	Type    AccountType
	Revoked bool // portal access was taken away; the address stays taken

	CreatedBy int // number of the create request that made it, from 1; 0: there from the start
	Creations int // create requests that made it: 1, or 0 when there from the start
	Asked     int // create requests for its address, refused ones included
}

// account is an account as it is kept.
type account struct {
	Account
	key  string // the address, folded
	made time.Time
}

// accounts keeps all accounts in the order of their making. The site's lock guards it.
type accounts struct {
	tenant    string // middle part of customers' ids
	all       []*account
	byAddress map[string][]*account
	byID      map[string]*account
	created   int // by requests
}

func newAccounts() *accounts {
	return &accounts{tenant: randomUUID(), byAddress: map[string][]*account{}, byID: map[string]*account{}}
}

// fold is what addresses are compared by. That Jira ignores case is invented.
func fold(address string) string { return strings.ToLower(address) }

func (s *accounts) add(a Account) *account {
	a.Type = max(a.Type, Customer)
	k := &account{Account: a, key: fold(a.Email)}
	if k.ID == "" {
		k.ID = s.newID(k)
	}
	s.all = append(s.all, k)
	s.byAddress[k.key] = append(s.byAddress[k.key], k)
	s.byID[k.ID] = k
	if a.CreatedBy > 0 {
		k.made = time.Now()
		s.created++
	}
	return k
}

// newID is qm:<tenant>:<24 hex digits> for customers and 712020:<uuid> for others. The random part is the same for
// all accounts of a site and the rest follows from the address, so that faults can be drawn by the rest (see
// [faultPlan.withoutTenant]).
func (s *accounts) newID(a *account) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", a.key, len(s.byAddress[a.key])))
	digits := hex.EncodeToString(sum[:12])
	if a.Type == Customer {
		return "qm:" + s.tenant + ":" + digits
	}
	return "712020:" + s.tenant[:24] + digits[:12]
}

func (s *accounts) at(address string) []*account { return s.byAddress[fold(address)] }

// search lists, in order, the accounts whose address or any word of whose name begins with query; of those that
// requests made, only those made before the time latest.
func (s *accounts) search(query string, latest time.Time) []*account {
	query = fold(query)
	var found []*account
	for _, a := range s.all {
		matches := strings.HasPrefix(a.key, query) ||
			!strings.Contains(query, "@") && strings.Contains(" "+fold(a.Name), " "+query)
		if matches && !a.made.After(latest) {
			found = append(found, a)
		}
	}
	return found
}

// Accounts yields the accounts of now in the order of their making, those of [Options] first.
func (s *Site) Accounts() iter.Seq[Account] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Values(values(s.accounts.all))
}

// Find lists the accounts with an address, ignoring case.
func (s *Site) Find(address string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.accounts.at(address))
}

func values(kept []*account) []Account {
	var all []Account
	for _, a := range kept {
		all = append(all, a.Account)
	}
	return all
}

// randomUUID is a random (version 4) UUID.
func randomUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
