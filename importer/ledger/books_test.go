package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
)

// ask returns the first column of a query on the file of l, as text.
func ask(t *testing.T, l *Ledger, query string) []string {
	t.Helper()
	rows, err := l.read.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := collect(rows, func(s scanner) (text string, err error) {
		err = s.Scan(&text)
		return text, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// together hands entries to the writer so that they make one group.
func together(t *testing.T, l *Ledger, entries ...entry) {
	t.Helper()
	hold, held := make(chan bool), make(chan bool)
	go l.write.do(entry{action: bare, call: func(context.Context, *sql.Conn) error {
		held <- true
		<-hold
		return nil
	}})
	<-held // from here on all waits, and makes one group
	for _, e := range entries {
		l.hand(e)
	}
	close(hold)
	if err := l.write.do(entry{action: bare, call: nothing}); err != nil {
		t.Fatal(err)
	}
}

func nothing(context.Context, *sql.Conn) error { return nil }

func begun(run Run, a Attempt) entry {
	return entry{action: begin, run: run.Seq, outcome: Outcome{Row: a.Row, Line: a.Line, Key: a.Key, Email: a.Email, Name: a.Name, ExternalID: a.ExternalID}}
}

// A record of the journal stays until all of its attempts are settled. After a
// crash those are lost that were not, and no others.
func TestJournal(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	var four []entry
	for row, key := range []string{"ann", "bob", "cyd", "dan"} {
		four = append(four, begun(run, attempt(row+1, key)))
	}
	together(t, l, four...)
	same(t, []string{"4"}, ask(t, l, "SELECT json_array_length(attempts) FROM journal"))

	mustSettle(t, l, run, created(1, "ann"))
	if err := wait(func(done func(error)) { l.Withdraw(run.Seq, 2, done) }); err != nil {
		t.Fatal(err)
	}
	mustSettle(t, l, run, failedRow(3, "cyd"))
	same(t, []string{"dan"}, ask(t, l, "SELECT key FROM pending"))

	after := crash(t, l)
	same(t, []string{"dan"}, ask(t, after, "SELECT key FROM lost"))
	same(t, []string{"0"}, ask(t, after, "SELECT count(*) FROM journal"))

	mustSettle(t, l, run, created(4, "dan"))
	same(t, []string{"0"}, ask(t, l, "SELECT count(*) FROM journal"))
	same(t, []string(nil), ask(t, crash(t, l), "SELECT key FROM lost"))
}

// A row is told once, however often it was begun.
func TestBegunTwice(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	mustBegin(t, l, run, attempt(1, "ann"))
	mustBegin(t, l, run, attempt(1, "ann"))
	for name, l := range map[string]*Ledger{"writer": l, "crashed": crash(t, l)} {
		if all := all(t, l.Outcomes(t.Context(), run.Seq, 0)); len(all) != 1 || all[0].Status != "" {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// An attempt that was lost and then answered by another run counts as lost
// again when its own run makes it once more.
func TestLostAgain(t *testing.T) {
	l := openNew(t)
	first := startRun(t, l, job("a"))
	mustSettle(t, l, first, unknown(1, "ann"))
	second := startRun(t, l, job("b"))
	mustSettle(t, l, second, created(1, "ann"))
	if m := recall(t, l, first, 1, "ann"); m.Lost != nil {
		t.Errorf("still lost: %+v", m.Lost)
	}
	mustBegin(t, l, first, attempt(1, "ann"))
	if m := recall(t, l, first, 1, "ann"); m.Lost == nil {
		t.Error("not lost again")
	}
}

// What another run has said of a key is found behind what this one says.
func TestVersionBehindTheNewest(t *testing.T) {
	l := openNew(t)
	first := startRun(t, l, job("a"))
	mustSettle(t, l, first, created(1, "ann"))
	second := startRun(t, l, job("b"))
	mustSettle(t, l, second, created(1, "ann"))
	if m := recall(t, l, second, 1, "ann"); m.Account == nil || m.Account.RunID != first.ID {
		t.Errorf("account %+v", m.Account)
	}
}

// What stands in the journal comes out of it as it went in.
func TestJournalKeepsText(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	want := Attempt{Row: 7, Line: 9, Key: `zoë"\@example.com`, Email: `Zoë"\@Example.com`, Name: "<Łucja & \u2028 \"O'Neil\">", ExternalID: "00042"}
	mustBegin(t, l, run, want)
	for o := range crash(t, l).Outcomes(t.Context(), run.Seq, 0) {
		same(t, want, Attempt{Row: o.Row, Line: o.Line, Key: o.Key, Email: o.Email, Name: o.Name, ExternalID: o.ExternalID})
	}
	for _, key := range ask(t, crash(t, l), "SELECT external_id FROM lost") {
		same(t, "00042", key)
	}
}

// Accounts are found by their key whether that is entered already or not: by
// who writes, by who only reads, and after a crash.
func TestTail(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	const rows = maxTail + 100
	for row := 1; row <= rows; row++ {
		l.Settle(run.Seq, created(row, key(row)), nil)
	}
	if err := l.write.do(entry{action: bare, call: nothing}); err != nil {
		t.Fatal(err)
	}
	mustSettle(t, l, run, created(rows+1, "last"))                         // in the tail, whatever of the others is
	if err := l.write.do(entry{action: bare, call: nothing}); err != nil { // it has entered what it had to
		t.Fatal(err)
	}
	some := ask(t, l, "SELECT count(*) FROM account_keys")
	if n := l.tail.len(); n == 0 || n > maxTail || some[0] != fmt.Sprint(rows+1-n) {
		t.Fatalf("%d in the tail, %s entered", n, some[0])
	}
	reader, err := OpenReadOnly(t.Context(), l.path, site)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for name, l := range map[string]*Ledger{"writer": l, "reader": reader, "crashed": crash(t, l)} {
		if h, err := l.Holdings(t.Context()); err != nil || h.Accounts != rows+1 {
			t.Error(name, h, err)
		}
		if n, err := l.Managed(t.Context()); err != nil || n != rows+1 {
			t.Error(name, n, err)
		}
		for row := 1; row <= rows; row += 50 {
			m, err := l.Recall(t.Context(), 0, []Query{{Row: 1, Key: key(row)}, {Row: 2, Key: "last"}, {Row: 3, Key: "nobody"}})
			if err != nil || m[0].Account == nil || m[1].Account == nil || m[2].Account != nil || m[0].Account.Key != key(row) {
				t.Fatal(name, row, m, err)
			}
		}
	}
	if err := l.write.enter(); err != nil {
		t.Fatal(err)
	}
	same(t, []string{fmt.Sprint(rows + 1)}, ask(t, l, "SELECT count(*) FROM account_keys"))
	if n := l.tail.len(); n != 0 {
		t.Error(n, "are still in the tail")
	}
}

// A revocation is made of the newest version, entered or not.
func TestRevocationOfTheTail(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("a"))
	o := created(1, "ann")
	o.AccountID = "qm:ann"
	mustSettle(t, l, run, o)
	mustSettle(t, l, run, Outcome{Row: 1, Key: "ann", Email: "ann", Status: "revoked", Revoke: true, Known: true})
	mustSettle(t, l, run, created(2, "bob"))
	m, err := l.Recall(t.Context(), 0, []Query{{Row: 1, Key: "ann"}, {Row: 2, Key: "bob"}})
	if err != nil || m[0].Account.RevokedAt.IsZero() || m[0].Account.ID != "qm:ann" || m[1].Account == nil {
		t.Error(m, err)
	}
}
