package cli_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/importer/cli"
)

// lastRun is the first line of report --list.
func (c *trial) lastRun() string {
	c.t.Helper()
	_, list, _ := strings.Cut(c.must(0, "report", "--list"), "\n")
	first, _, _ := strings.Cut(list, "\n")
	return first
}

// TestGuardsTell holds a night by each guard, and looks wherever somebody would
// in the morning: count, limit and what to do are everywhere there is room for
// text, and the exit code is.
func TestGuardsTell(t *testing.T) {
	t.Parallel()
	bad := strings.Repeat("Nobody,@example.com,x\n", 15)
	for _, tc := range []struct {
		name   string
		people int
		more   string
		args   []string
		what   []string // count and limit
		do     string
		done   bool // the guard is about the leavers alone
	}{
		{"shrink", 12, "", nil, []string{"8 of the 20 people of the last run are missing", "20%", "allows 4"}, "--max-shrink 40%", false},
		{"require", 20, "", []string{"--require-email", "missing@example.com"}, []string{"lacks 1 required address", "--require-email number 1"}, "in the order in which", false},
		{"creates", 24, "", []string{"--max-creates", "3"}, []string{"4 customers", "--max-creates 3"}, "--max-creates 4", false},
		{"invalid", 10, bad, []string{"--max-shrink", "100%"}, []string{"15 of 25", "50%", "allows 12"}, "jsm-onboard check", false},
		{"revoke", 17, "", []string{"--revoke-leavers"}, []string{"3 accounts", "5%", "20", "allows 1"}, "--max-revoke 3", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, m := newTrial(t, nil), newMonitor(t)
			c.export("crm.csv", 20)
			c.must(0, "sync", "./crm.csv", "--summary", "./sum.json", "--page", "./page.html")
			c.export("crm.csv", tc.people)
			c.write("crm.csv", c.read("crm.csv")+tc.more)
			posts, results := c.posts(), c.read("crm.results.csv")
			args := append([]string{"sync", "./crm.csv", "--summary", "./sum.json", "--page", "./page.html", "--metrics-file", "./job.prom"}, tc.args...)
			all := append(slices.Clone(tc.what), tc.do)
			c.says(c.must(5, args...), all...)

			var log, plan safeBuffer
			if code := cli.Run(t.Context(), c.args(append(args, "--log-format", "json")), cli.Environment(c.env), cli.Streams{In: strings.NewReader(""), Out: &plan, Err: &log}); code != 5 {
				t.Errorf("exit code %d", code)
			}
			c.says(log.String(), all...)
			p := c.start(append(args, "--notify", m.server.URL+"/check")...)
			if code := p.wait(60 * time.Second); code != 5 {
				t.Errorf("exit code %d:\n%s", code, p.out)
			}
			told, body := m.take()
			if diff := cmp.Diff([]string{"POST /check/start", "POST /check/fail"}, told); diff != "" {
				t.Error(diff)
			}
			text, err := json.Marshal(body)
			if err != nil || body["exit_code"] != 5.0 || len(body["run_id"].(string)) != 8 {
				t.Errorf("%v: %s", err, text)
			}
			c.says(string(text), all...)
			rows := body["rows"].(map[string]any)
			if read := float64(tc.people + strings.Count(tc.more, "\n")); rows["read"] != read || !tc.done && rows["not_attempted"] != read {
				t.Errorf("of %v rows are told: %v", read, rows)
			}
			if diff := cmp.Diff(body, c.summary("sum.json")); diff != "" {
				t.Errorf("the summary's file: %s", diff)
			}
			c.says(c.read("job.prom"), `jsm_onboard_exit_code{command="sync",source="crm.csv"} 5`)
			last := c.lastRun()
			c.says(last, body["run_id"].(string))
			if tc.done {
				c.says(last, "complete", "crm.csv")
				return
			}
			c.says(last, append(tc.what, "held", "  5  ", "crm.csv")...)
			c.says(c.read("page.html"), "Held back: ", tc.what[0])
			if c.posts() != posts || c.read("crm.results.csv") != results {
				t.Error("a night that was held back has changed something")
			}
		})
	}
}

// A column of names that has moved by a row renames nobody at night, where nobody is asked.
func TestManyRenamesAreHeld(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("crm.csv", renamed(21, 0))
	c.must(0, "sync", "./crm.csv")
	c.write("crm.csv", renamed(21, 1))
	night := []string{"sync", "./crm.csv", "--update-names"}
	c.says(c.must(5, night...), "21 customers would be renamed, and --max-renames 10% (at least 5) allows 5; nothing was sent",
		"beside its own address", "--max-renames 21")
	c.must(5, append(night, "--max-renames", "50%")...)
	c.must(0, append(night, "--max-renames", "21")...)
	if n := c.statuses("crm.results.csv")["renamed"]; n != 21 {
		t.Errorf("%d are renamed, of 21", n)
	}
	c.write("crm.csv", renamed(21, 0))
	c.must(5, "import", "./crm.csv", "--update-names", "--max-renames", "20")
	c.must(0, "import", "./crm.csv", "--update-names") // which somebody looks at
}

// TestHeldNightsCountForNothing has nights that are held back between others:
// they are listed, and nothing else is as if they had been.
func TestHeldNightsCountForNothing(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 20)
	c.must(0, "sync", "./crm.csv")
	good := c.read("crm.results.csv")
	c.export("crm.csv", 10)
	for range 2 {
		c.must(5, "sync", "./crm.csv")
	}
	c.write("crm.csv", "")
	c.must(1, "sync", "./crm.csv", "--summary", "./empty.json")
	if c.summary("empty.json")["exit_code"] != 1.0 {
		t.Error("the summary does not tell of an empty export")
	}
	if runs := c.runs(); len(runs) != 4 {
		t.Errorf("%d runs are listed, of 1 night and 3 that were held back", len(runs))
	}
	held := c.runs()[1]
	c.says(c.must(2, "report", held, "--summary", "./ledger"), "the same file as the ledger")

	// The newest run that has something to tell is told; a held one by its id.
	c.write("crm.results.csv", "")
	c.export("crm.csv", 20)
	c.must(0, "report")
	if c.read("crm.results.csv") != good {
		t.Errorf("report writes %q", c.read("crm.results.csv"))
	}
	c.says(c.must(2, "report", held, "--results", "./held.csv"), "it has no rows to write")
	c.says(c.must(5, "report", held, "--summary", "./held.json"), "Run "+held, "was held back", "10 of the 20 people", "--max-shrink 50%")
	if c.read("crm.results.csv") != good || c.summary("held.json")["exit_code"] != 5.0 {
		t.Error("a held night has no results of its own")
	}

	// The same export, allowed by hand, is a run of its own, in which nothing goes on.
	c.export("crm.csv", 10)
	out := c.must(0, "sync", "./crm.csv", "--max-shrink", "50%")
	if id := c.runID(out); slices.Contains(c.runs()[1:], id) || strings.Contains(out, "goes on") {
		t.Errorf("it goes on with a night that was held back:\n%s", out)
	}
	if n := len(c.rows("crm.leavers.csv")); n != 10 {
		t.Errorf("%d leavers", n)
	}
	c.must(0, "revoke", "./crm.leavers.csv", "--yes", "--dry-run")
	c.write("crm.csv", "")
	c.must(1, "sync", "./crm.csv")
	c.says(c.must(0, "revoke", "./crm.leavers.csv", "--yes", "--dry-run"), "10  to revoke") // the list is the newest still

	// A run that was cut off goes on, whatever was held back meanwhile.
	c.export("crm.csv", 24)
	first := c.runID(c.must(0, "sync", "./crm.csv", "--limit", "2"))
	c.must(5, "sync", "./crm.csv", "--require-email", "missing@example.com")
	if again := c.runID(c.must(0, "sync", "./crm.csv")); again != first {
		t.Errorf("run %s does not go on, %s does", first, again)
	}

	c.must(0, "report", "--prune", "0d")
	if runs := c.runs(); len(runs) != 1 || runs[0] != first {
		t.Errorf("after pruning: %v", runs)
	}
}

// TestMistypedNameLeavesNothing makes no ledger for a file that is not there; an empty one is a night, and is kept.
func TestMistypedNameLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.must(1, "sync", "./crn.csv")
	if left, err := os.ReadDir(c.folder); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	c.write("crm.csv", "")
	c.must(1, "sync", "./crm.csv")
	if !strings.Contains(c.lastRun(), "crm.csv") {
		t.Errorf("the empty file is no run: %s", c.lastRun())
	}
}

// A night in which everybody is replaced by somebody else is another file: two exports of the same name.
func TestEverybodyIsReplaced(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 30)
	c.must(0, "sync", "./crm.csv")
	other := strings.ReplaceAll(c.read("crm.csv"), "@example.com", "@other.example")
	if err := os.Mkdir(c.path("shop"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.write("shop/crm.csv", other)
	for _, more := range []string{"", "--dry-run"} {
		args := slices.DeleteFunc([]string{"sync", "./shop/crm.csv", more}, func(s string) bool { return s == "" })
		c.says(c.must(5, args...), "30 of the 30 people of the last run are missing from this export, and --max-shrink 20% (at least 2) allows 6",
			"right file", "--max-shrink 100%")
	}
	if c.posts() != 30 {
		t.Errorf("%d creates were sent", c.posts())
	}
	c.must(0, "sync", "./shop/crm.csv", "--source", "shop")
}
