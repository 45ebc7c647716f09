package cli

import (
	"os"
	"strings"
	"testing"
)

// The sandbox prints what can be pasted into a shell, so that the programs that
// are started there have it.
func TestSetIn(t *testing.T) {
	for system, want := range map[string]string{"linux": "export A=b\n", "darwin": "export A=b\n", "windows": "$env:A=\"b\"\n"} {
		if got := setIn(system, "A", "b"); got != want {
			t.Errorf("%s: %q", system, got)
		}
	}
}

func TestLongDash(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("–there.csv", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		hint string // "": all is well
	}{
		{nil, ""}, {[]string{"c.csv", "-"}, ""}, {[]string{"c–d.csv"}, ""}, {[]string{"–there.csv"}, ""}, {[]string{"–"}, ""},
		{[]string{"c.csv", "–dry-run"}, "two hyphens: --dry-run"}, {[]string{"—limit", "5"}, "two hyphens: --limit"},
		{[]string{"––limit=5"}, "two hyphens: --limit=5"}, {[]string{"−-yes"}, "two hyphens: --yes"},
	} {
		err := longDash(tc.args)
		hint := ""
		if err != nil {
			_, hint, _ = explain(err)
		}
		if (err == nil) != (tc.hint == "") || !strings.Contains(hint, tc.hint) {
			t.Errorf("%q: %v (%s)", tc.args, err, hint)
		}
	}
}
