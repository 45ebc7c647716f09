package csvtext

import (
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

var delimiterNames = map[Dialect]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "space"}

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
	for d, name := range delimiterNames {
		if strings.EqualFold(s, name) {
			return d, nil
		}
	}
	one := strings.ReplaceAll(s, `\t`, "\t")
	r, n := utf8.DecodeRuneInString(one)
	if n == 0 || n != len(one) || r == utf8.RuneError || strings.ContainsAny(one, "\"'\r\n\x00") {
		return 0, &OptionError{Flag: "--delimiter",
			What: fmt.Sprintf("%q is not one character that can stand between cells (or tab)", s)}
	}
	return Dialect(r), nil
}
