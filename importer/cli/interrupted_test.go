//go:build unix

package cli_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

// Asked to stop once, it takes no new rows, finishes those in flight, writes
// everything, and its last line says how to go on.
func TestAskedToStopOnce(t *testing.T) {
	t.Parallel()
	const people = 400
	calm := calmRun(t, nil, people, 3)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			atWork := gateAfter(70, jsmtest.CreatePath)
			defer atWork.open()
			c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = atWork.see })
			c.mixed("people.csv", people)
			p := c.start("import", "./people.csv", "--summary", "./people.json")
			atWork.wait(t)
			p.signal(s)
			p.until("Ctrl-C again ends at once")
			atWork.open()
			if code := p.wait(60 * time.Second); code != 130 {
				t.Fatalf("exit code %d:\n%s", code, p.out)
			}
			got := c.statuses("people.results.csv")
			if made := c.site.Stats().Created; got["created"] != made || made < 70 || made > 200 || got["not_attempted"] != people-made || got["invalid"] != 1 || got["duplicate"] != 1 {
				t.Errorf("%v, and the site has made %d", got, made)
			}
			c.says(p.out.String(), "interrupted", "run the same command again")
			if sum := c.summary("people.json"); sum["outcome"] != "stopped" || sum["stop_reason"] != "interrupted" || sum["exit_code"] != 130. {
				t.Errorf("%v", sum)
			}
			if text := c.read("people.failed.csv"); strings.Count(text, "\r\n") != 2 {
				t.Errorf("the rows to mend are\n%s", text)
			}
			c.toldAgain("people")
			out := c.must(3, "import", "./people.csv")
			if runs := c.runs(); len(runs) != 1 || c.runID(out) != runs[0] {
				t.Errorf("the runs are %v", runs)
			}
			c.asIfNothing("people.results.csv", calm, 0)
			c.once("people.results.csv")
		})
	}
}

// The command report knows as little as the run of those whom a stopped one was to send again.
func TestReportOfAStoppedResend(t *testing.T) {
	t.Parallel()
	const people = 60
	atWork := gateAfter(people+10, jsmtest.CreatePath)
	defer atWork.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = atWork.see })
	c.export("people.csv", people)
	c.must(0, "import", "./people.csv")
	p := c.start("import", "./people.csv", "--resend-known", "--workers", "2")
	atWork.wait(t)
	p.signal(syscall.SIGINT)
	p.until("Ctrl-C again ends at once")
	atWork.open()
	if code := p.wait(60 * time.Second); code != 130 {
		t.Fatalf("exit code %d:\n%s", code, p.out)
	}
	written := c.read("people.results.csv")
	if got := c.statuses("people.results.csv"); got["conflict"] < 10 || got["conflict"]+got["not_attempted"] != people {
		t.Errorf("%v", got)
	}
	code := c.start("report").wait(60 * time.Second)
	if again := c.read("people.results.csv"); code != 130 || again != written {
		t.Errorf("exit code %d, and of\n%s\nbecame\n%s", code, written, again)
	}
}

// Asked twice, it ends at once, and the next run sets that right.
func TestAskedToStopTwice(t *testing.T) {
	t.Parallel()
	const people = 100
	c := newTrial(t, func(o *jsmtest.Options) {
		o.OnCreate = func(string, int) jsmtest.Decision { return jsmtest.Decision{Delay: time.Minute} }
	})
	c.export("people.csv", people)
	p := c.start("import", "./people.csv", "--workers", "10")
	eventually(t, 60*time.Second, func() bool { return c.site.Stats().Created == 10 })
	p.signal(syscall.SIGINT)
	p.until("Ctrl-C again ends at once")
	began := time.Now()
	p.signal(syscall.SIGINT)
	if code := p.wait(60 * time.Second); code != 130 || time.Since(began) > 30*time.Second { // and not a minute
		t.Errorf("exit code %d after %s", code, time.Since(began))
	}
	c.says(p.out.String(), "ended at once", "run the same command again", "created_unconfirmed")
	c.site.Close() // no latency any more
	c.must(0, "import", "./people.csv")
	if got := c.statuses("people.results.csv"); got["created"] != people-10 || got["created_unconfirmed"] != 10 {
		t.Errorf("%v", got)
	}
	c.once("people.results.csv")
}

// Where nobody reads stderr, the first request to stop is obeyed all the same, and the second ends the program.
func TestAskedToStopWhileStderrIsBlocked(t *testing.T) {
	t.Parallel()
	const people = 400
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			var seen seen
			c := newTrial(t, func(o *jsmtest.Options) {
				o.Latency, o.OnAnswer = 100*time.Millisecond, seen.see
			})
			c.export("people.csv", people)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := w.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(make([]byte, 1<<20)); err == nil { // no pipe takes so much
				t.Fatal("the pipe is not full")
			}
			p := c.command("import", "./people.csv", "--workers", "5")
			p.Stderr = w
			p.begin()
			w.Close() // the program's copy blocks when it is written to
			seen.wait(c, jsmtest.CreatePath, 20)
			p.signal(s)
			time.Sleep(2 * time.Second) // twenty times as long as an answer takes
			sent := c.posts()
			time.Sleep(time.Second)
			if now := c.posts(); now != sent || now > people/2 {
				t.Errorf("%d rows were sent, and then %d", sent, now)
			}
			p.signal(s)
			if code := p.wait(60 * time.Second); code != 130 {
				t.Errorf("exit code %d", code)
			}
			c.must(0, "import", "./people.csv")
			if got := c.statuses("people.results.csv"); got["created"] != people {
				t.Errorf("%v", got) // what was sent before has been waited for
			}
			c.once("people.results.csv")
		})
	}
}

// A signal that was ignored when the program was started stays ignored: that of a closed terminal under nohup, and the
// Ctrl-C of a shell script for what it runs in the background.
func TestIgnoredSignals(t *testing.T) {
	t.Parallel()
	const people = 100
	for name, tc := range map[string]struct {
		script  string // runs the program, which is "$@"
		ignored syscall.Signal
	}{
		"nohup":      {`exec nohup "$@"`, syscall.SIGHUP},
		"background": {`"$@" & wait $!`, syscall.SIGINT},
	} {
		for _, asked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, asked to stop %t", name, asked), func(t *testing.T) {
				t.Parallel()
				var seen seen
				c := newTrial(t, func(o *jsmtest.Options) {
					o.Latency, o.OnAnswer = 100*time.Millisecond, seen.see
				})
				c.export("people.csv", people)
				p := c.command("import", "./people.csv", "--workers", "5")
				p.Path, p.Args = "/bin/sh", append([]string{"sh", "-c", tc.script, "sh"}, p.Args...)
				p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // signals go to the shell and to the program
				p.begin()
				seen.wait(c, jsmtest.CreatePath, 20)
				group := -p.Process.Pid
				if err := syscall.Kill(group, tc.ignored); err != nil {
					t.Fatal(err)
				}
				want := people
				if asked {
					if err := syscall.Kill(group, syscall.SIGTERM); err != nil {
						t.Fatal(err)
					}
					want = 20
				}
				<-p.ended
				eventually(t, 60*time.Second, func() bool { return c.exists("people.results.csv") })
				if got := c.statuses("people.results.csv")["created"]; got < want || asked && got == people {
					t.Errorf("%d were created", got)
				}
			})
		}
	}
}

// Asked to stop where nothing has been sent yet, it ends at once and leaves
// nothing behind.
func TestAskedToStopBeforeTheFirstRow(t *testing.T) {
	t.Parallel()
	quiet := func(o *jsmtest.Options) { o.Latency = time.Minute }
	for _, tc := range []struct {
		name  string
		rows  int
		stdin bool
		site  func(*jsmtest.Options)
		when  func(c *trial)
	}{
		{"while it reads stdin", 1, true, nil, func(*trial) {}}, // which it does once it is fed
		{"in the plan", 300_000, false, nil, func(c *trial) {
			eventually(c.t, 30*time.Second, func() bool { return c.exists("ledger") })
		}},
		{"while the site is asked", 10, false, quiet, func(c *trial) {
			eventually(c.t, 30*time.Second, func() bool { return c.site.Stats().Requests > 0 })
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newTrial(t, tc.site)
			c.export("people.csv", tc.rows)
			args, stdin, fed := []string{"import", "./people.csv"}, (*os.File)(nil), (*os.File)(nil)
			if tc.stdin {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				defer w.Close()
				fed = w
				args, stdin = []string{"import", "-", "--results", "./people.results.csv", "--failed", "./people.failed.csv"}, r
			}
			p := c.startWith(stdin, args...)
			if fed != nil {
				feed(t, fed)
			}
			tc.when(c)
			p.signal(syscall.SIGINT)
			if code := p.wait(60 * time.Second); code != 130 || strings.Contains(p.out.String(), "To send") {
				t.Errorf("exit code %d:\n%s", code, p.out)
			}
			if c.posts() != 0 || c.exists("people.results.csv") || c.exists("people.results.csv.partial") {
				t.Errorf("%d requests; %s", c.posts(), p.out)
			}
			c.says(p.out.String(), "interrupted: nothing was sent this time")
		})
	}
}

// What sends no rows says nothing of rows when it is asked to stop.
func TestAskedToStopWithoutARun(t *testing.T) {
	t.Parallel()
	quiet := func(o *jsmtest.Options) { o.Latency = time.Minute }
	for name, tc := range map[string]struct {
		args    []string
		started string
		code    int
	}{
		"sandbox": {[]string{"sandbox", "--addr", "127.0.0.1:0"}, "Ctrl-C ends it", 0},
		"check":   {[]string{"check", "-"}, "", 130},
		"doctor":  {[]string{"doctor"}, "", 130},
		"dry run": {[]string{"import", "-", "--dry-run"}, "", 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, quiet)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			p := c.startWith(r, tc.args...)
			switch p.until(tc.started); name {
			case "check", "dry run":
				feed(t, w)
			case "doctor":
				eventually(t, 60*time.Second, func() bool { return c.site.Stats().Requests > 0 })
			}
			p.signal(syscall.SIGINT)
			if code := p.wait(60 * time.Second); code != tc.code {
				t.Errorf("exit code %d:\n%s", code, p.out)
			}
			c.says(p.out.String(), "stopping; Ctrl-C again ends at once")
			for _, word := range []string{"answers", "written", "without them"} {
				if strings.Contains(p.out.String(), word) {
					t.Errorf("it speaks of %q:\n%s", word, p.out)
				}
			}
		})
	}
}

// Whoever interrupts a sync while it plans whom to revoke is told what was done, and not that nothing was sent.
func TestInterruptedBeforeTheRevocation(t *testing.T) {
	t.Parallel()
	planning := gateAfter(0, jsmtest.MyselfPath)
	defer planning.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = planning.see })
	planning.lets = func(int) bool { return !c.exists("crm.leavers.csv") } // which is written before
	c.export("crm.csv", 10)
	c.must(0, "sync", "./crm.csv")
	c.export("crm.csv", 8)
	c.write("crm.csv", c.read("crm.csv")+"New Person One,new.1@example.com,x\n")
	os.Remove(c.path("crm.leavers.csv"))
	p := c.start("sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "5", "--summary", "./sum.json")
	planning.wait(t)
	p.signal(syscall.SIGINT)
	p.until("Ctrl-C again ends at once")
	planning.open()
	if code := p.wait(30 * time.Second); code != 130 || len(c.revokedPeople()) != 0 {
		t.Fatalf("exit code %d, revoked: %v\n%s", code, c.revokedPeople(), p.out)
	}
	s := c.summary("sum.json")
	leavers := s["leavers"].(map[string]any)
	if s["stop_reason"] != "interrupted: nobody was revoked this time" || s["hint"] != "the next sync revokes those who are left" ||
		leavers["held"] != s["stop_reason"] {
		t.Errorf("%v, %v, %v", s["stop_reason"], s["hint"], leavers["held"])
	}
	if strings.Contains(p.out.String(), "nothing was sent") {
		t.Errorf("it created somebody, and says:\n%s", p.out)
	}
}

// Results that could not be written are not named.
func TestRevocationWithoutResults(t *testing.T) {
	t.Parallel()
	revoking := gateAfter(0, jsmtest.RevokePath)
	defer revoking.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = revoking.see })
	c.export("crm.csv", 40)
	c.must(0, "sync", "./crm.csv")
	c.export("crm.csv", 30)
	p := c.start("sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "10", "--max-shrink", "50%", "--summary", "./sum.json")
	revoking.wait(t)
	if err := os.Remove(c.path("crm.leavers.revoked.csv.partial")); err != nil {
		t.Fatal(err)
	}
	revoking.open()
	if code := p.wait(30 * time.Second); code != 1 {
		t.Errorf("exit code %d:\n%s", code, p.out)
	}
	leavers := c.summary("sum.json")["leavers"].(map[string]any)
	if name, named := leavers["results"]; named && name != "" && !c.exists("crm.leavers.revoked.csv") {
		t.Errorf("the results %v are named, and there are none", name)
	}
}
