package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rivo/uniseg"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Texts for people are in two columns: labels or numbers, then what belongs to them.
const labelWidth = 11

// labelled is text behind a label; "" without any. Further lines stand below the first.
func labelled(label string, texts ...string) string {
	below := "\n" + strings.Repeat(" ", labelWidth)
	all := strings.ReplaceAll(lines(texts...), "\n", below)
	return onlyIf(all != "", fmt.Sprintf("%-*s%s", labelWidth, label, all))
}

// count is a number of rows, what they are, and what that means.
func count(n int, what, note string) string {
	return strings.TrimRight(fmt.Sprintf("%*s  %-20s %s", labelWidth-2, text.Grouped(n), what, note), " ")
}

// some is such a line where there is something to count.
func some(n int, what, note string) string { return onlyIf(n > 0, count(n, what, note)) }

// rowCounts is the table of rows by status, as totals, plan and check show it.
func rowCounts(r Rows, proof string, skipped int) string {
	var all []string
	for _, s := range r.Statuses {
		all = append(all, some(r.Of(s), s.String(), s.Meaning()))
	}
	return lines(append(all, count(r.Read, "rows read", proof),
		some(skipped, "lines skipped", "Not rows: empty lines, titles, footers, a repeated header."))...)
}

// counted is a sentence that begins with a number; "" where there is nothing to count.
func counted(n int, one, many, rest string) string {
	return onlyIf(n > 0, text.Counted(n, one, many)+rest)
}

// onlyIf returns s if a condition holds, else "".
func onlyIf(holds bool, s string) string {
	if holds {
		return s
	}
	return ""
}

// present are the texts that are not empty.
func present(texts ...string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == "" })
}

// joined, lines and paragraphs join the texts that are not empty.
func joined(separator string, texts ...string) string {
	return strings.Join(present(texts...), separator)
}
func lines(texts ...string) string      { return joined("\n", texts...) }
func paragraphs(texts ...string) string { return joined("\n\n", texts...) }

// places names the first rows of more: "row 415 (line 424), row 501, …".
func places(first []export.Place, of int) string {
	var words []string
	for _, p := range first {
		words = append(words, p.String())
	}
	return joined(", ", strings.Join(words, ", "), onlyIf(of > len(first) && len(first) > 0, "…"))
}

// cell is as much of an address or a name as fits a line.
func cell(s string) string { return text.Shorten(text.Printable(s), 60) }

// Shown is a path as people are shown it.
func Shown(path string) string { return text.Printable(Relative(path)) }

// Relative is a path from the working folder, if it is inside, for whoever sits at a terminal; else it is whole.
func Relative(path string) string {
	folder, _ := os.Getwd()
	inside, err := filepath.Rel(folder, path)
	if err == nil && filepath.IsLocal(inside) && terminalColumns(os.Stderr, nil) != nil {
		path = onlyIf(inside[0] == '-', "."+string(filepath.Separator)) + inside // not to be read as a flag
	}
	return path
}

// Command is what to type next; its words are a file and flags.
func Command(name string, words ...string) string {
	return text.Printable(text.CommandLine(append([]string{"jsm-onboard", name}, words...)...))
}

// Short is a duration to the second, and from an hour on to the minute: 42s, 9m40s, 10m, 2h46m.
func Short(d time.Duration) string {
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	return strings.Replace(d.Round(time.Second).String(), "m0s", "m", 1)
}

// perSecond is a pace: 98/s, 3.2/s.
func perSecond(rate float64) string {
	return cmp.Or(onlyIf(rate < 10, fmt.Sprintf("%.1f", rate)), text.Grouped(int(rate+0.5))) + "/s"
}

// fit makes every line printable, and wraps it. columns is nil where there is no terminal.
func fit(s string, columns func() int) string {
	width := 0
	if columns != nil {
		width = columns()
	}
	all := strings.Split(s, "\n")
	for i, line := range all {
		all[i] = wrap(text.Printable(line), width)
	}
	return strings.Join(all, "\n")
}

// gap is what stands between the columns of a line, and before the first.
var gap = regexp.MustCompile("  +")

// wrap breaks a line that is longer than a terminal at blanks, and continues it below its last column that begins in
// the left half. Nothing is broken in fewer than 40 columns, and a command to type never is.
func wrap(line string, width int) string {
	if width < 40 || strings.HasPrefix(strings.TrimLeft(line, " "), "jsm-onboard ") {
		return line
	}
	out, column, indent := "", 0, 0
	for _, at := range gap.FindAllStringIndex(line, -1) {
		if begins := uniseg.StringWidth(line[:at[1]]); begins <= width/2 {
			indent = begins
		}
	}
	for _, word := range strings.SplitAfter(line, " ") {
		length := uniseg.StringWidth(strings.TrimRight(word, " "))
		if length > 0 && column > indent && column+length > width {
			out = strings.TrimRight(out, " ") + "\n" + strings.Repeat(" ", indent)
			column = indent
		}
		out += word
		column += uniseg.StringWidth(word)
	}
	return out
}

// State is how one check of the doctor ended.
type State string

const (
	Fine    State = "ok"
	Warning State = "warning" // it works, or it cannot be verified
	Failing State = "failed"
)

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
	found, symbols := map[State]int{}, map[State]string{Fine: "✓", Warning: "!", Failing: "✗"}
	for _, c := range d.Checks {
		found[c.State]++
		fmt.Fprintf(w, "%s %s\t%s\n", symbols[c.State], text.Printable(c.Name), text.Printable(c.Text))
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

// RunList is a table of runs for people, in this order; short: as much of inputs and reasons as tells them apart.
func RunList(runs []ledger.Run, short bool) string {
	if len(runs) == 0 {
		return "The ledger has no runs.\n"
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tLAST STARTED\tCOMMAND\tSOURCE\tROWS\tCREATED\tOUTCOME\tEXIT\tINPUT\tREASON")
	for _, r := range runs {
		ended := r.Outcome != ""
		unread := ended && r.Outcome != ledger.Complete && r.RowsRead == 0 // the export could not be read
		rows := cmp.Or(onlyIf(unread, "-"), onlyIf(ended, text.Grouped(r.RowsRead)))
		became := joined(", ", cmp.Or(r.Outcome, "not finished"), onlyIf(!r.UndoneAt.IsZero(), "undone"))
		var s Summary // of a run that has ended
		known := !ended || json.Unmarshal(r.Summary, &s) == nil && r.Outcome != ledger.Held
		creates := r.Command == "import" || r.Command == "sync"
		created := onlyIf(creates && known, text.Grouped(r.Created+s.Rows.Of(outcome.Created)))
		input, reason := Shown(r.Input), text.Printable(r.StopReason)
		if short {
			input, reason = text.Shorten(filepath.Base(input), 30), text.Shorten(reason, 40)
		}
		local := r.StartedAt.Local()
		fmt.Fprintln(w, strings.Join([]string{r.ID, local.Format("2006-01-02 15:04 ") + text.Zone(local), r.Command,
			text.Printable(r.Source), rows, created, became,
			onlyIf(ended, fmt.Sprint(r.ExitCode)), input, reason}, "\t"))
	}
	w.Flush()
	return regexp.MustCompile(` +\n`).ReplaceAllString(table.String(), "\n")
}
