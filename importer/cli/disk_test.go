//go:build linux

package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/cli"
)

// A file that cannot be written ends the run, and what is known is kept: the
// same command completes the run when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	const people = 3000
	for _, tc := range []struct {
		name  string
		flag  string
		early bool // no more rows are taken
	}{
		{"results", "--results", true},
		{"rows to mend", "--failed", false},
		{"summary", "--summary", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.mixed("people.csv", people)
			out := c.must(1, "import", "./people.csv", tc.flag, "/dev/full")
			c.says(out, "cannot write /dev/full: no space left on device", "run the same command again")
			if n := strings.Count(out, "no space left"); n != 1 {
				t.Errorf("it says so %d times:\n%s", n, out)
			}
			if made := c.site.Stats().Created; tc.early == (made == people) {
				t.Errorf("%d customers were made", made)
			}
			if tc.flag == "--results" && strings.Contains(out, "Results ") {
				t.Errorf("it tells of results that there are not:\n%s", out)
			}
			begun := c.runID(out)
			out = c.must(3, "import", "./people.csv", "--summary", "./people.json")
			if c.runID(out) != begun || len(c.runs()) != 1 {
				t.Errorf("run %s did not go on:\n%s", begun, out)
			}
			if got := c.statuses("people.results.csv"); got["created"] != people || c.posts() != people {
				t.Errorf("%v, and %d requests", got, c.posts())
			}
			c.once("people.results.csv")
			c.toldAgain("people")
		})
	}
}

// Devices without an end are written to, and never read.
func TestMetricsToADevice(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 1)
	p := c.start("import", "./people.csv", "--metrics-file", "/dev/full", "--summary", "./sum.json")
	if code := p.wait(30 * time.Second); code != 1 {
		t.Errorf("exit code %d", code)
	}
	c.says(p.out.String(), "cannot write /dev/full: no space left on device")
	if s := c.summary("sum.json"); s["exit_code"] != 1.0 || s["outcome"] != "stopped" || !strings.Contains(c.lastRun(), "  1  ") {
		t.Errorf("the summary has %v, the ledger %s", s, c.lastRun())
	}
}

// The same for a ledger that cannot grow: nothing leaves any more, and what
// could not be recorded is settled later.
func TestFullDiskUnderTheLedger(t *testing.T) {
	t.Parallel()
	const people = 1200
	c := newTrial(t, func(o *jsmtest.Options) { o.Latency = 5 * time.Millisecond })
	c.mixed("people.csv", people)
	c.env = append(c.env, fileSize+"=400000")
	p := c.start("import", "./people.csv")
	if code := p.wait(60 * time.Second); code != 1 {
		t.Fatalf("exit code %d:\n%s", code, p.out)
	}
	c.says(p.out.String(), "ledger "+c.path("ledger"), "run the same command again")
	made := c.site.Stats().Created
	got := c.statuses("people.results.csv")
	if made == 0 || made > people*3/4 || got["created"]+got["unknown"] != made || got["not_attempted"] != people-made {
		t.Errorf("%v, and the site has made %d", got, made)
	}
	out := c.must(3, "import", "./people.csv")
	if c.runID(out) != c.runID(p.out.String()) || strings.Contains(out, "edited since") {
		t.Errorf("it did not go on:\n%s", out)
	}
	after := c.statuses("people.results.csv")
	// Unpaced, an outcome may be one of 64 in flight, of 128 that wait for the disk, or in the group that it had no room for.
	if after["created"]+after["created_unconfirmed"] != people || after["created_unconfirmed"] > 64+128+128 {
		t.Errorf("%v", after)
	}
	c.once("people.results.csv")
}

// That the ledger cannot grow is said once, though closing it fails, too: neither a new one's tables have room here, nor
// the run.
func TestFullDiskIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, room := range []string{"60000", "120000"} {
		c := newTrial(t, nil)
		c.export("people.csv", 10)
		c.env = append(c.env, fileSize+"="+room)
		p := c.start("import", "./people.csv")
		code, out := p.wait(20*time.Second), p.out.String()
		if code != 1 || strings.Count(out, "ledger "+c.path("ledger")+":") != 1 || c.posts() != 0 {
			t.Errorf("exit code %d, %d requests:\n%s", code, c.posts(), out)
		}
		c.says(out, "jsm-onboard: ledger "+c.path("ledger")+": its disk is full or fails (", "make room on the disk")
	}
}

// Only files that are there are named: the results have their name when the rows to fix cannot get theirs.
func TestOnlyFilesThatAreThereAreNamed(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "name,email\nAna Lima,ana@example.com\nBo Li,not an address\n")
	// The memory of failed files cannot be written.
	if err := os.MkdirAll(c.path("ledger.files.partial/in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := c.must(1, "import", "./people.csv", "--summary", "./sum.json", "--page", "./page.html")
	s := c.summary("sum.json")
	if s["failed"] != "" || s["results"] != c.path("people.results.csv") || !c.exists("people.results.csv") {
		t.Errorf("the summary names %v and %v", s["results"], s["failed"])
	}
	if strings.Contains(out+c.read("page.html"), "people.failed.csv") {
		t.Errorf("a file is named that is not there:\n%s", out)
	}
	c.says(out, "run the same command again")
}

// A folder that goes away under the results ends the run in the same way.
func TestFolderGoesAway(t *testing.T) {
	t.Parallel()
	const people = 300
	var seen seen
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Latency, o.OnAnswer = 20*time.Millisecond, seen.see
	})
	c.mixed("people.csv", people)
	if err := os.Mkdir(c.path("out"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := c.start("import", "./people.csv", "--results", "./out/r.csv", "--failed", "./out/f.csv")
	seen.wait(c, jsmtest.CreatePath, 10)
	if err := os.RemoveAll(c.path("out")); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(60 * time.Second); code != 1 {
		t.Fatalf("exit code %d:\n%s", code, p.out)
	}
	c.says(p.out.String(), "cannot write "+c.path("out/r.csv"))
	out := c.must(3, "import", "./people.csv")
	if c.runID(out) != c.runID(p.out.String()) || c.posts() != people {
		t.Errorf("%d requests:\n%s", c.posts(), out)
	}
	c.once("people.results.csv")
}

// A ledger that is damaged, or somebody else's, is refused in clear words;
// never is there a silent fresh start.
func TestLedgerIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		damage func(text []byte) []byte
		says   string
	}{
		{"overwritten in the middle", func(b []byte) []byte {
			for i := len(b) / 4; i < len(b); i++ {
				b[i] = byte(i * 7)
			}
			return b
		}, "is damaged"},
		{"overwritten at the start", func(b []byte) []byte { copy(b, "name,email\nAna,ana@example.com"); return b }, "is not a ledger"},
		{"cut off", func(b []byte) []byte { return b[:len(b)/3] }, "is damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.export("people.csv", 600)
			c.must(0, "import", "./people.csv")
			c.write("ledger", string(tc.damage([]byte(c.read("ledger")))))
			damaged := c.read("ledger")
			c.tampered = true
			out := c.must(1, "import", "./people.csv")
			c.says(out, c.path("ledger"), tc.says)
			if c.posts() != 600 {
				t.Errorf("%d requests more", c.posts()-600)
			}
			if tc.name != "overwritten in the middle" && c.read("ledger") != damaged {
				t.Error("the ledger was written to")
			}
		})
	}
	t.Run("of another site", func(t *testing.T) {
		t.Parallel()
		c := newTrial(t, nil)
		c.export("people.csv", 3)
		c.must(0, "import", "./people.csv")
		other := newTrial(t, nil)
		out := c.must(1, "import", "./people.csv", "--site", other.url)
		c.says(out, "belongs to "+c.url)
	})
	t.Run("held by another run", func(t *testing.T) {
		t.Parallel()
		c := newTrial(t, func(o *jsmtest.Options) { o.Latency = time.Minute })
		c.export("people.csv", 3)
		p := c.start("import", "./people.csv")
		eventually(t, 30*time.Second, func() bool { return c.site.Stats().Requests > 0 })
		const theirs = `{"run_id": "of the run that goes on", "command": "import"}`
		c.write("night.json", theirs)
		c.write("night.html", theirs)
		out := c.must(1, "import", "./people.csv", "--summary", "./night.json", "--page", "./night.html")
		c.says(out, "is in use by process ", "nothing was sent")
		if c.read("night.json")+c.read("night.html") != theirs+theirs || strings.Contains(out, "ERROR") {
			t.Errorf("a run that was refused has written over the files of the other:\n%s", out)
		}
		_ = p.Process.Kill()
	})
}

// Whoever reads stderr may end before the run does: the run goes on to its end.
func TestNobodyReadsStderr(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 30)
	read, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	p := exec.Command(os.Args[0], c.args([]string{"import", "./people.csv", "--log-level", "debug"})...)
	p.Env, p.Stdout, p.Stderr = append(c.env, asProgram+"=1"), written, written
	err = p.Run()
	if got := c.statuses("people.results.csv"); err != nil || got["created"] != 30 {
		t.Errorf("%v, and the results have %v", err, got)
	}
}

// noRoom is an output on which nothing can be written.
type noRoom struct{}

func (noRoom) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// A dry run is made for its plan: one that cannot be shown is no success.
func TestDryRunThatCannotBeShown(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "name,email\nAnn Lee,ann.lee@example.com\n")
	run := func(args ...string) (int, string) {
		var text safeBuffer
		return cli.Run(t.Context(), c.args(args), cli.Environment(c.env), cli.Streams{In: strings.NewReader(""), Out: noRoom{}, Err: &text}), text.String()
	}
	if code, said := run("import", "./people.csv", "--dry-run"); code != 1 || !strings.Contains(said, "no space left") {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, said := run("import", "./people.csv"); code != 0 || len(c.site.Find("ann.lee@example.com")) != 1 {
		t.Errorf("exit %d: %s", code, said)
	}
}
