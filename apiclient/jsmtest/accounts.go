package jsmtest

import (
	"crypto/rand"
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

// accounts keeps all accounts in the order of their making. The site's lock guards it.
type accounts struct {
	tenant    string // middle part of customers' ids
	all       []*account
	byAddress map[string][]*account
	byID      map[string]*account
	created   int // by requests
	asked     int // create requests
}

func newAccounts(cloudID string) *accounts {
	sum := sha256.Sum256([]byte(cloudID))
	return &accounts{tenant: uuid(sum[:16]), byAddress: map[string][]*account{}, byID: map[string]*account{}}
}

// fold is what addresses are compared by. That Jira ignores case is invented.
func fold(address string) string { return strings.ToLower(address) }

func (s *accounts) at(address string) []*account { return s.byAddress[fold(address)] }

func (s *accounts) add(a Account) *account {
	if a.Type == "" {
		a.Type = Customer
	}
	kept := &account{Account: a, key: fold(a.Email)}
	if kept.ID == "" {
		kept.ID = s.newID(kept)
	}
	if a.CreatedBy > 0 {
		kept.made = time.Now()
		s.created++
	}
	s.all = append(s.all, kept)
	s.byAddress[kept.key] = append(s.byAddress[kept.key], kept)
	s.byID[kept.ID] = kept
	return kept
}

// tenantPrefix is the part of the tenant that the ids of others than customers have.
const tenantPrefix = len("xxxxxxxx-xxxx-xxxx-xxxx-")

// newID is qm:<tenant>:<24 hex digits> for customers and 712020:<uuid> for others. The tenant follows from the cloud id
// and the digits follow from the address, so that faults can be drawn by these.
func (s *accounts) newID(a *account) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", a.key, len(s.byAddress[a.key])))
	if a.Type == Customer {
		return fmt.Sprintf("qm:%s:%x", s.tenant, sum[:12])
	}
	return fmt.Sprintf("712020:%s%x", s.tenant[:tenantPrefix], sum[:6])
}

// search lists, in order, the accounts whose address or any word of whose name begins with query; of those that
// requests made, only those made until the time latest.
func (s *accounts) search(query string, latest time.Time) []*account {
	query = fold(query)
	var found []*account
	for _, a := range s.all {
		named := !strings.Contains(query, "@") && strings.Contains(" "+fold(a.Name), " "+query)
		if (named || strings.HasPrefix(a.key, query)) && !a.made.After(latest) {
			found = append(found, a)
		}
	}
	return found
}

// Accounts yields the accounts of now in the order of their making, those of [Options] first.
func (s *Site) Accounts() iter.Seq[Account] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Values(copies(s.accounts.all))
}

// Find lists the accounts with an address, ignoring case.
func (s *Site) Find(address string) []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copies(s.accounts.at(address))
}

func copies(kept []*account) []Account {
	var all []Account
	for _, a := range kept {
		all = append(all, a.Account)
	}
	return all
}

func randomUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	return uuid(raw[:])
}

// uuid formats 16 bytes as a UUID of version 4.
func uuid(raw []byte) string {
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
