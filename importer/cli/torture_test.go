package cli_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/importertest"
)

// How long the torture lasts. The defaults take seconds; for the long one:
//
//	go test ./importer/cli -run TestTorture -timeout 1h -torture.rows 20000 -torture.kills 200
var (
	tortureRows  = flag.Int("torture.rows", 600, "rows of the export")
	tortureKills = flag.Int("torture.kills", 5, "how often the program is killed before it may finish")
	tortureFault = flag.Float64("torture.fault", 0.01, "share of requests that meet each kind of fault")
	tortureBare  = flag.Float64("torture.bare", 0.0005, "share that is refused without a word about when to come back: each costs seconds")
	tortureSeed  = flag.Uint64("torture.seed", 0, "of the export, the faults and the kills; 0: another one each time")
)

// TestTorture kills the program at random points and runs it again until it
// is done, at a site that loses answers in every way that it can. In the end
// each address was made exactly once, and site, results and ledger agree.
func TestTorture(t *testing.T) {
	t.Parallel()
	seed := *tortureSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to run this again: -torture.rows %d -torture.kills %d -torture.fault %g -torture.bare %g -torture.seed %d",
		*tortureRows, *tortureKills, *tortureFault, *tortureBare, seed)
	random := rand.New(rand.NewPCG(seed, 1))
	c := &torture{t: t, folder: t.TempDir(), random: random}
	c.writeExport(*tortureRows)
	c.serve(seed, *tortureFault)

	kills := 0
	for kills < *tortureKills {
		if !c.killed(time.Duration(20+random.IntN(400)) * time.Millisecond) {
			break
		}
		kills++
	}
	c.finish()
	c.compare(kills)
	c.again()
}

// torture is one such test: its files, its site, and what must come out.
type torture struct {
	t      *testing.T
	folder string
	random *rand.Rand
	site   *jsmtest.Site
	url    string

	rows     [][]string
	want     []string          // for each row: new, there, duplicate, invalid
	existing []jsmtest.Account // at the site before
}

func (c *torture) path(name string) string { return filepath.Join(c.folder, name) }

// writeExport writes n rows: new customers, some that are at the site
// already, some twice, some without a usable address.
func (c *torture) writeExport(n int) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Write([]string{"name", "email", "notes"})
	for i := range n {
		row, want := []string{fmt.Sprintf("Pérson %d, Nº", i), fmt.Sprintf("person.%d@example.com", i), "a \"note\"\nin two lines"}, "new"
		switch c.random.IntN(30) {
		case 0:
			want = "there"
			c.existing = append(c.existing, jsmtest.Account{Email: row[1], Name: "Was Here Before"})
		case 1:
			if i > 0 && (c.want[i-1] == "new" || c.want[i-1] == "there") {
				row[0], row[1], want = c.rows[i-1][0], strings.ToUpper(c.rows[i-1][1]), "duplicate"
			}
		case 2:
			row[1], want = "no address", "invalid"
		}
		c.rows, c.want = append(c.rows, row), append(c.want, want)
		w.Write(row)
	}
	w.Flush()
	if err := os.WriteFile(c.path("export.csv"), text.Bytes(), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *torture) serve(seed uint64, share float64) {
	o := jsmtest.Sandbox()
	o.Seed, o.Quotas, o.Existing = seed, nil, c.existing
	o.Latency, o.Jitter = time.Millisecond, 19*time.Millisecond
	o.SlowBy = 300 * time.Millisecond
	o.Faults = []jsmtest.Fault{{Kind: jsmtest.RefusedBare, Share: *tortureBare}}
	for _, kind := range []string{jsmtest.Unavailable, jsmtest.UnavailableAfter, jsmtest.BadGateway,
		jsmtest.ResetBefore, jsmtest.ResetAfter, jsmtest.TruncateAfter, jsmtest.HangAfter, jsmtest.Slow} {
		o.Faults = append(o.Faults, jsmtest.Fault{Kind: kind, Share: share})
	}
	c.site = jsmtest.New(o)
	url, stop, err := c.site.Start("127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = stop() })
	c.url = url
}

func (c *torture) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	token := jsmtest.SandboxToken()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "JIRA_BASE_URL="+c.url, "JIRA_USER_EMAIL="+token.Email, "JIRA_API_TOKEN="+token.Secret)
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func (c *torture) importCommand() (*exec.Cmd, *bytes.Buffer) {
	return c.command("import", c.path("export.csv"), "--ledger", c.path("ledger"), "--max-rate", "0", "--timeout", "1s", "--max-errors", "0")
}

// killed starts the program and kills it after d; false: it ended before.
func (c *torture) killed(d time.Duration) bool {
	cmd, out := c.importCommand()
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		c.t.Logf("it ended before it was killed:\n%s", out)
		return false
	case <-time.After(d):
		if err := cmd.Process.Kill(); err != nil {
			c.t.Fatal(err)
		}
		<-ended
		return true
	}
}

// finish runs the program, as often as rows are unknown or failed for now,
// until all is done.
func (c *torture) finish() {
	for range 5 {
		cmd, out := c.importCommand()
		if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 3 {
			c.t.Fatalf("the last run: %v\n%s", err, out)
		}
		if !bytes.Contains(out.Bytes(), []byte(" unknown ")) {
			return
		}
	}
	c.t.Fatal("rows are still unknown after five runs")
}

// compare holds the results against the site's own truth.
func (c *torture) compare(kills int) {
	records := readResults(c.t, c.path("export.results.csv"))
	if len(records) != len(c.rows) {
		c.t.Fatalf("%d rows of results for %d rows", len(records), len(c.rows))
	}
	for _, broken := range importertest.Check(c.t.Context(), importertest.Evidence{
		Accounts: c.site.Accounts(),
		Ledger:   c.path("ledger"),
		SiteURL:  c.url,
		Results:  c.path("export.results.csv"),
		Rows:     len(c.rows),
	}) {
		c.t.Error(broken)
	}
	counts := map[string]int{}
	lost, falseConflicts := 0, 0
	for i, record := range records {
		counts[record["jsm_status"]]++
		c.compareRow(i, record)
		if c.want[i] == "new" && len(c.site.Find(c.rows[i][1])) == 0 {
			lost++
		}
		if c.want[i] == "new" && record["jsm_status"] == "conflict" {
			falseConflicts++
		}
	}
	doubled, seen := 0, map[string]bool{}
	for _, a := range c.site.Accounts() {
		if a.CreatedBy > 0 && seen[a.Email] {
			doubled++
		}
		seen[a.Email] = true
	}
	if lost+doubled+falseConflicts > 0 {
		c.t.Errorf("%d lost, %d doubled, %d false conflicts", lost, doubled, falseConflicts)
	}
	c.t.Logf("%d rows, %d kills: %d lost, %d doubled, %d false conflicts; %v; the site: %+v, faults %v",
		len(records), kills, lost, doubled, falseConflicts, counts, c.site.Stats().Answers, c.site.Stats().Faults)
}

func (c *torture) compareRow(i int, record map[string]string) {
	t, row, status := c.t, c.rows[i], record["jsm_status"]
	if record["email"] != row[1] || record["name"] != row[0] || record["notes"] != row[2] {
		t.Errorf("row %d: the cells %q are not those of the export", i+1, record)
	}
	var made, there []jsmtest.Account
	for _, a := range c.site.Find(row[1]) {
		if a.CreatedBy > 0 {
			made = append(made, a)
		} else {
			there = append(there, a)
		}
	}
	ok := false
	switch c.want[i] {
	case "new":
		ok = (status == "created" || status == "created_unconfirmed" || status == "known") && len(made) == 1 && made[0].Name == row[0] && record["jsm_account_id"] == made[0].ID
	case "there":
		ok = (status == "conflict" || status == "known") && len(made) == 0 && record["jsm_account_id"] == there[0].ID
	case "duplicate":
		ok = status == "duplicate"
	case "invalid":
		ok = status == "invalid" && len(made) == 0
	}
	if !ok {
		t.Errorf("row %d, %s <%s>: %v; made %+v, there %+v", i+1, c.want[i], row[1], record, made, there)
	}
}

// again runs the same command once more: nothing is sent, and all are known.
// The report of the run before is the same to the byte.
func (c *torture) again() {
	before := c.site.Stats().Route("POST", jsmtest.CreatePath).Requests
	results, err := os.ReadFile(c.path("export.results.csv"))
	if err != nil {
		c.t.Fatal(err)
	}
	cmd, out := c.command("report", "--ledger", c.path("ledger"), "--results", c.path("told-again.csv"), "--failed", c.path("told-again.failed.csv"))
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 3 {
		c.t.Fatalf("report: %v\n%s", err, out)
	}
	if again, err := os.ReadFile(c.path("told-again.csv")); err != nil || !bytes.Equal(again, results) {
		c.t.Errorf("report wrote other results (%v)", err)
	}
	cmd, out = c.importCommand()
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 3 {
		c.t.Fatalf("the same command again: %v\n%s", err, out)
	}
	if after := c.site.Stats().Route("POST", jsmtest.CreatePath).Requests; after != before {
		c.t.Errorf("the same command again sent %d requests", after-before)
	}
	for i, record := range readResults(c.t, c.path("export.results.csv")) {
		if want := c.want[i]; (want == "new" || want == "there") && record["jsm_status"] != "known" {
			c.t.Errorf("row %d is %s when run again", i+1, record["jsm_status"])
		}
	}
}
