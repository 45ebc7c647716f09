package ledger

import (
	"testing"
	"time"
)

// twice has ann onboarded by one run and revoked by another, later, and returns
// her account as it was made.
func twice(t *testing.T, l *Ledger) *Account {
	t.Helper()
	mustSettle(t, l, startRun(t, l, job("made")), created(1, "ann"))
	made := known(t, l, "ann")
	time.Sleep(2 * time.Millisecond)
	mustSettle(t, l, startRun(t, l, job("revoked")), Outcome{Row: 1, Key: "ann", Email: "ann", Status: "revoked", Revoke: true, Known: true})
	time.Sleep(2 * time.Millisecond)
	return made
}

func known(t *testing.T, l *Ledger, key string) *Account {
	t.Helper()
	m, err := l.Recall(t.Context(), 0, []Query{{Row: 1, Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	return m[0].Account
}

// An account that is given back is as it was made, but for its id, when that
// was not known; what else the row says is the row's alone.
func TestRestored(t *testing.T) {
	for _, id := range []string{"", "qm:ann"} {
		l := openNew(t)
		want := *twice(t, l)
		run := startRun(t, l, job("back"))
		mustSettle(t, l, run, created(1, "bob"))
		mustSettle(t, l, run, Outcome{Row: 2, Key: "ann", Email: "ann", Name: "Another", ExternalID: "9", Status: "conflict", AccountID: id, Known: true, Restored: true})
		mustSettle(t, l, run, created(3, "cyd"))
		want.Run, want.RunID = run.Seq, run.ID
		for name, l := range map[string]*Ledger{"": l, "crashed": crash(t, l)} {
			same(t, &want, known(t, l, "ann"))
			if known(t, l, "bob") == nil || known(t, l, "cyd") == nil {
				t.Error(name, "those beside it are not found")
			}
		}
	}
}

// What is known by its revocation alone is what the row says once it is back.
func TestRestoredThatWasNeverOurs(t *testing.T) {
	l := openNew(t)
	mustSettle(t, l, startRun(t, l, job("revoked")), Outcome{Row: 1, Key: "ann", Email: "ann", AccountID: "qm:ann", Status: "revoked", Revoke: true, Known: true})
	mustSettle(t, l, startRun(t, l, job("back")), Outcome{Row: 1, Key: "ann", Email: "ann", Status: "conflict", Known: true, Restored: true})
	if a := known(t, l, "ann"); a == nil || a.Status != "conflict" || a.ID != "qm:ann" || a.Verified || !a.RevokedAt.IsZero() {
		t.Errorf("%+v", a)
	}
}

func notFound(row int, key, id string) Outcome {
	return Outcome{Row: row, Key: key, Email: key, AccountID: id, Status: "not_found", Revoke: true, Known: true, Gone: true}
}

// Who is gone from the site is as if never made: with a directory and without,
// until they are made again.
func TestGone(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd")...), Complete)
	second := night(t, l, "desk", "2", people("cyd")...)
	mustSettle(t, l, second, notFound(1, "ann", "qm:ann"))
	same(t, []string{"ann", "bob"}, leavers(t, l, second.Seq, "desk")) // the run's own list stays as it was
	finish(t, l, second, Complete)
	same(t, []string{"bob"}, leavers(t, l, 0, "desk"))
	if n, err := l.Managed(t.Context()); n != 2 || err != nil {
		t.Error(n, err)
	}
	if h, err := l.Holdings(t.Context()); h.Accounts != 2 || err != nil {
		t.Error(h, err)
	}
	back := startRun(t, l, job("back"))
	for _, how := range []string{"by key", "by directory"} {
		if a := recall(t, l, back, 1, "ann").Account; a != nil {
			t.Errorf("%s: %+v", how, a)
		}
		m, err := l.Recall(t.Context(), 0, []Query{{Row: 1, Key: "ann", Revoke: true}})
		if err != nil || m[0].Account == nil || m[0].Account.ID != "qm:ann" {
			t.Errorf("%s, to revoke: %+v, %v", how, m, err)
		}
		standings, err := l.Standings(t.Context(), []string{"ann", "bob"})
		if err != nil {
			t.Fatal(err)
		}
		same(t, []Standing{Unheard, Held}, standings)
		as, err := l.AccountsAsOf(t.Context(), back.Seq, []Query{{Row: 1, Key: "ann"}})
		if err != nil || as[0] != nil {
			t.Error(as, err)
		}
		if err := l.Index(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mustSettle(t, l, back, created(1, "ann"))
	if a := known(t, l, "ann"); a == nil || a.Status != "created" {
		t.Errorf("made again: %+v", a)
	}
}

// A 404 counts only for the account that the ledger has, while it has it.
func TestGoneIsAboutOneAccount(t *testing.T) {
	l := openNew(t)
	twice(t, l)
	mustSettle(t, l, startRun(t, l, job("b")), created(1, "bob"))
	run := startRun(t, l, job("list"))
	mustSettle(t, l, run, notFound(1, "ann", "qm:ann")) // revoked already
	mustSettle(t, l, run, notFound(2, "bob", "qm:another"))
	mustSettle(t, l, run, notFound(3, "cyd", "qm:cyd"))
	if ann, bob, cyd := known(t, l, "ann"), known(t, l, "bob"), known(t, l, "cyd"); ann == nil || ann.RevokedAt.IsZero() || bob == nil || cyd != nil {
		t.Errorf("%+v\n%+v\n%+v", ann, bob, cyd)
	}
	// One that is revoked after all was there; whose it is now is not known.
	mustSettle(t, l, run, notFound(4, "bob", "qm:bob"))
	mustSettle(t, l, startRun(t, l, job("list 2")), Outcome{Row: 1, Key: "bob", Email: "bob", AccountID: "qm:bob", Status: "revoked", Revoke: true, Known: true})
	if a := known(t, l, "bob"); a == nil || a.RevokedAt.IsZero() || a.Status != "" {
		t.Errorf("%+v", a)
	}
}
