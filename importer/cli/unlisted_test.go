package cli_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// theirs has n accounts that are at the site before us.
func theirs(n int) func(*jsmtest.Options) {
	return func(o *jsmtest.Options) {
		for i := range n {
			o.Existing = append(o.Existing, jsmtest.Account{Email: fmt.Sprintf("there.%d@example.com", i), Name: fmt.Sprintf("There %d", i)})
		}
	}
}

// crm is an export of n people and of those who are theirs, after sync or import.
func (c *trial) crm(command string, n, there int) {
	c.t.Helper()
	c.export("crm.csv", n)
	text := c.read("crm.csv")
	for i := range there {
		text += fmt.Sprintf("There %d,there.%d@example.com,x\n", i, i)
	}
	c.write("crm.csv", text)
	c.must(0, command, "./crm.csv")
}

// TestRevokeNamesTheWholeExport: the export in the place of its list of leavers
// takes access from nobody, unless it is said from how many.
func TestRevokeNamesTheWholeExport(t *testing.T) {
	t.Parallel()
	c := newTrial(t, theirs(2))
	c.crm("sync", 30, 2)
	results := c.read("crm.results.csv")
	args := []string{"revoke", "./crm.csv", "--results", "./revoked.csv"}
	share := "30 of the 30 accounts this program has created and not revoked; and 2 that were not certainly created by it"
	c.says(c.must(0, append(args, "--dry-run")...), share, "32  to revoke")
	c.says(c.must(5, append(args, "--yes", "--summary", "./sum.json")...), "32 accounts would be revoked ("+share+")", "not a list of leavers", "--max-revoke 32")
	if c.puts() != 0 || c.exists("revoked.csv") || c.read("crm.results.csv") != results {
		t.Fatalf("%d requests for a file that was refused", c.puts())
	}
	rows := c.summary("sum.json")["rows"].(map[string]any)
	if rows["read"] != 32.0 || rows["not_attempted"] != 32.0 {
		t.Errorf("the summary: %v", rows)
	}
	c.must(0, append(args, "--yes", "--max-revoke", "32")...)
	if n := len(c.revokedAt()); n != 32 || c.statuses("revoked.csv")["revoked"] != 32 {
		t.Errorf("%d are revoked, as was asked for", n)
	}
	c.must(0, append(args, "--yes")...) // nothing is left to do, and the results are its own
}

// TestHowManyUnlisted has files of some of the accounts, with and without a word
// about what is to be done.
func TestHowManyUnlisted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		people, theirs int    // in the ledger
		some, others   int    // of them in the file
		strangers      int    // in the file, and not in the ledger
		action         string // of each row
		code           int
		says           string
	}{
		{"half of them", 30, 0, 15, 0, 0, "", 0, "15 of the 30 accounts this program has created and not revoked."},
		{"more than half", 30, 0, 16, 0, 0, "", 5, "--max-revoke 16"},
		{"a handful", 10, 0, 10, 0, 0, "", 0, "10 of the 10 accounts this program has created and not revoked."},
		{"a list", 30, 0, 30, 0, 0, "revoke", 0, "30  to revoke"},
		{"none of ours", 1, 11, 0, 11, 0, "", 5, "(0 of the 1 account this program has created and not revoked; and 11 that were not certainly created by it"},
		{"a list with one that is not ours", 30, 1, 1, 1, 0, "revoke", 3, "1  review"},
		{"strangers", 1, 0, 0, 0, 12, "", 3, "and 12 that it does not know"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, theirs(tc.theirs))
			c.crm("import", tc.people, tc.theirs) // a list must not have who is in a source
			text, end := "email,accountId", "\n"
			if tc.action != "" {
				text, end = text+",jsm_action", ","+tc.action+"\n"
			}
			text += "\n"
			for i := range tc.some {
				text += personAddress(i) + "," + end
			}
			for i := range tc.others {
				text += fmt.Sprintf("there.%d@example.com,%s", i, end)
			}
			for i := range tc.strangers {
				text += fmt.Sprintf(",qm:0a1b2c3d-0000-4000-8000-00000000abcd:%024d%s", i, end)
			}
			c.write("list.csv", text)
			out := c.must(tc.code, "revoke", "./list.csv", "--yes")
			c.says(out, tc.says)
			want := tc.some + tc.others
			if tc.action != "" { // of a list only ours are revoked
				want = tc.some
			}
			if tc.code == 5 {
				want = 0
			}
			if diff := cmp.Diff(want, len(c.revokedAt())); diff != "" {
				t.Errorf("revoked: %s\n%s", diff, out)
			}
		})
	}
}

// TestNumbersArePeoples: numbers of people and rows are grouped.
func TestNumbersArePeoples(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 2200)
	c.must(0, "sync", "./crm.csv")
	c.export("crm.csv", 1100)
	c.says(c.must(0, "sync", "./crm.csv", "--dry-run", "--max-shrink", "100%"), "1,100  known")
	c.must(0, "sync", "./crm.csv", "--max-shrink", "100%")
	c.says(c.must(0, "report", "--prune", "0d"), "1 run is forgotten; accounts are kept.")
}

// TestRefusedRevocationsAreTold: the 429s of a sync's revocations are those of
// the site. 15 are to be revoked: more than two windows let through, wherever they begin.
func TestRefusedRevocationsAreTold(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Quotas = []jsmtest.Quota{{Method: "PUT", Limit: 5, Window: 2 * time.Second}}
	})
	c.onboard(30, 0)
	c.export("crm.csv", 15)
	out := c.must(0, "sync", "./crm.csv", "--max-shrink", "100%", "--revoke-leavers", "--max-revoke", "100%", "--summary", "./sum.json", "--metrics-file", "./m.prom")
	refused := c.site.Stats().Route("PUT", jsmtest.RevokePath).Answers[429]
	if refused == 0 {
		t.Fatal("the site has refused nothing")
	}
	c.says(out, "15 revoked")
	c.must(0, "report", c.runs()[1], "--summary", "./revoked.json") // the run that revoked ended before its sync
	if told := c.summary("revoked.json")["requests"].(map[string]any)["throttled"]; told != float64(refused) {
		t.Errorf("the summary says %v of %d", told, refused)
	}
}

// TestRetriedBesidesRenames: what was sent and retried are creates; no rename is taken for the first try of one.
func TestRetriedBesidesRenames(t *testing.T) {
	t.Parallel()
	ill := false
	c := newTrial(t, func(o *jsmtest.Options) {
		o.OnCreate = func(_ string, attempt int) jsmtest.Decision {
			if ill && attempt == 1 {
				return jsmtest.Decision{Fault: jsmtest.Unavailable}
			}
			return jsmtest.Decision{}
		}
	})
	c.write("people.csv", renamed(8, 0))
	c.must(0, "import", "./people.csv")
	ill = true
	c.site.SetFaults(jsmtest.Fault{Kind: jsmtest.Unavailable, Share: 0.4, Route: jsmtest.RenamePath})
	c.write("people.csv", renamed(12, 1))
	c.must(0, "import", "./people.csv", "--update-names", "--summary", "./sum.json")
	told := c.summary("sum.json")["requests"].(map[string]any)
	if told["sent"] != 8.0 || told["retried"] != 4.0 || told["ambiguous"] != 4.0 {
		t.Errorf("8 requests for 4 customers are told as %v", told)
	}
}
