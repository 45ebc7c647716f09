package ledger

import (
	"fmt"
	"strings"
	"testing"

	"jsm-onboard/importer/outcome"
)

func TestRevoked(t *testing.T) {
	l := openNew(t)
	made := startRun(t, l, job("a"))
	settle(t, l, made, created(1, "ann"), created(2, "bob"))
	run := startRun(t, l, job("b"))
	settle(t, l, run, revoked(1, "ann"))
	l = crash(t, l)
	ann, bob := known(t, l, "ann"), known(t, l, "bob")
	if ann.RevokedAt.IsZero() || ann.Run != made.Seq ||
		ann.ID != "qm:ann" || !ann.Ours() || ann.Name != "Name of ann" {
		t.Errorf("%+v", ann)
	}
	if !bob.RevokedAt.IsZero() {
		t.Errorf("%+v", bob)
	}
}

// Somebody whom we revoked and never made is known from then on, and not as ours.
func TestRevokedStranger(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	settle(t, l, run, revoked(1, "ann"))
	a := known(t, l, "ann")
	if a == nil || a.Status != outcome.Conflict || a.Ours() || a.ID != "qm:ann" || a.RevokedAt.IsZero() || a.FirstRun != run.Seq {
		t.Errorf("%+v", a)
	}
}

// An account that has its access back is as it was before, but for its id when that was not known.
func TestRestored(t *testing.T) {
	l := openNew(t)
	e := created(1, "ann")
	e.AccountID = ""
	settle(t, l, startRun(t, l, job("made")), e)
	want := *known(t, l, "ann")
	gone := revoked(1, "ann")
	gone.AccountID = ""
	settle(t, l, startRun(t, l, job("revoked")), gone)
	back := entry(2, "ann", outcome.Conflict)
	back.Name, back.ExternalID, back.Account = "Another", "9", MarkRestored
	settle(t, l, startRun(t, l, job("back")), back)
	same(t, &want, known(t, l, "ann"))
	back.AccountID, want.ID = "qm:7", "qm:7"
	settle(t, l, startRun(t, l, job("back")), back)
	same(t, &want, known(t, l, "ann"))
}

// Who was made again after having been revoked or deleted is as good as new; the first run that knew them
// stays, for reports of the runs in between.
func TestStoredAgain(t *testing.T) {
	l := openNew(t)
	first := startRun(t, l, job("first"))
	settle(t, l, first, created(1, "ann"), revoked(1, "ann"))
	again := startRun(t, l, job("again"))
	e := created(4, "ann")
	e.AccountID, e.ExternalID = "qm:new", "17"
	settle(t, l, again, e)
	a := known(t, l, "ann")
	same(t, &Account{Key: "ann", Email: "ann", Name: "Name of ann", ID: "qm:new", Status: outcome.Created,
		FirstRun: first.Seq, Run: again.Seq, At: a.At}, a)
	if id, err := value[string](t.Context(), l, "SELECT external_id FROM accounts"); err != nil || id != "17" {
		t.Errorf("external id %q, %v", id, err)
	}
}

func TestRename(t *testing.T) {
	l := openNew(t)
	made := startRun(t, l, job("a"))
	settle(t, l, made, created(1, "ann"))
	want := *known(t, l, "ann")
	e := entry(1, "ann", outcome.Renamed)
	e.Name, e.Account = "Ann Miller", Rename
	settle(t, l, startRun(t, l, job("b")), e)
	want.Name = "Ann Miller"
	same(t, &want, known(t, l, "ann"))
	e.Name, e.Account = "Nobody", NoChange
	settle(t, l, startRun(t, l, job("b")), e)
	same(t, &want, known(t, l, "ann"))
}

func notFound(row int, key, id string) Entry {
	e := entry(row, key, outcome.NotFound)
	e.AccountID, e.Revoke, e.Account = id, true, MarkGone
	return e
}

// Who is gone from the site is as if never made, until they are made again.
func TestGone(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd")...), Complete)
	second := night(t, l, "desk", "2", people("cyd")...)
	settle(t, l, second, notFound(1, "ann", "qm:ann"))
	finish(t, l, second, Complete)
	same(t, []string{"bob"}, haveLeft(t, l, "desk"))
	back := startRun(t, l, job("back"))
	if a := recall(t, l, back, 1, "ann").Account; a == nil || a.ID != "qm:ann" || !a.Gone {
		t.Errorf("%+v", a)
	}
	settle(t, l, back, created(1, "ann"))
	if a := recall(t, l, back, 1, "ann").Account; a == nil || a.Gone {
		t.Errorf("made again: %+v", a)
	}
}

// A 404 counts only for the account that the ledger has, while it has it.
func TestGoneIsAboutOneAccount(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	noID := created(3, "dee")
	noID.AccountID = ""
	settle(t, l, run, created(1, "ann"), revoked(1, "ann"), created(2, "bob"), noID)
	settle(t, l, run, notFound(1, "ann", "qm:ann"), notFound(2, "bob", "qm:another"), notFound(3, "cyd", "qm:cyd"),
		notFound(4, "dee", ""))
	for _, key := range []string{"ann", "bob", "dee"} {
		if a := known(t, l, key); a == nil || a.Gone {
			t.Errorf("%s: %+v", key, a)
		}
	}
	if a := known(t, l, "cyd"); a != nil {
		t.Errorf("%+v", a)
	}
	// One that is revoked after all was there.
	settle(t, l, run, notFound(5, "bob", "qm:bob"), revoked(6, "bob"))
	if a := known(t, l, "bob"); a.Gone || a.RevokedAt.IsZero() {
		t.Errorf("%+v", a)
	}
}

func TestHoldings(t *testing.T) {
	l := openNew(t)
	check := func(want Holdings) {
		t.Helper()
		got, err := l.Holdings(t.Context())
		if err != nil || got != want {
			t.Errorf("holdings %+v, %v; want %+v", got, err, want)
		}
	}
	check(Holdings{})
	run := startRun(t, l, job("1"))
	settle(t, l, run, failed(1, "bob"))
	check(Holdings{})
	there := entry(4, "dee", outcome.Conflict)
	unconfirmed := entry(5, "eve", outcome.CreatedUnconfirmed)
	there.Account, unconfirmed.Account = Store, Store
	settle(t, l, run, created(2, "ann"), created(3, "cyd"), there, unconfirmed)
	check(Holdings{Accounts: 4, Ours: 2})
	settle(t, l, run, revoked(1, "cyd"))
	check(Holdings{Accounts: 4, Revoked: 1, Ours: 1})
	settle(t, l, run, notFound(2, "ann", "qm:ann"))
	check(Holdings{Accounts: 3, Revoked: 1})
}

// However the rows of an export lie beside those of the ledger, who is asked for is found.
func TestAccountsInAnyOrder(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	for row := range 40 {
		settle(t, l, run, created(row+1, fmt.Sprint("key", row)))
	}
	settle(t, l, run, notFound(50, "key7", "qm:key7"))
	for _, keys := range [][]string{
		nil,
		{""},
		{"nobody"},
		{"key3"},
		{"key3", "key4", "key5", "key7"},
		{"key7", "key5", "key4"},
		{"key5", "nobody", "key39", "key7"},
		{"", "key5", "key39", "key7", ""},
		{"nobody", "key5", "key6", "new"},
		{"key0", "key20", "key39"},
		{"key7", "key7"},
	} {
		var q []Query
		for i, key := range keys {
			q = append(q, Query{Row: i + 1, Key: key})
		}
		found, err := l.Recall(t.Context(), 0, false, q)
		must(t, err)
		for i, key := range keys {
			a := found[i].Account
			same(t, strings.HasPrefix(key, "key"), a != nil)
			if a != nil && (a.Key != key || a.ID != "qm:"+key || a.Gone != (key == "key7")) {
				t.Errorf("%s of %q: %+v", key, keys, a)
			}
		}
	}
}

func TestAccountsByIDs(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	gus := created(4, "gus")
	gus.AccountID, gus.ExternalID = "", ""
	old := created(5, "old ann")
	old.ExternalID = "x-ann"
	settle(t, l, run, created(1, "ann"), created(2, "bob"), created(3, "cyd"), gus, old)
	settle(t, l, startRun(t, l, job("b")), revoked(1, "old ann"), notFound(2, "cyd", "qm:cyd"))

	byID, err := l.Recall(t.Context(), run.Seq, true,
		[]Query{{Row: 1, ID: "qm:bob"}, {Row: 2, ID: "qm:cyd"}, {Row: 3, ID: "qm:nobody"}, {Row: 4}})
	must(t, err)
	var owners []string
	for _, m := range byID {
		owners = append(owners, m.Owner)
	}
	same(t, []string{"bob", "cyd", "", ""}, owners)
	if byID[0].Account.ID != "qm:bob" || !byID[1].Account.Gone || byID[2].Account != nil || byID[3].Account != nil {
		t.Errorf("%+v", byID)
	}
	last := startRun(t, l, job("c"))
	settle(t, l, last, created(1, "new bob"))
	external := map[string]string{}
	for i, id := range []string{"x-ann", "x-bob", "x-cyd", "x-nobody", ""} {
		m, err := l.Recall(t.Context(), last.Seq, false, []Query{{Row: i + 10, Key: "another", ExternalID: id}})
		must(t, err)
		if m[0].Other != nil {
			external[id] = m[0].Other.Key
		}
	}
	same(t, map[string]string{"x-ann": "ann", "x-bob": "bob"}, external)

	// Ids of two sources are of two systems; of an import it is not known.
	crm := job("d")
	crm.Command, crm.Source, crm.Input = "sync", "crm", "/in/crm.csv"
	gil := created(1, "gil")
	gil.ExternalID = "7"
	settle(t, l, startRun(t, l, crm), gil)
	for source, want := range map[string]bool{"crm": true, "shop": false, "": true} {
		asked := Query{Row: 1, Key: "another", ExternalID: "7", Source: source}
		m, err := l.Recall(t.Context(), 0, false, []Query{asked})
		must(t, err)
		same(t, want, m[0].Other != nil)
	}

	// A further address is the same one in every source. Accounts that are revoked or gone, or of this run, do not count,
	// nor those of another name.
	further := map[string]string{}
	for i, key := range []string{"ann", "old ann", "cyd", "new bob", "gus", "nobody"} {
		q := Query{Row: i + 20, Key: "another", Name: "NAME of " + key, Further: []string{"none", key, "bob"}, Source: "shop"}
		m, err := l.Recall(t.Context(), last.Seq, false, []Query{q, {Row: 5, Key: "ann", Further: []string{"bob"}}})
		must(t, err)
		if m[0].Other != nil {
			further[key] = m[0].Other.Key
		}
		if m[1].Other != nil {
			t.Errorf("ann is known, and %+v", m)
		}
	}
	same(t, map[string]string{"ann": "ann", "gus": "gus"}, further)

	// The external id counts before a further address, also one with a newer account.
	both := Query{Row: 1, Key: "another", Name: "Name of gil", ExternalID: "x-bob", Further: []string{"gil"}}
	m, err := l.Recall(t.Context(), 0, false, []Query{both})
	must(t, err)
	same(t, "bob", m[0].Other.Key)
}

func TestMade(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	const n = pageRows + 20
	must(t, l.change(t.Context(), func(w *writer) {
		for row := n; row >= 1; row-- {
			e := created(row, fmt.Sprint("key", row))
			if row%5 == 0 {
				e.Status = outcome.Conflict
			}
			w.putOutcome(run.Seq, false, e.Outcome)
			w.changeAccount(run.Seq, e)
		}
	}))
	settle(t, l, run, failed(n+1, "nobody"))
	settle(t, l, startRun(t, l, job("b")), created(1, "key2"), created(2, "another run's")) // no longer from this run
	settle(t, l, run, revoked(1, "key3"))
	var want []string
	for row := 1; row <= n; row++ {
		if row != 2 && row%5 != 0 {
			want = append(want, fmt.Sprint("key", row))
		}
	}
	var got []string
	for _, o := range all(t, l.CreatedRows(t.Context(), run.Seq)) {
		got = append(got, o.Key)
		if o.AccountID != "qm:"+o.Key || o.SheetRow != created(o.Row, o.Key).SheetRow {
			t.Errorf("%+v", o)
		}
	}
	same(t, want, got)
}

// A look-up that is open is found by every later command, also when its run was pruned, with all the names
// that were sent in attempts whose answer was lost.
func TestLookUps(t *testing.T) {
	l := openNew(t)
	first := startRun(t, l, job("a"))
	a := attempt(1, "ann")
	a.Name = "Ann Smith"
	begin(t, l, first, a)
	l = crash(t, l)
	run := startRun(t, l, job("b"))
	begin(t, l, run, attempt(1, "ann"))
	e := entry(1, "ann", outcome.CreatedUnconfirmed)
	e.LookUp, e.Reason, e.Account = true, "the answer was lost", Store
	there := entry(2, "bob", outcome.Conflict)
	there.LookUp, there.Account = true, Store
	settle(t, l, run, e, there, created(3, "cyd"))
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM attempts"))

	open := all(t, l.LookUps(t.Context()))
	if len(open) != 2 {
		t.Fatalf("%+v", open)
	}
	ann, bob := open[0], open[1]
	same(t, map[string]bool{"Ann Smith": true, "Name of ann": true}, set(ann.Names))
	same(t, 0, len(bob.Names))
	same(t, e.Outcome, ann.Outcome)
	if a := known(t, l, "ann"); ann.Run != run.Seq || !ann.SettledAt.Equal(a.At) {
		t.Errorf("%+v", ann)
	}

	o := ann.Outcome
	o.Reason = "nothing was found yet"
	must(t, l.Resolve(t.Context(), ann, o)) // stays open
	if again := all(t, l.LookUps(t.Context())); len(again) != 2 || again[0].Outcome.Reason != o.Reason || len(again[0].Names) != 2 {
		t.Errorf("%+v", again)
	}
	o.Status, o.AccountID, o.Reason, o.LookUp = outcome.Conflict, "qm:9", "another name", false
	must(t, l.Resolve(t.Context(), ann, o))
	same(t, []outcome.Outcome{o}, all(t, l.Outcomes(t.Context(), run.Seq, false, 1))[:1])
	if a := known(t, l, "ann"); a.Status != outcome.Conflict || a.ID != "qm:9" || len(all(t, l.LookUps(t.Context()))) != 1 || a.FirstRun != run.Seq {
		t.Errorf("%+v", a)
	}
	must(t, l.Resolve(t.Context(), ann, ann.Outcome)) // too late: it is settled
	if a := known(t, l, "ann"); a.ID != "qm:9" || len(all(t, l.LookUps(t.Context()))) != 1 {
		t.Errorf("%+v", a)
	}

	finish(t, l, run, Complete)
	_, err := l.Prune(t.Context(), start.AddDate(1, 0, 0))
	must(t, err)
	open = all(t, l.LookUps(t.Context()))
	if len(open) != 1 || open[0].Outcome.Key != "bob" || open[0].Outcome.Status != outcome.Conflict || open[0].Outcome.Row != 2 {
		t.Fatalf("%+v", open)
	}
	o = open[0].Outcome
	o.AccountID, o.LookUp = "qm:bob", false
	must(t, l.Resolve(t.Context(), open[0], o))
	same(t, 0, len(all(t, l.LookUps(t.Context()))))
}
