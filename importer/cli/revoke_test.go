package cli_test

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// revokedAt is whose access was taken away at the site.
func (c *trial) revokedAt() map[string]bool {
	revoked := map[string]bool{}
	for _, a := range c.site.Accounts() {
		if a.Revoked {
			revoked[a.Email] = true
		}
	}
	return revoked
}

// puts is how many revocations the site was asked for.
func (c *trial) puts() int { return c.site.Stats().Route("PUT", jsmtest.RevokePath).Requests }

// onboard syncs n people as source crm, then m fewer.
func (c *trial) onboard(n, m int) {
	c.t.Helper()
	c.export("crm.csv", n)
	c.must(0, "sync", "./crm.csv")
	if m > 0 {
		c.export("crm.csv", n-m)
		c.must(0, "sync", "./crm.csv", "--max-shrink", "100%")
	}
}

// statusOf is what became of each row of a results file, by line.
func (c *trial) statusOf(name string) map[string]string {
	status := map[string]string{}
	for _, row := range c.rows(name) {
		status[row["jsm_line"]] = row["jsm_status"]
	}
	return status
}

// thereBefore is a site that has a customer already.
func thereBefore(o *jsmtest.Options) {
	o.Existing = []jsmtest.Account{{Email: "there@example.com", Name: "There Before"}}
}

func TestRevokeWithBadRows(t *testing.T) {
	t.Parallel()
	c := newTrial(t, thereBefore)
	c.write("some.csv", "email,name\nthere@example.com,There Before\n")
	c.must(0, "import", "./some.csv")
	c.export("crm.csv", 7)
	c.must(0, "import", "./crm.csv") // a list must not have who is in a source
	ids := map[string]string{}
	for _, row := range c.rows("crm.results.csv") {
		ids[row["email"]] = row["jsm_account_id"]
	}
	rows := []struct{ id, email, action, want string }{
		{ids[personAddress(0)], personAddress(0), "revoke", "revoked"},
		{"", personAddress(1), "revoke", "revoked"}, // the ledger knows the id
		{ids[personAddress(2)], "", "revoke", "revoked"},
		{ids[personAddress(2)], personAddress(2), "revoke", "duplicate"}, // the same account
		{ids[personAddress(3)], personAddress(3), "review", "review"},
		{ids[personAddress(3)], personAddress(3), "keep", "duplicate"},
		{ids[personAddress(4)], personAddress(5), "revoke", "invalid"}, // another's id
		{ids[personAddress(4)], "stranger@example.com", "revoke", "invalid"},
		{"", "stranger@example.com", "revoke", "duplicate"},
		{"", "nobody@example.com", "revoke", "invalid"},
		{"", "", "revoke", "invalid"},
		{"not-an-id!", "", "revoke", "invalid"},
		{ids[personAddress(6)], personAddress(6), "", "review"}, // emptied by somebody who spares them
		{"foo", "", "revoke", "invalid"},                        // nor is this of an Atlassian account
		{"5AD6D3581DB05E2A66FA80B1", "", "revoke", "invalid"},
		{"5ad6d3581db05e2a66fa80b1", "", "revoke", "not_portal_only"},
		{"712020:0a1b2c3d-0000-4000-8000-00000000abcd", "", "revoke", "not_portal_only"},
		{"qm:0a1b2c3d-0000-4000-8000-00000000abcd:123456789012345678901234", "", "revoke", "not_found"},
	}
	text := "accountId,email,jsm_action\n"
	want := map[string]string{}
	for i, row := range rows {
		text += fmt.Sprintf("%s,%s,%s\n", row.id, row.email, row.action)
		want[fmt.Sprint(i+2)] = row.want
	}
	c.write("list.csv", text)
	out := c.must(3, "revoke", "./list.csv", "--yes", "--summary", "./sum.json")
	if diff := cmp.Diff(want, c.statusOf("list.revoked.csv")); diff != "" {
		t.Errorf("%s\n%s", diff, out)
	}
	if diff := cmp.Diff(map[string]bool{personAddress(0): true, personAddress(1): true, personAddress(2): true}, c.revokedAt()); diff != "" {
		t.Errorf("at the site: %s", diff)
	}
	if c.puts() != 4 {
		t.Errorf("%d requests for 3 accounts, one of them twice, and one that is not there", c.puts())
	}

	// Again: nothing is asked that is known.
	out = c.must(3, "revoke", "./list.csv", "--yes")
	if c.puts() != 5 || c.statuses("list.revoked.csv")["already_revoked"] != 3 {
		t.Errorf("again: %d requests, %v\n%s", c.puts(), c.statuses("list.revoked.csv"), out)
	}
	told := c.read("list.revoked.csv")
	c.must(3, "report")
	if again := c.read("list.revoked.csv"); again != told {
		t.Errorf("report tells it otherwise: %s", cmp.Diff(told, again))
	}

	// Who comes back is told so, and costs no request.
	posts := c.posts()
	c.export("crm.csv", 3)
	c.must(3, "import", "./crm.csv")
	if c.posts() != posts || c.statuses("crm.results.csv")["revoked_before"] != 3 {
		t.Errorf("returners: %v", c.statuses("crm.results.csv"))
	}
}

// TestNotFoundOfAnotherID: that an id is not found says nothing of an account
// whose id the ledger does not know.
func TestNotFoundOfAnotherID(t *testing.T) {
	t.Parallel()
	c := newTrial(t, thereBefore)
	c.write("some.csv", "email,name\nthere@example.com,There Before\n")
	c.must(0, "import", "./some.csv", "--resolve-conflicts=false")
	c.write("list.csv", "accountId,email\nqm:0a1b2c3d-0000-4000-8000-00000000abcd:123456789012345678901234,there@example.com\n")
	c.must(3, "revoke", "./list.csv", "--yes")
	if row := c.rows("list.revoked.csv")[0]; row["jsm_status"] != "not_found" || strings.Contains(row["jsm_reason"], "was deleted there") {
		t.Errorf("%v", row)
	}
	c.must(0, "import", "./some.csv")
	if got := c.statuses("some.results.csv"); got["known"] != 1 {
		t.Error(got)
	}
}

func TestRevokeAsks(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(5, 1)
	c.says(c.must(2, "revoke", "./crm.leavers.csv"), "--yes", "no terminal")
	c.says(c.must(0, "revoke", "./crm.leavers.csv", "--dry-run"), "1  to revoke", "Dry run")
	if c.puts() != 0 || c.exists("crm.leavers.revoked.csv") {
		t.Errorf("%d requests without a yes", c.puts())
	}
	c.says(c.must(5, "revoke", "./crm.leavers.csv", "--yes", "--max-revoke", "0"), "--max-revoke 0", "nothing was revoked")
	c.must(0, "revoke", "./crm.leavers.csv", "--yes")
	if c.puts() != 1 {
		t.Errorf("%d requests", c.puts())
	}
}

func TestRevokeNeedsSiteAdministration(t *testing.T) {
	t.Parallel()
	token := jsmtest.SandboxToken()
	token.SiteAdmin = false
	c := newTrial(t, func(o *jsmtest.Options) { o.Tokens = []jsmtest.Token{token} })
	c.onboard(40, 2)
	c.says(c.must(4, "revoke", "./crm.leavers.csv", "--yes", "--workers", "1"), "site administrator")
	if len(c.revokedAt()) != 0 || c.puts() != 2 {
		t.Errorf("%d requests after a 403", c.puts())
	}
	if got := c.statuses("crm.leavers.revoked.csv"); got["failed"] != 2 {
		t.Error(got)
	}

	// The night itself is complete nevertheless.
	out := c.must(4, "sync", "./crm.csv", "--revoke-leavers")
	c.says(out, "is complete", "site administrator")
	if list := c.rows("crm.leavers.csv"); len(list) != 2 || list[0]["jsm_run_id"] != c.runID(out) {
		t.Errorf("the list: %v", list)
	}
}

func TestStaleLeaversAreRefused(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(20, 2)
	list := c.read("crm.leavers.csv")

	c.export("crm.csv", 17) // the source has another complete run
	c.must(0, "sync", "./crm.csv")
	fresh := c.read("crm.leavers.csv")
	c.write("old.csv", list)
	c.says(c.must(1, "revoke", "./old.csv", "--yes"), "the last complete run of the source", "a new jsm-onboard sync")

	c.write("shop.csv", "name,email\nX,"+personAddress(19)+"\n") // somebody on it is back elsewhere
	c.must(0, "sync", "./shop.csv")
	c.says(c.must(1, "revoke", "./crm.leavers.csv", "--yes"), "in the source shop.csv", "row 4")
	if c.puts() != 0 || c.read("crm.leavers.csv") != fresh {
		t.Errorf("%d requests", c.puts())
	}
	c.must(0, "sync", "./crm.csv")
	c.must(0, "revoke", "./crm.leavers.csv", "--yes")
	if diff := cmp.Diff(map[string]bool{personAddress(17): true, personAddress(18): true}, c.revokedAt()); diff != "" {
		t.Error(diff)
	}

	c.write("foreign.csv", strings.ReplaceAll(fresh, `"crm.csv"`, `"erp"`))
	c.says(c.must(1, "revoke", "./foreign.csv", "--yes"), "is (none)")
}

// TestRevokeKilled kills the program while it revokes, twice, and runs it
// again until it is done: all are revoked, and each is told.
func TestRevokeKilled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, results string
		args          []string
	}{
		{"revoke", "crm.leavers.revoked.csv", []string{"revoke", "./crm.leavers.csv", "--yes"}},
		{"sync", "crm.leavers.revoked.csv", []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "100%"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var revoking atomic.Pointer[gate]
			c := newTrial(t, func(o *jsmtest.Options) {
				o.OnAnswer = func(x jsmtest.Exchange) {
					if g := revoking.Load(); g != nil {
						g.see(x)
					}
				}
			})
			c.onboard(300, 200)
			args := append(tc.args, "--workers", "4")
			for _, after := range []int{20, 70} {
				g := gateAfter(after, jsmtest.RevokePath)
				defer g.open()
				revoking.Store(g)
				p := c.start(args...)
				g.wait(t)
				if err := p.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				<-p.ended
				g.open()
			}
			before := maps.Clone(c.revokedAt())
			c.must(0, args...)
			if n := len(c.revokedAt()); n != 200 {
				t.Errorf("%d of 200 are revoked", n)
			}
			told := c.rows(tc.results)
			for _, row := range told {
				again := tc.name == "sync" && before[row["email"]] && row["jsm_status"] == "already_revoked"
				if !again && row["jsm_status"] != "revoked" || !before[row["email"]] && row["jsm_http_status"] != "204" {
					t.Errorf("%v", row)
				}
			}
			if len(told) != 200 {
				t.Errorf("%d are told, and 200 are revoked", len(told))
			}
			if most := 200 + 2*4; c.puts() > most {
				t.Errorf("%d requests: more than those in flight were asked again", c.puts())
			}
			posts, puts := c.posts(), c.puts()
			c.must(0, args...)
			if c.puts() != puts || c.posts() != posts {
				t.Error("once more, and it asks again")
			}
		})
	}
}

// TestRevokeLosesAnswers revokes at a site that loses answers in every way.
func TestRevokeLosesAnswers(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(200, 100)
	for _, kind := range []string{jsmtest.Unavailable, jsmtest.UnavailableAfter, jsmtest.ResetBefore, jsmtest.ResetAfter, jsmtest.RefusedBare} {
		c.site.SetFaults(jsmtest.Fault{Kind: kind, Share: 0.05})
	}
	c.must(0, "revoke", "./crm.leavers.csv", "--yes")
	if got := c.statuses("crm.leavers.revoked.csv"); got["revoked"] != 100 || len(c.revokedAt()) != 100 {
		t.Error(got)
	}
}

// becomes puts another site in the place of c's, at the same address: what a
// person does to the accounts by hand.
func (c *trial) becomes(change func(*jsmtest.Account) bool) {
	c.t.Helper()
	o := jsmtest.Sandbox()
	o.Quotas, o.Existing, o.Seed = nil, nil, 99 // its new accounts have other ids
	o.CloudID = cloudID
	for _, a := range c.site.Accounts() {
		a.CreatedBy = 0
		if change(&a) {
			o.Existing = append(o.Existing, a)
		}
	}
	c.replaceSite(o)
}

// TestAccessGivenBack follows people whose access was revoked and who come
// back: each night says so until somebody gives access back and says so once.
func TestAccessGivenBack(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 24)
	c.must(0, "sync", "./crm.csv")
	c.export("crm.csv", 20)
	c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	c.export("crm.csv", 24)
	c.must(3, "sync", "./crm.csv")
	returned := c.rows("crm.results.csv")[20:]
	for _, row := range returned {
		if row["jsm_status"] != "revoked_before" || !strings.Contains(row["jsm_reason"], "Customers page") || !strings.Contains(row["jsm_reason"], "--resend-known") {
			t.Errorf("%v", row)
		}
	}
	posts := c.posts()
	c.must(3, "sync", "./crm.csv")
	if c.posts() != posts {
		t.Error("revoked_before without the flag has cost a request")
	}
	c.says(c.must(0, "sync", "./crm.csv", "--resend-known", "--dry-run"), "4  to send again")

	// One is given back, one is not, one was deleted, one has another account.
	var last string
	c.becomes(func(a *jsmtest.Account) bool {
		switch a.Email {
		case personAddress(20):
			a.Revoked = false
		case personAddress(22):
			return false
		case personAddress(23):
			a.ID, a.Revoked = "qm:0a1b2c3d-0000-4000-8000-00000000abcd:123456789012345678901234", false
			last = a.ID
		}
		return true
	})
	posts = c.posts()
	c.must(3, "import", "./crm.results.csv", "--include", "jsm_status=revoked_before", "--resend-known")
	if c.posts() != posts+4 {
		t.Errorf("%d requests for 4 rows", c.posts()-posts)
	}
	var got []string
	for _, row := range c.rows("crm.results.results.csv")[20:] {
		got = append(got, row["jsm_status"])
	}
	if diff := cmp.Diff([]string{"conflict", "revoked_before", "created", "conflict"}, got); diff != "" {
		t.Errorf("with --resend-known: %s", diff)
	}
	c.toldAgain("crm.results")
	posts = c.posts()
	c.must(3, "sync", "./crm.csv")
	if diff := cmp.Diff(map[string]int{"known": 23, "revoked_before": 1}, c.statuses("crm.results.csv")); diff != "" || c.posts() != posts {
		t.Errorf("in the night after, with %d requests: %s", c.posts()-posts, diff)
	}

	// Who was made by us is ours again, and no other account ever is.
	c.export("crm.csv", 20)
	c.write("crm.csv", c.read("crm.csv")+"\n")
	c.must(3, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%") // the other account is for review
	if diff := cmp.Diff(map[string]bool{personAddress(20): true, personAddress(21): true, personAddress(22): true}, c.revokedAt()); diff != "" {
		t.Errorf("revoked after they left again: %s", diff)
	}
	if a := c.site.Find(personAddress(23)); len(a) != 1 || a[0].ID != last || a[0].Revoked {
		t.Errorf("the account that was never ours: %+v", a)
	}
}

// The results of a later run call those known, too, who were at the site before: they keep their access.
func TestRevokeSparesWhoWasThereBefore(t *testing.T) {
	t.Parallel()
	c := newTrial(t, thereBefore)
	c.write("some.csv", "email,name\nthere@example.com,There Before\nnew@example.com,New Person\n")
	c.must(0, "import", "./some.csv")
	c.must(0, "import", "./some.csv", "--results", "./second.csv")
	if got := c.statusOf("second.csv"); got["2"] != "known" || got["3"] != "known" {
		t.Fatal(got)
	}
	c.must(3, "revoke", "./second.csv", "--max-revoke", "100%", "--yes", "--results", "./revoked.csv")
	if got := c.statusOf("revoked.csv"); got["2"] != "review" || got["3"] != "revoked" || len(c.revokedAt()) != 1 {
		t.Errorf("%v, revoked at the site: %v", got, c.revokedAt())
	}
}

// undo without a run is about the run that was at work last, whatever the clock said meanwhile.
func TestUndoAfterTheClockWasWrong(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("first.csv", "name,email\nFirst One,first@example.com\n")
	c.write("second.csv", "name,email\nSecond One,second@example.com\n")
	c.must(0, "import", "./first.csv")
	db, err := sql.Open("sqlite", c.path("ledger"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE runs SET started_at = '2999-01-01T00:00:00.000Z', finished_at = started_at"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c.must(0, "import", "./second.csv")
	c.must(0, "undo", "--yes")
	if revoked := c.revokedPeople(); !slices.Equal(revoked, []string{"second@example.com"}) {
		t.Errorf("undo has revoked %v", revoked)
	}
}
