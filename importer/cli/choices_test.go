package cli_test

import (
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// --limit sends so many and stops as asked; the next sittings go on with the
// same run, and in the end the results are as if it had been one.
func TestLimit(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Existing = []jsmtest.Account{{Email: personAddress(1), Name: "There"}, {Email: personAddress(40), Name: "There"}}
	})
	c.export("people.csv", 100)
	out := c.must(0, "import", "./people.csv", "--limit", "30")
	want := map[string]int{"created": 29, "conflict": 1, "not_attempted": 70}
	if got := c.statuses("people.results.csv"); !maps.Equal(got, want) || c.posts() != 30 {
		t.Errorf("%v", got)
	}
	c.toldAgain("people")
	first := c.runID(out)
	c.must(0, "import", "./people.csv", "--limit", "30")
	want = map[string]int{"created": 58, "conflict": 2, "not_attempted": 40}
	if got := c.statuses("people.results.csv"); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	out = c.must(0, "import", "./people.csv")
	want = map[string]int{"created": 98, "conflict": 2}
	if got := c.statuses("people.results.csv"); !maps.Equal(got, want) || c.runID(out) != first {
		t.Errorf("%v in run %s after %s", got, c.runID(out), first)
	}
	c.once("people.results.csv")
	c.toldAgain("people")
}

// --resend-known sends again: who was deleted at the site since is made anew,
// and who is still there stays ours.
func TestResendKnown(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 3)
	c.must(0, "import", "./people.csv")

	c.becomes(func(a *jsmtest.Account) bool { return a.Email != personAddress(1) })
	posts := c.posts()
	c.must(0, "import", "./people.csv")
	if got := c.statuses("people.results.csv"); got["known"] != 3 || c.posts() != posts {
		t.Fatalf("%v, %d requests", got, c.posts())
	}
	c.must(0, "import", "./people.csv", "--resend-known")
	rows := c.rows("people.results.csv")
	for i, want := range []string{"conflict", "created", "conflict"} {
		if rows[i]["jsm_status"] != want || rows[i]["jsm_account_id"] == "" {
			t.Errorf("row %d: %v, and %s was expected", i+1, rows[i], want)
		}
	}
	c.toldAgain("people")
	c.must(0, "import", "./people.csv")
	for i, row := range c.rows("people.results.csv") {
		if row["jsm_status"] != "known" || !strings.Contains(row["jsm_reason"], "onboarded on") || row["jsm_account_id"] != rows[i]["jsm_account_id"] {
			t.Errorf("row %d is no longer ours: %v", i+1, row)
		}
	}
}

// --dry-run prints the plan, sends nothing, writes nothing, and leaves no
// ledger behind.
func TestDryRun(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.mixed("people.csv", 20)
	out := c.must(0, "import", "./people.csv", "--dry-run")
	c.says(out, "20", "to create")
	entries, err := os.ReadDir(c.folder)
	if err != nil || len(entries) != 1 || c.site.Stats().Requests != 0 {
		t.Errorf("%v, %v; %d requests", entries, err, c.site.Stats().Requests)
	}
	c.must(3, "import", "./people.csv", "--limit", "5")
	ledger := c.read("ledger")
	out = c.must(0, "import", "./people.csv", "--dry-run")
	c.says(out, "15")
	if c.read("ledger") != ledger || c.posts() != 5 {
		t.Error("the dry run has changed the ledger, or sent something")
	}
}

// A dry run ends as the run would that is refused before its first request.
func TestDryRunIsRefused(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "name,email,organization\nAnn,ann@example.com,Acme\nBo,bo@example.com,Beta\n")
	c.must(0, "import", "./people.csv", "--limit", "1")
	if err := os.Mkdir(c.path("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		code int
		says string
		args []string
	}{
		{1, "no such folder", []string{"--results", c.path("none/r.csv")}},
		{1, "it is a folder", []string{"--page", c.path("folder")}},
		{1, "it is a folder", []string{"--ledger", c.path("folder")}},
		{1, "the service project \"NOPE\"", []string{"--service-desk", "NOPE"}},
		{5, "2 organizations would be created", []string{"--organizations", "--max-organizations", "1"}},
		{0, "2 organizations in the file: 0 at the site, 2 to create", []string{"--organizations"}},
		{4, "two API tokens", []string{"--organizations", "--token-file", c.path("folder")}},
	} {
		for _, more := range []string{"--dry-run", "--quiet"} {
			if tc.code == 0 && more == "--quiet" {
				continue
			}
			c.says(c.must(tc.code, append([]string{"import", "./people.csv", more}, tc.args...)...), tc.says)
		}
	}
	if c.posts() != 1 || len(c.site.Organizations()) != 0 {
		t.Error("something was made")
	}
}

// An export from stdin, or packed, gives the same results.
func TestOtherInputs(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.mixed("plain.csv", 20)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(c.read("plain.csv"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c.write("packed.csv.gz", packed.String())
	c.must(3, "import", "./packed.csv.gz")
	c.toldAgain("packed")
	if got := c.statuses("packed.results.csv"); got["created"] != 20 {
		t.Errorf("%v", got)
	}
	code, out := c.runWith(c.read("plain.csv"), "import", "-", "--results", "./piped.results.csv", "--failed", "./piped.failed.csv")
	if got := c.statuses("piped.results.csv"); code != 3 || got["known"] != 20 || got["invalid"] != 1 {
		t.Errorf("exit code %d, %v\n%s", code, got, out)
	}
	again, known := c.rows("piped.results.csv"), c.rows("packed.results.csv")
	for i := range again {
		if again[i]["jsm_account_id"] != known[i]["jsm_account_id"] || again[i]["name"] != known[i]["name"] {
			t.Errorf("%v after %v", again[i], known[i])
		}
	}
}

// report writes what the run wrote, also when that has been removed or the
// input has changed, for any run by its id.
func TestReportOfAnyRun(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.mixed("people.csv", 30)
	c.write("people.csv", c.read("people.csv")+"Longest name that is not sent,still not an address,x\n")
	first := c.runID(c.must(3, "import", "./people.csv", "--summary", "./first.json"))
	results, failed := c.read("people.results.csv"), c.read("people.failed.csv")
	second := c.runID(c.must(3, "import", "./people.csv", "--summary", "./second.json"))
	c.says(c.must(2, "import", "./people.csv", "--max-creates", "20%"), "only a sync has an earlier run")
	if ids := c.runs(); len(ids) != 2 || ids[0] != second || ids[1] != first {
		t.Errorf("the list has %v, and %s, %s was expected", ids, second, first)
	}
	c.must(3, "report", first[:5], "--results", "./a.csv", "--failed", "./a.failed.csv", "--summary", "./a.json")
	// named compares a summary with that of the run, but for the files that it names.
	named := func(name, then, results, failed string) {
		t.Helper()
		got, want := c.summary(name), c.summary(then)
		path := func(name string) string {
			if name == "" {
				return ""
			}
			return c.path(name)
		}
		want["results"], want["failed"] = path(results), path(failed)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	named("a.json", "first.json", "a.csv", "a.failed.csv")
	if c.read("a.csv") != results || c.read("a.failed.csv") != failed {
		t.Error("the first run is told otherwise")
	}
	known := c.read("people.results.csv")
	for _, name := range []string{"people.results.csv", "people.failed.csv"} {
		if err := os.Remove(c.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	c.says(c.must(3, "report", "--summary", "./b.json", "--page", "./b.html"), "Page       "+c.path("b.html"))
	named("b.json", "second.json", "", "") // they are gone
	if c.exists("people.results.csv") || c.exists("people.failed.csv") {
		t.Error("a page and a summary were asked for, and other files were written")
	}
	c.must(3, "report")
	if c.read("people.results.csv") != known || c.exists("people.failed-2.csv") {
		t.Error("the newest run is told otherwise")
	}
	out := c.must(3, "report")
	if c.exists("people.failed-2.csv") || strings.Contains(out, "edited") {
		t.Errorf("our own file is taken for somebody's:\n%s", out)
	}
	c.says(c.must(2, "report", first), "people.results.csv is the same file as the results of run "+second+", which came later",
		"give --results a path of its own")
	c.must(3, "report", first, "--page", "./first.html")
	if c.read("people.results.csv") != known || !strings.Contains(c.read("first.html"), first) {
		t.Error("the first run has written over the second")
	}
	c.must(3, "report", first, "--results", "./beside.results.csv")
	if c.read("people.results.csv") != known || c.read("beside.results.csv") != results || c.exists("beside.failed.csv") || c.exists("people.failed-2.csv") {
		t.Error("other files than those that were named are written")
	}
	c.says(c.must(2, "report", "--results", "./people.csv"), "the same file as the input")
	c.write("people.csv", "name,email\nSomebody,else@example.com\n")
	c.says(c.must(1, "report"), "stay as they are", "has changed", "--results PATH")
	if c.read("people.results.csv") != known || !c.exists("people.failed.csv") {
		t.Error("without the input it has written over what the run wrote")
	}
	for _, gone := range []bool{false, true} {
		if gone {
			if err := os.Remove(c.path("people.csv")); err != nil {
				t.Fatal(err)
			}
		}
		c.says(c.must(3, "report", first, "--results", "./c.csv", "--failed", "./c.failed.csv"), "only address and name", "the rows that were not sent are only in the input")
		rows := c.rows("c.csv")
		if len(rows) != 30 || rows[29]["email"] != personAddress(29) || rows[29]["name"] != personName(29) || rows[29]["jsm_status"] != "created" {
			t.Errorf("%d rows: %v", len(rows), rows[len(rows)-1])
		}
	}
	c.says(c.must(1, "report", "zzzz"), "zzzz", "--list")
	c.write("empty", "")
	c.says(c.must(1, "report", "--ledger", "./empty"), "it has none yet")
}

// report writes over the input of no run, whatever the path says.
func TestReportSparesInputs(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("first.csv", 2)
	c.must(0, "import", "./first.csv")
	c.export("second.csv", 3)
	c.must(0, "import", "./second.csv")
	input := c.read("first.csv")
	for _, flag := range []string{"--page", "--summary", "--results"} {
		c.says(c.must(2, "report", flag, "./first.csv"), "the same file as the input of run ", "a path of its own")
		c.must(0, "report", flag, "./ours")
		c.must(0, "report", flag, "./ours")
		if err := os.Remove(c.path("ours")); err != nil {
			t.Fatal(err)
		}
	}
	if c.read("first.csv") != input {
		t.Error("an input was written over")
	}
}

// One problem of the site is one sentence with its remedy and the right exit
// code, and nothing is lost by it.
func TestExitCodesOfStops(t *testing.T) {
	t.Parallel()
	hourly := jsmtest.Quota{Limit: 60, Window: time.Hour, Reason: "jira-quota-tenant-based"}
	for _, tc := range []struct {
		name string
		site func(*jsmtest.Options)
		code int
		says []string
	}{
		{"signup closed", func(o *jsmtest.Options) { o.Faults = []jsmtest.Fault{{Kind: jsmtest.SignupClosed, Share: 1}} }, 5,
			[]string{"Signup is not currently available", "Customer access"}},
		{"credentials end", func(o *jsmtest.Options) { o.Faults = []jsmtest.Fault{{Kind: jsmtest.TokenEnds, After: 50}} }, 4,
			[]string{"no longer accepts the credentials", "JIRA_API_TOKEN"}},
		{"no permission", func(o *jsmtest.Options) {
			token := jsmtest.SandboxToken()
			token.Admin = false
			o.Tokens = []jsmtest.Token{token}
		}, 4, []string{"Administer Jira"}},
		{"an hour's pause", func(o *jsmtest.Options) { o.Quotas = []jsmtest.Quota{hourly} }, 6,
			[]string{"asks for a pause until", "run the same command again after"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, tc.site)
			c.export("people.csv", 200)
			out := c.must(tc.code, "import", "./people.csv", "--workers", "8", "--max-pause", "20s")
			c.says(out, tc.says...)
			if c.exists("people.results.csv") {
				c.once("people.results.csv")
				c.toldAgain("people")
			}
		})
	}
}

// One row is as good as many at finding out that the site does not answer.
func TestMaxPauseWithOneRow(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Faults = []jsmtest.Fault{{Kind: jsmtest.Unavailable, Share: 1, Route: "POST " + jsmtest.CreatePath}}
	})
	c.export("people.csv", 1)
	began := time.Now()
	out := c.must(1, "import", "./people.csv", "--max-pause", "2s")
	c.says(out, "the site has not answered since", "(POST "+jsmtest.CreatePath+": 503 Service Unavailable)")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// report says of rows to fix what is true now, and undo names a missing site before a missing terminal.
func TestReportSaysWhatIsTrueNow(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "name,email\nAna Lima,ana@example.com\nBo Li,bo at example.com\nCy Po,cy@example.com\n")
	c.must(3, "import", "./people.csv")
	first := c.runs()[0]
	c.write("people.failed.csv", strings.Replace(c.read("people.failed.csv"), "bo at example.com", "bo@example.com", 1))
	c.must(0, "import", "./people.failed.csv")
	_, out := c.run("report", first, "--failed", "./x9.csv")
	if c.exists("x9.csv") || strings.Contains(out, "needs fixing:") || strings.Contains(out, "people.failed.csv") {
		t.Errorf("it names what there is to fix:\n%s", out)
	}
	c.says(out, "no row of this run needs fixing any more")
	c.env = append(c.env, "JIRA_BASE_URL=")
	out = c.must(2, "undo")
	c.says(out, "no site is given")
	out = c.must(2, "report", "--list")
	if strings.Contains(out, "--sandbox") {
		t.Errorf("report has no such flag:\n%s", out)
	}
}

// report names no file that may be another run's by now, nor one that is gone, and its summary says what its results say.
func TestReportNamesOnlyFilesOfTheRun(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	const first = "name,email\nAna Lima,ana@example.com\nBo Li,bo at example.com\n"
	c.write("c.csv", first)
	run := c.runID(c.must(3, "import", "./c.csv"))
	c.write("c.csv", "name,email\nAna Lima,ana@example.com\nCy Po,cy at example.com\n")
	c.must(3, "import", "./c.csv")
	out := c.must(3, "report", run, "--page", "./p.html", "--summary", "./p.json")
	for name, text := range map[string]string{"totals": out, "page": c.read("p.html"), "summary": c.read("p.json")} {
		if strings.Contains(text, "c.results.csv") || strings.Contains(text, "c.failed.csv") {
			t.Errorf("%s of the earlier run name a file of the later one:\n%s", name, text)
		}
	}
	c.says(c.must(3, "report", "--page", "./p.html"), "Results    "+c.path("c.results.csv"), "import "+c.path("c.failed.csv"))
	c.says(c.read("p.html"), c.path("c.results.csv"), c.path("c.failed.csv"))

	c.write("d.csv", first)
	run = c.runID(c.must(3, "import", "./d.csv"))
	c.write("d.failed.csv", strings.Replace(c.read("d.failed.csv"), "bo at ", "bo@", 1))
	c.must(0, "import", "./d.failed.csv")
	for _, outputs := range [][]string{{"--results", "./r.csv", "--summary", "./s.json"}, {"--summary", "./s.json"}} {
		c.must(3, append([]string{"report", run}, outputs...)...)
		rows := c.summary("s.json")["rows"].(map[string]any)
		if c.statuses("r.csv")["known"] != 2 || rows["known"] != 2.0 || rows["invalid"] != 0.0 {
			t.Errorf("%v: results with %v, summary with %v", outputs, c.statuses("r.csv"), rows)
		}
	}
}

// The list of leavers is named by the report of the sync that wrote it, and by no earlier one.
func TestReportOfAnEarlierListOfLeavers(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	all, kept := []string{"sync", "./crm.csv", "--max-shrink", "100%"}, 4
	var runs []string
	for ; kept > 1; kept-- {
		c.export("crm.csv", kept)
		runs = append(runs, c.runID(c.must(0, all...)))
	}
	c.says(c.must(0, "report", runs[2], "--summary", "./s.json"), "2 to revoke, 0 to review: "+c.path("crm.leavers.csv"), "revoke "+c.path("crm.leavers.csv")+" --site "+c.url, " --ledger "+c.path("ledger"))
	out := c.must(0, "report", runs[1], "--summary", "./s.json")
	if c.says(out, "1 to revoke, 0 to review\n"); strings.Contains(out, "crm.leavers.csv") {
		t.Errorf("it names a later list:\n%s", out)
	}
}

// Without a home folder, as in some services, no ledger is begun where nobody would look for it.
func TestNoHomeFolder(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("x.csv", 2)
	c.env = append(c.env, "XDG_STATE_HOME=", "JSM_ONBOARD_LEDGER=", "HOME=", "USERPROFILE=")
	p := c.start("import", "./x.csv")
	if code := p.wait(60 * time.Second); code != 1 || c.posts() != 0 {
		t.Errorf("exit code %d, and %d requests", code, c.posts())
	}
	c.says(p.out.String(), "there is no home folder to keep the ledger in", "--ledger PATH")
}
