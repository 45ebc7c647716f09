package report

import (
	"fmt"
	"strings"
)

// Ending is what the totals say besides the summary.
type Ending struct {
	Hint string // what to do about the stop reason; "" when there is none
	Kept string // a file of rows to mend that somebody has edited, and that was left alone
	Page string // the page's file; "" when there is none
	With string // flags that the next command needs too; "" when there are none
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
	l.add("Requests", requestLine(s))
	l.add("Results", s.Results)
	l.add("To mend", s.Failed)
	if e.Kept != "" {
		l.add("", "("+e.Kept+" was edited by somebody and left alone)")
	}
	l.add("Page", e.Page)
	l.add("Ledger", s.Ledger)
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
	text := fmt.Sprintf("%d to revoke, %d to review", d.Revoke, d.Review)
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
			became = append(became, grouped(c.Rows)+" "+c.Status.String())
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
	return fmt.Sprintf("but %s have a status: this must not be; please report it", grouped(sum))
}

func requestLine(s Summary) string {
	r := s.Requests
	parts := []string{grouped(r.Sent) + " sent"}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Throttled, "throttled (429)"}, {r.Retried, "retried"}, {r.Ambiguous, "with a lost answer"}} {
		if p.n > 0 {
			parts = append(parts, grouped(p.n)+" "+p.what)
		}
	}
	line := strings.Join(parts, ", ")
	if s.Rate.Mean > 0 {
		line += "; " + perSecond(s.Rate.Mean) + " on average"
	}
	if s.Rate.Learned > 0 {
		line += ", quota " + perSecond(s.Rate.Learned)
	}
	return line
}

// nextSteps are what to do now, and the commands for it.
func nextSteps(s Summary, e Ending) []string {
	var steps []string
	if s.Outcome == "stopped" || e.Hint != "" {
		hint := e.Hint
		if hint == "" {
			hint = "run the same command again; it goes on where it stopped"
		}
		steps = append(steps, hint)
	}
	if s.Failed != "" && s.Outcome != "stopped" { // else the same command comes first, and may settle them
		steps = append(steps, fmt.Sprintf("%s to mend: edit %s, then:", counted(s.Rows.Mendable(), "row", "rows"), s.Failed),
			strings.TrimRight("  jsm-onboard import "+argument(s.Failed)+" "+e.With, " "))
	}
	if d := s.Leavers; d != nil && d.Revoke > 0 && d.Rows == nil && d.Held == "" {
		steps = append(steps, "look at "+d.Path+"; to take access away from those on it:",
			strings.TrimRight("  jsm-onboard revoke "+argument(d.Path)+" "+e.With, " "))
	}
	return steps
}
