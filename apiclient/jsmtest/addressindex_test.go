package jsmtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIndexIsSorted: whenever accounts are sorted in, all are there, in order.
func TestIndexIsSorted(t *testing.T) {
	a := newAccounts(1)
	for round := range uint64(5) {
		for i := range uint64(200) {
			a.add(Account{Email: fmt.Sprintf("P%d@crowd.example", mix(round, i)%500), Name: "P"})
		}
		a.index.extend(a)
		var got, want []string
		for i := range uint32(a.len()) {
			got = append(got, fold(a.record(a.index.sorted[i]).email()))
			want = append(want, fold(a.record(i).email()))
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" || len(a.index.sorted) != a.len() {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
	}
}
