package export

import (
	"fmt"

	"golang.org/x/text/encoding/charmap"
)

// western are the encodings of one byte that share most letters with
// Windows-1252, so that a file in one of them makes nearly sense.
var western = []struct {
	name    string
	decoder *charmap.Charmap
}{{"windows-1250", charmap.Windows1250}, {"windows-1254", charmap.Windows1254}, {"windows-1257", charmap.Windows1257}, {"windows-1258", charmap.Windows1258}}

// doubtEncoding refuses a file whose encoding was guessed when its header
// names more columns in another one: "Pøíjmení" is "Příjmení".
func (s *Survey) doubtEncoding() error {
	if s.charset.guess != guessedWindows1252 {
		return nil
	}
	known := knownNames(s.header.names)
	for _, w := range western {
		var names []string
		for _, name := range s.header.names {
			again, err := recode(name, w.decoder)
			if err != nil {
				again = name
			}
			names = append(names, again)
		}
		if knownNames(names) > known {
			return s.otherEncoding("its header makes no sense read as Windows-1252, and does as "+w.name, w.name)
		}
	}
	return nil
}

// recode reads text that was read as Windows-1252 in another encoding.
func recode(text string, in *charmap.Charmap) (string, error) {
	raw, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		return "", err
	}
	return in.NewDecoder().String(raw)
}

func knownNames(names []string) int {
	n := 0
	for _, name := range names {
		if dictionary().rank[squeeze(name)] != nil {
			n++
		}
	}
	return n
}

// weighEncoding counts the names that speak for or against a guessed encoding.
func (s *Survey) weighEncoding(r *Row) {
	switch {
	case s.charset.guess != guessedWindows1252:
	case r.fault == nameEncoding:
		s.foreign++
		s.misread++
	case !isASCII(r.Name):
		s.foreign++
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// otherEncoding refuses the file; fits is the encoding that it seems to have, "" if unknown.
func (s *Survey) otherEncoding(why, fits string) error {
	hint := "say what it is with --encoding (windows-1250, windows-1254, macintosh, …; windows-1252 if the letters are right), or save it as UTF-8"
	if fits != "" {
		hint = fmt.Sprintf("say --encoding %s if that is right (--encoding windows-1252 if not), or save it as UTF-8", fits)
	}
	return &RefusedError{Path: s.Path, What: "the file is not UTF-8, and " + why, Hint: hint}
}
