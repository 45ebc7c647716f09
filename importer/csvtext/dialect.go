package csvtext

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Dialect is the character that keeps cells apart. Quotes are those of RFC 4180, but for the character where it is
// SingleQuoted.
type Dialect rune

// SingleQuoted is added to the delimiter where cells stand in ' instead of ".
const SingleQuoted Dialect = 1 << 24

// Delimiter is the character between cells.
func (d Dialect) Delimiter() rune { return rune(d &^ SingleQuoted) }

func (d Dialect) quote() byte {
	if d&SingleQuoted != 0 {
		return '\''
	}
	return '"'
}

var delimiterNames = map[Dialect]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "blank"}

func (d Dialect) String() string {
	if d&SingleQuoted != 0 {
		return (d &^ SingleQuoted).String() + ", single quotes"
	}
	if name, ok := delimiterNames[d]; ok {
		return name
	}
	return fmt.Sprintf("%q", rune(d))
}

// MarshalText gives the words of String.
func (d Dialect) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDelimiter reads the value of --delimiter: one character, or its name.
func ParseDelimiter(s string) (Dialect, error) {
	if s == `\t` {
		return '\t', nil
	}
	for r, name := range delimiterNames {
		if strings.EqualFold(s, name) || r == ' ' && strings.EqualFold(s, "space") {
			return r, nil
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || n != len(s) || !mayDelimit(r) {
		return 0, &OptionError{Flag: "--delimiter",
			What: fmt.Sprintf("%q is not one character that can stand between cells (or tab)", s)}
	}
	return Dialect(r), nil
}

func mayDelimit(r rune) bool { return r != utf8.RuneError && !strings.ContainsRune("\"'\r\n\x00", r) }

// Declared reads the line "sep=;" that Excel writes and heeds.
func Declared(sample []byte) (Dialect, bool) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(sample, []byte(utf8BOM)), "\r\n"), []byte("\n"))
	line = bytes.Trim(bytes.TrimRight(line, "\r"), `"`)
	if len(line) < len("sep=;") || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0, false
	}
	r, n := utf8.DecodeRune(line[4:])
	if !mayDelimit(r) || len(bytes.TrimRight(line[4+n:], ",;\t")) > 0 {
		return 0, false
	}
	return Dialect(r), true
}
