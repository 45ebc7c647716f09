package cli_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A new list of people under the name of an earlier one leaves the rows that the earlier one had to fix where they are,
// whatever becomes of the new one.
func TestRowsToFixOfAnEarlierBatch(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	c.must(3, "import", "./x.csv")
	first := c.read("x.failed.csv")
	for _, batch := range []struct {
		code              int
		people, says, not string
	}{
		{0, "Cy Dahl,cy@example.com\nDi Eck,di@example.com\n", "complete", "x.failed"},
		{3, "Cy Dahl,cy@example.com\nDi Eck,di@example.com\nEd Fox,ed(at)example.com\n", "x.failed-2.csv", "x.failed-3"},
		{0, "Cy Dahl,cy@example.com\nDi Eck,di@example.com\nEd Fox,ed@example.com\n", "complete", "x.failed"},
		{3, "Flo Gut,flo@example.com\nGil Ham,gil(at)example.com\n", "x.failed-2.csv", "x.failed-3"},
	} {
		c.write("x.csv", "name,email\n"+batch.people)
		out := c.must(batch.code, "import", "./x.csv")
		if c.says(out, batch.says); strings.Contains(out, batch.not) {
			t.Errorf("it says %q:\n%s", batch.not, out)
		}
		if !c.exists("x.failed.csv") || c.read("x.failed.csv") != first {
			t.Fatalf("after\n%s\nthe rows of the first batch are gone", batch.people)
		}
		if made := c.exists("x.failed-2.csv"); made != (batch.code == 3) {
			t.Errorf("after\n%s\nthere is a second file: %t", batch.people, made)
		}
	}
	for _, address := range []string{"bo(at)example.com", "bo@example.com"} { // a sandbox of its own never knows anybody
		c.write("z.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,"+address+"\n")
		p := c.start("import", "./z.csv", "--sandbox")
		code := p.wait(60 * time.Second)
		if !c.exists("z.sandbox.results.csv") {
			t.Errorf("exit code %d: %s", code, p.out)
		}
	}
	if c.exists("z.sandbox.failed.csv") {
		t.Error("a row that was fixed is still to be fixed in the rehearsal")
	}
	c.write("y.csv", "name,email\nAnn Lee,ann@example.com\nHal Ida,hal(at)example.com\n") // a sync goes on with its source
	c.must(3, "sync", "./y.csv")
	c.write("y.csv", "name,email\nAnn Lee,ann@example.com\n")
	c.must(0, "sync", "./y.csv", "--max-shrink", "100%")
	if c.exists("y.failed.csv") {
		t.Error("a row that the source no longer has is still to be fixed")
	}
}

// Rows that are fixed one after the other are no other list of people: what nobody has edited is replaced.
func TestFailedFileFixedInParts(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\nCy Dahl,cy(at)example.com\n")
	c.must(3, "import", "./x.csv")
	c.must(3, "import", "./x.failed.csv")
	for _, fixed := range []string{"bo", "cy"} {
		c.write("x.failed.csv", strings.ReplaceAll(c.read("x.failed.csv"), fixed+"(at)", fixed+"@"))
		code := map[string]int{"bo": 3, "cy": 0}[fixed]
		if out := c.must(code, "import", "./x.failed.csv"); strings.Contains(out, "was edited") {
			t.Errorf("nobody has edited it:\n%s", out)
		}
	}
	if c.exists("x.failed.failed.csv") || c.exists("x.failed.failed-2.csv") {
		t.Error("a file of rows to fix is left, and none is to be fixed")
	}
}

// Rows to fix never take the place of the file that they are read from, nor of another output, whatever number their
// name would get.
func TestFailedFileIsNeverTheInput(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("a.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	c.must(3, "import", "./a.csv")
	c.write("a.failed.csv", c.read("a.failed.csv")+"\r\n") // edited
	c.must(3, "import", "./a.csv")
	input := c.read("a.failed-2.csv")
	run := c.runID(c.must(3, "import", "./a.failed-2.csv", "--failed", "./a.failed.csv", "--page", "./a.failed-3.csv"))
	if got := c.read("a.failed-2.csv"); got != input {
		t.Errorf("the input is now %q", got)
	}
	if !strings.HasPrefix(c.read("a.failed-3.csv"), "<!doctype") || !strings.Contains(c.read("a.failed-4.csv"), "bo(at)") {
		t.Error("page and rows to fix have not the names that were left for them")
	}
	c.must(3, "report", run, "--failed", "./a.failed.csv")
	c.must(0, "import", "./a.failed-2.csv", "--failed", "./a.failed.csv", "--exclude", "email=bo(at)example.com")
	if !c.exists("a.failed-2.csv") || c.read("a.failed-2.csv") != input {
		t.Error("the input is gone")
	}
}

// What is fixed in a file under another name does not count for the whole export, and that is said.
func TestFailedFileUnderAnotherName(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	c.must(3, "import", "./x.csv")
	c.write("x.failed.csv", strings.ReplaceAll(c.read("x.failed.csv"), "bo(at)", "bo@"))
	c.write("mine.csv", c.read("x.failed.csv"))
	const note = "this failed file had another name"
	c.says(c.must(0, "import", "./mine.csv"), note)
	if out := c.must(0, "import", "./x.failed.csv"); strings.Contains(out, note) {
		t.Error(out)
	}
	out := c.must(0, "import", "./x.csv")
	if c.says(out, "1  fixed"); strings.Contains(out, "correct it in the file") || strings.Contains(out, "malformed_address") {
		t.Errorf("it asks for what has been done:\n%s", out)
	}
	if out := c.must(3, "import", "./x.results.csv"); strings.Contains(out, note) {
		t.Error(out)
	}
}

// Where it cannot be read which failed files were written, no run is begun, and no other name is made up.
func TestMemoryOfFailedFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n")
	c.must(3, "import", "./x.csv")
	if err := os.Rename(c.path("ledger.files"), c.path("away")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.path("ledger.files"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nCy Dahl,cy@example.com\nBo Berg,bo(at)example.org\n")
	before := c.posts()
	c.says(c.must(1, "import", "./x.csv"), "ledger.files: it is a folder")
	c.says(c.must(1, "import", "./x.csv", "--dry-run"), "ledger.files: it is a folder")
	if runs := c.runs(); c.exists("x.failed-2.csv") || c.posts() != before || len(runs) != 1 {
		t.Errorf("it went on: %v", runs)
	}
	if err := os.Remove(c.path("ledger.files")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(c.path("away"), c.path("ledger.files")); err != nil {
		t.Fatal(err)
	}
	c.must(3, "import", "./x.csv")
	if c.exists("x.failed-2.csv") {
		t.Error("its own file was taken for an edited one")
	}
}

// Rows on stdout would mix with the plan, by any name.
func TestRowsAreNotForStdout(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("x.csv", 1)
	for _, flag := range []string{"--results", "--failed", "--page", "--metrics-file"} {
		c.says(c.must(2, "import", "./x.csv", flag, "/dev/stdout"), flag+" cannot be stdout")
	}
}

// The files of an earlier batch's run are written again without touching the rows to fix of a later one.
func TestReportOfAnEarlierBatch(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	const first = "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\n"
	c.write("x.csv", first)
	run := c.runID(c.must(3, "import", "./x.csv"))
	c.write("x.csv", "name,email\nCy Dahl,cy@example.com\nEd Fox,ed(at)example.com\n")
	c.must(3, "import", "./x.csv")
	later := c.read("x.failed-2.csv")
	c.write("x.failed.csv", strings.ReplaceAll(c.read("x.failed.csv"), "bo(at)", "bo@"))
	c.write("x.csv", first)
	c.must(2, "report", run) // a later run has written these results
	c.must(3, "report", run, "--failed", c.path("x.failed.csv"))
	if !c.exists("x.failed-2.csv") || c.read("x.failed-2.csv") != later {
		t.Errorf("the rows to fix of the later batch are gone:\n%s", c.read("x.failed-2.csv"))
	}
}

// Whatever ends a run, no file of somebody else is written over, and neither is the input.
func TestOutputsReplaceNoFileOfOthers(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("x.csv", 2)
	const list = "name,email\nAnn Lee,ann@example.com\n"
	c.write("customers.csv", list)
	for _, flag := range []string{"--results", "--leavers", "--page", "--summary", "--metrics-file"} {
		for _, command := range [][]string{{"sync", "./x.csv"}, {"sync", "./x.csv", "--dry-run"}, {"sync", "./none.csv"}} {
			out := c.must(2, append(command, flag, "./customers.csv")...)
			c.says(out, flag+" ", " is there, and no file of this program", "name another, or remove it")
		}
	}
	c.env = append(c.env, "XDG_STATE_HOME=nowhere", "JSM_ONBOARD_LEDGER=")
	for _, flag := range []string{"--page", "--summary", "--metrics-file"} {
		for _, path := range []string{"./customers.csv", "./x.csv"} {
			c.says(c.must(1, "import", "./x.csv", flag, path), "no home folder")
		}
	}
	if c.read("customers.csv") != list || !strings.HasPrefix(c.read("x.csv"), "name,email") {
		t.Error("a file was written over")
	}
	if c.site.Stats().Requests > 0 {
		t.Error("something was sent")
	}
}

// The command that is printed for the rows to fix says nothing of the original's form: however a spreadsheet saves them,
// they are read, whatever the settings say, and what the user says of the new form counts.
func TestFailedFileSavedBySpreadsheets(t *testing.T) {
	t.Parallel()
	for _, original := range []struct{ name, text, flags, header string }{
		{"semicolons", "Kunde;Kontakt\nAnn Lee;ann@example.com\nJosé Núñez;jose(at)example.com\n",
			"--delimiter ; --encoding utf-8 --column name=Kunde --column email=Kontakt", "Kunde,Kontakt"},
		{"no header", "Ann Lee,ann@example.com\nJosé Núñez,jose(at)example.com\n",
			"--no-header --encoding utf-8 --column name=1 --column email=2", "1,2"},
	} {
		failed := original.header + ",jsm_reason,jsm_row,jsm_line\r\nJosé Núñez,jose@example.com,x,3,3\r\n"
		tabs := strings.ReplaceAll(failed, ",", "\t")
		wide := "\xff\xfe"
		for _, r := range tabs { // Latin-1
			wide += string([]byte{byte(r), 0})
		}
		ansi := strings.NewReplacer("é", "\xe9", "ú", "\xfa", "ñ", "\xf1", ",", ";").Replace(failed)
		for form, saved := range map[string]string{"UTF-8": failed, "tabs": tabs, "Unicode text": wide, "ANSI": ansi} {
			t.Run(original.name+", "+form, func(t *testing.T) {
				t.Parallel()
				c := newTrial(t, nil)
				c.write("x.csv", original.text)
				out := c.must(3, append([]string{"import", "./x.csv"}, strings.Fields(original.flags)...)...)
				_, next, _ := strings.Cut(out, "  jsm-onboard ")
				next, _, _ = strings.Cut(next, "\n")
				for _, flag := range []string{"--delimiter", "--encoding", "--no-header"} {
					if strings.Contains(next, flag) {
						t.Errorf("it is printed with %s: %s", flag, next)
					}
				}
				c.write("x.failed.csv", saved)
				c.env = append(c.env, "JSM_ONBOARD_DELIMITER=;", "JSM_ONBOARD_NO_HEADER=true")
				c.must(0, strings.Fields(next)...)
				if rows := c.rows("x.failed.results.csv"); len(rows) != 1 || rows[0]["jsm_status"] != "created" || !strings.Contains(c.read("x.failed.results.csv"), "José Núñez") {
					t.Errorf("%v", rows)
				}
			})
		}
	}
}

// A failed file is read with the columns of the run that has written it, also when that was the last of several runs
// whose failed files are the same, byte by byte.
func TestFailedFileHasTheColumnsOfItsRun(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("p.csv", "mail,Nick,Full\nana@example.com,Annie,Ana Sol\nnobody,Bobby,Bob Ray\n")
	for _, name := range []string{"Full", "Nick", "Full"} {
		c.must(3, "import", "./p.csv", "--column", "email=mail", "--column", "name="+name)
	}
	if n := strings.Count(c.read("ledger.files"), "\n"); n != 1 {
		t.Errorf("the memory of one file has %d lines", n)
	}
	c.write("p.failed.csv", strings.Replace(c.read("p.failed.csv"), `"nobody"`, `"bob@example.com"`, 1))
	c.must(0, "import", "./p.failed.csv")
	if bob := c.site.Find("bob@example.com"); len(bob) != 1 || bob[0].Name != "Bob Ray" {
		t.Errorf("%v", bob)
	}
}

// A row that was "fixed" to the address of somebody else is not done: that person is known, and the row's is not.
func TestFixedToSomebodyElsesAddress(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("crm.csv", "name,email,id\nAnn Lee,ann.lee@example.com,1\nBob Ray,bob.ray@firm,2\n")
	c.must(3, "sync", "./crm.csv")
	failed := c.read("crm.failed.csv")
	c.write("crm.failed.csv", strings.Replace(failed, "bob.ray@firm", "ann.lee@example.com", 1))
	c.must(0, "import", "./crm.failed.csv", "--update-names")
	if name := c.site.Find("ann.lee@example.com")[0].Name; name != "Ann Lee" {
		t.Errorf("she is called %s now", name)
	}
	c.must(3, "sync", "./crm.csv")
	if row := c.rows("crm.results.csv")[1]; row["jsm_status"] != "invalid" {
		t.Errorf("nobody has onboarded him, and the results say %v", row)
	}

	c.write("crm.failed.csv", strings.Replace(failed, "bob.ray@firm", "bob.ray@example.com", 1))
	c.must(0, "import", "./crm.failed.csv")
	c.must(0, "import", "./crm.failed.csv") // known by now, and still his
	c.must(0, "sync", "./crm.csv")
	if row := c.rows("crm.results.csv")[1]; row["jsm_status"] != "known" || !strings.Contains(row["jsm_reason"], "bob.ray@example.com") {
		t.Errorf("he was onboarded, and the results say %v", row)
	}
}

// A row that was copied or put into the place of another in a failed file does not make that one fixed.
func TestRowInThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(string) string{
		"copied": func(failed string) string {
			row := failed[strings.LastIndex(strings.TrimSpace(failed), "\n")+1:]
			return failed + strings.NewReplacer(`"Ed Gee"`, `"Neu Kunde"`, `"ed.gee@x"`, `"neu.kunde@x.example"`).Replace(row)
		},
		"overwritten": func(failed string) string {
			return strings.NewReplacer(`"Ed Gee"`, `"Neu Kunde"`, `"ed.gee@x"`, `"neu.kunde@x.example"`).Replace(failed)
		},
		"moved by a row": func(failed string) string {
			return strings.NewReplacer(`"Bo Dahl","bo.dahl(at)x.example"`, `"Ed Gee","ed.gee@x.example"`, `"Ed Gee","ed.gee@x"`, `"Fay Orr","fay@x.example"`).Replace(failed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.write("c.csv", "name,email\nAnna Berg,anna.berg@x.example\nBo Dahl,bo.dahl(at)x.example\nEd Gee,ed.gee@x\n")
			c.must(3, "import", "./c.csv")
			c.write("c.failed.csv", edit(c.read("c.failed.csv")))
			c.run("import", "./c.failed.csv")
			c.must(3, "import", "./c.csv")
			if got := c.statusOf("c.results.csv"); got["4"] != "invalid" || name == "moved by a row" && got["3"] != "invalid" {
				t.Errorf("the results are %v", got)
			}
		})
	}
}

// Night after night the failed file has the name that people know, once what they have edited in it was imported.
func TestFailedFileThatWasEditedAndImported(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	edit := func(name, from, to string) { c.write(name, strings.ReplaceAll(c.read(name), from, to)) }
	files := func(want string) {
		t.Helper()
		var there []string
		for _, name := range []string{"c.failed-2.csv", "c.failed-3.csv", "c.failed.csv", "c.failed.failed.csv"} {
			if c.exists(name) {
				there = append(there, name)
			}
		}
		if got := strings.Join(there, " "); got != want {
			t.Fatalf("the failed files are %s, and not %s", got, want)
		}
	}
	c.write("c.csv", "name,email,team\nAnn Lee,ann@example.com,x\nBo Berg,bo(at)example.com,x\nCy Dahl,cy(at)example.com,x\n")
	c.must(3, "sync", "./c.csv", "--max-invalid", "100%")
	edit("c.failed.csv", "bo(at)", "bo@")
	c.says(c.must(3, "sync", "./c.csv", "--max-invalid", "100%"), "c.failed.csv was edited and not imported")
	files("c.failed-2.csv c.failed.csv")
	edit("c.failed.csv", `"x"`, `"edited"`)
	c.must(3, "import", "./c.failed.csv") // Cy fails again
	files("c.failed-2.csv c.failed.csv c.failed.failed.csv")
	c.must(3, "sync", "./c.csv", "--max-invalid", "100%")
	files("c.failed.csv c.failed.failed.csv")
	if failed, again := c.read("c.failed.csv"), c.read("c.failed.failed.csv"); strings.Contains(failed, "Bo Berg") || !strings.Contains(failed, `"cy(at)example.com","x"`) ||
		!strings.Contains(again, `"cy(at)example.com","edited"`) {
		t.Errorf("the failed files have\n%s\n%s", failed, again)
	}
	edit("c.failed.failed.csv", "cy(at)", "cy@")
	c.must(0, "import", "./c.failed.failed.csv")
	c.must(0, "sync", "./c.csv", "--max-invalid", "100%")
	files("c.failed.failed.csv") // of the rows that are no longer in c.failed.csv
	if got := c.statuses("c.results.csv"); got["known"] != 3 {
		t.Errorf("the results are %v", got)
	}
	rehearse := func(code int, file string) {
		t.Helper()
		p := c.start("import", file, "--sandbox")
		if got := p.wait(time.Minute); got != code {
			t.Fatalf("%s: exit code %d\n%s", file, got, p.out)
		}
	}
	rehearse(3, "./c.csv")
	edit("c.sandbox.failed.csv", "(at)", "@")
	edited := c.read("c.sandbox.failed.csv")
	rehearse(0, "./c.sandbox.failed.csv")
	rehearse(3, "./c.csv") // no ledger has what was rehearsed
	if c.read("c.sandbox.failed.csv") != edited || !c.exists("c.sandbox.failed-2.csv") {
		t.Error("what somebody has edited for a rehearsal is lost")
	}
}

// A new list of people takes the name of an earlier one's failed file once no row of that is left to fix, and never
// before: the export that had these rows is gone.
func TestFailedFileOfAnEarlierBatchThatWasImported(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("x.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\nCy Dahl,cy(at)example.com\n")
	c.must(3, "import", "./x.csv")
	c.write("x.failed.csv", strings.ReplaceAll(c.read("x.failed.csv"), "bo(at)", "bo@"))
	c.must(3, "import", "./x.failed.csv")
	c.write("x.csv", "name,email\nDi Eck,di@example.com\nEd Fox,ed(at)example.com\n")
	c.must(3, "import", "./x.csv")
	if !strings.Contains(c.read("x.failed.csv"), "bo@") || !strings.Contains(c.read("x.failed.failed.csv"), "cy(at)") || !strings.Contains(c.read("x.failed-2.csv"), "ed(at)") {
		t.Error("the rows of the first batch are gone")
	}
	c.write("x.failed.csv", strings.ReplaceAll(c.read("x.failed.csv"), "cy(at)", "cy@"))
	c.must(0, "import", "./x.failed.csv")
	c.write("x.csv", "name,email\nFlo Gut,flo@example.com\nGil Ham,gil(at)example.com\n")
	c.must(3, "import", "./x.csv")
	if !strings.Contains(c.read("x.failed.csv"), "gil(at)") || !strings.Contains(c.read("x.failed-2.csv"), "ed(at)") {
		t.Errorf("the failed files have\n%s\n%s", c.read("x.failed.csv"), c.read("x.failed-2.csv"))
	}
}

// An edited failed file stays whose rows are not all in the ledger, or in a failed file of their own.
func TestFailedFileThatWasImportedInPart(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]struct {
		code int
		args []string
		stop func(c *trial) // before the failed file is imported
	}{
		"excluded": {0, []string{"--exclude", "name=Cy Dahl"}, nil},
		"limited":  {0, []string{"--limit", "1"}, nil},
		"no failed file": {3, []string{"--failed", os.DevNull}, func(c *trial) {
			c.write("c.failed.csv", strings.ReplaceAll(c.read("c.failed.csv"), "cy@", "cy.dahl@@"))
		}},
		"other ledger": {0, []string{"--ledger", "./other"}, func(c *trial) { c.tampered = true }},
		"dry run":      {0, []string{"--dry-run"}, nil},
		"edited again": {0, nil, nil},
		"revoked before": {3, nil, func(c *trial) {
			c.write("left.csv", "name,email\nCy Dahl,cy@example.com\n")
			c.must(0, "import", "./left.csv")
			c.must(0, "revoke", "./left.results.csv", "--yes")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.write("c.csv", "name,email\nAnn Lee,ann@example.com\nBo Berg,bo(at)example.com\nCy Dahl,cy(at)example.com\n")
			c.must(3, "import", "./c.csv")
			c.write("c.failed.csv", strings.ReplaceAll(c.read("c.failed.csv"), "(at)", "@"))
			if with.stop != nil {
				with.stop(c)
			}
			c.must(with.code, append([]string{"import", "./c.failed.csv"}, with.args...)...)
			if name == "edited again" {
				c.write("c.failed.csv", strings.ReplaceAll(c.read("c.failed.csv"), "Cy Dahl", "Cyrus Dahl"))
			}
			edited := c.read("c.failed.csv")
			c.write("c.csv", c.read("c.csv")+"Di Eck,di(at)example.com\n")
			c.must(3, "import", "./c.csv")
			if c.read("c.failed.csv") != edited || !c.exists("c.failed-2.csv") {
				t.Errorf("what somebody has edited is lost:\n%s", c.read("c.failed.csv"))
			}
		})
	}
}
