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

// view is a page and what is derived from it for the template.
type view struct {
	Page
	Title, Sentence, Verdict, Class string
	Took                            string
	Rows                            table
	LeaverRows                      *table // what became of leavers; nil: nothing was done
	Chart                           *chart
	Reasons                         []*reason
	MoreReasons                     int
	Listed                          []listedRow
	NotGood                         int
	Addresses                       bool
	Style                           template.CSS
	StyleHash                       string
}

// table is rows by status.
type table struct {
	report.Rows
	Unit    string
	Skipped int
}

// functions are what the template calls to put values into words.
var functions = template.FuncMap{
	"access":   report.AccessLines,
	"counted":  text.Counted,
	"grouped":  text.Grouped,
	"join":     strings.Join,
	"leavers":  report.LeaverLines,
	"percent":  percent,
	"program":  func(version string) string { return "jsm-onboard " + strings.TrimPrefix(version, "jsm-onboard ") },
	"requests": report.RequestLines,
	"shown":    report.Shown,
	"steps":    report.NextSteps,
	"when":     text.When,
}

func (p Page) view() *view {
	const reasons = 50
	s := p.Summary
	v := &view{
		Page:      p,
		Title:     title(s),
		Sentence:  sentence(s),
		Took:      report.Short(s.Elapsed()),
		Rows:      table{s.Rows, "Rows", s.Skipped},
		Style:     template.CSS(pageCSS),
		StyleHash: hashSource(pageCSS),
	}
	v.Verdict, v.Class = verdict(s, p.Findings)
	if s.Leavers != nil && s.Leavers.Rows != nil {
		v.LeaverRows = &table{Rows: *s.Leavers.Rows, Unit: "Leavers"}
	}
	if p.Trace != nil {
		v.Chart = p.Trace.draw()
	}
	if f := p.Findings; f != nil {
		v.Listed, v.NotGood, v.Addresses = f.listed, f.notGood, f.addresses
		v.Reasons = f.sorted()
		v.MoreReasons = max(len(v.Reasons)-reasons, 0)
		v.Reasons = v.Reasons[:len(v.Reasons)-v.MoreReasons]
	}
	return v
}

func title(s report.Summary) string {
	word := map[string]string{"import": "Import", "sync": "Sync", "revoke": "Revocation", "undo": "Undo"}[s.Command]
	return word + " of " + report.Shown(s.Input)
}

// sentence is the run for somebody who reads nothing else.
func sentence(s report.Summary) string {
	if s.Outcome == ledger.Held {
		return "Nothing was done: the run was held back before its first row."
	}
	of := " of the " + text.Counted(s.Rows.Read, "row", "rows")
	if s.Command == "revoke" || s.Command == "undo" {
		revoked := s.Rows.Of(outcome.Revoked, outcome.AlreadyRevoked)
		return text.Grouped(revoked) + of + " have no portal access any more."
	}
	customers := s.Rows.Of(outcome.Created, outcome.CreatedUnconfirmed, outcome.Conflict, outcome.Known,
		outcome.Renamed)
	atLeast := map[bool]string{true: "At least "}[s.Rows.Of(outcome.Unknown) > 0]
	return atLeast + text.Grouped(customers) + of + " are customers now."
}

func verdict(s report.Summary, f *Findings) (words, class string) {
	notGood, refused := s.Rows.NotGood(), []string(nil)
	if s.Access != nil {
		notGood, refused = max(notGood, s.Access.NotGood), s.Access.Refused
	}
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
	case len(refused) > 0:
		return "Complete, but " + strings.Join(refused, "; "), "bad"
	case s.StopReason != "": // what came after its rows
		return "Complete, but " + s.StopReason, class
	}
	return "Complete; every row is good", class
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
