package ledger

import (
	"fmt"
	"testing"

	"jsm-onboard/importer/outcome"
)

// grant is a membership that a run has recorded.
type grant struct {
	Target string
	Run    int64
}

func grants(t *testing.T, l *Ledger, kind, member string) []grant {
	t.Helper()
	all, err := query(t.Context(), l, func(g *grant) []any { return []any{&g.Target, &g.Run} },
		"SELECT target, run FROM access WHERE kind = ? AND member = ? ORDER BY run, target", kind, member)
	must(t, err)
	return all
}

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
	same(t, []grant{{"acme", 1}, {"zeta", 1}}, grants(t, l, Organization, "qm:1"))
	same(t, []grant{{"acme", again.Seq}}, grants(t, l, Organization, "qm:2"))
	same(t, []grant{}, grants(t, l, Organization, "qm:4"))
	n, err := l.CountAccess(t.Context(), run.Seq, Organization)
	must(t, err)
	same(t, 2, n)
	same(t, []string{"acme"}, ask(t, l, "SELECT member FROM access WHERE kind = 'service_desk_organization'"))
}

// rowAccess is what the results of a run show.
func rowAccess(t *testing.T, l *Ledger, run int64) []RowAccess {
	t.Helper()
	found, err := query(t.Context(), l, rowAccessInto,
		"SELECT row, organization, service_desk, reason FROM row_access WHERE run = ?", run)
	must(t, err)
	return found
}

// setRowAccess puts on record what the results show of rows.
func setRowAccess(t *testing.T, l *Ledger, run int64, rows []RowAccess) {
	t.Helper()
	must(t, l.update(t.Context(), `INSERT OR REPLACE INTO row_access SELECT ?, value ->> 'Row', value ->> 'Organization',
		value ->> 'ServiceDesk', value ->> 'Reason' FROM json_each(?)`, run, jsonList(rows)))
}

func TestRowAccess(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	var want []RowAccess
	for row := 1; row <= pageRows+3; row++ {
		want = append(want, RowAccess{Row: row, Organization: "added", ServiceDesk: "added;failed", Reason: fmt.Sprint(row)})
	}
	setRowAccess(t, l, run.Seq, want)
	setRowAccess(t, l, run.Seq+1, want[:1])
	same(t, want, rowAccess(t, l, run.Seq))
	same(t, want[7], recall(t, l, run, 8, "ann").Access)
	if _, err := l.StartRun(t.Context(), run, run.StartedAt); err != nil {
		t.Fatal(err)
	}
	same(t, 0, len(rowAccess(t, l, run.Seq)))
	same(t, want[:1], rowAccess(t, l, run.Seq+1))
}

// What rows ask for is held against accounts and memberships, each person and group once.
func TestWanted(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	settle(t, l, run, created(1, "ann"), created(2, "bob"), created(3, "cyd"), failed(4, "dan"))
	must(t, l.RecordAccess(t.Context(), run.Seq, Organization, "7", []string{"qm:ann"}))
	must(t, l.RecordAccess(t.Context(), run.Seq, Organization, "9", []string{"qm:bob"}))
	run = startRun(t, l, job("b"))
	must(t, l.RecordAccess(t.Context(), run.Seq, ServiceDesk, "1", []string{"qm:ann"}))

	w, err := l.NewWanted(t.Context())
	must(t, err)
	must(t, w.AddClaims(t.Context(), []Claim{
		{Row: 1, Key: "ann", Organization: "acme", Spelled: "Acme"},
		{Row: 2, SheetRow: 5, Key: "bob", Organization: "acme", Spelled: "ACME"},
		{Row: 3, SheetRow: 7, Key: "bob", Organization: "zeta", Spelled: "Zeta"},
		{Row: 4, Key: "cyd", Organization: "acme", Spelled: "acme"},
		{Row: 6, SheetRow: 9, Key: "bob", Organization: "acme", Spelled: "Acme"},
		{Row: 7, Key: "new", Organization: "*", Spelled: "too long"},
		{Row: 8, Key: "dan", NoAccount: true},
	}))
	groups, err := w.Organizations(t.Context())
	must(t, err)
	same(t, []*Group{{Kind: Organization, Name: "*", Spelled: "too long"}, {Kind: Organization, Name: "acme", Spelled: "Acme"},
		{Kind: Organization, Name: "zeta", Spelled: "Zeta"}}, groups)
	groups[0].Invalid, groups[0].Why, groups[2].Why = true, "too long", "not clear"
	groups = append(groups, &Group{Kind: ServiceDesk, Name: "SUP", ID: "1"}, &Group{Kind: ServiceDesk, Name: "BIL", ID: "2"})
	must(t, w.SetGroups(t.Context(), run, groups)) // as planned
	groups[1].ID = "7"
	must(t, w.SetGroups(t.Context(), run, groups))
	calls := all(t, w.Calls(t.Context(), 2))
	same(t, []Call{
		{1, Organization, "7", []string{"qm:bob", "qm:cyd"}},
		{2, ServiceDesk, "1", []string{"qm:bob", "qm:cyd"}},
		{3, ServiceDesk, "2", []string{"qm:ann", "qm:bob"}},
		{4, ServiceDesk, "2", []string{"qm:cyd"}},
		{5, ServiceDeskOrganization, "1", []string{"7"}},
		{6, ServiceDeskOrganization, "2", []string{"7"}},
	}, calls)
	for _, c := range []Call{calls[1], calls[4]} {
		must(t, l.RecordAccess(t.Context(), run.Seq, c.Kind, c.Target, c.Members))
	}
	must(t, w.Refuse(t.Context(), calls[3], "no such account"))
	setRowAccess(t, l, run.Seq, []RowAccess{{1, "failed", "failed;failed", "in an earlier session"}})
	if w.exec(t.Context(), "DELETE FROM accounts") == nil {
		t.Error("it writes into the ledger beside the one writer")
	}
	notGood, err := w.RecordRows(t.Context(), run.Seq)
	must(t, err)
	same(t, 3, notGood)
	const stopped = outcome.ReasonAccessStopped
	same(t, []RowAccess{
		{1, "known", "added;not_attempted", stopped},
		{2, "not_attempted", "added;not_attempted", stopped},
		{3, "failed", "added;not_attempted", stopped + "; not clear"},
		{4, "not_attempted", "added;failed", "no such account; " + stopped},
		{6, "not_attempted", "added;not_attempted", stopped},
		{7, "invalid", "not_attempted;not_attempted", "too long"},
		{8, "", "not_attempted;not_attempted", ""},
	}, rowAccess(t, l, run.Seq))
	n, err := w.Counts(t.Context())
	must(t, err)
	same(t, []GroupCounts{
		{Organization, "", AccessCounts{0, 1, 1, 2}, 2, "not clear"},
		{ServiceDesk, "BIL", AccessCounts{Failed: 1, Open: 4}, 3, "no such account"},
		{ServiceDesk, "SUP", AccessCounts{3, 0, 0, 2}, 1, ""},
		{ServiceDeskOrganization, "BIL", AccessCounts{Open: 1}, 1, ""}, {ServiceDeskOrganization, "SUP", AccessCounts{Added: 1}, 0, ""},
	}, n)
	moved, err := w.Moved(t.Context(), run.Seq)
	must(t, err)
	same(t, []Moved{{5, "qm:bob", "9"}}, moved)
}

// A row that was fixed is found by what its original was, through any number of failed files.
func TestFixedRows(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	settle(t, l, run, created(1, "anna"), created(2, "bob"), created(3, "rev"))
	settle(t, l, run, revoked(4, "rev"))
	must(t, l.KeepFixed(t.Context(), run.Seq, []Fixed{
		{Fingerprint: "id:1", Key: "ann"}, {Fingerprint: "id:3", Key: "rev"}, {Fingerprint: "row:f00", At: "at:a#7"}, {Key: "nobody"},
	}))
	must(t, l.KeepFixed(t.Context(), run.Seq, []Fixed{
		{Fingerprint: "id:1", Key: "anna"}, {From: "at:a#7", Fingerprint: "row:other", At: "at:b#2"},
	}))
	must(t, l.KeepFixed(t.Context(), run.Seq, []Fixed{{From: "at:b#2", Key: "bob"}}))
	l = crash(t, l)
	var q []Query
	for i, mark := range []string{"id:1", "row:f00", "id:2", "id:3", "row:other", ""} {
		q = append(q, Query{Row: i + 1, Fingerprint: mark})
	}
	got := map[string]string{}
	m, err := l.Recall(t.Context(), run.Seq, false, q)
	must(t, err)
	for i, one := range m {
		if one.Fixed != nil {
			got[q[i].Fingerprint] = one.Fixed.Key
		}
	}
	same(t, map[string]string{"id:1": "anna", "row:f00": "bob"}, got)
}
