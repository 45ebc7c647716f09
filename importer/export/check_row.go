package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"jsm-onboard/importer/text"
)

// cell is what a record says in the columns of a field.
func (l *layout) cell(cells []string, f Field) string { return cellAt(cells, l.columns.at[f]...) }

// checkRow sets, in both passes, the person of a row, what was repaired, and why not to send it.
func (s *Survey) checkRow(r *Row) {
	cells := r.record.Cells
	s.keepCells(r, cells)
	r.Organization = trimBlanks(bare(s.cell(cells, Organization)))
	r.AccountID = trimBlanks(bare(s.cell(cells, AccountID)))
	if s.ExternalIDsUnused == "" {
		r.ExternalID = trimBlanks(bare(s.cell(cells, ExternalID)))
	}
	// A row whose cells cannot be trusted stays broken, in the files of ours that take it over, until its reason is
	// emptied there: its cells fill the columns of these files, so nothing else shows that they are wrong.
	switch before := r.Own["jsm_reason"]; {
	case r.fault != nil && s.options.NeedAccounts:
		r.refuse(r.fault, r.fault.reason())
	case r.fault != nil:
		r.refuse(r.fault, r.fault.reason()+"; "+uncorrected.Hint)
	case slices.ContainsFunc(cells, func(c string) bool { return !utf8.ValidString(c) }): // they are in place
		r.refuse(kindOf("row_not_utf8"), kindOf("row_not_utf8").reason())
	case strings.HasSuffix(before, uncorrected.Hint):
		r.refuse(uncorrected, before)
	}
	if r.Invalid != "" {
		r.NoAddress, r.repairs = true, nil
		r.further(strings.Join(cells, "\n"))
		return
	}
	a := s.address(r, cells)
	switch reason := s.filter.reason(cells); {
	case reason != "":
		r.Excluded, r.Invalid = reason, ""
	case r.Invalid == "":
		s.name(r, cells, a)
	}
	if r.Key == "" { // by which a leaver may be known
		r.Name = textOf(cells, s.columns.at.names())
	}
	if r.Sendable() {
		r.checkOrganization(s.options)
		r.Note = r.note()
	}
}

// keepCells sets the cells with which the row is written again.
func (s *Survey) keepCells(r *Row, cells []string) {
	if slices.Contains(s.header.own, true) {
		r.Own = map[string]string{}
	}
	r.Cells = make([]string, 0, len(cells))
	for i, c := range cells {
		known := i < len(s.header.own)
		if known && s.header.own[i] {
			r.Own[s.header.names[i]] = Unguard(c)
		}
		if !known || s.header.kept[i] {
			r.Cells = append(r.Cells, Unguard(c))
		}
	}
}

// address reads the row's address and the further ones.
func (s *Survey) address(r *Row, cells []string) address {
	a := readAddress(s.cell(cells, Email))
	r.Email, r.Key = a.email, a.key
	for _, i := range s.second {
		if cell := cellAt(cells, i); cell != r.Email { // as in most rows
			r.further(cell)
		}
	}
	switch {
	case a.key != "", s.options.NeedAccounts && r.AccountID != "":
	case a.why != "":
		shown := text.Shorten(trimBlanks(s.cell(cells, Email)), 80)
		r.refuse(kindOf("malformed_address"), fmt.Sprintf("%q is not an address: %s", shown, a.why))
		r.further(strings.Join(cells, "\n"))
	case s.options.NeedAccounts:
		r.refuse(kindOf("no_account"), "neither an account id nor an address")
	default:
		r.refuse(kindOf("no_address"), "no address")
	}
	if a.repair != nil {
		r.repairs = append(r.repairs, a.repair)
	}
	return a
}

// further adds the addresses in some cells, but for the own one of the row: they count as in the file.
func (r *Row) further(cells string) {
	apart := func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`;,|%<>"()[]、，；`, c) }
	for piece := range strings.FieldsFuncSeq(cells, apart) {
		key := readAddress(strings.Trim(piece, ".")).key
		if key != "" && key != r.Key && !slices.Contains(r.Other, key) {
			r.Other = append(r.Other, key)
		}
	}
}

// name sets the person's name: the full one, else its parts joined, else what stands with the address, else that.
func (s *Survey) name(r *Row, cells []string, a address) {
	r.Name = r.Email
	if s.options.NeedAccounts || s.options.NoNames {
		return
	}
	misspelt := func(word string) bool { return isMisspelt(word, a.key) }
	first, middle := s.cell(cells, FirstName), s.cell(cells, MiddleName)
	last, second := s.cell(cells, LastName), s.cell(cells, secondLast)
	parts := []string{first, middle, last, second}
	if s.columns.familyFirst {
		parts = []string{last, second, middle, first}
	}
	for _, candidate := range []string{fullName(s.cell(cells, Name), a), joinParts(parts...), a.name} {
		name, repairs, fault := cleanName(candidate)
		if !isASCII(name) && slices.ContainsFunc(strings.Fields(name), misspelt) {
			fault = kindOf("name_lost_letters")
		}
		switch {
		case fault != nil:
			r.refuse(fault, fault.reason())
		case name == "":
			continue
		case s.misplaced[r.Number], s.isMisplaced(r, name, a):
			k := kindOf("anothers_address")
			r.refuse(k, k.reason()+"; "+uncorrected.Hint)
		}
		r.Name = name
		r.repairs = append(r.repairs, repairs...)
		return
	}
	if s.columns.hasNames() {
		r.repairs = append(r.repairs, kindOf("no_name"))
	}
}

// fullName returns the cell of full names: once where a source repeats it with a ; for each directory, and without the
// row's address if it has that. A cell that is only an address, of anybody, is no name.
func fullName(cell string, a address) string {
	name, _, _ := strings.Cut(cell, ";")
	if others := strings.ReplaceAll(cell, trimBlanks(name), ""); strings.Trim(others, "; ") != "" {
		name = cell
	}
	if other := readAddress(name); other.key != "" && (other.key == a.key || other.name == "") {
		return other.name
	}
	return name
}

// checkOrganization checks whether the name of an organization can be used. Words for "no value" are none.
func (r *Row) checkOrganization(o Options) {
	switch name := r.Organization; {
	case !o.Organizations:
	case isNothing(name), isNull(name):
		r.Organization = ""
	case utf8.RuneCountInString(name) > 200: // Atlassian's limit
		r.InvalidOrganization = "the organization's name is longer than 200 characters"
	case strings.HasPrefix(name, "="), isBroken(name):
		r.InvalidOrganization = "the organization's name is a formula or has lost letters"
	}
}

// note is what is said of a row that is sent.
func (r *Row) note() string {
	var said []string
	if len(r.Other) > 0 {
		said = append(said, "further addresses in the row, not used for it: "+strings.Join(r.Other, ", "))
	}
	for _, k := range r.repairs {
		if k != kindOf("several_addresses") {
			said = append(said, k.counted(1))
		}
	}
	return strings.Join(said, "; ")
}
