package export

import "fmt"

// Severity tells what was done about a problem.
type Severity int

// What can be done about a problem, short of refusing the file.
const (
	Repaired Severity = iota + 1 // mended or passed over, and the people are sent
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
	Lines    []int    `json:"lines,omitempty"`  // the first five physical lines
	Values   []Value  `json:"values,omitempty"` // the first three cells that show it; for the user's own eyes
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"` // what the user can do about it
}

// Value is a cell in which something is wrong. It may hold somebody's name or
// address: it is for no log.
type Value struct {
	Line int    `json:"line"`
	Text string `json:"value"` // cut when it is long
	Why  string `json:"why,omitempty"`
}

const (
	problemLines  = 5
	problemValues = 3
)

type kind int

// Troubles of the whole file, of a record's form, and of the person in it.
const (
	guessedUTF16 kind = iota + 1
	guessedWindows1252
	singleQuotes
	titleLines
	bomInside
	duplicateHeader
	noNameColumn
	halfName
	loginAsAddress
	repeatedHeader
	footerLines
	strayDirective
	rulerLines
	cutOff
	escapedQuotes
	blanksAroundQuotes
	quotedPhrases
	bareQuotes
	shortRow
	wrappedAddress
	severalAddresses
	guardedCell
	severalNames
	namelessRow
	nameControls
	nameLineBreak
	nameQuestion

	quoteNeverClosed
	quotesUnclear
	swallowedRows
	tooManyColumns
	cellTooLong
	longRow
	rowTooShort
	brokenRow
	beginningApart
	cutOffRow
	notUTF8
	missingAddress
	nullAddress
	guestAddress
	exchangeAddress
	brokenAddress
	missingAccount
	nameNUL
	nameLostLetters
	nameEncoding
	nameEntities
	nameSpreadsheet
	nameQuote
	namesDiffer
	kinds
)

// tally counts problems by kind.
type tally [kinds]struct {
	count  int
	lines  []int
	values []Value
}

func (t *tally) add(k kind, line int) {
	p := &t[k]
	p.count++
	if line > 0 && len(p.lines) < problemLines {
		p.lines = append(p.lines, line)
	}
}

// show keeps the first values of a kind.
func (t *tally) show(k kind, v Value) {
	if p := &t[k]; len(p.values) < problemValues && v.Text != "" {
		v.Text = shown(v.Text)
		p.values = append(p.values, v)
	}
}

// problems lists what was counted in a file with this header.
func (t *tally) problems(h *header) []Problem {
	var ps []Problem
	for k, p := range t {
		if p.count > 0 {
			d := descriptions[k]
			ps = append(ps, Problem{Kind: d.word, Severity: d.severity, Count: p.count, Lines: p.lines, Values: p.values,
				Text: h.inWords(d.of(p.count)), Hint: h.inWords(d.hint)})
		}
	}
	return ps
}
