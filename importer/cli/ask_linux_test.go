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
	code = cli.Run(c.t.Context(), c.args(args), c.env, cli.Streams{In: user, Out: &safeBuffer{}, Err: user})
	fmt.Fprint(user, "\x04")
	return code, <-read
}

const (
	onceQuestion = "Create one customer now, and stop? [y/N]"
	allQuestion  = "Create all 101 now? n sends nothing. [y/N]"
	firstPerson  = "The first would be line 2: person.0@example.com, Pérson 0"
	madeFirst    = "Created line 2: person.0@example.com, Pérson 0"
	unclear      = "Please answer y or n."
)

func TestFirstRowFirst(t *testing.T) {
	notAgreed := "not confirmed: nothing was sent"
	for _, tt := range []struct {
		name  string
		typed string
		rows  int
		args  []string
		code  int
		made  int
		asked []string
	}{
		{name: "one", typed: "y\n", rows: 101, made: 1, asked: []string{firstPerson, onceQuestion, "one customer was to be created, as asked", "see whether the site has sent mail to the address of line 2", madeFirst}},
		{name: "all", typed: "n\nYES\n", rows: 101, made: 101, asked: []string{firstPerson, onceQuestion, allQuestion}},
		{name: "neither", typed: "\n\n", rows: 101, code: 130, asked: []string{firstPerson, onceQuestion, allQuestion, notAgreed}},
		{name: "unclear, then one", typed: "hm\nnope\nyes\n", rows: 101, made: 1, asked: []string{firstPerson, onceQuestion, unclear, "one customer was to be created, as asked", "see whether the site has sent mail to the address of line 2", madeFirst}},
		{name: "never clear", typed: "hm\n101\nall\n", rows: 101, code: 130, asked: []string{firstPerson, onceQuestion, unclear, notAgreed}},
		{name: "end of input", typed: "\x04", rows: 101, code: 130, asked: []string{firstPerson, onceQuestion, notAgreed}},
		{name: "few rows", rows: 100, made: 100},
		{name: "yes", rows: 101, args: []string{"--yes"}, made: 101},
		{name: "limit", rows: 101, args: []string{"--limit", "2"}, made: 2, asked: []string{"--limit is reached"}},
		{name: "dry run", rows: 101, args: []string{"--dry-run"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newTrial(t, nil)
			c.export("people.csv", tt.rows)
			code, shown := c.atTerminal(tt.typed, append([]string{"import", "./people.csv"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if made := c.created(); made != tt.made {
				t.Errorf("%d customers were made, want %d", made, tt.made)
			}
			shown = strings.Join(strings.Fields(shown), " ") // it is folded to the terminal
			for _, text := range []string{firstPerson, onceQuestion, allQuestion, unclear, notAgreed, "--limit is reached", "one customer was to be created, as asked", "see whether the site has sent mail to the address of line 2", madeFirst} {
				want := slices.Contains(tt.asked, text)
				if got := strings.Contains(shown, text); got != want {
					t.Errorf("shown %q: %t, want %t:\n%s", text, got, want, shown)
				}
			}
			if tt.made == 0 && c.exists("people.results.csv") {
				t.Error("a run that was not agreed to has left results")
			}
		})
	}
}

// y sends the row that was named, and no other, whatever becomes of it. Until
// somebody has been created, the next run asks again, and names the next.
func TestOnlyTheRowThatWasNamed(t *testing.T) {
	c := newTrial(t, func(o *jsmtest.Options) {
		o.Existing = []jsmtest.Account{{Email: personAddress(0), Name: "There"}}
		o.OnCreate = func(email string, _ int) jsmtest.Decision {
			if email == personAddress(1) {
				return jsmtest.Decision{Status: 400, Key: "refused"}
			}
			return jsmtest.Decision{}
		}
	})
	c.export("people.csv", 104)
	for i, step := range []struct {
		code, made int
		status     string
		says       []string
	}{
		{0, 0, "conflict", []string{"the address of line 2 has an account at the site already: nobody was created", "run the same command again: it asks again, and names the next"}},
		{3, 0, "failed", []string{"line 3 was refused: nobody was created", "read its jsm_reason in the results; then run the same command again: it asks again"}},
		{3, 1, "created", []string{"Created line 4: person.2@example.com, Pérson 2", "see whether the site has sent mail to the address of line 4; then"}},
	} {
		code, shown := c.atTerminal("y\n", "import", "./people.csv", "--log-level", "debug")
		shown = strings.Join(strings.Fields(shown), " ")
		for _, text := range append(step.says, fmt.Sprintf("The first would be line %d: %s, %s", i+2, personAddress(i), personName(i))) {
			if !strings.Contains(shown, text) {
				t.Errorf("it does not say %q:\n%s", text, shown)
			}
		}
		if code != step.code || c.created() != step.made || strings.Contains(shown, "Created line") != (step.made > 0) {
			t.Errorf("exit code %d, %d made:\n%s", code, c.created(), shown)
		}
		rows := c.rows("people.results.csv")
		if got := rows[i]["jsm_status"]; got != step.status || c.statuses("people.results.csv")["not_attempted"] != 103-i {
			t.Errorf("line %d is %s; %v", i+2, got, c.statuses("people.results.csv"))
		}
	}
	if code, shown := c.atTerminal("", "import", "./people.csv"); code != 3 || strings.Contains(shown, "[y/N]") || c.created() != 102 {
		t.Errorf("exit code %d, %d made:\n%s", code, c.created(), shown)
	}
}

func TestInterruptedAtTheQuestion(t *testing.T) {
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
	eventually(t, 15*time.Second, func() bool { return strings.Contains(shown.String(), onceQuestion) })
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); p.ProcessState.ExitCode() != 130 {
		t.Errorf("%v", err)
	}
	eventually(t, 5*time.Second, func() bool { return strings.Contains(shown.String(), "jsm-onboard: interrupted: nothing was sent") })
	if strings.Contains(shown.String(), "in flight") || c.created() > 0 {
		t.Errorf("%d made:\n%s", c.created(), shown)
	}
}

func TestFirstRowIsAskedForOnce(t *testing.T) {
	c := newTrial(t, nil)
	c.export("people.csv", 101)
	c.export("others.csv", 150)
	if code, _ := c.atTerminal("y\n", "import", "./people.csv"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, file := range []string{"./people.csv", "./others.csv"} {
		if code, shown := c.atTerminal("", "import", file); code != 0 || strings.Contains(shown, "[y/N]") {
			t.Errorf("%s: exit code %d:\n%s", file, code, shown)
		}
	}
	if made := c.created(); made != 150 {
		t.Errorf("%d customers were made, want 150", made)
	}
}

func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	c := newTrial(t, nil)
	c.export("people.csv", 101)
	code, out := c.run("import", "./people.csv")
	if code != 0 || strings.Contains(out, "[y/N]") || c.created() != 101 {
		t.Errorf("exit code %d, %d made:\n%s", code, c.created(), out)
	}
}

// created counts what the site has made.
func (c *trial) created() int {
	n := 0
	for a := range c.site.Accounts() {
		if a.CreatedBy > 0 && a.Type == jsmtest.Customer {
			n++
		}
	}
	return n
}
