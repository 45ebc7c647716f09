package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"jsm-onboard/importer/text"
)

// A bar is a progressbar on one line of a terminal: percent, count, pace, time
// left, and a description with what has failed and why nothing moves. Whoever
// calls it holds the lock of the console.
type bar struct {
	progress *progressbar.ProgressBar
	line     *barLine
	rows     int
	done     int
}

const (
	paceFrom = 50 // width of a terminal from which there is room for the pace
	barLeast = 5  // width of the bar itself
	barMost  = 40
)

// newBar shows nothing yet. rows is how many are still to do: with what was
// done before in it, a run that continues would look fast.
func newBar(out io.Writer, columns func() int, rows int) *bar {
	b := &bar{rows: rows, line: &barLine{out: out, columns: columns}}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(b.line),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowDescriptionAtLineEnd(),
	}
	b.progress = progressbar.NewOptions(rows, options...)
	return b
}

// show draws a moment. While nothing moves only the description changes: the
// pace stays what it was, and in a pause no time left would be right.
func (b *bar) show(m Moment, now time.Time) {
	note := m.pause(now)
	words := note
	for _, count := range []struct {
		n    int
		what string
	}{{m.Failed, "failed"}, {m.Throttled, "throttled"}} {
		if count.n > 0 {
			words += ", " + text.Grouped(count.n) + " " + count.what
		}
	}
	words = strings.TrimPrefix(words, ", ")
	moving := note == "" && m.Done > 0
	b.line.measuring = true
	if done := min(m.Done, b.rows); done != b.done || done == 0 {
		b.progress.Set(done)
		b.done = done
	}
	if moving && b.line.columns() >= paceFrom {
		progressbar.OptionShowIts()(b.progress)
	}
	b.layOut(words, moving)
	b.line.measuring = false
	b.draw()
}

// layOut gives the bar itself what the words leave of the line, and leaves the
// time out where it is too long.
func (b *bar) layOut(words string, moving bool) {
	progressbar.OptionSetPredictTime(moving)(b.progress)
	progressbar.OptionSetWidth(0)(b.progress)
	b.progress.Describe(words)
	room := b.line.columns() - 1 - b.line.measured
	if room < barLeast && moving {
		b.layOut(words, false)
		return
	}
	if room > 0 {
		progressbar.OptionSetWidth(min(room, barMost))(b.progress)
		b.progress.Describe(words)
	}
}

// draw shows the line as it was rendered last.
func (b *bar) draw() { b.line.show(b.progress.String()) }

// erase leaves an empty line.
func (b *bar) erase() { b.line.show("") }

// barLine is the line of the terminal that a progressbar writes to. It never
// wraps, and is not blanked before each drawing, so that nothing flickers.
type barLine struct {
	out       io.Writer
	columns   func() int
	measuring bool // nothing is shown
	measured  int  // length of the last line
	shown     int  // length of what is on the screen
}

// Write takes what progressbar renders: a line, or blanks that clear it.
func (l *barLine) Write(p []byte) (int, error) {
	if line := plainLine(string(p)); line != "" {
		l.measured = utf8.RuneCountInString(line)
		if !l.measuring {
			l.show(line)
		}
	}
	return len(p), nil
}

func plainLine(rendered string) string { return strings.TrimRight(strings.Trim(rendered, "\r"), " ") }

// show puts a line in the place of the last one; "" leaves an empty one.
func (l *barLine) show(rendered string) {
	line := text.Shorten(plainLine(rendered), l.columns()-1)
	length := utf8.RuneCountInString(line)
	if length == 0 && l.shown == 0 {
		return
	}
	blanks := strings.Repeat(" ", max(l.shown-length, 0))
	back := ""
	if length == 0 {
		back = "\r"
	}
	io.WriteString(l.out, "\r"+line+blanks+back)
	l.shown = length
}

// pause says why nothing moves; "" when it should.
func (m Moment) pause(now time.Time) string {
	left := m.PausedUntil.Sub(now)
	switch {
	case m.Probing && left > 0:
		return "next try " + clock(left) + ": site not answering"
	case m.Probing:
		return "site not answering, trying again"
	case left > 0 && m.Why != "":
		return "paused " + clock(left) + ": " + text.Printable(m.Why)
	case left > 0:
		return "paused " + clock(left)
	}
	return ""
}

// clock is a countdown: 0:42, 12:05, 1:00:00. Parts of a second count whole.
func clock(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
