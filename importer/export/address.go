package export

import (
	"encoding/json"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"jsm-onboard/importer/csvtext"
)

// address is what a cell says of where somebody can be reached.
type address struct {
	email   string   // as to be sent
	key     string   // whole in lower case, the domain in ASCII
	name    string   // what stood before <email>
	others  []string // keys of the further addresses
	further []string // and how they are written
	repair  *kind
	fault   *kind  // nil: it may be sent
	why     string // with malformed addresses
}

// readAddress reads the cell of an address. An address that it accepts is
// accepted again, and unchanged.
func readAddress(cell string) address {
	s := trimBlanks(cell)
	if isPlainAddress(s) {
		return address{email: s, key: strings.ToLower(s)}
	}
	var repair *kind
	for text := bare(s); text != s; text = bare(s) { // written and read again and again, by other programs too
		s, repair = trimBlanks(text), guardedCell
	}
	if fault, why := noAddress(s); fault != nil {
		return address{fault: fault, why: why}
	}
	a := single(s)
	if a.fault != nil {
		if several, ok := several(s); ok {
			return several
		}
	}
	if a.repair == nil {
		a.repair = repair
	}
	return a
}

// Key is the address in cell as [Row.Key] has it; false when there is none in it.
func Key(cell string) (key string, ok bool) {
	a := readAddress(cell)
	return a.key, a.fault == nil
}

// trimBlanks takes blanks and invisible characters off both ends.
func trimBlanks(s string) string {
	if s == "" || s[0] > ' ' && s[0] < utf8.RuneSelf && s[len(s)-1] > ' ' && s[len(s)-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
}

// noAddress is the fault of a cell that does not even try to be one, and why with it.
func noAddress(s string) (fault *kind, why string) {
	lower := strings.ToLower(s)
	switch lower {
	case "":
		return missingAddress, ""
	case "null", "(null)", "<null>", "nil", "none", "n/a", "#n/a", "na", "n.a.", "nan", "-", "--", "undefined",
		"empty", `\n`, "no email", "noemail":
		return brokenAddress, "it is a word for none"
	}
	switch before, _, exchange := strings.Cut(lower, "/o="); {
	case strings.Contains(lower, "#ext#"):
		return brokenAddress, "it is the login name of a guest (#EXT#): put the guest's own address there"
	case exchange && len(before) <= len("x500:") && !strings.Contains(lower, "smtp:"):
		return brokenAddress, "it is an Exchange address (/o=…): put the person's SMTP address there"
	}
	return nil, ""
}

// single reads one address, perhaps with something around it.
func single(s string) address {
	email, name, wrapped := unwrap(s)
	key, why := check(email)
	a := address{email: email, key: key, name: name, why: why}
	if wrapped {
		a.repair = wrappedAddress
	}
	if why != "" {
		a.fault = brokenAddress
	}
	return a
}

// unwrap takes off mailto:, SMTP:, quotes and brackets, and what stands before those.
func unwrap(s string) (email, name string, wrapped bool) {
	for _, pair := range []string{"<>", "()", "[]", "{}", `""`, "''"} {
		if before, inner, ok := enclosed(s, pair); ok {
			name = trimBlanks(strings.Trim(trimBlanks(before), `"`))
			s, wrapped = trimBlanks(inner), true
			break
		}
	}
	for _, scheme := range []string{"mailto:", "smtp:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s, _, _ = strings.Cut(trimBlanks(s[len(scheme):]), "?")
			wrapped = true
		}
	}
	return s, name, wrapped
}

// enclosed finds a pair of brackets around the end of s, and no other of the
// kind in it. What stands before other ones than <> must not be an address too,
// and quotes stand around the whole.
func enclosed(s, pair string) (before, inner string, ok bool) {
	open := strings.IndexByte(s, pair[0])
	if open < 0 || open == len(s)-1 || s[len(s)-1] != pair[1] {
		return "", "", false
	}
	before, inner = s[:open], s[open+1:len(s)-1]
	switch {
	case strings.ContainsAny(inner, pair), strings.Contains(before, pair[1:]),
		pair != "<>" && strings.Contains(before, "@"), pair[0] == pair[1] && before != "":
		return "", "", false
	}
	return before, inner, true
}

// Longest local part and address: RFC 5321, 4.5.3.1, and erratum 1690 of RFC 3696.
const (
	maxLocal   = 64
	maxAddress = 254
	maxLabel   = 63
)

// check says what is wrong with an address; with nothing it gives its key.
func check(s string) (key, why string) {
	parsed, err := mail.ParseAddress(s)
	at := strings.LastIndexByte(s, '@')
	switch {
	case strings.ContainsFunc(s, isOutOfPlace) || !utf8.ValidString(s):
		return "", "it has a blank, an invisible or a lost character in it"
	case looksAlike(s):
		return "", "it has letters in it that only look like the right ones (full-width, or of another alphabet)"
	case at < 0:
		return "", "it has no @"
	case err != nil || parsed.Address != s || parsed.Name != "":
		return "", malformed(s, s[:at], s[at+1:])
	case at > maxLocal:
		return "", "the part before @ is longer than 64 characters"
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	notLabel := func(label string) bool { return label == "" || len(label) > maxLabel }
	switch {
	case max(len(s), at+1+len(domain)) > maxAddress:
		return "", "it is longer than 254 characters"
	case err == nil && !strings.Contains(domain, "."):
		return "", "its domain has no dot"
	case err != nil || slices.ContainsFunc(strings.Split(domain, "."), notLabel):
		return "", "its domain is not one"
	}
	return strings.ToLower(s[:at+1]) + domain, ""
}

// looksAlike reports full-width characters, and words of letters of several alphabets.
func looksAlike(s string) bool {
	fullWidth := func(r rune) bool { return r >= '\uff00' && r <= '\uffef' || strings.ContainsRune("。․﹒﹫", r) }
	return strings.ContainsFunc(s, fullWidth) || mixesScripts(s)
}

// mixesScripts reports a text with letters of several alphabets in one word.
func mixesScripts(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !isLetterOrMark(r) }) {
		if !csvtext.OneScript(word) {
			return true
		}
	}
	return false
}

// malformed names the faults that people make.
func malformed(s, local, domain string) string {
	switch {
	case strings.Contains(local, "@"):
		return "it has more than one @"
	case local == "":
		return "nothing stands before the @"
	case domain == "":
		return "it has no domain: nothing follows the @"
	case strings.Contains(s, " "):
		return "it has a blank in it"
	case strings.Contains(s, ".."):
		return "it has two dots in a row"
	case strings.Contains(s, ","):
		return "it has a comma in it"
	case strings.Trim(local, ".") != local, strings.Trim(domain, ".") != domain:
		return "a part of it begins or ends with a dot"
	}
	return "it is not of the form name@domain"
}

// isOutOfPlace reports characters that no address has inside.
func isOutOfPlace(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || isInvisible(r) || unicode.Is(unicode.Cf, r) ||
		unicode.IsSpace(r) && r != ' '
}

// isPlainAddress is a short way through check for what most people have: ASCII letters,
// digits and _ + - between single dots.
func isPlainAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(local) > maxLocal || len(domain) > maxLabel || !strings.Contains(domain, ".") {
		return false
	}
	return isPlainPart(local, "_+-") && isPlainPart(domain, "")
}

func isPlainPart(s, signs string) bool {
	before := byte('.')
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (c != '.' || before == '.') && strings.IndexByte(signs, c) < 0 {
			return false
		}
		before = c
	}
	return before != '.'
}

// linking are words that stand between the addresses of a cell.
var linking = []string{"and", "or", "und", "oder", "et", "ou", "y", "o", "e", "en", "of", "og", "och", "i", "и",
	"&", "/", "+", "ve", "と", "和", "및"}

// several reads a cell of more than one address: between separators, else between
// blanks and linking words; a JSON array is one too.
func several(s string) (address, bool) {
	var list []string
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &list) == nil {
		return all(list)
	}
	s = strings.NewReplacer(":::", ";", " / ", ";").Replace(strings.Trim(s, "{}"))
	separates := func(r rune) bool { return strings.ContainsRune(";,|%\r\n\t、，；", r) }
	if found, ok := all(strings.FieldsFunc(s, separates)); ok {
		return found, true
	}
	return all(slices.DeleteFunc(strings.FieldsFunc(s, func(r rune) bool { return separates(r) || unicode.IsSpace(r) }),
		func(word string) bool { return slices.Contains(linking, strings.ToLower(word)) }))
}

// notMail begin addresses of a kind that is not mail.
var notMail = []string{"x500:", "/o=", "sip:", "x400:", "eum:", "spo:"}

// all reads pieces that must all be addresses, or of a kind that is not mail. The one
// marked SMTP: is the primary, else the first.
func all(pieces []string) (address, bool) {
	var found []address
	primary := 0
	for _, p := range pieces {
		p = trimBlanks(p)
		lower := strings.ToLower(p)
		if p == "" || slices.ContainsFunc(notMail, func(kind string) bool { return strings.HasPrefix(lower, kind) }) {
			continue
		}
		a := single(p)
		if a.fault != nil {
			return address{}, false
		}
		if strings.HasPrefix(p, "SMTP:") {
			primary = len(found)
		}
		found = append(found, a)
	}
	if len(found) == 0 {
		return address{}, false
	}
	a := found[primary]
	a.repair = wrappedAddress
	for _, other := range found {
		if other.key != a.key && !slices.Contains(a.others, other.key) {
			a.others, a.further = append(a.others, other.key), append(a.further, other.email)
			a.repair = severalAddresses
		}
	}
	return a, true
}
