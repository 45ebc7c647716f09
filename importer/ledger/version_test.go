package ledger

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"jsm-onboard/importer/outcome"
)

// content is what a ledger reports of itself.
type content struct {
	Runs     []Run
	Outcomes map[string][]outcome.Outcome // and revocations, by run
	Accounts map[string]Account
	LookUps  []OpenLookUp
	Members  []Member
	Leavers  []Leaver
	Lost     struct{ Name string }
	Access   map[string][]grant
	Rows     []RowAccess
	Fixed    map[string]string
	Traces   []string
}

func contentOf(t *testing.T, l *Ledger) content {
	t.Helper()
	runs, err := l.Runs(t.Context())
	must(t, err)
	c := content{Runs: runs, Outcomes: map[string][]outcome.Outcome{}}
	for _, run := range runs {
		outcomes := all(t, l.Outcomes(t.Context(), run.Seq, false, 0))
		c.Outcomes[run.ID] = append(outcomes, all(t, l.Outcomes(t.Context(), run.Seq, true, 0))...)
		c.Rows = append(c.Rows, rowAccess(t, l, run.Seq)...)
		c.Traces = append(c.Traces, string(run.Trace))
	}
	c.Accounts = map[string]Account{}
	for _, key := range ask(t, l, "SELECT key FROM accounts") {
		c.Accounts[key] = *known(t, l, key)
	}
	c.LookUps = all(t, l.LookUps(t.Context()))
	c.Members = all(t, l.Members(t.Context(), "desk"))
	c.Leavers = listed(t, l, "desk")
	m, err := l.Recall(t.Context(), 0, false, []Query{{Row: 1, Key: "fay@example.com"}})
	must(t, err)
	c.Lost.Name = *m[0].Lost
	c.Access = map[string][]grant{"qm:ann@example.com": grants(t, l, Organization, "qm:ann@example.com")}
	c.Fixed = map[string]string{"id:7": ask(t, l, "SELECT key FROM fixed WHERE original = 'id:7'")[0]}
	return c
}

// A ledger that was written with version 1 of the schema is read by every later version, and reports the
// same. Its file is never made anew.
func TestVersion1(t *testing.T) {
	before, err := os.ReadFile("testdata/version1.db")
	must(t, err)
	path := filepath.Join(t.TempDir(), "l.db")
	must(t, os.WriteFile(path, before, 0o600))
	var want content
	text, err := os.ReadFile("testdata/version1.json")
	must(t, err)
	must(t, json.Unmarshal(text, &want))
	for i, trace := range want.Traces {
		want.Runs[i].Trace = []byte(trace)
	}
	same(t, want, contentOf(t, openReadOnly(t, path)))

	l := openAt(t, path)
	same(t, want, contentOf(t, l))
	must(t, l.Bind(t.Context(), "cloud-1"))
	run := startRun(t, l, nightly("desk", "next"))
	if a := recall(t, l, run, 1, "ann@example.com").Account; a == nil || !a.Ours() {
		t.Errorf("%+v", a)
	}
	settle(t, l, run, created(1, "new@example.com"))
	finish(t, l, run, Complete)
}
