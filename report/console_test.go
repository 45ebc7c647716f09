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
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/ledger"
)

// A screen is a terminal of the simplest kind: CR goes back, LF goes down, and
// what is longer than a line wraps.
type screen struct {
	mu      sync.Mutex
	columns int
	lines   [][]rune
	at      int
	wrapped bool
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = [][]rune{nil}
	}
	for _, c := range string(p) {
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

// A run is a Snapshot that changes while a console follows it.
type run struct {
	mu sync.Mutex
	m  Snapshot
}

func (r *run) look() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m
}

// goOn changes the moment and lets time pass.
func (r *run) goOn(d time.Duration, change func(m *Snapshot)) {
	r.mu.Lock()
	change(&r.m)
	r.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

// A bar counts, paces, counts down and says why nothing moves; the log is above
// it, and a pause does not spoil the pace.
func TestBarOverARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := &screen{columns: 80}
		c := NewConsole(term, ConsoleOptions{columns: term.width})
		r := &run{}
		stop := c.Follow(1000, r.look)
		above := ""
		want := func(text string) {
			t.Helper()
			if diff := cmp.Diff(above+text, term.show()); diff != "" {
				t.Error(diff)
			}
		}
		want("0% [..........] (0/1000)")
		for range 5 {
			r.goOn(time.Second, func(m *Snapshot) { m.Done += 50 })
		}
		want("25% [=>........] (250/1000, 50 rows/s) [5s:15s]")
		r.goOn(time.Second, func(m *Snapshot) { m.Done += 50; m.Failed = 12; m.Throttled = 3 })
		want("30% [==>.......] (300/1000, 50 rows/s) [6s:14s] 12 failed, 3 throttled")
		until := time.Now().Add(62 * time.Second)
		r.goOn(time.Second, func(m *Snapshot) { m.PausedUntil, m.Why = until, "the quota\x1b[2J of the site (429)" })
		want(`30% [==>.......] (300/1000, 50 rows/s) paused for 1m1s, 12 failed, 3 throttled…`)
		r.goOn(40*time.Second, func(*Snapshot) {})
		want(`30% [==>.......] (300/1000, 50 rows/s) paused for 21s, 12 failed, 3 throttled:…`)
		c.Log.Warn("pause", "row", 301)
		above = "time=" + time.Now().Format("15:04:05") + " level=WARN msg=pause row=301\n"
		want(`30% [==>.......] (300/1000, 50 rows/s) paused for 21s, 12 failed, 3 throttled:…`)
		r.goOn(10*time.Second, func(m *Snapshot) { m.Probing = true })
		want("30% [==>.......] (300/1000, 50 rows/s) next try in 11s, 12 failed, 3 throttled…")
		r.goOn(30*time.Second, func(m *Snapshot) { m.Probing, m.PausedUntil = false, time.Time{} })
		want("30% [==>.......] (300/1000, 50 rows/s) [1m27s:14s] 12 failed, 3 throttled")
		for range 4 {
			r.goOn(time.Second, func(m *Snapshot) { m.Done += 175 })
		}
		want("100% [==========] (1000/1000, 11 rows/s) 12 failed, 3 throttled")
		c.ShowText("below\n")
		above += "below\n"
		want("100% [==========] (1000/1000, 11 rows/s) 12 failed, 3 throttled")
		stop()
		want("")
		stop()
		if term.wrapped {
			t.Error("a line was too long for the terminal")
		}
	})
}

// A run that continues is not fast because of what was done before it, and a
// pause is shown at every usual width.
func TestBarFitsEveryTerminal(t *testing.T) {
	now := time.Now()
	moments := []Snapshot{
		{},
		{Done: 456789, Failed: 12345, Throttled: 6789},
		{Done: 1 << 40, Failed: 1},
		{Done: 5, Failed: 3, PausedUntil: now.Add(26 * time.Hour), Why: strings.Repeat("für Größe ", 20)},
		{Done: 5, Probing: true, PausedUntil: now.Add(time.Minute)},
		{Done: 5, Probing: true},
	}
	for columns := 2; columns <= 200; columns++ {
		for _, m := range moments {
			term := &screen{columns: columns - 1}
			b := newBar(term, func() int { return columns }, 1000000)
			b.show(m, now)
			if line := term.show(); term.wrapped {
				t.Fatalf("%d columns: %q", columns, line)
			} else if note, _ := m.pause(now); columns >= 60 && !strings.Contains(line, note) {
				t.Errorf("%d columns: no pause in %q", columns, line)
			}
		}
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0s",
		580 * time.Second:       "9m40s",
		1400 * time.Millisecond: "1s",
		2*time.Hour + 46*time.Minute + 5*time.Second: "2h46m",
		27 * time.Hour: "27h0m", 2 * time.Minute: "2m", 50 * time.Second: "50s",
	} {
		if got := Short(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestProgressLinesOffATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := NewConsole(&out, ConsoleOptions{})
		r := &run{}
		stop := c.Follow(3000, r.look)
		r.goOn(9*time.Second, func(m *Snapshot) { m.Done = 500 })
		if out.Len() > 0 {
			t.Errorf("after 9 s: %q", out.String())
		}
		r.goOn(2*time.Second, func(m *Snapshot) { m.Done, m.Failed = 1000, 2 })
		until := time.Now().Add(59 * time.Second)
		r.goOn(10*time.Second, func(m *Snapshot) { m.PausedUntil, m.Why = until, "quota" })
		stop()
		time.Sleep(time.Minute)
		got := regexp.MustCompile(`(?m)^time=\S+T\S+[+]01:00 `).ReplaceAllString(out.String(), "")
		want := "level=INFO msg=progress done=1000 of=3000 failed=2 throttled=0 per_second=100 left=20s\n" +
			"level=INFO msg=progress done=1000 of=3000 failed=2 throttled=0 waiting=\"paused for 50s\" why=quota\n"
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
					test.o.columns = columns
					c := NewConsole(term, test.o)
					stop := c.Follow(test.rows, func() Snapshot { return Snapshot{} })
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
		c := NewConsole(term, ConsoleOptions{columns: term.width, JSON: true})
		stop := c.Follow(10, func() Snapshot { return Snapshot{Done: 3} })
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
	c := NewConsole(term, ConsoleOptions{columns: term.width})
	r := &run{}
	stop := c.Follow(1000, r.look)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for n := range 50 {
				c.Log.Info("said", "n", n)
			}
		})
	}
	for n := range 200 {
		c.locked(func() { c.bar.show(Snapshot{Done: n * 5, Failed: n}, time.Now()) })
	}
	wait.Wait()
	stop()
	lines := strings.Split(term.show(), "\n")
	whole := regexp.MustCompile(`^time=\d\d:\d\d:\d\d level=INFO msg=said n=\d+$`)
	for _, line := range lines[:len(lines)-1] {
		if !whole.MatchString(line) {
			t.Fatalf("a torn line: %q", line)
		}
	}
	if len(lines) != 401 || lines[400] != "" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

func TestLogLine(t *testing.T) {
	for _, test := range []struct {
		say  func(*slog.Logger)
		want string
	}{
		{func(l *slog.Logger) { l.Info("run begins", "run", "3f9a", "rows", 1200) },
			`level=INFO msg="run begins" run=3f9a rows=1200`},
		{func(l *slog.Logger) { l.Error("no", "err", errors.New("two\nlines")) }, `level=ERROR msg=no err="two\nlines"`},
		{func(l *slog.Logger) { l.Warn("\x1b[2Jcleared\r\n", "k", "\x07\u202e\u009b") },
			`level=WARN msg="\x1b[2Jcleared\r\n" k="\a\u202e\u009b"`},
		{func(l *slog.Logger) {
			l.Warn("wait", "for", 90*time.Second, "at", time.Date(2025, 3, 1, 8, 0, 0, 5, time.UTC))
		}, "level=WARN msg=wait for=1m30s at=2025-03-01T08:00:00Z"},
		{func(l *slog.Logger) { l.Debug("unheard") }, ""},
	} {
		var out bytes.Buffer
		test.say(NewConsole(&out, ConsoleOptions{}).Log)
		_, got, _ := strings.Cut(strings.TrimSuffix(out.String(), "\n"), " ")
		if got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// What was found in a file is in the log, by kind and count, also when it is to
// be quiet, and no cell is.
func TestProblemsAreLogged(t *testing.T) {
	for _, o := range []ConsoleOptions{{}, {Quiet: true}, {JSON: true, Quiet: true}} {
		var out bytes.Buffer
		NewConsole(&out, o).Problems(exampleSurvey(), 0)
		got := out.String()
		if strings.Count(got, "\n") != 6 || strings.Contains(got, "Bo") || strings.Contains(got, "ann") {
			t.Errorf("%+v:\n%s", o, got)
		}
		want := `kind=no_address count=11 rows=invalid where="row 3 (line 4), row 5 (line 6),`
		if o.JSON {
			want = `"kind":"no_address","count":11,"rows":"invalid","where":"row 3 (line 4), `
		}
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// What was fixed in a failed file is no trouble any more, and where a condition matches no row, nothing was repaired.
func TestFixedProblemsAreNotLogged(t *testing.T) {
	survey := &export.Survey{Invalid: 3, Problems: []export.Problem{
		{Kind: "malformed_address", Severity: export.Rejected, Count: 3},
		{Kind: "exclude_matches_none", Severity: export.Repaired},
	}}
	const none, all = "kind=exclude_matches_none count=0 rows=none", "kind=malformed_address count=3 rows=invalid"
	for fixed, want := range map[int][]string{
		0: {all + ` where=""`, none}, 2: {all + ` where="" fixed_already="2 of 3 invalid"`, none}, 3: {none},
	} {
		var out bytes.Buffer
		NewConsole(&out, ConsoleOptions{}).Problems(survey, fixed)
		if strings.Count(out.String(), "\n") != len(want) {
			t.Errorf("%d fixed:\n%s", fixed, out.String())
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%d fixed: no %s in\n%s", fixed, text, out.String())
			}
		}
	}
}

// On a terminal the plan says it, and the log does not say it once more.
func TestProblemsAreSaidOnce(t *testing.T) {
	term := &screen{columns: 80}
	NewConsole(term, ConsoleOptions{columns: term.width}).Problems(exampleSurvey(), 0)
	if got := term.show(); got != "" {
		t.Errorf("%q", got)
	}
}

// A line goes on below its last column that begins in the left half.
func TestLinesGoOnBelowTheirColumn(t *testing.T) {
	for _, test := range []struct {
		line, want string
		width      int
	}{
		{"one two three four five six seven eight", "one two three four five six seven eight", 0},
		{"one two three four five six seven eight nine", "one two three four five six seven eight\nnine", 40},
		{"✓ Quota   finds the pace by itself, as it goes", "✓ Quota   finds the pace by itself, as\n          it goes", 40},
		{"      9  created              The customer was made", "      9  created              The\n         customer was made", 40},
		{"      9  created              The customer was created in this run.", "      9  created              The customer was created in\n                              this run.", 60},
		{"      jsm-onboard import a-long-name.csv --sandbox", "      jsm-onboard import a-long-name.csv --sandbox", 40},
	} {
		if got := wrap(test.line, test.width); got != test.want {
			t.Errorf("%d columns:\n%s\nwant\n%s", test.width, got, test.want)
		}
	}
}

func TestQuietLeavesWarnings(t *testing.T) {
	var out bytes.Buffer
	c := NewConsole(&out, ConsoleOptions{Quiet: true, Level: slog.LevelDebug})
	c.Log.Info("unheard")
	c.Log.Warn("heard")
	if got := out.String(); strings.Contains(got, "unheard") || !strings.Contains(got, "level=WARN msg=heard") {
		t.Errorf("%q", got)
	}
}

func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		json bool
		want string
	}{
		{false, "\nstopping\n"},
		{true, `"msg":"stopping"}` + "\n"},
	} {
		var out bytes.Buffer
		NewConsole(&out, ConsoleOptions{JSON: test.json, Quiet: true}).Interrupted("stopping")
		got := out.String()
		if test.json && !json.Valid(out.Bytes()) || !strings.HasSuffix(got, test.want) {
			t.Errorf("JSON %t: %q", test.json, got)
		}
	}
}

// What people read fits their terminal; a log file has whole lines.
func TestTotalsFitTheTerminal(t *testing.T) {
	term := &screen{columns: 60}
	c := NewConsole(term, ConsoleOptions{columns: term.width})
	c.Totals(exampleSummary())
	c.Fail(&importer.Stop{What: strings.Repeat("too long ", 20), Hint: strings.Repeat("a hint ", 20)})
	if term.wrapped {
		t.Errorf("a line was too long for the terminal:\n%s", term.show())
	}
	var file bytes.Buffer
	NewConsole(&file, ConsoleOptions{}).Totals(exampleSummary())
	if got := file.String(); got != "\n"+Totals(exampleSummary()) {
		t.Errorf("the log file has\n%s", got)
	}
}

// Cells of a refused file are for a terminal: what is redirected may be a log, or mail.
func TestCellsAreForATerminal(t *testing.T) {
	refused := &export.RefusedError{What: "not certain", Hint: "use one", Cells: "Jan Dvořák"}
	show := func(columns func() int, json bool) string {
		var out bytes.Buffer
		NewConsole(&out, ConsoleOptions{columns: columns, JSON: json}).Fail(&importer.Stop{What: refused.What, Hint: refused.Hint, Err: refused})
		return out.String()
	}
	wide := func() int { return 80 }
	if got := show(wide, false); got != "jsm-onboard: not certain\n  use one\n  Jan Dvořák\n" {
		t.Errorf("on a terminal: %q", got)
	}
	for _, got := range []string{show(nil, false), show(wide, true), show(nil, true)} {
		if !strings.Contains(got, "use one") || strings.Contains(got, "Dvo") {
			t.Errorf("elsewhere: %q", got)
		}
	}
}

// Letters that take two columns of a terminal count as two.
func TestWideLettersFitTheTerminal(t *testing.T) {
	const line = "Examples   row 2: \"株式会社山田 太郎\" <yamada.taro@example.jp>"
	for got := range strings.Lines(fit(line, func() int { return 60 })) {
		if uniseg.StringWidth(strings.TrimSuffix(got, "\n")) > 60 {
			t.Errorf("%q is wider than the terminal", got)
		}
	}
}

// Whatever the site or a file says, no terminal obeys it.
func TestNothingControlsTheTerminal(t *testing.T) {
	const evil = "\x1b]0;owned\x07\u009b2J\u202e\r\xff"
	s := exampleSummary()
	s.StopReason, s.Hint, s.Input, s.Results, s.Failed, s.Ledger, s.RunID = evil, evil, evil, evil, evil, evil, evil
	s.Outcome, s.Leavers, s.Access = "stopped", &LeaverTotals{Path: evil, Held: evil, Results: evil},
		&importer.AccessTotals{ServiceDesks: map[string]*importer.DeskTotals{evil: {}}}
	survey := exampleSurvey()
	survey.Path, survey.Encoding, survey.Source, survey.ExternalIDsUnused = evil, evil, evil, evil
	survey.Columns[0].Header, survey.Columns[0].Why = evil, evil
	survey.Problems[0].Text, survey.Problems[0].Hint = evil, evil
	survey.Examples[0].Name, survey.Examples[0].Email = evil, evil
	d := Diagnosis{Checks: []Finding{{Name: evil, State: Failing, Text: evil, Hint: evil}}}
	for _, json := range []bool{false, true} {
		var out bytes.Buffer
		c := NewConsole(&out, ConsoleOptions{columns: func() int { return 80 }, JSON: json})
		s.Kept, s.Page, s.SiteFlags = evil, evil, []string{evil}
		c.Totals(s)
		c.Fail(&importer.Stop{What: evil, Hint: evil})
		c.Problems(survey, 0)
		c.Log.Warn(evil, "k", evil)
		c.Interrupted(evil)
		_ = c.Print(&out, PlanText("sync", &importer.Plan{Survey: survey}, PlanDetails{Site: evil, Account: evil,
			Source: evil, Notes: []string{evil}}))
		_ = c.Print(&out, Check{Survey: survey, Args: []string{evil}}.Text())
		_ = c.Print(&out, d.String()+RunList([]ledger.Run{{ID: evil, Job: ledger.Job{Source: evil, Input: evil},
			StopReason: evil}}, false))
		for _, of := range []func() []byte{s.JSON, d.JSON, Check{Survey: survey}.JSON} {
			out.Write(of())
		}
		for n, line := range strings.Split(out.String(), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(line) {
				t.Errorf("JSON %t, line %d: %q", json, n, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name    string
		columns int
		text    string
		want    string
	}{
		{"it fits", 40, strings.Repeat("x", 40) + "\n", strings.Repeat("x", 40) + "\n"},
		{"prose", 40, "Whether this site sends mail to its new customers depends on it.\n",
			"Whether this site sends mail to its new\ncustomers depends on it.\n"},
		{"behind a label", 40, "Requests   1,040 sent, 6 throttled (429), 12 retried, 1 with no clear answer\n",
			"Requests   1,040 sent, 6 throttled\n           (429), 12 retried, 1 with no\n           clear answer\n"},
		{"behind a number", 40, "       20  invalid              not sent: the row itself is wrong\n",
			"       20  invalid              not\n           sent: the row itself is wrong\n"},
		{"a hint", 40, "  look whether the export is whole; then allow it once\n",
			"  look whether the export is whole; then\n  allow it once\n"},
		{"a command stays whole", 40, "             jsm-onboard import a/very/long/path/of/customers.failed.csv --sandbox\n",
			"             jsm-onboard import a/very/long/path/of/customers.failed.csv --sandbox\n"},
		{"a long path", 40, "Ledger     /home/somebody/.local/state/jsm-onboard/site.ledger (new)\n",
			"Ledger     /home/somebody/.local/state/jsm-onboard/site.ledger\n           (new)\n"},
		{"a word that never ends", 40, strings.Repeat("x", 90) + "\n", strings.Repeat("x", 90) + "\n"},
		{"letters, not bytes", 40, strings.Repeat("ä", 38) + " x\n", strings.Repeat("ä", 38) + " x\n"},
		{"too narrow", 39, strings.Repeat("word ", 20), strings.Repeat("word ", 20)},
		{"no end of line", 40, strings.Repeat("word ", 9) + "end", "word word word word word word word word\nword end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, fit(test.text, func() int { return test.columns })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever the width, no word is lost and no line that could be broken is too
// long.
func TestWrapKeepsEveryWord(t *testing.T) {
	s := exampleSummary()
	s.Kept, s.Page = "customers.failed.csv", "page.html"
	text := Totals(s)
	for columns := 40; columns < 200; columns++ {
		wrapped := fit(text, func() int { return columns })
		if diff := cmp.Diff(strings.Fields(text), strings.Fields(wrapped)); diff != "" {
			t.Fatalf("%d columns: %s", columns, diff)
		}
		for line := range strings.Lines(wrapped) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns && !strings.Contains(line,
				"jsm-onboard ") {
				t.Errorf("%d columns: %q has %d", columns, line, n)
			}
		}
	}
}

// While accounts of earlier runs are looked up first, no row is done, and the progress says why.
func TestLookUpsComeFirst(t *testing.T) {
	if what, _ := (Snapshot{LookUps: 1200}).pause(time.Now()); what != "looking up 1,200 accounts of earlier runs first" {
		t.Error(what)
	}
}
