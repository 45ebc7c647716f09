package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// withIDs is an export of people with ids of this form.
func withIDs(form string, ids ...int) string {
	text := "id,name,email\n"
	for _, id := range ids {
		text += fmt.Sprintf("%s,%s,%s\n", fmt.Sprintf(form, id), personName(id), personAddress(id))
	}
	return text
}

// leaver is the one leaver on the list.
func (c *trial) leaver() (action, reason string) {
	c.t.Helper()
	list := c.rows("crm.leavers.csv")
	if len(list) != 1 {
		c.t.Fatalf("the list has %v", list)
	}
	return list[0]["jsm_action"], list[0]["jsm_reason"]
}

// While the ids of an export are other ones than those of earlier runs, nobody is recognised by them at another address:
// whoever has left is left to review, night after night, until that is settled; then the new ids are those that count.
func TestExternalIDsOfAnotherForm(t *testing.T) {
	t.Parallel()
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	for form, want := range map[string]string{"%d.0": "same external id", "b3c1-%04x": "not those of earlier runs"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.write("crm.csv", withIDs("%d", 1, 2, 3, 4, 5, 6, 7, 8))
			c.must(0, args...)
			moved := withIDs(form, 2, 3, 4, 5, 6, 7, 8) + fmt.Sprintf(form, 1) + ",P,moved@example.com\n"
			for night := range 3 {
				c.write("crm.csv", moved+strings.Repeat("\n", night))
				c.must(0, args...)
				if action, reason := c.leaver(); action != "review" || !strings.Contains(reason, want) {
					t.Errorf("night %d: %s, %q", night, action, reason)
				}
			}
			c.write("one.csv", "account id\n"+c.rows("crm.leavers.csv")[0]["jsm_account_id"]+"\n")
			c.must(0, "revoke", "./one.csv", "--yes")
			c.must(0, args...)
			c.write("crm.csv", withIDs(form, 3, 4, 5, 6, 7, 8)+fmt.Sprintf(form, 1)+",P,moved@example.com\n")
			c.must(0, args...)
			if got := c.revokedPeople(); !slices.Equal(got, []string{personAddress(1), personAddress(2)}) {
				t.Errorf("revoked: %v", got)
			}
		})
	}
}

// Leavers who are no accounts of ours keep no new ids away: nobody can settle them.
func TestExternalIDsOfAnotherFormBesideStrangers(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) { o.Existing = []jsmtest.Account{{Email: personAddress(6)}} })
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	c.write("crm.csv", withIDs("%d", 1, 2, 3, 4, 5, 6, 7, 8))
	c.must(0, args...)
	c.write("crm.csv", withIDs("b3c1-%04x", 1, 2, 3, 4, 5, 7, 8))
	c.must(0, args...)
	c.write("crm.csv", withIDs("b3c1-%04x", 1, 2, 3, 4, 7, 8))
	c.must(3, args...) // the stranger is left to review
	if got := c.revokedPeople(); !slices.Equal(got, []string{personAddress(5)}) {
		t.Errorf("revoked: %v", got)
	}
}

// An export that comes again after another one does not take access from those who came with that.
func TestYesterdaysExport(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%", "--max-shrink", "50%"}
	first := withIDs("%d", 1, 2, 3, 4, 5, 6, 7, 8)
	second := withIDs("%d", 1, 2, 3, 4, 5, 6, 7, 8, 9)
	c.write("crm.csv", first)
	run := c.runID(c.must(0, args...))
	c.write("crm.csv", second)
	c.must(0, args...)
	c.write("crm.csv", first)
	c.says(c.must(5, args...), "nobody is revoked: it is the export of run "+run+" again")
	if action, reason := c.leaver(); action != "review" || !strings.Contains(reason, "the export of run "+run+" again") {
		t.Errorf("%s, %q", action, reason)
	}
	c.write("other.csv", withIDs("%d", 1, 9))
	c.must(0, "sync", "./other.csv")
	c.write("other.csv", withIDs("%d", 1)) // 9 has left it, and is perhaps in crm still
	c.must(0, "sync", "./other.csv", "--revoke-leavers", "--max-shrink", "100%", "--max-revoke", "100%")
	c.write("crm.csv", second)
	c.must(0, args...)
	if len(c.revokedAt()) > 0 {
		t.Fatalf("revoked: %v", c.revokedPeople())
	}
	c.write("crm.csv", first)
	c.must(5, args...)
	c.must(0, args...) // who is gone in two nights is gone
	if got := c.revokedPeople(); !slices.Equal(got, []string{personAddress(9)}) {
		t.Errorf("revoked: %v", got)
	}
}

// How many leavers may be revoked is a share of their source, however much the ledger has besides.
func TestMaxRevokeIsOfTheSource(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("all.csv", 400)
	c.must(0, "import", "./all.csv")
	c.export("vip.csv", 40)
	c.must(0, "sync", "./vip.csv")
	c.export("vip.csv", 34)
	out := c.must(5, "sync", "./vip.csv", "--revoke-leavers")
	c.says(out, "6 accounts would be revoked, of the 40 people who were in the source, and --max-revoke 5% (at least 1) allows 2")
	if len(c.revokedAt()) > 0 {
		t.Errorf("revoked: %v", c.revokedPeople())
	}
}

// Whoever was missing in a night that was held, and is gone in the next, counts among the people of the source.
func TestMaxRevokeCountsWhoWasMissing(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	ids := make([]int, 40)
	for i := range ids {
		ids[i] = i
	}
	c.named(ids...)
	c.must(0, "sync", "./crm.csv")
	c.named(ids[:38]...)
	c.write("crm.csv", strings.Replace(c.read("crm.csv"), personName(7)+",", "Pé\n"+personName(7)+",", 1)) // no address
	c.must(5, "sync", "./crm.csv", "--revoke-leavers")
	c.named(ids[:38]...)
	c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "5%") // 2 of 40, and not of 38
	if got := c.revokedPeople(); len(got) != 2 {
		t.Errorf("revoked: %v", got)
	}
}

// What the plan allows is what is revoked, also where few of the people of the source are ours.
func TestMaxRevokeBesideStrangers(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		for i := range 38 {
			o.Existing = append(o.Existing, jsmtest.Account{Email: personAddress(i)})
		}
	})
	c.export("crm.csv", 42)
	c.must(0, "sync", "./crm.csv")
	c.export("crm.csv", 40)
	c.must(0, "sync", "./crm.csv", "--revoke-leavers")
	if got := c.revokedPeople(); len(got) != 2 {
		t.Errorf("revoked: %v", got)
	}
}

// Whoever was revoked, was in an export after that and has left again may have got access back by hand.
func TestLeaverWhoMayHaveAccessAgain(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	c.named(1, 2, 3, 4)
	c.must(0, args...)
	c.named(2, 3, 4)
	c.must(0, args...)
	if list := c.rows("crm.leavers.csv"); len(list) != 0 && list[0]["jsm_action"] != "revoke" {
		t.Errorf("the list has %v", list)
	}
	c.write("crm.csv", "name,email\n"+personName(1)+","+personAddress(1)+"\n"+strings.TrimPrefix(c.read("crm.csv"), "name,email\n"))
	c.must(3, args...)
	c.becomes(func(a *jsmtest.Account) bool { a.Revoked = false; return true })
	c.named(4, 2, 3)
	c.must(0, args...)
	if action, reason := c.leaver(); action != "review" || !strings.Contains(reason, "may have access again") || len(c.revokedAt()) > 0 {
		t.Errorf("%s, %q, revoked: %v", action, reason, c.revokedPeople())
	}
}

// One account that the ledger knows by two addresses is not revoked because one of them has left.
func TestLeaverWhoseAccountHasAnotherAddress(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	c.named(1, 2, 3, 4)
	c.must(0, args...)
	c.becomes(func(a *jsmtest.Account) bool {
		if a.Email == personAddress(1) {
			a.Email = "new.one@example.com" // corrected at the site
		}
		return true
	})
	c.named(2, 3, 4)
	c.write("crm.csv", c.read("crm.csv")+"New One,new.one@example.com\n")
	c.must(0, args...)
	if action, reason := c.leaver(); action != "review" || !strings.Contains(reason, "has another address, new.one@example.com") {
		t.Errorf("%s, %q", action, reason)
	}
	if len(c.revokedAt()) > 0 {
		t.Errorf("revoked: %v", c.revokedPeople())
	}
}
