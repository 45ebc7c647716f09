package report

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Outlook is what the plan shows besides the plan itself.
type Outlook struct {
	Site          string
	Account       string // who we are there; "" when nobody was asked
	Source        string // sync: the name of the source
	Ledger        string
	Rate          float64  // requests a second that the time is estimated with; 0: not known
	DryRun        bool     // nothing will be sent
	Held          bool     // a guard holds the run back; the reason is shown elsewhere
	Limit         int      // at most so many creates in this run; 0: no limit
	Organizations bool     // --organizations
	ServiceDesks  []string // --service-desk
	Notes         []string // further lines, such as those about leavers
}

// PlanText is the plan as people read it before anything is sent. It has no
// cell of a row, but for the names of organizations to create.
func PlanText(command string, p *importer.Plan, o Outlook) string {
	l := &listing{}
	site := o.Site
	if o.Account != "" {
		site += ", as " + text.Printable(o.Account)
	}
	l.add("Site", site)
	if p.Undoes != nil {
		l.add("Undo", fmt.Sprintf("run %s: %s of %s on %s", p.Undoes.ID, p.Undoes.Command, Shown(p.Undoes.Input), When(p.Undoes.StartedAt)))
	} else {
		describeFile(l, p.Survey, o.Organizations)
	}
	l.add("Source", text.Printable(o.Source))
	l.add("Ledger", Shown(o.Ledger))
	if p.Resumed {
		l.add("Run", fmt.Sprintf("continues %s; %s", p.Run.ID, text.Counted(p.Finished, "row is finished", "rows are finished")))
	}
	l.line("")
	if revokes(command) {
		countRevocation(l, p)
	} else {
		countPlan(l, p, o.Limit)
		describeNotes(l, p)
		describeAccessPlan(l, p, o)
	}
	describeProblems(l, p.Survey, false)
	describeAdvice(l, p.Survey)
	for _, note := range o.Notes {
		l.title(note)
	}
	l.title(lastLine(command, p, o))
	return l.String()
}

func revokes(command string) bool { return command == "revoke" || command == "undo" }

// countPlan says what would become of the rows; the numbers add up.
func countPlan(l *listing, p *importer.Plan, limit int) {
	note := ""
	if limited(p.Create, limit) {
		note = fmt.Sprintf("%s of them in this run (--limit %d).", text.Grouped(limit), limit)
	}
	l.count(p.Create, "to create", note)
	if p.Finished > 0 {
		l.count(p.Finished, "finished", "By the run that continues.")
	}
	l.counts([]Count{
		{outcome.Known, p.Known - p.Renames},
		{outcome.Renamed, p.Renames},
		{outcome.RevokedBefore, p.RevokedBefore},
	})
	l.counts(surveyed(p.Survey))
	l.read(p.Survey.Rows, "", p.Survey.Skipped)
}

func countRevocation(l *listing, p *importer.Plan) {
	l.count(p.Create, "to revoke", "")
	for s, n := range p.Settled.All() {
		l.counts([]Count{{s, n}})
	}
	l.read(p.Survey.Rows, "", 0)
}

// limited reports whether --limit lets only some of the creates through.
func limited(creates, limit int) bool { return limit > 0 && limit < creates }

// describeNotes lists what is worth knowing about people whom the ledger knows.
func describeNotes(l *listing, p *importer.Plan) {
	var notes []string
	if n := p.OtherAddress; n > 0 {
		notes = append(notes, text.Counted(n, "person is", "people are")+
			" onboarded under another address (same external id), and would get a second account.")
	}
	if n := p.NamesChanged; n > 0 {
		notes = append(notes, text.Counted(n, "customer has", "customers have")+
			" another name here than the one that was sent: --update-names renames them.")
	}
	if n := p.Fixed; n > 0 {
		notes = append(notes, text.Counted(n, "row was", "rows were")+" fixed in the failed file and imported from there: done.")
	}
	if why := p.Survey.OneExternalID; why != "" {
		notes = append(notes, "External ids of this file are not used: "+text.Printable(why)+".")
	}
	for i, note := range notes {
		if i == 0 {
			l.line("")
		}
		l.line(note)
	}
}

// describeAccessPlan lists what would be done about organizations and service
// projects, or how it would be.
func describeAccessPlan(l *listing, p *importer.Plan, o Outlook) {
	a := p.Access
	switch {
	case hasOrganizations(p.Survey) && !o.Organizations:
		l.title(notCarriedOver)
	case a == nil && (o.Organizations || len(o.ServiceDesks) > 0):
		l.title("Organizations and service projects are looked up at the site before anything is sent.")
	}
	if a == nil {
		return
	}
	l.title("Access")
	if a.Organizations {
		describeOrganizations(l, a)
	}
	for _, desk := range a.ServiceDesks {
		what := "each customer gets access"
		if a.Organizations {
			what += ", and each organization is added"
		}
		l.under(fmt.Sprintf("service project %s (%s): %s", text.Printable(desk.ProjectKey), cell(desk.ProjectName), what))
	}
}

func describeOrganizations(l *listing, a *importer.AccessPlan) {
	named := text.Counted(a.Named, "organization", "organizations")
	if !a.Scanned {
		l.under(named + " in the file; the site was not asked which it has")
	} else {
		l.under(fmt.Sprintf("%s in the file: %s at the site, %s to create", named, text.Grouped(a.Existing), text.Grouped(a.ToCreate)))
		if len(a.FirstNew) > 0 {
			names := make([]string, len(a.FirstNew))
			for i, name := range a.FirstNew {
				names[i] = cell(name)
			}
			if a.ToCreate > len(names) {
				names = append(names, "…")
			}
			l.under("to create: " + strings.Join(names, ", "))
		}
	}
	l.under(text.Counted(a.Memberships, "customer", "customers") + " to add to their organizations")
	if n := a.WithoutOrganization; n > 0 {
		l.under(text.Counted(n, "row names", "rows name") + " no organization")
	}
	if n := a.InvalidRows; n > 0 {
		l.under(text.Counted(n, "row names", "rows name") + " one that cannot be used; the customer is created all the same")
	}
}

const notCarriedOver = "Organizations are not carried over: --organizations puts each customer into the one that the row names."

// hasOrganizations reports whether a column of organizations was found.
func hasOrganizations(s *export.Survey) bool {
	return slices.ContainsFunc(s.Columns, func(c export.Column) bool { return c.Field == export.Organization })
}

// lastLine says what the site will be asked, and how long that takes.
func lastLine(command string, p *importer.Plan, o Outlook) string {
	switch {
	case o.Held:
		return "Held back by a guard: nothing is sent."
	case o.DryRun && p.Create == 0:
		return "Dry run: nothing is sent, and nothing would have to be."
	case o.DryRun:
		return "Dry run: nothing is sent. " + requests(p.Create, o)
	case command == "undo" && p.Create > 0:
		return "Revokes what the run created, and nothing else. The addresses stay taken, requests stay, organizations and\n" +
			"service projects stay as they are, and access comes back only by hand. " + requests(p.Create, o)
	case command == "revoke" && p.Create > 0:
		return "Access comes back only by hand. " + requests(p.Create, o)
	case p.Create == 0 && p.LookUps > 0:
		return "Nobody has to be created; " + text.Counted(p.LookUps, "account id is", "account ids are") + " still to be looked up."
	case p.Create == 0 && p.Renames > 0:
		return requests(p.Renames, o)
	}
	return requests(p.Create, o)
}

func requests(n int, o Outlook) string {
	if n == 0 {
		return "Nothing has to be sent."
	}
	what, longer := text.Counted(n, "request", "requests"), ""
	if limited(n, o.Limit) {
		n = o.Limit
		what = "At most " + text.Counted(n, "new customer", "new customers")
		longer = ", or longer when many have an account already"
	}
	long := roughly(n, o.Rate)
	if long == "" {
		return what + " in all."
	}
	return fmt.Sprintf("%s at %s: %s%s.", what, PerSecond(o.Rate), long, longer)
}

// FirstOffer goes before the question whether to create all customers, only
// the first one, or none. It has a name and an address: it is for no log.
func FirstOffer(creates int, first importer.FirstRow) string {
	return fmt.Sprintf(`
%s would be created. Whether the site sends mail to new customers depends on its settings: create one first, and look.

The first would be %s
`, text.Counted(creates, "customer", "customers"), Person(first))
}

// Person is a row with its address and name, for the terminal alone.
func Person(row importer.FirstRow) string {
	who := row.Place.String() + ": " + cell(row.Email)
	if row.Name != row.Email {
		who += ", " + cell(row.Name)
	}
	return who
}
