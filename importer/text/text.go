// Package text writes numbers, times, names and commands the way people read them.
package text

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Grouped is a number with its thousands apart: 12, 3,000, 1,000,000.
func Grouped(n int) string {
	sign, digits := "", strconv.Itoa(n)
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// Counted is a number with its noun: "1 row", "2,000 rows".
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// Printable is s on one line with all made visible that a terminal obeys or hides, and with bytes that are not UTF-8.
func Printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}

// Shorten cuts s to n runes at most; a text that was cut ends in "…".
func Shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	return string([]rune(s)[:n-1]) + "…"
}

// ShellWord quotes s where the shell of this system would not take it as one word as it is.
func ShellWord(s string) string { return shellWord(runtime.GOOS, s) }

func shellWord(system, s string) string {
	windows := system == "windows" // where PowerShell makes a list at a comma, and a variable at an @
	plain := map[bool]string{false: "-_./:@+,%=", true: `-_./:\+%=`}[windows]
	unsafe := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(plain, r)
	}
	switch visible := Printable(strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)); {
	case s != "" && s[0] != '=' && !strings.ContainsFunc(s, unsafe):
		return s
	case windows && strings.ContainsAny(s, "$`“”„"): // PowerShell obeys them in double quotes; cmd.exe has no others
		return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(s) + "'"
	case windows:
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	case Printable(s) != s:
		return "$'" + visible + "'" // in bash and zsh
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// CommandLine is a command that can be pasted into the shell of this system.
func CommandLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = ShellWord(word)
	}
	return strings.Join(quoted, " ")
}

// Minute is t in local time, rounded up to the minute, with the time zone named: "15:04 CET on 2 January".
func Minute(t time.Time) string {
	t = t.Add(time.Minute - time.Nanosecond).Truncate(time.Minute).Local()
	return t.Format("15:04 ") + Zone(t) + t.Format(" on 2 January")
}

// When is t for people, in local time with its zone named.
func When(t time.Time) string {
	local := t.Local()
	return local.Format("2 January 2006, 15:04 ") + Zone(local)
}

// Zone is the time zone of t; "UTC-03" for one without a name of its own.
func Zone(t time.Time) string {
	zone := t.Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return zone
}
