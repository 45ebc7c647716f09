package export

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"jsm-onboard/importer/csvtext"
	"jsm-onboard/importer/text"
)

// judge says whom a row names, what was repaired, and why it must not be sent; p is what
// gocsv took from it. Both passes use it.
func (s *Survey) judge(r *Row, p person) {
	cells := r.record.Cells
	s.keepCells(r, cells)
	r.Organization, r.AccountID = trimBlanks(bare(p.Organization)), trimBlanks(bare(p.AccountID))
	if r.ExternalID = trimBlanks(bare(p.ExternalID)); s.OneExternalID != "" {
		r.ExternalID = ""
	}
	if r.fault == nil && slices.ContainsFunc(cells, func(c string) bool { return !utf8.ValidString(c) }) {
		r.fault = notUTF8
	}
	if r.fault = cmp.Or(r.fault, r.stillBroken()); r.fault != nil {
		s.broken(r, cells)
		return
	}
	a := s.address(r, cells, p)
	if reason := s.filter.reason(cells); reason != "" {
		r.Excluded, r.Invalid, r.fault, r.repairs = reason, "", nil, nil
		return
	}
	if r.Invalid == "" {
		s.name(r, p, a)
	}
	if r.Invalid != "" {
		return
	}
	if s.options.Organizations {
		if isNothing(r.Organization) || isNull(r.Organization) {
			r.Organization = "" // not a group of everybody who has none
		}
		r.InvalidOrganization = invalidOrganization(r.Organization)
	}
	r.Note = s.note(r)
}

// keepCells sets what the row is written with again.
func (s *Survey) keepCells(r *Row, cells []string) {
	for i, c := range cells {
		cells[i] = Unguard(c)
	}
	r.Cells = cells
	if s.Own == nil {
		return
	}
	r.Cells, r.Own = nil, map[string]string{}
	for i, c := range cells {
		if i < len(s.header.own) && s.header.own[i] {
			r.Own[s.header.names[i]] = c
		} else {
			r.Cells = append(r.Cells, c)
		}
	}
}

const clearReason = "; when its cells are right, empty its cell jsm_reason"

// stillBroken is the fault of form that a row in a file of ours was rejected for, until its reason is emptied:
// there its cells fill the columns that the file was given, and nothing else shows it any more.
func (r *Row) stillBroken() *kind {
	reason, still := strings.CutSuffix(r.Own["jsm_reason"], clearReason)
	for _, k := range kinds {
		if still && k.Hint != "" && strings.HasSuffix(reason, k.Hint) {
			return k
		}
	}
	return nil
}

// broken is a row whose cells cannot be trusted. The addresses in it count as being in the file.
func (s *Survey) broken(r *Row, cells []string) {
	r.NoAddress, r.repairs = true, nil
	r.Invalid = r.fault.Of(1) + ": " + r.fault.Hint
	if !s.columns.needAccounts && r.fault != notUTF8 && r.fault != csvtext.CellTooLong { // whose cells are in place
		r.Invalid += clearReason
	}
	r.mentioned(cells)
}

// mentioned remembers the addresses anywhere in a row whose own cannot be read: they count as being in the file.
func (r *Row) mentioned(cells []string) {
	for _, piece := range mention.FindAllString(strings.Join(cells, "\n"), -1) {
		r.further(strings.Trim(piece, "."))
	}
}

// mention is what may be an address within other text.
var mention = regexp.MustCompile(`[^\s;,|%<>"'()\[\]]*@[^\s;,|%<>"'()\[\]]*`)

// address reads the row's address and the further ones.
func (s *Survey) address(r *Row, cells []string, p person) address {
	a := readAddress(p.Email)
	r.Key, r.Other = a.key, a.others
	for _, i := range s.second {
		if cell := cellAt(cells, i); cell != p.Email {
			r.further(cell)
		}
	}
	switch {
	case a.key != "":
		r.Email = a.email
	case s.columns.needAccounts && r.AccountID != "":
	case a.why != "":
		r.refuse(brokenAddress, fmt.Sprintf("%q is not an address: %s", text.Shorten(trimBlanks(p.Email), 80), a.why))
		r.mentioned(cells)
	case s.columns.needAccounts:
		r.refuse(missingAccount, "neither an account id nor an address")
	default:
		r.refuse(missingAddress, "no address")
	}
	r.repaired(a.repair)
	return a
}

// further remembers other addresses of the same person.
func (r *Row) further(cell string) {
	a, found := addressIn(cell)
	for _, key := range append([]string{a.key}, a.others...) {
		if found && key != r.Key && !slices.Contains(r.Other, key) {
			r.Other = append(r.Other, key)
		}
	}
}

// name says how the person is called: by the full name, else by its parts,
// else by what stands with the address, else by the address.
func (s *Survey) name(r *Row, p person, a address) {
	for _, candidate := range []string{s.fullName(r, p, a), p.joined(s.columns.familyFirst), a.name} {
		name, repairs, fault := cleanName(candidate)
		if fault != nil {
			s.refuseName(r, fault, candidate)
		}
		if fault != nil || r.Invalid != "" {
			return
		}
		if name != "" && !s.options.NoNames {
			r.Name = name
			r.repaired(repairs...)
			wrong := func(word string) bool { return isMisspelt(word, a.key) }
			if !isASCII(name) && slices.ContainsFunc(strings.Fields(name), wrong) {
				s.refuseName(r, nameBroken, name)
			}
			if isAnothers(name, a) {
				r.refuse(brokenAddress, "the cell of the address has two people in it, and the name is that of the "+
					"second: leave the person's own address there")
			}
			return
		}
	}
	r.Name = r.Email
	if s.columns.hasNames() {
		r.repaired(namelessRow)
	}
}

// isAnothers reports a name that does not stand in the address that is taken, but in a further one of the
// cell, or where another name is with the address and stands in it.
func isAnothers(name string, a address) bool {
	stands := func(key string) bool { return agrees(name, localWords(key)) }
	another := slices.ContainsFunc(a.others, stands) || a.name != "" && agrees(a.name, localWords(a.key))
	return another && !stands(a.key)
}

// refuseName refuses a row for its name, where one is needed.
func (s *Survey) refuseName(r *Row, k *kind, name string) {
	if !s.columns.needAccounts {
		name = text.Shorten(strings.ToValidUTF8(name, "\ufffd"), 80)
		r.refuse(k, fmt.Sprintf("the name is %q: a %s: %s", name, k.Of(1), k.Hint))
	}
}

// fullName is the cell of full names, without the address where it repeats that; another one is no name. Where a source
// joins a value for each directory, in both with a ;, it is taken once.
func (s *Survey) fullName(r *Row, p person, a address) string {
	if strings.Contains(p.Name, "@") {
		if other := readAddress(p.Name); other.key != "" && (other.key == a.key || other.name == "") {
			return other.name
		}
	}
	if !strings.Contains(p.Name, ";") || !strings.Contains(p.Email, ";") {
		return p.Name
	}
	first := ""
	for name := range strings.SplitSeq(p.Name, ";") {
		if name = trimBlanks(name); first != "" && name != "" && name != first {
			s.refuseName(r, notAName, p.Name)
		}
		first = cmp.Or(first, name)
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
	case strings.HasPrefix(name, "="):
		return "the organization's name is a formula"
	case isBroken(name):
		return "the organization's name has lost letters"
	}
	return ""
}

// note is what is said of a row that is sent.
func (s *Survey) note(r *Row) string {
	var said []string
	if len(r.Other) > 0 {
		said = append(said, "further addresses in the row, not used for it: "+strings.Join(r.Other, ", "))
	}
	for _, k := range r.repairs {
		if k != severalAddresses {
			said = append(said, k.Of(1))
		}
	}
	return strings.Join(said, "; ")
}
