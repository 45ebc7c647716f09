package export

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldTable has letters that are no ASCII letter with a mark, as people write
// them in addresses.
var foldTable = map[rune]string{
	'ß': "ss", 'æ': "a", 'œ': "o", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "t", 'ı': "i", 'ħ': "h", 'ŋ': "n",
	'ə': "a", 'ĸ': "k",
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'е': "e", 'є': "ie", 'ж': "zh", 'з': "z", 'и': "i",
	'і': "i", 'к': "k", 'л': "l",
	'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "c",
	'ч': "ch", 'ш': "sh",
	'щ': "sh", 'ъ': "", 'ы': "i", 'ь': "", 'э': "e", 'ю': "iu", 'я': "ia", 'ђ': "d", 'ј': "i", 'љ': "li", 'њ': "ni",
	'ћ': "c", 'џ': "d",
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "t", 'ι': "i", 'κ': "k", 'λ': "l",
	'μ': "m", 'ν': "n", 'ξ': "ks",
	'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "i", 'φ': "f", 'χ': "h", 'ψ': "ps", 'ω': "o",
}

// spellings are ways of writing one sound that people mix up in addresses; both
// sides of a comparison go through them.
var spellings = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "kh", "h", "ph", "f", "th", "t", "ts", "c",
	"tz", "c", "ck", "k", "x", "ks",
	"y", "i", "j", "i", "w", "v")

// fold writes the letters of a word as an address would, in ASCII.
func fold(word string) string {
	word = strings.ToLower(word)
	if !isASCII(word) {
		var b strings.Builder
		for _, r := range norm.NFD.String(word) {
			if folded, ok := foldTable[r]; ok {
				b.WriteString(folded)
			} else if !unicode.Is(unicode.Mn, r) {
				b.WriteRune(r)
			}
		}
		word = b.String()
	}
	var b strings.Builder
	before := rune(0)
	for _, r := range spellings.Replace(word) {
		if r != before {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// foldedWords are the words of a cell, folded: letters only.
func foldedWords(cell string) []string {
	if len(cell) > 200 {
		return nil
	}
	list := strings.FieldsFunc(cell, func(r rune) bool { return !isLetterOrMark(r) })
	for i := range list {
		list[i] = fold(list[i])
	}
	return list
}

// standsIn reports whether a folded word is one that an address is made of:
// three letters of it or more somewhere, or two as a part of their own.
func standsIn(word string, parts []string) bool {
	n := utf8.RuneCountInString(word)
	for _, part := range parts {
		if n >= 3 && strings.Contains(part, word) || n == 2 && part == word {
			return true
		}
	}
	return false
}

// localWords are the folded words of an address's local part.
func localWords(key string) []string {
	local, _, _ := strings.Cut(key, "@")
	return foldedWords(local)
}

// agrees reports whether a word of a cell stands in the local part of an address.
func agrees(cell string, local []string) bool {
	return slices.ContainsFunc(foldedWords(cell), func(w string) bool { return standsIn(w, local) })
}

// isAlmost reports a word that is a part of an address but for letters beyond ASCII, such
// as "Ayüe" in ayse@example.com.
func isAlmost(word string, parts []string) bool {
	letters := []rune(strings.ToLower(word))
	return slices.ContainsFunc(parts, func(part string) bool {
		same := 0
		for i, r := range part {
			if i < len(letters) && letters[i] == r {
				same++
			} else if i < len(letters) && letters[i] < utf8.RuneSelf {
				return false
			}
		}
		return same > 1 && same < len(letters) && len(letters) == len(part)
	})
}
