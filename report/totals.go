package report

import (
	"fmt"
	"slices"
	"strings"

	"jsm-onboard/importer"
)

// Ending is what the totals say besides the summary.
type Ending struct {
	Hint string   // what to do about the stop reason; "" when there is none
	Kept string   // a file of rows to mend that somebody has edited, and that was left alone
	Page string   // the page's file; "" when there is none
	Made string   // whom a run that was to create few has created, for the terminal alone; "" when that is not told
	Gone bool     // site and ledger were a sandbox's, and are there no more
	Site []string // words of the command line, flags and values, that the next command needs to reach site and ledger
	Read []string // those that it needs to read the file of rows to mend
}

// Totals is what people read at the end of a run: what became of the rows,
// which files were written, and what to type next.
func Totals(s Summary, e Ending) string {
	l := &listing{}
	l.line(headline(s))
	l.line("")
	for _, c := range s.Rows.Counts {
		if c.Rows > 0 {
			l.count(c.Rows, c.Status.String(), meaning(c.Status))
		}
	}
	l.count(s.Rows.Read, "rows read", proof(s))
	if s.Skipped > 0 {
		l.count(s.Skipped, "lines skipped", "no rows: blank, titles, footers, a repeated header")
	}
	l.line("")
	describeDepartures(l, s.Leavers)
	l.add("Created", e.Made)
	l.add("Requests", requestLine(s))
	l.add("", ofSitting(s))
	l.add("Results", s.Results)
	l.add("To mend", toMend(s, e))
	l.add("Page", e.Page)
	if e.Gone {
		l.add("Sandbox", "gone now, and its ledger with it: the next --sandbox run knows nobody")
	} else {
		l.add("Ledger", s.Ledger)
	}
	if next := nextSteps(s, e); len(next) > 0 {
		l.line("")
		l.add("Next", strings.Join(next, "\n"))
	}
	return l.String()
}

func headline(s Summary) string {
	took := ""
	if !s.FinishedAt.IsZero() {
		took = " after " + lasted(s.Elapsed())
	}
	if s.wentOn() && took != "" {
		took += " more"
	}
	if s.Outcome == "complete" {
		return fmt.Sprintf("Run %s is complete%s.", s.RunID, took)
	}
	reason := ""
	if s.StopReason != "" {
		reason = ": " + s.StopReason
	}
	return fmt.Sprintf("Run %s stopped%s%s.", s.RunID, took, reason)
}

// describeDepartures tells of the leavers, and of what was done about them.
func describeDepartures(l *listing, d *Departures) {
	if d == nil {
		return
	}
	text := importer.Grouped(d.Revoke) + " to revoke, " + importer.Grouped(d.Review) + " to review"
	if d.Revoke+d.Review == 0 {
		text = "nobody"
	}
	if d.Path != "" {
		text += ": " + d.Path
	}
	if d.Held != "" && d.Path == "" {
		text = d.Held
	} else if d.Held != "" {
		text += "\n" + d.Held
	}
	l.add("Leavers", text)
	if d.Rows == nil {
		return
	}
	var became []string
	for _, c := range d.Rows.Counts {
		if c.Rows > 0 {
			became = append(became, importer.Grouped(c.Rows)+" "+c.Status.String())
		}
	}
	l.add("", strings.Join(became, ", ")+": "+d.Results)
}

// proof says whether each row read has exactly one status.
func proof(s Summary) string {
	sum := 0
	for _, c := range s.Rows.Counts {
		sum += c.Rows
	}
	if sum == s.Rows.Read {
		return "= all of the above: each row has one status"
	}
	return fmt.Sprintf("but %s have a status: this must not be; please report it", importer.Grouped(sum))
}

func requestLine(s Summary) string {
	r := s.Requests
	parts := []string{importer.Grouped(r.Sent) + " sent"}
	if revoked(s.Leavers) {
		parts[0] += " to create"
	}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Throttled, "throttled (429)"}, {r.Retried, "retried"}, {r.Ambiguous, "with no clear answer"}} {
		if p.n > 0 {
			parts = append(parts, importer.Grouped(p.n)+" "+p.what)
		}
	}
	line := strings.Join(parts, ", ")
	if s.Rate.Mean > 0 {
		line += "; " + perSecond(s.Rate.Mean) + " on average"
	}
	if s.Rate.Learned > 0 {
		line += ", quota " + perSecond(s.Rate.Learned)
	}
	if revoked(s.Leavers) {
		line += "; " + importer.Grouped(s.Leavers.Sent) + " sent to revoke"
		if n := s.Leavers.Throttled; n > 0 {
			line += ", " + importer.Grouped(n) + " throttled (429)"
		}
	}
	return line
}

// ofSitting says to what the requests belong when the run was cut off and gone
// on with; else "".
func ofSitting(s Summary) string {
	if !s.wentOn() {
		return ""
	}
	return fmt.Sprintf("(in this sitting, number %d; the rows above are of the whole run, begun on %s)",
		s.Sitting, s.StartedAt.Local().Format("2 January at 15:04"))
}

// toMend names the file of rows to mend, and one that somebody has edited.
func toMend(s Summary, e Ending) string {
	switch {
	case e.Kept == "":
		return s.Failed
	case s.Failed == "":
		return "nothing (" + e.Kept + " was edited by somebody and is left alone)"
	}
	return s.Failed + "\n(" + e.Kept + " was edited by somebody and is left alone; what was mended and imported there is done)"
}

// asAsked tells whether a run stopped where it was asked to, by --limit: such a
// run alone ends as a complete one does.
func asAsked(s Summary) bool {
	return s.Outcome == "stopped" && (s.ExitCode == 0 || s.ExitCode == 3)
}

// nextSteps are what to do now, and the commands for it, which are indented.
func nextSteps(s Summary, e Ending) []string {
	var steps []string
	switch {
	case e.Hint != "":
		steps = append(steps, e.Hint)
	case asAsked(s):
		steps = append(steps, "run the same command again for the rest; without --limit it goes to the end")
	case s.Outcome == "stopped":
		steps = append(steps, "run the same command again; it goes on where it stopped")
	}
	if s.Outcome == "stopped" && !asAsked(s) { // the same command comes first, and may settle the other rows
		return steps
	}
	if s.Failed != "" {
		done := ""
		if e.Kept != "" {
			done = ", unless done in " + e.Kept + " already"
		}
		steps = append(steps, fmt.Sprintf("%s to mend%s: edit %s, then:", importer.Counted(s.Rows.Mendable(), "row", "rows"), done, s.Failed),
			command("import", s.Failed, e.Site, e.Read))
	}
	steps = append(steps, giveBack(s, e)...)
	if s.Command == "revoke" {
		steps = append(steps, settleRevoked(s.Rows, s.Results)...)
	}
	return append(steps, leaverSteps(s.Leavers, e)...)
}

// command is what to type, as a step.
func command(name, file string, flags ...[]string) string {
	return "  " + CommandLine(name, file, flags...)
}

// CommandLine is what to type, quoted for the shell.
func CommandLine(name, file string, flags ...[]string) string {
	line := "jsm-onboard " + name + " " + argument(file)
	for _, word := range slices.Concat(flags...) {
		line += " " + printable(argument(word))
	}
	return line
}

// giveBack is about people whose access was revoked and who are in the file
// again.
func giveBack(s Summary, e Ending) []string {
	n := s.Rows.Of(importer.RevokedBefore)
	if n == 0 || s.Results == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s revoked_before: give access back by hand, where jsm_reason in %s says, then:", importer.Counted(n, "row is", "rows are"), s.Results),
		command("import", s.Results, e.Site, e.Read, []string{"--include", "jsm_status=revoked_before", "--resend-known"})}
}

// settleRevoked is about accounts whose access was not taken away.
func settleRevoked(rows Rows, results string) []string {
	var steps []string
	if n := rows.Of(importer.Review) + rows.Of(importer.NotFound) + rows.Of(importer.NotPortalOnly) + rows.Of(importer.Invalid); n > 0 {
		steps = append(steps, fmt.Sprintf("%s left alone: jsm_reason%s says why, and what to do by hand", importer.Counted(n, "account was", "accounts were"), in(results)))
	}
	if n := rows.Of(importer.Failed) + rows.Of(importer.Unknown); n > 0 {
		steps = append(steps, fmt.Sprintf("%s not revoked for sure: read jsm_reason%s, then run the same command again; those that are done stay done",
			importer.Counted(n, "account is", "accounts are"), in(results)))
	}
	return steps
}

func in(results string) string {
	if results == "" {
		return ""
	}
	return " in " + results
}

// leaverSteps is what to do about the leavers of a sync.
func leaverSteps(d *Departures, e Ending) []string {
	switch {
	case d == nil || d.Held != "":
		return nil
	case d.Rows != nil:
		return settleRevoked(*d.Rows, d.Results)
	}
	var steps []string
	if d.Review > 0 {
		steps = append(steps, importer.Counted(d.Review, "leaver", "leavers")+" to review: jsm_reason in "+d.Path+" says why, and what to do by hand")
	}
	if d.Revoke > 0 {
		steps = append(steps, "look at "+d.Path+"; to take access away from those on it:", command("revoke", d.Path, e.Site))
	}
	return steps
}
