package csvtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// taken are the encodings for which UTF-8 and others are taken by mistake.
var taken = []*charmap.Charmap{
	charmap.Windows1252, charmap.Macintosh, charmap.CodePage850, charmap.CodePage437, charmap.Windows1250,
	charmap.Windows1251,
	charmap.Windows1254, charmap.ISO8859_1, charmap.ISO8859_2, charmap.ISO8859_15, charmap.Windows1253,
	charmap.Windows1257,
	charmap.CodePage866, charmap.KOI8R, charmap.CodePage852,
}

// whole are the encodings all of whose words have no ASCII letter, each with
// the script that they are for.
var whole = []struct {
	in    *charmap.Charmap
	table *unicode.RangeTable
}{{charmap.Windows1251, unicode.Cyrillic}, {charmap.Windows1253, unicode.Greek}, {charmap.KOI8R, unicode.Cyrillic},
	{charmap.Windows1255, unicode.Hebrew}, {charmap.Windows1256, unicode.Arabic}}

// IsMisread reports a text whose letters were read in the wrong encoding and
// written again: its bytes in some encoding are UTF-8, once or twice, or words
// of another script.
func IsMisread(s string) bool {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < utf8.RuneSelf }) {
		if utf8.RuneCountInString(part) < 2 {
			continue
		}
		for _, in := range taken {
			if again, ok := readAgain(part, in); ok && (makesSense(again) || strings.ContainsFunc(part, isSymbol) &&
				utf8.RuneCountInString(part) > 2) {
				return true
			}
		}
	}
	return inOtherScript(s)
}

// readAgain reads the bytes that a text has in an encoding as UTF-8; what is
// cut off at its ends, by a byte that a program took for a blank, does not count.
func readAgain(part string, in *charmap.Charmap) (string, bool) {
	b, err := in.NewEncoder().String(part)
	if err != nil {
		return "", false
	}
	return b, utf8.ValidString(b) && utf8.RuneCountInString(b) < len(b)
}

func isSymbol(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsSpace(r) }

func makesSense(s string) bool {
	for _, word := range strings.FieldsFunc(s, endsWord) {
		if !IsWord(word) || strings.ContainsFunc(word, isRareLetter) {
			return false
		}
	}
	return true
}

// isRareLetter reports phonetic signs and letters that no names are written in.
func isRareLetter(r rune) bool {
	return r >= 0x250 && r < 0x370 || r >= 0x180 && r < 0x200 && r != 'ơ' && r != 'ư'
}

// inOtherScript reports a text of Latin letters beyond ASCII alone whose bytes
// are words of another script: "Èâàí" is "Иван".
func inOtherScript(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && unicode.IsLetter(r):
			return false
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			return false
		case unicode.IsLetter(r):
			letters++
		}
	}
	if letters < 3 {
		return false
	}
	b, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil {
		return false
	}
	for _, w := range whole {
		text, err := w.in.NewDecoder().String(b)
		if err == nil && !strings.ContainsFunc(text, func(r rune) bool {
			return r >= utf8.RuneSelf &&
				!unicode.Is(w.table, r)
		}) && makesSense(text) {
			return true
		}
	}
	return false
}
