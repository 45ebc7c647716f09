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

// documentedRate is how many customers a second Atlassian lets an API token create.
const documentedRate = 100

// A Check is what the command check found in a file, offline.
type Check struct {
	Survey        *export.Survey
	Words         []string // the file and the flags by which import reads it in the same way
	Organizations bool     // --organizations
	problems      []rowProblem
}

// rowProblem is what is to be said of one row. It may hold a cell of it.
type rowProblem struct {
	Place    export.Place    `json:"place"`
	Severity export.Severity `json:"severity"`
	Problem  string          `json:"problem"`
}

// See takes each row, and keeps what is to be said of it.
func (c *Check) See(row *export.Row) {
	duplicate, severity := "", export.Repaired
	if row.Invalid != "" {
		severity = export.Rejected
	}
	if row.DuplicateOf != (export.Place{}) {
		duplicate = fmt.Sprintf(outcome.ReasonSameAddress, row.DuplicateOf)
	}
	if problem := outcome.JoinReasons(row.Invalid, duplicate, row.Note); problem != "" {
		c.problems = append(c.problems, rowProblem{row.Place, severity, strings.Clone(problem)})
	}
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
	settled[outcome.Duplicate], settled[outcome.Excluded] = s.Duplicates, s.Excluded
	settled[outcome.Invalid] = s.Invalid
	l.rows(Rows{s.Rows, outcome.ImportStatuses(), settled}, "", s.Skipped)
	l.problems(s)
	c.describeRows(l)
	l.part(unused(s, c.Organizations))
	l.line("")
	if long := roughly(c.people(), documentedRate); long != "" {
		l.add("Time", long+" at "+perSecond(documentedRate))
	}
	l.add("Next", c.command())
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

// describeRows lists the first rows with a problem, those that will not be sent before others; JSON has all of them.
func (c Check) describeRows(l *listing) {
	worst := func(a, b rowProblem) int { return cmp.Compare(a.Severity, b.Severity) } // "rejected" before "repaired"
	first := slices.SortedStableFunc(slices.Values(c.problems), worst)
	first = first[:min(20, len(first))]
	for i, p := range first {
		if i == 0 {
			l.part("Row by row")
		}
		l.add("", p.Place.String()+": "+text.Printable(p.Problem))
	}
	if more := len(c.problems) - len(first); more > 0 {
		l.add("", "… and "+text.Grouped(more)+" more: add --json to see all of them")
	}
}

func (c Check) command() string { return Command("import", c.Words...) }

// JSON is the same for scripts: the survey, and what is derived from it.
func (c Check) JSON() []byte {
	survey, seconds := *c.Survey, float64(c.people())/documentedRate
	survey.Problems, survey.Examples = orEmpty(survey.Problems), orEmpty(survey.Examples)
	return indented(struct {
		*export.Survey
		People   int          `json:"people"`
		Rows     []rowProblem `json:"problem_rows"` // every row of which something is to be said
		Seconds  float64      `json:"seconds,omitempty"`
		Commands []string     `json:"commands"`
	}{&survey, c.people(), orEmpty(c.problems), hundredths(seconds), []string{c.command()}})
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

func quoted(s string) string { return strconv.Quote(text.Shorten(s, 60)) }

func (l *listing) file(s *export.Survey, organizations bool) {
	header, preset, columns := "no header", "", ""
	if s.HeaderLine > 0 {
		header = fmt.Sprintf("header in line %d", s.HeaderLine)
	}
	if s.Preset != "" {
		preset = s.Source + " (" + s.Preset + ")"
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

// problems lists what is wrong, by kind.
func (l *listing) problems(s *export.Survey) {
	headings := map[export.Severity]string{
		export.Rejected: "Rows that will not be sent",
		export.Repaired: "Repaired, or to be checked",
		export.Advised:  "Advice (nothing is left out by itself)",
	}
	for _, severity := range []export.Severity{export.Rejected, export.Repaired, export.Advised} {
		heading := headings[severity]
		for _, p := range s.Problems {
			if p.Severity == severity {
				l.part(heading)
				l.problem(p)
				heading = ""
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
