package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
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

// Text is how the file was read and why, what is wrong with it and where, and
// how long its import would take. It shows cells: it is for no log.
func (c Check) Text() string {
	l, s := &listing{}, c.Survey
	l.file(s, c.Organizations)
	l.add("Examples", c.examples())
	l.line("")
	l.count(c.people(), "people", "To create, unless an earlier run has onboarded them.")
	var settled outcome.Totals
	settled[outcome.Duplicate], settled[outcome.Excluded], settled[outcome.Invalid] = s.Duplicates, s.Excluded, s.Invalid
	l.rows(Rows{s.Rows, outcome.ImportStatuses(), settled}, "", s.Skipped)
	l.problems(s, true)
	l.duplicates(c)
	l.part(unused(s, c.Organizations))
	l.advice(s)
	l.line("")
	if long := roughly(c.people(), c.Rate); long != "" {
		l.add("Time", long+" at "+perSecond(c.Rate))
	}
	l.add("Next", strings.Join(c.commands(), "\nor, without the people named under Advice:\n"))
	return l.String()
}

func (c Check) people() int { return c.Survey.Valid - c.Survey.Duplicates }

// examples show wrong columns and wrong letters: the first people as they would be sent.
func (c Check) examples() (lines string) {
	for _, e := range c.Survey.Examples {
		organization := ""
		if c.Organizations && e.Organization != "" {
			organization = "organization " + quoted(e.Organization)
		}
		who := fmt.Sprintf("%s: %s <%s>", e.Place, quoted(e.Name), cell(e.Email))
		lines = joined("\n", lines, joined(", ", who, organization))
	}
	return lines
}

func (l *listing) duplicates(c Check) {
	first := c.Duplicates[:min(10, len(c.Duplicates))]
	if len(first) == 0 {
		return
	}
	l.part("Duplicates (the first row counts)")
	for _, d := range first {
		other := ""
		if !d.SameName {
			other = ", under another name"
		}
		l.add("", fmt.Sprintf("%s has the address of %s%s", d.Place, d.First, other))
	}
	if more := c.Survey.Duplicates - len(first); more > 0 {
		l.add("", "… and "+text.Grouped(more)+" more")
	}
}

// commands are the import as it is, and without the people whom the advice is about.
func (c Check) commands() []string {
	commands := []string{Command("import", c.Words...)}
	var flags string
	for _, a := range c.Survey.Advice {
		if a.Flag != "" {
			flags += " " + text.Printable(a.Flag)
		}
	}
	if flags != "" {
		commands = append(commands, commands[0]+flags)
	}
	return commands
}

// JSON is the same for scripts: the survey, and what is derived from it.
func (c Check) JSON() ([]byte, error) {
	survey, seconds := *c.Survey, 0.0
	survey.Problems, survey.Advice = orEmpty(survey.Problems), orEmpty(survey.Advice)
	survey.Examples = orEmpty(survey.Examples)
	if c.Rate > 0 {
		seconds = hundredths(float64(c.people()) / c.Rate)
	}
	return indented(struct {
		*export.Survey
		People     int                `json:"people"`
		Duplicates []export.Duplicate `json:"duplicate_rows"`    // the first ones
		Seconds    float64            `json:"seconds,omitempty"` // none: not known
		Commands   []string           `json:"commands"`
	}{
		Survey:     &survey,
		People:     c.people(),
		Duplicates: orEmpty(c.Duplicates),
		Seconds:    seconds,
		Commands:   c.commands(),
	})
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

func quoted(s string) string { return strconv.Quote(text.Shorten(s, 60)) }

func (l *listing) file(s *export.Survey, organizations bool) {
	header, preset, columns := "no header", s.Preset, ""
	if s.HeaderLine > 0 {
		header = fmt.Sprintf("header in line %d", s.HeaderLine)
	}
	if s.Source != "" && preset != "" && !strings.EqualFold(s.Source, preset) {
		preset = s.Source + " (" + preset + ")"
	}
	for _, c := range s.Columns {
		why := c.Why
		if c.Field == export.Organization && !organizations {
			why = joined(", ", why, "not carried over")
		}
		column := fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), text.Printable(why))
		columns = joined("\n", columns, strings.TrimRight(column, " "))
	}
	l.add("File", Shown(s.Path))
	l.add("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header))
	l.add("Preset", preset)
	l.add("Columns", columns)
}

// problems lists what is wrong; values: with the cells, where no log is kept of them.
func (l *listing) problems(s *export.Survey, values bool) {
	headings := map[export.Severity]string{export.Rejected: "Rows that will not be sent"}
	last := export.Severity("")
	bySeverity := func(a, b export.Problem) int { return cmp.Compare(a.Severity, b.Severity) }
	for _, p := range slices.SortedStableFunc(slices.Values(s.Problems), bySeverity) {
		if p.Severity != last {
			l.part(cmp.Or(headings[p.Severity], "Repaired, or worth a look"))
		}
		last = p.Severity
		l.problem(p)
		for _, v := range p.Values {
			if values {
				l.add("", joined(" - ", v.Place.String()+": "+quoted(v.Text), text.Printable(v.Why)))
			}
		}
	}
}

func (l *listing) problem(p export.Problem) {
	count, what := text.Grouped(p.Count), text.Printable(p.Text)
	if where := places(p.Places, p.Count); where != "" {
		what += " (" + where + ")"
	} else if p.Count == 1 {
		count = "" // the file as a whole
	}
	l.line(fmt.Sprintf("%*s  %s", labelWidth-2, count, what))
	if p.Hint != "" {
		l.add("", "> "+text.Printable(p.Hint))
	}
}

func (l *listing) advice(s *export.Survey) {
	for i, a := range s.Advice {
		if i == 0 {
			l.part("Advice (nothing is left out by itself)")
		}
		l.add("", joined(": ", text.Printable(a.Text), places(a.Places, a.Count)))
		if a.Flag != "" {
			l.add("", "> leave them out with "+text.Printable(a.Flag))
		}
	}
}
