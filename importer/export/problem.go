package export

import (
	"cmp"
	_ "embed"
	"maps"
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

// kind is a kind of problem, with its texts for people.
type kind struct {
	Word     string // stable, such as "quotes_unclear"
	Severity Severity
	Text     string // see [kind.Of]
	Hint     string // what the user can do about it
}

// Of returns the text for a count: Text has both forms, as in "row|rows that is|are not UTF-8".
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

// uncorrected is the kind of a row with misplaced cells, in a file of ours, until its reason is emptied.
var uncorrected = kindOf("uncorrected")

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

// problems lists what was counted, in the order of kinds.
func (t tally) problems() (ps []Problem) {
	delete(t, blankLines)
	place := func(k *kind) int {
		return slices.IndexFunc(kinds, func(other *kind) bool { return other.Word == k.Word })
	}
	inOrder := func(a, b *kind) int { return cmp.Or(place(a)-place(b), strings.Compare(a.Text, b.Text)) }
	for _, k := range slices.SortedFunc(maps.Keys(t), inOrder) {
		t[k].Text = k.Of(t[k].Count)
		ps = append(ps, *t[k])
	}
	return ps
}
