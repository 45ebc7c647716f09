package report

import (
	"fmt"
	"strconv"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// describeFile says how the file was read, and why.
func describeFile(l *listing, s *export.Survey) {
	l.add("File", s.Path)
	header := fmt.Sprintf("header in line %d", s.HeaderLine)
	if s.HeaderLine == 0 {
		header = "no header"
	}
	l.add("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header))
	l.add("Preset", preset(s))
	wide := 0
	for _, c := range s.Columns {
		wide = max(wide, len([]rune(c.Header)))
	}
	var columns []string
	for _, c := range s.Columns {
		header := printable(c.Header)
		pad := strings.Repeat(" ", max(min(wide, 28)-len([]rune(header)), 0))
		columns = append(columns, strings.TrimRight(fmt.Sprintf("%-12s = %s%s  %s", c.Field, header, pad, printable(c.Why)), " "))
	}
	l.add("Columns", strings.Join(columns, "\n"))
}

// describeProblems lists what is wrong with the file, and what to do. The cells
// in which it is go with it only where no log is kept of them.
func describeProblems(l *listing, s *export.Survey, values bool) {
	for _, group := range []struct {
		severity export.Severity
		title    string
	}{{export.Rejected, "Rows that will not be sent"}, {export.Repaired, "Repaired, or worth a look"}} {
		title := group.title
		for _, p := range s.Problems {
			if p.Severity != group.severity {
				continue
			}
			if title != "" {
				l.line("")
				l.line(title)
				title = ""
			}
			describeProblem(l, p)
			if values {
				describeValues(l, p.Values)
			}
		}
	}
}

func describeProblem(l *listing, p export.Problem) {
	text := p.Text
	if where := lineList(p.Lines, p.Count); where != "" {
		text += " (" + where + ")"
	}
	l.line(fmt.Sprintf("%*s  %s", labelWidth-2, importer.Grouped(p.Count), printable(text)))
	if p.Hint != "" {
		l.line(strings.Repeat(" ", labelWidth) + "> " + printable(p.Hint))
	}
}

func describeValues(l *listing, values []export.Value) {
	for _, v := range values {
		text := fmt.Sprintf("line %d: %s", v.Line, cell(v.Text))
		if v.Why != "" {
			text += " - " + v.Why
		}
		l.line(strings.Repeat(" ", labelWidth) + text)
	}
}

// cell shows what stands in a cell, so that blanks at its ends and control
// characters are seen.
func cell(text string) string { return strconv.Quote(shorten(text, shownCells)) }

// describeAdvice lists people whom somebody may not want to onboard.
func describeAdvice(l *listing, s *export.Survey) {
	for i, a := range s.Advice {
		if i == 0 {
			l.line("")
			l.line("Advice (nothing is left out by itself)")
		}
		text := a.Text
		if where := lineList(a.Lines, a.Count); where != "" {
			text += ", " + where
		}
		l.line(strings.Repeat(" ", labelWidth) + printable(text))
		if a.Flag != "" {
			l.line(strings.Repeat(" ", labelWidth) + "> leave them out with " + printable(a.Flag))
		}
	}
}

// preset is the header set that was recognised, as people and as --preset call
// it.
func preset(s *export.Survey) string {
	if s.Source == "" || strings.EqualFold(s.Source, s.Preset) {
		return s.Preset
	}
	return s.Source + " (" + s.Preset + ")"
}
