package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// A listing is text in two columns: labels, then what belongs to them. The
// second column may have several lines.
type listing struct{ b strings.Builder }

const labelWidth = 11

func (l *listing) add(label, value string) {
	if value == "" {
		return
	}
	for line := range strings.SplitSeq(value, "\n") {
		fmt.Fprintf(&l.b, "%-*s%s\n", labelWidth-1, label, " "+line)
		label = ""
	}
}

// under adds a line below the second column.
func (l *listing) under(line string) { l.b.WriteString(strings.Repeat(" ", labelWidth) + line + "\n") }

func (l *listing) line(line string) { l.b.WriteString(line + "\n") }

// title begins a part of the listing.
func (l *listing) title(line string) { l.b.WriteString("\n" + line + "\n") }

func (l *listing) String() string { return l.b.String() }

// count adds a line of a table of numbers.
func (l *listing) count(n int, what, note string) {
	line := fmt.Sprintf("%*s  %-20s %s", labelWidth-2, text.Grouped(n), what, note)
	l.line(strings.TrimRight(line, " "))
}

// counts is the table of rows by status, as totals, plan and check show it.
func (l *listing) counts(counts []Count) {
	for _, c := range counts {
		if c.Rows > 0 {
			l.count(c.Rows, c.Status.String(), c.Status.Meaning())
		}
	}
}

// read ends a table of counts.
func (l *listing) read(rows int, proof string, skipped int) {
	l.count(rows, "rows read", proof)
	if skipped > 0 {
		l.count(skipped, "lines skipped", "Not rows: blank lines, titles, footers, a repeated header.")
	}
}

// surveyed are the rows of a file that are not sent, by status.
func surveyed(s *export.Survey) []Count {
	return []Count{{outcome.Duplicate, s.Duplicates}, {outcome.Excluded, s.Excluded}, {outcome.Invalid, s.Invalid}}
}

// places names the first rows of more: "row 415 (line 424), row 501, …".
func places(first []export.Place, of int) string {
	words := make([]string, len(first))
	for i, p := range first {
		words[i] = p.String()
	}
	if of > len(first) && len(first) > 0 {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

// shownCell is how much of an address or a name fits a line.
const shownCell = 60

func cell(s string) string { return text.Shorten(text.Printable(s), shownCell) }

// Shown is a path as people are shown it: relative to the working folder when
// it is inside.
func Shown(path string) string {
	folder, err := os.Getwd()
	if err != nil || !filepath.IsAbs(path) {
		return text.Printable(path)
	}
	if inside, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(inside) {
		path = inside
	}
	return text.Printable(path)
}

// Command is what to type next.
func Command(name, file string, flags ...[]string) string {
	words := []string{"jsm-onboard", name}
	if file != "" {
		words = append(words, file)
	}
	return text.Printable(text.CommandLine(append(words, slices.Concat(flags...)...)...))
}

// roughly is how long so many requests take at a pace; "" when it is not known.
func roughly(requests int, perSecond float64) string {
	if perSecond <= 0 || requests <= 0 {
		return ""
	}
	d := time.Duration(float64(requests) / perSecond * float64(time.Second))
	switch {
	case d < 2*time.Second:
		return "about a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("about %d seconds", int(d.Seconds()+0.5))
	case d < 2*time.Hour:
		return fmt.Sprintf("about %d minutes", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("about %.1f hours", d.Hours())
}

// Short is a duration in its two largest units: 42s, 9m40s, 2h46m, 1d03h.
func Short(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// Lasted is how long a run took.
func Lasted(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return Short(d)
}

// PerSecond is a pace: 98/s, 3.2/s.
func PerSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return text.Grouped(int(rate+0.5)) + "/s"
}

// wrapLeast is how narrow a terminal may be for text to be wrapped to it.
const wrapLeast = 40

// Fit is text as it is to be shown on w: nothing in it that a terminal obeys,
// and wrapped to the terminal's width where w is one.
func Fit(w io.Writer, s string, getenv func(string) string) string {
	columns := 0
	if ask := terminalColumns(w, getenv); ask != nil {
		columns = ask()
	}
	return fit(s, columns)
}

// fit makes every line printable, and breaks those longer than columns at a
// blank; 0: any length is right. Commands to type stay whole.
func fit(s string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		words, end := strings.CutSuffix(line, "\n")
		words = text.Printable(words)
		if columns >= wrapLeast && !strings.HasPrefix(strings.TrimLeft(words, " "), "jsm-onboard ") {
			words = wrap([]rune(words), columns)
		}
		b.WriteString(words)
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// wrap continues a line below its own text.
func wrap(line []rune, columns int) string {
	indent := hanging(line)
	var b strings.Builder
	for len(line) > columns {
		cut := columns
		for cut > indent && line[cut] != ' ' {
			cut--
		}
		if cut == indent { // a word longer than the line
			cut = columns
			for cut < len(line) && line[cut] != ' ' {
				cut++
			}
		}
		if cut == len(line) {
			break
		}
		b.WriteString(strings.TrimRight(string(line[:cut]), " ") + "\n")
		line = append(slices.Repeat([]rune{' '}, indent), line[cut+1:]...)
	}
	return b.String() + string(line)
}

// hanging is where the text of a line begins: behind its label or number, or
// behind its blanks.
func hanging(line []rune) int {
	begins := func(at int) bool {
		return len(line) > at && line[at-2] == ' ' && line[at-1] == ' ' && line[at] != ' '
	}
	if begins(labelWidth) || len(line) > labelWidth && line[labelWidth-1] == ' ' && line[0] != ' ' {
		return labelWidth
	}
	return max(slices.IndexFunc(line, func(r rune) bool { return r != ' ' }), 0)
}
