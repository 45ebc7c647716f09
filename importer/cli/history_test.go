package cli_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

const onePerson = "name,email\nAna Sol,ana@example.com\n"

// A 409 is read with its history: whose lost answer came before it, and what
// the look-up shows.
func TestConflictIsReadWithItsHistory(t *testing.T) {
	t.Parallel()
	// lostOnce loses the answer to the first create request, done or not.
	lostOnce := func(kind string) func(*jsmtest.Options) {
		return func(o *jsmtest.Options) {
			o.OnCreate = func(_ string, attempt int) jsmtest.Decision {
				if attempt == 1 {
					return jsmtest.Decision{Fault: kind}
				}
				return jsmtest.Decision{}
			}
		}
	}
	there := func(name string, change func(*jsmtest.Options)) func(*jsmtest.Options) {
		return func(o *jsmtest.Options) {
			o.Existing = []jsmtest.Account{{Email: "ana@example.com", Name: name}}
			if change != nil {
				change(o)
			}
		}
	}
	for _, tc := range []struct {
		name   string
		site   func(*jsmtest.Options)
		status string
		reason string
	}{
		{"made, and the answer lost", lostOnce(jsmtest.ResetAfter), "created_unconfirmed", "probably created by us"},
		{"made, and half an answer", lostOnce(jsmtest.TruncateAfter), "created_unconfirmed", "probably created by us"},
		{"made, and answered with 503", lostOnce(jsmtest.UnavailableAfter), "created_unconfirmed", "probably created by us"},
		{"not made, answered with 503", lostOnce(jsmtest.Unavailable), "created", ""},
		{"refused first", lostOnce(jsmtest.RefusedBare), "created", ""},
		{"there before", there("Somebody", nil), "conflict", "none was created"},
		{"there before under our name", there("Ana Sol", nil), "conflict", "none was created"},
		{"there before, refused first", there("Ana Sol", lostOnce(jsmtest.RefusedBare)), "conflict", "none was created"},
		{"there before, an attempt lost, another name", there("Somebody", lostOnce(jsmtest.ResetBefore)), "conflict", `another name ("Somebody")`},
		{"there before, an attempt lost, our name but for case and blanks", there("ANA  sol", lostOnce(jsmtest.ResetBefore)), "created_unconfirmed", "probably created by us"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, tc.site)
			c.write("people.csv", onePerson)
			c.must(0, "import", "./people.csv")
			row := c.rows("people.results.csv")[0]
			if row["jsm_status"] != tc.status || !strings.Contains(row["jsm_reason"], tc.reason) || row["jsm_account_id"] == "" {
				t.Errorf("%v, and %s with %q was expected", row, tc.status, tc.reason)
			}
			c.toldAgain("people")
		})
	}
}

// toldAgain checks that report writes the newest run's files again, byte for
// byte.
func (c *trial) toldAgain(stem string, args ...string) {
	c.t.Helper()
	c.run(append([]string{"report", "--results", "./again.csv", "--failed", "./again.failed.csv", "--summary", "./again.json"}, args...)...)
	if again := c.read("again.csv"); again != c.read(stem+".results.csv") {
		c.t.Errorf("report writes other results:\n%s\nand at the end of the run they were\n%s", again, c.read(stem+".results.csv"))
	}
	if c.exists(stem+".failed.csv") != c.exists("again.failed.csv") || c.exists("again.failed.csv") && c.read("again.failed.csv") != c.read(stem+".failed.csv") {
		c.t.Error("report writes another file of rows to mend")
	}
	written := strings.NewReplacer("again.csv", stem+".results.csv", "again.failed.csv", stem+".failed.csv").Replace(c.read("again.json"))
	if c.exists(stem+".json") && written != c.read(stem+".json") {
		c.t.Errorf("report writes another summary:\n%s\n%s", c.read("again.json"), c.read(stem+".json"))
	}
}

// An attempt whose answer was never learned is ours in a later run and in
// another file, too, also after the process was killed over it.
func TestLostAttemptOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, second string // the second file
		status       string
		shown        string // in the reason
	}{
		{"same file", onePerson, "created_unconfirmed", "probably"},
		{"another file", "email,name,more\nANA@example.com,Ana Sol,x\n", "created_unconfirmed", "probably"},
		{"another file with another name", "name,email\nAna Luna,ana@example.com\n", "created_unconfirmed", "probably"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var hang atomic.Bool
			hang.Store(true)
			c := newTrial(t, func(o *jsmtest.Options) {
				o.OnCreate = func(string, int) jsmtest.Decision {
					if hang.Load() {
						return jsmtest.Decision{Fault: jsmtest.HangAfter}
					}
					return jsmtest.Decision{}
				}
			})
			c.write("first.csv", onePerson)
			p := c.start("import", "./first.csv")
			eventually(t, 30*time.Second, func() bool { return c.site.Stats().Created == 1 })
			_ = p.Process.Kill()
			<-p.ended
			hang.Store(false)
			c.write("second.csv", tc.second)
			c.must(0, "import", "./second.csv")
			row := c.rows("second.results.csv")[0]
			if row["jsm_status"] != tc.status || !strings.Contains(row["jsm_reason"], tc.shown) || row["jsm_account_id"] == "" {
				t.Errorf("%v", row)
			}
			c.toldAgain("second")
			c.must(0, "import", "./first.csv")
			want := "known"
			if tc.name == "same file" {
				want = "created_unconfirmed" // the run goes on that was killed
				c.rows("first.results.csv")
			}
			_ = want
		})
	}
}

// The results of a run that went on after a later one are the newest: report leaves them to it.
func TestResultsOfARunThatWentOn(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 10)
	c.write("people.tsv", "name\temail\nZoe Zell\tzoe@example.com\n")
	first := c.runID(c.must(0, "import", "./people.csv", "--limit", "2"))
	other := c.runID(c.must(0, "import", "./people.tsv"))
	if again := c.runID(c.must(0, "import", "./people.csv")); again != first {
		t.Fatalf("run %s does not go on, %s does", first, again)
	}
	newest := c.read("people.results.csv")
	c.says(c.must(2, "report", other), "the results of run "+first+", which came later")
	if c.read("people.results.csv") != newest {
		t.Error("they are overwritten")
	}
}
