package report

import (
	"fmt"
	"strconv"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/text"
)

// A Check is what the command check found in a file, offline.
type Check struct {
	Survey        *export.Survey
	Duplicates    []export.Duplicate // the first ones, in order
	Words         []string           // the file and the flags by which import reads it in the same way
	Rate          float64            // requests a second that the time is estimated with; 0: not known
	Organizations bool               // --organizations
}

// shownDuplicates is how many duplicates the text of check lists.
const shownDuplicates = 10

// Text is how the file was read and why, what is wrong with it and where, and
// how long its import would take. It shows cells: it is for no log.
func (c Check) Text() string {
	l, s := &listing{}, c.Survey
	describeFile(l, s, c.Organizations)
	l.add("First rows", strings.Join(c.firstRows(), "\n"))
	l.line("")
	l.count(people(s), "people", "To create, unless an earlier run has onboarded them.")
	l.counts(surveyed(s))
	l.read(s.Rows, "", s.Skipped)
	describeProblems(l, s, true)
	c.describeDuplicates(l)
	if hasOrganizations(s) && !c.Organizations {
		l.title(notCarriedOver)
	}
	if s.OneExternalID != "" {
		l.title("External ids of this file are not used: " + text.Printable(s.OneExternalID) + ".")
	}
	describeAdvice(l, s)
	l.line("")
	if long := roughly(people(s), c.Rate); long != "" {
		l.add("Time", fmt.Sprintf("%s at %s", long, PerSecond(c.Rate)))
	}
	l.add("Next", strings.Join(c.commands(), "\nor, without the people named under Advice:\n"))
	return l.String()
}

// people is how many customers the file comes to.
func people(s *export.Survey) int { return s.Valid - s.Duplicates }

// firstRows are the first people as they would be sent: a wrong column, or
// wrong letters, are seen here.
func (c Check) firstRows() []string {
	var list []string
	for _, e := range c.Survey.Examples {
		who := fmt.Sprintf("%s: %s <%s>", e.Place, quoted(e.Name), cell(e.Email))
		if c.Organizations && e.Organization != "" {
			who += ", organization " + quoted(e.Organization)
		}
		if e.AccountID != "" {
			who += ", account_id " + quoted(e.AccountID)
		}
		list = append(list, who)
	}
	return list
}

func (c Check) describeDuplicates(l *listing) {
	for i, d := range c.Duplicates {
		if i == 0 {
			l.title("Duplicates (the first row counts)")
		}
		if i == shownDuplicates {
			l.under(fmt.Sprintf("… and %s more", text.Grouped(c.Survey.Duplicates-i)))
			return
		}
		other := ""
		if !d.SameName {
			other = ", under another name"
		}
		l.under(fmt.Sprintf("%s has the address of %s%s", d.Place, d.First, other))
	}
}

// commands are what to type next: the import as it is, and without the people
// whom the advice is about.
func (c Check) commands() []string {
	command := Command("import", "", c.Words)
	var flags string
	for _, a := range c.Survey.Advice {
		if a.Flag != "" {
			flags += " " + text.Printable(a.Flag)
		}
	}
	if flags == "" {
		return []string{command}
	}
	return []string{command, command + flags}
}

// JSON is the same for scripts: the survey, and what is derived from it.
func (c Check) JSON() ([]byte, error) {
	survey := *c.Survey
	survey.Problems, survey.Advice = orEmpty(survey.Problems), orEmpty(survey.Advice)
	survey.Examples = orEmpty(survey.Examples)
	out := struct {
		*export.Survey
		People     int                `json:"people"`
		Duplicates []export.Duplicate `json:"duplicate_rows"` // the first ones
		Seconds    *float64           `json:"seconds"`        // null: not known
		Commands   []string           `json:"commands"`
	}{
		Survey:     &survey,
		People:     people(c.Survey),
		Duplicates: orEmpty(c.Duplicates),
		Commands:   c.commands(),
	}
	if c.Rate > 0 {
		seconds := hundredths(float64(out.People) / c.Rate)
		out.Seconds = &seconds
	}
	return indented(out)
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// quoted shows what is in a cell, with blanks at its ends.
func quoted(s string) string { return strconv.Quote(text.Shorten(s, shownCell)) }

// describeFile says how the file was read, and why.
func describeFile(l *listing, s *export.Survey, organizations bool) {
	l.add("File", Shown(s.Path))
	header := fmt.Sprintf("header in line %d", s.HeaderLine)
	if s.HeaderLine == 0 {
		header = "no header"
	}
	l.add("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header))
	preset := s.Preset
	if s.Source != "" && !strings.EqualFold(s.Source, s.Preset) {
		preset = strings.TrimSuffix(s.Source+" ("+s.Preset+")", " ()")
	}
	l.add("Preset", preset)
	var columns []string
	for _, c := range s.Columns {
		why := text.Printable(c.Why)
		if c.Field == export.Organization && !organizations {
			why += ", not carried over"
		}
		line := fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), strings.TrimPrefix(why, ", "))
		columns = append(columns, strings.TrimRight(line, " "))
	}
	l.add("Columns", strings.Join(columns, "\n"))
}

// describeProblems lists what is wrong with the file, and what to do; the
// cells that show it only where no log is kept of them.
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
				l.title(title)
				title = ""
			}
			describeProblem(l, p, values)
		}
	}
}

func describeProblem(l *listing, p export.Problem, values bool) {
	count, what := text.Grouped(p.Count), text.Printable(p.Text)
	if where := places(p.Places, p.Count); where != "" {
		what += " (" + where + ")"
	} else if p.Count == 1 {
		count = "" // the file as a whole
	}
	l.line(fmt.Sprintf("%*s  %s", labelWidth-2, count, what))
	if p.Hint != "" {
		l.under("> " + text.Printable(p.Hint))
	}
	if !values {
		return
	}
	for _, v := range p.Values {
		shown := v.Place.String() + ": " + quoted(v.Text)
		if v.Why != "" {
			shown += " - " + v.Why
		}
		l.under(shown)
	}
}

// describeAdvice lists people whom somebody may not want to onboard.
func describeAdvice(l *listing, s *export.Survey) {
	for i, a := range s.Advice {
		if i == 0 {
			l.title("Advice (nothing is left out by itself)")
		}
		what := text.Printable(a.Text)
		if where := places(a.Places, a.Count); where != "" {
			what += ": " + where
		}
		l.under(what)
		if a.Flag != "" {
			l.under("> leave them out with " + text.Printable(a.Flag))
		}
	}
}
