package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"jsm-onboard/importer"
)

// Moment is a look at a run while it goes on.
type Moment struct {
	Done        int       // of the rows that Follow was told of
	Sent        int       // requests that left
	Throttled   int       // answers that were 429
	Failed      int       // rows that failed
	PausedUntil time.Time // in the past or zero: no pause
	Why         string    // why it pauses, a few words
	Probing     bool      // the site does not answer; single requests look whether it does again
}

// barLeast is how narrow the bar itself may get before words are left out.
const barLeast = 6

// A bar draws how far a run is. progressbar draws the part that it is good at,
// percent and saucer, and never writes by itself; the words behind it are ours.
type bar struct {
	total int
	width int
	drawn *progressbar.ProgressBar
}

// line is the whole line for a terminal of that many columns, one less wide so
// that no terminal wraps it.
func (b *bar) line(m Moment, t *tempo, now time.Time, columns int) string {
	const around = len(" 100% []") + 1 // percent, the bar's ends, and the last column
	room := columns - around - barLeast
	var words string
	if note := holdUp(m, now); note != "" {
		failed := failedWord(m)
		words = "  " + shorten(note, room-2-len(failed)) + failed
	} else {
		words = choose(room, b.words(m, t))
	}
	saucer := min(columns-around-utf8.RuneCountInString(words), columns/6)
	if saucer < 3 {
		return shorten(strings.TrimSpace(words), columns-1)
	}
	return b.saucer(min(m.Done, b.total), saucer) + words
}

// saucer is percent and bar, as progressbar renders them.
func (b *bar) saucer(done, width int) string {
	if b.drawn == nil || b.width != width {
		b.width = width
		b.drawn = progressbar.NewOptions(b.total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(width),
			progressbar.OptionSetTheme(progressbar.ThemeASCII), progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetRenderBlankState(true))
	}
	if err := b.drawn.Set(done); err != nil {
		return ""
	}
	return strings.TrimRight(strings.TrimPrefix(b.drawn.String(), "\r"), " ")
}

// A word is a part of the line; the lower its rank, the longer it stays when
// room is short.
type word struct {
	text string
	rank int
}

func (b *bar) words(m Moment, t *tempo) []word {
	words := []word{{"  " + importer.Grouped(m.Done) + "/" + importer.Grouped(b.total), 4}}
	if pace := t.sentPerSecond(); pace > 0 {
		words = append(words, word{"  " + perSecond(pace), 2})
	}
	if left, ok := t.left(b.total - m.Done); ok {
		words = append(words, word{"  " + short(left) + " left", 1})
	}
	words = append(words, word{failedWord(m), 0})
	if m.Throttled > 0 {
		words = append(words, word{"  " + importer.Grouped(m.Throttled) + " throttled", 3})
	}
	return words
}

func failedWord(m Moment) string {
	if m.Failed == 0 {
		return ""
	}
	return "  " + importer.Grouped(m.Failed) + " failed"
}

// choose keeps, in their order, the most important words that fit.
func choose(room int, words []word) string {
	kept := make([]string, len(words))
	for rank := range 5 {
		for i, w := range words {
			if w.rank == rank {
				kept[i] = fit(room, w.text)
				room -= len(kept[i])
			}
		}
	}
	return strings.Join(kept, "")
}

func fit(room int, text string) string {
	if len(text) > room {
		return ""
	}
	return text
}

// holdUp says why nothing moves; "" when it should.
func holdUp(m Moment, now time.Time) string {
	left := m.PausedUntil.Sub(now)
	switch {
	case m.Probing && left > 0:
		return "next try " + clock(left) + ": site not answering"
	case m.Probing:
		return "site not answering, trying again"
	case left > 0 && m.Why != "":
		return "paused " + clock(left) + ": " + printable(m.Why)
	case left > 0:
		return "paused " + clock(left)
	}
	return ""
}

// shorten cuts a text to so many columns, and shows that it did.
func shorten(s string, columns int) string {
	runes := []rune(s)
	if len(runes) <= columns {
		return s
	}
	if columns < 4 {
		return ""
	}
	return string(runes[:columns-3]) + "..."
}

// clock is a countdown: 0:42, 12:05, 1:00:00. Parts of a second count whole.
func clock(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// short is a duration in its two largest units: 42s, 9m40s, 2h46m, 1d03h.
func short(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// perSecond is a pace: 98/s, 3.2/s.
func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return importer.Grouped(int(rate+0.5)) + "/s"
}
