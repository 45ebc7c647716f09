package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"jsm-onboard/importer"
)

// pageView is what the template shows, put into words.
type pageView struct {
	Title, Verdict, VerdictClass string
	Facts                        []fact
	RowsRead, Proof, Skipped     string
	ShareText                    string
	Shares                       []mark
	Counts                       []countView
	Next                         []stepView
	Leavers                      *leaversView
	Requests                     string
	Chart                        *chartView
	Latency                      *latencyView
	Pauses                       []pauseView
	Reasons                      []reasonView
	ReasonsLeftOut               string
	Listed                       []listedRow
	ListedStatuses               []string
	ListedLeftOut                string
	Addresses                    bool
	Duplicates                   []duplicateRow
	DuplicatesLeftOut            string
	Privacy                      string

	Style                 template.CSS
	Script                template.JS
	StyleHash, ScriptHash string
}

type fact struct{ Name, Value string }

type countView struct{ Class, Status, Rows, Share, Meaning string }

type stepView struct{ Text, Command string }

// leaversView is what a sync knows of those who have left.
type leaversView struct {
	Text, Held, List, Results string
	Counts                    []countView // what became of them; none: nothing was done to them
}

type latencyView struct{ Median, P95, P99 string }

type pauseView struct{ Why, Count, Took string }

type reasonView struct{ Class, Status, Count, Reason, Lines string }

// shownReasons is how many kinds of reasons the page tells.
const shownReasons = 50

func (p Page) view() *pageView {
	s := p.Summary
	v := &pageView{
		Title: title(s), RowsRead: importer.Grouped(s.Rows.Read), Proof: proof(s), Requests: strings.TrimRight("Requests: "+requestLine(s)+" "+ofSitting(s), " ") + ".",
		Style: template.CSS(pageCSS), Script: template.JS(pageJS), StyleHash: hashSource(pageCSS), ScriptHash: hashSource(pageJS),
		Privacy: "This page holds no names and no addresses.",
	}
	v.Verdict, v.VerdictClass = verdict(s)
	v.Facts = facts(s, p.Version, p.Ending.Gone)
	if s.Skipped > 0 {
		v.Skipped = importer.Counted(s.Skipped, "line was", "lines were") + " skipped, being no rows"
	}
	v.countRows(s)
	v.Leavers = leaversOf(s.Leavers)
	v.Next = nextViews(s, p.Ending)
	if p.Trace != nil {
		v.trace(p.Trace)
	}
	if p.Findings != nil {
		v.findings(p.Findings, s.Results)
	}
	return v
}

func title(s Summary) string {
	word := map[string]string{"import": "Import", "sync": "Sync", "revoke": "Revocation"}[s.Command]
	if word == "" {
		word = "Run"
	}
	return word + " of " + s.Input
}

func verdict(s Summary) (text, class string) {
	notGood := 0
	for _, c := range s.Rows.Counts {
		if !c.Status.Good() {
			notGood += c.Rows
		}
	}
	switch {
	case s.Outcome != "complete":
		text = "Stopped"
		if s.StopReason != "" {
			text += ": " + s.StopReason
		}
		if s.ExitCode == 0 { // where it was asked to
			return text, "good"
		}
		return text, "bad"
	case notGood > 0:
		return "Complete; " + importer.Counted(notGood, "row needs", "rows need") + " attention", "bad"
	}
	return "Complete; every row is good", "good"
}

func facts(s Summary, version string, gone bool) []fact {
	const form = "2 January 2006, 15:04:05 MST"
	all := []fact{{"Site", s.Site}, {"Started", s.StartedAt.UTC().Format(form)}}
	if !s.FinishedAt.IsZero() {
		all = append(all, fact{"Ended", s.FinishedAt.UTC().Format(form) + " (" + took(s) + ")"})
	}
	all = append(all, fact{"Run", s.RunID}, fact{"Program", "jsm-onboard " + strings.TrimPrefix(version, "jsm-onboard ")}, fact{"Exit code", fmt.Sprint(s.ExitCode)})
	for _, f := range []fact{{"Results", s.Results}, {"Rows to mend", s.Failed}, {"Ledger", s.Ledger}, {"SHA-256 of the input", s.InputSHA256}} {
		if f.Value != "" && !(gone && f.Name == "Ledger") {
			all = append(all, f)
		}
	}
	return all
}

// took is how long the run took, or the last of its sittings.
func took(s Summary) string {
	if s.wentOn() {
		return fmt.Sprintf("%s in sitting %d", lasted(s.Elapsed()), s.Sitting)
	}
	return lasted(s.Elapsed())
}

// countRows makes the table of statuses and the bar above it.
func (v *pageView) countRows(s Summary) {
	total, x := 0, 0.0
	for _, c := range s.Rows.Counts {
		total += c.Rows
	}
	var said []string
	for _, c := range s.Rows.Counts {
		if c.Rows == 0 {
			continue
		}
		name, share := c.Status.String(), percent(c.Rows, total)
		v.Counts = append(v.Counts, countView{name, name, importer.Grouped(c.Rows), share, meaning(c.Status)})
		width := float64(c.Rows) / float64(total) * 1000
		said = append(said, name+" "+importer.Grouped(c.Rows))
		v.Shares = append(v.Shares, mark{Class: name, X: coordinate(x), Width: coordinate(max(width, 2)), Text: said[len(said)-1] + " (" + share + ")"})
		x += width
	}
	v.ShareText = "Rows by status: " + strings.Join(said, ", ")
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

// leaversOf puts the leavers into words; nil when they were not asked for.
func leaversOf(d *Departures) *leaversView {
	if d == nil {
		return nil
	}
	v := &leaversView{Held: d.Held, List: d.Path, Results: d.Results}
	switch {
	case d.Path == "":
	case d.Revoke+d.Review == 0:
		v.Text = "Nobody has left."
	default:
		v.Text = importer.Counted(d.Revoke, "person", "people") + " to revoke, " + importer.Grouped(d.Review) + " to review."
	}
	if d.Rows == nil {
		return v
	}
	for _, c := range d.Rows.Counts {
		if c.Rows > 0 {
			name := c.Status.String()
			v.Counts = append(v.Counts, countView{name, name, importer.Grouped(c.Rows), percent(c.Rows, d.Rows.Read), meaning(c.Status)})
		}
	}
	return v
}

// nextViews are the next steps, commands apart.
func nextViews(s Summary, e Ending) []stepView {
	var views []stepView
	for line := range strings.SplitSeq(strings.Join(nextSteps(s, e), "\n"), "\n") {
		if command, ok := strings.CutPrefix(line, "  "); ok && len(views) > 0 {
			views[len(views)-1].Command = command
		} else if line != "" {
			views = append(views, stepView{Text: line})
		}
	}
	return views
}

func (v *pageView) trace(t *Trace) {
	v.Chart = t.chart()
	if t.Latency.Count() > 0 {
		v.Latency = &latencyView{milliseconds(t.Latency.Quantile(0.5)), milliseconds(t.Latency.Quantile(0.95)), milliseconds(t.Latency.Quantile(0.99))}
	}
	for _, p := range t.Pauses {
		v.Pauses = append(v.Pauses, pauseView{p.Why, importer.Grouped(p.Count), short(p.Took)})
	}
}

// milliseconds is a duration to two digits, which is what a Histogram knows.
func milliseconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f s", ms/1000)
	}
}

func (v *pageView) findings(f *Findings, results string) {
	v.Addresses = f.addresses
	if f.addresses {
		v.Privacy = "This page holds names and addresses, as asked for with --page-addresses: keep it as you keep the export."
	}
	for i, g := range f.reasons() {
		if i == shownReasons {
			v.ReasonsLeftOut = importer.Counted(len(f.groups)-i, "further kind of reason is", "further kinds of reasons are") + " left out here."
			break
		}
		v.Reasons = append(v.Reasons, reasonView{g.Status.String(), g.Status.String(), importer.Grouped(g.Count), g.Reason, linesView(g)})
	}
	v.Listed, v.Duplicates = f.listed, f.duplicates
	seen := map[importer.Status]bool{}
	for _, row := range f.listed {
		if !seen[row.Status] {
			seen[row.Status] = true
			v.ListedStatuses = append(v.ListedStatuses, row.Status.String())
		}
	}
	v.ListedLeftOut = leftOut(len(f.listed), f.notGood, results)
	v.DuplicatesLeftOut = leftOut(len(f.duplicates), f.doubled, results)
}

func linesView(g reasonGroup) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.ReplaceAll(lineList(g.Lines, g.Count), "...", "…"), "lines "), "line ")
}

// leftOut says how many rows a table does not show, and where they are.
func leftOut(shown, all int, results string) string {
	if shown == all {
		return ""
	}
	text := fmt.Sprintf("The first %s of %s are shown here; %s are left out.", importer.Grouped(shown), importer.Grouped(all), importer.Grouped(all-shown))
	if results != "" {
		text += " All are in " + results + "."
	}
	return text
}
