package page

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	nethtml "golang.org/x/net/html"

	"jsm-onboard/apiclient"
	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/importer/outcome"
	"jsm-onboard/report"
)

func TestMain(m *testing.M) {
	time.Local = time.FixedZone("CET", 3600)
	os.Exit(m.Run())
}

func exampleSummary() report.Summary {
	totals := outcome.Totals{outcome.Created: 950, outcome.Conflict: 40, outcome.Duplicate: 10, outcome.Invalid: 8, outcome.Failed: 4}
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	access := &importer.AccessTotals{ServiceDesks: map[string]*importer.DeskTotals{"SUP": {Customers: 950, Organizations: 7}}}
	access.Organizations.Named, access.Organizations.Existed, access.Organizations.Created = 7, 5, 2
	access.Memberships.Added, access.Memberships.Known = 900, 50
	return report.Summary{
		RunID:       "3f9a",
		Command:     "import",
		Site:        "https://example.atlassian.net",
		Input:       "customers.csv",
		InputSHA256: "ab12",
		StartedAt:   start,
		FinishedAt:  start.Add(100 * time.Second),
		Outcome:     ledger.Complete,
		ExitCode:    3,
		Skipped:     4,
		Rows:        report.Rows{Read: 1012, Statuses: outcome.ImportStatuses(), Totals: totals},
		Requests:    report.Requests{Sent: 1040, Throttled: 6, Retried: 12, Ambiguous: 1},
		Rate:        report.Rate{Mean: 10.4, Learned: 100},
		Access:      access,
		Results:     "customers.results.csv",
		Failed:      "customers.failed.csv",
		Ledger:      "/state/example.db",
	}
}

// said is the result of a row.
func said(number int, s outcome.Status, name, email, reason string) importer.Result {
	return importer.Result{
		Row: &export.Row{Number: number, Cells: []string{"cell of " + name, name}},
		Outcome: outcome.Outcome{Row: number, SheetRow: number + 1, Line: number + 1 + number%2,
			Status: s, Reason: reason, Name: name, Email: email},
	}
}

// examplePage is the page of the example run, with a pause.
func examplePage(addresses bool) Page {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	r := NewRecorder(start)
	for i := range 95 {
		at := start.Add(time.Duration(i) * time.Second)
		if i < 40 || i >= 55 {
			for range 10 - i%4 {
				r.Row(at, start)
			}
		}
	}
	r.Event(apiclient.Event{At: start.Add(55 * time.Second), Lasted: 15 * time.Second})

	f := NewFindings(addresses, []export.Column{{Field: export.Email, Index: 0}, {Field: export.Name, Index: 1}})
	f.Add(said(1, outcome.Created, "Ada Byron", "ada@example.com", ""))
	for n := 2; n <= 11; n++ {
		f.Add(said(n, outcome.Duplicate, "Ada Byron", "ada@example.com", fmt.Sprintf("same address as row %d (line %d)", n,
			n+1)))
	}
	f.Add(said(12, outcome.Conflict, "Blaise Martin", "blaise@example.org",
		`the account was there before, under another name ("B. Martin")`))
	for n := 13; n <= 20; n++ {
		f.Add(said(n, outcome.Invalid, "", "", `"someone`+fmt.Sprint(n)+`@@example.net" is not an address`))
	}
	evil := `the site refused this row: <script>document.title="owned"</script><img src=x onerror=alert(1)>; fix the row`
	f.Add(said(21, outcome.Failed, "<script>alert(1)</script>", "x@example.com", evil))
	f.Add(said(22, outcome.Failed, "Zoë Größe", "zoe@example.com",
		"the site refused this row: Zoë Größe <zoe@example.com> is blocked; fix the row"))
	f.Add(said(23, outcome.Failed, "Carmen Vidal", "carmen@example.com",
		"the site could not be reached; nothing was done"))
	f.Add(said(24, outcome.Failed, "Dmitri Volkov", "dmitri@example.com",
		"the site could not be reached; nothing was done"))
	return Page{Version: "v1.2.0", Summary: exampleSummary(), Trace: r.Trace(), Findings: f}
}

func html(t *testing.T, p Page) string {
	t.Helper()
	b, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPage(t *testing.T) {
	got := html(t, examplePage(false))
	for _, want := range []string{
		"<title>Import of customers.csv: Complete; 12 rows need attention</title>",
		`<p class="sentence">990 of the 1,012 rows are customers now.</p>`,
		`<td role="cell" class="number">950</td><td role="cell" class="number">93.9 %</td><td role="cell">The customer was created in this run.</td>`,
		"4 lines that are not rows were skipped.",
		"<dd>https://example.atlassian.net</dd>", "<dd>jsm-onboard v1.2.0</dd>",
		"<dd>1 March 2025, 09:00 CET</dd>", "<dd>1 March 2025, 09:01 CET (1m40s)</dd>", "from 1 March 2025, 09:00 CET on",
		"then:<br><code>jsm-onboard import customers.failed.csv</code>",
		"<li>7 organizations in the file: 5 at the site before, 2 created</li>",
		"1,040 sent, 6 throttled (429)",
		"40s: paused for 1s", "680 rows were answered, at most 10 in 1s; 1 pause (shaded), 15s in all.",
		`<td class="number">8</td><td class="status"><span class="swatch invalid" aria-hidden="true"></span>invalid</td><td class="reason">&#34;…&#34; is not an address</td>` +
			`<td class="first">row 14 (line 15), row 15, row 16 (line 17), row 17, row 18 (line 19), …</td>`,
		`<td class="reason">same address as row … (line …)</td>`,
		`<td class="place">row 25</td>`,
		"This page holds no names and no addresses.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	if strings.Contains(got, `swatch known"`) {
		t.Error("a status that no row has")
	}
	if strings.Contains(got, "UTC") {
		t.Error("another time zone")
	}
}

func TestSentence(t *testing.T) {
	s := exampleSummary()
	for command, want := range map[string]string{
		"sync":   "990 of the 1,012 rows are customers now.",
		"revoke": "0 of the 1,012 rows have no portal access any more.",
		"undo":   "0 of the 1,012 rows have no portal access any more.",
	} {
		s.Command = command
		if got := sentence(s); got != want {
			t.Errorf("%s: %q", command, got)
		}
		s.Command = "sync"
		s.Rows.Totals[outcome.Unknown] = 3
		if got := sentence(s); got != "At least 990 of the 1,012 rows are customers now." {
			t.Errorf("with rows that are unknown: %q", got)
		}
		s.Rows.Totals[outcome.Unknown] = 0
	}
}

func TestVerdict(t *testing.T) {
	bad := NewFindings(false, nil)
	member := said(1, outcome.Created, "A", "a@example.com", "")
	member.Organization = "added;failed"
	bad.Add(member)
	good := exampleSummary()
	good.Rows, good.ExitCode = report.Rows{}, 0
	for _, test := range []struct {
		name, outcome, reason string
		code                  int
		findings              *Findings
		want                  string
	}{
		{"good", ledger.Complete, "", 0, nil, "Complete; every row is good good"},
		{"access", ledger.Complete, "", 3, bad, "Complete; 1 row needs attention bad"},
		{"limit", ledger.Stopped, "--limit is reached", 0, nil, "Stopped: --limit is reached good"},
		{"stopped", ledger.Stopped, "", 130, nil, "Stopped bad"},
		{"what came after its rows", ledger.Complete, "20 leavers would be revoked", 5, nil, "Complete, but 20 leavers would be revoked bad"},
		{"held", ledger.Held, "too few rows", 5, nil, "Held back: too few rows bad"},
	} {
		s := good
		s.Outcome, s.StopReason, s.ExitCode = test.outcome, test.reason, test.code
		if words, class := verdict(s, test.findings); words+" "+class != test.want {
			t.Errorf("%s: %q %q, want %q", test.name, words, class, test.want)
		}
	}
}

func TestPageHoldsNoNamesUnlessAsked(t *testing.T) {
	personal := []string{"Byron", "Martin", "Größe", "zoe@", "someone13", "carmen", "Vidal", "cell of"}
	got := html(t, examplePage(false))
	for _, word := range personal {
		if strings.Contains(got, word) {
			t.Errorf("the page holds %s", word)
		}
	}
	got = html(t, examplePage(true))
	for _, word := range []string{"Zoë Größe", "zoe@example.com", "someone13", "carmen@example.com",
		"<td>cell of </td>", "--page-addresses"} {
		if !strings.Contains(got, word) {
			t.Errorf("the page with addresses does not hold %s", word)
		}
	}
}

func TestRedact(t *testing.T) {
	tests := []struct{ reason, want string }{
		{"", ""},
		{"refused: Ada Byron is known", "refused: … is known"},
		{`"x@y" and "a \" b" and "open`, `"…" and "…" and "…"`},
		{"see ada@example.com, <bob@example.org>", "see …@…, <…@…>"},
		{"it has no @, or ends in bob@ or @example.org", "it has no @, or ends in …@… or …@…"},
		{"further addresses in the row, not used for it: c@example.com; other.ada@example.com",
			"further addresses in the row, not used for it: …@…; …@…"},
		{"ada@example.com.au and o'ada@example.com", "…@… and …@…"},
	}
	for _, test := range tests {
		got := redact(importer.Result{Outcome: outcome.Outcome{Name: "Ada Byron", Email: "ada@example.com",
			Reason: test.reason}})
		if got != test.want {
			t.Errorf("%q became %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestPageLetsNothingBecomeMarkup(t *testing.T) {
	plain := elements(t, html(t, examplePage(true)))
	p := examplePage(true)
	evil := `"><script>alert(1)</script>'</style></title><img src=x onerror=alert(1)>`
	s := &p.Summary
	s.Input, s.Site, s.RunID, p.Version, s.Results, s.Failed, s.Ledger, s.InputSHA256 = evil, evil, evil, evil, evil,
		evil, evil, evil
	s.Access.ServiceDesks = map[string]*importer.DeskTotals{evil: {}}
	for i := range p.Findings.listed {
		row := &p.Findings.listed[i]
		row.Name, row.Email, row.Reason, row.Place = evil, evil, evil, evil
	}
	for _, r := range p.Findings.reasons {
		r.Text, r.First = evil, []string{evil}
	}
	got := html(t, p)
	if diff := cmp.Diff(plain, elements(t, got)); diff != "" {
		t.Error("the elements of the page changed:", diff)
	}
	if n := strings.Count(got, "&lt;script&gt;alert(1)"); n < 4*12 {
		t.Errorf("only %d of the cells are there as text", n)
	}
}

// elements counts the elements of a page, and fails at whatever would load
// something or run a script in an attribute.
func elements(t *testing.T, page string) map[string]int {
	t.Helper()
	count := map[string]int{}
	z := nethtml.NewTokenizer(strings.NewReader(page))
	for z.Next() != nethtml.ErrorToken {
		token := z.Token()
		if token.Type != nethtml.StartTagToken && token.Type != nethtml.SelfClosingTagToken {
			continue
		}
		count[token.Data]++
		for _, a := range token.Attr {
			if slices.Contains([]string{"src", "href", "srcset", "style", "action", "data"}, a.Key) ||
				strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
			}
		}
	}
	return count
}

func TestPageNeedsNothingFromOutside(t *testing.T) {
	got := elements(t, html(t, examplePage(true)))
	if got["style"] != 1 || got["script"]+got["link"]+got["img"]+got["iframe"]+got["a"] != 0 {
		t.Errorf("%v", got)
	}
	policy := `content="default-src 'none'; style-src ` + nethtml.EscapeString(hashSource(pageCSS)) + `; base-uri 'none'`
	if page := html(t, examplePage(true)); !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), policy) {
		t.Errorf("no policy %s", policy)
	}
	if strings.Contains(pageCSS, "url(") || strings.Contains(pageCSS, "@import") {
		t.Error("the style loads something")
	}
}

// A status without a colour would have that of what is left out.
func TestEveryStatusHasAColour(t *testing.T) {
	for _, s := range append(outcome.ImportStatuses(), outcome.RevokeStatuses()...) {
		rule := "." + s.String()
		if !strings.Contains(pageCSS, rule+" {") && !strings.Contains(pageCSS, rule+", ") {
			t.Errorf("%s has no colour", s)
		}
	}
}

// A page has the same size for a thousand rows as for a million: what grows is
// the list of rows that are not good, and that ends at a thousand.
func TestPageOfAMillionRows(t *testing.T) {
	for _, test := range []struct {
		name         string
		rows, badOne int // every so many rows one is not good; 0: none
		atMost       int
	}{
		{"a thousand, all good", 1_000, 0, 20_000},
		{"a thousand, 1 % bad", 1_000, 100, 25_000},
		{"a million, all good", 1_000_000, 0, 40_000},
		{"a million, 1 % bad", 1_000_000, 100, 400_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := NewFindings(true, nil)
			r := NewRecorder(time.Unix(0, 0))
			for n := 1; n <= test.rows; n++ {
				row := said(n, outcome.Created, "Ada Byron", "ada.byron@example.com", "")
				if test.badOne > 0 && n%test.badOne == 0 {
					row.Status, row.Reason = outcome.Invalid, fmt.Sprintf("%q is not an address: it has no @", "ada.byron at example.com")
				}
				f.Add(row)
				r.Row(time.Unix(0, 0).Add(time.Duration(n)*10*time.Millisecond), time.Unix(0, 0))
			}
			got := html(t, Page{Summary: exampleSummary(), Trace: r.Trace(), Findings: f})
			if len(got) > test.atMost {
				t.Errorf("%d bytes, and at most %d were expected", len(got), test.atMost)
			}
			if left := strings.Contains(got, "The first 1,000 of 10,000 are shown here; all are in customers.results.csv."); left != (test.rows == 1_000_000 && test.badOne > 0) {
				t.Errorf("rows left out: %t", left)
			}
		})
	}
}

func TestPageOfManyReasons(t *testing.T) {
	f := NewFindings(false, nil)
	for n := range 1000 {
		f.Add(said(n+1, outcome.Failed, "", "", fmt.Sprintf("reason %d", n)))
	}
	f.Add(said(1001, outcome.Duplicate, "", "", "frequent"))
	if len(f.reasons) > maxReasons+2 {
		t.Errorf("%d reasons are kept", len(f.reasons))
	}
	all := f.sorted()
	if all[0].Text != "(further reasons)" || all[0].Count != 800 || !all[len(all)-1].Status.Good() {
		t.Errorf("%+v", all[0])
	}
	if got := html(t, Page{Findings: f}); !strings.Contains(got, "152 further reasons are left out here.") {
		t.Error("it does not say what is left out")
	}
}

func TestPageOfARunWithoutRecords(t *testing.T) {
	got := html(t, Page{})
	for _, wrong := range []string{"NaN", "Reasons", "need attention</h2>", "<figure>", "Organizations", "Leavers"} {
		if strings.Contains(got, wrong) {
			t.Errorf("an empty page holds %s", wrong)
		}
	}
}

func TestPageOfAShortRun(t *testing.T) {
	r := NewRecorder(time.Unix(0, 0))
	r.Row(time.Unix(1, 0), time.Unix(0, 0))
	p := Page{Version: "jsm-onboard v1.2.0 (linux/amd64)", Summary: exampleSummary(), Trace: r.Trace()}
	p.Summary.Gone = true
	p.Summary.FinishedAt = p.Summary.StartedAt.Add(300 * time.Millisecond)
	got := html(t, p)
	if strings.Contains(got, "<figure>") || strings.Contains(got, p.Summary.Ledger) {
		t.Error("a chart of one bar, or a ledger that has ended with the run")
	}
	for _, want := range []string{"<dd>jsm-onboard v1.2.0 (linux/amd64)</dd>", "(1s)</dd>"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.html")
	if err := Write(path, examplePage(false)); err != nil {
		t.Fatal(err)
	}
	if !report.Replaceable(path, false) {
		t.Error("the next run would not replace the page")
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != html(t, examplePage(false)) {
		t.Errorf("the file is not the page: %v", err)
	}
}

func TestPercent(t *testing.T) {
	got := []string{percent(1, 1), percent(9999, 10000), percent(1, 10000), percent(1, 3)}
	if diff := cmp.Diff([]string{"100 %", "> 99.9 %", "< 0.1 %", "33.3 %"}, got); diff != "" {
		t.Error(diff)
	}
}

// A sync's page has its leavers: how many, where they are listed, and what
// became of them.
func TestPageOfLeavers(t *testing.T) {
	var totals outcome.Totals
	totals[outcome.Revoked]++
	totals[outcome.Revoked]++
	totals[outcome.NotFound]++
	became := report.Rows{Read: 3, Statuses: outcome.RevokeStatuses(), Totals: totals}
	for _, test := range []struct {
		name    string
		leavers *report.LeaverTotals
		want    []string // none: nothing about leavers
	}{
		{"an import", nil, nil},
		{"listed", &report.LeaverTotals{Path: "l.csv", Revoke: 1, Review: 2},
			[]string{"<li>1 to revoke, 2 to review: l.csv</li>"}},
		{"held", &report.LeaverTotals{Held: "the run stopped before its last row"},
			[]string{"<li>the run stopped before its last row</li>"}},
		{"revoked", &report.LeaverTotals{Path: "l.csv", Revoke: 3, Rows: &became, Results: "l.revoked.csv"},
			[]string{"1 not_found: l.revoked.csv</li>",
				`revoked</th><td role="cell" class="number">2</td><td role="cell" class="number">66.7 %</td>`,
				`not_found</th><td role="cell" class="number">1</td>`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := examplePage(false)
			p.Summary.Leavers = test.leavers
			got := html(t, p)
			if has := strings.Contains(got, "Leavers</h2>"); has != (test.want != nil) {
				t.Errorf("it has leavers: %t", has)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %s", want)
				}
			}
		})
	}
}
