package csvtext

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Dialect is how cells are kept apart.
type Dialect struct {
	Delimiter rune
	Quote     byte
}

var delimiterNames = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "blank"}

func (d Dialect) String() string {
	name, ok := delimiterNames[d.Delimiter]
	if !ok {
		name = fmt.Sprintf("%q", d.Delimiter)
	}
	if d.Quote == '\'' {
		name += ", single quotes"
	}
	return name
}

// MarshalText gives the words of String.
func (d Dialect) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDelimiter reads the value of --delimiter: one character, or its name.
func ParseDelimiter(s string) (rune, error) {
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
	return r, nil
}

func mayDelimit(r rune) bool { return r != utf8.RuneError && !strings.ContainsRune("\"'\r\n\x00", r) }

// Declared reads the line "sep=;" that Excel writes and heeds.
func Declared(sample []byte) (rune, bool) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(sample, []byte(utf8BOM)), "\r\n"), []byte("\n"))
	line = bytes.Trim(bytes.TrimRight(line, "\r"), `"`)
	if len(line) < len("sep=;") || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0, false
	}
	r, n := utf8.DecodeRune(line[4:])
	if !mayDelimit(r) || len(bytes.TrimRight(line[4+n:], ",;\t")) > 0 {
		return 0, false
	}
	return r, true
}
