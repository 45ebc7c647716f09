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

// Text is how the file was read and why, what is wrong with it and where, and
// how long its import would take. It shows cells: it is for no log.
func (c Check) Text() string {
	l, s := &listing{}, c.Survey
	describeFile(l, s, c.Organizations)
	l.add("Examples", c.examples())
	l.line("")
	l.count(c.people(), "people", "To create, unless an earlier run has onboarded them.")
	l.rows(notSent(s), s.Rows, "", s.Skipped)
	describeProblems(l, s, true)
	c.describeDuplicates(l)
	for _, note := range fileNotes(s, c.Organizations) {
		l.part(note)
	}
	describeAdvice(l, s)
	l.line("")
	if long := roughly(c.people(), c.Rate); long != "" {
		l.add("Time", long+" at "+PerSecond(c.Rate))
	}
	l.add("Next", strings.Join(c.commands(), "\nor, without the people named under Advice:\n"))
	return l.String()
}

// people is how many customers the file comes to.
func (c Check) people() int { return c.Survey.Valid - c.Survey.Duplicates }

// examples are the first people as they would be sent: a wrong column, or wrong
// letters, are seen here.
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
	const most = 10
	for i, d := range c.Duplicates {
		if i == 0 {
			l.part("Duplicates (the first row counts)")
		}
		if i == most {
			l.add("", "… and "+text.Grouped(c.Survey.Duplicates-most)+" more")
			return
		}
		other := ""
		if !d.SameName {
			other = ", under another name"
		}
		l.add("", fmt.Sprintf("%s has the address of %s%s", d.Place, d.First, other))
	}
}

// commands are what to type next: the import as it is, and without the people
// whom the advice is about.
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
	survey := *c.Survey
	survey.Problems, survey.Advice = orEmpty(survey.Problems), orEmpty(survey.Advice)
	survey.Examples = orEmpty(survey.Examples)
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
		Seconds:    hundredths(float64(c.people()) / c.Rate),
		Commands:   c.commands(),
	})
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

// quoted shows what is in a cell, with blanks at its ends.
func quoted(s string) string { return strconv.Quote(text.Shorten(s, 60)) }

// describeFile says how the file was read, and why.
func describeFile(l *listing, s *export.Survey, organizations bool) {
	l.add("File", Shown(s.Path))
	header := fmt.Sprintf("header in line %d", s.HeaderLine)
	if s.HeaderLine == 0 {
		header = "no header"
	}
	l.add("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header))
	preset := s.Preset
	if s.Source != "" && preset != "" && !strings.EqualFold(s.Source, preset) {
		preset = s.Source + " (" + preset + ")"
	}
	l.add("Preset", preset)
	var columns strings.Builder
	for _, c := range s.Columns {
		why := text.Printable(c.Why)
		if c.Field == export.Organization && !organizations {
			why = strings.TrimPrefix(why+", not carried over", ", ")
		}
		columns.WriteString(strings.TrimRight(fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), why), " ") + "\n")
	}
	l.add("Columns", columns.String())
}

// describeProblems lists what is wrong with the file, and what to do; the
// cells that show it only where no log is kept of them.
func describeProblems(l *listing, s *export.Survey, values bool) {
	for _, severity := range []export.Severity{export.Rejected, export.Repaired} {
		title := "Rows that will not be sent"
		if severity == export.Repaired {
			title = "Repaired, or worth a look"
		}
		for _, p := range s.Problems {
			if p.Severity != severity {
				continue
			}
			if title != "" {
				l.part(title)
				title = ""
			}
			describeProblem(l, p, values)
		}
	}
}

func describeProblem(l *listing, p export.Problem, values bool) {
	count, what := text.Grouped(p.Count), p.Text
	if where := places(p.Places, p.Count); where != "" {
		what += " (" + where + ")"
	} else if p.Count == 1 {
		count = "" // the file as a whole
	}
	l.line(fmt.Sprintf("%*s  %s", labelWidth-2, count, text.Printable(what)))
	if p.Hint != "" {
		l.add("", "> "+text.Printable(p.Hint))
	}
	for _, v := range p.Values {
		if values {
			l.add("", strings.TrimSuffix(v.Place.String()+": "+quoted(v.Text)+" - "+text.Printable(v.Why), " - "))
		}
	}
}

// describeAdvice lists people whom somebody may not want to onboard.
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
