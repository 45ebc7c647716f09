package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"jsm-onboard/importer/text"
)

// Moment is a look at a run while it goes on.
type Moment struct {
	Done        int       // of the rows that were still to do when Follow began
	Failed      int       // rows that failed
	Throttled   int       // answers that were 429
	PausedUntil time.Time // in the past or zero: no pause
	Why         string    // why it pauses, a few words
	LookUps     int       // account ids of earlier runs that are looked up first
	Probing     bool      // the site does not answer; single requests look whether it does again
}

// pause says that nothing moves, and why; "" when it should.
func (m Moment) pause(now time.Time) (what, why string) {
	left := m.PausedUntil.Sub(now)
	switch {
	case m.Probing:
		return cmp.Or(onlyIf(left > 0, "next try in "+Short(left)), "trying again"), "the site does not answer"
	case left > 0:
		return "paused for " + Short(left), text.Printable(cmp.Or(m.Why, "the site asks for a pause"))
	case m.LookUps > 0:
		return "looking up " + text.Counted(m.LookUps, "account", "accounts") + " of earlier runs first", ""
	}
	return "", ""
}

// A bar is a progressbar on one line of a terminal: percent, count, pace, time left, and as its
// description why nothing moves and what has failed. The line never wraps, and is not blanked
// before each drawing, so that nothing flickers. Whoever calls it holds the lock of the console.
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
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowDescriptionAtLineEnd(),
	)
	b.progress.StartWithoutRender() // else its clock starts with the first row, and its pace is too high
	return b
}

// show draws a moment. While nothing moves only the description changes: the
// pace stays what it was, and in a pause no time left would be right.
func (b *bar) show(m Moment, now time.Time) {
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
