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
