package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jsm-onboard/apiclient/jsmtest"
)

const withOrganization = "name,email,organization\nAnn,ann@example.com,Acme\nBo,bo at example.com,Acme\n"

// A folder that is moved away before the files are written a second time ends the run in the same way.
func TestFolderGoesAwayBeforeTheFilesAreWrittenAgain(t *testing.T) {
	t.Parallel()
	var c *trial
	c = newTrial(t, func(o *jsmtest.Options) {
		o.OnAnswer = func(x jsmtest.Exchange) {
			if x.Method == "POST" && x.Path != jsmtest.CreatePath {
				_ = os.Rename(c.path("out"), c.path("elsewhere"))
			}
		}
	})
	if err := os.Mkdir(c.path("out"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.write("people.csv", withOrganization)
	out := c.must(1, "import", "./people.csv", "--organizations", "--results", "./out/r.csv", "--failed", "./out/f.csv",
		"--page", "./page.html")
	c.says(out, "cannot write "+c.path("out/r.csv"), "or name another path")
	begun := c.runID(out)
	out = c.must(3, "import", "./people.csv", "--organizations")
	if c.runID(out) != begun || c.statuses("people.results.csv")["created"] != 1 {
		t.Errorf("run %s did not go on:\n%s", begun, out)
	}
}

// Files that are written again, with what became of the access, count each row once.
func TestPageCountsEachRowOnce(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", withOrganization)
	c.must(3, "import", "./people.csv", "--organizations", "--page", "./page.html")
	page := c.read("page.html")
	c.says(page, "Complete; 1 row needs attention")
	if strings.Count(page, "row 3") != 2 { // in the reasons, and in the list
		t.Errorf("row 3 stands %d times on the page", strings.Count(page, "row 3"))
	}
}

// A row that was rejected because its cells may stand in the wrong columns is not taken from the failed file until
// somebody has looked at it, though there each of its cells has a column.
func TestUneditedRowsStayRejected(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "email,company,name,notes\nbob.ray@example.com,Baker, Inc,Bob Ray,hello\nann.lee@example.com,ACME,Ann Lee,x\n")
	c.must(3, "import", "./people.csv")
	c.must(3, "import", "./people.failed.csv")
	if diff := cmp.Diff(map[string]int{"invalid": 1}, c.statuses("people.failed.results.csv")); diff != "" {
		t.Error(diff)
	}
	failed := c.read("people.failed.csv")
	reason := c.rows("people.failed.csv")[0]["jsm_reason"]
	mended := strings.NewReplacer(`"Baker"," Inc","Bob Ray","hello"`, `"Baker, Inc","Bob Ray","hello",""`, reason, "")
	c.write("people.failed.csv", mended.Replace(failed))
	c.must(0, "import", "./people.failed.csv")
	if found := c.site.Find("bob.ray@example.com"); len(found) != 1 || found[0].Name != "Bob Ray" {
		t.Errorf("%+v, from\n%s", found, c.read("people.failed.csv"))
	}
}

// A failed file is read as its export was, without any flag; and two exports
// with one stem have one each.
func TestFailedFileIsReadAsItsExportWas(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("m.csv", "Account,Mail,Name\nAnn,ann@example.com,x1\nBo,bo(at)example.com,x2\n")
	c.must(3, "import", "./m.csv", "--column", "name=Account")
	c.write("m.txt", "Account,Mail,Name\nEd,ed@example.com,x4\nCy,cy(at)example.com,x3\n")
	c.must(3, "import", "./m.txt", "--column", "name=Name")
	for name, says := range map[string]string{"m.failed.csv": "Bo", "m.failed-2.csv": "Cy"} {
		if !strings.Contains(c.read(name), says) {
			t.Errorf("%s: %s", name, c.read(name))
		}
		c.write(name, strings.ReplaceAll(c.read(name), "(at)", "@"))
	}
	c.must(0, "import", "./m.failed.csv")
	c.must(0, "import", "./m.failed-2.csv")
	for address, want := range map[string]string{"ann@example.com": "Ann", "bo@example.com": "Bo", "cy@example.com": "x3"} {
		if a := c.site.Find(address); len(a) != 1 || a[0].Name != want {
			t.Errorf("%s: %+v", address, a)
		}
	}
	c.must(0, "import", "./m.csv", "--column", "name=Account")
	for _, night := range []string{"1", "2", "3"} { // where the user names it, it is that of the last run
		c.write(night+".csv", "name,email\nAnn,ann@example.com\nBad,bad(at)example.com"+night+"\n")
		c.must(3, "sync", "./"+night+".csv", "--source", "crm", "--failed", "./rest.csv")
	}
	if c.exists("rest-2.csv") || !strings.Contains(c.read("rest.csv"), "example.com3") {
		t.Error("the file that the user names is not that of the last run")
	}
	c.write("m.failed.csv", strings.ReplaceAll(c.read("m.failed-2.csv"), "cy@", "dee@"))
	c.must(0, "import", "./m.failed.csv", "--column", "name=Name") // what the user says counts
	if a := c.site.Find("dee@example.com"); len(a) != 1 || a[0].Name != "x3" {
		t.Errorf("%+v", a)
	}
}
