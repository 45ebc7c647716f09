package report

import (
	"fmt"
	"os"
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
