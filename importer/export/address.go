package export

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"jsm-onboard/importer/csvtext"
)

// address is what a cell says of where somebody can be reached.
type address struct {
	email  string   // as to be sent
	key    string   // whole in lower case, the domain in ASCII; "": it is none
	why    string   // it is none; "": there is nothing
	name   string   // what stood before <email>
	others []string // keys of the further addresses
	repair *Problem
}

// readAddress reads the cell of an address, or of several and of nothing else but those of a kind that is not mail:
// the one marked SMTP: is the primary, else the first. An address that it accepts is accepted again, and unchanged.
func readAddress(cell string) address {
	s := trimBlanks(cell)
	switch {
	case s != "" && !strings.Contains(s, "@"):
		return address{why: "it has no @"}
	case s == "", isPlainAddress(s):
		return address{email: s, key: strings.ToLower(s)}
	case len(s) > maxCell:
		return address{why: "it is longer than an address may be"}
	}
	s = norm.NFC.String(s) // one address, however its letters are composed
	whole := single(s)
	pieces := without(separator.Split(blank.ReplaceAllString(s, "$1;"), -1), notMail.MatchString)
	if whole.key != "" || len(pieces) == 0 {
		return whole
	}
	marked := func(piece string) bool { return strings.Contains(piece, "SMTP:") }
	a := single(pieces[max(0, slices.IndexFunc(pieces, marked))])
	a.repair = kindOf("wrapped_address")
	for _, piece := range pieces {
		switch other := single(piece); other.key {
		case "":
			return whole
		case a.key:
		default:
			a.others, a.repair = append(a.others, other.key), kindOf("several_addresses")
		}
	}
	return a
}

// What separates the addresses of a cell, with a short word in any language where it is a
// blank, as in "ann@example.com and bo@example.com"; and a piece of a kind that is not mail.
var (
	separator = regexp.MustCompile(`[;,|%、，；]`)
	blank     = regexp.MustCompile(`(@\S+)\s+(?:[^\s@]{1,4}\s+)?`)
	notMail   = regexp.MustCompile(`(?i)^[\s\pZ\p{Cf}]*(?:$|/o=|(?:x500|x400|sip|eum|spo):)`)
)

// single reads one address, perhaps with a name before a bracket, and with brackets, quotes, a spreadsheet's
// marks of a text, and the scheme of a link or of a directory's list around it.
func single(s string) (a address) {
	rest := s
	if m := before.FindStringSubmatch(s); m != nil {
		a.name, rest = trimBlanks(strings.Trim(trimBlanks(m[1]+m[2]), `"`)), s[len(m[0]):]
	}
	email := around.ReplaceAllString(trimBlanks(rest), "")
	if email != s {
		a.repair = kindOf("wrapped_address")
	}
	if a.key, a.why = check(email); a.key != "" {
		a.email = email
	}
	return a
}

var (
	before = regexp.MustCompile(`^(?:([^<>]*)<|([^@<>=]*)[(\[])`)
	around = regexp.MustCompile(`(?i)^(?:[\s<(\[{="'\p{Pi}\p{Pf}„‚]|mailto:(?://)?|smtp:)+|[\s>)\]}"'\p{Pi}\p{Pf}]+$`)
)

// Key is the address in cell as [Row.Key] has it; false when there is none in it.
func Key(cell string) (key string, ok bool) {
	a := readAddress(cell)
	return a.key, a.key != ""
}

// trimBlanks takes blanks off both ends, and byte order marks, zero-width and soft characters, and marks of direction.
func trimBlanks(s string) string {
	if n := len(s); n > 0 && s[0]-'!' <= '~'-'!' && s[n-1]-'!' <= '~'-'!' { // most have none
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r > 0x7f && unicode.Is(unicode.Cf, r) })
}

// mayBeAddress reports a cell with an address in it, perhaps a broken one.
func mayBeAddress(cell string) bool {
	return strings.ContainsAny(cell, "@＠") || strings.Contains(cell, "(at)")
}

// Longest local part, address and label, in bytes: RFC 5321, 4.5.3.1, and erratum 1690 of RFC 3696; and whole cell.
const maxLocal, maxAddress, maxLabel, maxCell = 64, 254, 63, 10_000

// check says what is wrong with an address; with nothing it gives its key.
func check(s string) (key, why string) {
	parsed, err := mail.ParseAddress(s)
	at := strings.LastIndexByte(s, '@')
	outOfPlace := func(r rune) bool { // beyond ASCII an address has letters and digits alone
		return r == ',' || r <= ' ' || r >= 0x7f && !unicode.In(r, unicode.L, unicode.M, unicode.Nd)
	}
	switch {
	case strings.Contains(s, "**"):
		return "", "it has **: the export hides a part of it"
	case strings.Contains(strings.ToLower(s), "#ext#"):
		return "", "it is the login name of a guest (#EXT#): put the guest's own address there"
	case strings.ContainsFunc(s, outOfPlace), norm.NFKC.String(s) != s, !csvtext.MakesWords(s):
		return "", "it contains a space, a comma, or a character that no address has or that only looks like another"
	case err != nil || parsed.Address != s || parsed.Name != "":
		return "", "it is not of the form name@domain, with one @ and no dot beside another or at an end"
	}
	domain, err := idna.Lookup.ToASCII(strings.ToLower(s[at+1:])) // idna's own small letters are others: İ, ẞ
	tooLong := func(label string) bool { return len(label) > maxLabel }
	switch {
	case at > maxLocal || max(len(s), at+1+len(domain)) > maxAddress:
		return "", "it is longer than an address may be"
	case err != nil || !strings.Contains(domain, ".") || slices.ContainsFunc(strings.Split(domain, "."), tooLong):
		return "", "what follows the @ is not a domain such as example.com"
	}
	return strings.ToLower(s[:at+1]) + domain, ""
}

// isPlainAddress is a short way through check for what most people have: ASCII letters, digits
// and _ + - between single dots; in the domain a - is between letters, too.
func isPlainAddress(s string) bool {
	ats, domainDot, between := 0, false, true // between: a dot or the like is the last that came
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', ats == 0 && strings.IndexByte("_+-", c) >= 0:
			between = false
		case between, strings.IndexByte("@.-", c) < 0:
			return false
		default:
			domainDot, between = domainDot || ats == 1 && c == '.', true
			ats += countIf(c == '@')
		}
	}
	return len(s) <= maxLabel && ats == 1 && domainDot && !between
}
