package report

import (
	"fmt"

	"jsm-onboard/importer"
)

// Outlook is what the plan shows besides the plan itself.
type Outlook struct {
	Site    string
	Account string // who we are there; "" when nobody was asked
	Source  string // sync: the name of the source
	Ledger  string
	Rate    float64  // requests a second that the time is reckoned with; 0: not known
	DryRun  bool     // nothing will be sent
	Held    bool     // a guard holds the run back; the reason is told elsewhere
	Limit   int      // at most so many creates in this run; 0: no limit
	Notes   []string // further lines, such as those about leavers
}

// PlanText is the plan as people read it before anything is sent.
func PlanText(command string, p *importer.Plan, o Outlook) string {
	l := &listing{}
	site := o.Site
	if o.Account != "" {
		site += ", as " + o.Account
	}
	l.add("Site", site)
	describeFile(l, p.Survey)
	l.add("Source", o.Source)
	l.add("Ledger", o.Ledger)
	if p.Resumed && command == "revoke" {
		l.add("Run", "goes on with "+p.Run.ID)
	} else if p.Resumed {
		l.add("Run", fmt.Sprintf("goes on with %s; %s", p.Run.ID, importer.Counted(p.Finished, "row is finished", "rows are finished")))
	}
	l.line("")
	countPlan(l, command, p, o.Limit)
	describeProblems(l, p.Survey, false)
	describeAdvice(l, p.Survey)
	for _, note := range o.Notes {
		l.line("")
		l.line(note)
	}
	l.line("")
	l.line(lastWord(command, p, o))
	return l.String()
}

// countPlan says what would become of the rows; the numbers add up.
func countPlan(l *listing, command string, p *importer.Plan, limit int) {
	s := p.Survey
	doing := "to create"
	if command == "revoke" {
		doing = "to revoke"
	}
	l.count(p.Create, doing, limitNote(p.Create, limit))
	if command == "revoke" {
		for s, n := range p.Settled.All() {
			if n > 0 {
				l.count(n, s.String(), meaning(s))
			}
		}
		l.count(s.Rows, "rows read", "")
		return
	}
	for _, c := range []struct {
		n          int
		what, note string
	}{
		{p.Finished, "finished", "by the run that goes on"},
		{p.Known, "known", "onboarded by an earlier run; no request"},
		{p.RevokedBefore, "revoked before", meaning(importer.RevokedBefore)},
		{s.Duplicates, "duplicates", meaning(importer.Duplicate)},
		{s.Excluded, "excluded", meaning(importer.Excluded)},
		{s.Invalid, "invalid", meaning(importer.Invalid)},
	} {
		if c.n > 0 {
			l.count(c.n, c.what, c.note)
		}
	}
	l.count(s.Rows, "rows read", "")
	if s.Skipped > 0 {
		l.count(s.Skipped, "lines skipped", "no rows: blank, titles, footers, a repeated header")
	}
}

// limitNote says that --limit lets only some of the creates through.
func limitNote(creates, limit int) string {
	if limit <= 0 || limit >= creates {
		return ""
	}
	return fmt.Sprintf("%s of them in this run (--limit %d)", importer.Grouped(limit), limit)
}

// lastWord is one line: what will be asked of the site, and how long that
// takes.
func lastWord(command string, p *importer.Plan, o Outlook) string {
	phrase := pacePhrase(p.Create, o)
	switch {
	case o.Held:
		return "Held back by a guard: nothing is sent."
	case o.DryRun && p.Create == 0:
		return "Dry run: nothing is sent, and nothing would have to be."
	case o.DryRun:
		return "Dry run: nothing is sent. " + phrase
	case p.Create > 0 && command == "revoke":
		return "Access can be given back only by hand. " + phrase
	case p.Create == 0 && p.LookUps > 0:
		return "Nobody has to be created; " + importer.Counted(p.LookUps, "account id is", "account ids are") + " still to be looked up."
	}
	return phrase
}

func pacePhrase(requests int, o Outlook) string {
	if requests == 0 {
		return "Nothing has to be sent."
	}
	what, longer := importer.Counted(requests, "request", "requests"), ""
	if limitNote(requests, o.Limit) != "" {
		requests = o.Limit
		what = "At most " + importer.Counted(o.Limit, "new customer", "new customers")
		longer = ", or longer when many have an account already"
	}
	long := roughly(requests, o.Rate)
	if long == "" {
		return what + " in all."
	}
	return fmt.Sprintf("%s at %s: %s%s.", what, perSecond(o.Rate), long, longer)
}

// shownCells is how much of an address or a name fits a line.
const shownCells = 60

// FirstOffer tells somebody at a terminal whom a run would create first, before
// many are created. It has a name and an address: it is for no log.
func FirstOffer(first importer.FirstRow) string {
	return fmt.Sprintf(`
Nobody has been created with this ledger yet. Whether this site sends mail to its new customers depends on its settings: try it with one, and look.

The first would be %s
`, Person(first))
}

// Person is a row with its line, address and name, for the terminal alone.
func Person(row importer.FirstRow) string {
	who := fmt.Sprintf("line %d: %s", row.Line, shorten(printable(row.Email), shownCells))
	if row.Name != row.Email {
		who += ", " + shorten(printable(row.Name), shownCells)
	}
	return who
}
