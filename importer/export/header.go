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
	line    int // physical line; 0: there is none
	names   []string
	plain   []string // normalised
	keys    []string // squeezed
	own     []bool   // a jsm_ column, that one of our own files has
	ownFile bool
	trimmed int // width without empty names at the end
}

const longestHeader = 300 // bytes; what is longer is a text and names nothing

func newHeader(cells []string, line int) header {
	h := header{line: line}
	for _, c := range cells {
		name := strings.TrimFunc(c, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
		h.names = append(h.names, name)
		plain := ""
		if len(name) <= longestHeader {
			plain = normalise(name)
		}
		h.plain = append(h.plain, plain)
		h.keys = append(h.keys, strings.ReplaceAll(plain, " ", ""))
		own := strings.HasPrefix(strings.ToLower(name), "jsm_")
		h.own = append(h.own, own)
		h.ownFile = h.ownFile || own
	}
	h.trimmed = len(h.names)
	for h.trimmed > 0 && h.names[h.trimmed-1] == "" {
		h.trimmed--
	}
	return h
}

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

// isDirective tells lines that speak of the file and are no row of it.
func isDirective(cells []string) bool {
	first := strings.ToLower(strings.TrimSpace(cells[0]))
	return strings.HasPrefix(first, "sep=") || strings.HasPrefix(first, "#type ") || strings.HasPrefix(first, "version:")
}
