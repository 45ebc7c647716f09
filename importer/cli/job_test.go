package cli_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Commands that a job prints work in a shell that has none of its environment, in any folder: they reach its ledger and
// its files. The settings of the job may have paths from its own folder.
func TestPrintedCommandsOfAJob(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("token", "sandbox-token\n")
	c.write("night.yml", "source: crm\ntoken-file: token\nsummary: night.json\n")
	c.write("crm.csv", renamed(5, 0)+"Ann Lee,ann at example.com\n")
	c.env = append(c.env, "JSM_ONBOARD_LEDGER=", "JIRA_API_TOKEN=")
	night := func(code int) string {
		t.Helper()
		p := exec.Command(os.Args[0], "sync", "crm.csv", "--config", "night.yml")
		p.Dir, p.Env = c.folder, append(c.env, asProgram+"=1")
		out, _ := p.CombinedOutput()
		if p.ProcessState.ExitCode() != code {
			t.Fatalf("exit code %d:\n%s", p.ProcessState.ExitCode(), out)
		}
		return string(out)
	}
	byHand := func(out, name string, more ...string) {
		t.Helper()
		_, words, ok := strings.Cut(out, " jsm-onboard "+name+" ")
		words, _, _ = strings.Cut(words, "\n")
		if !ok {
			t.Fatalf("there is no command %s:\n%s", name, out)
		}
		hand := *c
		hand.env = append(c.env, "JIRA_BASE_URL=", "JSM_ONBOARD_GATEWAY_URL=", "XDG_STATE_HOME="+c.path("another"))
		hand.must(0, append(append([]string{name}, strings.Fields(words)...), more...)...)
	}
	out := night(3)
	c.write("crm.failed.csv", strings.Replace(c.read("crm.failed.csv"), " at ", "@", 1))
	byHand(out, "import")
	c.write("crm.csv", renamed(4, 0)+"Ann Lee,ann at example.com\n")
	out = night(0) // what was fixed by hand is known
	byHand(out, "revoke", "--yes")
	if got := c.revokedAt(); len(got) != 1 || c.exists("another") {
		t.Errorf("revoked: %v; another ledger: %t", got, c.exists("another"))
	}
	c.write("crm.csv", renamed(3, 0)+"Ann Lee,ann@example.com\n")
	c.write("night.yml", c.read("night.yml")+"revoke-leavers: true\nmax-revoke: 0\n")
	night(5)
	c.says(c.read("night.json"), "jsm-onboard revoke "+c.path("crm.leavers.csv"), " --site "+c.url,
		" --token-file "+c.path("token"), " --ledger "+c.path("state")+string(os.PathSeparator))
}
