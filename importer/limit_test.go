package importer

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestParseLimit(t *testing.T) {
	for _, tc := range []struct {
		text    string
		n, base int
		over    bool
	}{
		{"5", 5, 1000, false}, {"5", 6, 1000, true}, {"0", 1, 1000, true},
		{"5%", 50, 1000, false}, {"5%", 51, 1000, true}, {"2.5 %", 26, 1000, true}, {"100%", 1000, 1000, false},
	} {
		l, err := ParseLimit(tc.text)
		if err != nil {
			t.Errorf("%q: %v", tc.text, err)
		}
		if got := l.Exceeded(tc.n, tc.base); got != tc.over {
			t.Errorf("%q: %d of %d exceeds it: %t", tc.text, tc.n, tc.base, got)
		}
	}
	for _, text := range []string{"", "-1", "x", "101%", "-1%", "NaN%", "1.5", "%"} {
		if l, err := ParseLimit(text); err == nil {
			t.Errorf("%q was read as %v", text, l)
		}
	}
}

func TestAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAllowance(2)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for n := range 2 {
			if !a.take(ctx) {
				t.Fatalf("task %d of the first two was not let through", n+1)
			}
		}
		third := make(chan bool, 1)
		go func() { third <- a.take(ctx) }()
		synctest.Wait()
		if len(third) != 0 {
			t.Fatal("a third task left while two might still be made")
		}
		a.give(Conflict)
		if !<-third {
			t.Error("a task that made nothing did not free its place")
		}
		a.give(Created)
		a.give(Created)
		if a.take(ctx) || !a.reached() {
			t.Error("more than two were let through")
		}
	})
}

func TestTotals(t *testing.T) {
	var totals Totals
	for _, s := range []Status{Created, Created, Invalid, Unknown, Known, NotAttempted} {
		totals.Add(s)
	}
	if totals.Sum() != 6 || totals.NotGood() != 3 || totals.Mendable() != 2 {
		t.Errorf("sum %d, not good %d, mendable %d", totals.Sum(), totals.NotGood(), totals.Mendable())
	}
	if totals.Prove(6) != nil || totals.Prove(7) == nil {
		t.Error("completeness is not proved by the sum")
	}
	totals.Move(Unknown, Created)
	if totals.Of(Created) != 3 || totals.Sum() != 6 {
		t.Error("moving a row changed the sum")
	}
}
