package report

import (
	"fmt"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// shownDuplicates is how many duplicates the text of check lists.
const shownDuplicates = 10

// CheckText is what check tells of a file: how it was read and why, what is
// wrong with it and on which lines, and how long its import would take at so
// many requests a second. duplicates are the first ones, in order of their
// lines; words are the file and the flags by which import reads it so.
func CheckText(s *export.Survey, words []string, duplicates []export.Duplicate, rate float64) string {
	l := &listing{}
	describeFile(l, s)
	l.add("First rows", strings.Join(firstRows(s.Examples), "\n"))
	l.line("")
	l.count(people(s), "people", "one request each, but for those whom the ledger knows")
	for _, c := range []struct {
		n      int
		status importer.Status
	}{{s.Duplicates, importer.Duplicate}, {s.Excluded, importer.Excluded}, {s.Invalid, importer.Invalid}} {
		if c.n > 0 {
			l.count(c.n, c.status.String(), meaning(c.status))
		}
	}
	l.count(s.Rows, "rows read", "")
	if s.Skipped > 0 {
		l.count(s.Skipped, "lines skipped", "no rows: blank, titles, footers, a repeated header")
	}
	describeProblems(l, s, true)
	describeDuplicates(l, s, duplicates)
	describeAdvice(l, s)
	l.line("")
	if long := roughly(people(s), rate); long != "" {
		l.add("Time", fmt.Sprintf("%s at %s", long, perSecond(rate)))
	}
	l.add("Next", strings.Join(checkCommands(s, words), "\n"))
	return l.String()
}

// firstRows are the first people as they were understood: where a column is
// the wrong one, or letters are, it is seen here.
func firstRows(examples []export.Example) []string {
	var list []string
	for _, e := range examples {
		who := fmt.Sprintf("%s <%s>", cell(e.Name), shorten(printable(e.Email), shownCells))
		for _, more := range []struct{ field, value string }{{"external_id", e.ExternalID}, {"organization", e.Organization}, {"account_id", e.AccountID}} {
			if more.value != "" {
				who += ", " + more.field + " " + cell(more.value)
			}
		}
		list = append(list, fmt.Sprintf("line %d: %s", e.Line, who))
	}
	return list
}

// people is how many customers the file comes to.
func people(s *export.Survey) int { return s.Valid - s.Duplicates }

func describeDuplicates(l *listing, s *export.Survey, duplicates []export.Duplicate) {
	if len(duplicates) == 0 {
		return
	}
	l.line("")
	l.line("Duplicates (the first row counts)")
	for i, d := range duplicates {
		if i == shownDuplicates {
			l.line(fmt.Sprintf("%s... and %s more", strings.Repeat(" ", labelWidth), importer.Grouped(s.Duplicates-i)))
			return
		}
		other := ""
		if !d.SameName {
			other = ", under another name"
		}
		l.line(fmt.Sprintf("%sline %d has the address of line %d%s", strings.Repeat(" ", labelWidth), d.Line, d.First, other))
	}
}

// checkCommands are what to type next: the import as it is, and without the
// people whom the advice is about.
func checkCommands(s *export.Survey, words []string) []string {
	command := "jsm-onboard import"
	for _, word := range words {
		command += " " + printable(argument(word))
	}
	commands := []string{command}
	var flags []string
	for _, a := range s.Advice {
		if a.Flag != "" {
			flags = append(flags, printable(a.Flag))
		}
	}
	if len(flags) > 0 {
		commands = append(commands, command+" "+strings.Join(flags, " "))
	}
	return commands
}

// CheckJSON is the same for scripts: the survey, and what is derived from it.
func CheckJSON(s *export.Survey, words []string, duplicates []export.Duplicate, rate float64) ([]byte, error) {
	type duplicate struct {
		Line     int  `json:"line"`
		First    int  `json:"first_line"`
		SameName bool `json:"same_name"`
	}
	survey := *s
	survey.Problems, survey.Advice, survey.Examples = orEmpty(s.Problems), orEmpty(s.Advice), orEmpty(s.Examples)
	told := struct {
		*export.Survey
		People     int         `json:"people"`
		Duplicates []duplicate `json:"duplicate_lines"` // the first ones
		Seconds    *float64    `json:"seconds"`         // null: unpaced
		Commands   []string    `json:"commands"`
	}{Survey: &survey, People: people(s), Duplicates: []duplicate{}, Commands: checkCommands(s, words)}
	for _, d := range duplicates {
		told.Duplicates = append(told.Duplicates, duplicate(d))
	}
	if rate > 0 {
		seconds := hundredths(float64(people(s)) / rate)
		told.Seconds = &seconds
	}
	return indented(told)
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
