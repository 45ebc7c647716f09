package cli_test

import (
	"os"
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// A rehearsal at the sandbox replaces what an earlier rehearsal wrote, and never
// the results of a real run.
func TestRehearsalLeavesRealResultsAlone(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) { o.Seed = 7 })
	c.mixed("people.csv", 3)
	rehearse := func(args ...string) (int, string) { // without the ledger of the trial
		t.Helper()
		env := c.env
		c.env = append(os.Environ(), "JSM_ONBOARD_MAX_RATE=0")
		defer func() { c.env = env }()
		return c.run(append([]string{"import", "./people.csv", "--sandbox"}, args...)...)
	}
	for range 2 {
		if code, out := rehearse(); code != 3 {
			t.Fatalf("exit code %d:\n%s", code, out)
		}
	}
	c.must(3, "import", "./people.csv")
	real := c.read("people.results.csv")
	c.write("empty.csv", "")
	for _, tc := range []struct {
		name string
		text string // of the results that stand there
		code int
	}{
		{"of a real run", real, 1},
		{"something else", "name,email\nAna,ana@example.com\n", 1},
		{"nothing", "", 1},
		{"results without an account", "\ufeff\"email\",\"jsm_status\",\"jsm_account_id\"\r\n\"x\",\"invalid\",\"\"\r\n", 3},
		{"of somebody who was at the sandbox", "email,jsm_account_id\nx," + agentID(t) + "\n", 3},
	} {
		c.write("people.results.csv", tc.text)
		code, out := rehearse()
		if code != tc.code {
			t.Errorf("%s: exit code %d:\n%s", tc.name, code, out)
		}
		if tc.code == 1 && (c.read("people.results.csv") != tc.text || !strings.Contains(out, "--results rehearsal.results.csv") || strings.Contains(out, "to create")) {
			t.Errorf("%s: it was replaced, or it is not said what to do:\n%s", tc.name, out)
		}
	}
	c.write("people.results.csv", real)
	if code, out := rehearse("--results", c.path("people.results.csv")); code != 3 || c.read("people.results.csv") == real {
		t.Errorf("what is named is written; exit code %d:\n%s", code, out)
	}
	c.write("people.results.csv", real)
	if code, out := rehearse("--dry-run"); code != 0 {
		t.Errorf("a dry run writes nothing; exit code %d:\n%s", code, out)
	}
}

// agentID is the id of somebody at the sandbox who is no customer.
func agentID(t *testing.T) string {
	t.Helper()
	for a := range jsmtest.New(jsmtest.Sandbox()).Accounts() {
		if a.Type != jsmtest.Customer {
			return a.ID
		}
	}
	t.Fatal("the sandbox has no agents")
	return ""
}

// A revocation at the sandbox, too, replaces what an earlier rehearsal wrote,
// and never the results of a real one.
func TestRehearsalLeavesRealRevocationsAlone(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) { o.Seed = 7 })
	c.export("people.csv", 2)
	c.must(0, "import", "./people.csv")
	theirs := c.rows("people.results.csv")[0]["jsm_account_id"]
	atSandbox := ""
	for a := range jsmtest.New(jsmtest.Sandbox()).Accounts() {
		if a.Type == jsmtest.Customer {
			atSandbox = a.ID
			break
		}
	}
	env := c.env
	for _, tc := range []struct {
		name, ids  string
		rehearsals int    // exit code of each
		real       string // "": there was no real run
		after      int    // exit code of a rehearsal after it
	}{
		{"accounts of the sandbox", atSandbox, 0, "", 0},
		{"accounts of the real site", theirs, 3, "revoked", 1},
		{"those that were revoked before", theirs, 3, "already_revoked", 1},
	} {
		c.write("list.csv", "accountId\n"+tc.ids+"\n")
		if err := os.RemoveAll(c.path("list.results.csv")); err != nil {
			t.Fatal(err)
		}
		rehearse := []string{"revoke", "./list.csv", "--sandbox", "--yes", "--max-revoke", "9"}
		c.env = append(os.Environ(), "JSM_ONBOARD_MAX_RATE=0") // without the ledger of the trial
		for range 2 {
			c.must(tc.rehearsals, rehearse...)
		}
		if tc.real == "" {
			continue
		}
		c.env = env
		c.must(0, "revoke", "./list.csv", "--yes", "--max-revoke", "9")
		real := c.read("list.results.csv")
		if c.statuses("list.results.csv")[tc.real] != 1 {
			t.Fatalf("%s: %s", tc.name, real)
		}
		c.env = append(os.Environ(), "JSM_ONBOARD_MAX_RATE=0")
		out := c.must(tc.after, rehearse...)
		c.says(out, "would be replaced by the results of a rehearsal", "--results rehearsal.results.csv")
		if c.read("list.results.csv") != real || strings.Contains(out, "--failed") {
			t.Errorf("%s: it was replaced, or another command's flag is named:\n%s", tc.name, out)
		}
		c.must(0, append(rehearse, "--dry-run")...)
		c.must(3, append(rehearse, "--results", "./list.results.csv")...)
		if c.read("list.results.csv") == real {
			t.Errorf("%s: what is named is not written", tc.name)
		}
		c.env = env
	}
}
