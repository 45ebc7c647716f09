package ledger

import (
	"fmt"
	"testing"
)

func TestAccess(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	add := func(kind, target string, members ...string) {
		t.Helper()
		must(t, l.RecordAccess(t.Context(), run.Seq, kind, target, members))
	}
	add(Organization, "acme", "qm:1", "qm:2")
	again := run
	again.Seq++
	must(t, l.RecordAccess(t.Context(), again.Seq, Organization, "acme", []string{"qm:2"}))
	add(Organization, "zeta", "qm:1")
	add(ServiceDesk, "acme", "qm:4")
	add(ServiceDeskOrganization, "10", "acme")

	l = crash(t, l)
	of, err := l.AccessOf(t.Context(), Organization, []string{"qm:1", "qm:2", "qm:4"})
	must(t, err)
	same(t, map[string][]Grant{"qm:1": {{"acme", 1}, {"zeta", 1}}, "qm:2": {{"acme", 1}}}, of)
	same(t, []string{"acme"}, ask(t, l, "SELECT member FROM access WHERE kind = 'service_desk_organization'"))
}

func TestRowAccess(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	var want []RowAccess
	for row := 1; row <= pageRows+3; row++ {
		want = append(want, RowAccess{Row: row, Organization: "added", ServiceDesk: "added;failed", Reason: fmt.Sprint(row)})
	}
	must(t, l.SetRowAccess(t.Context(), run.Seq, want))
	want[4].Organization, want[4].Reason = "known", ""
	must(t, l.SetRowAccess(t.Context(), run.Seq, want[4:5]))
	must(t, l.SetRowAccess(t.Context(), run.Seq+1, want[:1]))
	same(t, want, all(t, l.RowAccess(t.Context(), run.Seq, 1)))
	same(t, want[7:], all(t, l.RowAccess(t.Context(), run.Seq, 8)))
}

func TestFixedRows(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	must(t, l.KeepFixed(t.Context(), run.Seq, []Fixed{{"id:1", "ann"}, {"row:f00", "bob"}}))
	must(t, l.KeepFixed(t.Context(), run.Seq, []Fixed{{"id:1", "anna"}}))
	got, err := crash(t, l).Fixed(t.Context(), []string{"id:1", "row:f00", "id:2"})
	must(t, err)
	same(t, map[string]string{"id:1": "anna", "row:f00": "bob"}, got)
}
