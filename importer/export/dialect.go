package export

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

func (d Dialect) String() string {
	names := map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "blank"}
	name, ok := names[d.Delimiter]
	if !ok {
		name = fmt.Sprintf("%q", d.Delimiter)
	}
	if d.Quote == '\'' {
		return name + ", single quotes"
	}
	return name
}

// MarshalText gives the words of String.
func (d Dialect) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// possible are the dialects to try: as told, as the file says itself (sep=), or the usual ones.
func possible(sample []byte, o Options) ([]Dialect, error) {
	delimiters := []rune{',', ';', '\t', '|'}
	if o.Delimiter != "" {
		r, err := parseDelimiter(o.Delimiter)
		if err != nil {
			return nil, err
		}
		delimiters = []rune{r}
	} else if r, ok := declared(sample); ok {
		delimiters = []rune{r}
	}
	var ds []Dialect
	for _, quote := range []byte{'"', '\''} {
		for _, d := range delimiters {
			ds = append(ds, Dialect{Delimiter: d, Quote: quote})
		}
	}
	return ds, nil
}

func parseDelimiter(s string) (rune, error) {
	switch strings.ToLower(s) {
	case "tab", `\t`:
		return '\t', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "pipe":
		return '|', nil
	case "space", "blank":
		return ' ', nil
	}
	r, n := utf8.DecodeRuneInString(s)
	if n != len(s) || r == utf8.RuneError || strings.ContainsRune("\"'\r\n\x00", r) {
		return 0, &OptionError{Flag: "--delimiter", What: fmt.Sprintf("%q is not one character that can stand between cells (or tab)", s)}
	}
	return r, nil
}

// declared reads the line "sep=;" that Excel writes and heeds.
func declared(sample []byte) (rune, bool) {
	line, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(sample, []byte(utf8BOM)), "\r\n"), []byte("\n"))
	line = bytes.Trim(bytes.TrimRight(line, "\r"), `"`)
	if len(line) < 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0, false
	}
	r, n := utf8.DecodeRune(line[4:])
	if strings.ContainsRune("\"'\r\n\x00\ufffd", r) || len(bytes.TrimRight(line[4+n:], ",;\t")) > 0 {
		return 0, false
	}
	return r, true
}
