package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// PlanDetails is what the text of a plan shows besides the importer.Plan.
type PlanDetails struct {
	Site          string
	Account       string // who we are there; "" when nobody was asked
	Source        string // sync: the name of the source
	Ledger        string
	Rate          float64 // requests a second that the time is estimated with; 0: not known
	DryRun        bool    // nothing will be sent
	Held          bool    // a guard holds the run back; the reason is shown elsewhere
	Creates       int     // or revocations, to send in this run: with --limit, fewer than the plan has
	Renames       int     // to send
	Organizations bool    // --organizations
	Leavers       LeaverTotals
	Revoke        int      // leavers whose access is revoked
	Notes         []string // further lines
}

// NoteIf adds a further line if a condition holds.
func (d *PlanDetails) NoteIf(holds bool, line string) { d.Notes = append(d.Notes, onlyIf(holds, line)) }

// PlanText is the plan as people read it before anything is sent. Of cells it has only organizations to create.
func PlanText(command string, p *importer.Plan, o PlanDetails) string {
	s, todo, resent := p.Survey, "to create", p.Resent
	skipped, rows := s.Skipped, Rows{s.Rows, outcome.ImportStatuses(), p.Others}
	rows.Totals[outcome.Renamed] = 0 // they are to do
	if command == "revoke" || command == "undo" {
		todo, resent, skipped, rows.Statuses = "to revoke", 0, 0, outcome.RevokeStatuses()
		o.Organizations = true // that they are not carried over is of no interest
	}
	input := inputText(s, o.Organizations)
	if run := p.Undoes; run != nil {
		input = labelled("Undo", "run "+run.ID+": "+run.Command+" of "+Shown(run.Input)+" on "+text.When(run.StartedAt))
	}
	return paragraphs(
		lines(
			labelled("Site", joined(", as ", o.Site, o.Account)),
			input,
			labelled("Source", o.Source),
			labelled("Ledger", Shown(o.Ledger)),
			labelled("Run", onlyIf(p.Resumed,
				"continues "+p.Run.ID+"; "+text.Counted(p.Finished.Sum(), "row is finished", "rows are finished")))),
		lines(
			count(p.Create-resent, todo, onlyIf(o.Creates < p.Create,
				fmt.Sprintf("%s of them in this run (--limit %d).", text.Grouped(o.Creates), o.Creates))),
			some(resent, "to send again", "Known (--resend-known): created only if they are gone from the site."),
			some(p.Finished.Sum(), "finished", "Done earlier by this run, which continues."),
			some(p.Fixed, "fixed", "Wrong in this file, but fixed in a failed file and imported from there."),
			some(p.Others.Of(outcome.Renamed), "to rename", outcome.Renamed.Meaning()),
			rowCounts(rows, "", skipped)),
		lines(
			counted(p.OtherAddress, "person is", "people are",
				" onboarded under another address, by external id or further address, and would get a second account."),
			counted(p.NamesChanged, "customer has", "customers have", " a new name; --update-names renames them.")),
		labelled("Access", accessToGive(p.Access)...),
		labelled("Leavers", leaversAhead(p, o)),
		problems(s, p.Fixed),
		counted(p.Others.Of(outcome.Invalid)-s.Invalid, "row", "rows",
			" without an account to revoke; a run writes why into the results, for each (jsm_reason)."),
		paragraphs(o.Notes...),
		lastLine(command, p, o)) + "\n"
}

// accessToGive is what would be done about organizations and service projects.
func accessToGive(a *importer.AccessPlan) []string {
	a = cmp.Or(a, &importer.AccessPlan{})
	names := joined(", ", strings.Join(a.FirstNew, ", "), counted(a.ToCreate-len(a.FirstNew), "more", "more", ""))
	all := []string{
		counted(a.Named, "organization", "organizations", fmt.Sprintf(" in the file: %s at the site, %s to create",
			text.Grouped(a.Named-a.ToCreate), text.Grouped(a.ToCreate))),
		counted(a.ToCreate, "to create", "to create", ": "+names),
		counted(a.Memberships, "membership", "memberships", " to add to organizations"),
		counted(a.Customers, "customer", "customers", " to add to service projects"),
		counted(a.WithoutOrganization, "row names", "rows name",
			" no organization that can be used; the customer is created all the same"),
	}
	for _, desk := range a.ServiceDesks {
		all = append(all, fmt.Sprintf("service project %s (%s): each customer gets access%s",
			desk.ProjectKey, desk.ProjectName, onlyIf(a.Organizations, ", and each organization is added")))
	}
	return all
}

// leaversAhead is what would be done about those who have left the source.
func leaversAhead(p *importer.Plan, o PlanDetails) string {
	does := cmp.Or(
		onlyIf(o.Creates < p.Create, "neither listed nor revoked: --limit ends the run before its last row"),
		onlyIf(o.Revoke > 0,
			"access is revoked for "+text.Counted(o.Revoke, "leaver", "leavers")+" when all rows are done"),
		"listed when all rows are done; nobody's access is revoked")
	already := cmp.Or(p.Roster, &importer.Roster{}).Revoked
	listed := fmt.Sprintf("%s to revoke%s, %s to review: %s", text.Grouped(o.Leavers.Revoke),
		onlyIf(already > 0, " ("+text.Grouped(already)+" revoked already)"), text.Grouped(o.Leavers.Review), does)
	return onlyIf(o.Leavers.Revoke+o.Leavers.Review > 0, lines(listed, o.Leavers.Held))
}

// lastLine says what the site will be asked, and how long that takes.
func lastLine(command string, p *importer.Plan, o PlanDetails) string {
	before := cmp.Or(
		onlyIf(o.DryRun, "Dry run: nothing is sent."),
		onlyIf(command == "revoke", "Access comes back only by hand."),
		onlyIf(command == "undo", "What the run created is revoked, and nothing else. Addresses stay taken, requests "+
			"stay, organizations and service projects stay as they are, and access comes back only by hand."))
	return cmp.Or(onlyIf(o.Held, "Held back by a guard: nothing is sent."), joined(" ", before, toSend(p, o)))
}

func toSend(p *importer.Plan, o PlanDetails) string {
	what := joined(", ", counted(o.Creates, "request", "requests", ""),
		counted(o.Renames, "name to change", "names to change", ""),
		onlyIf(p.Access != nil && p.Access.ToCreate+p.Access.Open > 0, "the requests that give access"),
		counted(o.Revoke, "leaver to revoke", "leavers to revoke", ""),
		counted(p.LookUps, "account id to look up", "account ids to look up", ""))
	if what == "" {
		return cmp.Or(onlyIf(o.DryRun, "A run would have nothing to send."), "Nothing has to be sent.")
	}
	n := float64(max(o.Creates, o.Renames)) // they are sent side by side
	return cmp.Or(onlyIf(o.DryRun, "A run would send "), "To send: ") + joined("; ", what, onlyIf(n > 0 && o.Rate > 0,
		"about "+Short(max(time.Duration(n/o.Rate*float64(time.Second)), time.Second))+" at "+perSecond(o.Rate))) + "."
}

// FirstOffer goes before the question how many customers to create. It has a name and an address: it is for no log.
func FirstOffer(creates int, first export.Row) string {
	return fmt.Sprintf("\n%s would be sent; the site creates those it lacks. Whether it sends mail depends on its "+
		"settings: create one first, and check.\n\nThe first would be %s: %s%s\n", text.Counted(creates, "customer",
		"customers"), first.Place, cell(first.Email), onlyIf(first.Name != first.Email, ", "+cell(first.Name)))
}

// inputText is how a file was read, and why.
func inputText(s *export.Survey, organizations bool) string {
	header := cmp.Or(onlyIf(s.HeaderLine > 0, fmt.Sprintf("header in line %d", s.HeaderLine)), "no header")
	var columns []string
	for _, c := range s.Columns {
		left := onlyIf(c.Field == export.Organization && !organizations, "not carried over without --organizations")
		column := fmt.Sprintf("%-12s = %-20s  %s", c.Field, cell(c.Header), text.Printable(joined(", ", c.Why, left)))
		columns = append(columns, strings.TrimRight(column, " "))
	}
	return lines(
		labelled("File", Shown(s.Path)),
		labelled("Read as", fmt.Sprintf("%s, %s, %s", s.Encoding, s.Dialect, header)),
		labelled("Preset", onlyIf(s.Preset != "", s.Source+" ("+s.Preset+")")),
		labelled("Columns", columns...))
}

// problems are what is wrong, by kind; fixed are the rows among them that were fixed in a failed file.
func problems(s *export.Survey, fixed int) string {
	groups := map[export.Severity]string{}
	for _, p := range s.Problems {
		groups[p.Severity] = lines(groups[p.Severity], problem(p))
	}
	under := func(heading string, severity export.Severity) string {
		return onlyIf(groups[severity] != "", lines(heading, groups[severity]))
	}
	already := counted(fixed, "is fixed", "are fixed", " already")
	return paragraphs(
		onlyIf(fixed < s.Invalid, under(joined("; ", "Rows that will not be sent", already), export.Rejected)),
		under("Repaired, or to be checked", export.Repaired),
		under("Advice (nothing is left out by itself)", export.Advised),
		onlyIf(s.ExternalIDsUnused != "", "External ids of this file are not used: "+s.ExternalIDsUnused+"."))
}

func problem(p export.Problem) string {
	where := places(p.Places, p.Count)
	whole := where == "" && p.Count == 1 // it is of the file as a whole
	what := text.Printable(p.Text) + onlyIf(where != "", " ("+where+")")
	return lines(fmt.Sprintf("%*s  %s", labelWidth-2, onlyIf(!whole, text.Grouped(p.Count)), what),
		labelled("", onlyIf(p.Hint != "", "> "+text.Printable(p.Hint))))
}

// A Check is what the command check found in a file, offline.
type Check struct {
	Survey        *export.Survey
	Args          []string // the file and the flags with which import reads it in the same way
	Organizations bool     // --organizations
	problems      []rowProblem
}

// rowProblem is what is to be said of one row. It may hold a cell of it.
type rowProblem struct {
	Place    export.Place    `json:"place"`
	Severity export.Severity `json:"severity"`
	Problem  string          `json:"problem"`
}

// Add adds the problems of a row. It is called for each row.
func (c *Check) Add(row *export.Row) {
	severity := export.Repaired
	if row.Invalid != "" {
		severity = export.Rejected
	}
	duplicate := onlyIf(row.DuplicateOf != export.Place{}, fmt.Sprintf(outcome.ReasonSame, "address", row.DuplicateOf))
	if problem := outcome.JoinReasons(row.Invalid, duplicate, row.Note); problem != "" {
		c.problems = append(c.problems, rowProblem{row.Place, severity, strings.Clone(problem)})
	}
}

// Text is how the file was read and why, and what is wrong with it and where. It shows cells: it is for no log.
func (c Check) Text() string {
	s := c.Survey
	settled := outcome.Totals{outcome.Duplicate: s.Duplicates, outcome.Excluded: s.Excluded, outcome.Invalid: s.Invalid}
	return paragraphs(
		lines(
			inputText(s, c.Organizations),
			labelled("Examples", c.examples()...)),
		lines(
			count(s.Valid-s.Duplicates, "people", "To create, unless an earlier run has onboarded them."),
			rowCounts(Rows{s.Rows, outcome.ImportStatuses(), settled}, "", s.Skipped)),
		problems(s, 0),
		c.rowByRow(),
		labelled("Next", Command("import", c.Args...))) + "\n"
}

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
	worst := func(a, b rowProblem) int { return cmp.Compare(a.Severity, b.Severity) } // "invalid" before "repaired"
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

// JSON is the same for scripts: the survey, and what is derived from it.
func (c Check) JSON() []byte {
	survey := *c.Survey
	survey.Problems, survey.Examples = orEmpty(survey.Problems), orEmpty(survey.Examples)
	return indented(struct {
		*export.Survey
		People   int          `json:"people"`
		Rows     []rowProblem `json:"problem_rows"` // every row of which something is to be said
		Commands []string     `json:"commands"`
	}{&survey, survey.Valid - survey.Duplicates, orEmpty(c.problems), []string{Command("import", c.Args...)}})
}

// orEmpty makes no list an empty one, for JSON.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

func quoted(s string) string { return strconv.Quote(text.Shorten(s, 60)) }
