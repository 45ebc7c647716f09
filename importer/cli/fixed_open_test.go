package cli_test

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
)

// An address that may have been sent is not sent once more when its person was onboarded with the right one since.
func TestOpenRowThatWasFixed(t *testing.T) {
	t.Parallel()
	var ill atomic.Bool
	c := newTrial(t, func(o *jsmtest.Options) {
		o.OnCreate = func(email string, _ int) jsmtest.Decision {
			if ill.Load() && strings.HasPrefix(email, "tpyo") {
				return jsmtest.Decision{Fault: jsmtest.ResetBefore}
			}
			return jsmtest.Decision{}
		}
	})
	ill.Store(true)
	c.write("p.csv", "name,email,id\nAna Sol,ana@example.com,1\nBob Ray,tpyo.bob@example.com,2\n")
	p := c.start("import", "./p.csv")
	eventually(t, 60*time.Second, func() bool { return c.posts() > 2 })
	p.signal(syscall.SIGINT)
	if code := p.wait(30 * time.Second); code != 130 || c.statuses("p.results.csv")["unknown"] != 1 {
		t.Fatalf("exit code %d: %v\n%s", code, c.statuses("p.results.csv"), p.out)
	}
	ill.Store(false)
	c.write("p.failed.csv", strings.Replace(c.read("p.failed.csv"), "tpyo.bob@", "bob@", 1))
	c.must(0, "import", "./p.failed.csv")
	c.says(c.must(0, "import", "./p.csv", "--dry-run"), "1  fixed", "nothing to send")
	posts := c.posts()
	c.must(0, "import", "./p.csv")
	if n := c.posts() - posts; n != 0 || c.statuses("p.results.csv")["known"] != 1 {
		t.Errorf("%d requests: %v", n, c.statuses("p.results.csv"))
	}
	results := c.read("p.results.csv")
	c.must(0, "report")
	if c.read("p.results.csv") != results {
		t.Error("the report of the run has other results than the run")
	}
}

// Whoever was onboarded by a row that was fixed, and has perhaps lost the access since, is not called known.
func TestFixedAndPerhapsRevoked(t *testing.T) {
	t.Parallel()
	revoking := gateAfter(0, jsmtest.RevokePath)
	defer revoking.open()
	c := newTrial(t, func(o *jsmtest.Options) { o.OnAnswer = revoking.see })
	c.write("p.csv", "name,email\nAna Sol,ana@example.com\nBob Ray,bob at example.com\n")
	c.must(3, "import", "./p.csv")
	c.write("p.failed.csv", strings.Replace(c.read("p.failed.csv"), "bob at ", "bob@", 1))
	c.must(0, "import", "./p.failed.csv")
	if got := c.statuses("p.failed.results.csv"); got["created"] != 1 {
		t.Fatalf("%v", got)
	}
	c.must(0, "import", "./p.csv")
	p := c.start("undo", c.runs()[1], "--yes")
	revoking.wait(t)
	p.signal(syscall.SIGKILL)
	p.wait(60 * time.Second)
	revoking.open()
	c.write("p.csv", c.read("p.csv")+"Cy Fox,cy@example.com\n")
	if c.must(3, "import", "./p.csv"); c.statuses("p.results.csv")["known"] != 1 {
		t.Errorf("Bob has perhaps no access: %v", c.rows("p.results.csv"))
	}
}
