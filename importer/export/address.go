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
	repair  kind
	fault   kind   // 0: it may be sent
	why     string // with malformed addresses
}

// readAddress reads the cell of an address. An address that it accepts is
// accepted again, and unchanged.
func readAddress(cell string) address {
	s := trimBlanks(cell)
	if isPlainAddress(s) {
		return address{email: s, key: strings.ToLower(s)}
	}
	if s == "" {
		return address{fault: missingAddress}
	}
	var repair kind
	for text := bare(s); text != s; text = bare(s) { // written and read again and again, by other programs too
		s, repair = trimBlanks(text), guardedCell
	}
	if fault := noAddress(s); fault != 0 {
		return address{fault: fault}
	}
	a := single(s)
	if a.fault != 0 {
		if several, ok := several(s); ok {
			return several
		}
	}
	if a.repair == 0 {
		a.repair = repair
	}
	return a
}

// Key is the address in cell as [Row.Key] has it; false when there is none in it.
func Key(cell string) (key string, ok bool) {
	a := readAddress(cell)
	return a.key, a.fault == 0
}

// trimBlanks takes blanks and invisible characters off both ends.
func trimBlanks(s string) string {
	if s == "" || s[0] > ' ' && s[0] < utf8.RuneSelf && s[len(s)-1] > ' ' && s[len(s)-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
}

func noAddress(s string) kind {
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(lower, "#ext#"):
		return guestAddress
	case (strings.HasPrefix(lower, "/o=") || strings.HasPrefix(lower, "ex:/o=") || strings.HasPrefix(lower,
		"x500:")) && !strings.Contains(lower, "smtp:"):
		return exchangeAddress
	}
	switch lower {
	case "null", "(null)", "<null>", "nil", "none", "n/a", "#n/a", "na", "n.a.", "nan", "-", "--", "undefined",
		"empty", `\n`, "no email", "noemail":
		return nullAddress
	}
	return 0
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
			s, wrapped = trimBlanks(s[len(scheme):]), true
			if scheme == "mailto:" {
				s, _, _ = strings.Cut(s, "?")
			}
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
	case strings.ContainsAny(inner, pair), strings.Contains(before, pair[1:]):
		return "", "", false
	case pair != "<>" && strings.Contains(before, "@"), pair[0] == pair[1] && before != "":
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
	if strings.IndexFunc(s, isOutOfPlace) >= 0 || !utf8.ValidString(s) {
		return "", "it has a blank, an invisible or a lost character in it"
	}
	parsed, err := mail.ParseAddress(s)
	at := strings.LastIndexByte(s, '@')
	switch {
	case looksAlike(s):
		return "", "it has letters in it that only look like the right ones (full-width, or of another alphabet)"
	case at < 0:
		return "", "it has no @"
	case err != nil || parsed.Address != s || parsed.Name != "":
		return "", malformed(s, at)
	case at > maxLocal:
		return "", "the part before @ is longer than 64 characters"
	case len(s) > maxAddress:
		return "", "it is longer than 254 characters"
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	switch {
	case err != nil:
		return "", "its domain is not one"
	case !strings.Contains(domain, "."):
		return "", "its domain has no dot"
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel {
			return "", "its domain is not one"
		}
	}
	if at+1+len(domain) > maxAddress {
		return "", "it is longer than 254 characters"
	}
	return strings.ToLower(s[:at+1]) + domain, ""
}

// looksAlike reports full-width characters, and words of letters of several alphabets.
func looksAlike(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool {
		return r >= '\uff00' && r <= '\uffef' ||
			strings.ContainsRune("。｡․﹒﹫", r)
	}) {
		return true
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !csvtext.OneScript(word) {
			return true
		}
	}
	return false
}

// malformed says what is wrong with an address whose last @ is at; it knows
// the faults that people make.
func malformed(s string, at int) string {
	local, domain := s[:at], s[at+1:]
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
	case strings.Contains(domain, ","):
		return "its domain has a comma in it: should that be a dot?"
	case strings.Contains(s, ","):
		return "it has a comma in it"
	case local[0] == '.', local[len(local)-1] == '.':
		return "the part before @ begins or ends with a dot"
	case domain[0] == '.', domain[len(domain)-1] == '.':
		return "its domain begins or ends with a dot"
	}
	return "it is not of the form name@domain"
}

// isOutOfPlace reports characters that no address has inside.
func isOutOfPlace(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || isInvisible(r) || unicode.Is(unicode.Cf, r) ||
		unicode.IsSpace(r) && r != ' '
}

// isPlainAddress is check for the addresses that most people have: ASCII
// letters, digits and . _ + - only. What it accepts, check accepts.
func isPlainAddress(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || at > maxLocal || len(s) > maxAddress || !strings.Contains(s[at:], ".") {
		return false
	}
	before, label := byte('.'), 0
	for i := range len(s) {
		c := s[i]
		switch {
		case i == at && before != '.':
			c, label = '.', 0
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', i < at && (c == '_' || c == '+' ||
			c == '-'):
			label++
		case c == '-' && before != '.' && before != '-': // "--" is for idna to judge
			label++
		case c == '.' && before != '.' && (i < at || before != '-'):
			label = 0
		default:
			return false
		}
		if i > at && label > maxLabel {
			return false
		}
		before = c
	}
	return before != '.' && before != '-'
}

// linking are words that stand between the addresses of a cell.
var linking = []string{"and", "or", "und", "oder", "et", "ou", "y", "o", "e", "en", "of", "og", "och", "i", "и",
	"&", "/", "+", "ve", "と", "和", "및"}

// several reads a cell of more than one address. The one marked SMTP: is the
// primary, else the first.
func several(s string) (address, bool) {
	s = strings.Trim(s, "{}")
	lines := func(r rune) bool { return strings.ContainsRune(";,|%\r\n\t、，；", r) }
	if found, ok := all(pieces(s, lines)); ok {
		return found, ok
	}
	tokens := pieces(s, func(r rune) bool { return lines(r) || unicode.IsSpace(r) })
	return all(slices.DeleteFunc(tokens, func(t string) bool { return slices.Contains(linking, strings.ToLower(t)) }))
}

// all reads pieces that must all be addresses, or of a kind that is not mail.
func all(pieces []string) (address, bool) {
	var found []address
	primary := 0
	for _, p := range pieces {
		lower := strings.ToLower(p)
		if slices.ContainsFunc([]string{"x500:", "/o=", "sip:", "x400:", "eum:", "spo:"},
			func(s string) bool { return strings.HasPrefix(lower, s) }) {
			continue
		}
		a := single(p)
		if a.fault != 0 {
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
	return found[primary].with(found), true
}

// with makes a the customer and the others its further addresses.
func (a address) with(all []address) address {
	a.repair = wrappedAddress
	seen := map[string]bool{a.key: true}
	for _, other := range all {
		if !seen[other.key] {
			seen[other.key] = true
			a.others = append(a.others, other.key)
			a.further = append(a.further, other.email)
			a.repair = severalAddresses
		}
	}
	return a
}

// pieces cuts a cell of addresses at separators; a JSON array is one too.
func pieces(s string, separates func(rune) bool) []string {
	var list []string
	if !strings.HasPrefix(s, "[") || json.Unmarshal([]byte(s), &list) != nil {
		list = strings.FieldsFunc(strings.ReplaceAll(strings.ReplaceAll(s, ":::", ";"), " / ", ";"), separates)
	}
	for i := range list {
		list[i] = trimBlanks(list[i])
	}
	return slices.DeleteFunc(list, func(p string) bool { return p == "" })
}
