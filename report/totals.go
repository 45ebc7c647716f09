package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jsm-onboard/importer"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
)

// Ending is what the totals say besides the summary.
type Ending struct {
	Kept   string   // a failed file that was edited, and that is left as it is
	Page   string   // the page's file; "" when there is none
	Gone   bool     // site and ledger were a sandbox's, and have ended with the run
	Site   []string // flags and values by which the next command reaches site and ledger
	Access []string // those by which it gives the same access
	Read   []string // those by which it reads the failed file in the same way; see [ReadAgain]
}

// ReadAgain is [export.Survey.Repeat] for a file that this program wrote: the rows that count are chosen already.
func ReadAgain(flags []string) (kept []string) {
	for i := 0; i < len(flags); i++ {
		if flags[i] == "--include" || flags[i] == "--exclude" {
			i++
			continue
		}
		kept = append(kept, flags[i])
	}
	return kept
}

// AccessFlags are the flags of a run that are known from its summary alone.
func AccessFlags(a *importer.AccessTotals) (flags []string) {
	if a == nil {
		return nil
	}
	if a.Organizations.Named > 0 {
		flags = append(flags, "--organizations")
	}
	for _, key := range slices.Sorted(maps.Keys(a.ServiceDesks)) {
		flags = append(flags, "--service-desk", key)
	}
	return flags
}

// importWords are a command that imports a file as this run did.
func (e Ending) importWords(file string, flags ...string) []string {
	return slices.Concat([]string{"import", file}, e.Site, e.Access, e.Read, flags)
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
	l.add("To fix", Shown(s.Failed))
	if e.Kept != "" && s.Failed != "" {
		l.add("", "("+Shown(e.Kept)+" was edited and is left as it is)")
	}
	l.add("Page", Shown(e.Page))
	if e.Gone {
		l.add("Sandbox", "ended with the run, and its ledger with it: the next --sandbox run knows nobody")
	} else {
		l.add("Ledger", Shown(s.Ledger))
	}
	var next strings.Builder
	for _, step := range NextSteps(s, e) {
		next.WriteString(strings.TrimSuffix(step.Text+"\n  "+step.Command, "\n  ") + "\n")
	}
	if next.Len() > 0 {
		l.line("")
		l.add("Next", next.String())
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
		return fmt.Sprintf(
			"But %s a status: this must not be; please report it.",
			text.Counted(sum, "row has", "rows have"),
		)
	}
	return "All of the above: each row has one status."
}

// AccessLines are what was done about organizations and service projects.
func AccessLines(a *importer.AccessTotals) []string {
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
		lines = append(lines, fmt.Sprintf(
			"service project %s: %s, %s",
			text.Printable(key),
			text.Counted(
				d.Customers,
				"customer",
				"customers",
			),
			text.Counted(d.Organizations, "organization", "organizations"),
		))
	}
	return append(lines, a.Refused...)
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
		var became sentences
		for _, c := range d.Rows.Counts {
			became.count(c.Rows, c.Status.String(), c.Status.String(), "")
		}
		lines = append(lines, strings.Join(became, ", ")+": "+Shown(d.Results))
	}
	return lines
}

// RequestLine counts the requests of the last session.
func RequestLine(s Summary) string {
	parts := sentences{text.Grouped(s.Requests.Sent) + " sent"}
	parts.count(s.Requests.Throttled, "throttled (429)", "throttled (429)", "")
	parts.count(s.Requests.Retried, "retried", "retried", "")
	parts.count(s.Requests.Ambiguous, "with no clear answer", "with no clear answer", "")
	line := strings.Join(parts, ", ")
	if s.Rate.Mean > 0 {
		line += "; " + perSecond(s.Rate.Mean) + " on average"
	}
	if s.Rate.Learned > 0 {
		line += ", quota " + perSecond(s.Rate.Learned)
	}
	if d := s.Leavers; d != nil && d.Sent > 0 {
		revoking := sentences{text.Grouped(d.Sent) + " sent"}
		revoking.count(d.Throttled, "throttled (429)", "throttled (429)", "")
		line += "; to revoke " + strings.Join(revoking, ", ")
	}
	if n := s.Requests.Other; n > 0 {
		line += "\n" + text.Grouped(n) + " more for checks, look-ups, names and access"
	}
	if s.Session > 1 {
		line += "\n(of this session; the rows are those of the whole run, which began on " + When(
			s.StartedAt.Time,
		) + ")"
	}
	return line
}

// A Step is something to do next, with the command for it or "".
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// NextSteps are what to do now.
func NextSteps(s Summary, e Ending) []Step {
	var l steps
	switch {
	case s.Hint != "":
		l.add(s.Hint)
	case s.asAsked():
		l.add("run the same command again for the rest; without --limit it runs to the end")
	case s.Outcome == ledger.Stopped:
		l.add("run the same command again: it continues where it stopped")
	}
	if s.Outcome != ledger.Complete && !s.asAsked() { // the same command comes first, and may settle the other rows
		return l
	}
	l.rows(s, e)
	l.access(s)
	if s.Command == "revoke" || s.Command == "undo" {
		l.revoked(s.Rows, s.Results)
	}
	if d := s.Leavers; d != nil && d.Rows != nil {
		l.revoked(*d.Rows, d.Results)
	} else if d != nil && d.Held == "" {
		list := Shown(d.Path)
		l.count(d.Review, "leaver", "leavers", " to review: jsm_reason in "+list+" says why, and what to do by hand")
		if d.Revoke > 0 {
			what := "look at " + list + "; to revoke the access of those on it:"
			l.add(what, slices.Concat([]string{"revoke", list}, e.Site)...)
		}
	}
	return l
}

type steps []Step

func (l *steps) add(what string, command ...string) {
	step := Step{Text: what}
	if len(command) > 0 {
		step.Command = Command(command[0], command[1:]...)
	}
	*l = append(*l, step)
}

// count adds a step that begins with a number, where there is something to count.
func (l *steps) count(n int, one, many, rest string, command ...string) {
	if n > 0 {
		l.add(text.Counted(n, one, many)+rest, command...)
	}
}

// rows are about rows to fix, and people whose access was revoked. Where the
// site refused rows, another cause must be fixed than where they are wrong.
func (l *steps) rows(s Summary, e Ending) {
	failed, results, unless := Shown(s.Failed), Shown(s.Results), ""
	if e.Kept != "" {
		unless = ", unless done in " + Shown(e.Kept)
	}
	wrong, refused := s.Rows.Of(outcome.Invalid), s.Rows.Of(outcome.Failed, outcome.Unknown)
	how := fmt.Sprintf(": edit %s for the %s that are wrong; for %s fix the cause that jsm_reason names; then:",
		failed, text.Grouped(wrong), text.Grouped(refused))
	switch {
	case refused == 0:
		how = ": edit " + failed + ", then:"
	case wrong == 0:
		how = ": fix the cause that jsm_reason in " + failed + " names, then:"
	}
	if failed != "" {
		l.count(wrong+refused, "row needs", "rows need", " fixing"+unless+how,
			e.importWords(failed)...)
	}
	if results != "" {
		list := results
		if strings.HasSuffix(s.Input, ".results.csv") { // it was such a list already
			list = Shown(s.Input)
		}
		l.count(s.Rows.Of(outcome.RevokedBefore), "row is", "rows are",
			" revoked_before: give access back by hand, where jsm_reason in "+results+" says, then:",
			e.importWords(list, "--include", "jsm_status=revoked_before", "--resend-known")...)
	}
}

func (l *steps) access(s Summary) {
	if s.Access != nil {
		l.count(s.Access.NotGood, "row has", "rows have",
			" not all of the access that was asked for: jsm_reason in "+Shown(s.Results)+
				" says why; fix that, then run the same command again")
		for _, refused := range s.Access.Refused {
			l.add(refused + "; fix that (403: give the account an agent licence on that project), " +
				"then run the same command again")
		}
		l.count(len(s.Access.ToReview), "customer is", "customers are",
			" in an earlier organization, too: see access.to_review in the summary")
	}
}

func (l *steps) revoked(rows Rows, results string) {
	l.count(rows.Of(outcome.Review, outcome.NotFound, outcome.NotPortalOnly, outcome.Invalid),
		"account was left as it was", "accounts were left as they were",
		": jsm_reason in "+Shown(results)+" says why, and what to do by hand")
	l.count(rows.Of(outcome.Failed, outcome.Unknown), "account is", "accounts are",
		" not revoked for certain: read jsm_reason in "+Shown(results)+", then run the same command again")
}
