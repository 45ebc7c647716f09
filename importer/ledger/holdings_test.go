package ledger

import "testing"

func TestHoldings(t *testing.T) {
	l := openNew(t)
	check := func(want Holdings) {
		t.Helper()
		got, err := l.Holdings(t.Context())
		if err != nil || got != want {
			t.Errorf("holdings %+v, %v; want %+v", got, err, want)
		}
		has, err := l.HasAccounts(t.Context())
		if err != nil || has != (want.Accounts > 0) {
			t.Errorf("has accounts: %t, %v", has, err)
		}
	}
	check(Holdings{})

	first := startRun(t, l, job("1"))
	mustSettle(t, l, first, failedRow(1, "bob@example.com"))
	check(Holdings{})
	mustSettle(t, l, first, created(2, "ann@example.com"))
	mustSettle(t, l, first, created(3, "cyd@example.com"))
	check(Holdings{Accounts: 2})

	second := startRun(t, l, job("2"))
	mustSettle(t, l, second, created(1, "ann@example.com")) // a new version of the same account
	mustSettle(t, l, second, Outcome{Row: 1, Key: "cyd@example.com", Email: "cyd@example.com", Status: "revoked", Revoke: true, Known: true})
	check(Holdings{Accounts: 2, Revoked: 1})
}
