package report

import (
	"fmt"
	"strings"

	"jsm-onboard/importer/text"
)

// State is how one check of the doctor ended.
type State int

const (
	Fine    State = iota + 1
	Warning       // it works, or it cannot be verified
	Failing
	Skipped // what it needs had failed before
)

var states = [...]struct{ mark, word string }{
	Fine: {"✓", "ok"}, Warning: {"!", "warning"}, Failing: {"✗", "failed"}, Skipped: {"-", "skipped"},
}

func (s State) String() string { return states[s].word }

// MarshalText is the word of String.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one line of the doctor's list.
type Finding struct {
	Name  string `json:"name"`
	State State  `json:"finding"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"` // what to do about it
}

// A Diagnosis is all that the doctor found.
type Diagnosis struct {
	Version  string    `json:"version"`
	Site     string    `json:"site"`
	ExitCode int       `json:"exit_code"`
	Checks   []Finding `json:"checks"`
}

// String is the list as people read it: a mark, the name, the finding, and
// below it what to do.
func (d Diagnosis) String() string {
	var b strings.Builder
	width, count := 0, map[State]int{}
	for _, c := range d.Checks {
		width = max(width, len(c.Name))
		count[c.State]++
	}
	for _, c := range d.Checks {
		fmt.Fprintf(&b, "%s %-*s  %s\n", states[c.State].mark, width, c.Name, text.Printable(c.Text))
		for line := range strings.Lines(c.Hint) {
			fmt.Fprintf(&b, "  %*s  > %s\n", width, "", text.Printable(strings.TrimSuffix(line, "\n")))
		}
	}
	verdict := "Ready to import"
	switch {
	case count[Failing] > 0:
		verdict = text.Counted(count[Failing], "check has failed", "checks have failed")
	case count[Warning] > 0:
		verdict += ", with " + text.Counted(count[Warning], "warning", "warnings")
	}
	return b.String() + "\n" + verdict + "; nothing was changed at the site.\n"
}

// JSON is the diagnosis for programs.
func (d Diagnosis) JSON() ([]byte, error) { return indented(d) }
