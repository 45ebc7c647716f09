package cli_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"jsm-onboard/apiclient/jsmtest"
	"jsm-onboard/importer/cli"
)

// openTerminal makes a terminal: what is written to keys is typed by user, and
// what user is shown can be read from keys.
func openTerminal(t *testing.T) (keys, user *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	user, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	return keys, user
}

// atTerminal runs the program with somebody at a terminal who types typed, and
// returns what was shown.
func (c *trial) atTerminal(typed string, args ...string) (code int, shown string) {
	c.t.Helper()
	keys, user := openTerminal(c.t)
	if _, err := keys.WriteString(typed); err != nil {
		c.t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		var all strings.Builder
		chunk := make([]byte, 4096)
		for {
			n, err := keys.Read(chunk)
			all.Write(chunk[:n])
			if err != nil || strings.Contains(all.String(), "\x04") {
				read <- all.String()
				return
			}
		}
	}()
	code = cli.Run(c.t.Context(), c.args(args), cli.Environment(c.env), cli.Streams{In: user, Out: &safeBuffer{}, Err: user})
	fmt.Fprint(user, "\x04")
	return code, <-read
}

const (
	question  = "Create all 21, only this one, or none? [all/one/none]"
	notAgreed = "not confirmed: nothing was sent"
	unclear   = "Please answer all or one or none."
	onlyOne   = "1 row was sent, as asked"
)

// On a terminal a plan of more than 20 creates asks once: all, only the first one, or none.
func TestManyCreatesAreAskedAbout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		typed string
		rows  int
		args  []string
		code  int
		made  int
		asked []string
	}{
		{name: "all", typed: "all\n", rows: 21, made: 21, asked: []string{question}},
		{name: "one", typed: "One\n", rows: 21, made: 1, asked: []string{question, onlyOne}},
		{name: "none", typed: "none\n", rows: 21, code: 130, asked: []string{question, notAgreed}},
		{name: "Enter alone", typed: "\n", rows: 21, code: 130, asked: []string{question, notAgreed}},
		{name: "unclear, then all", typed: "a\nall\n", rows: 21, made: 21, asked: []string{question, unclear}},
		{name: "never clear", typed: "y\n21\nhm\n", rows: 21, code: 130, asked: []string{question, unclear, notAgreed}},
		{name: "end of input", typed: "\x04", rows: 21, code: 130, asked: []string{question, notAgreed}},
		{name: "few rows", rows: 20, made: 20},
		{name: "yes", rows: 21, args: []string{"--yes"}, made: 21},
		{name: "limit", rows: 40, args: []string{"--limit", "20"}, made: 20},
		{name: "dry run", rows: 21, args: []string{"--dry-run"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newTrial(t, nil)
			c.export("people.csv", tt.rows)
			code, shown := c.atTerminal(tt.typed, append([]string{"import", "./people.csv"}, tt.args...)...)
			if made := c.created(); code != tt.code || made != tt.made {
				t.Errorf("exit code %d, %d customers were made; %d and %d were expected", code, made, tt.code, tt.made)
			}
			shown = strings.Join(strings.Fields(shown), " ") // it is folded to the terminal
			for _, text := range []string{question, notAgreed, unclear, onlyOne} {
				if want := slices.Contains(tt.asked, text); strings.Contains(shown, text) != want {
					t.Errorf("shown %q: %t was expected:\n%s", text, want, shown)
				}
			}
			if tt.made == 0 && c.exists("people.results.csv") {
				t.Error("a run that was not agreed to has left results")
			}
		})
	}
}

// So many names are asked about, too: the column of names may have slipped by a row.
func TestManyRenamesAreAskedAbout(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", renamed(21, 0))
	c.must(0, "import", "./people.csv")
	c.write("people.csv", renamed(21, 1))
	args := []string{"import", "./people.csv", "--update-names"}
	c.says(c.must(0, append(args, "--dry-run")...), "21  to rename")
	const question = "21 customers would be renamed (--update-names)."
	code, shown := c.atTerminal("none\n", args...)
	if code != 130 || !strings.Contains(shown, question) || !strings.Contains(shown, "Do it? [yes/no]") {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
	c.write("more.csv", renamed(42, 1))
	code, shown = c.atTerminal("one\n", "import", "./more.csv", "--update-names")
	if code != 0 || !strings.Contains(shown, question) || c.statuses("more.results.csv")["renamed"] != 0 || c.created() != 22 {
		t.Errorf("exit code %d, %d created:\n%s", code, c.created(), shown)
	}
	code, shown = c.atTerminal("yes\n", args...)
	if code != 0 || c.statuses("people.results.csv")["renamed"] != 21 || !strings.Contains(shown, "/21") { // on the bar
		t.Errorf("exit code %d:\n%s", code, shown)
	}
}

// Access that is revoked is always asked about.
func TestLeaversAreAskedAbout(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(20, 0)
	c.export("crm.csv", 18)
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	for _, tt := range []struct {
		typed   string
		code    int
		revoked int
	}{{"no\n", 130, 0}, {"all\nyes\n", 0, 2}, {"", 0, 2}} {
		code, shown := c.atTerminal(tt.typed, args...)
		const question = "2 leavers would lose access (--revoke-leavers). Do it? [yes/no]"
		shown = strings.Join(strings.Fields(shown), " ")
		if code != tt.code || len(c.revokedAt()) != tt.revoked || strings.Contains(shown, question) != (tt.typed != "") {
			t.Errorf("%q: exit code %d, revoked: %v\n%s", tt.typed, code, c.revokedAt(), shown)
		}
	}
}

// With one customer to create, "only this one" would be everything: it is no answer then.
func TestOneOfOneIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.onboard(20, 0)
	c.export("crm.csv", 18)
	c.write("crm.csv", c.read("crm.csv")+"New Person,new@example.com,x\n")
	args := []string{"sync", "./crm.csv", "--revoke-leavers", "--max-revoke", "50%"}
	code, shown := c.atTerminal("one\nno\n", args...)
	if code != 130 || !strings.Contains(shown, "Do it? [yes/no]") || len(c.revokedAt()) != 0 || c.created() != 20 {
		t.Errorf("exit code %d, revoked: %v, %d created:\n%s", code, c.revokedAt(), c.created(), shown)
	}
	c.write("crm.csv", c.read("crm.csv")+"Another Person,another@example.com,x\n")
	if code, shown = c.atTerminal("one\n", args...); code != 0 || len(c.revokedAt()) != 0 || c.created() != 21 {
		t.Errorf("exit code %d, revoked: %v, %d created:\n%s", code, c.revokedAt(), c.created(), shown)
	}
}

// It is asked in every run, also after the first one.
func TestEveryPlanIsAskedAbout(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 30)
	for _, made := range []int{1, 2, 30} {
		answer := map[int]string{30: "all\n"}[made]
		if answer == "" {
			answer = "one\n"
		}
		if code, shown := c.atTerminal(answer, "import", "./people.csv"); code != 0 || c.created() != made {
			t.Errorf("exit code %d, %d made:\n%s", code, c.created(), shown)
		}
	}
	if got := c.statuses("people.results.csv"); got["created"] != 30 {
		t.Errorf("%v", got)
	}
}

func TestInterruptedAtTheQuestion(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 101)
	keys, user := openTerminal(t)
	shown := &safeBuffer{}
	go io.Copy(shown, keys) // ends with the terminal
	p := exec.Command(os.Args[0], c.args([]string{"import", "./people.csv"})...)
	p.Env, p.Stdin, p.Stderr = append(c.env, asProgram+"=1"), user, user
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, func() bool { return strings.Contains(shown.String(), "[all/one/none]") })
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); p.ProcessState.ExitCode() != 130 {
		t.Errorf("%v", err)
	}
	eventually(t, 30*time.Second, func() bool { return strings.Contains(shown.String(), "jsm-onboard: interrupted: nothing was sent") })
	if strings.Contains(shown.String(), "waiting for answers") || !strings.Contains(shown.String(), "stopping;") || c.created() > 0 {
		t.Errorf("%d made:\n%s", c.created(), shown)
	}
}

func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.export("people.csv", 101)
	code, out := c.run("import", "./people.csv")
	if code != 0 || strings.Contains(out, "[all") || c.created() != 101 {
		t.Errorf("exit code %d, %d made:\n%s", code, c.created(), out)
	}
}

// created counts what the site has made.
func (c *trial) created() int {
	n := 0
	for _, a := range c.site.Accounts() {
		if a.CreatedBy > 0 && a.Type == jsmtest.Customer {
			n++
		}
	}
	return n
}

// What a terminal shows is typed in the same shell: of its environment only another ledger than the usual one is named.
func TestPrintedCommandsOnATerminal(t *testing.T) {
	t.Parallel()
	c := newTrial(t, nil)
	c.write("people.csv", renamed(3, 0)+"Ann Lee,ann at example.com\n")
	code, shown := c.atTerminal("", "import", "./people.csv")
	if code != 3 || !strings.Contains(shown, "people.failed.csv --ledger ") || strings.Contains(shown, "--site") {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
	c.env = append(c.env, "JSM_ONBOARD_LEDGER=")
	if code, shown = c.atTerminal("", "import", "./people.csv"); code != 3 || strings.Contains(shown, " --") {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
}
