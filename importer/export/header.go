package export

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// isInvisible reports byte order marks, zero-width and soft characters.
func isInvisible(r rune) bool {
	switch r {
	case '\ufeff', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\u00ad', '\u180e':
		return true
	}
	return false
}

// listNumber is what stands before the headers of numbered questions.
var listNumber = regexp.MustCompile(`^\s*[Qq]?\d{1,3}\s*[.):]\s*\D`)

// normalise makes headers comparable: lower case, without marks and accents, with
// one blank where there were blanks, - _ . / or a capital after a small letter,
// and without what stands in brackets.
func normalise(header string) string {
	plain, inside := splitBrackets(header)
	if plain == "" {
		return inside
	}
	return plain
}

// splitBrackets is the header without and with what stands in brackets, normalised.
func splitBrackets(header string) (plain, whole string) {
	if m := listNumber.FindString(header); m != "" {
		header = header[strings.IndexAny(header, ".):")+1:]
	}
	text := norm.NFKD.String(header)
	var both [2]strings.Builder
	depth, blank, before := 0, [2]bool{}, rune(0)
	for _, r := range text {
		opens, closes := strings.ContainsRune("[({【〔「『〈《", r), strings.ContainsRune("])}】〕」』〉》", r)
		if opens {
			depth++
		}
		lower := unicode.ToLower(r)
		if r == 'ı' || r == 'İ' {
			lower = 'i'
		}
		for k := range both {
			switch {
			case k == 0 && depth > 0 && !closes && !opens, isInvisible(r), unicode.Is(unicode.Mn, r):
			case opens, closes, unicode.IsSpace(r), strings.ContainsRune("-_./:*'\"`´’,;|&+#", r):
				blank[k] = true
			case unicode.IsControl(r):
			default:
				blank[k] = blank[k] || unicode.IsUpper(r) && unicode.IsLower(before)
				if blank[k] && both[k].Len() > 0 {
					both[k].WriteByte(' ')
				}
				blank[k] = false
				both[k].WriteRune(lower)
			}
		}
		if closes {
			depth = max(0, depth-1)
		}
		before = r
	}
	return norm.NFC.String(both[0].String()), norm.NFC.String(both[1].String())
}

// squeeze is normalise without blanks: "E-mail Address" and "emailAddress" are one.
func squeeze(header string) string { return strings.ReplaceAll(normalise(header), " ", "") }

// header is the row that names the columns.
type header struct {
	place   Place    // zero: there is none
	cells   []string // as they stand, without guards in a file of our own
	names   []string // without blanks around them
	plain   []string // normalised
	keys    []string // without blanks
	whole   []string // keys with what stands in brackets
	own     []bool   // a column that this program adds to its files
	ownFile bool
	trimmed int // width without empty names at the end
}

const longestHeader = 300 // bytes; what is longer is a text and names nothing

// ownColumns are the columns that this program adds, by their exact names.
var ownColumns = []string{"jsm_status", "jsm_account_id", "jsm_organization", "jsm_service_desk", "jsm_reason",
	"jsm_row", "jsm_line",
	"jsm_http_status", "jsm_attempts", "jsm_action", "jsm_source", "jsm_run_id"}

// isOwn reports a column of ours; every file that we write has jsm_reason.
func isOwn(cell string) bool { return slices.Contains(ownColumns, trimBlanks(cell)) }

func newHeader(cells []string, place Place) header {
	h := header{place: place, ownFile: slices.ContainsFunc(cells,
		func(c string) bool { return trimBlanks(c) == "jsm_reason" })}
	for _, c := range cells {
		if h.ownFile {
			c = Unguard(c)
		}
		h.cells = append(h.cells, c)
		name := trimBlanks(c)
		h.names = append(h.names, name)
		plain, whole := "", ""
		if len(name) <= longestHeader {
			plain, whole = splitBrackets(name)
		}
		if plain == "" {
			plain = whole
		}
		h.plain = append(h.plain, plain)
		h.keys = append(h.keys, strings.ReplaceAll(plain, " ", ""))
		h.whole = append(h.whole, strings.ReplaceAll(whole, " ", ""))
		h.own = append(h.own, isOwn(c))
	}
	h.trimmed = len(h.names)
	for h.trimmed > 0 && h.names[h.trimmed-1] == "" {
		h.trimmed--
	}
	return h
}

// index finds a column as people name it: exactly, or by its normalised name
// when only one column has that.
func (h *header) index(name string) int {
	name = trimBlanks(name)
	if i := slices.Index(h.names, name); i >= 0 {
		return i
	}
	plain, whole := splitBrackets(name)
	for _, look := range []struct {
		keys []string
		key  string
	}{{h.whole, whole}, {h.keys, plain}} {
		key := strings.ReplaceAll(look.key, " ", "")
		i := slices.Index(look.keys, key)
		if key != "" && i >= 0 && !slices.Contains(look.keys[i+1:], key) {
			return i
		}
	}
	return -1
}

// list names the columns for a message; empty headers cannot be named.
func (h *header) list() string {
	const most = 40
	names := slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return name == "" })
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

// repeats reports whether cells are the header once more.
func (h *header) repeats(cells []string) bool {
	if h.place.Row == 0 || len(cells) < h.trimmed {
		return false
	}
	for i, c := range cells {
		switch {
		case i >= len(h.keys):
			if c != "" {
				return false
			}
		case c != h.names[i] && (len(c) > longestHeader || squeeze(c) != h.keys[i]):
			return false
		}
	}
	return true
}

// isOther reports a record that names columns, but not as the header does: there
// is no address in it, and a header of addresses where those stand, or beside
// other known headers.
func (h *header) isOther(cells []string, email []int) bool {
	if h.place.Row == 0 {
		return false
	}
	filled, known, mail, inPlace := 0, 0, false, false
	for i, c := range cells {
		if c == "" || len(c) > 60 {
			continue
		}
		if strings.Contains(c, "@") {
			return false
		}
		filled++
		key := squeeze(c)
		ranks := words().ranks[key]
		if _, ok := ranks[Email]; ok {
			mail, inPlace = true, inPlace || slices.Contains(email, i)
		} else if slices.Contains(email, i) && noAddress(c) == 0 {
			one := newHeader([]string{c}, Place{})
			m, ok := one.means(0, Email)
			mail = mail || ok && !m.vague
		}
		if ranks != nil || words().other[key] || h.index(c) >= 0 {
			known++
		}
	}
	return mail && filled > 1 && (inPlace || known*2 >= filled)
}

// isRuler reports the line of dashes that databases and text tables have below
// the header.
func isRuler(cells []string) bool {
	found := false
	for _, c := range cells {
		c = strings.Trim(c, " \t")
		if strings.Trim(c, "-+=:") != "" || c != "" && len(c) < 3 {
			return false
		}
		found = found || c != ""
	}
	return found
}

// isDirective reports lines that speak of the file and are no row of it.
func isDirective(cells []string) bool {
	first := strings.ToLower(strings.TrimSpace(cells[0]))
	return strings.HasPrefix(first, "sep=") || strings.HasPrefix(first, "#type ") || strings.HasPrefix(first, "# ") ||
		strings.HasPrefix(first, "version:")
}

func cellAt(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// firstFilled is the first cell at some indexes that is not blank.
func firstFilled(cells []string, at []int) string {
	for _, i := range at {
		if c := cellAt(cells, i); trimBlanks(c) != "" {
			return c
		}
	}
	return ""
}
