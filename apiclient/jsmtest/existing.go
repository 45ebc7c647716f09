package jsmtest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// BuiltIn are the accounts that the sandbox has from the start: its
// administrator and a few people, some of them with portal-only accounts.
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

// existingColumns is the order of columns without a header.
var existingColumns = [...]string{"address", "name", "account id", "active", "account type"}

// ReadExisting reads accounts from a CSV: address, name and, if wanted,
// account id, active (true or false) and account type (customer, atlassian,
// app). With a header, columns may be in any order, and others among them, as
// in the answer of /sandbox/accounts; it is one when its first cell has no @.
func ReadExisting(r io.Reader) ([]Account, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	columns := map[string]int{}
	for i, name := range existingColumns {
		columns[name] = i
	}
	var all []Account
	for first := true; ; first = false {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading existing accounts: %w", err)
		}
		if first {
			record[0] = strings.TrimPrefix(record[0], "\ufeff")
		}
		if first && !strings.Contains(record[0], "@") {
			columns = headerColumns(record)
			if _, ok := columns["address"]; !ok {
				return nil, errors.New("reading existing accounts: the header names no column address or email")
			}
			continue
		}
		a, err := existingAccount(record, columns)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("reading existing accounts: line %d: %w", line, err)
		}
		all = append(all, a)
	}
}

func headerColumns(header []string) map[string]int {
	columns := map[string]int{}
	for i, name := range header {
		name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", " ")
		if name == "email" {
			name = "address"
		}
		columns[name] = i
	}
	return columns
}

func existingAccount(record []string, columns map[string]int) (Account, error) {
	cell := func(name string) string {
		if i, ok := columns[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	a := Account{Email: strings.Clone(cell("address")), Name: strings.Clone(cell("name")), ID: strings.Clone(cell("account id"))}
	if !strings.Contains(a.Email, "@") || len(a.Email) > 254 {
		return a, fmt.Errorf("%q is no e-mail address", a.Email)
	}
	if s := cell("active"); s != "" {
		active, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return a, fmt.Errorf("active is true or false, not %q", s)
		}
		a.Revoked = !active
	}
	var err error
	a.Type, err = ParseAccountType(cell("account type"))
	return a, err
}
