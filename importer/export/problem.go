package export

import "strings"

// Problem is one kind of trouble in a file, with where it first occurs.
type Problem struct {
	Kind     string   `json:"kind"` // a stable word, such as "short_row"
	Severity Severity `json:"severity"`
	Count    int      `json:"count"`
	Places   []Place  `json:"places,omitempty"` // the first five
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// add counts it once more; a zero place is the file as a whole.
func (p *Problem) add(at Place) {
	if p.Count++; at.Row > 0 && len(p.Places) < 5 {
		p.Places = append(p.Places, at)
	}
}

// Kinds are the words of all kinds of trouble in a file.
func Kinds() []string {
	words := []string{"include_matches_none", "exclude_matches_none"}
	for _, k := range kinds {
		words = append(words, k.Word)
	}
	return words
}

// tally counts problems by kind.
type tally map[*kind]*Problem

func (t tally) add(at Place, kinds ...*kind) {
	for _, k := range kinds {
		if t[k] == nil {
			t[k] = &Problem{Kind: k.Word, Severity: k.Severity}
		}
		t[k].add(at)
	}
}

// problems lists what was counted in a file of some encoding.
func (t tally) problems(encoding string) []Problem {
	var ps []Problem
	for _, k := range kinds {
		if p := t[k]; p != nil {
			p.Text, p.Hint = strings.Replace(k.Of(p.Count), "%s", encoding, 1), k.Hint
			ps = append(ps, *p)
		}
	}
	return ps
}
