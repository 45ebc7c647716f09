package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// State is how one check of the doctor ended.
type State string

const (
	Fine    State = "ok"
	Warning State = "warning" // it works, or it cannot be verified
	Failing State = "failed"
)

var marks = map[State]string{Fine: "✓", Warning: "!", Failing: "✗"}

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

// String is the list as people read it: a mark, the name, the finding, and below it what to do.
func (d Diagnosis) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	found := map[State]int{}
	for _, c := range d.Checks {
		found[c.State]++
		fmt.Fprintf(w, "%s %s\t%s\n", marks[c.State], text.Printable(c.Name), text.Printable(c.Text))
		for line := range strings.Lines(c.Hint) {
			fmt.Fprintf(w, "\t> %s\n", text.Printable(strings.TrimSuffix(line, "\n")))
		}
	}
	w.Flush()
	verdict := cmp.Or(counted(found[Failing], "check has failed", "checks have failed", ""),
		joined(", with ", "Ready to import", counted(found[Warning], "warning", "warnings", "")))
	return b.String() + "\n" + verdict + "; nothing was changed at the site.\n"
}

// JSON is the diagnosis for programs.
func (d Diagnosis) JSON() []byte { return indented(d) }

// RunList is a table of runs for people, in the order given; short: with as much of inputs and reasons as tells them
// apart.
func RunList(runs []ledger.Run, short bool) string {
	if len(runs) == 0 {
		return "The ledger has no runs.\n"
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTARTED\tCOMMAND\tSOURCE\tROWS\tCREATED\tOUTCOME\tEXIT\tINPUT\tREASON")
	for _, r := range runs {
		ended := r.Outcome != ""
		unread := ended && r.Outcome != ledger.Complete && r.RowsRead == 0 // the export could not be read
		rows := cmp.Or(onlyIf(unread, "-"), onlyIf(ended, text.Grouped(r.RowsRead)))
		became := joined(", ", cmp.Or(r.Outcome, "not finished"), onlyIf(!r.Undone.IsZero(), "undone"))
		var s Summary // of a run that has ended
		known := !ended || json.Unmarshal(r.Summary, &s) == nil && r.Outcome != ledger.Held
		creates := r.Command == "import" || r.Command == "sync"
		created := onlyIf(creates && known, text.Grouped(r.Created+s.Rows.Of(outcome.Created)))
		input, reason := Shown(r.Input), text.Printable(r.StopReason)
		if short {
			input, reason = text.Shorten(filepath.Base(input), 30), text.Shorten(reason, 40)
		}
		fmt.Fprintln(w, strings.Join([]string{r.ID, localTime(r.StartedAt, "2006-01-02 15:04"), r.Command,
			text.Printable(r.Source), rows, created, became,
			onlyIf(ended, fmt.Sprint(r.ExitCode)), input, reason}, "\t"))
	}
	w.Flush()
	return regexp.MustCompile(` +\n`).ReplaceAllString(table.String(), "\n")
}
