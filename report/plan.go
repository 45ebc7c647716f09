package report

import (
	"cmp"
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
	s, todo, resent := p.Survey, "to create", p.Resent
	skipped, rows := s.Skipped, Rows{s.Rows, outcome.ImportStatuses(), p.Settled}
	rows.Totals[outcome.Renamed] = 0 // they are to do
	if command == "revoke" || command == "undo" {
		todo, resent, skipped, rows.Statuses = "to revoke", 0, 0, outcome.RevokeStatuses()
		o.Organizations = true // that they are not carried over is of no interest
	}
	input := inputText(s, o.Organizations)
	if run := p.Undoes; run != nil {
		input = labelled("Undo", "run "+run.ID+": "+run.Command+" of "+Shown(run.Input)+" on "+When(run.StartedAt))
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
			count(p.Create-resent, todo, onlyIf(o.Limit > 0 && o.Limit < p.Create,
				fmt.Sprintf("%s of them in this run (--limit %d).", text.Grouped(o.Limit), o.Limit))),
			some(resent, "to send again",
				"Known (--resend-known): created only if the site no longer has the account."),
			some(p.Finished.Sum(), "finished", "Done earlier by this run, which continues."),
			some(p.Fixed, "fixed", "Wrong in this file, but fixed in a failed file and imported from there."),
			some(p.Settled.Of(outcome.Renamed), "to rename", outcome.Renamed.Meaning()),
			rowCounts(rows, "", skipped)),
		lines(
			counted(p.OtherAddress, "person is", "people are",
				" onboarded under another address, going by the external ids, and would get a second account."),
			counted(p.NamesChanged, "customer has", "customers have",
				" another name here than the one that was sent before; --update-names renames them."),
			unused(s, o.Organizations)),
		labelled("Access", accessToGive(p.Access)...),
		labelled("Leavers", leaversAhead(o)),
		problems(s),
		counted(p.Settled.Of(outcome.Invalid)-s.Invalid, "row", "rows",
			" without an account to revoke: jsm_reason in the results says why of each."),
		paragraphs(o.Notes...),
		lastLine(command, p, o)) + "\n"
}

// unused is what a file has and is not used.
func unused(s *export.Survey, organizations bool) string {
	named := slices.ContainsFunc(s.Columns, func(c export.Column) bool { return c.Field == export.Organization })
	return joined("\n",
		onlyIf(s.OneExternalID != "", "External ids of this file are not used: "+s.OneExternalID+"."),
		onlyIf(named && !organizations, "Organizations are not carried over: --organizations puts each customer into "+
			"the one that the row names."))
}

// accessToGive is what would be done about organizations and service projects.
func accessToGive(a *importer.AccessPlan) []string {
	a = cmp.Or(a, &importer.AccessPlan{})
	more := a.ToCreate - len(a.FirstNew)
	names := joined(", ", strings.Join(a.FirstNew, ", "), onlyIf(more > 0, "and "+text.Grouped(more)+" more"))
	all := []string{
		counted(a.Named, "organization", "organizations", fmt.Sprintf(" in the file: %s at the site, %s to create",
			text.Grouped(a.Named-a.ToCreate), text.Grouped(a.ToCreate))),
		counted(a.ToCreate, "to create", "to create", ": "+names),
		counted(a.Memberships, "membership", "memberships", " to add to organizations"),
		counted(a.Customers, "customer", "customers", " to add to service projects"),
		counted(a.WithoutOrganization, "row names", "rows name", " no organization"),
		counted(a.InvalidRows, "row names", "rows name",
			" one that cannot be used; the customer is created all the same"),
	}
	for _, desk := range a.ServiceDesks {
		all = append(all, fmt.Sprintf("service project %s (%s): each customer gets access%s",
			desk.ProjectKey, desk.ProjectName, onlyIf(a.Organizations, ", and each organization is added")))
	}
	return all
}

// leaversAhead is what would be done about those who have left the source.
func leaversAhead(o Outlook) string {
	does := cmp.Or(
		onlyIf(o.Limit > 0, "neither listed nor revoked: --limit ends the run before its last row"),
		onlyIf(o.Revoke > 0,
			"access is revoked for "+text.Counted(o.Revoke, "leaver", "leavers")+" when all rows are done"),
		"listed when all rows are done; nobody's access is revoked")
	listed := text.Grouped(o.Leavers.Revoke) + " to revoke, " + text.Grouped(o.Leavers.Review) + " to review: " + does
	return onlyIf(o.Leavers.Any(), lines(listed, o.Leavers.Held))
}

// lastLine says what the site will be asked, and how long that takes.
func lastLine(command string, p *importer.Plan, o Outlook) string {
	before := cmp.Or(
		onlyIf(o.DryRun, "Dry run: nothing is sent."),
		onlyIf(command == "revoke", "Access comes back only by hand."),
		onlyIf(command == "undo", "What the run created is revoked, and nothing else. Addresses stay taken, "+
			"requests stay, organizations and\n"+
			"service projects stay as they are, and access comes back only by hand."))
	return cmp.Or(onlyIf(o.Held, "Held back by a guard: nothing is sent."), joined(" ", before, requestsText(p, o)))
}

func requestsText(p *importer.Plan, o Outlook) string {
	access := p.Access != nil && p.Access.ToCreate+p.Access.Open > 0
	n := max(p.Create, p.Settled.Of(outcome.Renamed))
	if n == 0 {
		only := cmp.Or(
			counted(p.LookUps, "account id is", "account ids are", " still to be looked up"),
			counted(o.Revoke, "leaver is", "leavers are", " revoked"),
			onlyIf(access, "only access is given"))
		return cmp.Or(onlyIf(only != "", "Nobody has to be created; "+only), "Nothing has to be sent") + "."
	}
	others := joined(" and ", onlyIf(access, "those for access"), counted(o.Revoke, "to revoke", "to revoke", ""))
	what := text.Counted(n, "request", "requests") + onlyIf(others != "", ", and "+others+",")
	limited := o.Limit > 0 && o.Limit < n
	if limited {
		n, what = o.Limit, "At most "+text.Counted(o.Limit, "new customer", "new customers")
	}
	what += onlyIf(o.DryRun, " would be sent")
	if long := roughly(n, o.Rate); long != "" {
		return fmt.Sprintf("%s at %s: %s%s.", what, perSecond(o.Rate), long,
			onlyIf(limited, ", or longer when many have an account already"))
	}
	return what + " in all."
}

// FirstOffer goes before the question whether to create all customers, only
// the first one, or none. It has a name and an address: it is for no log.
func FirstOffer(creates int, first export.Row) string {
	return fmt.Sprintf("\n%s would be created. Whether the site sends mail to new customers depends on its settings: "+
		"create one first, and check.\n\nThe first would be %s: %s%s\n", text.Counted(creates, "customer", "customers"),
		first.Place, cell(first.Email), onlyIf(first.Name != first.Email, ", "+cell(first.Name)))
}
