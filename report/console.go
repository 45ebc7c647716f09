package report

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"jsm-onboard/importer"
	"jsm-onboard/importer/export"
	"jsm-onboard/importer/text"
)

// ConsoleOptions are what the flags and the environment say about stderr.
type ConsoleOptions struct {
	JSON       bool // --log-format json
	Level      slog.Level
	Quiet      bool                // only warnings and errors, and no progress
	NoProgress bool                // neither bar nor progress lines
	Getenv     func(string) string // for TERM; nil: none is set

	columns func() int // of the terminal; nil: not a terminal
}

// A Console owns stderr: bar, log and text for people go through it, so that none of them tears another. It uses no
// colours and no escape sequences; a bar needs a terminal that is not dumb. Safe for concurrent use.
type Console struct {
	Log *slog.Logger // the log of the program

	options ConsoleOptions
	mu      sync.Mutex
	out     io.Writer
	bar     *bar // nil: none is shown
}

// NewConsole takes over stderr.
func NewConsole(stderr io.Writer, o ConsoleOptions) *Console {
	if o.columns == nil {
		o.columns = terminalColumns(stderr, o.Getenv)
	}
	if o.Quiet {
		o.Level = max(o.Level, slog.LevelWarn)
	}
	c := &Console{options: o, out: stderr}
	c.Log = slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: o.Level, ReplaceAttr: o.shorten}))
	if o.JSON {
		c.Log = slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: o.Level}))
	}
	return c
}

// shorten makes times of the text log short: on a terminal the time of day, else to the second.
func (o ConsoleOptions) shorten(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindTime {
		return a
	}
	layout := cmp.Or(onlyIf(o.columns != nil && a.Key == slog.TimeKey, time.TimeOnly), time.RFC3339)
	return slog.String(a.Key, a.Value.Time().Format(layout))
}

// terminalColumns asks a terminal how wide it is; nil for what is none.
func terminalColumns(w io.Writer, getenv func(string) string) func() int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || getenv != nil && getenv("TERM") == "dumb" {
		return nil
	}
	return func() int {
		width, _, _ := term.GetSize(int(f.Fd()))
		return cmp.Or(max(width, 0), 80)
	}
}

// Problems logs what is wrong in a file, by kind and without a cell of it, also when the console is to be quiet; on a
// terminal the plan says it. fixed are the rows among the invalid ones that were fixed in a failed file.
func (c *Console) Problems(s *export.Survey, fixed int) {
	onTerminal := c.options.columns != nil && !c.options.Quiet && !c.options.JSON
	for _, p := range s.Problems {
		rows := cmp.Or(onlyIf(p.Count > 0, string(p.Severity)), "none")
		attrs := []any{"kind", p.Kind, "count", p.Count, "rows", rows, "where", places(p.Places, p.Count)}
		mayBeFixed := p.Severity == export.Rejected && fixed > 0
		if mayBeFixed {
			attrs = append(attrs, "fixed_already", fmt.Sprintf("%d of %d invalid", fixed, s.Invalid))
		}
		if !onTerminal && !(mayBeFixed && fixed >= s.Invalid) {
			c.Log.Warn("problem in the file", attrs...)
		}
	}
}

// Totals shows how a run ended.
func (c *Console) Totals(s Summary) {
	c.always("\n"+Totals(s), slog.LevelInfo, "run ended", "summary", json.RawMessage(s.JSON()), "next", NextSteps(s))
}

// Fail shows why nothing was done.
func (c *Console) Fail(why *importer.Stop) {
	hint := why.Hint
	if e, ok := errors.AsType[*export.RefusedError](why); ok && c.options.columns != nil {
		hint = joined("\n", hint, e.Cells)
	}
	hint = strings.ReplaceAll(strings.TrimSpace(hint), "\n", "\n  ")
	c.always(joined("\n  ", "jsm-onboard: "+why.What, hint)+"\n", slog.LevelError, why.What,
		"hint", why.Hint, "exit_code", int(why.Cause))
}

// Interrupted says, below the ^C that a terminal shows, what happens now.
func (c *Console) Interrupted(s string) { c.always("\n"+s+"\n", slog.LevelInfo, s) }

// always shows something even if the console is quiet: to people as text, to programs as one line of the log.
func (c *Console) always(people string, level slog.Level, message string, attrs ...any) {
	if c.options.JSON {
		slog.New(slog.NewJSONHandler(c, nil)).Log(context.Background(), level, message, attrs...)
		return
	}
	c.ShowText(people)
}

// ShowText shows text to people on stderr, wrapped to the terminal, with control characters made visible.
func (c *Console) ShowText(s string) { c.Write([]byte(fit(s, c.options.columns))) }

// Print writes text like ShowText, but to out, which is stdout.
func (c *Console) Print(out io.Writer, s string) error {
	_, err := io.WriteString(out, fit(s, terminalColumns(out, c.options.Getenv)))
	return err
}

// Write shows whole lines, of the log or for people, above the bar.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		c.bar.erase()
		defer io.WriteString(c.out, c.bar.line)
	}
	_, err := c.out.Write(escapeControls(p))
	return len(p), err
}

// Follow shows how far a run is: by a bar each second on a terminal, else by a log line every ten seconds. rows are
// those still to do; snapshot is called from another goroutine. stop waits for it, and leaves a clean screen.
func (c *Console) Follow(rows int, snapshot func() Snapshot) (stop func()) {
	if rows <= 0 || c.options.Quiet || c.options.NoProgress {
		return func() {}
	}
	every, last := 10*time.Second, 0
	show := func(m Snapshot) {
		c.logProgress(m, rows, float64(m.Done-last)/every.Seconds())
		last = m.Done
	}
	if c.options.columns != nil && !c.options.JSON {
		b := newBar(c.out, c.options.columns, rows)
		every, show = time.Second, func(m Snapshot) { c.locked(func() { b.show(m, time.Now()) }) }
		c.locked(func() { c.bar = b })
		show(snapshot())
	}
	ctx, end := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-time.After(every):
				show(snapshot())
			case <-ctx.Done():
			}
		}
	})
	return func() {
		end()
		wait.Wait()
		c.locked(func() {
			if c.bar != nil {
				c.bar.erase()
				c.bar = nil
			}
		})
	}
}

func (c *Console) locked(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

func (c *Console) logProgress(m Snapshot, rows int, pace float64) {
	attrs := []any{"done", m.Done, "of", rows, "failed", m.Failed, "throttled", m.Throttled}
	if what, why := m.pause(time.Now()); what != "" {
		attrs = append(attrs, "waiting", what, "why", why)
	} else if pace > 0 {
		left := time.Duration(float64(rows-m.Done) / pace * float64(time.Second))
		attrs = append(attrs, "per_second", hundredths(pace), "left", Short(left))
	}
	c.Log.Info("progress", attrs...)
}

// Snapshot is the progress of a run at one moment.
type Snapshot struct {
	Done        int       // of the rows that were still to do when Follow began
	Failed      int       // rows that failed
	Throttled   int       // answers that were 429
	PausedUntil time.Time // in the past or zero: no pause
	Why         string    // why it pauses, a few words
	LookUps     int       // account ids of earlier runs that are looked up first
	Probing     bool      // the site does not answer; single requests probe it
}

// pause says what the run waits for, and why; "": it does not wait.
func (m Snapshot) pause(now time.Time) (what, why string) {
	left := m.PausedUntil.Sub(now)
	switch {
	case m.Probing:
		return cmp.Or(onlyIf(left > 0, "next try in "+Short(left)), "trying again"), "the site does not answer"
	case left > 0:
		return "paused for " + Short(left), text.Printable(cmp.Or(m.Why, "the site asks for a pause"))
	case m.LookUps > 0 && m.Done == 0:
		return "looking up " + text.Counted(m.LookUps, "account", "accounts") + " of earlier runs first", ""
	}
	return "", ""
}

// A bar is a progressbar on one line of a terminal; its description is why nothing moves and what has failed. The line
// never wraps, and is not blanked before each drawing: nothing flickers. Whoever calls it holds the console's lock.
type bar struct {
	progress *progressbar.ProgressBar
	out      io.Writer
	columns  func() int
	line     string // as it stands on the terminal
}

// newBar shows nothing yet. rows are those still to do, or a run that continues would look fast.
func newBar(out io.Writer, columns func() int, rows int) *bar {
	b := &bar{out: out, columns: columns}
	b.progress = progressbar.NewOptions(rows,
		progressbar.OptionSetWriter(b),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowDescriptionAtLineEnd(),
	)
	b.progress.StartWithoutRender() // else its clock starts with the first row, and its pace is too high
	return b
}

// show draws a moment. While nothing moves only the description changes: the pace stays, and no time left is right.
func (b *bar) show(m Snapshot, now time.Time) {
	pause, why := m.pause(now)
	moving := pause == "" && m.Done > 0
	if moving {
		progressbar.OptionShowIts()(b.progress)
	}
	progressbar.OptionSetPredictTime(moving)(b.progress)
	progressbar.OptionSetWidth(max(b.columns()/4-10, 3))(b.progress)
	if done := min(m.Done, b.progress.GetMax()); done != int(b.progress.State().CurrentNum) {
		b.progress.Set(done)
	}
	b.progress.Describe(joined(": ", joined(", ", pause, counted(m.Failed, "failed", "failed", ""),
		counted(m.Throttled, "throttled", "throttled", "")), why))
}

// Write takes what progressbar renders: a line, or blanks to clear it.
func (b *bar) Write(p []byte) (int, error) {
	if line := strings.TrimSpace(string(p)); line != "" {
		before := utf8.RuneCountInString(b.line)
		b.line = text.Shorten(line, b.columns()-1)
		fmt.Fprintf(b.out, "\r%-*s", before, b.line)
	}
	return len(p), nil
}

// erase leaves an empty line, until the bar's is written again.
func (b *bar) erase() { fmt.Fprintf(b.out, "\r%*s\r", utf8.RuneCountInString(b.line), "") }
