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
	Rate          float64 // requests a second that the time is estimated with; 0: not known
	DryRun        bool    // nothing will be sent
	Held          bool    // a guard holds the run back; the reason is shown elsewhere
	Limit         int     // only so many creates in this run; 0: all
	Organizations bool    // --organizations
	Leavers       LeaverTotals
	Revoke        int      // leavers whose access is revoked
	Notes         []string // further lines
}

// PlanText is the plan as people read it before anything is sent. It has no
// cell of a row, but for the names of organizations to create.
func PlanText(command string, p *importer.Plan, o Outlook) string {
	l, s := &listing{}, p.Survey
	revoking := command == "revoke" || command == "undo"
	l.add("Site", joined(", as ", o.Site, o.Account))
	if run := p.Undoes; run != nil {
		l.add("Undo", "run "+run.ID+": "+run.Command+" of "+Shown(run.Input)+" on "+When(run.StartedAt))
	} else {
		l.file(s, o.Organizations || revoking)
	}
	l.add("Source", o.Source)
	l.add("Ledger", Shown(o.Ledger))
	if p.Resumed {
		l.add("Run", "continues "+p.Run.ID+"; "+text.Counted(p.Finished.Sum(), "row is finished", "rows are finished"))
	}
	l.line("")
	if revoking {
		l.count(p.Create, "to revoke", "")
		l.some(p.Finished.Sum(), "finished", "Done earlier by this run, which continues.")
		l.rows(Rows{s.Rows, outcome.RevokeStatuses(), p.Settled}, "", 0)
	} else {
		l.planned(p, o.Limit)
		l.part(planNotes(p, o))
		l.access(p.Access)
		l.leavers(o)
	}
	l.problems(s)
	if revoking {
		l.part(counted(max(0, p.Settled.Of(outcome.Invalid)-s.Invalid), "row", "rows", " without an account "+
			"to revoke: jsm_reason in the results says why of each."))
	}
	for _, note := range o.Notes {
		l.part(note)
	}
	l.part(lastLine(command, p, o))
	return l.String()
}

// planned says what would become of the rows; the numbers add up.
func (l *listing) planned(p *importer.Plan, limit int) {
	limited := ""
	if limit > 0 && limit < p.Create {
		limited = fmt.Sprintf("%s of them in this run (--limit %d).", text.Grouped(limit), limit)
	}
	l.count(p.Create-p.Resent, "to create", limited)
	l.some(p.Resent, "to send again", "Known (--resend-known): created only if the site no longer has the account.")
	l.some(p.Finished.Sum(), "finished", "Done earlier by this run, which continues.")
	l.some(p.Fixed, "fixed", "Wrong in this file, but fixed in a failed file and imported from there.")
	rest := p.Settled
	l.some(rest.Of(outcome.Renamed), "to rename", outcome.Renamed.Meaning())
	rest[outcome.Renamed] = 0
	l.rows(Rows{p.Survey.Rows, outcome.ImportStatuses(), rest}, "", p.Survey.Skipped)
}

func planNotes(p *importer.Plan, o Outlook) string {
	return joined("\n",
		counted(p.OtherAddress, "person is", "people are",
			" onboarded under another address, going by the external ids, and would get a second account."),
		counted(p.NamesChanged, "customer has", "customers have",
			" another name here than the one that was sent before; --update-names renames them."),
		unused(p.Survey, o.Organizations))
}

// unused is what a file has and is not used.
func unused(s *export.Survey, organizations bool) string {
	ids, companies := "", ""
	if s.OneExternalID != "" {
		ids = "External ids of this file are not used: " + s.OneExternalID + "."
	}
	named := slices.ContainsFunc(s.Columns, func(c export.Column) bool { return c.Field == export.Organization })
	if named && !organizations {
		companies = "Organizations are not carried over: --organizations puts each customer into the one that the " +
			"row names."
	}
	return joined("\n", ids, companies)
}

// access lists what would be done about organizations and service projects.
func (l *listing) access(a *importer.AccessPlan) {
	if a == nil {
		return
	}
	added := ""
	if a.Organizations {
		added = ", and each organization is added"
	}
	first := slices.Clone(a.FirstNew)
	for i, name := range first {
		first[i] = cell(name)
	}
	if more := a.ToCreate - len(first); more > 0 {
		first = append(first, "and "+text.Grouped(more)+" more")
	}
	lines := []string{
		counted(a.Named, "organization", "organizations", fmt.Sprintf(" in the file: %s at the site, %s to create",
			text.Grouped(a.Existing), text.Grouped(a.ToCreate))),
		counted(a.ToCreate, "to create", "to create", ": "+strings.Join(first, ", ")),
		counted(a.Memberships, "membership", "memberships", " to add to organizations"),
		counted(a.Customers, "customer", "customers", " to add to service projects"),
		counted(a.WithoutOrganization, "row names", "rows name", " no organization"),
		counted(a.InvalidRows, "row names", "rows name",
			" one that cannot be used; the customer is created all the same"),
	}
	for _, desk := range a.ServiceDesks {
		name := ""
		if desk.ProjectName != "" {
			name = " (" + cell(desk.ProjectName) + ")"
		}
		lines = append(lines, "service project "+desk.ProjectKey+name+": each customer gets access"+added)
	}
	l.line("")
	l.add("Access", lines...)
}

// leavers says what would be done about those who have left the source.
func (l *listing) leavers(o Outlook) {
	if !o.Leavers.Any() {
		return
	}
	does := "listed when all rows are done; nobody's access is revoked"
	switch {
	case o.Limit > 0:
		does = "neither listed nor revoked: --limit ends the run before its last row"
	case o.Revoke > 0:
		does = "access is revoked for " + text.Counted(o.Revoke, "leaver", "leavers") + " when all rows are done"
	}
	l.line("")
	l.add("Leavers", text.Grouped(o.Leavers.Revoke)+" to revoke, "+text.Grouped(o.Leavers.Review)+" to review: "+does,
		o.Leavers.Held)
}

// lastLine says what the site will be asked, and how long that takes.
func lastLine(command string, p *importer.Plan, o Outlook) string {
	requests := requestsText(max(p.Create, p.Settled.Of(outcome.Renamed)), p.Access, o)
	switch {
	case o.Held:
		return "Held back by a guard: nothing is sent."
	case o.DryRun:
		return "Dry run: nothing is sent. " + requests
	case command == "undo":
		return "What the run created is revoked, and nothing else. Addresses stay taken, requests stay, " +
			"organizations and\n" +
			"service projects stay as they are, and access comes back only by hand. " + requests
	case command == "revoke":
		return "Access comes back only by hand. " + requests
	case p.Create == 0 && p.LookUps > 0:
		return "Nobody has to be created; " + text.Counted(p.LookUps, "account id is", "account ids are") +
			" still to be looked up."
	}
	return requests
}

func requestsText(n int, a *importer.AccessPlan, o Outlook) string {
	access := a != nil && a.ToCreate+a.Open > 0
	switch {
	case n == 0 && o.Revoke > 0:
		return "Nobody has to be created; " + text.Counted(o.Revoke, "leaver is", "leavers are") + " revoked."
	case n == 0 && access:
		return "Nobody has to be created; only access is given."
	case n == 0:
		return "Nothing has to be sent."
	}
	what, longer, others := text.Counted(n, "request", "requests"), "", ""
	if access {
		others = "those for access"
	}
	if others = joined(" and ", others, counted(o.Revoke, "to revoke", "to revoke", "")); others != "" {
		what += ", and " + others + ","
	}
	if o.Limit > 0 && o.Limit < n {
		n, longer = o.Limit, ", or longer when many have an account already"
		what = "At most " + text.Counted(n, "new customer", "new customers")
	}
	if o.DryRun {
		what += " would be sent"
	}
	if long := roughly(n, o.Rate); long != "" {
		return fmt.Sprintf("%s at %s: %s%s.", what, perSecond(o.Rate), long, longer)
	}
	return what + " in all."
}

// FirstOffer goes before the question whether to create all customers, only
// the first one, or none. It has a name and an address: it is for no log.
func FirstOffer(creates int, first export.Row) string {
	who := first.Place.String() + ": " + cell(first.Email)
	if first.Name != first.Email {
		who += ", " + cell(first.Name)
	}
	return fmt.Sprintf("\n%s would be created. Whether the site sends mail to new customers depends on its settings: "+
		"create one first, and check.\n\nThe first would be %s\n", text.Counted(creates, "customer", "customers"), who)
}
