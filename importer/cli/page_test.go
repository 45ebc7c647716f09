package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/ledger"
	"jsm-onboard/report"
)

// The page marks refusals when they happen: before the pause that they cause,
// not when their rows are settled after it.
func TestRefusalsAreMarkedBeforeTheirPause(t *testing.T) {
	t.Parallel()
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Quotas = []jsmtest.Quota{{Kind: jsmtest.FixedWindow, Limit: 10, Window: 4 * time.Second, RetryAfter: jsmtest.RetryAfterSeconds}}
	})
	c.export("people.csv", 15)
	out := c.must(0, "import", "./people.csv", "--page", "./page.html")
	l, err := ledger.OpenReadOnly(t.Context(), c.path("ledger"), c.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text, err := l.Trace(t.Context(), 1)
	var trace report.Trace
	if err == nil {
		err = json.Unmarshal(text, &trace)
	}
	if err != nil {
		t.Fatal(err)
	}
	total, paused := trace.Total(), false
	for i, step := range trace.Steps {
		if paused && step.Refused > 0 {
			t.Errorf("%d requests are marked as refused in second %d, after the pause: %+v", step.Refused, i, trace.Steps)
		}
		paused = paused || step.Paused > 0
	}
	if total.Refused == 0 || total.Paused < time.Second || total.Rows != 15 {
		t.Errorf("%+v", total)
	}
	if !strings.Contains(out, "throttled (429)") {
		t.Errorf("no request was refused:\n%s", out)
	}
}

// A row that cannot be used stands on the page with the cells that it has.
func TestPageShowsTheCellsOfInvalidRows(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", "Last,First,Mail,More\nSol,Ana,ana@example.com,x\nLuna,Bo,bo at example.com,y\nMar,Cy,,z\n")
	c.must(3, "import", "./people.csv", "--column", "first_name=First", "--column", "last_name=Last", "--column", "email=Mail", "--page", "./with.html", "--page-addresses")
	c.says(c.read("with.html"), "<td>bo at example.com</td><td>Bo Luna</td>", "<td></td><td>Cy Mar</td>")
	c.must(3, "report", "--page", "./without.html")
	for _, own := range []string{"bo at", "Luna", "Cy Mar"} {
		if strings.Contains(c.read("without.html"), own) {
			t.Errorf("the page without addresses has %q", own)
		}
	}
}
