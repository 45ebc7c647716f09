package export

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
)

// spellings are ways of writing one sound that people mix up; both sides of a comparison go through them.
var spellings = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "kh", "h", "ph", "f", "th", "t", "ts", "c",
	"tz", "c", "ck", "k", "x", "ks", "y", "i", "j", "i", "w", "v")

// isASCII is for texts that are UTF-8.
func isASCII(s string) bool { return utf8.RuneCountInString(s) == len(s) }

// asciiWords are the words of a cell, written as an address would, in ASCII letters alone, none of them doubled.
func asciiWords(cell string) []string {
	if len(cell) > 200 {
		return nil
	}
	if !isASCII(cell) {
		cell = unidecode.Unidecode(cell)
	}
	cell = strings.ReplaceAll(cell, "'", "") // of O'Connor, or a soft sign
	list := strings.FieldsFunc(spellings.Replace(strings.ToLower(cell)), isNoLetter)
	for i, word := range list {
		list[i] = string(slices.Compact([]byte(word)))
	}
	return list
}

func isNoLetter(r rune) bool { return r < 'a' || r > 'z' }

// standsIn reports whether a part of an address has an ASCII word: three letters or more of it, or two and no others.
func standsIn(word string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool {
		return len(word) > 2 && strings.Contains(part, word) || len(word) == 2 && part == word
	})
}

// localWords are the ASCII words of an address's local part.
func localWords(key string) []string {
	local, _, _ := strings.Cut(key, "@")
	return asciiWords(local)
}

// agrees reports whether a word of a cell stands in the local part of an address.
func agrees(cell string, local []string) bool {
	return slices.ContainsFunc(asciiWords(cell), func(w string) bool { return standsIn(w, local) })
}

// covers reports whether each part of an address is made of words of a name, but for a letter that is alone (p17@), or
// between other parts, as a middle name's.
func covers(words, parts []string) bool {
	for i, part := range parts {
		inside := i > 0 && i < len(parts)-1 || len(parts) == 1
		if !(inside && len(part) == 1) && !consistsOf(part, words) {
			return false
		}
	}
	return true
}

// consistsOf reports whether a part of an address is made of words, and at most one beginning of a word.
func consistsOf(part string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		before, after, found := strings.Cut(part, w)
		return strings.HasPrefix(w, part) || found && consistsOf(before+after, words)
	})
}

// isMisspelt reports a word in an address but for its letters beyond ASCII, such as "Ayüe" in ayse@example.com.
func isMisspelt(word, key string) bool {
	pattern := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return unicode.ToLower(r)
	}, word)
	if isASCII(word) || strings.Count(pattern, "?") >= len(pattern)-1 {
		return false
	}
	local, _, _ := strings.Cut(key, "@")
	parts := strings.FieldsFunc(local, isNoLetter)
	almost := func(part string) bool {
		found, _ := path.Match(pattern, part)
		return found
	}
	return slices.ContainsFunc(parts, almost) && !slices.Contains(parts, strings.ToLower(unidecode.Unidecode(word)))
}
