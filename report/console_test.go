package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A screen is a terminal of the simplest kind: CR goes back, LF goes down, and
// what is longer than a line wraps.
type screen struct {
	mu      sync.Mutex
	columns int
	lines   [][]byte
	at      int
	wrapped bool
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = [][]byte{nil}
	}
	for _, c := range p {
		last := len(s.lines) - 1
		switch {
		case c == '\r':
			s.at = 0
		case c == '\n':
			s.lines, s.at = append(s.lines, nil), 0
		case s.at == s.columns:
			s.wrapped = true
		case s.at < len(s.lines[last]):
			s.lines[last][s.at] = c
			s.at++
		default:
			s.lines[last] = append(s.lines[last], c)
			s.at++
		}
	}
	return len(p), nil
}

func (s *screen) width() int { return s.columns }

// show is what stands on the screen, without blanks at the ends of lines.
func (s *screen) show() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, line := range s.lines {
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return strings.Join(lines, "\n")
}

// A run is a Moment that changes while a console follows it.
type run struct {
	mu sync.Mutex
	m  Moment
}

func (r *run) look() Moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m
}

// goOn changes the moment and lets time pass.
func (r *run) goOn(d time.Duration, change func(m *Moment)) {
	r.mu.Lock()
	change(&r.m)
	r.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

func TestBarOverARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := &screen{columns: 60}
		c := newConsole(term, term.width, ConsoleOptions{})
		r := &run{}
		stop := c.Follow(1000, r.look)
		want := func(text string) {
			t.Helper()
			if diff := cmp.Diff(text, term.show()); diff != "" {
				t.Error(diff)
			}
		}
		want("   0% [..........]  0/1,000")
		for range 5 {
			r.goOn(time.Second, func(m *Moment) { m.Done += 50; m.Sent += 98 })
		}
		want("  25% [=>........]  250/1,000  98/s  15s left")
		r.goOn(time.Second, func(m *Moment) { m.Done += 50; m.Sent += 98; m.Failed = 12; m.Throttled = 3 })
		want("  30% [==>.......]  98/s  14s left  12 failed  3 throttled")
		until := time.Now().Add(62 * time.Second)
		r.goOn(time.Second, func(m *Moment) { m.PausedUntil, m.Why = until, "the quota of the site (429), it says" })
		want("  30% [>.....]  paused 1:01: the quota of the...  12 failed")
		r.goOn(40*time.Second, func(m *Moment) {})
		want("  30% [>.....]  paused 0:21: the quota of the...  12 failed")
		at := time.Now().Format("15:04:05")
		c.Log().Warn("pause", "row", 301)
		want(at + " WARN  pause row=301\n  30% [>.....]  paused 0:21: the quota of the...  12 failed")
		r.goOn(10*time.Second, func(m *Moment) { m.Probing = true })
		want(at + " WARN  pause row=301\n  30% [>.....]  next try 0:11: site not answe...  12 failed")
		r.goOn(30*time.Second, func(m *Moment) { m.Probing, m.PausedUntil = false, time.Time{} })
		want(at + " WARN  pause row=301\n  30% [==>.......]  300/1,000  12 failed  3 throttled")
		for range 4 {
			r.goOn(time.Second, func(m *Moment) { m.Done += 175; m.Sent += 175 })
		}
		want(at + " WARN  pause row=301\n 100% [==========]  70/s  0s left  12 failed  3 throttled")
		stop()
		want(at + " WARN  pause row=301\n")
		stop()
		if term.wrapped {
			t.Error("a line was too long for the terminal")
		}
	})
}

func TestBarFitsEveryTerminal(t *testing.T) {
	now := time.Now()
	var pace tempo
	pace.see(Moment{}, now.Add(-10*time.Second))
	pace.see(Moment{Done: 900, Sent: 1000}, now)
	moments := []Moment{
		{},
		{Done: 456789, Sent: 1000, Failed: 12345, Throttled: 6789},
		{Done: 1 << 40, Failed: 1},
		{Done: 5, PausedUntil: now.Add(26 * time.Hour), Why: strings.Repeat("für Größe ", 20), Failed: 3},
		{Done: 5, Probing: true, PausedUntil: now.Add(time.Minute)},
		{Done: 5, Probing: true},
	}
	for columns := 1; columns <= 200; columns++ {
		b := &bar{total: 1000000}
		for _, m := range moments {
			line := b.line(m, &pace, now, columns)
			if n := utf8.RuneCountInString(line); n > columns-1 {
				t.Fatalf("%d columns for %d: %q", n, columns, line)
			}
			if columns >= 60 && m.Failed > 0 && !strings.Contains(line, " failed") {
				t.Errorf("no failures in %q", line)
			}
		}
	}
}

func TestTempo(t *testing.T) {
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var pace tempo
	pace.see(Moment{Done: 5000, Sent: 0}, at(0)) // what was done before is no speed
	if _, ok := pace.left(100); ok || pace.sentPerSecond() != 0 {
		t.Error("one look gave a pace")
	}
	for s := 1; s <= 20; s++ {
		pace.see(Moment{Done: 5000 + s*50, Sent: s * 100}, at(s))
	}
	if left, ok := pace.left(500); !ok || left != 10*time.Second || pace.sentPerSecond() != 100 {
		t.Errorf("%v left, %v a second", left, pace.sentPerSecond())
	}
	for s := 21; s <= 40; s++ {
		pace.see(Moment{Done: 6000, Sent: 2000, PausedUntil: at(41)}, at(s))
	}
	for s := 41; s <= 43; s++ {
		pace.see(Moment{Done: 6000 + (s-40)*50, Sent: 2000 + (s-40)*100}, at(s))
	}
	if left, ok := pace.left(500); !ok || left != 10*time.Second {
		t.Errorf("after a pause: %v left", left)
	}
}

func TestDurationsInShort(t *testing.T) {
	tests := []struct {
		d            time.Duration
		clock, short string
	}{
		{0, "0:00", "0s"},
		{100 * time.Millisecond, "0:01", "0s"},
		{59 * time.Second, "0:59", "59s"},
		{580 * time.Second, "9:40", "9m40s"},
		{2*time.Hour + 46*time.Minute + 5*time.Second, "2:46:05", "2h46m"},
		{27 * time.Hour, "27:00:00", "1d03h"},
	}
	for _, test := range tests {
		if c, s := clock(test.d), short(test.d); c != test.clock || s != test.short {
			t.Errorf("%v: clock %q, short %q", test.d, c, s)
		}
	}
}

func TestProgressLinesOffATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := newConsole(&out, nil, ConsoleOptions{})
		r := &run{}
		stop := c.Follow(3000, r.look)
		r.goOn(9*time.Second, func(m *Moment) { m.Done, m.Sent = 500, 500 })
		if out.Len() > 0 {
			t.Errorf("after 9 s: %q", out.String())
		}
		r.goOn(2*time.Second, func(m *Moment) { m.Done, m.Sent, m.Failed = 1000, 1000, 2 })
		until := time.Now().Add(59 * time.Second)
		r.goOn(10*time.Second, func(m *Moment) { m.PausedUntil, m.Why = until, "quota" })
		stop()
		time.Sleep(time.Minute)
		got := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `).ReplaceAllString(out.String(), "")
		want := "INFO  progress done=1000 of=3000 failed=2 throttled=0 per_second=100 left=20s\n" +
			"INFO  progress done=1000 of=3000 failed=2 throttled=0 waiting=\"paused 0:50: quota\"\n"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNoProgressWhereNoneIsWanted(t *testing.T) {
	tests := []struct {
		name string
		o    ConsoleOptions
		rows int
	}{
		{"quiet", ConsoleOptions{Quiet: true}, 10},
		{"no progress", ConsoleOptions{NoProgress: true}, 10},
		{"nothing to do", ConsoleOptions{}, 0},
	}
	for _, test := range tests {
		for _, terminal := range []bool{true, false} {
			t.Run(fmt.Sprint(test.name, terminal), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					term := &screen{columns: 80}
					columns := term.width
					if !terminal {
						columns = nil
					}
					c := newConsole(term, columns, test.o)
					stop := c.Follow(test.rows, func() Moment { return Moment{} })
					time.Sleep(time.Minute)
					stop()
					if got := term.show(); got != "" {
						t.Errorf("the screen shows %q", got)
					}
				})
			})
		}
	}
}

func TestJSONLogHasNoBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := &screen{columns: 500}
		c := newConsole(term, term.width, ConsoleOptions{JSON: true})
		stop := c.Follow(10, func() Moment { return Moment{Done: 3} })
		time.Sleep(15 * time.Second)
		stop()
		var got map[string]any
		if err := json.Unmarshal([]byte(term.show()), &got); err != nil {
			t.Fatalf("%q: %v", term.show(), err)
		}
		if got["msg"] != "progress" || got["done"] != 3.0 {
			t.Errorf("%v", got)
		}
	})
}

func TestNoBarWithoutATerminal(t *testing.T) {
	if terminalColumns(&bytes.Buffer{}, nil) != nil {
		t.Error("a buffer was taken for a terminal")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if terminalColumns(f, nil) != nil {
		t.Error("a file was taken for a terminal")
	}
}

func TestLogLinesAreNeverTorn(t *testing.T) {
	term := &screen{columns: 70}
	c := newConsole(term, term.width, ConsoleOptions{})
	f := &follower{bar: bar{total: 1000}}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for n := range 50 {
				c.Log().Info("said", "n", n)
			}
		})
	}
	for n := range 200 {
		c.showBar(f, Moment{Done: n * 5, Failed: n}, time.Now())
	}
	wait.Wait()
	c.showBar(f, Moment{Done: 1000}, time.Now())
	lines := strings.Split(term.show(), "\n")
	whole := regexp.MustCompile(`^\d\d:\d\d:\d\d INFO  said n=\d+$`)
	for _, line := range lines[:len(lines)-1] {
		if !whole.MatchString(line) {
			t.Fatalf("a torn line: %q", line)
		}
	}
	if len(lines) != 401 || lines[400] != " 100% [===========]  1,000/1,000" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

func TestLogLine(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newLineHandler(&out, slog.LevelInfo))
	tests := []struct {
		say  func()
		want string
	}{
		{func() { log.Info("run begins", "run", "3f9a", "rows", 1200) }, "INFO  run begins run=3f9a rows=1200"},
		{func() { log.Error("no", "err", errors.New("two\nlines"), "empty", "", "is", "a=b") }, `ERROR no err="two\nlines" empty="" is="a=b"`},
		{func() { log.Warn("\x1b[2Jcleared\r\n", "k\n", "\x07\u202e") }, `WARN  \x1b[2Jcleared\r\n k\n="\a\u202e"`},
		{func() { log.Warn("wait", "for", 90*time.Second, "at", time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)) }, "WARN  wait for=1m30s at=2025-03-01T08:00:00Z"},
		{func() { log.With("a", 1).WithGroup("g").With("b", 2).Info("m", slog.Group("h", "c", 3), slog.Attr{}) }, "INFO  m a=1 g.b=2 g.h.c=3"},
		{func() { log.Info("Zoë", "name", "Größe") }, "INFO  Zoë name=Größe"},
		{func() { log.Debug("unheard") }, ""},
	}
	for _, test := range tests {
		out.Reset()
		test.say()
		_, got, _ := strings.Cut(strings.TrimSuffix(out.String(), "\n"), " ")
		if got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestQuietLeavesWarnings(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out, nil, ConsoleOptions{Quiet: true, Level: slog.LevelDebug})
	c.Log().Info("unheard")
	c.Log().Warn("heard")
	if got := out.String(); strings.Contains(got, "unheard") || !strings.Contains(got, "WARN  heard") {
		t.Errorf("%q", got)
	}
}

func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		json       bool
		text, want string
	}{
		{false, "stopping", "\nstopping\n"},
		{false, "", "\n"},
		{true, "stopping", `"msg":"stopping"}` + "\n"},
		{true, "", ""},
	} {
		var out bytes.Buffer
		newConsole(&out, nil, ConsoleOptions{JSON: test.json, Quiet: true}).Interrupted(test.text)
		got := out.String()
		if test.json && got != "" && !json.Valid(out.Bytes()) || !strings.HasSuffix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("JSON %t, %q: %q", test.json, test.text, got)
		}
	}
}

// What people read fits their terminal; a log file has whole lines.
func TestTotalsFitTheTerminal(t *testing.T) {
	term := &screen{columns: 60}
	c := newConsole(term, term.width, ConsoleOptions{})
	c.Totals(exampleSummary(), Ending{})
	c.Fail(strings.Repeat("too long ", 20), strings.Repeat("a hint ", 20), 1)
	if term.wrapped {
		t.Errorf("a line was too long for the terminal:\n%s", term.show())
	}
	var file bytes.Buffer
	newConsole(&file, nil, ConsoleOptions{}).Totals(exampleSummary(), Ending{})
	if got := file.String(); got != "\n"+Totals(exampleSummary(), Ending{}) {
		t.Errorf("the log file has\n%s", got)
	}
}
