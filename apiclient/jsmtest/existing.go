package jsmtest

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/gocarina/gocsv"
)

// BuiltIn are the accounts that the sandbox has from the start: its administrator and a few people, some of them
// with portal-only accounts.
func BuiltIn() []Account {
	return []Account{
		{Email: "sandbox@example.com", Name: "Sandbox Administrator", Type: Atlassian},
		{Email: "amira.haddad@example.com", Name: "Amira Haddad", Type: Customer},
		{Email: "bo.lindqvist@example.org", Name: "Bo Lindqvist", Type: Atlassian},
		{Email: "chen.wei@example.net", Name: "Chen Wei", Type: Customer},
		{Email: "resident.one@portal.example", Name: "Resident One", Type: Customer},
		{Email: "resident.two@portal.example", Name: "Resident Two", Type: Atlassian},
	}
}

// ReadExisting reads accounts from a CSV: address, name and, if wanted, account_id, active (true or false) and
// account_type (customer, atlassian, app). With a header, columns may be in any order and others among them, as in
// the answer of /sandbox/accounts; the first line is one when it has no @.
func ReadExisting(r io.Reader) ([]Account, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	header, rest, _ := strings.Cut(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if header == "" || strings.Contains(header, "@") {
		header, rest = "address,name,account_id,active,account_type", header+"\n"+rest
	}
	records := csv.NewReader(strings.NewReader(strings.ToLower(header) + "\n" + rest))
	records.FieldsPerRecord = -1
	records.TrimLeadingSpace = true
	var rows []accountRow
	if err := gocsv.UnmarshalCSV(records, &rows); err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	var all []Account
	for i, row := range rows {
		a, err := row.account()
		if err != nil {
			return nil, fmt.Errorf("reading existing accounts: account %d: %w", i+1, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func (r accountRow) account() (Account, error) {
	active, kind := strings.ToLower(r.Active), AccountType(strings.ToLower(string(r.Type)))
	if kind == "" {
		kind = Customer
	}
	switch {
	case !strings.Contains(r.Address, "@"):
		return Account{}, fmt.Errorf("%q in the column address is no e-mail address", r.Address)
	case active != "" && active != "true" && active != "false":
		return Account{}, fmt.Errorf("active is true or false, not %q", r.Active)
	case kind != Customer && kind != Atlassian && kind != App:
		return Account{}, fmt.Errorf("%q is no account type: use customer, atlassian or app", r.Type)
	}
	return Account{Email: r.Address, Name: r.Name, ID: r.AccountID, Type: kind, Revoked: active == "false"}, nil
}
