package jsmtest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// AccountType is what kind of account a person has, in the words of user/search.
type AccountType string

const (
	Customer  AccountType = "customer" // portal-only; "" means it too
	Atlassian AccountType = "atlassian"
	App       AccountType = "app"
)

// Account is one account of a site.
type Account struct {
	Email   string      `json:"address"`
	Name    string      `json:"name"`
	ID      string      `json:"account_id"` // "" lets the site make one that no other site has
	Type    AccountType `json:"account_type"`
	Revoked bool        `json:"revoked"` // portal access was taken away; the address stays taken

	CreatedBy int `json:"created_by_attempt"` // number of the create request that made it, from 1; 0: none did
	Creations int `json:"-"`                  // create requests that made it: 1, or 0
	Asked     int `json:"asked"`              // create requests for its address, refused ones included
}

// account is an account as it is kept.
type account struct {
	Account
	key  string // the address, folded
	made time.Time
}

// fold is what addresses are compared by. That Jira ignores case is invented.
func fold(address string) string { return strings.ToLower(address) }

// at lists the accounts with an address.
func (s *Site) at(address string) []*account { return s.byAddress[fold(address)] }

func (s *Site) addAccount(a Account) *account {
	if a.Type == "" {
		a.Type = Customer
	}
	kept := &account{Account: a, key: fold(a.Email)}
	if kept.ID == "" {
		kept.ID = s.newID(kept)
	}
	if a.CreatedBy > 0 {
		kept.made = time.Now()
	}
	s.accounts = append(s.accounts, kept)
	s.byAddress[kept.key] = append(s.byAddress[kept.key], kept)
	s.byID[kept.ID] = kept
	return kept
}

// newID ends with what follows from the address, so that faults can be drawn by it.
func (s *Site) newID(a *account) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", a.key, len(s.byAddress[a.key])))
	if a.Type == Customer {
		return fmt.Sprintf("qm:%s:%x", s.options.CloudID, sum[:12])
	}
	return fmt.Sprintf("712020:%s-%x", s.options.CloudID, sum[:6])
}

// uuid is a UUID of version 4 that follows from a text.
func uuid(text string) string {
	raw := sha256.Sum256([]byte(text))
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:16])
}

// matches reports whether the address or any word of the name begins with query, which is folded.
func (a *account) matches(query string) bool {
	return strings.HasPrefix(a.key, query) ||
		!strings.Contains(query, "@") && strings.Contains(" "+fold(a.Name), " "+query)
}

// Accounts yields the accounts of now in the order of their making, those of [Options] first.
func (s *Site) Accounts() iter.Seq[Account] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Values(copies(s.accounts))
}

// Find lists the accounts with an address, ignoring case.
func (s *Site) Find(address string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.at(address))
}

func copies(kept []*account) (all []Account) {
	for _, a := range kept {
		all = append(all, a.Account)
	}
	return all
}
