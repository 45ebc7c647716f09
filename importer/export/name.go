package export

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"jsm-onboard/importer/csvtext"
)

// cleanName makes a name fit to be sent. It repairs what leaves no doubt about
// the name, and rejects names that have lost letters. "Null", "NA", "007" and
// "True" are people.
func cleanName(s string) (name string, repairs []*kind, fault *kind) {
	if isSimple(s) && (!strings.ContainsAny(s[:1], "nNuU") || !isPlaceholder(s)) {
		return s, nil, nil
	}
	if fault := lostLetters(s); fault != nil {
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
	if s = trimBlanks(s); isPlaceholder(s) {
		return "", nil, nil
	}
	return s, repairs, nil
}

// isSimple reports names that need no second look: letters of Latin scripts, none
// of those beyond ASCII next to another, and blanks.
func isSimple(s string) bool {
	before := ' '
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		case (r == ' ' || r == '-') && before != ' ' && before != '-', '0' <= r && r <= '9':
		case r >= 'À' && r <= 'ž' && r != '×' && r != '÷' && before < utf8.RuneSelf:
		default:
			return false
		}
		before = r
	}
	return s != "" && before != ' ' && before != '-'
}

// isPlaceholder reports what programs write where there is no name. One such
// word that people are called by (Null, NA) is a placeholder only twice.
func isPlaceholder(s string) bool {
	parts := strings.Fields(strings.Trim(s, ","))
	if len(parts) == 0 {
		return true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") || isEmptyPart(s) {
		return true
	}
	return !slices.ContainsFunc(parts, func(p string) bool {
		return !isEmptyPart(strings.Trim(p, ",")) && !(len(parts) > 1 && strings.EqualFold(p, "null"))
	})
}

// isEmptyPart reports what no part of a name is: (null), undefined, [not provided], a dash or dots.
func isEmptyPart(s string) bool {
	switch lower := strings.ToLower(s); lower {
	case `\n`, "undefined", "(null)", "<null>", "#n/a", "n/a", "nan", "<none>", "(none)":
		return s != "Nan" && s != "NAN"
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return true
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("-–—._*/", r) })
}

// joinParts puts the parts of a name together. A null stands for nothing beside a
// part that is written in another way, as in "Ann", "NULL".
func joinParts(parts ...string) string {
	var filled []string
	for _, part := range parts {
		if part = trimBlanks(bare(part)); part != "" && !isEmptyPart(part) {
			filled = append(filled, part)
		}
	}
	if len(filled) > 1 {
		real := slices.DeleteFunc(slices.Clone(filled), isNull)
		if len(real) == 0 || strings.ContainsFunc(strings.Join(real, ""), unicode.IsUpper) &&
			strings.ContainsFunc(strings.Join(real, ""), unicode.IsLower) {
			filled = real
		}
	}
	return strings.Join(filled, " ")
}

func isNull(s string) bool { return s == "null" || s == "NULL" }

// escaped are ways of writing a letter that a program has not undone: \u00fc,
// %C3%BC, =C3=BC, =?utf-8?Q?…?=, \xc3.
var escaped = regexp.MustCompile(`\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2}|=[89A-F][0-9A-F]=[89AB][0-9A-F]|` +
	`=\?[^? ]+\?[BbQq]\?`)

// lostLetters reports names that are not what the person is called any more.
func lostLetters(s string) *kind {
	switch {
	case strings.Contains(s, "\x00"):
		return nameNUL
	case !utf8.ValidString(s), strings.ContainsRune(s, utf8.RuneError), strings.IndexFunc(s, isC1) >= 0, isMisread(s):
		return nameEncoding
	case strings.Contains(s, "#") && slices.ContainsFunc(strings.Fields(s), isSpreadsheetError):
		return nameSpreadsheet
	case questionsInside(s):
		return nameLostLetters
	case strings.Contains(s, "&") && html.UnescapeString(s) != s, escaped.MatchString(s):
		return nameEntities
	}
	return nil
}

// isSpreadsheetError reports what a spreadsheet program leaves of a cell that it
// took for a formula, such as -Ann.
func isSpreadsheetError(word string) bool {
	switch word {
	case "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#N/A", "#SPILL!", "#ERROR!":
		return true
	}
	return false
}

// isC1 reports the controls that letters of other encodings become; U+0085 is a line break.
func isC1(r rune) bool { return r >= 0x80 && r < 0xa0 && r != 0x85 }

// questionsInside reports question marks that stand for letters: before a letter, or in a row.
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

// symbolInside is a sign beyond ASCII between two letters.
var symbolInside = regexp.MustCompile(`\p{L}[^\x00-\x7f\p{L}\p{M}\p{P}\p{Z}\p{N}\p{C}]\p{L}`)

// isMisread reports a name whose letters were read in the wrong encoding before
// it came here: scripts are mixed inside a word, or its bytes are other letters
// that make sense.
func isMisread(s string) bool {
	high := false
	for i := range len(s) {
		high = high || s[i] >= utf8.RuneSelf
	}
	if !high {
		return false
	}
	return mixesScripts(s) || symbolInside.MatchString(s) || csvtext.IsMisread(s)
}
