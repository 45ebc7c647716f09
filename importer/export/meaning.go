package export

import (
	"regexp"
	"slices"
	"strings"
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

// Ranks of what a header says but in part.
const (
	rankHalf    = 100  // a name that may be half of one
	rankSelf    = 1000 // with words for the person himself: "Full customer name"
	rankContact = 1500 // a word for a person, under which a number may stand as well
	rankGroup   = 2000 // with other words: "Product name"
	rankVague   = 5000 // with other words after it: "Email opt-in"
)

// ofName reports whether a meaning is of a name or of a part of one.
func (m meaning) ofName() bool {
	return m.field >= Name && m.field <= LastName || m.field == secondLast
}

// means is a header's meaning for one field.
func (h *header) means(i int, f Field) (meaning, bool) {
	ms := h.meanings(i)
	if k := slices.IndexFunc(ms, func(m meaning) bool { return m.field == f }); k >= 0 {
		return ms[k], true
	}
	return meaning{}, false
}

// meanings are all that a header may mean.
func (h *header) meanings(i int) []meaning {
	ms, known := h.read[i]
	if !known {
		ms = h.understand(i)
		h.read[i] = ms
	}
	return ms
}

// understand reads a header; none are its meanings when it is of a login or of how a name sounds.
func (h *header) understand(i int) []meaning {
	if h.own[i] && h.names[i] != "jsm_account_id" || h.keys[i] == "" || h.sounds(i) {
		return nil
	}
	tokens := h.tokens(i)
	for _, key := range []string{h.whole[i], strings.Join(tokens, ""), h.keys[i]} {
		ms := exact(key)
		for k := range ms {
			if key == h.keys[i] && (ms[k].field == Email || h.says(i, elsewhereWord)) { // "Email (manager)"
				ms[k] = ms[k].among(tokens, parse(strings.Fields(h.plain[i])))
			}
		}
		if ms != nil {
			return ms
		}
	}
	if is(loginWord, h.keys[i]) {
		if strings.HasSuffix(h.keys[i], "name") { // a display name in some sources
			return []meaning{{field: Name, rank: rankGroup}}
		}
		return nil
	}
	return together(tokens)
}

// exact are the meanings of a key that is in the vocabulary.
func exact(key string) []meaning {
	var ms []meaning
	for f := Email; f <= secondLast; f++ {
		if place, ok := words()[key][f.String()]; ok {
			ms = append(ms, meaning{field: f, rank: place})
		}
	}
	switch {
	case is(halfWord, key):
		ms = append(ms, meaning{field: Name, rank: rankHalf, half: true})
	case is(contactWord, key):
		ms = append(ms, meaning{field: Name, rank: rankContact})
	}
	return ms
}

// tokens are the words of a header, as many together as mean something, without those that link them.
func (h *header) tokens(i int) []string {
	return without(parse(h.words[i]), func(t string) bool { return is(linkWord, t) })
}

// longestSpan is how many words mean something together at most.
const longestSpan = 5

var oneLetter = regexp.MustCompile(`^[a-z]$`)

func parse(list []string) (tokens []string) {
	for len(list) > 0 {
		n := min(len(list), longestSpan)
		for n > 1 && (!isWord(strings.Join(list[:n], "")) || oneLetter.MatchString(list[n-1])) { // "kund e" post
			n--
		}
		tokens = append(tokens, split(strings.Join(list[:n], ""))...)
		list = list[n:]
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
		case i == 0:
		case long && isWord(end) && (is(mailWord, end) || isWord(before) || len(split(before)) > 1):
			return append(split(before), end)
		case is(mailWord, before) && !isLatin(end):
			return []string{before, end}
		}
	}
	return []string{word}
}

func isLatin(word string) bool { return unicode.Is(unicode.Latin, []rune(word)[0]) }

// together reads tokens as the words of one header: of an organization, else the last ones that mean
// something, first those that are not of the person himself: "Contact 1 First Name". Those with
// words after them are vague: "Prénom parent". A name with a word for mail besides may be either:
// "E-Mail Ansprechpartner".
func together(tokens []string) []meaning {
	if rest := without(tokens, func(t string) bool { return is(halfWord, t) || t == "1" }); len(rest) > 0 {
		last := rest[len(rest)-1]
		if place, ok := words()[last][Organization.String()]; ok {
			return []meaning{meaning{field: Organization, rank: place}.among(tokens, []string{last})}
		}
	}
	for _, list := range [][]string{without(tokens, func(t string) bool { return is(selfWord, t) }), tokens} {
		for end := len(list); end > 0; end-- {
			span, ms := lastOf(list[:end])
			for k := range ms {
				if ms[k] = ms[k].among(tokens, span); end < len(list) {
					ms[k].rank += rankVague
				}
			}
			if slices.ContainsFunc(ms, meaning.ofName) && slices.ContainsFunc(tokens, isMail) {
				ms = append(ms, meaning{field: Email, rank: rankVague}.among(tokens, nil))
			}
			if ms != nil {
				return ms
			}
		}
	}
	return nil
}

// lastOf are the meanings of the last tokens, when they are of a name or an address, and which those are.
func lastOf(tokens []string) ([]string, []meaning) {
	end, from := len(tokens), len(tokens)
	for from > 0 && (isMail(tokens[from-1]) || is(mailKind, tokens[from-1]) || is(selfWord, tokens[from-1])) {
		from--
	}
	switch span := tokens[from:]; {
	case slices.ContainsFunc(span, isMail):
		return span, []meaning{{field: Email}}
	case end > 1 && isWholeName(tokens[end-2], tokens[end-1]):
		return tokens[end-2:], []meaning{{field: Name}}
	}
	return tokens[end-1:], without(exact(tokens[end-1]), func(m meaning) bool { return !m.ofName() })
}

// among is a meaning of some tokens among others, which say whose the column is. Where an address
// is read (at work, in the office) does not count for that.
func (m meaning) among(tokens, span []string) meaning {
	rest := without(tokens, func(t string) bool {
		return slices.Contains(span, t) || is(halfWord, t) || is(m.field.String(), t) ||
			m.field == Email && isMail(t) || m.field != Email && is(Name.String(), t)
	})
	whose := without(rest, func(t string) bool { return is(mailKind, t) })
	m.group = strings.Join(whose, "")
	switch {
	case !isSelf(m.group), m.field == Name && len(whose) < len(rest):
		m.rank += rankGroup
	case m.group != "":
		m.rank += rankSelf
	}
	return m
}

func isMail(t string) bool { return is(mailWord, t) || is(Email.String(), t) }

// isWholeName reports two tokens that are a full name together: "nom complet", "Nachname Vorname".
func isWholeName(a, b string) bool {
	x, y := partOf(a), partOf(b)
	either := x != y && (x != 0 || is(halfWord, a) && a != "name") && (y != 0 || is(halfWord, b)) // not name.givenName
	return either || is(wholeName, a) && is(halfWord, b) || is(halfWord, a) && is(wholeName, b)
}

// partOf is the part of a name that words mean; 0: none.
func partOf(key string) Field {
	for _, f := range []Field{FirstName, LastName} {
		if is(f.String(), key) {
			return f
		}
	}
	return 0
}

// says reports a header with a word of a class.
func (h *header) says(i int, c string) bool {
	return slices.ContainsFunc(parse(h.words[i]), func(t string) bool { return is(c, t) })
}

// isLogin reports a header whose last words are of what people log in with.
func (h *header) isLogin(i int) bool {
	tokens := parse(h.words[i])
	return len(tokens) > 0 && is(loginWord, tokens[len(tokens)-1])
}

// sounds reports a header under which stands how a name sounds.
func (h *header) sounds(i int) bool { return h.says(i, soundWord) }

// neverTaken reports columns whose addresses are never taken without being told: another
// person's, alternate ones, those numbered from 2, and logins.
func (h *header) neverTaken(i int) bool {
	more := slices.ContainsFunc(parse(h.words[i]), func(t string) bool {
		return is(furtherWord, t) || len(t) == 1 && t > "1" && t <= "9"
	})
	return more || h.own[i] || h.says(i, elsewhereWord) || h.isLogin(i)
}

// without is a list without some of its elements; nil when none is left.
func without[E any](list []E, drop func(E) bool) []E {
	var rest []E
	for _, e := range list {
		if !drop(e) {
			rest = append(rest, e)
		}
	}
	return rest
}
