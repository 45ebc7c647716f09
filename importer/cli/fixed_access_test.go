package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"jsm-onboard/apiclient/jsmtest"
)

// Somebody whose row was fixed gets the access that the fixed row asks for, and never that of the cells in the source,
// which are other ones.
func TestAccessOfAFixedRow(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "name,organization,city,email\nAnn Ray,Red Ltd,Rome,ann@x.example\nBo Ray,Red Ltd,Rome,bo@x.example\nRay, Carl,Blue Ltd,Bonn,carl@x.example\nDoe, Jane,Red Ltd,jane@x..example\n")
	c.must(3, "sync", "./people.csv", "--source", "crm", "--organizations")
	text := c.read("people.failed.csv")
	for broken, fixed := range map[string]string{
		`"Ray"," Carl","Blue Ltd","Bonn","carl@x.example","[^"]*"`: `"Ray, Carl","Blue Ltd","Bonn","carl@x.example","",""`,
		`"Doe"," Jane","Red Ltd","jane@x..example","",("[^"]*")+`:  `"Doe, Jane","Red Ltd","","jane@x.example","",""`,
	} {
		text = regexp.MustCompile(broken).ReplaceAllString(text, fixed)
	}
	c.write("people.failed.csv", text)
	c.must(0, "import", "./people.failed.csv", "--organizations")
	before := organizationsAt(c.site)
	c.must(0, "sync", "./people.csv", "--source", "crm", "--organizations", "--summary", "./night.json")
	if after := organizationsAt(c.site); len(after) != len(before) || after["Carl"] || after["Jane"] || !after["Blue Ltd"] {
		t.Errorf("the organizations were %v, and are %v", before, after)
	}
	access, _ := c.summary("night.json")["access"].(map[string]any)
	if review, ok := access["to_review"]; ok {
		t.Errorf("memberships of the fixed row are to be taken away: %v", review)
	}
}

// organizationsAt are the names of those that a site has.
func organizationsAt(site *jsmtest.Site) map[string]bool {
	names := map[string]bool{}
	for _, o := range site.Organizations() {
		names[o.Name] = true
	}
	return names
}

// An undo leaves those to a person whom a source has by a later run: the right export after the wrong one.
func TestUndoSparesWhoIsInASource(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("wrong.csv", "name,email\nAnn,a@x.example\nBo,b@x.example\nCy,c@x.example\n")
	c.write("right.csv", "name,email\nAnn,a@x.example\nBo,b@x.example\nDi,d@x.example\n")
	wrong := c.runID(c.must(0, "import", "./wrong.csv"))
	c.must(0, "sync", "./right.csv", "--source", "crm")
	c.must(3, "undo", wrong, "--results", "./undo.csv", "--yes")
	if reason := c.rows("undo.csv")[0]["jsm_reason"]; !strings.Contains(reason, "is in the source crm: take the row out there") {
		t.Error(reason)
	}
	want := map[string]string{"a@x.example": "review", "b@x.example": "review", "c@x.example": "revoked"}
	for _, row := range c.rows("undo.csv") {
		if row["jsm_status"] != want[row["email"]] {
			t.Errorf("%s is %s: %s", row["email"], row["jsm_status"], row["jsm_reason"])
		}
	}

	c.write("night.csv", "name,email\nEd,e@x.example\nFlo,f@x.example\n")
	first := c.runID(c.must(0, "sync", "./night.csv", "--source", "shop"))
	c.must(0, "undo", first, "--results", "./again.csv", "--yes") // nobody but the run itself has them
	if got := c.statuses("again.csv"); got["revoked"] != 2 {
		t.Errorf("a source that the run itself has filled: %v", got)
	}
}

// Accounts that were perhaps made by somebody else are not renamed, and nothing says that they could be.
func TestUnconfirmedAccountsKeepTheirNames(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.site.SetFaults(jsmtest.Fault{Kind: jsmtest.ResetAfter, Share: 0.5, Route: "POST"})
	c.write("people.csv", "name,email\nAnn One,a@x.example\n")
	c.run("import", "./people.csv", "--max-errors", "0")
	c.site.SetFaults()
	c.write("people.csv", "name,email\nAnn Two,a@x.example\n")
	c.run("import", "./people.csv")
	out := c.must(0, "import", "./people.csv", "--update-names")
	row := c.rows("people.results.csv")[0]
	if strings.Contains(out, "--update-names renames") || strings.Contains(row["jsm_reason"], "--update-names renames") {
		t.Errorf("a rename is promised: %s\n%s", row["jsm_reason"], out)
	}
	if !strings.Contains(row["jsm_reason"], `created as "Ann One", not certainly by this program`) {
		t.Error(row["jsm_reason"])
	}
}
