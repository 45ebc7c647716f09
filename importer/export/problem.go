package export

import "strings"

// Severity is what was done about a problem.
type Severity string

// What can be done about a problem, short of refusing the file.
const (
	Repaired Severity = "repaired" // repaired or passed over, and the people are sent
	Rejected Severity = "rejected" // the rows are not sent
)

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

// Kinds are all kinds of trouble, as one row has them.
func Kinds() []Problem {
	var all []Problem
	for _, k := range kinds {
		all = append(all, Problem{Kind: k.word, Severity: k.severity, Text: k.of(1), Hint: k.hint})
	}
	return all
}

// of is the text for so many: "row|rows that is|are not UTF-8" has both.
func (k *kind) of(count int) string {
	said := strings.Split(k.text, " ")
	for i, word := range said {
		if one, many, both := strings.Cut(word, "|"); both && count == 1 {
			said[i] = one
		} else if both {
			said[i] = many
		}
	}
	return strings.Join(said, " ")
}

const maxPlaces = 5 // that are shown of a problem

// tally counts problems by kind.
type tally map[*kind]*Problem

func (t tally) of(k *kind) *Problem {
	if t[k] == nil {
		t[k] = &Problem{Kind: k.word, Severity: k.severity}
	}
	return t[k]
}

func (t tally) add(k *kind, at Place) {
	p := t.of(k)
	p.Count++
	if at.Row > 0 && len(p.Places) < maxPlaces {
		p.Places = append(p.Places, at)
	}
}

// show keeps the first values of a kind.
func (t tally) show(k *kind, v Value) {
	const values = 3
	if p := t.of(k); len(p.Values) < values && v.Text != "" {
		v.Text = shown(v.Text)
		p.Values = append(p.Values, v)
	}
}

// problems lists what was counted; say changes the texts for the file at hand.
func (t tally) problems(say func(string) string) []Problem {
	var ps []Problem
	for _, k := range kinds {
		if p := t[k]; p != nil && p.Count > 0 {
			p.Text, p.Hint = say(k.of(p.Count)), say(k.hint)
			ps = append(ps, *p)
		}
	}
	return ps
}

// shown cuts a long cell for a message.
func shown(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
