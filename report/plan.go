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
		l.add("Run", fmt.Sprintf("goes on with %s; %s", p.Run.ID, counted(p.Finished, "row is finished", "rows are finished")))
	}
	l.line("")
	countPlan(l, command, p)
	describeProblems(l, p.Survey)
	describeAdvice(l, p.Survey)
	for _, note := range o.Notes {
		l.line("")
		l.line(note)
	}
	l.line("")
	l.line(lastWord(command, p.Create, o))
	return l.String()
}

// countPlan says what would become of the rows; the numbers add up.
func countPlan(l *listing, command string, p *importer.Plan) {
	s := p.Survey
	doing := "to create"
	if command == "revoke" {
		doing = "to revoke"
	}
	l.count(p.Create, doing, "")
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

// lastWord is one line: what will be asked of the site, and how long that
// takes.
func lastWord(command string, requests int, o Outlook) string {
	if o.DryRun {
		return "Dry run: nothing is sent. " + pacePhrase(requests, o.Rate)
	}
	if requests == 0 {
		return "Nothing has to be sent."
	}
	if command == "revoke" {
		return "Access can be given back only by hand. " + pacePhrase(requests, o.Rate)
	}
	return pacePhrase(requests, o.Rate)
}

func pacePhrase(requests int, rate float64) string {
	long := roughly(requests, rate)
	if long == "" {
		return counted(requests, "request", "requests") + " in all."
	}
	return fmt.Sprintf("%s at %s: %s.", counted(requests, "request", "requests"), perSecond(rate), long)
}
