//go:build unix

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

// loseSome loses the answer to the first request for each tenth address.
func loseSome(o *jsmtest.Options) {
	o.OnCreate = func(email string, attempt int) jsmtest.Decision {
		if attempt == 1 && strings.HasSuffix(email, "7@example.com") {
			return jsmtest.Decision{Fault: jsmtest.TruncateAfter}
		}
		return jsmtest.Decision{}
	}
	o.Existing = []jsmtest.Account{{Email: personAddress(4), Name: "Was Here Before"}}
}

// asIfNothing checks that results are those of a run that nobody disturbed at
// an identical site, but that what was in flight at a kill is unconfirmed.
func (c *trial) asIfNothing(results string, calm []map[string]string, kills int) {
	c.t.Helper()
	rows, unconfirmed := c.rows(results), 0
	if len(rows) != len(calm) {
		c.t.Fatalf("%d rows, and %d were expected", len(rows), len(calm))
	}
	for i, row := range rows {
		for column, want := range calm[i] {
			switch column {
			case "jsm_account_id":
				if (row[column] == "") != (want == "") {
					c.t.Errorf("row %d has the account id %q, and undisturbed %q", i+1, row[column], want)
				}
			case "jsm_status":
				if want == "created" && row[column] == "created_unconfirmed" {
					unconfirmed++
				} else if row[column] != want {
					c.t.Errorf("row %d is %s (%s), and undisturbed %s", i+1, row[column], row["jsm_reason"], want)
				}
			case "jsm_reason", "jsm_http_status", "jsm_attempts":
				inFlight := strings.Contains(row[column], "under another name") // a lost attempt, and the look-up has told
				if row["jsm_status"] == calm[i]["jsm_status"] && column == "jsm_reason" && row[column] != want && !inFlight {
					c.t.Errorf("row %d says %q, and undisturbed %q", i+1, row[column], want)
				}
			default:
				if row[column] != want {
					c.t.Errorf("row %d has %s %q, and undisturbed %q", i+1, column, row[column], want)
				}
			}
		}
	}
	if most := kills * 2 * 64; unconfirmed > most { // sent, or answered and not on disk yet
		c.t.Errorf("%d rows more are unconfirmed after %d kills", unconfirmed, kills)
	}
}

// calmRun is the results of the same export at an identical site that nobody
// disturbs.
func calmRun(t *testing.T, change func(*jsmtest.Options), rows int, code int) []map[string]string {
	c := newTrial(t, change)
	c.mixed("people.csv", rows)
	c.must(code, "import", "./people.csv")
	return c.rows("people.results.csv")
}

// Killed when it is reading stdin, asks the site who it is, sends, looks up,
// and between the results and the ledger's word that the run has ended: the
// same command goes on with the same run, and comes to the same results.
func TestKilledAtAnyStep(t *testing.T) {
	t.Parallel()
	const people = 120
	calm := calmRun(t, loseSome, people, 3)
	for _, tc := range []struct {
		name string
		args []string
		when func(c *trial, p *process, seen *seen)
	}{
		{"while it asks who it is", nil, func(c *trial, _ *process, s *seen) { s.wait(c, jsmtest.MyselfPath, 1) }},
		{"at the first row", nil, func(c *trial, _ *process, s *seen) { s.wait(c, jsmtest.CreatePath, 1) }},
		{"in the middle", nil, func(c *trial, _ *process, s *seen) { s.wait(c, jsmtest.CreatePath, people/2) }},
		{"while it looks up", nil, func(c *trial, _ *process, s *seen) { s.wait(c, jsmtest.UserSearchPath, 5) }},
		{"before the ledger is told", []string{"--summary", "./pipe"}, func(c *trial, _ *process, _ *seen) {
			eventually(c.t, 60*time.Second, func() bool { return c.exists("people.failed.csv") })
			time.Sleep(50 * time.Millisecond)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &seen{}
			c := newTrial(t, func(o *jsmtest.Options) {
				loseSome(o)
				o.Latency = 10 * time.Millisecond
				o.OnAnswer = s.see
			})
			c.mixed("people.csv", people)
			if err := syscall.Mkfifo(c.path("pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := c.start(append([]string{"import", "./people.csv"}, tc.args...)...)
			tc.when(c, p, s)
			p.signal(syscall.SIGKILL)
			p.wait(60 * time.Second)
			begun := c.runs()
			if len(begun) == 1 {
				c.says(c.must(1, "report"), "it goes on where it stopped", "a new run knows what this one has done")
				c.says(c.must(1, "undo", "--yes"), "has not ended: it is still going on, or it was killed", "jsm-onboard undo "+begun[0])
				c.says(c.must(1, "undo", "--yes", "--ledger", "./ledger"), "jsm-onboard undo "+begun[0]+" --site ")
			}
			out := c.must(3, "import", "./people.csv", "--summary", "./people.json")
			if runs := c.runs(); len(begun) == 1 && (len(runs) != 1 || runs[0] != c.runID(out)) {
				t.Errorf("it was run %v, and then %v", begun, runs)
			}
			c.asIfNothing("people.results.csv", calm, 1)
			c.once("people.results.csv")
			c.toldAgain("people")
			if c.exists("people.failed-2.csv") || strings.Contains(out, "edited since") {
				t.Errorf("our own file of rows to mend is taken for somebody's:\n%s", out)
			}
		})
	}
}

// seen counts what a site has answered.
type seen struct{ creates, lookUps, whoAmI atomic.Int32 }

func (s *seen) of(path string) *atomic.Int32 {
	switch path {
	case jsmtest.CreatePath:
		return &s.creates
	case jsmtest.UserSearchPath:
		return &s.lookUps
	case jsmtest.MyselfPath:
		return &s.whoAmI
	}
	return &atomic.Int32{}
}

func (s *seen) see(x jsmtest.Exchange) { s.of(x.Path).Add(1) }

func (s *seen) wait(c *trial, path string, n int) {
	c.t.Helper()
	eventually(c.t, 60*time.Second, func() bool { return int(s.of(path).Load()) >= n })
}

// The command that goes on with a killed sync is of the same source: in a new one nobody could ever be a leaver.
func TestKilledSyncNamesItsSource(t *testing.T) {
	t.Parallel()
	s := &seen{}
	c := newTrial(t, func(o *jsmtest.Options) { o.Latency, o.OnAnswer = 100*time.Millisecond, s.see })
	c.export("crm.csv", 40)
	p := c.start("sync", "./crm.csv", "--source", "crm", "--workers", "1")
	s.wait(c, jsmtest.CreatePath, 1)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	c.says(c.must(1, "report"), "jsm-onboard sync "+c.path("crm.csv")+" --source crm --site "+c.url, " --ledger "+c.path("ledger"))
}

// Whom a sync has revoked before it was killed stands in the results of the next one.
func TestKilledWhileRevoking(t *testing.T) {
	t.Parallel()
	revoking := gateAfter(1, jsmtest.RevokePath)
	defer revoking.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = revoking.see })
	c.export("crm.csv", 40)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "10%", "--workers", "1"}
	c.must(0, args...)
	c.export("crm.csv", 36)
	p := c.start(args...)
	revoking.wait(t)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	revoking.open()
	out := c.must(0, args...)
	got := c.statuses("crm.leavers.revoked.csv")
	if got["already_revoked"] == 0 || got["already_revoked"]+got["revoked"] != 4 || len(got) != 2 {
		t.Errorf("%v\n%s", got, out)
	}
	c.must(0, args...)
	if left := c.rows("crm.leavers.csv"); len(left) != 0 {
		t.Errorf("they are listed for ever: %v", left)
	}
}

// Killed again and again around its end, by the clock.
func TestKilledAroundTheEnd(t *testing.T) {
	t.Parallel()
	const people, kills = 25, 15
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 7))
	for n := range kills {
		c := newTrial(t, nil)
		c.mixed("people.csv", people)
		p := c.start("import", "./people.csv")
		if !func() bool {
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
				if c.exists("people.results.csv") {
					return true
				}
			}
			return false
		}() {
			t.Fatalf("no results:\n%s", p.out)
		}
		time.Sleep(time.Duration(random.IntN(6000)) * time.Microsecond)
		_ = p.Process.Signal(os.Kill)
		<-p.ended
		ended := len(c.runs()) == 1 && c.summaryOf() != ""
		c.must(3, "import", "./people.csv")
		want := "created"
		if ended {
			want = "known"
		}
		if got := c.statuses("people.results.csv"); got[want] != people {
			t.Errorf("kill %d, the run had ended: %t; then %v", n, ended, got)
		}
		if c.exists("people.failed-2.csv") {
			t.Error("our own file of rows to mend is taken for somebody's")
		}
		if c.posts() != people {
			t.Errorf("%d requests for %d people", c.posts(), people)
		}
	}
}

// summaryOf is what report says of the newest run; "" when it has not ended.
func (c *trial) summaryOf() string {
	code, out := c.run("report", "--results", "./x.csv", "--failed", "./x.failed.csv")
	if code == 1 {
		return ""
	}
	return fmt.Sprint(code, out)
}

// A killed run that goes on after another has made some of its customers knows them; and what later runs do changes
// nothing of what is told of an earlier one.
func TestGoesOnAfterAnother(t *testing.T) {
	t.Parallel()
	const people = 40
	var seen seen
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Latency, o.OnAnswer = 50*time.Millisecond, seen.see
	})
	c.export("people.csv", people)
	p := c.start("import", "./people.csv", "--workers", "2")
	seen.wait(c, jsmtest.CreatePath, 10)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	lines := strings.Split(c.read("people.csv"), "\n")
	c.write("some.csv", strings.Join(append(lines[:1:1], lines[people-4:people+1]...), "\n")+"\n")
	c.must(0, "import", "./some.csv")
	out := c.must(0, "import", "./people.csv", "--limit", "20")
	stopped := c.statuses("people.results.csv")
	if stopped["known"] != 5 || stopped["not_attempted"] == 0 {
		t.Errorf("%v\n%s", stopped, out)
	}
	c.says(c.must(0, "report"), c.runID(out)) // it was at work last, though it has begun first
	c.says(c.must(0, "undo", "--dry-run"), c.path("people.csv"))
	c.write("rest.csv", c.read("people.csv")+"Zoe,zoe@example.com,Team\n")
	c.must(0, "import", "./rest.csv")
	c.must(0, "report", c.runID(out), "--results", "./again.csv")
	if was, again := c.read("people.results.csv"), c.read("again.csv"); again != was {
		t.Errorf("it was\n%s\nand is told as\n%s", was, again)
	}
	posts := c.posts()
	c.says(c.must(0, "import", "./people.csv"), " 0  to create")
	if got := c.statuses("people.results.csv"); c.posts() != posts || got["known"] != 5+stopped["not_attempted"] {
		t.Errorf("%d requests; %v", c.posts()-posts, got)
	}
}
