package export

import (
	"cmp"
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

// Problem is one kind of trouble in a file, with where it first occurs.
type Problem struct {
	Kind     string   `json:"kind"` // a stable word, such as "short_row"
	Severity Severity `json:"severity"`
	Count    int      `json:"count" csv:"-"`
	Places   []Place  `json:"places,omitempty" csv:"-"` // the first five
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// counted returns the text for a count: in the table it has both forms, as in "row|rows that is|are not UTF-8".
func (p *Problem) counted(count int) string {
	form := "$2"
	if count == 1 {
		form = "$1"
	}
	return forms.ReplaceAllString(p.Text, form)
}

// reason is what is said of a row that has the problem.
func (p *Problem) reason() string { return p.counted(1) + ": " + p.Hint }

var forms = regexp.MustCompile(`([^ |]+)\|([^ |]+)`)

//go:embed problems.csv
var problemTable string

// kinds are all that there are, in the order in which people are shown them.
var kinds = tableOf[*Problem](problemTable)

// kindOf is the kind of problem that has a word.
func kindOf(word string) *Problem { return kinds[placeOf(word)] }

func placeOf(word string) int {
	return slices.IndexFunc(kinds, func(k *Problem) bool { return k.Kind == word })
}

// uncorrected is the kind of a row with misplaced cells, in a file of ours, until its reason is emptied.
var uncorrected = kindOf("uncorrected")

// tally counts problems by kind.
type tally map[*Problem]*Problem

// add counts some kinds once more; a zero place is the file as a whole.
func (t tally) add(at Place, list ...*Problem) {
	for _, k := range list {
		if t[k] == nil {
			t[k] = new(*k)
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
	for _, p := range t {
		p.Text = p.counted(p.Count)
		ps = append(ps, *p)
	}
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(placeOf(a.Kind)-placeOf(b.Kind), strings.Compare(a.Text, b.Text))
	})
	return ps
}
