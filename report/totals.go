package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Totals is what people read at the end of a run: what became of the rows, the files, and what to type next.
func Totals(s Summary) string {
	proven := s.Rows.CheckComplete(s.Rows.Read) == nil // else the run has stopped, and says why
	var next []string
	for _, step := range NextSteps(s) {
		next = append(next, joined("\n  ", step.Text, step.Command))
	}
	return paragraphs(
		headline(s),
		rowCounts(s.Rows, onlyIf(proven, "The sum of the lines above: each row has one status."), s.Skipped),
		lines(
			labelled("Access", AccessLines(s.Access)...),
			labelled("Leavers", LeaverLines(s.Leavers)...),
			labelled("Requests", RequestLines(s)...),
			labelled("Results", Shown(s.Results)),
			labelled("Failed", Shown(s.Failed), onlyIf(s.Kept != "" && s.Failed != "",
				"("+Shown(s.Kept)+" was edited and not imported, is of another export or in use: it stays)")),
			labelled("Page", Shown(s.Page)),
			labelled("Sandbox", onlyIf(s.Gone, "ended with the run, and so did its ledger: the next one starts anew")),
			labelled("Ledger", onlyIf(!s.Gone, Shown(s.Ledger)))),
		labelled("Next", next...)) + "\n"
}

func headline(s Summary) string {
	verb := map[string]string{ledger.Complete: "is complete", ledger.Held: "was held back", ledger.Stopped: "stopped"}
	return joined(": ", "Run "+s.RunID+" "+verb[s.Outcome]+" after "+Short(s.Elapsed()),
		strings.TrimSuffix(s.StopReason, ".")) + "."
}

// AccessLines are what was done about organizations and service projects.
func AccessLines(a *importer.AccessTotals) (all []string) {
	a = cmp.Or(a, &importer.AccessTotals{})
	if o, m := a.Organizations, a.Memberships; o.Named > 0 {
		all = append(all,
			fmt.Sprintf("%s in the file: %s at the site before, %s created", text.Counted(o.Named,
				"organization", "organizations"), text.Grouped(o.Existed), text.Grouped(o.Created)),
			joined(", ", fmt.Sprintf("customers in their organizations: %s added, %s there before, %s failed",
				text.Grouped(m.Added), text.Grouped(m.Known), text.Grouped(m.Failed)),
				counted(m.Open, "not attempted", "not attempted", "")))
	}
	for _, key := range slices.Sorted(maps.Keys(a.ServiceDesks)) {
		d := a.ServiceDesks[key]
		all = append(all, fmt.Sprintf("service project %s: %s, %s", text.Printable(key),
			text.Counted(d.Customers, "customer", "customers"),
			text.Counted(d.Organizations, "organization", "organizations")))
	}
	return append(all, a.Refused...)
}

// LeaverLines are the leavers of a sync, and what was done about them.
func LeaverLines(d *LeaverTotals) []string {
	d = cmp.Or(d, &LeaverTotals{})
	listed := joined(": ", onlyIf(d.Path != "" || d.Revoke+d.Review > 0, fmt.Sprintf("%s to revoke, %s to review",
		text.Grouped(d.Revoke), text.Grouped(d.Review))), Shown(d.Path))
	var became []string
	for _, s := range cmp.Or(d.Rows, &Rows{}).Statuses {
		became = append(became, counted(d.Rows.Of(s), s.String(), s.String(), ""))
	}
	return present(listed, d.Held, joined(": ", joined(", ", became...), Shown(d.Results)))
}

// RequestLines count the requests.
func RequestLines(s Summary) []string {
	r := s.Requests
	requests := joined(", ", text.Grouped(r.Sent)+" sent",
		counted(r.Throttled, "throttled (429)", "throttled (429)", ""),
		counted(r.Retried, "retried", "retried", ""),
		counted(r.Ambiguous, "with no clear answer", "with no clear answer", ""))
	pace := joined(", ", onlyIf(s.Rate.Mean > 0, perSecond(s.Rate.Mean)+" on average"),
		onlyIf(s.Rate.Learned > 0, "the site takes about "+perSecond(s.Rate.Learned)))
	return present(joined("; ", requests, pace),
		counted(r.Other, "more", "more", " for checks, look-ups, names, access and leavers"),
		onlyIf(s.Continued, "(since the run was continued; the rows are those of the whole run)"))
}

// A Step is something to do next, with the command for it or "".
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// NextSteps are what to do now. After a run that stopped the same command comes first, and may settle the other rows.
func NextSteps(s Summary) []Step {
	limited := s.Outcome == ledger.Stopped && (s.ExitCode == 0 || s.ExitCode == 3) // by --limit
	all := []Step{{Text: cmp.Or(s.Hint,
		onlyIf(s.Outcome == ledger.Stopped, "run the same command again: it continues where it stopped"))}}
	switch {
	case s.Outcome != ledger.Complete && !limited:
	case s.Command == "revoke" || s.Command == "undo":
		all = append(all, revokedSteps(s.Rows, s.Results)...)
	default:
		all = slices.Concat(all, rowSteps(s), accessSteps(s), leaverSteps(s))
	}
	return slices.DeleteFunc(all, func(step Step) bool { return step.Text == "" })
}

// next returns a command to type next, for the same site.
func (s Summary) next(name, operand string, flags ...string) string {
	return Command(name, slices.Concat([]string{Relative(operand)}, s.SiteFlags, flags)...)
}

// rowSteps are about rows to fix, and people whose access was revoked.
func rowSteps(s Summary) []Step {
	failed, results := Shown(s.Failed), Shown(s.Results)
	unless := onlyIf(s.Kept != "", ", unless that was done in "+Shown(s.Kept)+" (then import that)")
	toFix := counted(s.Rows.Of(outcome.Invalid, outcome.Failed), "row needs", "rows need",
		" fixing"+unless+": jsm_reason in "+failed+" says why; fix the row there, or the cause at the site, then:")
	back := counted(s.Rows.Of(outcome.RevokedBefore), "row is", "rows are",
		" revoked_before: give access back by hand, as jsm_reason in "+results+" says, then:")
	again := append(slices.Clip(s.Repeat), "--include", "jsm_status=revoked_before", "--resend-known")
	return []Step{
		{Text: counted(s.Rows.Of(outcome.Unknown), "row is", "rows are",
			" unknown: run the same command again to find out")},
		{onlyIf(failed != "", toFix), s.next("import", s.Failed, s.Repeat...)},
		{onlyIf(results != "", back), s.next("import", s.Results, again...)},
	}
}

// inResults is where the reason of a row stands; results is the path, "" where it is not known any more.
func inResults(results string) string {
	return "jsm_reason in " + cmp.Or(Shown(results), "the results")
}

func accessSteps(s Summary) []Step {
	a := cmp.Or(s.Access, &importer.AccessTotals{})
	all := []Step{{Text: counted(a.NotGood, "row has", "rows have", " not got all of the access that was asked for: "+
		inResults(s.Results)+" says why; fix that, then run the same command again")}}
	for _, refused := range a.Refused {
		all = append(all, Step{Text: refused + "; fix that (403: give the account an agent licence on that project), " +
			"then run the same command again"})
	}
	words := slices.Concat([]string{s.RunID}, s.LedgerFlags, []string{"--summary", "-"})
	return append(all, Step{counted(len(a.ToReview), "membership in an earlier organization is",
		"memberships in earlier organizations are", " still there: see access.to_review in the summary "+
			"(--summary PATH)"), onlyIf(!s.Gone, Command("report", words...))})
}

func leaverSteps(s Summary) []Step {
	d := cmp.Or(s.Leavers, &LeaverTotals{})
	switch {
	case d.Rows != nil:
		return revokedSteps(*d.Rows, d.Results)
	case d.Held != "", d.Path == "":
		return nil
	}
	return []Step{
		{Text: counted(d.Review, "leaver", "leavers",
			" to review: "+inResults(d.Path)+" says why, and what to do by hand")},
		{onlyIf(d.Revoke > 0, "look at "+Shown(d.Path)+"; to revoke their access:"), s.next("revoke", d.Path)},
	}
}

func revokedSteps(rows Rows, results string) []Step {
	return []Step{
		{Text: counted(rows.Of(outcome.Review, outcome.NotFound, outcome.NotPortalOnly, outcome.Invalid),
			"row was left as it was", "rows were left as they were",
			": "+inResults(results)+" says why, and what to do by hand")},
		{Text: counted(rows.Of(outcome.Failed, outcome.NotAttempted), "account was", "accounts were",
			" not revoked: "+inResults(results)+" says why; fix that, then run the same command again")},
		{Text: counted(rows.Of(outcome.Unknown), "account was", "accounts were",
			" perhaps not revoked: run the same command again to find out")},
	}
}
