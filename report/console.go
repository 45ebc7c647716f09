package report

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// ConsoleOptions are what the flags and the environment say about stderr.
type ConsoleOptions struct {
	JSON       bool // --log-format json
	Level      slog.Level
	Quiet      bool                // only warnings and errors, and no progress
	NoProgress bool                // neither bar nor progress lines
	Getenv     func(string) string // for TERM; nil: none is set
}

// How often progress is shown, and how wide a terminal is taken to be that
// does not say.
const (
	barEvery    = time.Second
	lineEvery   = 10 * time.Second
	widthAssume = 80
)

// A Console owns stderr: the bar, the log and text for people go through it,
// so that none of them tears another. It uses no colours and no escape
// sequences; the bar is there only on a terminal that is not dumb. Safe for
// concurrent use.
type Console struct {
	options ConsoleOptions
	columns func() int // of the terminal; nil: no terminal
	log     *slog.Logger

	mu   sync.Mutex
	out  io.Writer
	line string // the bar, when it is drawn
}

// NewConsole takes over stderr.
func NewConsole(stderr io.Writer, o ConsoleOptions) *Console {
	return newConsole(stderr, terminalColumns(stderr, o.Getenv), o)
}

func newConsole(out io.Writer, columns func() int, o ConsoleOptions) *Console {
	if o.Quiet {
		o.Level = max(o.Level, slog.LevelWarn)
	}
	c := &Console{options: o, columns: columns, out: out}
	if o.JSON {
		c.log = slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: o.Level}))
	} else {
		c.log = slog.New(newLineHandler(c, o.Level))
	}
	return c
}

// terminalColumns asks a terminal how wide it is; nil for what is none.
func terminalColumns(w io.Writer, getenv func(string) string) func() int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || getenv != nil && getenv("TERM") == "dumb" {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return widthAssume
		}
		return width
	}
}

// Log is the log of the program.
func (c *Console) Log() *slog.Logger { return c.log }

// Totals tells how a run ended, also when it is to be quiet: to people as text,
// to programs as one line of the log.
func (c *Console) Totals(s Summary, e Ending) {
	if c.options.JSON {
		c.always().Info("run ended", "summary", s, "next", nextSteps(s, e))
		return
	}
	c.People("\n" + Totals(s, e))
}

// Fail tells why nothing was done.
func (c *Console) Fail(text, hint string, code int) {
	if c.options.JSON {
		c.always().Error(text, "hint", hint, "exit_code", code)
		return
	}
	var b strings.Builder
	b.WriteString("jsm-onboard: " + text + "\n")
	for line := range strings.Lines(hint) {
		b.WriteString("  " + strings.TrimRight(line, "\n") + "\n")
	}
	c.People(b.String())
}

// People shows text to people, folded to their terminal.
func (c *Console) People(text string) {
	if c.columns != nil {
		text = fold(text, c.columns())
	}
	io.WriteString(c, text)
}

// Interrupted tells, below the ^C that a terminal shows, what happens now; no
// text: nothing needs to be told.
func (c *Console) Interrupted(text string) {
	switch {
	case !c.options.JSON:
		c.People(strings.TrimRight("\n"+text, "\n") + "\n")
	case text != "":
		c.always().Info(text)
	}
}

// always is the log of what is never left out.
func (c *Console) always() *slog.Logger { return slog.New(slog.NewJSONHandler(c, nil)) }

// Write shows whole lines for people, above the bar.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := c.line
	c.draw("")
	n, err := c.out.Write(p)
	c.draw(line)
	return n, err
}

// draw puts line in the place of the bar. The caller holds the lock.
func (c *Console) draw(line string) {
	if line == c.line {
		return
	}
	text := line
	if c.line != "" {
		back := utf8.RuneCountInString(c.line)
		text = "\r" + strings.Repeat(" ", back) + "\r" + line
	}
	io.WriteString(c.out, text)
	c.line = line
}

// Follow shows how far a run is until stop is called, which waits and leaves a
// clean screen: a bar each second on a terminal, else a log line every ten
// seconds. rows are those that are still to do; look is called from another
// goroutine.
func (c *Console) Follow(rows int, look func() Moment) (stop func()) {
	if rows <= 0 || c.options.Quiet || c.options.NoProgress {
		return func() {}
	}
	every, show := lineEvery, c.logProgress
	if c.columns != nil && !c.options.JSON {
		every, show = barEvery, c.showBar
	}
	f := &follower{bar: bar{total: rows}, look: look, show: show, quit: make(chan struct{})}
	f.step(c.columns != nil && !c.options.JSON)
	var wait sync.WaitGroup
	wait.Go(func() { f.run(every) })
	return sync.OnceFunc(func() {
		close(f.quit)
		wait.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.draw("")
	})
}

// A follower looks at a run at each tick.
type follower struct {
	bar   bar
	tempo tempo
	look  func() Moment
	show  func(f *follower, m Moment, now time.Time)
	quit  chan struct{}
}

func (f *follower) run(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-f.quit:
			return
		case <-ticker.C:
			f.step(true)
		}
	}
}

func (f *follower) step(show bool) {
	m, now := f.look(), time.Now()
	f.tempo.see(m, now)
	if show {
		f.show(f, m, now)
	}
}

func (c *Console) showBar(f *follower, m Moment, now time.Time) {
	line := f.bar.line(m, &f.tempo, now, c.columns())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draw(line)
}

func (c *Console) logProgress(f *follower, m Moment, now time.Time) {
	attrs := []any{"done", m.Done, "of", f.bar.total, "failed", m.Failed, "throttled", m.Throttled}
	if note := holdUp(m, now); note != "" {
		c.log.Info("progress", append(attrs, "waiting", note)...)
		return
	}
	attrs = append(attrs, "per_second", hundredths(f.tempo.sentPerSecond()))
	if left, ok := f.tempo.left(f.bar.total - m.Done); ok {
		attrs = append(attrs, "left", short(left))
	}
	c.log.Info("progress", attrs...)
}
