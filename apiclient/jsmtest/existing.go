package jsmtest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
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

// accountRow is an account as /sandbox/accounts writes it and [ReadExisting] reads it.
type accountRow struct {
	Address   string      `csv:"address,email"`
	Name      string      `csv:"name"`
	AccountID string      `csv:"account_id"`
	Active    activity    `csv:"active"`
	CreatedBy int         `csv:"created_by_attempt"`
	Asked     int         `csv:"asked"`
	Type      AccountType `csv:"account_type"`
}

// activity is whether an account may use the portal; nothing said means it may.
type activity struct{ revoked bool }

// MarshalCSV writes true or false.
func (a activity) MarshalCSV() (string, error) { return strconv.FormatBool(!a.revoked), nil }

// UnmarshalCSV reads true or false.
func (a *activity) UnmarshalCSV(s string) error {
	if s == "" {
		return nil
	}
	active, err := strconv.ParseBool(strings.ToLower(s))
	if err != nil {
		return fmt.Errorf("active is true or false, not %q", s)
	}
	a.revoked = !active
	return nil
}

// accountsCSV is the truth that a test compares results with.
func accountsCSV(c *call) answer {
	var rows []accountRow
	for a := range c.site.Accounts() {
		rows = append(rows, accountRow{
			Address: a.Email, Name: a.Name, AccountID: a.ID, Active: activity{a.Revoked},
			CreatedBy: a.CreatedBy, Asked: a.Asked, Type: a.Type,
		})
	}
	text, err := gocsv.MarshalBytes(rows)
	if err != nil {
		return plain(http.StatusInternalServerError, err.Error())
	}
	return answer{http.StatusOK, "text/csv;charset=UTF-8", text}
}

// ReadExisting reads accounts from a CSV: address, name and, if wanted, account_id, active (true or false) and
// account_type (customer, atlassian, app). With a header, columns may be in any order and others among them, as in
// the answer of /sandbox/accounts; it is one when its first cell has no @.
func ReadExisting(r io.Reader) ([]Account, error) {
	records, err := readRecords(r)
	if err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	var rows []accountRow
	if err := gocsv.UnmarshalCSV(records, &rows); err != nil {
		return nil, fmt.Errorf("reading existing accounts: %w", err)
	}
	var all []Account
	for i, row := range rows {
		if !strings.Contains(row.Address, "@") {
			return nil, fmt.Errorf("reading existing accounts: account %d: %q is no e-mail address", i+1, row.Address)
		}
		all = append(all, Account{
			Email: row.Address, Name: row.Name, ID: row.AccountID, Type: max(row.Type, Customer), Revoked: row.Active.revoked,
		})
	}
	return all, nil
}

// csvRecords are records for gocsv, the header first.
type csvRecords [][]string

// Read is not called by what [ReadExisting] uses.
func (csvRecords) Read() ([]string, error) { return nil, errors.ErrUnsupported }

// ReadAll returns all records.
func (r csvRecords) ReadAll() ([][]string, error) { return r, nil }

// readRecords reads a CSV, its cells without blanks at the ends, and puts a header before it when it has none.
func readRecords(r io.Reader) (csvRecords, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	for _, record := range records {
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
	}
	if err != nil || len(records) == 0 || strings.Contains(records[0][0], "@") {
		return append(csvRecords{{"address", "name", "account_id", "active", "account_type"}}, records...), err
	}
	for i, name := range records[0] {
		records[0][i] = strings.ReplaceAll(strings.ToLower(name), " ", "_")
	}
	if !slices.Contains(records[0], "address") && !slices.Contains(records[0], "email") {
		return nil, errors.New("the header names no column address or email")
	}
	return records, nil
}
