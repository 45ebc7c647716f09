package cli_test

import (
	"strings"
	"testing"
)

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
