package export

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// normalise makes headers comparable: lower case, without marks, accents and
// what stands in brackets, and with one blank where there were blanks or - _ . /
func normalise(header string) string {
	var b strings.Builder
	depth, blank := 0, false
	for _, r := range norm.NFD.String(strings.ToLower(header)) {
		switch {
		case r == '[' || r == '(':
			depth++
		case r == ']' || r == ')':
			depth = max(0, depth-1)
		case depth > 0, isInvisible(r), unicode.Is(unicode.Mn, r), unicode.IsControl(r) && !unicode.IsSpace(r):
		case unicode.IsSpace(r), strings.ContainsRune("-_./:*'\"", r):
			blank = true
		default:
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 && depth == 0 && strings.ContainsAny(header, "[(") {
		return normalise(strings.NewReplacer("[", "", "]", "", "(", "", ")", "").Replace(header))
	}
	return norm.NFC.String(b.String())
}

// isInvisible tells byte order marks, zero-width and soft characters.
func isInvisible(r rune) bool {
	switch r {
	case '\ufeff', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\u00ad', '\u180e':
		return true
	}
	return false
}

// squeeze is normalise without blanks: "E-mail Address" and "emailAddress" are one.
func squeeze(header string) string { return strings.ReplaceAll(normalise(header), " ", "") }

// header is the row that names the columns.
type header struct {
	line    int      // physical line; 0: there is none
	cells   []string // as they stand, without guards in a file of our own
	names   []string // without blanks around them
	plain   []string // normalised
	keys    []string // squeezed
	own     []bool   // a jsm_ column, that one of our own files has
	ownFile bool
	trimmed int // width without empty names at the end
}

const longestHeader = 300 // bytes; what is longer is a text and names nothing

func newHeader(cells []string, line int) header {
	h := header{line: line, ownFile: slices.ContainsFunc(cells, isOwn)}
	for _, c := range cells {
		if h.ownFile {
			c = unguard(c)
		}
		h.cells = append(h.cells, c)
		name := trimBlanks(c)
		h.names = append(h.names, name)
		plain := ""
		if len(name) <= longestHeader {
			plain = normalise(name)
		}
		h.plain = append(h.plain, plain)
		h.keys = append(h.keys, strings.ReplaceAll(plain, " ", ""))
		h.own = append(h.own, isOwn(c))
	}
	h.trimmed = len(h.names)
	for h.trimmed > 0 && h.names[h.trimmed-1] == "" {
		h.trimmed--
	}
	return h
}

// isOwn tells the header of a column that this program adds to its files.
func isOwn(cell string) bool { return strings.HasPrefix(strings.ToLower(trimBlanks(cell)), "jsm_") }

// index finds a column as people name it: exactly, or by its normalised name.
func (h *header) index(name string) int {
	if i := slices.Index(h.names, name); i >= 0 {
		return i
	}
	if key := squeeze(name); key != "" {
		return slices.Index(h.keys, key)
	}
	return -1
}

// inWords says a text that speaks of the header so that it holds without one:
// columns then have numbers, and rows are held against the first.
func (h *header) inWords(text string) string {
	if h.line > 0 {
		return text
	}
	return strings.NewReplacer("=HEADER", "=N (a number)", "the header", "the first row").Replace(text)
}

// list names the columns for a message; empty headers cannot be named.
func (h *header) list() string {
	return strings.Join(slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return name == "" }), ", ")
}

// all finds every column with a key.
func (h *header) all(key string) []int {
	var is []int
	for i, k := range h.keys {
		if k == key && !h.own[i] {
			is = append(is, i)
		}
	}
	return is
}

// repeats tells whether cells are the header once more.
func (h *header) repeats(cells []string) bool {
	if h.line == 0 || len(cells) < h.trimmed {
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

// isOther tells a record that names columns, but not as the header does.
func (h *header) isOther(cells []string) bool {
	if h.line == 0 || h.repeats(cells) {
		return false
	}
	filled, known, email := 0, 0, false
	for _, c := range cells {
		if c == "" || len(c) > 60 {
			continue
		}
		if strings.Contains(c, "@") {
			return false
		}
		filled++
		key := squeeze(c)
		_, isEmail := means(key, Email)
		email = email || isEmail
		if isEmail || dictionary().rank[key] != nil || h.index(c) >= 0 {
			known++
		}
	}
	return email && filled > 1 && known*3 >= filled*2
}

// isRuler tells the line of dashes that databases and text tables have below
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

const importOneByOne = "cut the file there, and import the parts one by one"

// isDirective tells lines that speak of the file and are no row of it.
func isDirective(cells []string) bool {
	first := strings.ToLower(strings.TrimSpace(cells[0]))
	return strings.HasPrefix(first, "sep=") || strings.HasPrefix(first, "#type ") || strings.HasPrefix(first, "# ") || strings.HasPrefix(first, "version:")
}
