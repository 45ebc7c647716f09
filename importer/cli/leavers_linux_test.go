package cli_test

import (
	"strings"
	"testing"
)

// TestListThatCannotBeWritten: nobody is revoked, and it is told why.
func TestListThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(20, 0)
	c.export("crm.csv", 18)
	out := c.must(1, "sync", "./crm.csv", "--leavers", "/dev/full", "--revoke-leavers", "--max-revoke", "50%")
	c.says(out, "they could not be listed: cannot write /dev/full")
	if strings.Contains(out, "before its end") || len(c.revokedAt()) != 0 {
		t.Errorf("it says:\n%s", out)
	}
	c.must(0, "sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%")
	if len(c.revokedAt()) != 2 {
		t.Error(c.revokedAt())
	}
}
