package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"jsm-onboard/importer/text"
)

// judge makes rows of records: it says whom a record names, what was repaired,
// and why it must not be sent. Both passes use it.
type judge struct {
	*layout
	filter    filter
	options   Options
	checkUTF8 bool // the file has bytes that are not UTF-8
	noIDs     bool // external ids are not used
}

// row judges one row; p is what gocsv took from it.
func (j *judge) row(r *Row, p person) {
	cells := r.record.Cells
	j.keepCells(r, cells)
	r.Organization, r.AccountID = trimBlanks(bare(p.Organization)), trimBlanks(bare(p.AccountID))
	if id := trimBlanks(bare(p.ExternalID)); !j.noIDs && !strings.Contains(id, "E+") { // as in 3.8E+10
		r.ExternalID = id
	}
	notText := func(c string) bool { return !utf8.ValidString(c) }
	if r.fault == nil && j.checkUTF8 && slices.ContainsFunc(cells, notText) {
		r.fault = notUTF8
	}
	if r.fault != nil {
		j.broken(r, cells)
		return
	}
	a := j.address(r, cells, p)
	if reason := j.filter.reason(cells); reason != "" {
		r.Excluded, r.fault, r.repairs = reason, nil, nil
		return
	}
	if r.fault == nil {
		j.name(r, p, a)
	}
	if r.fault != nil {
		r.Invalid = j.reason(r, p, a)
		return
	}
	if j.options.Organizations {
		r.InvalidOrganization = invalidOrganization(r.Organization)
	}
	r.Note = j.note(r, a)
}

// keepCells sets what the row is written with again.
func (j *judge) keepCells(r *Row, cells []string) {
	for i, c := range cells {
		cells[i] = Unguard(c)
	}
	r.Cells = cells
	if !slices.Contains(j.header.own, true) {
		return
	}
	r.Cells, r.Own = nil, map[string]string{}
	for i, c := range cells {
		if i < len(j.header.own) && j.header.own[i] {
			r.Own[j.header.names[i]] = c
		} else {
			r.Cells = append(r.Cells, c)
		}
	}
}

// broken is a row whose cells cannot be trusted. The addresses in it count as
// being in the file.
func (j *judge) broken(r *Row, cells []string) {
	r.NoAddress, r.repairs = true, nil
	r.Invalid = r.fault.Of(1) + ": " + r.fault.Hint
	if len(cells) != len(j.header.names) && (r.fault == longRow || r.fault == rowTooShort) {
		r.Invalid = fmt.Sprintf("the row has %s and the header %d: %s", text.Counted(len(cells), "cell", "cells"),
			len(j.header.names), r.fault.Hint)
	}
	r.Invalid = j.header.say(r.Invalid)
	for _, piece := range strings.FieldsFunc(strings.Join(cells, "\n"),
		func(r rune) bool { return strings.ContainsRune(" \t\r\n;,|%<>\"'()[]", r) }) {
		if strings.Contains(piece, "@") {
			j.further(r, nil, piece)
		}
	}
}

// address reads the row's address and the further ones.
func (j *judge) address(r *Row, cells []string, p person) address {
	a := readAddress(p.Email)
	r.Key, r.Other = a.key, a.others
	if a.fault == nil {
		r.Email = a.email
	}
	for _, i := range j.second {
		j.further(r, &a, cellAt(cells, i))
	}
	switch {
	case a.fault == nil, j.columns.needAccounts && r.AccountID != "":
	case j.columns.needAccounts && a.fault == missingAddress:
		r.fault = missingAccount
	default:
		r.fault = a.fault
	}
	r.repaired(a.repair)
	return a
}

// further remembers another address of the same person.
func (j *judge) further(r *Row, a *address, cell string) {
	other, found := addressIn(cell)
	if !found {
		return
	}
	emails := append([]string{other.email}, other.further...)
	for i, key := range append([]string{other.key}, other.others...) {
		if key != r.Key && !slices.Contains(r.Other, key) {
			r.Other = append(r.Other, key)
			if a != nil {
				a.further = append(a.further, emails[i])
			}
		}
	}
}

// name says how the person is called: by the full name, else by its parts,
// else by what stands with the address, else by the address.
func (j *judge) name(r *Row, p person, a address) {
	for _, candidate := range []string{j.fullName(r, p, a), p.joined(j.columns.familyFirst), a.name} {
		if r.fault != nil {
			return
		}
		name, repairs, fault := cleanName(candidate)
		if fault != nil {
			if !j.columns.needAccounts { // else a name is not needed
				r.fault = fault
			}
			return
		}
		if name != "" && !j.options.NoNames {
			r.Name = name
			r.repaired(repairs...)
			return
		}
	}
	r.Name = r.Email
	if j.columns.hasNames() {
		r.repaired(namelessRow)
	}
}

// fullName is the cell of full names, but for one that repeats the address. Where a source
// joins a value for each directory, in both with a ;, it is taken once.
func (j *judge) fullName(r *Row, p person, a address) string {
	if strings.Contains(p.Name, "@") && (j.columns.has(FirstName) || j.columns.has(LastName)) {
		if other := readAddress(p.Name); other.fault == nil && other.key == a.key {
			return other.name
		}
	}
	first, rest, several := strings.Cut(p.Name, ";")
	if !several || !strings.Contains(p.Email, ";") {
		return p.Name
	}
	first = trimBlanks(first)
	differs := func(n string) bool { n = trimBlanks(n); return n != "" && n != first }
	if strings.Count(p.Name, ";") != strings.Count(p.Email, ";") &&
		slices.ContainsFunc(strings.Split(rest, ";"), differs) {
		r.fault = namesDiffer
		return ""
	}
	r.repaired(severalNames)
	return first
}

// invalidOrganization is why an organization cannot be made of a name.
func invalidOrganization(name string) string {
	const most = 200 // characters; Atlassian's limit
	switch {
	case utf8.RuneCountInString(name) > most:
		return "the organization's name is longer than 200 characters"
	case isBroken(name):
		return "the organization's name has lost letters"
	}
	return ""
}

func isLetterOrMark(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

// note is what is said of a row that is sent.
func (j *judge) note(r *Row, a address) string {
	var said []string
	if len(a.further) > 0 {
		said = append(said, "further addresses not onboarded: "+strings.Join(a.further, ", "))
	}
	for _, k := range r.repairs {
		if k != severalAddresses {
			said = append(said, j.header.say(k.Of(1)))
		}
	}
	return strings.Join(said, "; ")
}

// reason says in words that lead to a fix why a person cannot be sent.
func (j *judge) reason(r *Row, p person, a address) string {
	switch r.fault {
	case missingAddress:
		return "no address"
	case missingAccount:
		return "neither an account id nor an address"
	case brokenAddress:
		return fmt.Sprintf("%q is no address: %s", shown(trimBlanks(p.Email)), a.why)
	}
	name := strings.ToValidUTF8(p.anyName(j.columns.familyFirst), "\ufffd")
	return fmt.Sprintf("the name is %q: a %s: %s", shown(name), r.fault.Of(1), r.fault.Hint)
}
