package cli_test

import (
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

// What would write the files of a run at work ends before it sends or writes anything; the run goes on to its end.
func TestBesideARunAtWork(t *testing.T) {
	t.Parallel()
	atWork := gateAfter(20, jsmtest.CreatePath)
	defer atWork.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = atWork.see })
	c.export("p.csv", 3)
	run := c.runID(c.must(0, "import", "./p.csv"))
	const people = 200
	c.export("p.csv", people)
	p := c.start("import", "./p.csv", "--workers", "10", "--summary", "./p.json")
	atWork.wait(t)

	other := newTrial(t, nil) // has a ledger and a site of its own
	own := other.path("ledger")
	other.folder, other.tampered = c.folder, true
	for _, args := range [][]string{
		{"import", "./p.csv", "--ledger", own, "--summary", "./p.json", "--page", "./p.html", "--metrics-file", "./p.prom"},
		{"sync", "./p.csv", "--ledger", own},
		{"import", "./p.csv", "--ledger", own, "--results", "./mine.csv"},
	} {
		other.says(other.must(1, args...), "p.", ".csv: it is in use by process ", "let that run end, or name another path")
	}
	if n := other.site.Stats().Created; n > 0 || c.exists("p.json") || c.exists("p.html") || c.exists("p.prom") || c.exists("mine.csv") {
		t.Errorf("%d customers were made, or a file was written", n)
	}
	other.must(0, "import", "./p.csv", "--ledger", own, "--dry-run") // writes nothing
	c.tampered = true
	c.says(c.must(1, "report", run, "--results", "./p.results.csv"), "p.results.csv: it is in use by process ")
	c.says(c.must(1, "report", run), "p.results.csv: it is in use by process ")
	atWork.open()
	if code := p.wait(60 * time.Second); code != 0 {
		t.Fatalf("the run at work ended with %d:\n%s", code, p.out.String())
	}
	if got := c.statuses("p.results.csv"); got["created"]+got["known"] != people {
		t.Errorf("the results have %v", got)
	}
	for _, left := range []string{"p.results.csv.partial", "p.results.csv.partial.lock", "p.failed.csv.partial.lock"} {
		if c.exists(left) {
			t.Errorf("%s is left", left)
		}
	}
}

// What a killed run leaves keeps nobody from running it again, and is gone then.
func TestPartialFileOfAKilledRun(t *testing.T) {
	t.Parallel()
	atWork := gateAfter(2, jsmtest.CreatePath)
	defer atWork.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = atWork.see })
	c.export("p.csv", 50)
	p := c.start("import", "./p.csv", "--workers", "2")
	atWork.wait(t)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	atWork.open()
	if !c.exists("p.results.csv.partial") {
		t.Fatal("it had not begun")
	}
	c.must(0, "import", "./p.csv")
	if c.exists("p.results.csv.partial") || c.exists("p.results.csv.partial.lock") {
		t.Error("what the killed run has left is still there")
	}
}

// Files of others are never replaced, whatever they are called: also not those that stand in for a partial file.
func TestFilesOfOthersStay(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"p.results.csv":              "date,group\n2026-01-01,jsm_admins\n",
		"p.results.csv.partial":      "somebody's",
		"p.failed.csv.partial":       "somebody's",
		"p.results.csv.partial.lock": "somebody's",
		"p.results.csv.tried":        "somebody's",
	} {
		c := newTrial(t, nil)
		c.write("p.csv", "name,email\nAnn Lee,ann@example.com\n")
		c.write(name, text)
		refused := name != "p.results.csv.tried"
		if code, out := c.run("import", "./p.csv"); refused {
			if c.says(out, name+" is there, and no file of this program"); code != 2 || c.posts() > 0 {
				t.Errorf("%s: exit code %d after %d requests", name, code, c.posts())
			}
		}
		if !c.exists(name) || c.read(name) != text {
			t.Errorf("%s is replaced", name)
		}
	}
}

// A ledger is used with no site that may be another one than its own.
func TestAnotherSiteThatShowsNoCloudID(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 5)
	c.must(0, "import", "./crm.csv")
	o := jsmtest.Sandbox()
	o.Quotas, o.Existing, o.CloudID = nil, nil, "11111111-2222-3333-4444-555555555555"
	o.Faults = []jsmtest.Fault{{Kind: jsmtest.RouteGone, Share: 1, Route: "GET " + jsmtest.TenantInfoPath}}
	c.replaceSite(o)
	c.export("crm.csv", 7)
	c.says(c.must(1, "import", "./crm.csv"), "it may be another", "/_edge/tenant_info")
	if n := c.site.Stats().Created; n > 0 {
		t.Errorf("%d customers were made", n)
	}
	fresh := newTrial(t, func(o *jsmtest.Options) {
		o.Faults = []jsmtest.Fault{{Kind: jsmtest.RouteGone, Share: 1, Route: "GET " + jsmtest.TenantInfoPath}}
	})
	fresh.export("crm.csv", 2)
	fresh.must(0, "import", "./crm.csv") // a new ledger is of the site that it meets
	fresh.must(0, "import", "./crm.csv")
}
