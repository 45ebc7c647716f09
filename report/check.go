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
	describeFile(l, s, c.Organizations)
	l.add("Examples", c.examples())
	l.line("")
	l.count(c.people(), "people", "To create, unless an earlier run has onboarded them.")
	l.rows([]Count{
		{outcome.Duplicate, s.Duplicates},
		{outcome.Excluded, s.Excluded},
		{outcome.Invalid, s.Invalid},
	}, s.Rows, "", s.Skipped)
	describeProblems(l, s, true)
	c.describeDuplicates(l)
	for _, note := range fileNotes(s, c.Organizations) {
		l.part(note)
	}
	describeAdvice(l, s)
	l.line("")
	if long := roughly(c.people(), c.Rate); long != "" {
		l.add("Time", long+" at "+perSecond(c.Rate))
	}
	l.add("Next", strings.Join(c.commands(), "\nor, without the people named under Advice:\n"))
	return l.String()
}

func (c Check) people() int { return c.Survey.Valid - c.Survey.Duplicates }

// examples show wrong columns and wrong letters: the first people as they would be sent.
func (c Check) examples() string {
	var b strings.Builder
	for _, e := range c.Survey.Examples {
		fmt.Fprintf(&b, "%s: %s <%s>", e.Place, quoted(e.Name), cell(e.Email))
		if c.Organizations && e.Organization != "" {
			b.WriteString(", organization " + quoted(e.Organization))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (c Check) describeDuplicates(l *listing) {
	if len(c.Duplicates) > 0 {
		l.part("Duplicates (the first row counts)")
	}
	first := c.Duplicates[:min(10, len(c.Duplicates))]
	for _, d := range first {
		other := ""
		if !d.SameName {
			other = ", under another name"
		}
		l.add("", fmt.Sprintf("%s has the address of %s%s", d.Place, d.First, other))
	}
	if more := c.Survey.Duplicates - len(first); more > 0 && len(first) > 0 {
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

func describeFile(l *listing, s *export.Survey, organizations bool) {
	header := "no header"
	if s.HeaderLine > 0 {
		header = fmt.Sprintf("header in line %d", s.HeaderLine)
	}
	preset := s.Preset
	if s.Source != "" && preset != "" && !strings.EqualFold(s.Source, preset) {
		preset = s.Source + " (" + preset + ")"
	}
	l.add("File", Shown(s.Path))
	l.add("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header))
	l.add("Preset", preset)
	var columns []string
	for _, c := range s.Columns {
		why := text.Printable(c.Why)
		if c.Field == export.Organization && !organizations {
			why = strings.TrimPrefix(why+", not carried over", ", ")
		}
		column := fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), why)
		columns = append(columns, strings.TrimRight(column, " "))
	}
	l.add("Columns", strings.Join(columns, "\n"))
}

// describeProblems lists what is wrong; values: with the cells, where no log is kept of them.
func describeProblems(l *listing, s *export.Survey, values bool) {
	last := export.Severity("")
	bySeverity := func(a, b export.Problem) int { return cmp.Compare(a.Severity, b.Severity) }
	for _, p := range slices.SortedStableFunc(slices.Values(s.Problems), bySeverity) {
		switch {
		case p.Severity == last:
		case p.Severity == export.Rejected:
			l.part("Rows that will not be sent")
		default:
			l.part("Repaired, or worth a look")
		}
		last = p.Severity
		describeProblem(l, p, values)
	}
}

func describeProblem(l *listing, p export.Problem, values bool) {
	count, where := text.Grouped(p.Count), places(p.Places, p.Count)
	switch {
	case where != "":
		where = " (" + where + ")"
	case p.Count == 1:
		count = "" // the file as a whole
	}
	l.line(fmt.Sprintf("%*s  %s", labelWidth-2, count, text.Printable(p.Text+where)))
	if p.Hint != "" {
		l.add("", "> "+text.Printable(p.Hint))
	}
	for _, v := range p.Values {
		if values {
			l.add("", strings.TrimSuffix(v.Place.String()+": "+quoted(v.Text)+" - "+text.Printable(v.Why), " - "))
		}
	}
}

func describeAdvice(l *listing, s *export.Survey) {
	for i, a := range s.Advice {
		if i == 0 {
			l.part("Advice (nothing is left out by itself)")
		}
		l.add("", strings.TrimSuffix(text.Printable(a.Text)+": "+places(a.Places, a.Count), ": "))
		if a.Flag != "" {
			l.add("", "> leave them out with "+text.Printable(a.Flag))
		}
	}
}
