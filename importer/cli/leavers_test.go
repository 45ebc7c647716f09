package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

// team is an export of people with these ids, and more rows.
func (c *trial) team(more string, ids ...int) {
	c.t.Helper()
	text := "id,name,email,state\n"
	for _, id := range ids {
		text += fmt.Sprintf("%d,%s,%s,\n", id, personName(id), personAddress(id))
	}
	c.write("crm.csv", text+more)
}

// TestWhoseRowIsStillThere has people whose row is in the export in some form:
// that their address is in no row must not take their access away.
func TestWhoseRowIsStillThere(t *testing.T) {
	t.Parallel()
	const there = "in the export (row 9), with another address or none that can be used: settle that first"
	for _, tc := range []struct {
		name, row string
		action    string // of who has the id 1; "": not on the list
		reason    string
	}{
		{"gone", "", "revoke", "in no row of the export since"},
		{"a slip in the address", "1,P,person.1@firm,\n", "review", there},
		{"no address", "1,P,,\n", "review", there},
		{"a new address, excluded", "1,P,new@example.com,off\n", "review", there},
		{"a new address that somebody else has", "1,P," + personAddress(2) + ",\n", "review", there},
		{"a new address", "1,P,new@example.com,\n", "review", there},
		{"excluded", "1,P," + personAddress(1) + ",off\n", "", ""},
		{"another form of the address", "1,P,PERSON.1@EXAMPLE.COM,\n", "", ""},
		{"a second address of somebody", "9,P,\"ann@example.com; " + personAddress(1) + "\",\n", "", ""},
		{"the id is somebody else's", "1,Somebody,other@example.com,\n", "review", there},
		{"a slip in the address, and all else is new", "9,Q,person.1 @example.com,\n", "review", there},
		{"a slip in the address, excluded", "9,Q,person.1@example..com,off\n", "review", there},
		{"a slip in the address of a stranger", "9,Q,person.9@@example.com,\n", "revoke", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			args := []string{"sync", "./crm.csv", "--exclude", "state=off", "--revoke-leavers", "--max-revoke", "50%"}
			c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
			c.must(0, args...)
			c.team(tc.row, 2, 3, 4, 5, 6, 7, 8)
			for range 2 { // in the second night they have left already
				c.run(args...)
				action, reason := "", ""
				for _, row := range c.rows("crm.leavers.csv") {
					action, reason = row["jsm_action"], row["jsm_reason"]
				}
				if tc.action == "review" && !strings.Contains(reason, tc.reason) {
					t.Errorf("the reason is %q", reason)
				}
				if c.revokedAt()[personAddress(1)] != (tc.action == "revoke") || len(c.revokedAt()) > 1 {
					t.Errorf("revoked: %v", c.revokedAt())
				}
				if tc.action != "revoke" && action != tc.action {
					t.Errorf("the list says %q, and %q was expected", action, tc.action)
				}
			}
		})
	}
}

// TestRowThatMayBeAnybodys: a row that cannot be read holds back every revocation, in the list too, whatever the flag.
func TestRowThatMayBeAnybodys(t *testing.T) {
	t.Parallel()
	for code, flag := range map[int]string{3: "--quiet", 5: "--revoke-leavers"} {
		c := newTrial(t, nil)
		c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
		c.must(0, "sync", "./crm.csv")
		c.team("Pé\n"+fmt.Sprintf("1,%s,%s,\n", personName(1), personAddress(1)), 2, 3, 4, 5, 6)
		c.must(code, "sync", "./crm.csv", flag, "--max-revoke", "50%")
		list := c.rows("crm.leavers.csv")
		for _, one := range list {
			if one["jsm_action"] != "review" || !strings.Contains(one["jsm_reason"], "addresses could not be read (row 7)") {
				t.Errorf("%s: %v", flag, one)
			}
		}
		c.must(3, "revoke", "./crm.leavers.csv", "--yes")
		if len(list) != 2 || len(c.revokedAt()) != 0 {
			t.Errorf("%s: of %d leavers %v are revoked", flag, len(list), c.revokedAt())
		}

		// When the row is right, and one of them is back, the other is revoked.
		c.team("", 1, 2, 3, 4, 5, 6, 7)
		c.must(0, "sync", "./crm.csv")
		c.must(0, "revoke", "./crm.leavers.csv", "--yes")
		if diff := cmp.Diff(map[string]bool{personAddress(8): true}, c.revokedAt()); diff != "" {
			t.Errorf("%s: %s", flag, diff)
		}
	}
}

// TestListFromASpreadsheet gives revoke the list as a spreadsheet saves it.
func TestListFromASpreadsheet(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(20, 6)
	rows := c.rows("crm.leavers.csv")
	list := func(columns string, rows []map[string]string) {
		text := "\ufeff" + strings.ReplaceAll(columns, ",", ";") + "\r\n"
		for _, row := range rows {
			var cells []string
			for column := range strings.SplitSeq(columns, ",") {
				cells = append(cells, row[column])
			}
			text += strings.Join(cells, ";") + "\r\n"
		}
		c.write("list.csv", text)
	}
	const all = "last_seen,jsm_run_id,jsm_source,email,jsm_action,name,jsm_account_id"
	list(all, rows[:2]) // columns in another order, rows deleted, its own separator
	c.must(0, "revoke", "./list.csv", "--yes")
	if diff := cmp.Diff(map[string]bool{rows[0]["email"]: true, rows[1]["email"]: true}, c.revokedAt()); diff != "" {
		t.Error(diff)
	}

	// Who is back is not revoked, also where the addresses were taken out.
	c.write("shop.csv", "name,email\nX,"+rows[3]["email"]+"\n")
	c.must(0, "sync", "./shop.csv")
	list("jsm_account_id,jsm_action,jsm_source,jsm_run_id", rows[2:])
	c.says(c.must(1, "revoke", "./list.csv", "--yes"), "row 3", "in the source shop.csv")

	// A list without what says how old it is is no other file.
	for _, column := range []string{"jsm_source", "jsm_run_id", "jsm_action"} {
		list(strings.ReplaceAll(all, ","+column, ""), rows[4:])
		c.says(c.must(1, "revoke", "./list.csv", "--yes"), "row 2", "has lost a column")
	}

	rows[2]["jsm_run_id"] = "1,23E+45"
	list(all, rows[2:3])
	out := c.must(1, "revoke", "./list.csv", "--yes")
	if c.says(out, "1,23E+45", "the last complete run of the source"); strings.Contains(out, "this person is in") {
		t.Errorf("the person is in no source, and it says:\n%s", out)
	}
	c.export("crm.csv", 20)
	c.write("crm.csv", c.read("crm.csv")+"New,new.1@example.com,x\nNew,new.2@example.com,x\n")
	rows[2]["jsm_run_id"] = c.runID(c.must(3, "sync", "./crm.csv", "--limit", "1"))
	list(all, rows[2:3])
	c.says(c.must(1, "revoke", "./list.csv", "--yes"), rows[2]["jsm_run_id"], "the last complete run of the source")
	if n := len(c.revokedAt()); n != 2 {
		t.Errorf("%d are revoked", n)
	}
}

// TestIDLearnedLater: the external id that counts is the one that somebody had
// in the source last.
func TestIDLearnedLater(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("crm.csv", 8)
	c.must(0, "sync", "./crm.csv")
	c.team("", 0, 1, 2, 3, 4, 5, 6, 7)
	c.must(0, "sync", "./crm.csv")
	c.team("7,P,person.7@@example.com,\n", 0, 1, 2, 3, 4, 5, 6)
	for night := range 3 {
		c.must(3, "sync", "./crm.csv", "--revoke-leavers")
		if row := c.rows("crm.leavers.csv")[0]; row["jsm_action"] != "review" || len(c.revokedAt()) != 0 {
			t.Errorf("night %d: %v", night, row)
		}
		c.write("crm.csv", c.read("crm.csv")+"\n")
	}
}

// TestNightWithoutIDs: the column of external ids is missing for a night, in
// which people move to other addresses and others leave.
func TestNightWithoutIDs(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	actions := func() map[string]string {
		list := map[string]string{}
		for _, row := range c.rows("crm.leavers.csv") {
			list[row["email"]] = row["jsm_action"]
		}
		return list
	}
	c.export("crm.csv", 8)
	c.must(0, args...)
	c.team("", 0, 1, 2, 3, 4, 5, 6, 7) // ids that were not known when the accounts were made
	c.must(0, args...)

	c.write("crm.csv", "name,email\nA,"+personAddress(0)+"\nB,"+personAddress(1)+"\nC,"+personAddress(2)+"\nD,"+personAddress(3)+"\nE,"+personAddress(4)+"\nF,moved.5@example.com\n")
	out := c.must(0, append(args, "--max-shrink", "50%")...)
	if diff := cmp.Diff(map[string]string{personAddress(5): "review", personAddress(6): "review", personAddress(7): "review"}, actions()); diff != "" {
		t.Errorf("without ids: %s\n%s", diff, out)
	}
	if reason := c.rows("crm.leavers.csv")[0]["jsm_reason"]; !strings.Contains(reason, "are missing or not those of earlier runs") {
		t.Error(reason)
	}

	// It is back: 5 has moved, 6 has left, and there are slips in the addresses of 4 and 7.
	c.team("5,P,moved.5@example.com,\n4,P,person.4@@example.com,\n7,P,person.7@@example.com,\n", 0, 1, 2, 3)
	c.must(3, args...)
	want := map[string]string{personAddress(4): "review", personAddress(5): "review", personAddress(6): "revoke", personAddress(7): "review"}
	if diff := cmp.Diff(want, actions()); diff != "" {
		t.Errorf("with ids again: %s", diff)
	}
	if diff := cmp.Diff(map[string]bool{personAddress(6): true}, c.revokedAt()); diff != "" {
		t.Errorf("at the site: %s", diff)
	}
}

// idsOfAnImport has eight people whose ids only an import had, and who are in a source without any.
func idsOfAnImport(t *testing.T) *trial {
	c := newTrial(t, nil)
	c.team("", 0, 1, 2, 3, 4, 5, 6, 7)
	c.must(0, "import", "./crm.csv")
	c.export("crm.csv", 8)
	c.must(0, "sync", "./crm.csv")
	return c
}

// TestIDsOfAnotherExport: ids that only an import had say nothing of a source
// that never had any.
func TestIDsOfAnotherExport(t *testing.T) {
	t.Parallel()
	c := idsOfAnImport(t)
	c.export("crm.csv", 7)
	c.must(0, "sync", "./crm.csv", "--revoke-leavers")
	if diff := cmp.Diff(map[string]bool{personAddress(7): true}, c.revokedAt()); diff != "" {
		t.Error(diff)
	}
}

// TestIDsThatOnlyAnImportHad: they find somebody's row all the same, when the source has ids at last.
func TestIDsThatOnlyAnImportHad(t *testing.T) {
	t.Parallel()
	c := idsOfAnImport(t)
	c.team("7,P,person.7@@example.com,\n", 0, 1, 2, 3, 4, 5, 6)
	c.must(3, "sync", "./crm.csv")
	if row := c.rows("crm.leavers.csv")[0]; row["email"] != personAddress(7) || row["jsm_action"] != "review" {
		t.Errorf("%v", row)
	}
}

// TestInAnotherSourceInSomeForm has people leave one source who are in the
// latest export of another, and not as customers.
func TestInAnotherSourceInSomeForm(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, "sync", "./crm.csv")
	shop := "id,name,email,state\n90,Shop,shop@example.com,\n91,P," + personAddress(1) + ",off\n92,Q,\"q@example.com; " + personAddress(2) + "\",\n"
	c.write("shop.csv", shop)
	c.must(0, "sync", "./shop.csv", "--exclude", "state=off")
	c.team("", 4, 5, 6, 7, 8)
	revoke := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%", "--max-shrink", "50%"}
	c.must(0, revoke...)
	if diff := cmp.Diff(map[string]bool{personAddress(3): true}, c.revokedAt()); diff != "" {
		t.Errorf("with two in the shop's export: %s", diff)
	}

	// Their rows in the shop have slips in the address: they may be there still.
	c.write("shop.csv", strings.ReplaceAll(shop, "@example.com,off", "@@example.com,off"))
	c.must(0, "sync", "./shop.csv", "--exclude", "state=off", "--max-shrink", "50%")
	c.write("crm.csv", c.read("crm.csv")+"\n")
	c.must(0, revoke...)
	if n := len(c.revokedAt()); n != 1 {
		t.Errorf("with a slip in the shop's export: %v", c.revokedAt())
	}

	// They leave the shop: nobody was onboarded from there, and crm has left them.
	c.write("shop.csv", "id,name,email,state\n90,Shop,shop@example.com,\n92,Q,q@example.com,\n")
	c.must(0, "sync", "./shop.csv", "--max-shrink", "50%")
	if rows := c.rows("shop.leavers.csv"); len(rows) != 0 {
		t.Errorf("leavers of the shop: %v", rows)
	}
	c.write("crm.csv", c.read("crm.csv")+"\n")
	c.must(0, revoke...)
	if n := len(c.revokedAt()); n != 3 {
		t.Errorf("%v", c.revokedAt())
	}
}

// TestNightsThatDoNotShowWhoIsThere: nobody leaves a source by a run that was held back, stopped, or could not read all of
// its rows. So another source that has lost them takes nobody's access, until a run of the first shows that they are gone.
func TestNightsThatDoNotShowWhoIsThere(t *testing.T) {
	t.Parallel()
	for name, night := range map[string]struct {
		code  int
		rows  string
		flags []string
		fault string
	}{
		"held back":               {5, "", []string{"--max-shrink", "0%"}, ""},
		"held back by a new row":  {5, "9,New,new@example.com,\n", []string{"--max-creates", "0"}, ""},
		"a limit":                 {0, "9,New,new@example.com,\n10,New,new.10@example.com,\n", []string{"--limit", "1"}, ""},
		"stopped":                 {4, "9,New,new@example.com,\n", nil, jsmtest.TokenEnds},
		"a row of too many cells": {3, "9,New,new@example.com,,too many\n", nil, ""},
		"cut off":                 {3, "9,New,new@exam", nil, ""},
		"a mistyped address":      {3, "1,P,person.1@@example.com,\n", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
			c.must(0, "sync", "./crm.csv", "--source", "shop")
			c.must(0, "sync", "./crm.csv", "--source", "crm")
			c.team(night.rows, 2, 3, 4, 5, 6, 7, 8)
			if night.fault != "" {
				c.site.SetFaults(jsmtest.Fault{Kind: night.fault})
			}
			c.must(night.code, append([]string{"sync", "./crm.csv", "--source", "shop"}, night.flags...)...)
			c.site.SetFaults()
			c.team("", 2, 3, 4, 5, 6, 7, 8)
			c.must(0, "sync", "./crm.csv", "--source", "crm", "--revoke-leavers")
			if list := c.rows("crm.leavers.csv"); len(list) != 0 || len(c.revokedAt()) != 0 {
				t.Errorf("crm lists %v, and revokes %v", list, c.revokedAt())
			}
			c.must(0, "sync", "./crm.csv", "--source", "shop", "--revoke-leavers")
			if list := c.rows("crm.leavers.csv"); len(list) != 1 || !c.revokedAt()[personAddress(1)] {
				t.Errorf("she has left both, the list has %v, and %v are revoked", list, c.revokedAt())
			}
		})
	}
}

// TestBackInARowThatIsNotSent: a leaver who is on the list already is taken off
// by any row.
func TestBackInARowThatIsNotSent(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	args := []string{"sync", "./crm.csv", "--exclude", "state=off", "--max-revoke", "50%"}
	c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, args...)
	c.team("", 3, 4, 5, 6, 7, 8)
	c.must(0, append(args, "--max-shrink", "50%")...)
	c.team(fmt.Sprintf("1,P,%s,off\n9,Q,\"q@example.com; %s\",\n", personAddress(1), personAddress(2)), 3, 4, 5, 6, 7, 8)
	c.must(0, append(args, "--revoke-leavers")...)
	if rows := c.rows("crm.leavers.csv"); len(rows) != 0 || len(c.revokedAt()) != 0 {
		t.Errorf("%v, %v", rows, c.revokedAt())
	}
	c.team("", 8, 3, 4, 5, 6, 7)
	c.must(0, append(args, "--revoke-leavers", "--max-shrink", "50%")...)
	if revoked := c.revokedAt(); !revoked[personAddress(1)] || !revoked[personAddress(2)] {
		t.Errorf("they have left for good, and %v are revoked", c.revokedAt())
	}
}

// TestLeaversAreForeseen: the plan says whose access a sync would take, and a
// dry run ends as the sync would.
func TestLeaversAreForeseen(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, "sync", "./crm.csv")
	c.team("7,P,person.7@@example.com,\n", 3, 4, 5, 6, 8, 9)
	dry := []string{"sync", "./crm.csv", "--max-shrink", "50%", "--dry-run"}
	c.says(c.must(0, dry...), "2 to revoke, 1 to review: listed when all rows are done; nobody's access is revoked")
	dry = append(dry, "--revoke-leavers")
	c.says(c.must(5, dry...), "2 to revoke, 1 to review", "nobody's access is revoked", "2 accounts would be revoked",
		"--max-revoke 5% (at least 1) allows 1", "crm.leavers.csv --max-revoke 2")
	dry = append(dry, "--max-revoke", "2")
	c.says(c.must(0, dry...), "access is revoked for 2 leavers when all rows are done", "2 leavers to revoke")
	c.write("crm.csv", c.read("crm.csv")+"10,\"broken\n")
	c.says(c.must(5, dry...), "addresses could not be read (row ")
	if c.puts() != 0 || c.exists("crm.leavers.revoked.csv") || len(c.rows("crm.leavers.csv")) != 0 {
		t.Error("a dry run has revoked or listed somebody")
	}
}

// A list of leavers with nobody on it is what a good night writes, and revoke takes it; every other file without rows may
// be an export that has failed.
func TestNightOnWhichNobodyHasLeft(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.team("", 1, 2, 3)
	c.must(0, "sync", "./crm.csv")
	list := c.read("crm.leavers.csv")
	for range 2 {
		c.says(c.must(0, "revoke", "./crm.leavers.csv", "--yes", "--exclude", "email=boss@example.com", "--summary", "./sum.json"),
			"there is nobody to revoke", "Nothing has to be sent", "is complete")
		if s := c.summary("sum.json"); s["outcome"] != "complete" || s["rows"].(map[string]any)["read"] != 0.0 || len(c.rows("crm.leavers.revoked.csv")) != 0 {
			t.Errorf("the summary is %v", s)
		}
	}
	c.must(0, "report")
	c.write("tabs.csv", strings.ReplaceAll(list, ",", "\t")) // as a spreadsheet saves it
	c.must(0, "revoke", "./tabs.csv", "--yes")
	for name, text := range map[string]string{
		"accounts":         "email,jsm_account_id\n",
		"results":          "email,name,jsm_status,jsm_account_id,jsm_reason\n",
		"rows to fix":      "email,name,jsm_reason,jsm_row,jsm_line\n",
		"nothing whatever": "",
	} {
		c.write("none.csv", text)
		if code, out := c.run("revoke", "./none.csv", "--yes"); code != 1 || !strings.Contains(out, "nothing to do") {
			t.Errorf("%s: exit code %d\n%s", name, code, out)
		}
	}
	c.says(c.must(1, "import", "./crm.leavers.csv"), "the file has no rows")
	c.says(c.must(1, "sync", "./crm.leavers.csv", "--source", "crm"), "the file has no rows")
	if c.puts() != 0 {
		t.Error("somebody was revoked")
	}
}

// What a plan announces has the same name and number in the totals.
func TestFiguresOfANight(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.team("", 1, 2, 3, 4, 5, 6, 7, 8)
	c.must(0, "sync", "./crm.csv")
	c.team("3,Other Name,person.3@example.com,\n", 4, 5, 6, 7, 8)
	out := c.must(0, "sync", "./crm.csv", "--update-names", "--revoke-leavers", "--max-revoke", "2", "--max-shrink", "50%", "--max-renames", "1")
	c.says(out, "To send: 1 name to change, 2 leavers to revoke.", "Requests   0 sent\n", " more for checks, look-ups, names, access and leavers",
		"2 to revoke, 0 to review", "2 revoked: ", "1  renamed")
	if c.puts() != 2 {
		t.Errorf("%d were revoked", c.puts())
	}
}

// A row that could not be read holds back the revocation of leavers until it has been fixed, in the export or in the failed file.
func TestFixedRowHoldsNobodyBack(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	const header = "external_id,name,email\n"
	people := ""
	for i := range 20 {
		people += fmt.Sprintf("id%d,%s,%s\n", i, personName(i), personAddress(i))
	}
	c.write("crm.csv", header+people)
	c.must(0, "sync", "./crm.csv")
	_, stay, _ := strings.Cut(people, "\n")
	c.write("crm.csv", header+strings.Replace(stay, personAddress(5)+"\n", personAddress(5)+",too many\n", 1))
	out := c.must(5, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	c.says(out, "addresses could not be read (row 6)")
	for _, row := range c.rows("crm.leavers.csv") {
		if row["jsm_action"] != "review" {
			t.Errorf("%v", row)
		}
	}
	c.write("crm.failed.csv", "external_id,name,email,jsm_reason,jsm_row,jsm_line\nid5,"+personName(5)+","+personAddress(5)+",,6,6\n")
	out = c.must(5, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	c.says(out, "crm.failed-2.csv, fixed") // the other one was edited
	c.must(0, "import", "./crm.failed.csv")
	c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	if gone := c.revokedAt(); len(gone) != 1 || !gone[personAddress(0)] {
		t.Errorf("revoked: %v", gone)
	}
}

// A sync that goes through all of its rows and then stops, as when the token ends while it gives access, does not say
// that it stopped before its last row.
func TestSyncStopsAfterItsLastRow(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Faults = []jsmtest.Fault{{Kind: jsmtest.TokenEnds, Route: jsmtest.OrgUsersPath}}
	})
	c.write("crm.csv", "name,email,organization\nAnn Lee,ann@x.example,Acme\n")
	out := c.must(4, "sync", "./crm.csv", "--organizations")
	c.says(out, "1  created", "the run stopped before its end")
	if strings.Contains(out, "last row") {
		t.Error(out)
	}
}

// Whoever stands behind the end of a file that was cut off has not left, nor has anybody above its header.
func TestLeaversOutsideTheRows(t *testing.T) {
	t.Parallel()
	whole := "name,email,team,phone\n"
	for i := range 41 {
		whole += fmt.Sprintf("Person Someone %d,person.%d@example.com,Team,555\n", i, i)
	}
	before, _, _ := strings.Cut(whole, "Person Someone 38")
	for _, last := range []string{
		"Person Someone 38,person.38@example.com,Te", "ERROR 2013 (HY000): Lost connection to server during query\n",
		"<html><head><title>502 Bad Gateway</title></head></html>\n", "PHP Fatal error:  Allowed memory size exhausted\n", "Person Someone 38,person.38@example.com,", "Person Someone 38,person.38@example.com",
		"Person Someone 38,person.38@exam", "Person Some", "Person Someone 38,person.38@@example.com,Te", "Nobody,nobody@example.com,No",
	} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.write("crm.csv", whole)
			c.must(0, "sync", "./crm.csv")
			c.write("crm.csv", before+last)
			c.says(c.must(5, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%", "--exclude", "team=No"), "nobody is revoked", "make the export again")
			if len(c.revokedAt()) != 0 {
				t.Errorf("the access is revoked of %v", c.revokedPeople())
			}
			for _, row := range c.rows("crm.leavers.csv") {
				if row["jsm_action"] != "review" {
					t.Errorf("%s is to be revoked: %s", row["email"], row["jsm_reason"])
				}
			}
			c.write("crm.csv", before)
			c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
			if got := len(c.revokedAt()); got != 3 {
				t.Errorf("%d of 3 leavers are revoked by an export that was not cut off", got)
			}
		})
	}
	c := newTrial(t, nil)
	c.write("crm.csv", "name,email\nAnn Lee,ann@example.com\nBob Ray,bob@example.com\nCy Dole,cy@example.com\n")
	c.must(0, "sync", "./crm.csv")
	for _, first := range []string{"Ann Lee,ann@example.com", "Ann Lee,Ann Lee <ann@example.com>", "Ann Lee,mailto:ann@example.com"} {
		c.write("crm.csv", first+"\nname,email\nBob Ray,bob@example.com\nCy Dole,cy@example.com\n")
		c.must(1, "sync", "./crm.csv", "--revoke-leavers")
	}
	c.write("crm.csv", "Ann Lee,ann@@example.com\nname,email\nBob Ray,bob@example.com\nCy Dole,cy@example.com\n")
	c.must(0, "sync", "./crm.csv", "--revoke-leavers")
	if got := c.rows("crm.leavers.csv"); len(got) != 1 || got[0]["jsm_action"] != "review" || len(c.revokedAt()) != 0 {
		t.Errorf("the list has %v", got)
	}
}
