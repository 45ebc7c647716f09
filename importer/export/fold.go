package export

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
)

// spellings are ways of writing one sound that people mix up in addresses; both
// sides of a comparison go through them.
var spellings = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "kh", "h", "ph", "f", "th", "t", "ts", "c",
	"tz", "c", "ck", "k", "x", "ks",
	"y", "i", "j", "i", "w", "v")

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// foldedWords are the words of a cell, written as an address would, in ASCII letters alone.
func foldedWords(cell string) []string {
	if len(cell) > 200 {
		return nil
	}
	if !isASCII(cell) {
		cell = strings.ReplaceAll(unidecode.Unidecode(cell), "'", "") // a soft sign
	}
	list := strings.FieldsFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) })
	for i, word := range list {
		before := rune(0)
		list[i] = strings.Map(func(r rune) rune {
			if r == before {
				return -1
			}
			before = r
			return r
		}, spellings.Replace(strings.ToLower(word)))
	}
	return list
}

// fold is a word as an address would write it.
func fold(word string) string { return strings.Join(foldedWords(word), "") }

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
	pattern := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, strings.ToLower(word))
	any := strings.Count(pattern, "?")
	return any > 0 && any < len(pattern)-1 && slices.ContainsFunc(parts, func(part string) bool {
		found, _ := path.Match(pattern, part)
		return found
	})
}
