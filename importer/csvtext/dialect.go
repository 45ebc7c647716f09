package csvtext

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Dialect is the characters that keep cells apart. Quotes are those of RFC 4180, but for the character.
type Dialect struct {
	Delimiter    rune
	SingleQuoted bool // cells stand in ' instead of "
}

var delimiterNames = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "space"}

func (d Dialect) String() string {
	name := cmp.Or(delimiterNames[d.Delimiter], fmt.Sprintf("%q", d.Delimiter))
	if d.SingleQuoted {
		name += ", single quotes"
	}
	return name
}

// MarshalText gives the words of String.
func (d Dialect) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDelimiter reads the value of --delimiter: one character, or its name.
func ParseDelimiter(s string) (rune, error) {
	for r, name := range delimiterNames {
		if strings.EqualFold(s, name) {
			return r, nil
		}
	}
	one := strings.ReplaceAll(s, `\t`, "\t")
	r, n := utf8.DecodeRuneInString(one)
	if n == 0 || n != len(one) || r == utf8.RuneError || strings.ContainsAny(one, "\"'\r\n\x00") {
		return 0, &OptionError{Flag: "--delimiter",
			What: fmt.Sprintf("%q is not one character that can stand between cells (or tab)", s)}
	}
	return r, nil
}
