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
	l, s, revoking := &listing{}, p.Survey, command == "revoke" || command == "undo"
	l.add("Site", strings.TrimSuffix(o.Site+", as "+text.Printable(o.Account), ", as "))
	if run := p.Undoes; run != nil {
		l.add("Undo", "run "+run.ID+": "+run.Command+" of "+Shown(run.Input)+" on "+When(run.StartedAt))
	} else {
		describeFile(l, s, o.Organizations || revoking)
	}
	l.add("Source", text.Printable(o.Source))
	l.add("Ledger", Shown(o.Ledger))
	if p.Resumed {
		l.add("Run", "continues "+p.Run.ID+"; "+text.Counted(p.Finished, "row is finished", "rows are finished"))
	}
	l.line("")
	if revoking {
		l.count(p.Create, "to revoke", "")
		l.rows(CountRows(0, outcome.RevokeStatuses(), p.Settled).Counts, s.Rows, "", 0)
	} else {
		countPlan(l, p, o.Limit)
		if notes := planNotes(p, o); len(notes) > 0 {
			l.part(strings.Join(notes, "\n"))
		}
		describeAccess(l, p.Access)
	}
	describeProblems(l, s, false)
	describeAdvice(l, s)
	for _, note := range o.Notes {
		l.part(note)
	}
	l.part(lastLine(command, p, o))
	return l.String()
}

// countPlan says what would become of the rows; the numbers add up.
func countPlan(l *listing, p *importer.Plan, limit int) {
	note, s := "", p.Survey
	if p.Returning > 0 {
		note = text.Counted(p.Returning, "of them was", "of them were") +
			" revoked: asked about, and created only if the account is gone."
	}
	if limited(p.Create, limit) {
		note = strings.TrimPrefix(
			fmt.Sprintf("%s %s of them in this run (--limit %d).", note, text.Grouped(limit), limit),
			" ",
		)
	}
	l.count(p.Create, "to create", note)
	l.some(p.Finished, "finished", "By the run that continues.")
	l.some(p.Fixed, "fixed", "In the failed file, and imported from there: nothing is sent.")
	// Invalid rows may be among those that are finished or fixed.
	others := p.Create + p.Finished + p.Fixed + p.Known + p.RevokedBefore + s.Duplicates + s.Excluded
	l.rows([]Count{
		{outcome.Known, p.Known - p.Renames},
		{outcome.Renamed, p.Renames},
		{outcome.RevokedBefore, p.RevokedBefore},
		{outcome.Duplicate, s.Duplicates},
		{outcome.Excluded, s.Excluded},
		{outcome.Invalid, min(s.Invalid, s.Rows-others)},
	}, s.Rows, "", s.Skipped)
}

func limited(creates, limit int) bool { return limit > 0 && limit < creates }

func planNotes(p *importer.Plan, o Outlook) []string {
	var notes sentences
	notes.count(p.OtherAddress, "person is", "people are",
		" onboarded under another address (same external id), and would get a second account.")
	notes.count(p.NamesChanged, "customer has", "customers have",
		" another name here than the one that was sent: --update-names renames them.")
	notes = append(notes, fileNotes(p.Survey, o.Organizations)...)
	if p.Access == nil && (o.Organizations || len(o.ServiceDesks) > 0) {
		notes = append(notes, "The site is asked for organizations and service projects before anything is sent.")
	}
	return notes
}

// fileNotes are what is not used of a file, though it has it.
func fileNotes(s *export.Survey, organizations bool) []string {
	var notes []string
	if s.OneExternalID != "" {
		notes = append(notes, "External ids of this file are not used: "+s.OneExternalID+".")
	}
	named := slices.ContainsFunc(s.Columns, func(c export.Column) bool { return c.Field == export.Organization })
	if named && !organizations {
		notes = append(notes, "Organizations are not carried over: --organizations puts each customer into the one "+
			"that the row names.")
	}
	return notes
}

// describeAccess lists what would be done about organizations and service projects.
func describeAccess(l *listing, a *importer.AccessPlan) {
	if a == nil {
		return
	}
	var lines sentences
	if a.Organizations {
		at, first := "; the site was not asked which it has", ""
		if a.Scanned {
			at = fmt.Sprintf(": %s at the site, %s to create", text.Grouped(a.Existing), text.Grouped(a.ToCreate))
		}
		for _, name := range a.FirstNew {
			first += ", " + cell(name)
		}
		if more := a.ToCreate - len(a.FirstNew); more > 0 {
			first += ", and " + text.Grouped(more) + " more"
		}
		lines.count(a.Named, "organization", "organizations", " in the file"+at)
		lines.count(a.ToCreate, "to create", "to create", strings.Replace(first, ",", ":", 1))
	}
	lines.count(a.Memberships, "membership", "memberships", " to add to organizations")
	lines.count(a.Customers, "customer", "customers", " to add to service projects")
	lines.count(a.WithoutOrganization, "row names", "rows name", " no organization")
	lines.count(a.InvalidRows, "row names", "rows name",
		" one that cannot be used; the customer is created all the same")
	for _, desk := range a.ServiceDesks {
		what := "service project " + strings.TrimSuffix(desk.ProjectKey+" ("+cell(desk.ProjectName)+")", " ()") +
			": each customer gets access"
		if a.Organizations {
			what += ", and each organization is added"
		}
		lines = append(lines, what)
	}
	l.line("")
	l.add("Access", strings.Join(lines, "\n"))
}

// lastLine says what the site will be asked, and how long that takes.
func lastLine(command string, p *importer.Plan, o Outlook) string {
	requests := requestsText(max(p.Create, p.Renames), o)
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

func requestsText(n int, o Outlook) string {
	if n == 0 {
		return "Nothing has to be sent."
	}
	what, longer := text.Counted(n, "request", "requests"), ""
	if limited(n, o.Limit) {
		n, longer = o.Limit, ", or longer when many have an account already"
		what = "At most " + text.Counted(n, "new customer", "new customers")
	}
	if long := roughly(n, o.Rate); long != "" {
		return fmt.Sprintf("%s at %s: %s%s.", what, perSecond(o.Rate), long, longer)
	}
	return what + " in all."
}

// FirstOffer goes before the question whether to create all customers, only
// the first one, or none. It has a name and an address: it is for no log.
func FirstOffer(creates int, first importer.FirstRow) string {
	who := first.Place.String() + ": " + cell(first.Email)
	if first.Name != first.Email {
		who += ", " + cell(first.Name)
	}
	return fmt.Sprintf("\n%s would be created. Whether the site sends mail to new customers depends on its settings: "+
		"create one first, and look.\n\nThe first would be %s\n", text.Counted(creates, "customer", "customers"), who)
}
