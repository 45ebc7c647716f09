package csvtext

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// signs stand alone or at a word: ½, 25°C, 10m², Nº, Acme®, ¿Qué. They say nothing of the letters.
var signs = regexp.MustCompile(`^\PL+$|^[a-zA-Z\p{Ll}]{0,2}[²³¹ºª°][a-zA-Z]?$|^[¿¡]|[®™]+$`)

// countWords counts the words with characters beyond ASCII, and those of them that make no sense.
func countWords(text string) (words, misfits int) {
	for word := range strings.FieldsFuncSeq(text, endsWord) {
		if !strings.ContainsFunc(word, isHigh) {
			continue
		}
		if words++; !isWord(signs.ReplaceAllString(word, "")) {
			misfits++
		}
	}
	return words, misfits
}

func isHigh(r rune) bool { return r >= utf8.RuneSelf }

func endsWord(r rune) bool { return r < utf8.RuneSelf && !('a' <= r|0x20 && r|0x20 <= 'z') }

// What a word is made of, between the marks that stand in names and texts.
var (
	punctuation = regexp.MustCompile("[’‘–·ʼʻʾʿ´\u00a0\u3000、。（）・：；，་]")
	// noLetters are not letters, marks of their script, and signs that make a sound long or join letters; and letters
	// of no language where others stand that another encoding has in their place: Muńoz, Joăo, Simőes.
	noLetters = regexp.MustCompile(`^\p{M}|\p{Latin}[^\P{M}\x{300}-\x{36f}]|[^\p{L}\p{M}ーｰ\x{200c}\x{200d}]|` +
		`[^\P{L}\P{Common}ーｰﾞﾟ]|[^\P{Lm}\x{3000}-\x{ffff}]|[ªºµƒ]|(?i:ń[aeiouáéíóú]|ăo|őe)`)
	// oddCase is a letter beyond ASCII in a change of case other than that after the first letter. Where
	// capitals stand amid small letters they are ASCII, as in McDonald; a ß stands among capitals too.
	oddCase = regexp.MustCompile(strings.NewReplacer("small", `[^\x00-\x7f\P{Ll}]`, "CAPITAL", `[^\x00-\x7f\P{Lu}]`).
		Replace(`small\p{Lu}|\p{L}\p{Ll}CAPITAL|CAPITAL\p{Lu}\p{Ll}|\p{Lu}CAPITAL\p{Ll}|\p{Lu}{2}small`))
	// oneScript are letters of one script, and those of none that fit any.
	oneScript = regexp.MustCompile(strings.ReplaceAll(`^([any\p{`+strings.Join(strings.Fields(scripts),
		`}]*|[any\p{`)+`}]*)$`, "any", `\p{Common}\p{Inherited}`))
)

// scripts are those of letters, as in a pattern. Han, Kana and Hangul are one.
const scripts = `Latin Cyrillic Greek Hebrew Arabic Thai Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo Armenian
	Georgian Devanagari Bengali Tamil Telugu Gujarati Kannada Malayalam Gurmukhi Oriya Sinhala Khmer Lao Myanmar
	Tibetan Mongolian Ethiopic Thaana`

// MakesWords reports a text whose words make sense: letters of one script. A letter that a wrong
// encoding makes of another is seldom one, or of the right case.
func MakesWords(text string) bool {
	_, misfits := countWords(text)
	return misfits == 0
}

func isWord(word string) bool {
	return !slices.ContainsFunc(punctuation.Split(word, -1), func(part string) bool {
		part = strings.Trim(strings.ReplaceAll(part, "ß", ""), "“”„—…€«»") // which stand around words, and in none
		return oddCase.MatchString(part) || noLetters.MatchString(part) || !oneScript.MatchString(part)
	})
}

// highLatin is a text of three Latin letters or more, all beyond ASCII, as in no name: "Èâàí" was "Иван".
var highLatin = regexp.MustCompile(`^(\PL*[^\x00-\x7f\P{Latin}]){3,}\PL*$`)

// rareLetter is a phonetic sign, or a letter that no names are written in.
var rareLetter = regexp.MustCompile(`[\x{250}-\x{36f}\x{180}-\x{19f}\x{1a2}-\x{1ae}\x{1b1}-\x{1ff}\x{700}-\x{8ff}]`)

// IsMisread reports a text whose letters were read in the wrong encoding and written again: the bytes of a word of it
// are UTF-8 in some encoding, once or twice, or all letters are Latin ones that an encoding makes of other scripts.
func IsMisread(s string) bool {
	for word := range strings.FieldsFuncSeq(s, endsWord) {
		length := utf8.RuneCountInString(word)
		if strings.IndexFunc(word, isHigh) == strings.LastIndexFunc(word, isHigh) {
			continue // a letter beyond ASCII at most
		}
		for _, e := range legacy {
			reread, err := e.encoding.NewEncoder().String(word)
			letters := utf8.RuneCountInString(reread)
			chinese := length*3 == len(word) && (letters*3 < len(reread) || letters*3 > len(reread) && length < 4)
			if err == nil && !chinese && utf8.ValidString(reread) && MakesWords(reread) &&
				!rareLetter.MatchString(reread) {
				return true
			}
		}
	}
	return highLatin.MatchString(s)
}
