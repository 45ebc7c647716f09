package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// judge makes rows of records: it says whom a record names, what was repaired,
// and why it must not be sent. Both passes use it.
type judge struct {
	header    *header
	columns   *columns
	filter    filter
	needed    []int
	second    []int // columns of further addresses
	recovery  map[int]bool
	logins    []int
	dialect   Dialect
	checkUTF8 bool // the file has bytes that are not UTF-8
	guessed   bool // its encoding is a guess
}

// row judges one record; p is what gocsv took from it.
func (j *judge) row(it item, p person) *Row {
	r := &Row{Line: it.rec.line, fault: it.fault, repairs: it.repairs}
	j.keepCells(r, it.rec.cells)
	r.Organization, r.ExternalID, r.AccountID = trimBlanks(bare(p.Organization)), trimBlanks(bare(p.ExternalID)), trimBlanks(bare(p.AccountID))
	if r.fault == 0 && j.checkUTF8 && slices.ContainsFunc(it.rec.cells, func(c string) bool { return !utf8.ValidString(c) }) {
		r.fault = notUTF8
	}
	if r.fault != 0 {
		j.broken(r, it)
		return r
	}
	a := j.address(r, it.rec.cells, p)
	if reason := j.filter.reason(it.rec.cells); reason != "" {
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
	r.repairs = distinct(r.repairs)
	r.Note = j.note(r, a)
	return r
}

// distinct keeps the first of each kind.
func distinct(kinds []kind) []kind {
	var kept []kind
	for _, k := range kinds {
		if !slices.Contains(kept, k) {
			kept = append(kept, k)
		}
	}
	return kept
}

// keepCells sets what the row is written with again.
func (j *judge) keepCells(r *Row, cells []string) {
	for i, c := range cells {
		cells[i] = unguard(c)
	}
	r.Cells = cells
	if !j.header.ownFile {
		return
	}
	r.Cells, r.Own = nil, map[string]string{}
	for i, c := range cells {
		if i < len(j.header.own) && j.header.own[i] {
			r.Own[strings.ToLower(j.header.names[i])] = c
		} else {
			r.Cells = append(r.Cells, c)
		}
	}
}

// broken is a row whose cells cannot be trusted. The addresses in it count as
// being in the file.
func (j *judge) broken(r *Row, it item) {
	r.NoAddress = true
	r.Invalid = j.header.inWords(brokenReason(it, r.fault, len(j.header.names)))
	r.Email, r.Name, r.repairs = "", "", nil
	for _, c := range it.rec.cells {
		for piece := range strings.FieldsFuncSeq(c, func(r rune) bool { return strings.ContainsRune(" \t\r\n;,|%<>\"'()[]", r) }) {
			if strings.Contains(piece, "@") {
				if a := readAddress(piece); a.fault == 0 {
					r.Other = append(r.Other, a.key)
				}
			}
		}
	}
}

func brokenReason(it item, fault kind, width int) string {
	d := descriptions[fault]
	switch fault {
	case longRow:
		return fmt.Sprintf("the row has %s and the header %d: is there a delimiter in a cell that is not quoted?", counted(len(it.rec.cells), "cell", "cells"), width)
	case rowTooShort:
		return fmt.Sprintf("the row has %s of %d and ends before the address or the name: is there a line break in a cell that is not quoted?", counted(len(it.rec.cells), "cell", "cells"), width)
	case brokenRow:
		return fmt.Sprintf("lines %d to %d look like one row that is broken by a line break: put quotes around the cell that holds it", it.from, it.to)
	case beginningApart:
		return fmt.Sprintf("line %d may be the beginning of this row's name: put the whole name into one quoted cell, or take that line out", it.from)
	case quoteNeverClosed:
		return "a quote opens a cell in this line and is never closed: " + d.hint
	case notUTF8:
		return "the row is not UTF-8 although others are: save the file in one encoding"
	}
	if d.hint != "" {
		return d.of(1) + ": " + d.hint
	}
	return d.of(1)
}

// address reads the row's address and the further ones.
func (j *judge) address(r *Row, cells []string, p person) address {
	a := readAddress(p.Email)
	r.Key, r.Other = a.key, a.others
	if a.fault == 0 {
		r.Email = a.email
	}
	j.furtherColumns(r, &a, cells)
	for _, i := range j.second {
		if c := cellAt(cells, i); strings.Contains(c, "@") {
			j.further(r, &a, c, !j.recovery[i])
		}
	}
	switch {
	case a.fault == 0, j.columns.needAccounts && r.AccountID != "":
	case j.columns.needAccounts && a.fault == missingAddress:
		r.fault = missingAccount
	default:
		r.fault = a.fault
		r.login = firstFilled(cells, j.logins)
	}
	if a.repair != 0 {
		r.repairs = append(r.repairs, a.repair)
	}
	return a
}

// furtherColumns compares columns that all hold the address.
func (j *judge) furtherColumns(r *Row, a *address, cells []string) {
	at := j.columns.at[Email]
	if len(at) < 2 {
		return
	}
	for _, i := range at {
		c := trimBlanks(cellAt(cells, i))
		if c == "" || c == trimBlanks(firstFilled(cells, at)) {
			continue
		}
		before := len(r.Other)
		j.further(r, a, c, true)
		r.differs = r.differs || len(r.Other) > before
	}
	filled := 0
	for _, i := range at {
		if trimBlanks(cellAt(cells, i)) != "" {
			filled++
		}
	}
	r.both = filled > 1
}

// further remembers another address of the same person.
func (j *judge) further(r *Row, a *address, cell string, tell bool) {
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
	for _, candidate := range []string{j.onceForEach(r, p), j.joined(p), a.name} {
		if r.fault != 0 {
			return
		}
		name, repairs, fault := cleanName(candidate)
		if fault == 0 && j.misread(r, name) {
			fault = nameEncoding
		}
		if fault != 0 && j.columns.needAccounts { // a name is not needed then
			return
		}
		if fault != 0 {
			r.fault = fault
			return
		}
		if name != "" {
			r.Name, r.repairs = name, append(r.repairs, repairs...)
			return
		}
	}
	r.Name = r.Email
	if j.columns.has(Name) || j.columns.has(FirstName) || j.columns.has(LastName) {
		r.repairs = append(r.repairs, namelessRow)
	}
}

// misread tells a name whose letters are wrong because the encoding was guessed
// wrongly, in this file or in the one that a file of our own was made from.
func (j *judge) misread(r *Row, name string) bool {
	if !j.guessed && r.Own == nil {
		return false
	}
	return isMisread(name) && (j.guessed || strings.Contains(r.Own["jsm_reason"], misreadName(name)))
}

func (j *judge) joined(p person) string {
	parts := []string{p.FirstName, p.Infix, p.LastName, p.SecondLast}
	if j.columns.surnameFirst {
		parts = []string{p.LastName, p.FirstName}
	}
	var filled []string
	for _, part := range parts {
		if part = trimBlanks(bare(part)); part != "" && part != databaseNull {
			filled = append(filled, part)
		}
	}
	return strings.Join(filled, " ")
}

// onceForEach takes the name once where it stands once for each directory.
func (j *judge) onceForEach(r *Row, p person) string {
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
