package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"jsm-onboard/importer/export"
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
	if n <= 0 {
		return ""
	}
	return text.Counted(n, one, many) + rest
}

// onlyIf is a text where it is to be said, else "".
func onlyIf(said bool, what string) string {
	if said {
		return what
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

// Shown is a path as people are shown it: relative to the working folder when it is inside.
func Shown(path string) string {
	folder, _ := os.Getwd()
	if inside, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(inside) {
		path = inside
	}
	if len(path) > 1 && path[0] == '-' {
		path = "." + string(filepath.Separator) + path // it would be read as a flag
	}
	return text.Printable(path)
}

// Command is what to type next; its words are a file and flags.
func Command(name string, words ...string) string {
	return text.Printable(text.CommandLine(append([]string{"jsm-onboard", name}, words...)...))
}

// Short is a duration to the second, and from an hour on to the minute: 42s, 9m40s, 10m, 2h46m.
func Short(d time.Duration) string {
	precision := time.Second
	if d >= time.Hour {
		precision = time.Minute
	}
	return strings.Replace(d.Round(precision).String(), "m0s", "m", 1)
}

// roughly is how long so many requests take at a pace; "" when it is not known.
func roughly(requests int, perSecond float64) string {
	if perSecond <= 0 || requests <= 0 {
		return ""
	}
	d := time.Duration(float64(requests) / perSecond * float64(time.Second))
	if d > 2*time.Minute {
		d = d.Round(time.Minute)
	}
	return "about " + Short(max(d, time.Second))
}

// perSecond is a pace: 98/s, 3.2/s.
func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return text.Grouped(int(rate+0.5)) + "/s"
}

// When is a time for people, in local time with its zone named.
func When(t time.Time) string { return localTime(t, "2 January 2006, 15:04") }

func localTime(t time.Time, layout string) string {
	return t.Local().Format(layout) + " " + text.Zone(t.Local())
}

// Fit is text as it is to be shown on w: nothing in it that a terminal obeys,
// and wrapped to the terminal's width where w is one.
func Fit(w io.Writer, s string, getenv func(string) string) string {
	return fit(s, terminalColumns(w, getenv))
}

// fit makes every line printable, and breaks those longer than a terminal at a blank; in fewer than 40 columns nothing
// is broken, and commands to type never are. columns is nil where there is no terminal.
func fit(s string, columns func() int) string {
	width := 0
	if columns != nil {
		width = columns()
	}
	all := strings.Split(s, "\n")
	for i, line := range all {
		all[i] = text.Printable(line)
		if width >= 40 && !strings.HasPrefix(strings.TrimLeft(line, " "), "jsm-onboard ") {
			all[i] = wrap(all[i], width)
		}
	}
	return strings.Join(all, "\n")
}

// wrap continues a line below its own text: behind its label or number, or behind its blanks.
func wrap(line string, width int) string {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if len(line) > labelWidth && line[labelWidth-2:labelWidth] == "  " && line[labelWidth] != ' ' {
		indent = labelWidth
	}
	out, column := "", 0
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
