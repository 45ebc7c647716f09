package export

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	repair *kind
}

// readAddress reads the cell of an address. An address that it accepts is
// accepted again, and unchanged.
func readAddress(cell string) address {
	s := norm.NFC.String(trimBlanks(cell)) // one address, however its letters are composed
	if isPlainAddress(s) {
		return address{email: s, key: strings.ToLower(s)}
	}
	var repair *kind
	for text := bare(s); text != s; text = bare(s) { // written and read again and again, by other programs too
		s, repair = trimBlanks(text), guardedCell
	}
	if s == "" {
		return address{}
	}
	a := single(s)
	if a.key == "" {
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
	return a.key, a.key != ""
}

// trimBlanks takes blanks and invisible characters off both ends.
func trimBlanks(s string) string {
	if s == "" || s[0] > ' ' && s[0] < utf8.RuneSelf && s[len(s)-1] > ' ' && s[len(s)-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
}

// mayBeAddress reports a cell with an address in it, perhaps a broken one.
func mayBeAddress(cell string) bool {
	return strings.ContainsAny(cell, "@＠") || strings.Contains(cell, "(at)")
}

// What may stand around an address: a name and <>, other brackets, or quotes; and the
// scheme of a link, or of a directory's list.
var (
	around = regexp.MustCompile(`^(?:([^<>]*)<([^<>]*)>|([^@]*)[(\[{]([^()\[\]{}]*)[)\]}]|` +
		`["'\p{Pi}\p{Pf}„‚]([^"'\p{Pi}\p{Pf}„‚]*)["'\p{Pi}\p{Pf}])$`)
	scheme = regexp.MustCompile(`(?i)^(?:mailto:(?://)?([^?]*).*|smtp:(.*))$`)
)

// single reads one address, perhaps with something around it.
func single(s string) address {
	withoutScheme := func(s string) string { return trimBlanks(scheme.ReplaceAllString(s, "$1$2")) }
	a := address{email: withoutScheme(s)}
	if m := around.FindStringSubmatch(a.email); m != nil {
		a.name = trimBlanks(strings.Trim(trimBlanks(m[1]+m[3]), `"`))
		a.email = withoutScheme(trimBlanks(m[2] + m[4] + m[5]))
	}
	a.email = strings.TrimLeft(a.email, "'") // a spreadsheet's mark of a text
	if a.email != s {
		a.repair = wrappedAddress
	}
	a.key, a.why = check(a.email)
	return a
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
	at, lower := strings.LastIndexByte(s, '@'), strings.ToLower(s)
	switch {
	case strings.Contains(lower, "#ext#"):
		return "", "it is the login name of a guest (#EXT#): put the guest's own address there"
	case strings.HasPrefix(strings.TrimPrefix(lower, "x500:"), "/o="):
		return "", "it is an Exchange address (/o=…): put the person's SMTP address there"
	case looksAlike(s):
		return "", "it has letters in it that only look like the right ones (full-width, or of another alphabet)"
	case at < 0:
		return "", "it has no @"
	case strings.ContainsFunc(s, isOutOfPlace) || !utf8.ValidString(s):
		return "", "it contains a space, a comma, a sign such as “ – •, an invisible or a broken character"
	case err != nil || parsed.Address != s || parsed.Name != "":
		return "", "it is not of the form name@domain, with one @ and no dot beside another or at an end"
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	notLabel := func(label string) bool { return label == "" || len(label) > maxLabel }
	switch {
	case at > maxLocal || max(len(s), at+1+len(domain)) > maxAddress:
		return "", "it is longer than an address may be"
	case err == nil && !strings.Contains(domain, "."):
		return "", "its domain has no dot"
	case err != nil || slices.ContainsFunc(strings.Split(domain, "."), notLabel):
		return "", "its domain is not one"
	}
	return lower[:at+1] + domain, ""
}

// looksAlike reports characters that stand for others, such as full-width ones, and words
// of letters of several alphabets.
func looksAlike(s string) bool {
	return strings.ContainsRune(s, '。') || norm.NFKC.String(s) != norm.NFC.String(s) || mixesScripts(s)
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

// isOutOfPlace reports characters that no address has inside: beyond ASCII it has letters and digits alone.
func isOutOfPlace(r rune) bool {
	return r == ',' || unicode.IsControl(r) || unicode.IsSpace(r) ||
		r >= utf8.RuneSelf && !isLetterOrMark(r) && !unicode.IsDigit(r)
}

// isPlainAddress is a short way through check for what most people have: ASCII letters, digits
// and _ + - between single dots; in the domain a - is between letters, too.
func isPlainAddress(s string) bool {
	ats, domainDot, between := 0, false, true // between: a dot or the like is the last that came
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', ats == 0 && strings.IndexByte("_+-", c) >= 0:
			between = false
		case between:
			return false
		case c == '@':
			ats, between = ats+1, true
		case c == '.', c == '-':
			domainDot, between = domainDot || ats == 1 && c == '.', true
		default:
			return false
		}
	}
	return len(s) <= maxLabel && ats == 1 && domainDot && !between
}

// What separates the addresses of a cell, with a short word in any language where it is a
// blank, as in "ann@example.com and bo@example.com"; and what is of a kind that is not mail.
var (
	separator = regexp.MustCompile(`[;,|%\r\n\t、，；]|:::| / `)
	blank     = regexp.MustCompile(`(@\S+)\s+(?:[^\s@]{1,4}\s+)?`)
	notMail   = regexp.MustCompile(`(?i)^(?:/o=|(?:x500|x400|sip|eum|spo):)`)
)

// several reads a cell of more than one address, and of nothing else but those of a kind that is not mail.
// The one marked SMTP: is the primary, else the first.
func several(s string) (a address, ok bool) {
	var found []address
	primary := 0
	for _, p := range separator.Split(blank.ReplaceAllString(strings.Trim(s, "{}[]"), "$1;"), -1) {
		if p = trimBlanks(p); p == "" || notMail.MatchString(p) {
			continue
		}
		a := single(p)
		if a.key == "" {
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
	a = found[primary]
	a.repair = wrappedAddress
	for _, other := range found {
		if other.key != a.key && !slices.Contains(a.others, other.key) {
			a.others, a.repair = append(a.others, other.key), severalAddresses
		}
	}
	return a, true
}
