package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	for _, tc := range []struct {
		name, row string
		action    string // of who has the id 1; "": not on the list
	}{
		{"gone", "", "revoke"},
		{"a slip in the address", "1,P,person.1@@example.com,\n", "review"},
		{"no address", "1,P,,\n", "review"},
		{"a new address, excluded", "1,P,new@example.com,off\n", "review"},
		{"a new address that somebody else has", "1,P," + personAddress(2) + ",\n", "review"},
		{"a new address", "1,P,new@example.com,\n", "review"},
		{"excluded", "1,P," + personAddress(1) + ",off\n", ""},
		{"another form of the address", "1,P,PERSON.1@EXAMPLE.COM,\n", ""},
		{"a second address of somebody", "9,P,\"ann@example.com; " + personAddress(1) + "\",\n", ""},
		{"the id is somebody else's", "1,Somebody,other@example.com,\n", "review"},
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
				action := ""
				for _, row := range c.rows("crm.leavers.csv") {
					action = row["jsm_action"]
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

// TestListFromASpreadsheet gives revoke the list as a spreadsheet saves it.
func TestListFromASpreadsheet(t *testing.T) {
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
	list("jsm_account_id,jsm_source,jsm_run_id", rows[2:])
	c.says(c.must(1, "revoke", "./list.csv", "--yes"), "line 3", "latest run of the source shop.csv")

	rows[2]["jsm_run_id"] = "1,23E+45"
	list(all, rows[2:3])
	c.says(c.must(1, "revoke", "./list.csv", "--yes"), "1,23E+45", "spreadsheet")
	c.export("crm.csv", 20)
	c.write("crm.csv", c.read("crm.csv")+"New,new.1@example.com,x\nNew,new.2@example.com,x\n")
	rows[2]["jsm_run_id"] = c.runID(c.must(3, "sync", "./crm.csv", "--limit", "1"))
	list(all, rows[2:3])
	c.says(c.must(1, "revoke", "./list.csv", "--yes"), "has listed this leaver, and has not got to its end")
	if n := len(c.revokedAt()); n != 2 {
		t.Errorf("%d are revoked", n)
	}
}

// TestIDLearnedLater: the external id that counts is the one that somebody had
// in the source last.
func TestIDLearnedLater(t *testing.T) {
	c := newTrial(t, nil)
	c.export("crm.csv", 8)
	c.must(0, "sync", "./crm.csv")
	c.team("", 0, 1, 2, 3, 4, 5, 6, 7)
	c.must(0, "sync", "./crm.csv")
	c.team("7,P,person.7@@example.com,\n", 0, 1, 2, 3, 4, 5, 6)
	c.must(3, "sync", "./crm.csv", "--revoke-leavers")
	if row := c.rows("crm.leavers.csv")[0]; row["jsm_action"] != "review" || len(c.revokedAt()) != 0 {
		t.Errorf("%v", row)
	}
}
