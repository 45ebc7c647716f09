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
	severity := export.Repaired
	if row.Invalid != "" {
		severity = export.Rejected
	}
	duplicate := onlyIf(row.DuplicateOf != export.Place{}, fmt.Sprintf(outcome.ReasonSameAddress, row.DuplicateOf))
	if problem := outcome.JoinReasons(row.Invalid, duplicate, row.Note); problem != "" {
		c.problems = append(c.problems, rowProblem{row.Place, severity, strings.Clone(problem)})
	}
}

// Text is how the file was read and why, what is wrong with it and where, and
// how long its import would take. It shows cells: it is for no log.
func (c Check) Text() string {
	s, long := c.Survey, roughly(c.people(), documentedRate)
	settled := outcome.Totals{outcome.Duplicate: s.Duplicates, outcome.Excluded: s.Excluded, outcome.Invalid: s.Invalid}
	return paragraphs(
		lines(
			inputText(s, c.Organizations),
			labelled("Examples", c.examples()...)),
		lines(
			count(c.people(), "people", "To create, unless an earlier run has onboarded them."),
			rowCounts(Rows{s.Rows, outcome.ImportStatuses(), settled}, "", s.Skipped)),
		problems(s),
		c.rowByRow(),
		unused(s, c.Organizations),
		lines(
			labelled("Time", onlyIf(long != "", long+" at "+perSecond(documentedRate))),
			labelled("Next", c.command()))) + "\n"
}

func (c Check) people() int { return c.Survey.Valid - c.Survey.Duplicates }

// examples show wrong columns and wrong letters: the first people as they would be sent.
func (c Check) examples() (all []string) {
	for _, e := range c.Survey.Examples {
		all = append(all, fmt.Sprintf("%s: %s <%s>%s", e.Place, quoted(e.Name), cell(e.Email),
			onlyIf(c.Organizations && e.Organization != "", ", organization "+quoted(e.Organization))))
	}
	return all
}

// rowByRow are the first rows with a problem, those that will not be sent before others; JSON has all of them.
func (c Check) rowByRow() string {
	worst := func(a, b rowProblem) int { return cmp.Compare(a.Severity, b.Severity) } // "rejected" before "repaired"
	var all []string
	for _, p := range slices.SortedStableFunc(slices.Values(c.problems), worst) {
		all = append(all, p.Place.String()+": "+text.Printable(p.Problem))
	}
	shown := min(20, len(all))
	more := counted(len(all)-shown, "more", "more", ": add --json to see all of them")
	return lines(
		onlyIf(shown > 0, "Row by row"),
		labelled("", lines(all[:shown]...), onlyIf(more != "", "… and "+more)))
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

// inputText is how a file was read, and why.
func inputText(s *export.Survey, organizations bool) string {
	header := cmp.Or(onlyIf(s.HeaderLine > 0, fmt.Sprintf("header in line %d", s.HeaderLine)), "no header")
	var columns []string
	for _, c := range s.Columns {
		left := c.Field == export.Organization && !organizations
		why := joined(", ", c.Why, onlyIf(left, "not carried over"))
		column := fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), text.Printable(why))
		columns = append(columns, strings.TrimRight(column, " "))
	}
	return lines(
		labelled("File", Shown(s.Path)),
		labelled("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header)),
		labelled("Preset", onlyIf(s.Preset != "", s.Source+" ("+s.Preset+")")),
		labelled("Columns", columns...))
}

// problems are what is wrong, by kind.
func problems(s *export.Survey) string {
	groups := map[export.Severity]string{}
	for _, p := range s.Problems {
		groups[p.Severity] = lines(groups[p.Severity], problem(p))
	}
	under := func(heading string, severity export.Severity) string {
		return onlyIf(groups[severity] != "", lines(heading, groups[severity]))
	}
	return paragraphs(
		under("Rows that will not be sent", export.Rejected),
		under("Repaired, or to be checked", export.Repaired),
		under("Advice (nothing is left out by itself)", export.Advised))
}

func problem(p export.Problem) string {
	where := places(p.Places, p.Count)
	whole := where == "" && p.Count == 1 // it is of the file as a whole
	what := text.Printable(p.Text) + onlyIf(where != "", " ("+where+")")
	return lines(fmt.Sprintf("%*s  %s", labelWidth-2, onlyIf(!whole, text.Grouped(p.Count)), what),
		labelled("", onlyIf(p.Hint != "", "> "+text.Printable(p.Hint))))
}
