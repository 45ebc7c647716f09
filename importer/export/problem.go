package export

import "fmt"

// Severity is what was done about a problem.
type Severity int

// What can be done about a problem, short of refusing the file.
const (
	Repaired Severity = iota + 1 // repaired or passed over, and the people are sent
	Rejected                     // the rows are not sent
)

func (s Severity) String() string {
	switch s {
	case Repaired:
		return "repaired"
	case Rejected:
		return "rejected"
	}
	return fmt.Sprintf("severity(%d)", int(s))
}

// MarshalText gives the word of String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one kind of trouble in a file, with where it first occurs.
type Problem struct {
	Kind     string   `json:"kind"` // a stable word, such as "short_row"
	Severity Severity `json:"severity"`
	Count    int      `json:"count"`
	Places   []Place  `json:"places,omitempty"` // the first five
	Values   []Value  `json:"values,omitempty"` // the first three cells that show it; for the user's own eyes
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// Value is a cell in which something is wrong. It may hold somebody's name or
// address: it is for no log.
type Value struct {
	Place Place  `json:"place"`
	Text  string `json:"value"` // cut when it is long
	Why   string `json:"why,omitempty"`
}

type kind int

const (
	problemPlaces = 5
	problemValues = 3
)

// tally counts problems by kind.
type tally [kinds]struct {
	count  int
	places []Place
	values []Value
}

func (t *tally) add(k kind, at Place) {
	p := &t[k]
	p.count++
	if at.Row > 0 && len(p.places) < problemPlaces {
		p.places = append(p.places, at)
	}
}

// show keeps the first values of a kind.
func (t *tally) show(k kind, v Value) {
	if p := &t[k]; len(p.values) < problemValues && v.Text != "" {
		v.Text = shown(v.Text)
		p.values = append(p.values, v)
	}
}

// problems lists what was counted; say changes the texts for the file at hand.
func (t *tally) problems(say func(string) string) []Problem {
	var ps []Problem
	for k, p := range t {
		if p.count > 0 {
			d := descriptions[k]
			ps = append(ps, Problem{
				Kind: d.word, Severity: kind(k).severity(), Count: p.count, Places: p.places, Values: p.values,
				Text: say(d.of(p.count)), Hint: say(d.hint),
			})
		}
	}
	return ps
}

// shown cuts a long cell for a message.
func shown(s string) string {
	const most = 80
	if len(s) <= most || len([]rune(s)) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
