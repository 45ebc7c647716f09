package export

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// meaning is what a header says of its column.
type meaning struct {
	field Field
	rank  int    // less is better
	group string // the words that say whose it is, as in "Contact 1 First Name"; "": nobody's in particular
	half  bool   // it is half of a name in some files
}

// Ranks of what a header says but in part, or not at all.
const (
	rankHalf    = 100  // a name that may be half of one
	rankSelf    = 1000 // with words for the person himself: "Full customer name"
	rankContact = 1500 // a word for a person, under which a number may stand as well
	rankGroup   = 2000 // with other words: "Product name"
	rankNone    = 1_000_000
)

// ofName reports whether a meaning is of a name or of a part of one.
func (m meaning) ofName() bool {
	return m.field >= Name && m.field <= LastName || m.field == secondLast
}

// ofPart reports whether a meaning is of a first or of a last name.
func (m meaning) ofPart() bool { return m.field == FirstName || m.field == LastName }

// means is a header's meaning for one field, or one of rankNone.
func (h *header) means(i int, f Field) meaning {
	k := slices.IndexFunc(h.meanings[i], func(m meaning) bool { return m.field == f })
	if k < 0 {
		return meaning{rank: rankNone}
	}
	return h.meanings[i][k]
}

// understand returns the meanings of a header by its tokens, and by those outside and inside of brackets; none for how
// a name sounds. What is in brackets counts if the whole has a meaning with it, or if it says whose an address is.
func understand(tokens, outside, brackets []string) []meaning {
	ms, plain, inside := read(tokens), read(outside), read(brackets)
	half := func(m meaning) bool { return m.half }
	certain := func(m meaning) bool { return m.ofName() && m.rank < rankSelf }
	switch {
	case has(tokens, "sound"):
		return nil
	case slices.ContainsFunc(inside, meaning.ofPart) && slices.ContainsFunc(plain, half): // "Nom (Prénom)"
		return inside
	case slices.ContainsFunc(plain, meaning.ofName) && !slices.ContainsFunc(ms, certain) && !has(tokens, "elsewhere"):
		return plain
	}
	return ms
}

// read are the meanings of the tokens of a header, in whatever order they stand.
func read(tokens []string) (ms []meaning) {
	tokens = without(tokens, func(t string) bool { return is("link", t) })
	for f := Email; f <= secondLast; f++ {
		if has(tokens, f.String()) || f == Email && has(tokens, "mail") {
			ms = append(ms, among(f, tokens))
		}
	}
	part, first, last := slices.ContainsFunc(ms, meaning.ofName), has(tokens, "first_name"), has(tokens, "last_name")
	pure := slices.ContainsFunc(tokens, func(t string) bool { return is("half", t) && !isPart(t) })
	switch name := among(Name, tokens); {
	case first && last, pure && (first || last || has(tokens, "whole")): // "Nom Prénom"
		ms = append(without(ms, meaning.ofName), name)
	case has(tokens, "half") && (!part || !pure):
		name.half, name.rank = true, name.rank+rankHalf
		ms = append(ms, name)
	case has(tokens, "self") && !part:
		name = among(Name, without(tokens, func(t string) bool { return is("self", t) }))
		name.rank += rankContact
		ms = append(ms, name)
	}
	return ms
}

// among returns the meaning of words for a field; the other words say whose the column is. Words for the
// kind of an address (at work, in the office) do not count for that.
func among(f Field, tokens []string) meaning {
	m, other := meaning{field: f}, false
	for _, t := range tokens {
		place, own := words()[t][f.String()]
		named := f > Email && (is("name", t) || is("whole", t)) || f == Name && isPart(t)
		switch {
		case own:
			m.rank = place
		case is("half", t), named, f == Email && is("mail", t):
		case is("mail_kind", t):
			other = other || f == Name || f == Organization && t != "1"
		default:
			m.group, other = m.group+t, other || !is("self", t)
		}
	}
	switch {
	case other:
		m.rank += rankGroup
	case m.group != "":
		m.rank += rankSelf
	}
	return m
}

// parse joins words of a header, up to five at a time and from its end, to the longest that mean something.
func parse(list []string) (tokens []string) {
	for end := len(list); end > 0; {
		from := max(0, end-5)
		for from < end-1 && !isWord(strings.Join(list[from:end], "")) {
			from++
		}
		tokens = append(split(strings.Join(list[from:end], "")), tokens...)
		end = from
	}
	return tokens
}

// split takes a word apart that is made of known ones, or has one for mail at an end: 担当者名前,
// "Kundenname", "Kontaktinhaber", "Vorgesetztenmail".
func split(word string) []string {
	if isWord(word) || strings.ContainsFunc(word, unicode.IsSymbol) {
		return []string{word}
	}
	for i := range word {
		before, end := word[:i], word[i:]
		long := utf8.RuneCountInString(end) >= 4 || !isLatin(end) && utf8.RuneCountInString(end) > 1
		switch {
		case long && isWord(end) && (is("mail", end) || isWord(before) || len(split(before)) > 1):
			return append(split(before), end)
		case is("mail", before) && !isLatin(end):
			return []string{before, end}
		}
	}
	return []string{word}
}

func isLatin(word string) bool { return unicode.Is(unicode.Latin, []rune(word)[0]) }

// isPart reports words for a part of a name.
func isPart(key string) bool { return is("first_name", key) || is("last_name", key) }

// has reports whether a word is in a section.
func has(tokens []string, section string) bool {
	return slices.ContainsFunc(tokens, func(t string) bool { return is(section, t) })
}

// says reports a header with a word of a section.
func (h *header) says(i int, section string) bool { return has(h.tokens[i], section) }

// isLogin reports a header whose last words are of what people log in with.
func (h *header) isLogin(i int) bool { return has(h.tokens[i][max(0, len(h.tokens[i])-1):], "login") }

// neverTaken reports columns whose addresses are never taken without being told: another person's, alternate ones,
// those numbered from 2, but for a second person's ("Contact 2 email"), and logins.
func (h *header) neverTaken(i int) bool {
	further := func(t string) bool { return is("further", t) && (len(t) > 1 || !h.says(i, "self")) }
	return slices.ContainsFunc(h.tokens[i], further) || h.says(i, "elsewhere") || h.isLogin(i)
}

//go:embed words.txt
var vocabulary string

// words has the sections of words.txt in which each word is, as headers are compared, and its place there.
var words = sync.OnceValue(func() map[string]map[string]int {
	all := map[string]map[string]int{}
	comments := regexp.MustCompile(`(?m)^#.*`)
	for part := range strings.SplitSeq(comments.ReplaceAllString(vocabulary, ""), "\n[") {
		section, list, _ := strings.Cut(part, "]")
		for place, w := range slices.Backward(strings.Split(list, ",")) { // the first of the same words counts
			key := squeeze(w)
			if all[key] == nil {
				all[key] = map[string]int{}
			}
			all[key][section] = place
		}
	}
	return all
})

// is reports whether a word, as headers are compared, is in a section.
func is(section, key string) bool {
	_, ok := words()[key][section]
	return ok
}

// isWord reports a word, as headers are compared, that is in any section.
func isWord(key string) bool { return words()[key] != nil }

// isKnown reports a header that is in the sections of fields, or of what is none.
func isKnown(key string) bool {
	in := func(section string) bool { return is(section, key) }
	return slices.ContainsFunc(fieldNames[Email:], in) || in("other") || in("half") || in("self")
}

// without is a copy of a list without some of its elements.
func without[E any](list []E, drop func(E) bool) []E {
	return slices.DeleteFunc(slices.Clone(list), drop)
}
