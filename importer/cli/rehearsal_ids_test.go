package cli

import "testing"

// A sandbox without customers has given no account id away.
func TestIDsOfAnEmptySandbox(t *testing.T) {
	if (accountIDs{}).have("qm:of-a-real-site:1") {
		t.Error("an account of another site is taken for one of the sandbox")
	}
}
