package cli_test

import (
	"strings"
	"testing"
)

// TestListThatCannotBeWritten: nobody is revoked, and it is told why.
func TestListThatCannotBeWritten(t *testing.T) {
	c := newTrial(t, nil)
	c.onboard(20, 0)
	c.export("crm.csv", 18)
	out := c.must(1, "sync", "./crm.csv", "--leavers", "/dev/full", "--revoke-leavers", "--max-revoke", "50%")
	c.says(out, "they could not be listed: cannot write /dev/full")
	if strings.Contains(out, "before its last row") || len(c.revokedAt()) != 0 {
		t.Errorf("it says:\n%s", out)
	}
	c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	if len(c.revokedAt()) != 2 {
		t.Error(c.revokedAt())
	}
}

// TestManyAreAgreedToByTheirNumber has somebody at a terminal who names the
// export in the place of its list of leavers.
func TestManyAreAgreedToByTheirNumber(t *testing.T) {
	const everybody = "That is 30 of the 30 accounts that this ledger manages: everybody."
	whole := []string{"revoke", "./crm.csv", "--results", "./revoked.csv"}
	for _, tc := range []struct {
		name, typed string
		args        []string
		code        int
		byNumber    bool
	}{
		{"y is no number", "y\nyes\ny\n", whole, 130, true},
		{"another number", "3\n\n", whole, 130, true},
		{"the number", "y\n30\n", whole, 0, true},
		{"said before", "y\n\n", append(whole, "--max-revoke", "30"), 0, false},
		{"a list of leavers", "y\n\n", []string{"revoke", "./list.csv"}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, nil)
			c.crm(30, 0)
			list := "email,jsm_action\n"
			for i := range 30 {
				list += personAddress(i) + ",revoke\n"
			}
			c.write("list.csv", list)
			code, shown := c.atTerminal(tc.typed, tc.args...)
			shown = strings.Join(strings.Fields(shown), " ")
			revoked := 0
			if tc.code == 0 {
				revoked = 30
			}
			if code != tc.code || len(c.revokedAt()) != revoked {
				t.Errorf("exit code %d, %d are revoked:\n%s", code, len(c.revokedAt()), shown)
			}
			if strings.Contains(shown, everybody) != tc.byNumber || strings.Contains(shown, "[y/N]") == tc.byNumber {
				t.Errorf("asked by number: %t was expected:\n%s", tc.byNumber, shown)
			}
		})
	}
}
