package page

import (
	"fmt"
	"html/template"
	"strings"

	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/importer/text"
	"jsm-onboard/report"
)

// view is what the template shows, put into words.
type view struct {
	Title, Sentence, Verdict, VerdictClass string
	Facts, Details                         []fact
	Rows                                   table
	Shares                                 []mark
	ShareText                              string
	Access                                 []string
	Leavers                                *leaversView
	Next                                   []report.Step
	Requests                               []string
	Chart                                  *chart
	Reasons                                []reasonView
	ReasonsLeftOut                         string
	Listed                                 []listedRow
	ListedLeftOut                          string
	Addresses                              bool
	Privacy                                string
	Style                                  template.CSS
	StyleHash                              string
}

type fact struct{ Name, Value string }

// table is rows by status.
type table struct {
	Counts            []countView
	Read, Proof, Unit string
}

type countView struct{ Status, Rows, Share, Meaning string }

type leaversView struct {
	Text, Held, Results string
	Rows                *table // what became of them; nil: nothing was done
}

type reasonView struct {
	Status             outcome.Status
	Count, Text, First string
}

// shownReasons is how many kinds of reasons the page shows.
const shownReasons = 50

func (p Page) view() *view {
	s := p.Summary
	v := &view{
		Title:     title(s),
		Sentence:  sentence(s),
		Rows:      tableOf(s.Rows, "Rows"),
		Access:    report.AccessLines(s.Access),
		Leavers:   leavers(s.Leavers),
		Next:      report.NextSteps(s, p.Ending),
		Requests:  strings.Split("Requests: "+report.RequestLine(s), "\n"),
		Privacy:   "This page holds no names and no addresses.",
		Style:     template.CSS(pageCSS),
		StyleHash: hashSource(pageCSS),
	}
	if s.Skipped > 0 {
		v.Rows.Proof += " " + text.Counted(s.Skipped, "line that is no row was", "lines that are no rows were") + " skipped."
	}
	v.Verdict, v.VerdictClass = verdict(s, p.Findings)
	v.Facts, v.Details = facts(s), p.details()
	v.share(s.Rows)
	if p.Trace != nil {
		v.Chart = p.Trace.draw()
	}
	if p.Findings != nil {
		v.findings(p.Findings, s.Results)
	}
	return v
}

func title(s report.Summary) string {
	word := map[string]string{"import": "Import", "sync": "Sync", "revoke": "Revocation", "undo": "Undo"}[s.Command]
	if word == "" {
		word = "Run"
	}
	return word + " of " + report.Shown(s.Input)
}

// sentence is the run in one sentence, for who reads nothing else.
func sentence(s report.Summary) string {
	of := " of the " + text.Counted(s.Rows.Read, "row", "rows")
	if s.Command == "revoke" || s.Command == "undo" {
		return text.Grouped(s.Rows.Of(outcome.Revoked, outcome.AlreadyRevoked)) + of + " have no portal access any more."
	}
	return text.Grouped(s.Rows.Customers()) + of + " are customers now."
}

func verdict(s report.Summary, f *Findings) (words, class string) {
	notGood := s.Rows.NotGood()
	if f != nil { // which knows of access, too
		notGood = max(notGood, f.notGood)
	}
	switch {
	case s.Outcome != ledger.Complete:
		words = map[string]string{ledger.Held: "Held back"}[s.Outcome]
		if words == "" {
			words = "Stopped"
		}
		if s.StopReason != "" {
			words += ": " + text.Printable(s.StopReason)
		}
		if s.ExitCode == 0 { // where it was asked to
			return words, "good"
		}
		return words, "bad"
	case notGood > 0:
		return "Complete; " + text.Counted(notGood, "row needs", "rows need") + " attention", "bad"
	}
	return "Complete; every row is good", "good"
}

func facts(s report.Summary) []fact {
	all := []fact{{"Site", s.Site}, {"Started", report.When(s.StartedAt.Time)}}
	if !s.FinishedAt.IsZero() {
		took := report.Lasted(s.Elapsed())
		if s.Session > 1 {
			took += fmt.Sprintf(" in session %d", s.Session)
		}
		all = append(all, fact{"Ended", report.When(s.FinishedAt.Time) + " (" + took + ")"})
	}
	return all
}

// details are for who looks after the run.
func (p Page) details() []fact {
	s := p.Summary
	all := []fact{
		{"Run", s.RunID},
		{"Results", report.Shown(s.Results)},
		{"Rows to fix", report.Shown(s.Failed)},
		{"SHA-256 of the input", s.InputSHA256},
		{"Exit code", fmt.Sprint(s.ExitCode)},
		{"Program", "jsm-onboard " + strings.TrimPrefix(p.Version, "jsm-onboard ")},
	}
	if !p.Ending.Gone {
		all = append(all, fact{"Ledger", report.Shown(s.Ledger)})
	}
	var known []fact
	for _, f := range all {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

func tableOf(r report.Rows, unit string) table {
	t := table{Read: text.Grouped(r.Read), Proof: report.Proof(r), Unit: unit}
	for _, c := range r.Counts {
		if c.Rows > 0 {
			t.Counts = append(t.Counts, countView{
				Status:  c.Status.String(),
				Rows:    text.Grouped(c.Rows),
				Share:   percent(c.Rows, r.Sum()),
				Meaning: c.Status.Meaning(),
			})
		}
	}
	return t
}

// share makes the bar above the table.
func (v *view) share(r report.Rows) {
	x := 0.0
	var words []string
	for _, c := range r.Counts {
		if c.Rows == 0 {
			continue
		}
		width := float64(c.Rows) / float64(r.Sum()) * 1000
		word := c.Status.String() + " " + text.Grouped(c.Rows)
		words = append(words, word)
		v.Shares = append(v.Shares, mark{Class: c.Status.String(), X: number(x), Width: number(max(width, 2)), Text: word})
		x += width
	}
	v.ShareText = "Rows by status: " + strings.Join(words, ", ")
}

func percent(n, of int) string {
	switch p := float64(n) / float64(of) * 100; {
	case n == of:
		return "100 %"
	case p > 99.9:
		return "> 99.9 %"
	case p < 0.1:
		return "< 0.1 %"
	default:
		return fmt.Sprintf("%.1f %%", p)
	}
}

// leavers puts a sync's leavers into words; nil when they were not asked for.
func leavers(d *report.LeaverTotals) *leaversView {
	if d == nil {
		return nil
	}
	v := &leaversView{Text: report.LeaverLine(d), Held: text.Printable(d.Held), Results: report.Shown(d.Results)}
	if d.Rows != nil {
		t := tableOf(*d.Rows, "Leavers")
		v.Rows = &t
	}
	return v
}

func (v *view) findings(f *Findings, results string) {
	v.Addresses, v.Listed = f.addresses, f.listed
	if f.addresses {
		v.Privacy = "This page holds names and addresses, as asked for with --page-addresses: keep it as you keep the export."
	}
	all := f.sorted()
	for i, r := range all {
		if i == shownReasons {
			v.ReasonsLeftOut = text.Counted(len(all)-i, "further reason is", "further reasons are") + " left out here."
			break
		}
		first := strings.Join(r.first, ", ")
		if r.count > len(r.first) {
			first += ", …"
		}
		v.Reasons = append(v.Reasons, reasonView{r.status, text.Grouped(r.count), text.Printable(r.text), first})
	}
	if n := len(f.listed); n < f.notGood {
		v.ListedLeftOut = fmt.Sprintf("The first %s of %s are shown here.", text.Grouped(n), text.Grouped(f.notGood))
		if results != "" {
			v.ListedLeftOut += " All are in " + report.Shown(results) + "."
		}
	}
}
