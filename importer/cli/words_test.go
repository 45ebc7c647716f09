package cli

import "testing"

// The sandbox prints what can be pasted into a shell, so that the programs that are started there have it.
func TestAssignment(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]string{
		"linux": "export A=b\n", "darwin": "export A=b\n", "windows": "$env:A=\"b\"\n",
	} {
		if got := assignment(system, "A", "b"); got != want {
			t.Errorf("%s: %q", system, got)
		}
	}
}
