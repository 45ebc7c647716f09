package ledger

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"
)

func nightly(source, file string) Identity {
	return Identity{Command: "sync", Source: source, Input: file, InputSHA256: source + file}
}

// night is a sync run up to its end, with these members.
func night(t *testing.T, l *Ledger, source, file string, members ...Member) Run {
	t.Helper()
	run := startRun(t, l, nightly(source, file))
	for i, m := range members {
		if recall(t, l, run, i+1, m.Key).Account == nil {
			mustSettle(t, l, run, created(i+1, m.Key))
		}
	}
	if err := l.Arrive(t.Context(), run.Seq, source, members); err != nil {
		t.Fatal(err)
	}
	there := func(gone Member) bool {
		return slices.ContainsFunc(members, func(m Member) bool { return m.Key == gone.Key })
	}
	if _, err := l.Leave(t.Context(), run.Seq, source, there); err != nil {
		t.Fatal(err)
	}
	return run
}

func people(keys ...string) []Member {
	var members []Member
	for _, k := range keys {
		members = append(members, Member{Key: k, ExternalID: "x-" + k})
	}
	return members
}

func leavers(t *testing.T, l *Ledger, run int64, source string) []string {
	t.Helper()
	var got []string
	for _, one := range all(t, l.Leavers(t.Context(), run, source)) {
		text := one.Key
		if one.NewKey != "" {
			text += ">" + one.NewKey
		}
		got = append(got, text)
	}
	return got
}

func TestLeavers(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd", "dee", "eve")...), Complete)
	finish(t, l, night(t, l, "shop", "1", people("bob")...), Complete)
	same(t, nobody, leavers(t, l, 0, "desk"))

	// The second night: cyd has another address, dee and bob are gone, fay is new.
	there := append(people("ann", "eve", "fay"), Member{Key: "cyd2", ExternalID: "x-cyd"})
	second := night(t, l, "desk", "2", there...)
	same(t, []string{"cyd>cyd2", "dee"}, leavers(t, l, second.Seq, "desk"))
	same(t, nobody, leavers(t, l, 0, "desk"))
	finish(t, l, second, Stopped)
	same(t, nobody, leavers(t, l, 0, "desk"))
	l = crash(t, l)
	second = night(t, l, "desk", "2", there...)
	finish(t, l, second, Complete)
	same(t, []string{"cyd>cyd2", "dee"}, leavers(t, l, 0, "desk"))
	last, found, err := l.LastComplete(t.Context(), "desk")
	if err != nil || !found || last.ID != second.ID {
		t.Error(last, found, err)
	}
	for one := range l.Leavers(t.Context(), 0, "desk") {
		if want := start.Add(time.Hour); !one.LastSeen.Equal(want) || one.ID != "qm:"+one.Key {
			t.Errorf("%+v, want last seen %v", one, want)
		}
	}

	// The third night: dee is revoked, ann leaves, cyd is back, and bob leaves the shop.
	finish(t, l, night(t, l, "shop", "2", people("gus")...), Complete)
	third := night(t, l, "desk", "3", people("eve", "fay", "cyd", "cyd2")...)
	same(t, []string{"ann", "bob", "dee"}, leavers(t, l, third.Seq, "desk"))
	mustSettle(t, l, third, Outcome{Row: 3, Key: "dee", Status: "revoked", Revoke: true, Known: true})
	same(t, []string{"ann", "bob", "dee"}, leavers(t, l, third.Seq, "desk"))
	finish(t, l, third, Complete)
	same(t, []string{"ann", "bob"}, leavers(t, l, 0, "desk"))
	same(t, []string{"bob"}, leavers(t, l, 0, "shop"))
}

var nobody []string

func TestLeaversAreOurs(t *testing.T) {
	l := openNew(t)
	run := startRun(t, l, job("made"))
	statuses := map[string]bool{"created": false, "created_unconfirmed": false, "verified": true, "conflict": true}
	row := 0
	var members []Member
	for name, verified := range statuses {
		row++
		o := created(row, name)
		o.Verified = verified
		if o.Status = name; name == "verified" {
			o.Status = "created_unconfirmed"
		}
		mustSettle(t, l, run, o)
		members = append(members, Member{Key: name})
	}
	imported := startRun(t, l, job("import"))
	mustSettle(t, l, imported, created(1, "never in a source"))
	run = night(t, l, "desk", "1", members...)
	finish(t, l, run, Complete)
	finish(t, l, night(t, l, "desk", "2"), Complete)
	same(t, []string{"created", "verified"}, leavers(t, l, 0, "desk"))
}

// Whoever is still there costs no writing.
func TestUnchangedNight(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob")...), Complete)
	run := startRun(t, l, nightly("desk", "2"))
	before := l.write.commits.Load()
	if err := l.Arrive(t.Context(), run.Seq, "desk", people("ann", "bob")); err != nil {
		t.Fatal(err)
	}
	if n := l.write.commits.Load() - before; n != 0 {
		t.Errorf("%d commits", n)
	}
	gone, err := l.Leave(t.Context(), run.Seq, "desk", func(m Member) bool { return m.Key == "ann" })
	if err != nil || gone != 1 {
		t.Error(gone, err)
	}
}

// A run that never said who is there does not count as the source's.
func TestCompleteWithoutLeave(t *testing.T) {
	l := openNew(t)
	finish(t, l, startRun(t, l, Identity{Command: "revoke", Source: "desk"}), Complete)
	if _, found, err := l.LastComplete(t.Context(), "desk"); found || err != nil {
		t.Error(found, err)
	}
}

func TestPrune(t *testing.T) {
	l := openNew(t)
	kept := night(t, l, "desk", "1", people("ann")...)
	finish(t, l, kept, Complete)
	old := startRun(t, l, job("old"))
	mustSettle(t, l, old, created(1, "bob"))
	mustSettle(t, l, old, unknown(2, "cyd"))
	finish(t, l, old, Complete)
	killed := startRun(t, l, job("killed"))
	mustSettle(t, l, killed, failedRow(1, "dee"))
	late := startRun(t, l, job("late"))
	finish(t, l, late, Stopped)

	pruned, err := l.Prune(t.Context(), start.Add(time.Duration(late.Seq)*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	same(t, Pruned{Runs: 1, Outcomes: 2}, pruned)
	runs, err := l.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var left []int64
	for _, r := range runs {
		left = append(left, r.Seq)
	}
	same(t, []int64{late.Seq, killed.Seq, kept.Seq}, left)
	l = crash(t, l)
	run := startRun(t, l, job("next"))
	if a := recall(t, l, run, 1, "bob").Account; a == nil || a.RunID != old.ID {
		t.Errorf("account %+v", a)
	}
	if lost := recall(t, l, run, 2, "cyd").Lost; lost == nil || lost.Run != old.ID {
		t.Errorf("lost %+v", lost)
	}
	if again, err := l.Prune(t.Context(), start); err != nil || again != (Pruned{}) {
		t.Error(again, err)
	}
}

// Leavers are found by key: no query of a night reads all accounts for each.
func TestLeaversAreFoundByKey(t *testing.T) {
	l := openNew(t)
	rows, err := l.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+leaversQuery, sql.Named("source", ""),
		sql.Named("after", ""), sql.Named("run", 1), sql.Named("last", ""), sql.Named("limit", 1))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := collect(rows, func(s scanner) (step string, err error) {
		var id, parent, unused int
		err = s.Scan(&id, &parent, &unused, &step)
		return step, err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		bySource := strings.HasSuffix(step, "(source=?)") // reads the whole source
		if bySource || strings.HasPrefix(step, "SCAN") && step != "SCAN who" && step != "SCAN CONSTANT ROW" {
			t.Errorf("%s in\n%s", step, strings.Join(steps, "\n"))
		}
	}
}
