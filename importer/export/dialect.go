package export

import (
	"bytes"
	"fmt"
	"slices"
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

// noHeader says what to do about a file whose header was not found.
func noHeader(path string, g guess, o Options) error {
	if len(o.Columns) > 0 && len(g.first) > 0 {
		var missing []string
		h := newHeader(g.first[0], g.firstAt)
		for f, name := range o.Columns {
			if h.index(name) < 0 {
				missing = append(missing, fmt.Sprintf("%s=%s", f, name))
			}
		}
		slices.Sort(missing)
		if len(missing) > 0 {
			return &RefusedError{Path: path, Line: g.firstAt, What: "no header has the columns of --column " + strings.Join(missing, ", "),
				Hint: "the columns are: " + strings.Join(h.names, ", ")}
		}
	}
	if len(g.first) == 0 {
		return &RefusedError{Path: path, What: "the file has no rows: there is nothing to do", Hint: "look whether the export has failed, and make it again"}
	}
	for i, c := range g.first[0] {
		if isPlainAddress(trimBlanks(c)) {
			return &RefusedError{Path: path, Line: g.firstAt, What: "the first line holds an address: the file has no header row",
				Hint: fmt.Sprintf("say --no-header --column email=%d --column name=N, where N is the number of the column of names", i+1)}
		}
	}
	h := newHeader(g.first[0], g.firstAt)
	ch := chooser{path: path, h: &h, sample: g.first[1:]}
	return &RefusedError{Path: path, Line: g.firstAt, What: "no header names a column of e-mail addresses",
		Hint: ch.byContent() + "; if there is no header row, say --no-header"}
}
