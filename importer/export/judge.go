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
	filter      filter
	checkUTF8   bool // the file has bytes that are not UTF-8
	noIDs       bool // external ids of the file are not used
	wantsOrgs   bool
	needsNoName bool
}

// row judges one record; p is what gocsv took from it.
func (j *judge) row(it *item, p person) *Row {
	r := &Row{Place: it.rec.Place, fault: it.fault, repairs: it.repairs}
	j.keepCells(r, it.rec.Cells)
	r.Organization, r.AccountID = trimBlanks(bare(p.Organization)), trimBlanks(bare(p.AccountID))
	if !j.noIDs {
		r.ExternalID = trimBlanks(bare(p.ExternalID))
	}
	if r.fault == 0 && j.checkUTF8 && slices.ContainsFunc(it.rec.Cells,
		func(c string) bool { return !utf8.ValidString(c) }) {
		r.fault = notUTF8
	}
	if r.fault != 0 {
		j.broken(r, it)
		return r
	}
	a := j.address(r, it.rec.Cells, p)
	if reason := j.filter.reason(it.rec.Cells); reason != "" {
		r.Excluded, r.fault, r.repairs = reason, 0, nil
		return r
	}
	if r.fault == 0 {
		j.name(r, p, a)
	}
	if r.fault != 0 {
		r.Invalid = j.reason(r, p, a)
		return r
	}
	if j.wantsOrgs {
		r.InvalidOrganization = invalidOrganization(r.Organization)
	}
	if len(r.repairs) > 1 {
		slices.Sort(r.repairs)
		r.repairs = slices.Compact(r.repairs)
	}
	r.Note = j.note(r, a)
	return r
}

// keepCells sets what the row is written with again.
func (j *judge) keepCells(r *Row, cells []string) {
	for i, c := range cells {
		if c != "" && c[0] == '\'' {
			cells[i] = Unguard(c)
		}
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
func (j *judge) broken(r *Row, it *item) {
	r.NoAddress, r.repairs = true, nil
	r.Invalid = j.say(brokenReason(it, r.fault, len(j.header.names)))
	for _, c := range it.rec.Cells {
		for piece := range strings.FieldsFuncSeq(c,
			func(r rune) bool { return strings.ContainsRune(" \t\r\n;,|%<>\"'()[]", r) }) {
			if strings.Contains(piece, "@") {
				if a := readAddress(piece); a.fault == 0 {
					r.Other = append(r.Other, a.key)
				}
			}
		}
	}
}

// address reads the row's address and the further ones.
func (j *judge) address(r *Row, cells []string, p person) address {
	a := readAddress(p.Email)
	r.Key, r.Other = a.key, a.others
	if a.fault == 0 {
		r.Email = a.email
	}
	for _, i := range j.columns.at[Email][min(1, len(j.columns.at[Email])):] {
		j.further(r, &a, cellAt(cells, i), true)
	}
	for _, i := range j.second {
		j.further(r, &a, cellAt(cells, i), !j.recovery[i])
	}
	switch {
	case a.fault == 0, j.columns.needAccounts && r.AccountID != "":
	case j.columns.needAccounts && a.fault == missingAddress:
		r.fault = missingAccount
	default:
		r.fault, r.login = a.fault, trimBlanks(firstFilled(cells, j.logins))
	}
	if a.repair != 0 {
		r.repairs = append(r.repairs, a.repair)
	}
	return a
}

// further remembers another address of the same person.
func (j *judge) further(r *Row, a *address, cell string, tell bool) {
	if !strings.Contains(cell, "@") {
		return
	}
	other := readAddress(cell)
	if other.fault != 0 {
		return
	}
	keys, emails := append([]string{other.key}, other.others...), append([]string{other.email}, other.further...)
	for i, key := range keys {
		if key != r.Key && !slices.Contains(r.Other, key) {
			r.Other = append(r.Other, key)
			if tell {
				a.further = append(a.further, emails[i])
			}
		}
	}
}

// name says how the person is called: by the full name, else by its parts,
// else by what stands with the address, else by the address.
func (j *judge) name(r *Row, p person, a address) {
	for _, candidate := range []string{j.fullName(r, p, a), p.joined(j.columns.familyFirst), a.name} {
		if r.fault != 0 {
			return
		}
		name, repairs, fault := cleanName(candidate)
		if fault != 0 && j.columns.needAccounts { // a name is not needed then
			return
		}
		if r.fault = fault; fault != 0 {
			return
		}
		if name != "" && !j.needsNoName {
			r.Name, r.repairs = name, append(r.repairs, repairs...)
			return
		}
	}
	r.Name = r.Email
	if j.columns.hasNames() {
		r.repairs = append(r.repairs, namelessRow)
	}
}

// fullName is the cell of full names, but for one that repeats the address. In
// a source that joins a value for each directory it is taken once.
func (j *judge) fullName(r *Row, p person, a address) string {
	if strings.Contains(p.Name, "@") && (j.columns.has(FirstName) || j.columns.has(LastName)) {
		if other := readAddress(p.Name); other.fault == 0 && other.key == a.key {
			return other.name
		}
	}
	if j.columns.preset == nil || !j.columns.preset.joined || !strings.Contains(p.Name, ";") {
		return p.Name
	}
	names := strings.Split(p.Name, ";")
	first := trimBlanks(names[0])
	same := !slices.ContainsFunc(names, func(n string) bool { n = trimBlanks(n); return n != "" && n != first })
	if !same && len(names) != strings.Count(p.Email, ";")+1 {
		r.fault = namesDiffer
		return ""
	}
	r.repairs = append(r.repairs, severalNames)
	return first
}

// invalidOrganization is why an organization cannot be made of a name.
func invalidOrganization(name string) string {
	const most = 200 // characters; Atlassian's limit
	switch {
	case name == "":
		return ""
	case utf8.RuneCountInString(name) > most:
		return "the organization's name is longer than 200 characters"
	case lostLetters(name) != 0:
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
		if n := notes[k]; n != "" {
			said = append(said, j.say(n))
		}
	}
	return strings.Join(said, "; ")
}

// brokenReason says why the cells of a record cannot be trusted.
func brokenReason(it *item, fault kind, width int) string {
	d := descriptions[fault]
	switch cells := text.Counted(len(it.rec.Cells), "cell", "cells"); fault {
	case longRow:
		return fmt.Sprintf("the row has %s and the header %d: %s", cells, width, d.hint)
	case rowTooShort:
		return fmt.Sprintf("the row has %s of %d and ends before the address or the name: %s", cells, width, d.hint)
	case brokenRow:
		return fmt.Sprintf("%s to %s look like one row that is broken by a line break: %s", it.from, it.to, d.hint)
	case beginningApart:
		return fmt.Sprintf("%s may be the beginning of this row's name: %s", it.from, d.hint)
	}
	return d.of(1) + ": " + d.hint
}

// reason says in words that lead to a fix why a person cannot be sent.
func (j *judge) reason(r *Row, p person, a address) string {
	d := descriptions[r.fault]
	r.value, r.why = shown(trimBlanks(p.Email)), a.why
	switch r.fault {
	case missingAddress, missingAccount:
		r.value, r.why = trimBlanks(p.anyName(j.columns.familyFirst)), "the name, without an address"
		if r.login != "" {
			r.value, r.why = r.login, "the login name, without an address"
		}
		switch {
		case r.fault == missingAccount:
			return "neither an account id nor an address"
		case r.login != "":
			return fmt.Sprintf("no address (the login name is %s)", r.login)
		}
		return "no address"
	case nullAddress:
		return fmt.Sprintf("no address: the cell says %q", r.value)
	case guestAddress, exchangeAddress:
		return d.of(1) + ": " + d.hint
	case brokenAddress:
		return fmt.Sprintf("%q is no address: %s", r.value, a.why)
	}
	r.value, r.why = p.anyName(j.columns.familyFirst), ""
	return fmt.Sprintf("the name is %q: a %s: %s", shown(strings.ToValidUTF8(r.value, "\ufffd")), d.of(1), d.hint)
}
