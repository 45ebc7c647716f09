package csvtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// legacy are the encodings of files that are no Unicode, the more frequent first.
var legacy = []Encoding{
	{Name: "Windows-1252", Flag: "windows-1252", decoder: charmap.Windows1252},
	{Name: "Windows-1250", Flag: "windows-1250", decoder: charmap.Windows1250},
	{Name: "Windows-1251", Flag: "windows-1251", decoder: charmap.Windows1251},
	{Name: "Windows-1254", Flag: "windows-1254", decoder: charmap.Windows1254},
	{Name: "Windows-1253", Flag: "windows-1253", decoder: charmap.Windows1253},
	{Name: "Windows-1257", Flag: "windows-1257", decoder: charmap.Windows1257},
	{Name: "ISO 8859-2", Flag: "iso-8859-2", decoder: charmap.ISO8859_2},
	{Name: "ISO 8859-15", Flag: "iso-8859-15", decoder: charmap.ISO8859_15},
	{Name: "Shift_JIS", Flag: "shift_jis", Wide: true, decoder: japanese.ShiftJIS},
	{Name: "GB18030", Flag: "gb18030", Wide: true, decoder: simplifiedchinese.GB18030},
	{Name: "Big5", Flag: "big5", Wide: true, decoder: traditionalchinese.Big5},
	{Name: "EUC-KR", Flag: "euc-kr", Wide: true, decoder: korean.EUCKR},
	{Name: "EUC-JP", Flag: "euc-jp", Wide: true, decoder: japanese.EUCJP},
	{Name: "Mac Roman", Flag: "macintosh", decoder: charmap.Macintosh},
	{Name: "cp850", Flag: "cp850", decoder: charmap.CodePage850},
	{Name: "cp852", Flag: "cp852", decoder: charmap.CodePage852},
	{Name: "Windows-1255", Flag: "windows-1255", decoder: charmap.Windows1255},
	{Name: "Windows-1256", Flag: "windows-1256", decoder: charmap.Windows1256},
	{Name: "Windows-874", Flag: "windows-874", decoder: charmap.Windows874},
	{Name: "KOI8-R", Flag: "koi8-r", decoder: charmap.KOI8R},
	{Name: "KOI8-U", Flag: "koi8-u", decoder: charmap.KOI8U},
	{Name: "ISO 8859-5", Flag: "iso-8859-5", decoder: charmap.ISO8859_5},
	{Name: "ISO 8859-6", Flag: "iso-8859-6", decoder: charmap.ISO8859_6},
	{Name: "ISO 8859-7", Flag: "iso-8859-7", decoder: charmap.ISO8859_7},
	{Name: "Mac Cyrillic", Flag: "x-mac-cyrillic", decoder: charmap.MacintoshCyrillic},
	{Name: "cp437", Flag: "cp437", decoder: charmap.CodePage437},
	{Name: "IBM866", Flag: "ibm866", decoder: charmap.CodePage866},
}

// candidates are the encodings in which the lines that are not UTF-8 make words.
func (f *File) candidates() ([]Encoding, error) {
	misfits, words := make([]int, len(legacy)), make([]int, len(legacy))
	least := 1 << 30
	for i, e := range legacy {
		text, err := e.decoder.NewDecoder().Bytes(f.marks.lines)
		if err != nil {
			return nil, err
		}
		words[i], misfits[i] = countWords(string(text))
		least = min(least, misfits[i])
	}
	var fit []Encoding
	for i, e := range legacy {
		if misfits[i]*10 <= words[i] && (misfits[i]-least)*50 <= words[i] {
			fit = append(fit, e)
		}
	}
	if len(fit) == 0 {
		return nil, &RefusedError{Path: f.path,
			What: "the file is not UTF-8, and its letters make no words in any encoding known here",
			Hint: "save it as UTF-8, or say what it is with --encoding"}
	}
	return fit, nil
}

// countWords counts the words with letters beyond ASCII, and those of them that are none.
func countWords(text string) (words, misfits int) {
	for word := range strings.FieldsFuncSeq(text, endsWord) {
		if strings.IndexFunc(word, isHigh) < 0 {
			continue
		}
		words++
		if !IsWord(word) {
			misfits++
		}
	}
	return words, misfits
}

func isHigh(r rune) bool { return r >= utf8.RuneSelf }

func endsWord(r rune) bool {
	return r < utf8.RuneSelf && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
}

// IsWord reports whether a word makes sense: letters, and marks that stand in
// names and texts, of one script; and where capitals stand amid small letters,
// they are ASCII, as in McDonald. A letter that a wrong encoding makes of
// another is seldom one, or of the right case.
func IsWord(word string) bool {
	found := script(0)
	letters := make([]rune, 0, 32)
	for i, r := range word {
		switch {
		case r == '\u30fc', r == '\uff70': // they make a sound long, and are of no script
		case unicode.IsLetter(r):
			s := scriptOf(r)
			if s == noScript || found != 0 && s != found {
				return false
			}
			found = s
			letters = append(letters, r)
		case unicode.IsMark(r) && i > 0 && (unicode.Is(unicode.Inherited, r) || scriptOf(r) == found),
			r == '\u200c', r == '\u200d', r == '\u30fb':
		case strings.ContainsRune("’‘“”„«»–—…·ʼ´€\u00a0\u3000。、（）・：；，", r):
			if !casesFit(letters) || strings.ContainsRune("“”„—…€´«»", r) && insideWord(word, i, r) {
				return false
			}
			letters, found = letters[:0], 0
		default:
			return false
		}
	}
	return casesFit(letters)
}

// insideWord reports whether the mark r at i stands between two letters.
func insideWord(word string, i int, r rune) bool {
	before, _ := utf8.DecodeLastRuneInString(word[:i])
	after, _ := utf8.DecodeRuneInString(word[i+utf8.RuneLen(r):])
	return unicode.IsLetter(before) && unicode.IsLetter(after)
}

// casesFit reports whether letters beyond ASCII take no part in a change of
// case other than that after the first letter. A ß stands among capitals too.
func casesFit(letters []rune) bool {
	for i, r := range letters {
		if i == 0 || r == 'ß' || letters[i-1] == 'ß' {
			continue
		}
		before := letters[i-1]
		if unicode.IsLower(before) && unicode.IsUpper(r) && (isHigh(before) || isHigh(r)) {
			return false
		}
		if i > 1 && unicode.IsUpper(letters[i-2]) && unicode.IsUpper(before) && unicode.IsLower(r) &&
			(isHigh(letters[i-2]) || isHigh(before) || isHigh(r)) {
			return false
		}
	}
	return true
}

// script is a script of letters; Han, Kana and Hangul are one.
type script int

const noScript script = -1

var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Thai, unicode.Armenian,
	unicode.Georgian, unicode.Devanagari,
}

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return script(len(scripts) + 1)
	case r == 'ª', r == 'º', r == 'µ', r == 'ƒ', unicode.Is(unicode.Lm, r) && r < 0x3000:
		return noScript
	}
	for i, table := range scripts {
		if unicode.Is(table, r) {
			return script(i + 1)
		}
	}
	if unicode.Is(unicode.Common, r) {
		return noScript
	}
	return script(len(scripts) + 2)
}

// OneScript reports whether the letters of a word are of one script. Han, Kana
// and Hangul are one, and marks and letters of no script fit any.
func OneScript(word string) bool {
	found := script(0)
	for _, r := range word {
		s := noScript
		if unicode.IsLetter(r) {
			s = scriptOf(r)
		}
		if s == noScript {
			continue
		}
		if found != 0 && s != found {
			return false
		}
		found = s
	}
	return true
}
