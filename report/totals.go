package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Ending is what the totals say besides the summary.
type Ending struct {
	Kept string   // a failed file that was edited, and that is left alone
	Page string   // the page's file; "" when there is none
	Gone bool     // site and ledger were a sandbox's, and have ended with the run
	Site []string // flags and values by which the next command reaches site and ledger
	Read []string // those by which it reads the failed file in the same way
}

// Totals is what people read at the end of a run: what became of the rows,
// which files were written, and what to type next.
func Totals(s Summary, e Ending) string {
	l := &listing{}
	l.line(headline(s))
	l.line("")
	l.counts(s.Rows.Counts)
	l.read(s.Rows.Read, Proof(s.Rows), s.Skipped)
	l.line("")
	l.add("Access", strings.Join(AccessLines(s.Access), "\n"))
	describeLeavers(l, s.Leavers)
	l.add("Requests", RequestLine(s))
	l.add("Results", Shown(s.Results))
	l.add("To fix", toFix(s, e))
	l.add("Page", Shown(e.Page))
	if e.Gone {
		l.add("Sandbox", "ended with the run, and its ledger with it: the next --sandbox run knows nobody")
	} else {
		l.add("Ledger", Shown(s.Ledger))
	}
	var next []string
	for _, step := range NextSteps(s, e) {
		next = append(next, step.Text)
		if step.Command != "" {
			next = append(next, "  "+step.Command)
		}
	}
	if len(next) > 0 {
		l.line("")
		l.add("Next", strings.Join(next, "\n"))
	}
	return l.String()
}

func headline(s Summary) string {
	took := ""
	if !s.FinishedAt.IsZero() {
		took = " after " + Lasted(s.Elapsed())
	}
	if s.wentOn() && took != "" {
		took += " in this session"
	}
	verb := map[string]string{ledger.Complete: "is complete", ledger.Held: "was held back"}[s.Outcome]
	if verb == "" {
		verb = "stopped"
	}
	reason := ""
	if s.StopReason != "" && s.Outcome != ledger.Complete {
		reason = ": " + s.StopReason
	}
	return fmt.Sprintf("Run %s %s%s%s.", s.RunID, verb, took, strings.TrimSuffix(reason, "."))
}

// Proof says whether each row read has exactly one status.
func Proof(r Rows) string {
	if sum := r.Sum(); sum != r.Read {
		return fmt.Sprintf("But %s a status: this must not be; please report it.", text.Counted(sum, "row has", "rows have"))
	}
	return "All of the above: each row has one status."
}

// AccessLines are what was done about organizations and service projects.
func AccessLines(a *Access) []string {
	if a == nil {
		return nil
	}
	var lines []string
	if o := a.Organizations; o.Named > 0 {
		lines = append(lines, fmt.Sprintf("%s in the file: %s at the site before, %s created",
			text.Counted(o.Named, "organization", "organizations"), text.Grouped(o.Existed), text.Grouped(o.Created)))
	}
	if m := a.Memberships; m != (MembershipCounts{}) {
		lines = append(lines, fmt.Sprintf("customers in their organizations: %s added, %s there before, %s failed",
			text.Grouped(m.Added), text.Grouped(m.Known), text.Grouped(m.Failed)))
	}
	for _, key := range slices.Sorted(maps.Keys(a.ServiceDesks)) {
		d := a.ServiceDesks[key]
		line := "service project " + text.Printable(key) + ": " + text.Counted(d.Customers, "customer", "customers")
		if d.Organizations > 0 {
			line += " and " + text.Counted(d.Organizations, "organization", "organizations")
		}
		lines = append(lines, line)
	}
	return lines
}

// describeLeavers adds the leavers, and what was done about them.
func describeLeavers(l *listing, d *LeaverTotals) {
	if d == nil {
		return
	}
	l.add("Leavers", LeaverLine(d))
	l.add("", d.Held)
	if d.Rows == nil {
		return
	}
	var became []string
	for _, c := range d.Rows.Counts {
		if c.Rows > 0 {
			became = append(became, text.Grouped(c.Rows)+" "+c.Status.String())
		}
	}
	l.add("", strings.Join(became, ", ")+": "+Shown(d.Results))
}

// LeaverLine counts the leavers and names their list; "" when there is none.
func LeaverLine(d *LeaverTotals) string {
	switch {
	case d.Path == "":
		return ""
	case d.Revoke+d.Review == 0:
		return "nobody: " + Shown(d.Path)
	}
	return fmt.Sprintf("%s to revoke, %s to review: %s", text.Grouped(d.Revoke), text.Grouped(d.Review), Shown(d.Path))
}

// RequestLine counts the requests of the last session.
func RequestLine(s Summary) string {
	r := s.Requests
	parts := []string{text.Grouped(r.Sent) + " sent"}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Throttled, "throttled (429)"}, {r.Retried, "retried"}, {r.Ambiguous, "with no clear answer"}} {
		if p.n > 0 {
			parts = append(parts, text.Grouped(p.n)+" "+p.what)
		}
	}
	line := strings.Join(parts, ", ")
	if s.Rate.Mean > 0 {
		line += "; " + PerSecond(s.Rate.Mean) + " on average"
	}
	if s.Rate.Learned > 0 {
		line += ", quota " + PerSecond(s.Rate.Learned)
	}
	if d := s.Leavers; d != nil && d.Rows != nil {
		line += fmt.Sprintf("; for leavers %s sent, %s throttled", text.Grouped(d.Sent), text.Grouped(d.Throttled))
	}
	if s.wentOn() {
		line += fmt.Sprintf("\n(this is session %d of the run, which began at %s; the rows are those of all sessions)",
			s.Session, When(s.StartedAt.Time))
	}
	return line
}

// toFix names the failed file, and one that was edited.
func toFix(s Summary, e Ending) string {
	kept := "(" + Shown(e.Kept) + " was edited and is left as it is)"
	switch {
	case e.Kept == "":
		return Shown(s.Failed)
	case s.Failed == "":
		return "nothing " + kept
	}
	return Shown(s.Failed) + "\n" + kept
}

// A Step is something to do next, with the command for it or "".
type Step struct{ Text, Command string }

// NextSteps are what to do now.
func NextSteps(s Summary, e Ending) []Step {
	var steps []Step
	switch {
	case s.Hint != "":
		steps = append(steps, Step{Text: s.Hint})
	case s.asAsked():
		steps = append(steps, Step{Text: "run the same command again for the rest; without --limit it runs to the end"})
	case s.Outcome == ledger.Stopped:
		steps = append(steps, Step{Text: "run the same command again: it continues where it stopped"})
	}
	if s.Outcome != ledger.Complete && !s.asAsked() { // the same command comes first, and may settle the other rows
		return steps
	}
	steps = append(steps, fixSteps(s, e)...)
	steps = append(steps, restoreSteps(s, e)...)
	if s.Access != nil && len(s.Access.ToReview) > 0 {
		steps = append(steps, Step{Text: text.Counted(len(s.Access.ToReview), "customer is", "customers are") +
			" still in an earlier organization, too: access.to_review in the summary lists them"})
	}
	if s.revokes() {
		steps = append(steps, revokeSteps(s.Rows, s.Results)...)
	}
	return append(steps, leaverSteps(s.Leavers, e)...)
}

// fixSteps are about the rows in the failed file. Those that the site refused
// need another cause fixed than those that are wrong themselves.
func fixSteps(s Summary, e Ending) []Step {
	if s.Failed == "" {
		return nil
	}
	wrong, refused := s.Rows.Of(outcome.Invalid), s.Rows.Of(outcome.Failed, outcome.Unknown)
	file := Shown(s.Failed)
	var what string
	switch {
	case refused == 0:
		what = text.Counted(wrong, "row needs", "rows need") + " fixing: edit " + file + ", then:"
	case wrong == 0:
		what = fmt.Sprintf("%s no result: fix the cause that jsm_reason in %s names, then:", text.Counted(refused, "row has", "rows have"), file)
	default:
		what = fmt.Sprintf("%s: edit the %s wrong in %s, and fix the cause that jsm_reason names for the other %s; then:",
			text.Counted(wrong+refused, "row needs fixing", "rows need fixing"),
			text.Counted(wrong, "row that is", "rows that are"), file, text.Grouped(refused))
	}
	if e.Kept != "" {
		what = "unless it is done in " + Shown(e.Kept) + " already: " + what
	}
	return []Step{{what, Command("import", file, e.Site, e.Read)}}
}

// restoreSteps are about people whose access was revoked and who are in the
// file again.
func restoreSteps(s Summary, e Ending) []Step {
	n := s.Rows.Of(outcome.RevokedBefore)
	if n == 0 || s.Results == "" {
		return nil
	}
	file := Shown(s.Results)
	return []Step{{
		fmt.Sprintf("%s revoked_before: give access back by hand, where jsm_reason in %s says, then:", text.Counted(n, "row is", "rows are"), file),
		Command("import", file, e.Site, e.Read, []string{"--include", "jsm_status=revoked_before", "--resend-known"}),
	}}
}

// revokeSteps are about accounts whose access was not revoked.
func revokeSteps(rows Rows, results string) []Step {
	in := ""
	if results != "" {
		in = " in " + Shown(results)
	}
	var steps []Step
	if n := rows.Of(outcome.Review, outcome.NotFound, outcome.NotPortalOnly, outcome.Invalid); n > 0 {
		steps = append(steps, Step{Text: fmt.Sprintf("%s left as they were: jsm_reason%s says why, and what to do by hand",
			text.Counted(n, "account was", "accounts were"), in)})
	}
	if n := rows.Of(outcome.Failed, outcome.Unknown); n > 0 {
		steps = append(steps, Step{Text: fmt.Sprintf("%s not revoked for certain: read jsm_reason%s, then run the same command again",
			text.Counted(n, "account is", "accounts are"), in)})
	}
	return steps
}

// leaverSteps are about the leavers of a sync.
func leaverSteps(d *LeaverTotals, e Ending) []Step {
	switch {
	case d == nil || d.Held != "":
		return nil
	case d.Rows != nil:
		return revokeSteps(*d.Rows, d.Results)
	}
	var steps []Step
	list := Shown(d.Path)
	if d.Review > 0 {
		steps = append(steps, Step{Text: fmt.Sprintf("%s to review: jsm_reason in %s says why, and what to do by hand",
			text.Counted(d.Review, "leaver", "leavers"), list)})
	}
	if d.Revoke > 0 {
		steps = append(steps, Step{"look at " + list + "; to revoke the access of those on it:", Command("revoke", list, e.Site)})
	}
	return steps
}
