package export

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// note is what is said of a row that is sent.
func (j *judge) note(r *Row, a address) string {
	var notes []string
	if len(a.further) > 0 {
		notes = append(notes, "further addresses not onboarded: "+strings.Join(a.further, ", "))
	}
	for _, k := range r.repairs {
		switch k {
		case severalAddresses, severalNames:
		case namelessRow:
			notes = append(notes, "no name: the address is used")
		case wrappedAddress:
			notes = append(notes, "what stood around the address was taken off")
		case guardedCell:
			notes = append(notes, "what guards the cell against formulas (' or =\"\") was taken off")
		case nameControls:
			notes = append(notes, "control characters in the name were taken out")
		case nameLineBreak:
			notes = append(notes, "a line break in the name became a blank")
		case nameQuestion:
			notes = append(notes, "the name ends in a question mark: was that a letter?")
		case shortRow:
			notes = append(notes, j.header.inWords("the row is shorter than the header"))
		case cutOff:
			notes = append(notes, "the last row is short: was the file cut off?")
		default:
			notes = append(notes, "the quotes of the row are not clean")
		}
	}
	return strings.Join(notes, "; ")
}

// reason says in words that lead to a fix why a person cannot be sent.
func (j *judge) reason(r *Row, p person, a address) string {
	r.value, r.why = j.culprit(r, p, a)
	switch r.fault {
	case missingAddress:
		if r.login != "" {
			return fmt.Sprintf("no address (the login name is %s)", r.login)
		}
		return "no address"
	case missingAccount:
		return "neither an account id nor an address"
	case nullAddress:
		return fmt.Sprintf("no address: the cell says %q", trimBlanks(p.Email))
	case brokenAddress:
		return fmt.Sprintf("%q is no address: %s", shown(trimBlanks(p.Email)), a.why)
	case nameNUL:
		return "the name has a NUL character in it: export the file again"
	case nameLostLetters:
		return fmt.Sprintf("the name %q has lost letters: export the file again as UTF-8, or mend the name", shown(j.anyName(p)))
	case nameEncoding:
		return misreadName(j.anyName(p)) + ": say --encoding, save the file as UTF-8, or mend the name"
	case nameEntities:
		return fmt.Sprintf("the name %q holds HTML entities: write the letters themselves", shown(j.anyName(p)))
	case nameSpreadsheet:
		return fmt.Sprintf("the name is %q, an error of a spreadsheet program: export the file again, and do not open it before", shown(j.anyName(p)))
	case nameQuote:
		return fmt.Sprintf("the name %q has a quote in it that is alone: take it off, or put the row's cells right", shown(j.anyName(p)))
	case namesDiffer:
		return fmt.Sprintf("there are several names in the cell: %q", shown(p.Name))
	}
	d := descriptions[r.fault]
	return d.of(1) + ": " + d.hint
}

// culprit is the cell that is wrong, and why. A row without an address is known by its
// login name or its name.
func (j *judge) culprit(r *Row, p person, a address) (value, why string) {
	switch r.fault {
	case missingAddress, missingAccount:
		if r.login != "" {
			return r.login, "the login name, without an address"
		}
		if name := trimBlanks(j.anyName(p)); name != "" {
			return name, "the name, without an address"
		}
		return "", ""
	case nullAddress, guestAddress, exchangeAddress, brokenAddress:
		return trimBlanks(p.Email), a.why
	}
	return j.anyName(p), ""
}

// misreadName is known again in the reasons of a file of our own: the wrong
// letters are UTF-8 there.
func misreadName(name string) string {
	return fmt.Sprintf("the name %q was read in the wrong encoding", shown(strings.ToValidUTF8(name, "\ufffd")))
}

func (j *judge) anyName(p person) string {
	if p.Name != "" {
		return p.Name
	}
	return j.joined(p)
}

// shown cuts a long cell for a message.
func shown(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
