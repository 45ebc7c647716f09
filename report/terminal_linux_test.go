package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal of 72 columns: what is written to user shows
// on screen.
func openTerminal(t *testing.T) (screen, user *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	user, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	if err := unix.IoctlSetWinsize(int(user.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 72, Row: 24}); err != nil {
		t.Fatal(err)
	}
	return screen, user
}

func TestBarOnARealTerminal(t *testing.T) {
	screen, user := openTerminal(t)
	c := NewConsole(user, ConsoleOptions{Getenv: func(string) string { return "xterm" }})
	if columns := c.options.columns; columns == nil || columns() != 72 {
		t.Fatal("the terminal and its width were not noticed")
	}
	stop := c.Follow(10, func() Snapshot { return Snapshot{Done: 5} })
	stop()
	got := make([]byte, 4096)
	screen.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := screen.Read(got)
	if err != nil {
		t.Fatal(err)
	}
	if shown := string(got[:n]); !strings.HasPrefix(shown, "\r50% [===>....] (5/10, ") || strings.Contains(shown, "\x1b") {
		t.Errorf("the terminal was sent %q", shown)
	}
}

func TestNoBarOnADumbTerminal(t *testing.T) {
	_, user := openTerminal(t)
	if c := NewConsole(user, ConsoleOptions{Getenv: func(string) string { return "dumb" }}); c.options.columns != nil {
		t.Error("TERM=dumb was not honoured")
	}
}

// Paths are short for whoever sits at a terminal, and whole for others.
func TestShown(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	_, user := openTerminal(t)
	was := os.Stderr
	t.Cleanup(func() { os.Stderr = was })
	os.Stderr = user
	for path, want := range map[string]string{
		filepath.Join(folder, "a.csv"):      "a.csv",
		filepath.Join(folder, "b", "a.csv"): filepath.Join("b", "a.csv"),
		filepath.Dir(folder):                filepath.Dir(folder),
		folder + "-2":                       folder + "-2",
		"a.csv":                             "a.csv",
		"-":                                 "-",
		filepath.Join(folder, "-a.csv"):     "." + string(filepath.Separator) + "-a.csv",
		"":                                  "",
		"a\x1b.csv":                         `a\x1b.csv`,
	} {
		if got := Shown(path); got != want {
			t.Errorf("%q is shown as %q, want %q", path, got, want)
		}
	}
	if got := (&WriteError{Path: filepath.Join(folder, "a.csv"), Why: "x"}).Error(); got != "cannot write a.csv: x" {
		t.Error(got)
	}
	s := exampleSummary()
	s.Failed = filepath.Join(folder, "f.csv")
	if got := NextSteps(s); got[0].Command != "jsm-onboard import f.csv" {
		t.Errorf("%+v", got)
	}
	if os.Stderr, err = os.Open(os.DevNull); err != nil { // a job: what it writes is read elsewhere
		t.Fatal(err)
	}
	defer os.Stderr.Close()
	if got := NextSteps(s); got[0].Command != "jsm-onboard import "+s.Failed || !strings.Contains(got[0].Text, " in "+s.Failed) {
		t.Errorf("%+v", got)
	}
}
