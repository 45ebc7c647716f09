package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	nethtml "golang.org/x/net/html"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
)

// examplePage is the page of the example run, with a pause, refusals and two
// sittings.
func examplePage(addresses bool) Page {
	start := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	r := NewRecorder(start, nil)
	for i := range 95 {
		if i >= 40 && i < 55 {
			continue
		}
		at := start.Add(time.Duration(i) * time.Second)
		for n := range 10 - i%4 {
			r.Row(at, importer.Created, time.Duration(80+n*n*20)*time.Millisecond)
		}
	}
	r.Refused(start.Add(39500*time.Millisecond), 6)
	r.Hold("the quota of the site (429)")
	r.Pause(start.Add(40*time.Second), start.Add(55*time.Second))
	before := r.Trace()
	next := NewRecorder(start.Add(24*time.Hour), &before)
	next.Row(start.Add(24*time.Hour+5*time.Second), importer.Failed, time.Second)
	trace := next.Trace()

	f := NewFindings(addresses)
	say := func(number int, s importer.Status, status int, name, email, reason string) {
		f.Add(importer.Outcome{Row: &export.Row{Number: number, Line: number + 1, Name: name, Email: email, DuplicateOf: map[bool]int{true: 2}[s == importer.Duplicate], DuplicateName: number%2 == 0},
			Status: s, Reason: reason, HTTPStatus: status, Attempts: min(status, 1), AccountID: ""})
	}
	say(1, importer.Created, 201, "Ada Byron", "ada@example.com", "")
	for n := 2; n <= 11; n++ {
		say(n, importer.Duplicate, 0, "Ada Byron", "ada@example.com", fmt.Sprintf("same address as line %d", n))
	}
	say(12, importer.Conflict, 409, "Blaise Martin", "blaise@example.org", `the address has an account at the site already, under another name ("B. Martin")`)
	for n := 13; n <= 20; n++ {
		say(n, importer.Invalid, 0, "", "", `"someone`+fmt.Sprint(n)+`@@example.net" is no address`)
	}
	say(21, importer.Failed, 400, "<script>alert(1)</script>", "x@example.com", `the site refused this row: <script>document.title="owned"</script><img src=x onerror=alert(1)>; mend the row`)
	say(22, importer.Failed, 400, "Zoë Größe", "zoe@example.com", "the site refused this row: Zoë Größe <zoe@example.com> is blocked; mend the row")
	say(23, importer.Failed, 503, "Carmen Vidal", "carmen@example.com", "the site could not be reached; nothing was made; run it again")
	say(24, importer.Failed, 503, "Dmitri Volkov", "dmitri@example.com", "the site could not be reached; nothing was made; run it again")
	return Page{Version: "v1.2.0", Summary: exampleSummary(), Trace: &trace, Findings: f}
}

func html(t *testing.T, p Page) string {
	t.Helper()
	b, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPageTellsTheTotals(t *testing.T) {
	got := html(t, examplePage(false))
	for _, want := range []string{
		"<title>Import of customers.csv: Complete; 12 rows need attention</title>",
		"What became of the 1,012 rows",
		`<td role="cell" class="number">950</td><td role="cell" class="number">93.9 %</td>`,
		"= all of the above: each row has one status; 4 lines were skipped, being no rows",
		"<dd>https://example.atlassian.net</dd>", "<dd>jsm-onboard v1.2.0</dd>", "1 March 2025, 08:01:40 UTC (1m40s)",
		"12 rows to mend: edit customers.failed.csv, then:<br><code>jsm-onboard import customers.failed.csv</code>",
		"1,040 sent, 6 throttled (429)",
		"paused for", "6 refusals (429)", `class="sitting"`, "15s of pauses",
		`<td>the quota of the site (429)</td><td class="number">1</td><td class="number">15s</td>`,
		`<td class="number">8</td><td class="status"><span class="swatch invalid" aria-hidden="true"></span>invalid</td><td class="reason">&#34;…&#34; is no address</td><td>14, 15, 16, 17, 18, …</td>`,
		`<td class="reason">same address as line …</td>`,
		`id="controls" hidden>`, // until the script shows it
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
}

func TestPageHoldsNoNamesUnlessAsked(t *testing.T) {
	personal := []string{"Byron", "Martin", "Größe", "zoe@", "someone13", "carmen", "Vidal"}
	got := html(t, examplePage(false))
	for _, word := range personal {
		if strings.Contains(got, word) {
			t.Errorf("the page holds %s", word)
		}
	}
	got = html(t, examplePage(true))
	for _, word := range []string{"Zoë Größe", "zoe@example.com", "someone13", "carmen@example.com", "--page-addresses"} {
		if !strings.Contains(got, word) {
			t.Errorf("the page with addresses does not hold %s", word)
		}
	}
}

func TestPageLetsNothingBecomeMarkup(t *testing.T) {
	plain := elements(t, html(t, examplePage(true)))
	p := examplePage(true)
	evil := `"><script>alert(1)</script>'</style></title><img src=x onerror=alert(1)>`
	p.Summary.Input, p.Summary.Site, p.Summary.StopReason, p.Summary.RunID, p.Version = evil, evil, evil, evil, evil
	p.Summary.Results, p.Summary.Failed, p.Summary.Ledger, p.Summary.InputSHA256 = evil, evil, evil, evil
	p.Trace.Pauses[0].Why = evil
	for i := range p.Findings.listed {
		row := &p.Findings.listed[i]
		row.Name, row.Email, row.Reason = evil, evil, evil
	}
	for _, g := range p.Findings.groups {
		g.Reason = evil
	}
	got := html(t, p)
	if diff := cmp.Diff(plain, elements(t, got)); diff != "" {
		t.Error("the elements of the page changed:", diff)
	}
	if n := strings.Count(got, "&lt;script&gt;alert(1)"); n < 3*12 {
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
			if slices.Contains([]string{"src", "href", "srcset", "style", "action", "data"}, a.Key) || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
			}
		}
	}
	return count
}

func TestPageNeedsNothingFromOutside(t *testing.T) {
	got := elements(t, html(t, examplePage(true)))
	if got["script"] != 1 || got["style"] != 1 || got["link"]+got["img"]+got["iframe"]+got["a"] != 0 {
		t.Errorf("%v", got)
	}
	if strings.Contains(pageCSS, "url(") || strings.Contains(pageCSS, "@import") {
		t.Error("the style loads something")
	}
}

func TestPageStaysSmall(t *testing.T) {
	sizes := map[int]int{}
	for _, rows := range []int{2000, 40000} {
		f := NewFindings(true)
		r := NewRecorder(time.Unix(0, 0), nil)
		for n := 1; n <= rows; n++ {
			s := []importer.Status{importer.Failed, importer.Duplicate, importer.Created}[n%3]
			f.Add(importer.Outcome{Row: &export.Row{Number: n, Line: n + 1, Name: "Ada Byron", Email: "ada@example.com", DuplicateOf: 1}, Status: s, Reason: fmt.Sprintf("reason %d", n%1000)})
			r.Row(time.Unix(int64(n), 0), s, time.Second)
		}
		trace := r.Trace()
		p := Page{Summary: exampleSummary(), Trace: &trace, Findings: f}
		got := html(t, p)
		sizes[rows] = len(got)
		if rows == 40000 {
			for _, want := range []string{"The first 1,000 of 13,333 are shown here; 12,333 are left out. All are in customers.results.csv.",
				"The first 200 of 13,334 are shown here", "further kinds of reasons are left out"} {
				if !strings.Contains(got, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			if len(f.groups) > maxGroups+3 {
				t.Errorf("%d groups", len(f.groups))
			}
		}
	}
	if sizes[40000] > sizes[2000]*5/2 || sizes[40000] > 500_000 {
		t.Errorf("sizes %v", sizes)
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
			f := NewFindings(true)
			start := time.Unix(0, 0)
			r := NewRecorder(start, nil)
			for n := 1; n <= test.rows; n++ {
				o := importer.Outcome{Row: &export.Row{Number: n, Line: n + 1, Name: "Ada Byron", Email: "ada.byron@example.com"}, Status: importer.Created, Took: 80 * time.Millisecond}
				if test.badOne > 0 && n%test.badOne == 0 {
					o.Status, o.Reason = importer.Invalid, fmt.Sprintf("%q is no address: it has no @", "ada.byron at example.com")
				}
				f.Add(o)
				r.Row(start.Add(time.Duration(n)*10*time.Millisecond), o.Status, o.Took) // 100 a second
			}
			trace := r.Trace()
			got := html(t, Page{Summary: exampleSummary(), Trace: &trace, Findings: f})
			t.Logf("%d bytes", len(got))
			if len(got) > test.atMost {
				t.Errorf("%d bytes, and at most %d were expected", len(got), test.atMost)
			}
		})
	}
}

func TestPageOfARunWithoutRecords(t *testing.T) {
	got := html(t, Page{Summary: Summary{Rows: Rows{}}})
	for _, wrong := range []string{"NaN", "Reasons", "Rows that are not good", "<figure>"} {
		if strings.Contains(got, wrong) {
			t.Errorf("an empty page holds %s", wrong)
		}
	}
}

func TestPageOfAShortRun(t *testing.T) {
	r := NewRecorder(time.Unix(0, 0), nil)
	r.Row(time.Unix(1, 0), importer.Created, 70*time.Millisecond)
	trace := r.Trace()
	p := Page{Version: "jsm-onboard v1.2.0 (linux/amd64)", Summary: exampleSummary(), Trace: &trace}
	p.Summary.FinishedAt = p.Summary.StartedAt.Add(300 * time.Millisecond)
	got := html(t, p)
	if strings.Contains(got, "<figure>") {
		t.Error("a chart of one bar")
	}
	for _, want := range []string{"<dd>jsm-onboard v1.2.0 (linux/amd64)</dd>", "UTC (less than a second)</dd>", "<td>73 ms</td>"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
}

func TestWritePage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.html")
	if err := WritePage(path, examplePage(false)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != html(t, examplePage(false)) {
		t.Error("the file is not the page")
	}
}

func TestRedact(t *testing.T) {
	tests := []struct{ reason, want string }{
		{"", ""},
		{"refused: Ada Byron is known", "refused: … is known"},
		{`"x@y" and "a \" b" and "open`, `"…" and "…" and "…"`},
		{"see ada@example.com, <bob@example.org>", "see …, <…@…>"},
		{"it has no @, or ends in bob@ or @example.org", "it has no @, or ends in …@… or …@…"},
		{"further addresses not onboarded: c@example.com; d@example.com", "further addresses not onboarded: …@…; …@…"},
	}
	for _, test := range tests {
		got := redact(importer.Outcome{Row: &export.Row{Name: "Ada Byron", Email: "ada@example.com"}, Reason: test.reason})
		if got != test.want {
			t.Errorf("%q became %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestPercent(t *testing.T) {
	got := []string{percent(1, 1), percent(9999, 10000), percent(1, 10000), percent(1, 3)}
	if diff := cmp.Diff([]string{"100 %", "> 99.9 %", "< 0.1 %", "33.3 %"}, got); diff != "" {
		t.Error(diff)
	}
}

// A sync's page tells of its leavers: how many, where they are listed, and what
// became of them.
func TestPageTellsOfLeavers(t *testing.T) {
	became := CountRows(3, importer.RevokeStatuses(), totals(map[importer.Status]int{importer.Revoked: 2, importer.NotFound: 1}))
	for _, test := range []struct {
		name    string
		leavers *Departures
		want    []string // none: no word of leavers
	}{
		{"an import", nil, nil},
		{"nobody", &Departures{Path: "l.csv"}, []string{"<p>Nobody has left. The list is l.csv.</p>"}},
		{"listed", &Departures{Path: "l.csv", Revoke: 1, Review: 2}, []string{"<p>1 person to revoke, 2 to review. The list is l.csv.</p>"}},
		{"held", &Departures{Held: "the run stopped before its last row"}, []string{"<p>the run stopped before its last row.</p>"}},
		{"revoked", &Departures{Path: "l.csv", Revoke: 3, Rows: &became, Results: "l.results.csv"}, []string{"<p>3 people to revoke, 0 to review.", "each is told in l.results.csv",
			`revoked</th><td role="cell" class="number">2</td><td role="cell" class="number">66.7 %</td>`, `not_found</th><td role="cell" class="number">1</td>`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := examplePage(false)
			p.Summary.Leavers = test.leavers
			got := html(t, p)
			if said := strings.Contains(got, "Leavers</h2>"); said != (test.want != nil) {
				t.Errorf("it tells of leavers: %t", said)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %s", want)
				}
			}
		})
	}
}

// What a sandbox leaves behind are its files: neither totals nor page name a
// ledger that is there no more.
func TestSandboxIsGone(t *testing.T) {
	p := examplePage(false)
	for _, gone := range []bool{false, true} {
		p.Ending.Gone = gone
		for what, text := range map[string]string{"page": html(t, p), "totals": Totals(p.Summary, p.Ending)} {
			if strings.Contains(text, p.Summary.Ledger) == gone {
				t.Errorf("gone: %t, and the %s:\n%s", gone, what, text)
			}
		}
		if said := strings.Contains(Totals(p.Summary, p.Ending), "Sandbox    gone now, and its ledger with it"); said != gone {
			t.Errorf("gone: %t, said: %t", gone, said)
		}
	}
}
