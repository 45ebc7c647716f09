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
		{name: "one", typed: "y\n", rows: 101, made: 1, asked: []string{firstPerson, onceQuestion, "one customer was to be created, as asked", "see whether the site has sent mail"}},
		{name: "all", typed: "n\nYES\n", rows: 101, made: 101, asked: []string{firstPerson, onceQuestion, allQuestion}},
		{name: "neither", typed: "\n\n", rows: 101, code: 130, asked: []string{firstPerson, onceQuestion, allQuestion, notAgreed}},
		{name: "unclear, then one", typed: "hm\nnope\nyes\n", rows: 101, made: 1, asked: []string{firstPerson, onceQuestion, unclear, "one customer was to be created, as asked", "see whether the site has sent mail"}},
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
			for _, text := range []string{firstPerson, onceQuestion, allQuestion, unclear, notAgreed, "--limit is reached", "one customer was to be created, as asked", "see whether the site has sent mail"} {
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
