package export

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
)

// Severity is what is done about a problem, short of refusing the file.
type Severity string

// What can be done.
const (
	Repaired Severity = "repaired" // repaired or passed over, and the rows are used
	Rejected Severity = "invalid"  // the rows are not used
	Advised  Severity = "advice"   // nothing
)

// kind is a kind of problem, and how it is put to people.
type kind struct {
	Word     string // stable, such as "quotes_unclear"
	Severity Severity
	Text     string // see [kind.Of]
	Hint     string // what the user can do about it
}

// Of is the text for so many: "row|rows that is|are not UTF-8" has both.
func (k *kind) Of(count int) string {
	form := "$2"
	if count == 1 {
		form = "$1"
	}
	return forms.ReplaceAllString(k.Text, form)
}

var forms = regexp.MustCompile(`([^ |]+)\|([^ |]+)`)

//go:embed problems.csv
var problemTable string

// kinds are all that there are, in the order in which people are shown them.
var kinds = tableOf[*kind](problemTable)

// kindOf is the kind that has a word.
func kindOf(word string) *kind {
	return kinds[slices.IndexFunc(kinds, func(k *kind) bool { return k.Word == word })]
}

// The kinds of rows, and of lines that are none.
var (
	titleLines       = kindOf("title_lines")
	bomInside        = kindOf("bom_inside")
	repeatedHeader   = kindOf("repeated_header")
	footerLines      = kindOf("footer")
	strayLines       = kindOf("stray_directive")
	quotesRepaired   = kindOf("quotes_repaired")
	cutOff           = kindOf("cut_off")
	shortRow         = kindOf("short_row")
	wrappedAddress   = kindOf("wrapped_address")
	severalAddresses = kindOf("several_addresses")
	guardedCell      = kindOf("guarded_cell")
	namelessRow      = kindOf("no_name")
	nameControls     = kindOf("name_controls")
	longRow          = kindOf("long_row")
	rowTooShort      = kindOf("row_too_short")
	brokenRow        = kindOf("broken_row")
	notUTF8          = kindOf("row_not_utf8")
	uncorrected      = kindOf("uncorrected")
	missingAddress   = kindOf("no_address")
	brokenAddress    = kindOf("malformed_address")
	anothersAddress  = kindOf("anothers_address")
	missingAccount   = kindOf("no_account")
	nameBroken       = kindOf("name_lost_letters")
	notAName         = kindOf("not_a_name")
)

// Problem is one kind of trouble in a file, with where it first occurs.
type Problem struct {
	Kind     string   `json:"kind"` // a stable word, such as "short_row"
	Severity Severity `json:"severity"`
	Count    int      `json:"count"`
	Places   []Place  `json:"places,omitempty"` // the first five
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// tally counts problems by kind.
type tally map[*kind]*Problem

// add counts some kinds once more; a zero place is the file as a whole.
func (t tally) add(at Place, list ...*kind) {
	for _, k := range list {
		if t[k] == nil {
			t[k] = &Problem{Kind: k.Word, Severity: k.Severity, Hint: k.Hint}
		}
		p := t[k]
		if p.Count++; at.Row > 0 && len(p.Places) < 5 {
			p.Places = append(p.Places, at)
		}
	}
}

// problems lists what was counted in a file of some encoding, and of the signs in it.
func (t tally) problems(encoding string, signs []sign) (ps []Problem) {
	list := slices.Clone(kinds)
	for _, g := range signs {
		list = append(list, g.kind)
	}
	for _, k := range list {
		if p := t[k]; p != nil {
			p.Text = strings.Replace(k.Of(p.Count), "%s", encoding, 1)
			ps = append(ps, *p)
		}
	}
	return ps
}
