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
	Kept string   // a failed file that was edited, and that is left as it is
	Page string   // the page's file; "" when there is none
	Gone bool     // site and ledger were a sandbox's, and have ended with the run
	Site []string // flags and values by which the next command reaches site and ledger
	Read []string // those by which it reads the failed file in the same way
}

// Totals is what people read at the end of a run: what became of the rows,
// which files were written, and what to type next.
func Totals(s Summary, e Ending) string {
	l := &listing{}
	l.line(headline(s) + "\n")
	l.rows(s.Rows.Counts, s.Rows.Read, Proof(s.Rows), s.Skipped)
	l.line("")
	l.add("Access", strings.Join(AccessLines(s.Access), "\n"))
	l.add("Leavers", strings.Join(LeaverLines(s.Leavers), "\n"))
	l.add("Requests", RequestLine(s))
	l.add("Results", Shown(s.Results))
	l.add("To fix", toFix(s, e))
	l.add("Page", Shown(e.Page))
	if e.Gone {
		l.add("Sandbox", "ended with the run, and its ledger with it: the next --sandbox run knows nobody")
	} else {
		l.add("Ledger", Shown(s.Ledger))
	}
	label := "Next"
	for _, step := range NextSteps(s, e) {
		if label != "" {
			l.line("")
		}
		l.add(label, step.Text)
		if step.Command != "" {
			l.add("", "  "+step.Command)
		}
		label = ""
	}
	return l.String()
}

func headline(s Summary) string {
	verbs := map[string]string{ledger.Complete: "is complete", ledger.Held: "was held back", ledger.Stopped: "stopped"}
	verb := verbs[s.Outcome]
	if !s.FinishedAt.IsZero() {
		verb += " after " + Lasted(s.Elapsed())
	}
	if s.Session > 1 {
		verb += fmt.Sprintf(" in session %d", s.Session)
	}
	if s.StopReason != "" {
		verb += ": " + s.StopReason
	}
	return "Run " + s.RunID + " " + strings.TrimSuffix(verb, ".") + "."
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
	if o, m := a.Organizations, a.Memberships; o.Named > 0 {
		lines = append(lines, fmt.Sprintf("%s in the file: %s at the site before, %s created",
			text.Counted(o.Named, "organization", "organizations"), text.Grouped(o.Existed), text.Grouped(o.Created)))
		lines = append(lines, fmt.Sprintf("customers in their organizations: %s added, %s there before, %s failed",
			text.Grouped(m.Added), text.Grouped(m.Known), text.Grouped(m.Failed)))
	}
	for _, key := range slices.Sorted(maps.Keys(a.ServiceDesks)) {
		d := a.ServiceDesks[key]
		lines = append(lines, fmt.Sprintf("service project %s: %s, %s", text.Printable(key),
			text.Counted(d.Customers, "customer", "customers"), text.Counted(d.Organizations, "organization", "organizations")))
	}
	return lines
}

// LeaverLines are the leavers of a sync, and what was done about them.
func LeaverLines(d *LeaverTotals) []string {
	if d == nil {
		return nil
	}
	var lines []string
	if d.Path != "" {
		lines = append(lines, fmt.Sprintf("%s to revoke, %s to review: %s",
			text.Grouped(d.Revoke), text.Grouped(d.Review), Shown(d.Path)))
	}
	if d.Held != "" {
		lines = append(lines, d.Held)
	}
	if d.Rows != nil {
		var became []string
		for _, c := range d.Rows.Counts {
			if c.Rows > 0 {
				became = append(became, text.Grouped(c.Rows)+" "+c.Status.String())
			}
		}
		lines = append(lines, strings.Join(became, ", ")+": "+Shown(d.Results))
	}
	return lines
}

// RequestLine counts the requests of the last session.
func RequestLine(s Summary) string {
	line := text.Grouped(s.Requests.Sent) + " sent"
	count := func(n int, what string) {
		if n > 0 {
			line += ", " + text.Grouped(n) + " " + what
		}
	}
	count(s.Requests.Throttled, "throttled (429)")
	count(s.Requests.Retried, "retried")
	count(s.Requests.Ambiguous, "with no clear answer")
	if s.Rate.Mean > 0 {
		line += "; " + PerSecond(s.Rate.Mean) + " on average"
	}
	if s.Rate.Learned > 0 {
		line += ", quota " + PerSecond(s.Rate.Learned)
	}
	if d := s.Leavers; d != nil && d.Sent > 0 {
		line += "; to revoke " + text.Grouped(d.Sent) + " sent"
		count(d.Throttled, "throttled (429)")
	}
	if s.Session > 1 {
		line += "\n(of this session; the rows are those of the whole run, which began on " + When(s.StartedAt.Time) + ")"
	}
	return line
}

// toFix names the failed file, and one that was edited.
func toFix(s Summary, e Ending) string {
	names := Shown(s.Failed)
	if e.Kept != "" {
		names += "\n(" + Shown(e.Kept) + " was edited and is left as it is)"
	}
	return strings.TrimPrefix(names, "\n")
}

// A Step is something to do next, with the command for it or "".
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// NextSteps are what to do now.
func NextSteps(s Summary, e Ending) []Step {
	var steps []Step
	add := func(n int, what, command string) {
		if n > 0 {
			steps = append(steps, Step{what, command})
		}
	}
	switch {
	case s.Hint != "":
		add(1, s.Hint, "")
	case s.asAsked():
		add(1, "run the same command again for the rest; without --limit it runs to the end", "")
	case s.Outcome == ledger.Stopped:
		add(1, "run the same command again: it continues where it stopped", "")
	}
	if s.Outcome != ledger.Complete && !s.asAsked() { // the same command comes first, and may settle the other rows
		return steps
	}
	results := Shown(s.Results)
	if s.Failed != "" {
		add(1, fixText(s, e), Command("import", slices.Concat([]string{Shown(s.Failed)}, e.Site, e.Read)...))
	}
	if n := s.Rows.Of(outcome.RevokedBefore); results != "" {
		revoked := []string{"--include", "jsm_status=revoked_before", "--resend-known"}
		again := slices.Concat([]string{results}, e.Site, e.Read, revoked)
		add(n, fmt.Sprintf("%s revoked_before: give access back by hand, where jsm_reason in %s says, then:",
			text.Counted(n, "row is", "rows are"), results), Command("import", again...))
	}
	if s.Access != nil {
		add(s.Access.Memberships.Failed, text.Counted(s.Access.Memberships.Failed, "membership", "memberships")+
			" failed: jsm_reason in "+results+" says why; then run the same command again", "")
		n := len(s.Access.ToReview)
		add(n, text.Counted(n, "customer is", "customers are")+
			" in an earlier organization, too: see access.to_review in the summary", "")
	}
	if s.Command == "revoke" || s.Command == "undo" {
		steps = append(steps, revokeSteps(s.Rows, results)...)
	}
	d := s.Leavers
	if d == nil || d.Held != "" {
		return steps
	}
	if d.Rows != nil {
		return append(steps, revokeSteps(*d.Rows, Shown(d.Results))...)
	}
	list := Shown(d.Path)
	add(d.Review, fmt.Sprintf("%s to review: jsm_reason in %s says why, and what to do by hand",
		text.Counted(d.Review, "leaver", "leavers"), list), "")
	add(d.Revoke, "look at "+list+"; to revoke the access of those on it:",
		Command("revoke", append([]string{list}, e.Site...)...))
	return steps
}

// fixText is about the rows in the failed file. Where the site refused rows,
// another cause must be fixed than where they are wrong themselves.
func fixText(s Summary, e Ending) string {
	wrong, refused := s.Rows.Of(outcome.Invalid), s.Rows.Of(outcome.Failed, outcome.Unknown)
	file, unless := Shown(s.Failed), ""
	if e.Kept != "" {
		unless = ", unless done in " + Shown(e.Kept)
	}
	need := text.Counted(wrong+refused, "row needs", "rows need") + " fixing" + unless
	switch {
	case refused == 0:
		return need + ": edit " + file + ", then:"
	case wrong == 0:
		return need + ": fix the cause that jsm_reason in " + file + " names, then:"
	}
	return fmt.Sprintf("%s: edit %s for the %s that are wrong; for %s fix the cause that jsm_reason names; then:",
		need, file, text.Grouped(wrong), text.Grouped(refused))
}

// revokeSteps are about accounts whose access was not revoked.
func revokeSteps(rows Rows, results string) []Step {
	var steps []Step
	if n := rows.Of(outcome.Review, outcome.NotFound, outcome.NotPortalOnly, outcome.Invalid); n > 0 {
		steps = append(steps, Step{Text: fmt.Sprintf("%s: jsm_reason in %s says why, and what to do by hand",
			text.Counted(n, "account was left as it was", "accounts were left as they were"), results)})
	}
	if n := rows.Of(outcome.Failed, outcome.Unknown); n > 0 {
		steps = append(steps, Step{Text: fmt.Sprintf(
			"%s not revoked for certain: read jsm_reason in %s, then run the same command again",
			text.Counted(n, "account is", "accounts are"), results)})
	}
	return steps
}
