package page

import (
	"fmt"
	"html/template"
	"slices"
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
	Access, Leavers                        []string
	LeaverRows                             *table // what became of leavers; nil: nothing was done
	Next                                   []report.Step
	Requests                               []string
	Chart                                  *chart
	Reasons                                []reasonView
	ReasonsLeftOut                         string
	Listed                                 []listedRow
	ListedLeftOut                          string
	Addresses                              bool
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

type reasonView struct {
	Status             outcome.Status
	Count, Text, First string
}

func (p Page) view() *view {
	s := p.Summary
	v := &view{
		Title:     title(s),
		Sentence:  sentence(s),
		Facts:     facts(s),
		Details:   p.details(),
		Rows:      tableOf(s.Rows, "Rows"),
		Access:    report.AccessLines(s.Access),
		Leavers:   report.LeaverLines(s.Leavers),
		Next:      report.NextSteps(s, p.Ending),
		Requests:  strings.Split("Requests: "+report.RequestLine(s), "\n"),
		Style:     template.CSS(pageCSS),
		StyleHash: hashSource(pageCSS),
	}
	if s.Leavers != nil && s.Leavers.Rows != nil {
		rows := tableOf(*s.Leavers.Rows, "Leavers")
		v.LeaverRows = &rows
	}
	if s.Skipped > 0 {
		v.Rows.Proof += " " + text.Counted(s.Skipped, "line that is no row was", "lines that are no rows were") + " skipped."
	}
	v.Verdict, v.VerdictClass = verdict(s, p.Findings)
	if p.Trace != nil {
		v.Chart = p.Trace.draw()
	}
	if p.Findings != nil {
		v.findings(p.Findings, report.Shown(s.Results))
	}
	return v
}

func title(s report.Summary) string {
	word := map[string]string{"import": "Import", "sync": "Sync", "revoke": "Revocation", "undo": "Undo"}[s.Command]
	return word + " of " + report.Shown(s.Input)
}

// sentence is the run for somebody who reads nothing else.
func sentence(s report.Summary) string {
	of := " of the " + text.Counted(s.Rows.Read, "row", "rows")
	if s.Command == "revoke" || s.Command == "undo" {
		return text.Grouped(s.Rows.Of(outcome.Revoked, outcome.AlreadyRevoked)) + of + " have no portal access any more."
	}
	return text.Grouped(s.Rows.Customers()) + of + " are customers now."
}

func verdict(s report.Summary, f *Findings) (words, class string) {
	notGood := s.Rows.NotGood()
	if f != nil {
		notGood = max(notGood, f.notGood) // which knows of access, too
	}
	class = map[bool]string{true: "good", false: "bad"}[s.ExitCode == 0]
	switch {
	case s.Outcome != ledger.Complete:
		words = map[string]string{ledger.Held: "Held back", ledger.Stopped: "Stopped"}[s.Outcome]
		return strings.TrimSuffix(words+": "+s.StopReason, ": "), class
	case notGood > 0:
		return "Complete; " + text.Counted(notGood, "row needs", "rows need") + " attention", "bad"
	}
	return "Complete; every row is good", class
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

// details are for those who look after the run.
func (p Page) details() []fact {
	s := p.Summary
	kept := report.Shown(s.Ledger)
	if p.Ending.Gone {
		kept = "a sandbox's, which has ended with the run"
	}
	all := []fact{
		{"Run", s.RunID},
		{"Results", report.Shown(s.Results)},
		{"Rows to fix", report.Shown(s.Failed)},
		{"Ledger", kept},
		{"SHA-256 of the input", s.InputSHA256},
		{"Exit code", fmt.Sprint(s.ExitCode)},
		{"Program", "jsm-onboard " + strings.TrimPrefix(p.Version, "jsm-onboard ")},
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
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

func (v *view) findings(f *Findings, results string) {
	const shown = 50
	v.Addresses, v.Listed = f.addresses, f.listed
	all := f.sorted()
	if more := len(all) - shown; more > 0 {
		v.ReasonsLeftOut = text.Counted(more, "further reason is", "further reasons are") + " left out here."
		all = all[:shown]
	}
	for _, r := range all {
		first := strings.Join(r.first, ", ")
		if r.count > len(r.first) {
			first += ", …"
		}
		v.Reasons = append(v.Reasons, reasonView{r.status, text.Grouped(r.count), r.text, first})
	}
	if n := len(f.listed); n < f.notGood {
		v.ListedLeftOut = fmt.Sprintf("The first %s of %s are shown here; all are in %s.",
			text.Grouped(n), text.Grouped(f.notGood), results)
	}
}
