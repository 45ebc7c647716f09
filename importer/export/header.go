package export

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"jsm-onboard/importer/text"
)

// What a header is made comparable by, in this order.
var (
	listNumber = regexp.MustCompile(`^\s*[Qq]?\d{1,3}\s*[.):]\s*(\D)`) // of questions
	between    = regexp.MustCompile("[\\s\\pZ\u0085\\-_./:*'\"`´’ʼ,;|&+#?!$>→–—]+")
	unseen     = regexp.MustCompile(`[\p{Mn}\p{Cf}\p{Cc}]`)
	newWord    = regexp.MustCompile(`(\p{Ll})(\p{Lu})`)
	number     = regexp.MustCompile(`(\pL)(\p{Nd})`)
	bracketed  = regexp.MustCompile(`[\[({【〔「『〈《]([^\])}】〕」』〉》]*)[\])}】〕」』〉》]?`)
)

// splitBrackets makes the words of a header comparable, and apart those in brackets: lower case, without marks and
// accents. They end at blanks, - _ . /, before a capital after a small letter, and before a number.
func splitBrackets(header string) (words, brackets []string) {
	if utf8.RuneCountInString(header) > 100 { // it is a text and names nothing
		return nil, nil
	}
	s := norm.NFKD.String(listNumber.ReplaceAllString(header, "$1"))
	s = unseen.ReplaceAllString(between.ReplaceAllString(s, " "), "")
	s = number.ReplaceAllString(newWord.ReplaceAllString(s, "$1 $2"), "$1 $2")
	s = strings.ReplaceAll(strings.ToLower(s), "ı", "i")
	for _, found := range bracketed.FindAllStringSubmatch(s, -1) {
		brackets = append(brackets, strings.Fields(norm.NFC.String(found[1]))...)
	}
	if words = strings.Fields(norm.NFC.String(bracketed.ReplaceAllString(s, " "))); len(words) == 0 {
		return brackets, nil
	}
	return words, brackets
}

// squeeze is a header without brackets and blanks: "E-mail Address" and "emailAddress" are one.
func squeeze(header string) string {
	words, _ := splitBrackets(header)
	return strings.Join(words, "")
}

// header is the row that names the columns.
type header struct {
	place     Place      // zero: there is none
	cells     []string   // as they stand, without guards in a file of our own
	names     []string   // without blanks around them
	keys      []string   // normalised, without brackets and blanks
	tokens    [][]string // of the words in brackets, but for those such as "name", and then of the others
	own, kept []bool     // a column that this program adds to its files; one that stands in the results as it is
	ownFile   bool
	hasFields bool // a column is of a field
	trimmed   int  // width without empty names at the end
	meanings  [][]meaning
}

// Columns that this program adds, by exact name, but for those of a list of leavers; every file of ours has jsm_reason.
var (
	leaverColumns = []string{"jsm_action", "jsm_source", "jsm_run_id"}
	ownColumns    = []string{"jsm_status", "jsm_account_id", "jsm_organization", "jsm_service_desk", "jsm_reason",
		"jsm_row", "jsm_line", "jsm_http_status", "jsm_attempts"}
)

func newHeader(cells []string, place Place) header {
	ownFile := slices.ContainsFunc(cells, func(c string) bool { return trimBlanks(c) == "jsm_reason" })
	h := header{place: place, ownFile: ownFile}
	for i, c := range cells {
		if h.ownFile {
			c = Unguard(c)
		}
		name := trimBlanks(c)
		words, brackets := splitBrackets(name)
		if written := strings.Join(words, "_"); slices.Contains(leaverColumns, written) {
			name = written
		}
		brackets = without(brackets, func(w string) bool { return is("half", w) })
		h.cells, h.names, h.keys = append(h.cells, c), append(h.names, name), append(h.keys, strings.Join(words, ""))
		h.tokens = append(h.tokens, parse(slices.Concat(brackets, words)))
		h.kept = append(h.kept, !slices.Contains(ownColumns, name))
		h.own = append(h.own, !h.kept[i] || slices.Contains(leaverColumns, name))
		h.meanings = append(h.meanings, understand(h.tokens[i], parse(words), parse(brackets)))
		h.hasFields = h.hasFields || h.meanings[i] != nil
		if name != "" {
			h.trimmed = i + 1
		}
	}
	return h
}

// index finds a column by its name, by its normalised one if only one column has that, or by its number; -1: none.
func (h *header) index(name string) int {
	if i := slices.Index(h.names, trimBlanks(name)); i >= 0 {
		return i
	}
	key := squeeze(name)
	if i := slices.Index(h.keys, key); i >= 0 && key != "" && !slices.Contains(h.keys[i+1:], key) {
		return i
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 && n <= len(h.names) {
		return n - 1
	}
	return -1
}

// where returns the columns for which something holds.
func (h *header) where(holds func(i int) bool) (list []int) {
	for i := range h.names {
		if holds(i) {
			list = append(list, i)
		}
	}
	return list
}

// flag is how --column names a column: by its header, or by its number where that is empty or another one's, too, or
// where the header names no field: then it may be a row, which is for no log.
func (h *header) flag(i int) string {
	name := h.names[i]
	if !h.hasFields || name == "" || h.index(name) != i || slices.Contains(h.names[i+1:], name) {
		return strconv.Itoa(i + 1)
	}
	return name
}

// noColumn refuses a column that the user names and the header has not, or more than once.
func (h *header) noColumn(name string) error {
	what := "no column is"
	if slices.Contains(h.names, trimBlanks(name)) {
		what = "two columns are"
	}
	var names []string
	for i := range h.names {
		names = append(names, h.flag(i))
	}
	return refuse(h.place, fmt.Sprintf("%s named %q", what, name),
		"the columns are: "+text.Shorten(strings.Join(names, ", "), 1000))
}

// repeats reports whether a record is the header once more.
func (h *header) repeats(other header) bool {
	return h.place.Row > 0 && slices.Equal(other.keys[:other.trimmed], h.keys[:h.trimmed])
}

// isOther reports a record without an address that names other columns: one of addresses, or nothing but known ones.
func (h *header) isOther(other header, email []int) bool {
	named := other.where(func(i int) bool { return other.keys[i] != "" })
	mail := other.where(func(i int) bool { return other.means(i, Email).rank < rankNone })
	certain := func(i int) bool { return slices.Contains(mail, i) && other.means(i, Email).rank < rankGroup }
	unknown := without(named, func(i int) bool {
		key := other.keys[i]
		return certain(i) || isKnown(key) || other.says(i, "elsewhere") || slices.Contains(h.keys, key)
	})
	return h.place.Row > 0 && len(named) > 1 && (len(unknown) == 0 || slices.ContainsFunc(email, certain) ||
		mail != nil && len(unknown)*2 <= len(named))
}

var (
	// ruler is a line of dashes, which databases and text tables have below the header.
	ruler     = regexp.MustCompile(`^[^\pL\p{Nd}]*---[^\pL\p{Nd}]*$`)
	directive = regexp.MustCompile(`^(?i)\s*(sep=|#type |# |version:)`)
)

// isDirective reports lines that speak of the file and are no row of it.
func isDirective(cells []string) bool { return directive.MatchString(cells[0]) }

// cellAt is the first cell at some indexes that is not blank.
func cellAt(cells []string, at ...int) string {
	for _, i := range at {
		if i < len(cells) && trimBlanks(cells[i]) != "" {
			return cells[i]
		}
	}
	return ""
}
