package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// crash leaves l to its end and opens what was on the disk at this moment.
func crash(t *testing.T, l *Ledger) *Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crashed.db")
	for _, part := range []string{"", "-wal"} {
		bytes, err := os.ReadFile(l.path + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+part, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, path)
}

// Each case is what one key has been through; want is what the present run is
// told of it. In steps: b begin, s settle created, u settle unknown, f settle
// failed, w withdraw, k killed and started again, n next run (another job).
func TestRecall(t *testing.T) {
	type told struct{ Outcome, Account, Lost string }
	for _, c := range []struct {
		steps string
		want  told
	}{
		{"", told{}},
		{"b", told{}},
		{"bs", told{Outcome: "created"}},
		{"bsk", told{Outcome: "created"}},
		{"bsn", told{Account: "created by 1"}},
		{"bsnk", told{Account: "created by 1"}},
		{"bf", told{Outcome: "failed"}},
		{"bfk", told{Outcome: "failed"}},
		{"bfn", told{}},
		{"bk", told{Lost: "1"}},
		{"bn", told{Lost: "1"}},
		{"bnn", told{Lost: "1"}},
		{"bu", told{Lost: "1"}},
		{"buk", told{Lost: "1"}},
		{"bun", told{Lost: "1"}},
		{"bw", told{}},
		{"bwk", told{}},
		{"bb", told{Lost: "1"}},
		{"bbw", told{Lost: "1"}},
		{"bbwk", told{Lost: "1"}},
		{"bbf", told{Outcome: "failed", Lost: "1"}},
		{"bbs", told{Outcome: "created"}},
		{"bbsk", told{Outcome: "created"}},
		{"bkbw", told{Lost: "1"}},
		{"bkbwkbwn", told{Lost: "1"}},
		{"bubw", told{Lost: "1"}},
		{"bunbw", told{Lost: "1"}},
		{"bkbs", told{Outcome: "created"}},
		{"bkbsn", told{Account: "created by 1"}},
		{"bkbf", told{Outcome: "failed", Lost: "1"}},
		{"bkbfn", told{Lost: "1"}},
		{"bubfn", told{Lost: "1"}},
		{"bunbfn", told{Lost: "1"}},
		{"bunbs", told{Outcome: "created"}},
		{"bunbsn", told{Account: "created by 2"}},
		{"bnbsn", told{Account: "created by 2"}},
		{"bunbun", told{Lost: "2"}},
		{"bsnbun", told{Account: "created by 1", Lost: "2"}},
		{"bsnbunbsn", told{Account: "created by 3"}},
		{"bss", told{Outcome: "created"}},
		{"u", told{Lost: "1"}},
		{"s", told{Outcome: "created"}},
	} {
		t.Run(c.steps, func(t *testing.T) {
			t.Parallel()
			l := openNew(t)
			runs := 1
			run := startRun(t, l, job("1"))
			number := map[string]string{run.ID: "1"}
			for _, step := range c.steps {
				switch step {
				case 'b':
					mustBegin(t, l, run, attempt(5, "ann"))
				case 's':
					mustSettle(t, l, run, created(5, "ann"))
				case 'u':
					mustSettle(t, l, run, unknown(5, "ann"))
				case 'f':
					mustSettle(t, l, run, failedRow(5, "ann"))
				case 'w':
					if err := wait(func(done func(error)) { l.Withdraw(run.Seq, 5, done) }); err != nil {
						t.Fatal(err)
					}
				case 'k':
					l = crash(t, l)
					run = startRun(t, l, job(fmt.Sprint(runs)))
				case 'n':
					l = crash(t, l)
					runs++
					run = startRun(t, l, job(fmt.Sprint(runs)))
					number[run.ID] = fmt.Sprint(runs)
				}
			}
			mustSettle(t, l, run, created(99, "other"))
			m := recall(t, l, run, 5, "ann")
			var got told
			if m.Outcome != nil {
				got.Outcome = m.Outcome.Status
			}
			if m.Account != nil {
				got.Account = m.Account.Status + " by " + number[m.Account.RunID]
			}
			if m.Lost != nil {
				got.Lost = number[m.Lost.Run]
				if m.Lost.Name != "Name of ann" || time.Since(m.Lost.At) > time.Minute {
					t.Errorf("lost %+v", m.Lost)
				}
			}
			same(t, c.want, got)
		})
	}
}

func TestRecallKeepsTheOrder(t *testing.T) {
	l := openNew(t)
	old := startRun(t, l, job("old"))
	var q []Query
	for row := 1; row <= 1200; row++ {
		k := key(row)
		if row%3 == 0 {
			l.Settle(old.Seq, created(row, k), nil)
		}
		q = append(q, Query{Row: 2000 - row, Key: k})
	}
	run := startRun(t, l, job("new"))
	mustSettle(t, l, run, failedRow(2000-7, key(7)))
	m, err := l.Recall(t.Context(), run.Seq, q)
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range m {
		row := i + 1
		if known := one.Account != nil && one.Account.Key == key(row); known != (row%3 == 0) {
			t.Fatalf("row %d: account %+v", row, one.Account)
		}
		if settled := one.Outcome != nil && one.Outcome.Key == key(7); settled != (row == 7) {
			t.Fatalf("row %d: outcome %+v", row, one.Outcome)
		}
	}
}

func TestAccountOfAnotherRow(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	mustSettle(t, l, run, created(1, "ann"))
	if m := recall(t, l, run, 2, "ann"); m.Account == nil || m.Outcome != nil {
		t.Errorf("%+v", m)
	}
}

// An older run that goes on after a newer one meets what that has made; a
// report of it before that does not.
func TestOlderRunAfterNewer(t *testing.T) {
	l := openNew(t)
	older := startRun(t, l, job("older"))
	newer := startRun(t, l, job("newer"))
	mustSettle(t, l, newer, created(1, "ann"))
	finish(t, l, newer, Complete)
	asOf := func() *Account {
		t.Helper()
		accounts, err := l.AccountsAsOf(t.Context(), older.Seq, []Query{{Row: 8, Key: "bob"}, {Row: 9, Key: "ann"}})
		if err != nil {
			t.Fatal(err)
		}
		return accounts[1]
	}
	if a := asOf(); a != nil {
		t.Errorf("known too early: %+v", a)
	}
	again, resumed, err := l.StartRun(t.Context(), job("older"), start)
	if err != nil || !resumed || again.Seq != older.Seq {
		t.Fatal(again, resumed, err)
	}
	if m := recall(t, l, older, 9, "ann"); m.Account == nil || m.Account.RunID != newer.ID {
		t.Errorf("%+v", m)
	}
	if a := asOf(); a == nil {
		t.Error("not known")
	}
}

func TestLookUpCompletesTheVersion(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	o := created(1, "ann")
	o.Status, o.AccountID, o.LookUp, o.Verified = "created_unconfirmed", "", true, false
	mustSettle(t, l, run, o)
	if n := len(all(t, l.ToLookUp(t.Context(), run.Seq, 0))); n != 1 {
		t.Fatal(n, "to look up")
	}
	o.AccountID, o.LookUp, o.Verified = "qm:7", false, true
	mustSettle(t, l, run, o)
	if n := len(all(t, l.ToLookUp(t.Context(), run.Seq, 0))); n != 0 {
		t.Error(n, "to look up")
	}
	next := startRun(t, l, job("b"))
	if a := recall(t, l, next, 1, "ann").Account; a == nil || a.ID != "qm:7" || !a.Verified {
		t.Errorf("%+v", a)
	}
}

func TestRevocation(t *testing.T) {
	l := openNew(t)
	made := startRun(t, l, job("a"))
	mustSettle(t, l, made, created(1, "ann"))
	mustSettle(t, l, made, created(2, "bob"))
	managed := func(want int) {
		t.Helper()
		if n, err := l.Managed(t.Context()); err != nil || n != want {
			t.Errorf("%d managed, %v; want %d", n, err, want)
		}
	}
	managed(2)
	run := startRun(t, l, job("b"))
	mustBegin(t, l, run, Attempt{Row: 1, Key: "ann", Revoke: true})
	mustBegin(t, l, run, attempt(1, "cyd"))
	mustSettle(t, l, run, Outcome{Row: 1, Key: "ann", Email: "ann", Status: "revoked", Revoke: true, Known: true, HTTPStatus: 204})
	mustBegin(t, l, run, Attempt{Row: 2, Key: "bob", Revoke: true})
	managed(1)
	same(t, 2, len(all(t, l.Revocations(t.Context(), run.Seq, 0))))
	same(t, 1, len(all(t, l.Outcomes(t.Context(), run.Seq, 0))))

	l = crash(t, l)
	next := startRun(t, l, job("c"))
	m := recall(t, l, next, 1, "ann")
	if m.Account == nil || m.Account.RevokedAt.IsZero() || m.Account.ID != "qm:ann" || m.Account.Status != "created" {
		t.Errorf("%+v", m.Account)
	}
	// A revocation whose answer was lost is none of a creation.
	if m := recall(t, l, next, 2, "bob"); m.Lost != nil {
		t.Errorf("%+v", m.Lost)
	}
	asked, err := l.Recall(t.Context(), next.Seq, []Query{{Row: 2, Key: "bob", Revoke: true}})
	if err != nil || asked[0].Lost == nil {
		t.Error(asked, err)
	}
	found, err := l.AccountsByID(t.Context(), []string{"qm:bob", "qm:nobody", ""})
	if err != nil || len(found) != 1 || found["qm:bob"].Key != "bob" {
		t.Error(found, err)
	}
}
