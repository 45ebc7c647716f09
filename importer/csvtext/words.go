package csvtext

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// signs stand alone or at a word: ½, 25°C, 10m², Nº, Acme®, ¿Qué. They say nothing of the letters.
var signs = regexp.MustCompile(`^[½¼¾×÷±§¶€£¥¢№]+$|^\pL{0,2}[²³¹ºª°]\pL?$|^[¿¡]|[®™©]+$`)

// countWords counts the words with letters beyond ASCII, and those of them that are none.
func countWords(text string) (words, misfits int) {
	for word := range strings.FieldsFuncSeq(text, endsWord) {
		if strings.ContainsFunc(word, isHigh) {
			word = signs.ReplaceAllString(word, "")
		}
		if !strings.ContainsFunc(word, isHigh) {
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

// insideWord are marks that stand around words, between two letters.
var insideWord = regexp.MustCompile(`\p{L}[“”„—…€´«»]\p{L}`)

// IsWord reports whether a word makes sense: letters, and marks that stand in
// names and texts, of one script; and where capitals stand amid small letters,
// they are ASCII, as in McDonald. A letter that a wrong encoding makes of
// another is seldom one, or of the right case.
func IsWord(word string) bool {
	if insideWord.MatchString(word) {
		return false
	}
	for part := range strings.FieldsFuncSeq(word, isPunctuation) {
		if !hasOnlyLetters(part) || !OneScript(part) || !casesFit([]rune(part)) {
			return false
		}
	}
	return true
}

func isPunctuation(r rune) bool {
	return strings.ContainsRune("’‘“”„«»–—…·ʼ´€\u00a0\u3000、。（）・：；，", r)
}

// hasOnlyLetters reports letters of scripts, marks on them, and signs that make
// a sound long or join letters.
func hasOnlyLetters(part string) bool {
	for i, r := range part {
		switch {
		case strings.ContainsRune("ー\uff70\u200c\u200d", r):
		case unicode.IsLetter(r) && scriptOf(r) != unicode.Common:
		case unicode.IsMark(r) && i > 0:
		default:
			return false
		}
	}
	return true
}

// casesFit reports whether letters beyond ASCII take no part in a change of
// case other than that after the first letter. A ß stands among capitals too.
func casesFit(letters []rune) bool {
	letters = slices.DeleteFunc(letters, func(r rune) bool { return r == 'ß' })
	for i, r := range letters {
		if i == 0 {
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

// OneScript reports whether the letters of a word, and the marks on them, are of
// one script. Han, Kana and Hangul are one, and those of no script fit any.
func OneScript(word string) bool {
	var found *unicode.RangeTable
	for _, r := range word {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			continue
		}
		switch s := scriptOf(r); {
		case s == unicode.Common || s == found:
		case found == nil:
			found = s
		default:
			return false
		}
	}
	return true
}

var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Thai, unicode.Armenian,
	unicode.Georgian, unicode.Devanagari,
}

// scriptOf is the script of a letter or mark: Common for none, L for one that is not in the list.
func scriptOf(r rune) *unicode.RangeTable {
	switch {
	case r < utf8.RuneSelf:
		return unicode.Latin
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return unicode.Han
	case strings.ContainsRune("ªºµƒ", r), unicode.Is(unicode.Lm, r) && r < 0x3000,
		unicode.In(r, unicode.Common, unicode.Inherited):
		return unicode.Common
	}
	for _, table := range scripts {
		if unicode.Is(table, r) {
			return table
		}
	}
	return unicode.L
}

// misread are the encodings for which UTF-8 and others are taken by mistake.
var misread = []*charmap.Charmap{
	charmap.Windows1252, charmap.Macintosh, charmap.CodePage850, charmap.CodePage437, charmap.Windows1250,
	charmap.Windows1251, charmap.Windows1254, charmap.ISO8859_1, charmap.ISO8859_2, charmap.ISO8859_15,
	charmap.Windows1253, charmap.Windows1257, charmap.CodePage866, charmap.KOI8R, charmap.CodePage852,
}

// IsMisread reports a text whose letters were read in the wrong encoding and
// written again: its bytes in some encoding are UTF-8, once or twice, or words
// of another script.
func IsMisread(s string) bool {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < utf8.RuneSelf }) {
		length := utf8.RuneCountInString(part)
		if length < 2 {
			continue
		}
		for _, in := range misread {
			reread, err := in.NewEncoder().String(part)
			if err != nil || !utf8.ValidString(reread) || utf8.RuneCountInString(reread) == len(reread) {
				continue
			}
			if makesSense(reread) || length > 2 && strings.ContainsFunc(part, isSymbol) {
				return true
			}
		}
	}
	return inOtherScript(s)
}

func isSymbol(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsSpace(r) }

func makesSense(s string) bool {
	for word := range strings.FieldsFuncSeq(s, endsWord) {
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

// otherScripts are encodings whose words have no ASCII letter, each with its script.
var otherScripts = []struct {
	in    *charmap.Charmap
	table *unicode.RangeTable
}{
	{charmap.Windows1251, unicode.Cyrillic},
	{charmap.Windows1253, unicode.Greek},
	{charmap.KOI8R, unicode.Cyrillic},
	{charmap.Windows1255, unicode.Hebrew},
	{charmap.Windows1256, unicode.Arabic},
}

// inOtherScript reports a text of Latin letters beyond ASCII alone whose bytes
// are words of another script: "Èâàí" is "Иван".
func inOtherScript(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if !isHigh(r) || !unicode.Is(unicode.Latin, r) {
				return false
			}
		}
	}
	b, err := charmap.Windows1252.NewEncoder().String(s)
	if letters < 3 || err != nil {
		return false
	}
	for _, other := range otherScripts {
		text, err := other.in.NewDecoder().String(b)
		foreign := func(r rune) bool { return isHigh(r) && !unicode.Is(other.table, r) }
		if err == nil && !strings.ContainsFunc(text, foreign) && makesSense(text) {
			return true
		}
	}
	return false
}
