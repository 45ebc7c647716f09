package export

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// cleanName makes a name fit to be sent. It repairs what leaves no doubt about
// the name, and rejects names that have lost letters. "Null", "NA", "007" and
// "True" are people.
func cleanName(s string) (name string, repairs []kind, fault kind) {
	if isSimple(s) {
		return s, nil, 0
	}
	if s == databaseNull {
		return "", nil, 0
	}
	if fault := lostLetters(s); fault != 0 {
		return "", nil, fault
	}
	if text := bare(s); text != s {
		s, repairs = text, append(repairs, guardedCell)
	}
	if strings.Count(s, `"`)%2 == 1 {
		return "", nil, nameQuote
	}
	s = trimBlanks(s)
	var controls, breaks bool
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r):
			breaks = true
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			controls = true
			return -1
		}
		return r
	}, s)
	if breaks {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), " ")
		repairs = append(repairs, nameLineBreak)
	}
	if controls {
		repairs = append(repairs, nameControls)
	}
	if strings.Contains(s, "?") {
		repairs = append(repairs, nameQuestion)
	}
	return trimBlanks(s), repairs, 0
}

// databaseNull is how databases write that a cell has no value. Unlike NULL, nobody is called so.
const databaseNull = `\N`

// isSimple tells names that need no second look: printable ASCII and letters.
func isSimple(s string) bool {
	if s == "" || s[0] <= ' ' || s[0] == '\'' || s[0] == '=' || s[0] == '\\' || s[len(s)-1] == ' ' {
		return false
	}
	var before rune
	for _, r := range s {
		switch {
		case r >= utf8.RuneSelf:
			if !unicode.IsLetter(r) || before >= utf8.RuneSelf {
				return false
			}
		case r < ' ', r == 0x7f, r == '?', r == '&', r == '#', r == '"':
			return false
		}
		before = r
	}
	return true
}

// lostLetters tells names that are not what the person is called any more.
func lostLetters(s string) kind {
	switch {
	case strings.Contains(s, "\x00"):
		return nameNUL
	case !utf8.ValidString(s), strings.ContainsRune(s, utf8.RuneError), strings.IndexFunc(s, isC1) >= 0, isTwiceEncoded(s):
		return nameEncoding
	case strings.Contains(s, "#") && slices.ContainsFunc(strings.Fields(s), isSpreadsheetError):
		return nameSpreadsheet
	case questionsInside(s):
		return nameLostLetters
	case strings.Contains(s, "&") && html.UnescapeString(s) != s:
		return nameEntities
	}
	return 0
}

// isSpreadsheetError tells what a spreadsheet program leaves of a cell that it
// took for a formula, such as -Ann.
func isSpreadsheetError(word string) bool {
	switch word {
	case "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#N/A", "#SPILL!", "#ERROR!":
		return true
	}
	return false
}

// isC1 tells the controls that letters of other encodings become; U+0085 is a line break.
func isC1(r rune) bool { return r >= 0x80 && r < 0xa0 && r != 0x85 }

// questionsInside tells question marks that stand for letters: before a letter, or in a row.
func questionsInside(s string) bool {
	for i, r := range s {
		if r != '?' {
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[i+1:])
		if unicode.IsLetter(next) || next == '?' {
			return true
		}
	}
	return s == "?"
}

// isTwiceEncoded tells "JosÃ©": UTF-8 that was read as Windows-1252 and written as UTF-8 again.
func isTwiceEncoded(s string) bool {
	if !hasHighPair(s) {
		return false
	}
	b, err := charmap.Windows1252.NewEncoder().String(s)
	return err == nil && b != s && utf8.ValidString(b) && utf8.RuneCountInString(b) < len(b)
}

// hasHighPair tells a lead byte of UTF-8, as a letter, before another letter that is not ASCII.
func hasHighPair(s string) bool {
	var before rune
	for _, r := range s {
		if r >= 0x80 && before >= 0xc2 && before <= 0xf4 {
			return true
		}
		before = r
	}
	return false
}

// isMisread tells a name that makes no sense read as Windows-1252, so that the
// file is in another encoding: symbols for letters, capitals inside words.
func isMisread(s string) bool {
	var before rune
	for i, r := range s {
		if r >= 0x80 {
			switch {
			case r == '”' && closesQuote(s, i):
			case strings.ContainsRune("¡¢£¤¥¦§¨©¬®¯°±²³µ¶¸¹º¼½¾¿×÷†‡‰‹›…•ˆ˜™€", r):
				return true
			case unicode.IsLetter(before) && strings.ContainsRune("‚„“”—", r):
				return true
			case unicode.IsUpper(r) && unicode.IsLower(before):
				return true
			}
		}
		before = r
	}
	return false
}

// closesQuote tells a ” at i that ends what “ or „ began: Jo “Joey” Smith.
func closesQuote(s string, i int) bool {
	next, _ := utf8.DecodeRuneInString(s[i+len("”"):])
	return strings.ContainsAny(s[:i], "“„") && !unicode.IsLetter(next)
}
