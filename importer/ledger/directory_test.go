package ledger

import (
	"fmt"
	"path/filepath"
	"slices"
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

func TestInRow(t *testing.T) {
	for name, c := range map[string]struct {
		ids  []int64
		low  int64
		want []int
	}{
		"one":            {[]int64{7}, 7, []int{0}},
		"in order":       {[]int64{7, 8, 9}, 7, []int{0, 1, 2}},
		"another order":  {[]int64{9, 7, 8}, 7, []int{1, 2, 0}},
		"a gap":          {[]int64{7, 9, 10}, 7, []int{0, -1, 1, 2}},
		"too many gaps":  {[]int64{7, 14, 9}, 0, nil},
		"the same twice": {[]int64{7, 8, 7}, 0, nil},
	} {
		places := []int{0, 1, 2}[:len(c.ids)]
		low, at := inRow(c.ids, places)
		if low != c.low || !slices.Equal(at, c.want) {
			t.Errorf("%s: from %d on %v, want from %d on %v", name, low, at, c.low, c.want)
		}
	}
}

// Rows in any order, with others between them and one key twice, are each told
// their own account.
func TestFollowTellsEachItsOwn(t *testing.T) {
	l := openNew(t)
	old := startRun(t, l, job("old"))
	for row := 1; row <= 300; row++ {
		l.Settle(old.Seq, created(row, key(row)), nil)
	}
	run := startRun(t, l, job("new"))
	if err := l.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][]int{"in order": {1, 2, 3, 4}, "backwards": {9, 8, 7}, "far apart": {1, 300, 150}, "gaps": {5, 8, 6}, "one twice": {3, 4, 3, 5}} {
		var q []Query
		for n, row := range rows {
			q = append(q, Query{Row: n + 1, Key: key(row)})
		}
		for i, m := range recallEach(t, l, run, q) {
			if m.Account == nil || m.Account.Key != q[i].Key {
				t.Errorf("%s: row %d was told %+v", name, i+1, m.Account)
			}
		}
	}
}
