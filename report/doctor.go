package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"jsm-onboard/importer"
)

// A Finding is how one check of the doctor ended.
type Finding int

const (
	Fine     Finding = iota + 1
	Doubtful         // a warning: it works, or it cannot be verified
	Failing
	Unasked // what it needs had failed before
)

var findings = [...]struct{ mark, word string }{Fine: {"✓", "ok"}, Doubtful: {"!", "warning"}, Failing: {"✗", "failed"}, Unasked: {"-", "skipped"}}

func (f Finding) String() string { return findings[f].word }

// MarshalText is the word of String.
func (f Finding) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// A Check is one line of the doctor's list.
type Check struct {
	Name    string  `json:"name"`
	Finding Finding `json:"finding"`
	Text    string  `json:"text"`
	Hint    string  `json:"hint,omitempty"` // what to do about it
}

// A Diagnosis is all that the doctor has to say.
type Diagnosis struct {
	Version  string  `json:"version"`
	Site     string  `json:"site"`
	ExitCode int     `json:"exit_code"`
	Checks   []Check `json:"checks"`
}

// String is the list as people read it: a mark, the name, the finding, and
// below it what to do.
func (d Diagnosis) String() string {
	var b strings.Builder
	width := 0
	for _, c := range d.Checks {
		width = max(width, len(c.Name))
	}
	count := map[Finding]int{}
	for _, c := range d.Checks {
		count[c.Finding]++
		fmt.Fprintf(&b, "%s %-*s  %s\n", findings[c.Finding].mark, width, c.Name, c.Text)
		for line := range strings.Lines(c.Hint) {
			fmt.Fprintf(&b, "  %*s  > %s\n", width, "", strings.TrimSuffix(line, "\n"))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", d.lastWord(count[Failing], count[Doubtful]))
	return b.String()
}

func (d Diagnosis) lastWord(failed, doubtful int) string {
	switch {
	case failed > 0:
		return importer.Counted(failed, "check has failed", "checks have failed") + "; nothing was changed at the site."
	case doubtful > 0:
		return "Ready to import, with " + importer.Counted(doubtful, "warning", "warnings") + "; nothing was changed at the site."
	}
	return "Ready to import; nothing was changed at the site."
}

// JSON is the diagnosis for programs.
func (d Diagnosis) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}
