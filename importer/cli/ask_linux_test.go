package cli_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

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
	allQuestion  = "Create all 101 now? [y/N]"
)

func TestFirstRowFirst(t *testing.T) {
	for _, tt := range []struct {
		name  string
		typed string
		rows  int
		args  []string
		code  int
		made  int
		asked []string
	}{
		{name: "one", typed: "y\n", rows: 101, made: 1, asked: []string{onceQuestion}},
		{name: "all", typed: "n\nYES\n", rows: 101, made: 101, asked: []string{onceQuestion, allQuestion}},
		{name: "neither", typed: "\n\n", rows: 101, code: 130, asked: []string{onceQuestion, allQuestion, "not confirmed: nothing was sent"}},
		{name: "few rows", rows: 100, made: 100},
		{name: "yes", rows: 101, args: []string{"--yes"}, made: 101},
		{name: "limit", rows: 101, args: []string{"--limit", "2"}, made: 2},
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
			for _, question := range []string{onceQuestion, allQuestion, "not confirmed: nothing was sent"} {
				want := slices.Contains(tt.asked, question)
				if got := strings.Contains(shown, question); got != want {
					t.Errorf("shown %q: %t, want %t:\n%s", question, got, want, shown)
				}
			}
			if tt.made == 0 && c.exists("people.results.csv") {
				t.Error("a run that was not agreed to has left results")
			}
		})
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
