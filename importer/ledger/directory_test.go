package ledger

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestIndexSaysTheSame holds what is recalled with an index against what is
// recalled without: of other runs and this one, of several versions, of
// revoked accounts and of none.
func TestIndexSaysTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l := openAt(t, path)
	old := startRun(t, l, job("old"))
	for row := 1; row <= 400; row++ {
		mustSettle(t, l, old, created(row, fmt.Sprint("p", row)))
	}
	finish(t, l, old, Complete)
	newer := startRun(t, l, job("newer"))
	for row := 1; row <= 50; row++ {
		o := created(row, fmt.Sprint("p", 3*row))
		o.Name = "Another Name"
		mustSettle(t, l, newer, o)
	}
	for row := 1; row <= 40; row++ {
		mustSettle(t, l, newer, Outcome{Row: row, Key: fmt.Sprint("p", 5*row), Status: "revoked", AccountID: "qm:x", Revoke: true, Known: true})
	}
	var q []Query
	var keys []string
	for row := range 500 {
		key := fmt.Sprint("p", (row*7)%500)
		q, keys = append(q, Query{Row: row + 1, Key: key}), append(keys, key)
	}
	plain := recallEach(t, l, newer, q)
	standings, err := l.Standings(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, plain, recallEach(t, l, newer, q))
	indexed, err := l.Standings(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	same(t, standings, indexed)
	counts := map[Standing]int{}
	for _, s := range indexed {
		counts[s]++
	}
	same(t, map[Standing]int{Unheard: 100, Held: 360, Revoked: 40}, counts)

	// What is added after it was made is found, too.
	mustSettle(t, l, newer, created(900, "late"))
	if recall(t, l, newer, 901, "late").Account == nil {
		t.Error("an account that came after the index is not found")
	}
}

func recallEach(t *testing.T, l *Ledger, run Run, q []Query) []Memory {
	t.Helper()
	memories, err := l.Recall(t.Context(), run.Seq, q)
	if err != nil {
		t.Fatal(err)
	}
	return memories
}

func TestPresentAndMembers(t *testing.T) {
	l := openNew(t)
	finish(t, l, night(t, l, "desk", "1", people("ann", "bob", "cyd")...), Complete)
	finish(t, l, night(t, l, "shop", "1", people("bob")...), Complete)
	finish(t, l, night(t, l, "desk", "2", people("ann")...), Complete)
	night(t, l, "desk", "3", people("cyd")...) // it has not ended
	present, err := l.Present(t.Context(), []string{"ann", "bob", "cyd", "dee"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, map[string]string{"ann": "desk", "bob": "shop"}, present)
	same(t, people("ann"), all(t, l.Members(t.Context(), "desk")))
}
