package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/text"
)

// Totals is what people read at the end of a run: what became of the rows,
// which files were written, and what to type next.
func Totals(s Summary) string {
	l := &listing{}
	l.line(headline(s) + "\n")
	proven := s.Rows.Prove(s.Rows.Read) == nil // else the run has stopped, and says why
	l.rows(s.Rows, onlyIf(proven, "The sum of the lines above: each row has one status."), s.Skipped)
	l.line("")
	l.add("Access", AccessLines(s.Access)...)
	l.add("Leavers", LeaverLines(s.Leavers)...)
	l.add("Requests", RequestLines(s)...)
	l.add("Results", Shown(s.Results))
	l.add("To fix", Shown(s.Failed), onlyIf(s.Kept != "" && s.Failed != "",
		"("+Shown(s.Kept)+" was edited, or is of another export: it is left as it is)"))
	l.add("Page", Shown(s.Page))
	l.add("Sandbox", onlyIf(s.Gone, "ended with the run, and so did its ledger: the next --sandbox run starts anew"))
	l.add("Ledger", onlyIf(!s.Gone, Shown(s.Ledger)))
	var next []string
	for _, step := range NextSteps(s) {
		next = append(next, joined("\n  ", step.Text, step.Command))
	}
	l.block("Next", next...)
	return l.String()
}

func headline(s Summary) string {
	verb := map[string]string{ledger.Complete: "is complete", ledger.Held: "was held back", ledger.Stopped: "stopped"}
	line := "Run " + s.RunID + " " + verb[s.Outcome] + " after " + Short(s.Elapsed())
	return joined(": ", line, strings.TrimSuffix(s.StopReason, ".")) + "."
}

// AccessLines are what was done about organizations and service projects.
func AccessLines(a *importer.AccessTotals) []string {
	if a == nil {
		return nil
	}
	var lines []string
	if o, m := a.Organizations, a.Memberships; o.Named > 0 {
		lines = append(lines,
			fmt.Sprintf("%s in the file: %s at the site before, %s created",
				text.Counted(o.Named, "organization", "organizations"), text.Grouped(o.Existed), text.Grouped(o.Created)),
			fmt.Sprintf("customers in their organizations: %s added, %s there before, %s failed",
				text.Grouped(m.Added), text.Grouped(m.Known), text.Grouped(m.Failed)))
	}
	for _, key := range slices.Sorted(maps.Keys(a.ServiceDesks)) {
		d := a.ServiceDesks[key]
		lines = append(lines, fmt.Sprintf("service project %s: %s, %s", text.Printable(key),
			text.Counted(d.Customers, "customer", "customers"),
			text.Counted(d.Organizations, "organization", "organizations")))
	}
	return append(lines, a.Refused...)
}

// LeaverLines are the leavers of a sync, and what was done about them.
func LeaverLines(d *LeaverTotals) []string {
	if d == nil {
		return nil
	}
	listed := onlyIf(d.Path != "", fmt.Sprintf("%s to revoke, %s to review: %s",
		text.Grouped(d.Revoke), text.Grouped(d.Review), Shown(d.Path)))
	became := ""
	if d.Rows != nil {
		for _, s := range d.Rows.Statuses {
			became = joined(", ", became, counted(d.Rows.Of(s), s.String(), s.String(), ""))
		}
		became += ": " + Shown(d.Results)
	}
	return present(listed, d.Held, became)
}

// RequestLines count the requests.
func RequestLines(s Summary) []string {
	r, revoking := s.Requests, ""
	if d := s.Leavers; d != nil && d.Sent > 0 {
		revoking = "to revoke " + sent(d.Sent, d.Throttled)
	}
	requests := joined(", ", sent(r.Sent, r.Throttled), counted(r.Retried, "retried", "retried", ""),
		counted(r.Ambiguous, "with no clear answer", "with no clear answer", ""))
	pace := joined(", ", onlyIf(s.Rate.Mean > 0, perSecond(s.Rate.Mean)+" on average"),
		onlyIf(s.Rate.Learned > 0, "the site takes about "+perSecond(s.Rate.Learned)))
	return present(joined("; ", requests, pace, revoking),
		counted(r.Other, "more", "more", " for checks, look-ups, names and access"),
		onlyIf(s.Continued, "(since the run was continued; the rows are those of the whole run)"))
}

func sent(all, throttled int) string {
	return joined(", ", text.Grouped(all)+" sent", counted(throttled, "throttled (429)", "throttled (429)", ""))
}
