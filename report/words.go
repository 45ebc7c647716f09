package report

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"jsm-onboard/importer"
)

// meaning is what a status says to somebody who does not know it.
func meaning(s importer.Status) string {
	switch s {
	case importer.Created:
		return "new customers"
	case importer.CreatedUnconfirmed:
		return "made by us most likely; the first answer was lost"
	case importer.Conflict:
		return "had an account at the site already; nothing was changed"
	case importer.Known:
		return "onboarded by an earlier run; no request was made"
	case importer.RevokedBefore:
		return "revoked by us earlier; give access back by hand"
	case importer.Duplicate:
		return "same address as an earlier row of this file"
	case importer.Excluded:
		return "left out by --include or --exclude"
	case importer.Invalid:
		return "not sent: the row itself is wrong"
	case importer.Failed:
		return "refused or not reached; nothing was done"
	case importer.Unknown:
		return "no clear answer; run it again to settle them"
	case importer.NotAttempted:
		return "the run stopped before them"
	case importer.Revoked:
		return "portal access taken away"
	case importer.AlreadyRevoked:
		return "revoked by an earlier run; no request was made"
	case importer.Review:
		return "left alone: a person must look"
	case importer.NotFound:
		return "no such account at the site"
	case importer.NotPortalOnly:
		return "left alone: more than a portal customer"
	}
	return ""
}

// lineList names the first lines of more: "lines 3, 5, 8, …".
func lineList(lines []int, of int) string {
	if len(lines) == 0 {
		return ""
	}
	words := make([]string, len(lines))
	for i, n := range lines {
		words[i] = strconv.Itoa(n)
	}
	if of > len(lines) {
		words = append(words, "...")
	}
	if len(words) == 1 {
		return "line " + words[0]
	}
	return "lines " + strings.Join(words, ", ")
}

// roughly is how long so many requests take at a pace; "" when it is not known.
func roughly(requests int, perSecond float64) string {
	if perSecond <= 0 || requests <= 0 {
		return ""
	}
	d := time.Duration(float64(requests) / perSecond * float64(time.Second))
	switch {
	case d < 2*time.Second:
		return "about a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("about %d seconds", int(d.Seconds()+0.5))
	case d < 2*time.Hour:
		return fmt.Sprintf("about %d minutes", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("about %.1f hours", d.Hours())
}

// lasted is how long a run took.
func lasted(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return short(d)
}

// argument is a word of a command line, quoted for the shell where it must be.
func argument(s string) string { return argumentOn(runtime.GOOS, s) }

func argumentOn(system, s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:,+=@%", r) ||
			system == "windows" && r == '\\'
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if system == "windows" {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// A listing is text in two columns: labels, then what belongs to them. The
// second column may go on for several lines.
type listing struct{ b strings.Builder }

const labelWidth = 11

func (l *listing) add(label, text string) {
	if text == "" {
		return
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&l.b, "%s%s%s\n", label, strings.Repeat(" ", max(labelWidth-len(label), 1)), line)
	}
}

// count adds a line of a table of numbers.
func (l *listing) count(n int, what, note string) {
	if note == "" {
		fmt.Fprintf(&l.b, "%*s  %s\n", labelWidth-2, importer.Grouped(n), what)
		return
	}
	fmt.Fprintf(&l.b, "%*s  %-20s %s\n", labelWidth-2, importer.Grouped(n), what, note)
}

func (l *listing) line(text string) { l.b.WriteString(text + "\n") }

func (l *listing) String() string { return l.b.String() }
