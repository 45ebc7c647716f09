package cli_test

import (
	"strings"
	"testing"
)

// Why a row is left out stands on the page without its cell, whatever the column is called.
func TestPageHasNoCellOfARowThatIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, column := range []string{"owner", `owner 27"`} {
		c := newTrial(t, nil)
		header := strings.ReplaceAll(column, `"`, `""`)
		c.write("p.csv", "name,email,\""+header+"\"\nAna Sol,ana@example.com,Greta Grün\nBob Ray,bob@example.com,\"Dr. \"\"Secret\"\" Person\"\n")
		c.must(0, "import", "./p.csv", "--include", column+"=Greta Grün", "--page", "./p.html")
		c.says(c.read("p.html"), "&#34;…&#34; in column owner")
		for _, cell := range []string{"Secret", "Person", "Dr."} {
			if strings.Contains(c.read("p.html"), cell) {
				t.Errorf("the page has %q of the column %s", cell, column)
			}
		}
		if reason := c.rows("p.results.csv")[1]["jsm_reason"]; reason != `"Dr. \"Secret\" Person" in column `+column+" is left out by --include" {
			t.Errorf("the results say %s", reason)
		}
	}
}

// A row that cannot be used stands on the page with the cells that it has.
func TestPageShowsTheCellsOfInvalidRows(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "Last,First,Mail,More\nSol,Ana,ana@example.com,x\nLuna,Bo,bo at example.com,y\nMar,Cy,,z\n")
	c.must(3, "import", "./people.csv", "--column", "first_name=First", "--column", "last_name=Last", "--column", "email=Mail", "--page", "./with.html", "--page-addresses")
	c.says(c.read("with.html"), "<td>bo at example.com</td>")
	c.must(3, "report", "--page", "./without.html")
	for _, own := range []string{"bo at", "Luna", "Cy Mar"} {
		if strings.Contains(c.read("without.html"), own) {
			t.Errorf("the page without addresses has %q", own)
		}
	}
}
