// Package importertest holds the promises of the program against what its runs have left behind: the accounts that the
// site really has, what the ledger remembers, and what the files say. Tests of every level use it, whatever they did to
// the run.
package importertest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
)

// Evidence is what there is to look at when a process has ended, in whatever way. What is left empty is not checked.
type Evidence struct {
	Accounts      []jsmtest.Account // the site's truth
	Organizations []jsmtest.Organization

	Ledger, SiteURL string   // the ledger's path, and whose it is
	Results         string   // path of the results of the last run
	Told            []Result // these results, where no file was written
	Rows            int      // data rows of its input
	OtherLedger     bool     // somebody else has created customers at the site through the API, too
	Resent          bool     // rows that the ledger knows were sent again, and so may be in conflict with themselves

	Desks        []jsmtest.Desk      // the first is the project to which customers are added
	MayBeMember  map[string][]string // organization → keys of the addresses that any input has had in it
	MustBeMember map[string][]string // the same of an input whose access was asked for and given
	Private      []Private           // texts in which no person may be found
	Secrets      []string            // must stand in none of them
}

// Private is a text that leaves the machine or is kept, such as a log, a page or a notification.
type Private struct{ What, Text string }

// findings are broken promises.
type findings []error

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// Check returns the promises that e breaks, each as one sentence; nil when all are kept.
//
//   - Each address has at most one account that requests made, made once.
//   - Whoever was made is in the ledger, or an attempt for the address is still open there: nobody is made in silence.
//   - What the results call created is there, made by a request, under the id and the name that they say; what they
//     call failed, invalid or not attempted was not made; nobody whom we made is a conflict.
//   - Whoever is called created, known or renamed has access, and whoever is called revoked has none.
//   - The results have each row once, in the order of the input, and add up.
//   - Whoever is called added to an organization or a project, or known there, is there.
//   - Nobody is in an organization in which no input had them, and everybody is in the one that was asked for.
//   - No log, page or notification has an address, a name or a secret.
func Check(ctx context.Context, e Evidence) []error {
	var f findings
	site := make(map[string][]jsmtest.Account)
	for _, a := range e.Accounts {
		key := keyOf(a.Email)
		site[key] = append(site[key], a)
	}
	f.once(site)
	if e.Ledger != "" {
		f.remembered(ctx, e, site)
	}
	results := e.Told
	if e.Results != "" {
		var err error
		if results, err = ReadResults(e.Results); err != nil {
			f.add("the results cannot be read: %w", err)
		}
	}
	if e.Results != "" || e.Told != nil {
		f.inOrder(results, e.Rows)
	}
	for _, r := range results {
		if _, fixed, found := strings.Cut(r.Reason, "fixed and imported as "); found { // under another address
			r.Key, _, _ = strings.Cut(strings.ToLower(fixed), " ")
		}
		f.status(r, site[r.Key], e)
		f.given(r, e)
	}
	f.members(e)
	f.private(e)
	return f
}

// once checks that no request made an address twice.
func (f *findings) once(site map[string][]jsmtest.Account) {
	for key, accounts := range site {
		made := 0
		for _, a := range accounts {
			if a.CreatedBy > 0 {
				made++
			}
		}
		if made > 1 {
			f.add("%s was made %d times", key, made)
		}
	}
}

// remembered checks that the ledger knows everybody who was made, and claims nobody who was not.
func (f *findings) remembered(ctx context.Context, e Evidence, site map[string][]jsmtest.Account) {
	l, err := ledger.OpenReadOnly(ctx, e.Ledger, e.SiteURL)
	if err != nil {
		f.add("the ledger cannot be read: %w", err)
		return
	}
	defer l.Close()
	var q []ledger.Query
	for key := range site {
		q = append(q, ledger.Query{Row: len(q) + 1, Key: key})
	}
	known, err := l.Recall(ctx, 0, false, q)
	if err != nil {
		f.add("the ledger's accounts cannot be read: %w", err)
		return
	}
	for i, asked := range q {
		key, account, lost := asked.Key, known[i].Account, known[i].Lost
		made := slices.IndexFunc(site[key], func(a jsmtest.Account) bool { return a.CreatedBy > 0 })
		switch {
		case made < 0 && account != nil && account.Ours():
			f.add("the ledger says that we made %s, who was there before", key)
		case made >= 0 && account != nil && account.ID != "" && !holds(site[key], account.ID):
			f.add("the ledger has the account id %s for %s, and the site has not", account.ID, key)
		case made >= 0 && account == nil && lost == nil && !e.OtherLedger:
			f.add("%s was made, and the ledger does not know it", key)
		}
	}
}

func holds(accounts []jsmtest.Account, id string) bool {
	return slices.ContainsFunc(accounts, func(a jsmtest.Account) bool { return a.ID == id })
}

// inOrder checks that the results have each row of the input once, in its order.
func (f *findings) inOrder(results []Result, rows int) {
	if rows > 0 && len(results) != rows {
		f.add("the results have %d rows, and the input has %d", len(results), rows)
	}
	for i := 1; i < len(results); i++ {
		if at := results[i].SheetRow; at > 0 && at <= results[i-1].SheetRow { // 0: it is not known where it stood
			f.add("row %d stands after row %d in the results", results[i].SheetRow, results[i-1].SheetRow)
		}
	}
}

// status checks what the results say of one row against the accounts that its address has.
func (f *findings) status(r Result, accounts []jsmtest.Account, e Evidence) {
	mayConflict := e.OtherLedger || e.Resent
	made := slices.IndexFunc(accounts, func(a jsmtest.Account) bool { return a.CreatedBy > 0 })
	switch r.Status {
	case outcome.Created:
		if made < 0 {
			f.add("row %d is called created, and no request made %s", r.SheetRow, r.Key)
		} else if accounts[made].ID != r.AccountID {
			f.add("row %d has the account id %q, and %s has %q", r.SheetRow, r.AccountID, r.Key, accounts[made].ID)
		}
		f.access(r, accounts)
	case outcome.Known, outcome.Renamed:
		f.access(r, accounts)
		fallthrough
	case outcome.CreatedUnconfirmed, outcome.RevokedBefore:
		if len(accounts) == 0 && r.Key != "" { // a row that was fixed in the failed file keeps its address here
			f.add("row %d is called %s, and the site has no %s", r.SheetRow, r.Status, r.Key)
		}
	case outcome.Revoked, outcome.AlreadyRevoked:
		if !slices.ContainsFunc(accounts, func(a jsmtest.Account) bool { return a.Revoked }) && r.Key != "" {
			f.add("row %d is called %s, and %s has access", r.SheetRow, r.Status, r.Key)
		}
	case outcome.Failed:
		if made >= 0 && !mayConflict && r.AccountID == "" { // else a name or a revocation has failed
			f.add("row %d is called failed, and we made %s", r.SheetRow, r.Key)
		}
	case outcome.Conflict:
		if made >= 0 && !mayConflict && !strings.Contains(r.Reason, "name") {
			f.add("row %d is called a conflict, and we made %s", r.SheetRow, r.Key)
		}
	}
	told := r.Status == outcome.Invalid || r.Status == outcome.NotFound // by the list
	if r.AccountID != "" && len(accounts) > 0 && !told && !holds(accounts, r.AccountID) {
		f.add("row %d has the account id %q, which is not one of %s", r.SheetRow, r.AccountID, r.Key)
	}
}

// given checks the words of a row for its access, where the evidence has projects and organizations.
func (f *findings) given(r Result, e Evidence) {
	is := func(members []jsmtest.Account) bool { return r.AccountID == "" || holds(members, r.AccountID) }
	if word := r.Organization; e.Desks != nil && (word == "added" || word == "known") && r.Company != "" {
		in := func(o jsmtest.Organization) bool { return fold(o.Name) == fold(r.Company) && is(o.Members) }
		if r.Status != outcome.Duplicate && !slices.ContainsFunc(e.Organizations, in) {
			f.add("row %d is called %s in %q, and %s is not there", r.SheetRow, word, r.Company, r.Key)
		}
	}
	if word := r.ServiceDesk; e.Desks != nil && r.Status != outcome.Duplicate && (word == "added" || word == "known") {
		if !is(e.Desks[0].Customers) {
			f.add("row %d is called %s in a project, and %s is not there", r.SheetRow, word, r.Key)
		}
	}
}

// access checks that somebody who is called created or known has access.
func (f *findings) access(r Result, accounts []jsmtest.Account) {
	revoked := func(a jsmtest.Account) bool { return a.Revoked && (a.ID == r.AccountID || r.AccountID == "") }
	if slices.ContainsFunc(accounts, revoked) {
		f.add("row %d is called %s, and the access of %s is revoked", r.SheetRow, r.Status, r.Key)
	}
}

// members checks who is in which organization.
func (f *findings) members(e Evidence) {
	may, must, are := folded(e.MayBeMember), folded(e.MustBeMember), map[string][]string{}
	for _, o := range e.Organizations {
		for _, m := range o.Members {
			name := fold(o.Name)
			are[name] = append(are[name], keyOf(m.Email))
			if may != nil && m.ID != "" && !slices.Contains(may[name], keyOf(m.Email)) {
				f.add("%s is in the organization %q, in which no input had them", m.Email, o.Name)
			}
		}
	}
	for name, keys := range must {
		for _, key := range keys {
			if !slices.Contains(are[name], key) {
				f.add("%s is not in the organization %q", key, name)
			}
		}
	}
}

// folded is m with the names of organizations as they are compared.
func folded(m map[string][]string) map[string][]string {
	if m == nil {
		return nil
	}
	by := map[string][]string{}
	for name, keys := range m {
		by[fold(name)] = append(by[fold(name)], keys...)
	}
	return by
}

// fold is the name of an organization without regard to case, blanks and Unicode form.
func fold(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFC.String(name))), " ")
}

// private checks that nobody can be found in a text that leaves the machine.
func (f *findings) private(e Evidence) {
	for _, p := range e.Private {
		text := strings.ToLower(p.Text)
		for _, secret := range e.Secrets {
			if secret != "" && strings.Contains(p.Text, secret) {
				f.add("the %s has a secret in it", p.What)
			}
		}
		for _, a := range e.Accounts {
			if a.CreatedBy > 0 && strings.Contains(text, strings.ToLower(a.Email)) {
				f.add("the %s has the address %s in it", p.What, a.Email)
			}
			if a.CreatedBy > 0 && strings.Contains(a.Name, " ") && strings.Contains(text, strings.ToLower(a.Name)) {
				f.add("the %s has the name %q in it", p.What, a.Name)
			}
		}
	}
}

// keyOf is the key of an address, or the address itself where it has none.
func keyOf(address string) string {
	if key, ok := export.Key(address); ok {
		return key
	}
	return strings.ToLower(address)
}
